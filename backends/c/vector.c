/* Loops as vectors. A loop over the outputs of a tile, with nothing in it but sums and products of rows, is
 * written with the vector types that gcc and clang share, as wide as the machine has them: whether it becomes vectors
 * is then no matter of luck, and sums of a few rows stay in registers. */
#include "c.h"

enum { WIDEST = 16 /* floats; SNN_LANES divides it */, MOST_UNROLLED = 64 };

typedef struct Loop {
    const Program *program;
    const LoopStmt *stmt;
} Loop;

static bool assigns(const LoopBlock *block, VarId var)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if ((stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE) && stmt->var == var)
            return true;
        if (assigns(&stmt->body, var))
            return true;
    }
    return false;
}

/* Whether its value differs from turn to turn. */
static bool mentions(const Loop *loop, const LoopExpr *expr)
{
    if (expr->kind == LOOP_VAR && (expr->var == loop->stmt->var || assigns(&loop->stmt->body, expr->var)))
        return true;
    for (int i = 0; i < expr->nargs; i++)
        if (mentions(loop, expr->args[i]))
            return true;
    return false;
}

/* The loop's variable, or that plus something that does not depend on it. */
static bool is_contiguous(const Loop *loop, const LoopExpr *index)
{
    if (index->kind == LOOP_VAR)
        return index->var == loop->stmt->var;
    if (index->kind != LOOP_OP || index->op != OP_ADD)
        return false;
    const LoopExpr *a = index->args[0], *b = index->args[1];
    return (is_contiguous(loop, a) && !mentions(loop, b)) || (is_contiguous(loop, b) && !mentions(loop, a));
}

static bool is_row(const Loop *loop, BufferId buffer, int count, LoopExpr *const *index)
{
    bool row = loop->program->buffers.at[buffer].type == TYPE_F32 && count > 0
               && is_contiguous(loop, index[count - 1]);
    for (int i = 0; i < count - 1; i++)
        row = row && !mentions(loop, index[i]);
    return row;
}

static bool is_vector(const Loop *loop, const LoopExpr *expr)
{
    if (expr->type != TYPE_F32)
        return false;
    if (!mentions(loop, expr))
        return true;
    if (expr->kind == LOOP_LOAD)
        return is_row(loop, expr->buffer, expr->nargs, expr->args);
    if (expr->kind == LOOP_VAR)
        return true;
    bool simple = expr->kind == LOOP_OP
                  && (expr->op == OP_ADD || expr->op == OP_SUB || expr->op == OP_MUL || expr->op == OP_NEG);
    for (int i = 0; i < expr->nargs; i++)
        simple = simple && is_vector(loop, expr->args[i]);
    return simple;
}

static bool are_vectors(const Loop *loop, const LoopBlock *block);

static bool is_vector_stmt(const Loop *loop, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_LET:
    case LOOP_DECLARE: return is_vector(loop, stmt->value);
    case LOOP_SET: return assigns(&loop->stmt->body, stmt->var) && is_vector(loop, stmt->value);
    case LOOP_FOR: return stmt->few && !mentions(loop, stmt->to) && are_vectors(loop, &stmt->body);
    case LOOP_STORE:
        return is_row(loop, stmt->buffer, stmt->nindex, stmt->index) && is_vector(loop, stmt->value);
    case LOOP_AHEAD:
    case LOOP_LIST:
    case LOOP_IF:
    case LOOP_BLOCK:
    case LOOP_COMMENT: break;
    }
    return false;
}

static bool are_vectors(const Loop *loop, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (!is_vector_stmt(loop, block->at[i]))
            return false;
    return true;
}

bool c_is_vector_loop(const Program *program, const LoopStmt *stmt)
{
    Loop loop = {program, stmt};
    bool whole = program->vectors && stmt->independent && !stmt->down && stmt->from->kind == LOOP_NUMBER
                 && stmt->from->number == 0 && stmt->to->kind == LOOP_NUMBER
                 && (int)stmt->to->number % WIDEST == 0;
    return whole && are_vectors(&loop, &stmt->body);
}

bool c_in_registers(const Program *program, BufferId id)
{
    const Buffer *buffer = &program->buffers.at[id];
    return program->vectors && buffer->registers && buffer->dims[buffer->ndim - 1] % WIDEST == 0;
}

/* ---- writing ---- */

typedef struct Vectors {
    Arena *arena;
    Loop loop;
    const Kernel *kernel;
} Vectors;

static const char *element(const Vectors *v, BufferId id, int count, LoopExpr *const *index)
{
    const Buffer *buffer = &v->loop.program->buffers.at[id];
    const char *text = c_buffer(v->arena, buffer);
    bool registers = c_in_registers(v->loop.program, id);
    for (int i = 0; i < count; i++) {
        const char *at = c_expr(v->arena, v->loop.program, v->kernel, index[i]);
        if (registers && i == count - 1)
            at = arena_printf(v->arena, index[i]->kind == LOOP_VAR ? "%s / SNN_LANES" : "(%s) / SNN_LANES",
                              at);
        text = arena_printf(v->arena, "%s[%s]", text, at);
    }
    return text;
}

static const char *load(const Vectors *v, BufferId id, int count, LoopExpr *const *index)
{
    const char *place = element(v, id, count, index);
    return c_in_registers(v->loop.program, id) ? place : arena_printf(v->arena, "snn_load(&%s)", place);
}

/* `within`: an operand, which needs parentheses if it is a sum or a product. */
static const char *vector(const Vectors *v, const LoopExpr *expr, bool within)
{
    if (!mentions(&v->loop, expr)) {
        const char *text = c_expr(v->arena, v->loop.program, v->kernel, expr);
        bool plain = expr->kind == LOOP_VAR || expr->kind == LOOP_NUMBER || expr->kind == LOOP_LOAD;
        return within && !plain ? arena_printf(v->arena, "(%s)", text) : text;
    }
    if (expr->kind == LOOP_LOAD)
        return load(v, expr->buffer, expr->nargs, expr->args);
    if (expr->kind == LOOP_VAR)
        return c_var(v->arena, v->kernel, expr->var);
    if (expr->op == OP_NEG)
        return arena_printf(v->arena, "-%s", vector(v, expr->args[0], true));
    const char *sign = expr->op == OP_ADD ? "+" : expr->op == OP_SUB ? "-" : "*";
    bool chain = expr->op == OP_ADD && expr->args[0]->kind == LOOP_OP && expr->args[0]->op == OP_ADD;
    const char *text = arena_printf(v->arena, "%s %s %s", vector(v, expr->args[0], !chain), sign,
                                    vector(v, expr->args[1], true));
    return within ? arena_printf(v->arena, "(%s)", text) : text;
}

static const char *all_lanes(const Vectors *v, const LoopExpr *expr)
{
    const char *text = vector(v, expr, false);
    return mentions(&v->loop, expr) ? text : arena_printf(v->arena, "snn_all(%s)", text);
}

static void store(const Vectors *v, const LoopStmt *stmt, Out *out)
{
    const char *place = element(v, stmt->buffer, stmt->nindex, stmt->index);
    if (c_in_registers(v->loop.program, stmt->buffer)) {
        out_line(out, "%s %s %s;", place, stmt->add ? "+=" : "=", all_lanes(v, stmt->value));
        return;
    }
    const char *value =
        stmt->add ? arena_printf(v->arena, "snn_load(&%s) + %s", place, vector(v, stmt->value, true))
                  : all_lanes(v, stmt->value);
    out_line(out, "snn_store(&%s, %s);", place, value);
}

static void block(const Vectors *v, const LoopBlock *stmts, Out *out)
{
    for (int i = 0; i < stmts->count; i++) {
        const LoopStmt *stmt = stmts->at[i];
        const char *name = stmt->kind == LOOP_STORE ? NULL : c_var(v->arena, v->kernel, stmt->var);
        if (stmt->kind == LOOP_STORE) {
            store(v, stmt, out);
        } else if (stmt->kind == LOOP_FOR) {
            c_open_for(v->arena, v->loop.program, v->kernel, stmt, out);
            block(v, &stmt->body, out);
            out_close(out, "");
        } else if (stmt->kind == LOOP_SET) {
            out_line(out, "%s = %s;", name, all_lanes(v, stmt->value));
        } else {
            const char *value = all_lanes(v, stmt->value), *kind = stmt->kind == LOOP_LET ? "const " : "";
            out_line(out, stmt->apart ? "%ssnn_floats %s = snn_apart(%s);" : "%ssnn_floats %s = %s;", kind,
                     name, value);
        }
    }
}

void c_vector_loop(Arena *arena, const Program *program, const Kernel *kernel, const LoopStmt *stmt, Out *out)
{
    Vectors v = {arena, {program, stmt}, kernel};
    const char *name = c_var(arena, kernel, stmt->var);
    int count = (int)stmt->to->number;
    out_open(out, "%sfor (int32_t %s = 0; %s < %d; %s += SNN_LANES)",
             count <= MOST_UNROLLED ? "SNN_UNROLL " : "", name, name, count, name);
    block(&v, &stmt->body, out);
    out_close(out, "");
}
