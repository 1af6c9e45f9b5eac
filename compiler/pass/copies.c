/* Of a program that goes step by step: an array that is a copy of another one is that one, where neither is written while the
 * other is still needed (coalescing: Chaitin, Register allocation and spilling via graph coloring, 1982). So a stream that is read
 * one step late stays where it was made.
 *
 * Of each array it is known which launches touch it, so that a copy costs as much as these are, however many others there are. */
#include "loop_look.h"
#include "passes.h"

/* What a launch does with a buffer. */
typedef struct Touch {
    int launch;
    bool stored, made; /* made: all of it, before it is loaded */
} Touch;

typedef VEC(Touch) Touches;

/* The launches of a sample, in their order. Behind the last of a step, and of a result, comes the first of the next step. */
typedef struct Flow {
    Program *program;
    VEC(LoopBlock *) bodies;
    int step, result; /* where these phases begin */
    Touches *touches; /* by buffer, in the order of launches */
    bool *initial;    /* by buffer: touched before all samples */
    BufferId *moved;  /* by buffer: that which it has become, or itself */
} Flow;

/* ---- what launches do with buffers ---- */

/* 0 .. size - 1, each for certain. */
static bool goes_through(const LoopStmt *loop, int size)
{
    return loop->kind == LOOP_FOR && !loop->value && loop->from->kind == LOOP_NUMBER
           && loop->from->number == 0 && loop->to->kind == LOOP_NUMBER && loop->to->number == size;
}

static bool is_element_of(const LoopStmt *loop, int count, LoopExpr *const *index)
{
    return count == 1 && index[0]->kind == LOOP_VAR && index[0]->var == loop->var;
}

/* By a loop of its own over all elements. */
static bool stores_all(const Program *program, const LoopBlock *body, BufferId buffer)
{
    for (int i = 0; i < body->count; i++) {
        const LoopStmt *loop = body->at[i];
        if (!goes_through(loop, program->buffers.at[buffer].dims[0]))
            continue;
        for (int k = 0; k < loop->body.count; k++) {
            const LoopStmt *stmt = loop->body.at[k];
            if (stmt->kind == LOOP_STORE && stmt->buffer == buffer && !stmt->add
                && is_element_of(loop, stmt->nindex, stmt->index))
                return true;
        }
    }
    return false;
}

typedef struct Visit {
    Flow *flow;
    int launch;
} Visit;

static void touch(void *context, BufferId *buffer, Access access)
{
    const Visit *visit = context;
    Touches *touches = &visit->flow->touches[*buffer];
    if (access == ACCESS_HINT)
        return;
    if (touches->count == 0 || touches->at[touches->count - 1].launch != visit->launch)
        vec_push(visit->flow->program->arena, touches,
                 ((Touch){.launch = visit->launch, .made = access == ACCESS_STORE}));
    Touch *found = &touches->at[touches->count - 1];
    found->stored = found->stored || access != ACCESS_LOAD;
}

static void touch_initial(void *context, BufferId *buffer, Access access)
{
    Flow *flow = context;
    flow->initial[*buffer] = flow->initial[*buffer] || access != ACCESS_HINT;
}

/* What is stored first is made if a loop stores all of it. */
static void find_made(Flow *flow)
{
    for (BufferId b = 0; b < flow->program->buffers.count; b++)
        for (int i = 0; i < flow->touches[b].count; i++) {
            Touch *found = &flow->touches[b].at[i];
            found->made = found->made && stores_all(flow->program, flow->bodies.at[found->launch], b);
        }
}

static Flow flow_of(Program *program)
{
    Arena *arena = program->arena;
    int count = program->buffers.count + 1;
    Flow flow = {.program = program,
                 .touches = NEW_ARRAY(arena, Touches, count),
                 .initial = NEW_ARRAY(arena, bool, count),
                 .moved = NEW_ARRAY(arena, BufferId, count)};
    for (BufferId b = 0; b < program->buffers.count; b++)
        flow.moved[b] = b;
    for (int i = 0; i < program->phases[PHASE_INIT].count; i++)
        loop_visit(&program->kernels.at[program->phases[PHASE_INIT].at[i].kernel].body, touch_initial, &flow);
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++) {
        if (phase == PHASE_STEP)
            flow.step = flow.bodies.count;
        if (phase == PHASE_RESULT)
            flow.result = flow.bodies.count;
        for (int i = 0; i < program->phases[phase].count; i++) {
            LoopBlock *body = &program->kernels.at[program->phases[phase].at[i].kernel].body;
            loop_visit(body, touch, &(Visit){&flow, flow.bodies.count});
            vec_push(arena, &flow.bodies, body);
        }
    }
    find_made(&flow);
    return flow;
}

/* ---- who needs it ---- */

/* The first from a launch on, or NULL. */
static const Touch *touch_from(const Touches *touches, int launch)
{
    int low = 0, high = touches->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (touches->at[middle].launch < launch)
            low = middle + 1;
        else
            high = middle;
    }
    return low < touches->count ? &touches->at[low] : NULL;
}

static bool is_touched(const Touches *touches, int launch)
{
    const Touch *found = touch_from(touches, launch);
    return found && found->launch == launch;
}

/* Whether what the buffer holds after a launch is loaded later. */
static bool is_needed_after(const Flow *flow, const Touches *touches, int launch)
{
    const Touch *next = touch_from(touches, launch + 1), *again = touch_from(touches, flow->step);
    bool steps_again = !next || (launch < flow->result && next->launch >= flow->result);
    return (next && !next->made) || (steps_again && again && !again->made);
}

/* Whether `other` is never needed after a launch, nor touched in it, that stores to `stored`, but for a copy of one to the other. */
static bool leaves(const Flow *flow, BufferId stored, BufferId other, int copy)
{
    const Touches *stores = &flow->touches[stored], *needs = &flow->touches[other];
    for (int i = 0; i < stores->count; i++) {
        int launch = stores->at[i].launch;
        if (launch != copy && stores->at[i].stored
            && (is_needed_after(flow, needs, launch) || is_touched(needs, launch)))
            return false;
    }
    return true;
}

/* ---- copies ---- */

static bool is_named(const Program *program, BufferId buffer)
{
    for (int p = 0; p < program->predictions.count; p++)
        if (program->predictions.at[p].values == buffer || program->predictions.at[p].predicted == buffer)
            return true;
    return false;
}

static BufferId moved_to(const Flow *flow, BufferId buffer)
{
    while (flow->moved[buffer] != buffer)
        buffer = flow->moved[buffer];
    return buffer;
}

static bool may_move(const Flow *flow, BufferId id)
{
    const Buffer *buffer = &flow->program->buffers.at[id];
    return !flow->initial[id] && !buffer->keep && buffer->ndim == 1
           && (buffer->role == BUFFER_STREAM || buffer->role == BUFFER_SCRATCH)
           && !is_named(flow->program, id);
}

/* The copy that a kernel is: of all elements, to another buffer of the same type and size. */
static bool find_copy(const Flow *flow, const LoopBlock *body, BufferId *from, BufferId *to)
{
    const LoopStmt *loop = body->count == 1 ? body->at[0] : NULL;
    if (!loop || loop->kind != LOOP_FOR || loop->body.count != 1 || loop->body.at[0]->kind != LOOP_STORE)
        return false;
    const LoopStmt *store = loop->body.at[0];
    const LoopExpr *load = store->value;
    while (load->kind == LOOP_CAST)
        load = load->args[0];
    if (load->kind != LOOP_LOAD || store->add || !is_element_of(loop, store->nindex, store->index)
        || !is_element_of(loop, load->nargs, load->args))
        return false;
    *from = moved_to(flow, load->buffer);
    *to = moved_to(flow, store->buffer);
    const Buffer *source = &flow->program->buffers.at[*from], *target = &flow->program->buffers.at[*to];
    return *from != *to && source->type == target->type && source->dims[0] == target->dims[0]
           && goes_through(loop, source->dims[0]) && may_move(flow, *from) && may_move(flow, *to);
}

/* `to` is `from`: what launches do with either, but for the copy. No launch that stores to one touches the other. */
static void merge(Flow *flow, BufferId from, BufferId to, int copy)
{
    const Touches *a = &flow->touches[from], *b = &flow->touches[to];
    Touches both = {0};
    for (int i = 0, k = 0; i < a->count || k < b->count;) {
        bool first = k == b->count || (i < a->count && a->at[i].launch <= b->at[k].launch);
        Touch next = first ? a->at[i++] : b->at[k++];
        bool twice = both.count > 0 && both.at[both.count - 1].launch == next.launch;
        if (next.launch != copy && !twice)
            vec_push(flow->program->arena, &both, next);
    }
    flow->touches[from] = both;
    flow->moved[to] = from;
}

static void move(void *context, BufferId *buffer, Access access)
{
    (void)access;
    if (*buffer >= 0)
        *buffer = moved_to(context, *buffer);
}

/* Wherever one stands that has become another. */
static void move_all(Flow *flow)
{
    Program *program = flow->program;
    for (int i = 0; i < flow->bodies.count; i++)
        loop_visit(flow->bodies.at[i], move, flow);
    for (int s = 0; s < program->streams.count; s++)
        move(flow, &program->streams.at[s].values, ACCESS_LOAD);
    for (int w = 0; w < program->watches.count; w++)
        move(flow, &program->watches.at[w].values, ACCESS_LOAD);
}

void drop_copies(Program *program)
{
    Flow flow = flow_of(program);
    Launches *steps = &program->phases[PHASE_STEP];
    int left = 0;
    for (int i = 0; i < steps->count; i++) {
        LoopBlock *body = flow.bodies.at[flow.step + i];
        int launch = flow.step + i;
        BufferId from, to;
        if (find_copy(&flow, body, &from, &to) && leaves(&flow, from, to, launch)
            && leaves(&flow, to, from, launch)) {
            merge(&flow, from, to, launch);
            *body = (LoopBlock){0};
        } else {
            steps->at[left++] = steps->at[i];
        }
    }
    steps->count = left;
    move_all(&flow);
}
