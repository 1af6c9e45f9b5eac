/* Of a program that goes step by step: neurons whose sums a kernel makes part by part, in registers, are made behind each part,
 * from there (loop fusion: Wolfe, Optimizing Supercompilers for Supercomputers, 1982). So no array has these sums, and a
 * processor works on neurons while it waits for the weights of the next part. */
#include "loop_look.h"
#include "passes.h"

#include <string.h>

/* What a kernel does at its end with the sums of a part. */
typedef struct Parts {
    LoopBlock *body;  /* of the part; the last statement is `flush`, */
    LoopStmt *flush;  /* a loop over its sums, each of which is stored */
    LoopBlock *whole; /* what is done where there are no vectors */
    BufferId sums, stored;
    LoopExpr *from; /* the first one's place; NULL: 0 */
} Parts;

typedef struct Join {
    Program *program;
    Kernel *maker; /* of sums, */
    Kernel *user;  /* whose first statement is `neurons`, */
    const LoopStmt *neurons;
    Parts parts;
    VarId *vars; /* by variable of the user: that of the maker */
    bool reads;  /* neurons read these sums */
    bool joins;  /* so far, nothing is against it */
    BufferSet made, read;
} Join;

/* ---- what is there ---- */

static bool is_range(const LoopStmt *loop, int count)
{
    return loop->kind == LOOP_FOR && loop->independent && !loop->down && !loop->value
           && loop->from->kind == LOOP_NUMBER && loop->from->number == 0 && loop_turns(loop) == count;
}

/* The loop's variable, or that behind `from`. */
static bool is_place(const LoopStmt *loop, LoopExpr *index, LoopExpr **from)
{
    *from = NULL;
    if (index->kind == LOOP_OP && index->op == OP_ADD && index->args[0]->kind == LOOP_VAR) {
        *from = index->args[0];
        index = index->args[1];
    }
    return index->kind == LOOP_VAR && index->var == loop->var;
}

static bool find_flush(const Program *program, LoopBlock *body, Parts *parts)
{
    LoopStmt *last = body->count > 0 ? body->at[body->count - 1] : NULL;
    if (!last || last->kind != LOOP_FOR || last->body.count != 1)
        return false;
    const LoopStmt *store = last->body.at[0];
    if (store->kind != LOOP_STORE || store->add || store->nindex != 1 || store->value->kind != LOOP_LOAD)
        return false;
    const LoopExpr *sum = store->value;
    const Buffer *sums = &program->buffers.at[sum->buffer];
    parts->body = body;
    parts->flush = last;
    parts->sums = sum->buffer;
    parts->stored = store->buffer;
    return sums->small && sums->ndim == 1 && is_range(last, sums->dims[0]) && sum->nargs == 1
           && sum->args[0]->kind == LOOP_VAR && sum->args[0]->var == last->var
           && is_place(last, store->index[0], &parts->from);
}

/* A kernel ends with two branches, of which one is taken: with vectors, perhaps part by part, and without. */
static bool find_parts(const Program *program, Kernel *kernel, Parts *parts)
{
    int count = kernel->body.count;
    if (count < 2 || kernel->body.at[count - 2]->kind != LOOP_IF
        || kernel->body.at[count - 1]->kind != LOOP_IF)
        return false;
    bool first, second;
    if (!loop_asks_for_vectors(kernel->body.at[count - 2]->value, &first) || !first
        || !loop_asks_for_vectors(kernel->body.at[count - 1]->value, &second) || second)
        return false;
    LoopBlock *with = &kernel->body.at[count - 2]->body;
    parts->whole = &kernel->body.at[count - 1]->body;
    if (find_flush(program, with, parts) && !parts->from)
        return true;
    return with->count == 1 && with->at[0]->kind == LOOP_FOR && find_flush(program, &with->at[0]->body, parts)
           && parts->from;
}

static const LoopStmt *first_loop(const Kernel *kernel)
{
    int i = 0;
    while (i < kernel->body.count && kernel->body.at[i]->kind == LOOP_COMMENT)
        i++;
    return i < kernel->body.count && kernel->body.at[i]->kind == LOOP_FOR ? kernel->body.at[i] : NULL;
}

/* ---- whether it may be ---- */

static void find_touched(void *context, BufferId *buffer, Access access)
{
    Join *join = context;
    BufferSet *set = access == ACCESS_LOAD ? &join->read : &join->made;
    if (access != ACCESS_HINT && !set->has[*buffer]) {
        set->has[*buffer] = true;
        vec_push(set->arena, &set->list, *buffer);
    }
}

/* Parts come between neurons: no neuron makes what sums are made of, and none needs what else the sums' kernel makes. */
static void meets_maker(void *context, BufferId *buffer, Access access)
{
    Join *join = context;
    bool stores = access != ACCESS_LOAD && access != ACCESS_HINT;
    bool made = join->made.has[*buffer] && *buffer != join->parts.stored;
    if (made || buffer_is_of_kernel(&join->program->buffers.at[*buffer])
        || (stores && (join->read.has[*buffer] || *buffer == join->parts.stored)))
        join->joins = false;
}

/* The sums are read where they belong to the neuron, and nothing is asked of the kernel around. */
static void look_at_expr(void *context, LoopExpr *expr)
{
    Join *join = context;
    if (expr->kind == LOOP_VAR && (expr->var == join->user->first || expr->var == join->user->last))
        join->joins = false;
    bool sum = expr->kind == LOOP_LOAD && expr->buffer == join->parts.stored;
    join->reads = join->reads || sum;
    if (sum && (expr->args[0]->kind != LOOP_VAR || expr->args[0]->var != join->neurons->var))
        join->joins = false;
}

static bool is_plain(const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmtKind kind = block->at[i]->kind;
        if (kind != LOOP_LET && kind != LOOP_DECLARE && kind != LOOP_SET && kind != LOOP_STORE)
            return false;
    }
    return true;
}

static bool may_join(Join *join)
{
    const Buffer *stored = &join->program->buffers.at[join->parts.stored];
    if (!join->neurons || stored->ndim != 1 || !is_range(join->neurons, stored->dims[0])
        || !is_plain(&join->neurons->body)
        || join->program->buffers.at[join->parts.sums].dims[0] * join->neurons->body.count > MOST_WRITTEN_OUT
        || !loop_suits_vectors(join->program, join->neurons))
        return false;
    buffer_set_clear(&join->made);
    buffer_set_clear(&join->read);
    join->joins = true;
    join->reads = false;
    loop_visit(&join->maker->body, find_touched, join);
    loop_visit(&join->neurons->body, meets_maker, join);
    loop_visit_exprs(&join->neurons->body, look_at_expr, join);
    return join->joins && join->reads;
}

/* ---- neurons, once more ---- */

static LoopExpr *copy_expr(const Join *join, LoopExpr *expr, LoopExpr *place, LoopExpr *sum)
{
    if (!expr)
        return NULL;
    if (expr->kind == LOOP_VAR)
        return expr->var == join->neurons->var
                   ? place
                   : loop_ref(join->program->arena, join->maker, join->vars[expr->var]);
    if (sum && expr->kind == LOOP_LOAD && expr->buffer == join->parts.stored)
        return sum;
    LoopExpr *copy = NEW(join->program->arena, LoopExpr);
    *copy = *expr;
    for (int i = 0; i < expr->nargs; i++)
        copy->args[i] = copy_expr(join, expr->args[i], place, sum);
    return copy;
}

static VarId copy_var(Join *join, VarId var)
{
    const Var *old = &join->user->vars.at[var];
    VarId copy = loop_var(join->program->arena, join->maker, old->base, old->type);
    join->maker->vars.at[copy].of_model = old->of_model;
    return join->vars[var] = copy;
}

/* `sum`: what a neuron's sum is; NULL: an element of the array, as before. */
static void copy_neurons(Join *join, LoopBlock *into, LoopExpr *place, LoopExpr *sum)
{
    Arena *arena = join->program->arena;
    for (int i = 0; i < join->neurons->body.count; i++) {
        const LoopStmt *stmt = join->neurons->body.at[i];
        LoopStmt *copy = NEW(arena, LoopStmt);
        *copy = *stmt;
        copy->value = copy_expr(join, stmt->value, place, sum);
        for (int k = 0; k < stmt->nindex; k++)
            copy->index[k] = copy_expr(join, stmt->index[k], place, sum);
        if (stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE)
            copy->var = copy_var(join, stmt->var);
        else if (stmt->kind == LOOP_SET)
            copy->var = join->vars[stmt->var];
        vec_push(arena, into, copy);
    }
}

static LoopStmt *neurons_of(Join *join, LoopBlock *into, int count)
{
    Arena *arena = join->program->arena;
    VarId n = loop_var(arena, join->maker, join->user->vars.at[join->neurons->var].base, TYPE_I32);
    LoopStmt *loop = loop_for(arena, into, n, loop_int(arena, 0), loop_int(arena, count));
    loop->independent = true;
    return loop;
}

/* Whether another kernel than the sums' has to do with them. */
static bool is_needed(const Join *join)
{
    bool needed = join->program->buffers.at[join->parts.stored].keep;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < join->program->phases[phase].count; i++) {
            const Kernel *kernel = &join->program->kernels.at[join->program->phases[phase].at[i].kernel];
            needed = needed || (kernel != join->maker && loop_touches(&kernel->body, join->parts.stored));
        }
    return needed;
}

/* The user keeps what it does behind its neurons. */
static void drop_neurons(Join *join)
{
    LoopBlock *body = &join->user->body;
    int left = 0;
    for (int i = 0; i < body->count; i++)
        if (body->at[i] != join->neurons && body->at[i]->kind != LOOP_COMMENT)
            body->at[left++] = body->at[i];
    body->count = left;
}

static void join_kernels(Join *join)
{
    Arena *arena = join->program->arena;
    Parts *parts = &join->parts;
    const Buffer *sums = &join->program->buffers.at[parts->sums];
    join->vars = NEW_ARRAY(arena, VarId, join->user->vars.count + 1);
    LoopStmt *with = neurons_of(join, parts->body, sums->dims[0]);
    LoopExpr *n = loop_ref(arena, join->maker, with->var);
    LoopExpr *place = parts->from ? loop_op(arena, OP_ADD, parts->from, n, NULL) : n;
    copy_neurons(join, &with->body, place, loop_load(join->program, parts->sums, 1, &n));
    drop_neurons(join);
    if (!is_needed(join)) {
        parts->body->at[parts->body->count - 2] = with;
        parts->body->count--;
    }
    LoopStmt *without = neurons_of(join, parts->whole, loop_turns(join->neurons));
    copy_neurons(join, &without->body, loop_ref(arena, join->maker, without->var), NULL);
    join->maker->about = arena_printf(arena, "%s; then %s", join->maker->about, join->user->about);
}

void join_neurons(Program *program)
{
    Launches *steps = &program->phases[PHASE_STEP];
    Join join = {.program = program,
                 .made = buffer_set(program->arena, program),
                 .read = buffer_set(program->arena, program)};
    int left = steps->count > 0;
    for (int i = 1; i < steps->count; i++) {
        join.maker = &program->kernels.at[steps->at[left - 1].kernel];
        join.user = &program->kernels.at[steps->at[i].kernel];
        join.neurons = first_loop(join.user);
        join.parts = (Parts){0};
        if (find_parts(program, join.maker, &join.parts) && may_join(&join))
            join_kernels(&join);
        if (join.user->body.count > 0)
            steps->at[left++] = steps->at[i];
    }
    steps->count = left;
}
