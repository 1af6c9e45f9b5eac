/* Divides loops that are to be unrolled into rounds of a few turns. Upwards these are a loop of their own, marked as `few`,
 * for targets to write out; downwards their bodies stand here one after the other, the variable replaced by its
 * value: gcc 12.2 makes 2 to 6 % slower kernels of adjoints whose turns are a loop. Loops of literals are written out once
 * constants are known: each turn with its numbers. */
#include "passes.h"

typedef struct Unroll {
    Arena *arena;
    Kernel *kernel;
    const Program
        *known; /* whose constants are numbers, in conditions; NULL: of none are, and loops are unrolled; */
    bool literals;  /* numbers they are everywhere, and loops of literals are written out */
    bool condition; /* within one */
} Unroll;

/* One replacement; the innermost enclosing one comes first. */
typedef struct Binding {
    VarId var;
    LoopExpr *value;
    const struct Binding *outer;
} Binding;

/* The element that it loads, or NULL. */
static const double *known_element(const Unroll *unroll, const LoopExpr *load)
{
    bool wanted = unroll->literals || (unroll->known && unroll->condition);
    const Buffer *buffer = wanted ? &unroll->known->buffers.at[load->buffer] : NULL;
    int64_t place = 0;
    if (!buffer || !buffer->values || load->nargs != buffer->ndim)
        return NULL;
    for (int d = 0; d < buffer->ndim; d++) {
        if (load->args[d]->kind != LOOP_NUMBER)
            return NULL;
        place = place * buffer->dims[d] + (int64_t)load->args[d]->number;
    }
    return &buffer->values[place];
}

static LoopExpr *copy_expr(Unroll *unroll, LoopExpr *expr, const Binding *bindings)
{
    if (!expr)
        return NULL;
    if (expr->kind == LOOP_VAR) {
        for (const Binding *b = bindings; b; b = b->outer)
            if (b->var == expr->var)
                return b->value;
        return expr;
    }
    LoopExpr *args[LOOP_MAX_DIMS + 1] = {NULL};
    for (int i = 0; i < expr->nargs; i++)
        args[i] = copy_expr(unroll, expr->args[i], bindings);
    if (expr->kind == LOOP_OP)
        return loop_op(unroll->arena, expr->op, args[0], args[1], args[2]);
    LoopExpr *copy = NEW(unroll->arena, LoopExpr);
    *copy = *expr;
    memcpy(copy->args, args, sizeof args);
    const double *element = expr->kind == LOOP_LOAD ? known_element(unroll, copy) : NULL;
    if (element)
        *copy = (LoopExpr){.kind = LOOP_NUMBER, .type = expr->type, .number = *element};
    return copy;
}

static void copy_block(Unroll *unroll, const LoopBlock *from, LoopBlock *to, const Binding *bindings);

/* Step number k of those that are written out together. */
static void write_step(Unroll *unroll, const LoopStmt *loop, LoopExpr *value, int k, LoopBlock *to,
                       const Binding *bindings)
{
    const char *name = unroll->kernel->vars.at[loop->var].base;
    const char *text = value->kind == LOOP_NUMBER
                           ? arena_printf(unroll->arena, "%s = %d", name, (int)value->number)
                           : arena_printf(unroll->arena, "%s: step %d of the block", name, k);
    LoopStmt *block = loop_block(unroll->arena, to, text);
    copy_block(unroll, &loop->body, &block->body, &(Binding){loop->var, value, bindings});
}

static LoopExpr *plus(Unroll *unroll, LoopExpr *base, int offset)
{
    return loop_op(unroll->arena, OP_ADD, base, loop_int(unroll->arena, offset), NULL);
}

/* The variable counts the turns itself where they begin at a number, so that its values are known. */
static void write_few(Unroll *unroll, const LoopStmt *loop, LoopExpr *first, int count, LoopBlock *to,
                      const Binding *bindings)
{
    Arena *arena = unroll->arena;
    bool known = first->kind == LOOP_NUMBER;
    int from = known ? (int)first->number : 0;
    VarId turn = known ? loop->var : loop_var(arena, unroll->kernel, "k", TYPE_I32);
    LoopStmt *few = loop_for(arena, to, turn, loop_int(arena, from), loop_int(arena, from + count));
    few->few = true;
    if (!known)
        loop_let(arena, &few->body, loop->var,
                 loop_op(arena, OP_ADD, first, loop_ref(arena, unroll->kernel, turn), NULL));
    copy_block(unroll, &loop->body, &few->body, bindings);
}

/* Steps first .. first+count-1 of the loop, in its direction. */
static void write_steps(Unroll *unroll, const LoopStmt *loop, LoopExpr *first, int count, LoopBlock *to,
                        const Binding *bindings)
{
    if (!loop->down && count > 1) {
        write_few(unroll, loop, first, count, to, bindings);
        return;
    }
    for (int i = 0; i < count; i++) {
        int k = loop->down ? count - 1 - i : i;
        write_step(unroll, loop, plus(unroll, first, k), k, to, bindings);
    }
}

static void unroll_by_factor(Unroll *unroll, const LoopStmt *loop, LoopExpr *from, int trips, int factor,
                             LoopBlock *to, const Binding *bindings)
{
    Arena *arena = unroll->arena;
    int rounds = trips / factor, rest = trips % factor;
    LoopExpr *rest_from = plus(unroll, from, rounds * factor);
    if (loop->down)
        write_steps(unroll, loop, rest_from, rest, to, bindings);
    const char *name = arena_printf(arena, "%s0", unroll->kernel->vars.at[loop->var].name);
    LoopStmt *outer = loop_for(arena, to, loop_var(arena, unroll->kernel, name, TYPE_I32), loop_int(arena, 0),
                               loop_int(arena, rounds));
    outer->down = loop->down;
    LoopExpr *round = loop_ref(arena, unroll->kernel, outer->var);
    LoopExpr *base =
        loop_op(arena, OP_ADD, from, loop_op(arena, OP_MUL, round, loop_int(arena, factor), NULL), NULL);
    write_steps(unroll, loop, base, factor, &outer->body, bindings);
    if (!loop->down)
        write_steps(unroll, loop, rest_from, rest, to, bindings);
}

/* Turn by turn, without a word about it: there may be thousands. */
static void copy_literals(Unroll *unroll, const LoopStmt *loop, LoopBlock *to, const Binding *bindings)
{
    LoopExpr *from = copy_expr(unroll, loop->from, bindings), *end = copy_expr(unroll, loop->to, bindings);
    for (int turn = (int)from->number; turn < (int)end->number; turn++)
        copy_block(unroll, &loop->body, to, &(Binding){loop->var, loop_int(unroll->arena, turn), bindings});
}

static void copy_loop(Unroll *unroll, const LoopStmt *loop, LoopBlock *to, const Binding *bindings)
{
    if (loop->literal && unroll->literals) {
        copy_literals(unroll, loop, to, bindings);
        return;
    }
    int trips = loop_turns(loop), factor = unroll->known ? UNROLL_NONE : loop->unroll;
    LoopExpr *from = copy_expr(unroll, loop->from, bindings);
    if (factor != UNROLL_NONE && trips >= 0) {
        if (factor == UNROLL_FULL || factor >= trips)
            write_steps(unroll, loop, from, trips, to, bindings);
        else
            unroll_by_factor(unroll, loop, from, trips, factor, to, bindings);
        return;
    }
    LoopStmt *copy = loop_for(unroll->arena, to, loop->var, from, copy_expr(unroll, loop->to, bindings));
    copy->down = loop->down;
    copy->independent = loop->independent;
    copy->few = loop->few;
    copy->literal = loop->literal;
    copy->value = loop->value ? copy_expr(unroll, loop->value, bindings) : NULL;
    copy_block(unroll, &loop->body, &copy->body, bindings);
}

static bool does_something(const LoopBlock *block)
{
    bool does = false;
    for (int i = 0; i < block->count; i++)
        does = does || block->at[i]->kind != LOOP_LET;
    return does;
}

/* A branch whose condition became known is taken or left out. */
static void copy_branch(Unroll *unroll, const LoopStmt *branch, LoopBlock *to, const Binding *bindings)
{
    unroll->condition = true;
    LoopExpr *condition = copy_expr(unroll, branch->value, bindings);
    unroll->condition = false;
    if (condition->kind != LOOP_NUMBER) {
        LoopBlock body = {0};
        copy_block(unroll, &branch->body, &body, bindings);
        if (does_something(&body)) /* else it is of none of the constants */
            loop_if(unroll->arena, to, condition)->body = body;
    } else if (condition->number != 0) {
        copy_block(unroll, &branch->body, to, bindings);
    }
}

static void copy_stmt(Unroll *unroll, const LoopStmt *stmt, LoopBlock *to, const Binding *bindings)
{
    LoopStmt *copy;
    switch (stmt->kind) {
    case LOOP_FOR: copy_loop(unroll, stmt, to, bindings); break;
    case LOOP_IF: copy_branch(unroll, stmt, to, bindings); break;
    case LOOP_BLOCK:
        copy = loop_block(unroll->arena, to, stmt->text);
        copy_block(unroll, &stmt->body, &copy->body, bindings);
        break;
    case LOOP_LET:
    case LOOP_DECLARE:
    case LOOP_SET:
    case LOOP_STORE:
    case LOOP_AHEAD:
    case LOOP_LIST:
    case LOOP_COMMENT:
        copy = NEW(unroll->arena, LoopStmt);
        *copy = *stmt;
        copy->value = copy_expr(unroll, stmt->value, bindings);
        for (int i = 0; i < stmt->nindex; i++)
            copy->index[i] = copy_expr(unroll, stmt->index[i], bindings);
        vec_push(unroll->arena, to, copy);
        break;
    }
}

static void copy_block(Unroll *unroll, const LoopBlock *from, LoopBlock *to, const Binding *bindings)
{
    for (int i = 0; i < from->count; i++)
        copy_stmt(unroll, from->at[i], to, bindings);
}

static void copy_kernels(Program *program, const Program *known, bool literals)
{
    for (int k = 0; k < program->kernels.count; k++) {
        Unroll unroll = {
            .arena = program->arena, .kernel = &program->kernels.at[k], .known = known, .literals = literals};
        LoopBlock body = {0};
        copy_block(&unroll, &unroll.kernel->body, &body, NULL);
        unroll.kernel->body = body;
    }
}

void unroll_loops(Program *program)
{
    copy_kernels(program, NULL, false);
}

void write_literals(Program *program, bool loops)
{
    copy_kernels(program, program, loops);
}
