/* Of a program that goes step by step: an array that is a copy of another one is that one, where neither is written while the
 * other is still needed (coalescing: Chaitin, Register allocation and spilling via graph coloring, 1982). So a stream that is read
 * one step late stays where it was made. */
#include "passes.h"

/* The launches of a sample, in their order. Behind the last of a step, and of a result, comes the first of the next step. */
typedef struct Flow {
    Program *program;
    VEC(const LoopBlock *) bodies;
    int step, result; /* where these phases begin */
} Flow;

static Flow flow_of(Program *program)
{
    Flow flow = {.program = program};
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++) {
        if (phase == PHASE_STEP)
            flow.step = flow.bodies.count;
        if (phase == PHASE_RESULT)
            flow.result = flow.bodies.count;
        for (int i = 0; i < program->phases[phase].count; i++)
            vec_push(program->arena, &flow.bodies,
                     &program->kernels.at[program->phases[phase].at[i].kernel].body);
    }
    return flow;
}

/* ---- what a kernel does with a buffer ---- */

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

typedef struct Touch {
    BufferId buffer;
    bool there, stored, made; /* made: before it is loaded */
} Touch;

static void touch(void *context, BufferId *buffer, Access access)
{
    Touch *found = context;
    if (*buffer != found->buffer || access == ACCESS_HINT)
        return;
    found->made = found->there ? found->made : access == ACCESS_STORE;
    found->stored = found->stored || access != ACCESS_LOAD;
    found->there = true;
}

static Touch touch_of(const Flow *flow, int launch, BufferId buffer)
{
    Touch found = {.buffer = buffer};
    loop_visit(flow->bodies.at[launch], touch, &found);
    found.made = found.made && stores_all(flow->program, flow->bodies.at[launch], buffer);
    return found;
}

/* ---- who needs it ---- */

/* By launch: whether what the buffer holds after it is loaded later. */
static bool *needed_after(const Flow *flow, BufferId buffer)
{
    int count = flow->bodies.count;
    bool *after = NEW_ARRAY(flow->program->arena, bool, count + 1), next = false;
    for (int round = 0; round < 2; round++) { /* the second one knows what the next step needs */
        bool before = false, first = next;
        for (int i = count - 1; i >= 0; i--) {
            Touch found = touch_of(flow, i, buffer);
            after[i] = before || ((i == count - 1 || i == flow->result - 1) && first);
            before = !found.made && (found.there || after[i]);
            next = i == flow->step ? before : next;
        }
    }
    return after;
}

/* Whether `other` is never needed after a launch, nor touched in it, that stores to `stored`, but for a copy of one to the other. */
static bool leaves(const Flow *flow, BufferId stored, BufferId other, const LoopBlock *copy)
{
    const bool *needed = needed_after(flow, other);
    for (int i = 0; i < flow->bodies.count; i++)
        if (flow->bodies.at[i] != copy && touch_of(flow, i, stored).stored
            && (needed[i] || touch_of(flow, i, other).there))
            return false;
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

static bool may_move(const Program *program, BufferId id)
{
    const Buffer *buffer = &program->buffers.at[id];
    bool initial = false;
    for (int i = 0; i < program->phases[PHASE_INIT].count; i++) {
        Touch found = {.buffer = id};
        loop_visit(&program->kernels.at[program->phases[PHASE_INIT].at[i].kernel].body, touch, &found);
        initial = initial || found.there;
    }
    return !initial && !buffer->keep && buffer->ndim == 1
           && (buffer->role == BUFFER_STREAM || buffer->role == BUFFER_SCRATCH) && !is_named(program, id);
}

/* The copy that a kernel is: of all elements, to another buffer of the same type and size. */
static bool find_copy(const Program *program, const LoopBlock *body, BufferId *from, BufferId *to)
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
    *from = load->buffer;
    *to = store->buffer;
    const Buffer *source = &program->buffers.at[*from], *target = &program->buffers.at[*to];
    return *from != *to && source->type == target->type && source->dims[0] == target->dims[0]
           && goes_through(loop, source->dims[0]) && may_move(program, *from) && may_move(program, *to);
}

typedef struct Move {
    BufferId from, to;
} Move;

static void move(void *context, BufferId *buffer, Access access)
{
    const Move *moved = context;
    (void)access;
    if (*buffer == moved->to)
        *buffer = moved->from;
}

/* `to` is `from`, wherever it stands. */
static void merge(Program *program, const Flow *flow, Move moved)
{
    for (int i = 0; i < flow->bodies.count; i++)
        loop_visit(flow->bodies.at[i], move, &moved);
    for (int s = 0; s < program->streams.count; s++)
        move(&moved, &program->streams.at[s].values, ACCESS_LOAD);
    for (int w = 0; w < program->watches.count; w++)
        move(&moved, &program->watches.at[w].values, ACCESS_LOAD);
}

static void drop_launch(Launches *launches, int i)
{
    memmove(launches->at + i, launches->at + i + 1, sizeof *launches->at * (size_t)(launches->count - 1 - i));
    launches->count--;
}

void drop_copies(Program *program)
{
    Launches *steps = &program->phases[PHASE_STEP];
    for (int i = 0; i < steps->count;) {
        Kernel *kernel = &program->kernels.at[steps->at[i].kernel];
        Flow flow = flow_of(program);
        Move moved;
        if (!find_copy(program, &kernel->body, &moved.from, &moved.to)
            || !leaves(&flow, moved.from, moved.to, &kernel->body)
            || !leaves(&flow, moved.to, moved.from, &kernel->body)) {
            i++;
            continue;
        }
        merge(program, &flow, moved);
        kernel->body = (LoopBlock){0};
        drop_launch(steps, i);
    }
}
