/* Vector loops and buffers in registers: which they can be, and their verifier. */
#include "loop.h"

static bool declares(const LoopBlock *block, VarId var)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if ((stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE) && stmt->var == var)
            return true;
        if (declares(&stmt->body, var))
            return true;
    }
    return false;
}

bool loop_differs(const LoopStmt *loop, const LoopExpr *expr)
{
    if (expr->kind == LOOP_VAR && (expr->var == loop->var || declares(&loop->body, expr->var)))
        return true;
    for (int i = 0; i < expr->nargs; i++)
        if (loop_differs(loop, expr->args[i]))
            return true;
    return false;
}

/* ---- which loops can be vector loops ---- */

typedef struct Candidate {
    const Program *program;
    const LoopStmt *loop;
} Candidate;

/* The loop's variable, or that plus something that does not depend on it. */
static bool is_contiguous(const Candidate *c, const LoopExpr *index)
{
    if (index->kind == LOOP_VAR)
        return index->var == c->loop->var;
    if (index->kind != LOOP_OP || index->op != OP_ADD)
        return false;
    const LoopExpr *a = index->args[0], *b = index->args[1];
    return (is_contiguous(c, a) && !loop_differs(c->loop, b))
           || (is_contiguous(c, b) && !loop_differs(c->loop, a));
}

static bool is_row(const Candidate *c, BufferId buffer, Type type, int count, LoopExpr *const *index)
{
    bool row = c->program->buffers.at[buffer].type == type && count > 0 && is_contiguous(c, index[count - 1]);
    for (int i = 0; i < count - 1; i++)
        row = row && !loop_differs(c->loop, index[i]);
    return row;
}

static bool has_lanes(Op op)
{
    return op == OP_ADD || op == OP_SUB || op == OP_MUL || op == OP_FMA || op == OP_NEG;
}

static bool is_vector(const Candidate *c, const LoopExpr *expr);

static bool compares(Op op)
{
    return op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
}

/* Truths, which differ: of inference alone, whose neurons are few. */
static bool is_mask(const Candidate *c, const LoopExpr *expr)
{
    if (!c->program->predicts || expr->type != TYPE_BOOL || !loop_differs(c->loop, expr))
        return false;
    if (expr->kind != LOOP_OP)
        return expr->kind == LOOP_VAR;
    if (expr->op == OP_AND || expr->op == OP_OR)
        return is_mask(c, expr->args[0]) && is_mask(c, expr->args[1]);
    return compares(expr->op) && is_vector(c, expr->args[0]) && is_vector(c, expr->args[1]);
}

/* One of two vectors: of each lane, or of all. */
static bool is_selection(const Candidate *c, const LoopExpr *expr)
{
    return expr->kind == LOOP_OP && expr->op == OP_SELECT && c->program->predicts
           && (is_mask(c, expr->args[0]) || !loop_differs(c->loop, expr->args[0]))
           && is_vector(c, expr->args[1]) && is_vector(c, expr->args[2]);
}

static bool is_vector(const Candidate *c, const LoopExpr *expr)
{
    if (expr->type != TYPE_F32)
        return false;
    if (expr->kind == LOOP_VAR || !loop_differs(c->loop, expr))
        return true;
    if (expr->kind == LOOP_LOAD)
        return is_row(c, expr->buffer, TYPE_F32, expr->nargs, expr->args);
    if (expr->kind == LOOP_CAST)
        return is_mask(c, expr->args[0]);
    bool simple = expr->kind == LOOP_OP && has_lanes(expr->op);
    for (int i = 0; i < expr->nargs; i++)
        simple = simple && is_vector(c, expr->args[i]);
    return simple || is_selection(c, expr);
}

static bool stores_vector(const Candidate *c, const LoopStmt *store)
{
    return is_row(c, store->buffer, TYPE_F32, store->nindex, store->index) && is_vector(c, store->value);
}

static bool stores_flags(const Candidate *c, const LoopStmt *store)
{
    return !store->add && is_row(c, store->buffer, TYPE_U8, store->nindex, store->index)
           && is_mask(c, store->value);
}

static bool are_vectors(const Candidate *c, const LoopBlock *block);

/* Steps, or what else all lanes go through together: written out, or of inference, whose neurons are few. */
static bool is_of_vectors(const Candidate *c, const LoopStmt *loop)
{
    return (loop->few || (c->program->predicts && !loop->value)) && !loop_differs(c->loop, loop->from)
           && !loop_differs(c->loop, loop->to) && are_vectors(c, &loop->body);
}

static bool is_vector_stmt(const Candidate *c, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_LET: return is_vector(c, stmt->value) || is_mask(c, stmt->value);
    case LOOP_DECLARE: return is_vector(c, stmt->value);
    case LOOP_SET: return declares(&c->loop->body, stmt->var) && is_vector(c, stmt->value);
    case LOOP_FOR: return is_of_vectors(c, stmt);
    case LOOP_STORE: return stores_vector(c, stmt) || stores_flags(c, stmt);
    case LOOP_AHEAD:
    case LOOP_LIST:
    case LOOP_IF:
    case LOOP_BLOCK:
    case LOOP_COMMENT: break;
    }
    return false;
}

static bool are_vectors(const Candidate *c, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (!is_vector_stmt(c, block->at[i]))
            return false;
    return true;
}

static bool is_whole(const LoopExpr *number)
{
    return number->kind == LOOP_NUMBER && (int)number->number % LOOP_MOST_LANES == 0;
}

bool loop_suits_vectors(const Program *program, const LoopStmt *loop)
{
    Candidate c = {program, loop};
    return loop->kind == LOOP_FOR && loop->independent && !loop->down && !loop->value && is_whole(loop->from)
           && is_whole(loop->to) && are_vectors(&c, &loop->body);
}

/* ---- which buffers can be in registers ---- */

/* `loop`: the vector loop around, or NULL. */
static bool is_whole_vector(const LoopStmt *loop, const LoopExpr *last)
{
    if (!loop)
        return false;
    if (last->kind == LOOP_OP && last->op == OP_ADD)
        return is_whole_vector(loop, last->args[0])
                   ? is_whole(last->args[1])
                   : is_whole_vector(loop, last->args[1]) && is_whole(last->args[0]);
    return last->kind == LOOP_VAR && last->var == loop->var;
}

static void touch(bool *suits, const LoopStmt *loop, BufferId buffer, LoopExpr *const *index, int count)
{
    suits[buffer] = suits[buffer] && is_whole_vector(loop, index[count - 1]);
}

static void touch_expr(bool *suits, const LoopStmt *loop, const LoopExpr *expr)
{
    if (!expr)
        return;
    for (int i = 0; i < expr->nargs; i++)
        touch_expr(suits, loop, expr->args[i]);
    if (expr->kind == LOOP_LOAD)
        touch(suits, loop, expr->buffer, expr->args, expr->nargs);
}

static void touch_block(bool *suits, const LoopStmt *loop, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        touch_expr(suits, loop, stmt->from);
        touch_expr(suits, loop, stmt->to);
        touch_expr(suits, loop, stmt->value);
        for (int k = 0; k < stmt->nindex; k++)
            touch_expr(suits, loop, stmt->index[k]);
        if (loop_has_element(stmt))
            touch(suits, loop, stmt->buffer, stmt->index, stmt->nindex);
        touch_block(suits, loop ? loop : stmt->vector ? stmt : NULL, &stmt->body);
    }
}

bool *loop_suits_registers(Arena *arena, const Program *program)
{
    bool *suits = NEW_ARRAY(arena, bool, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        suits[b] = buffer->role == BUFFER_LOCAL && buffer->type == TYPE_F32 && buffer->ndim > 0
                   && buffer->dims[buffer->ndim - 1] % LOOP_MOST_LANES == 0;
    }
    for (int k = 0; k < program->kernels.count; k++)
        touch_block(suits, NULL, &program->kernels.at[k].body);
    return suits;
}

/* ---- verifier ---- */

static const char *verify_block(const Program *program, const Kernel *kernel, bool within,
                                const LoopBlock *block)
{
    const char *wrong = NULL;
    for (int i = 0; i < block->count && !wrong; i++) {
        const LoopStmt *stmt = block->at[i];
        if (stmt->vector && (within || !loop_suits_vectors(program, stmt)))
            return arena_printf(program->arena, "kernel `%s`: the loop over `%s` cannot be a vector loop",
                                kernel->name, kernel->vars.at[stmt->var].name);
        wrong = verify_block(program, kernel, within || stmt->vector, &stmt->body);
    }
    return wrong;
}

static const char *verify_registers(const Program *program)
{
    const bool *suits = NULL; /* looked at only where a buffer asks for it */
    for (BufferId b = 0; b < program->buffers.count; b++) {
        if (!program->buffers.at[b].registers)
            continue;
        suits = suits ? suits : loop_suits_registers(program->arena, program);
        if (!suits[b])
            return arena_printf(program->arena, "`%s` cannot be in registers", program->buffers.at[b].name);
    }
    return NULL;
}

const char *vectors_verify(const Program *program)
{
    const char *wrong = NULL;
    for (int k = 0; k < program->kernels.count && !wrong; k++)
        wrong = verify_block(program, &program->kernels.at[k], false, &program->kernels.at[k].body);
    return wrong ? wrong : verify_registers(program);
}
