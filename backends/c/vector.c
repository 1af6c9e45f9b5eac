/* Vector loops, with the vector types that gcc and clang share, as wide as the machine has them. */
#include "c.h"

typedef struct Vectors {
    Arena *arena;
    const Program *program;
    const Kernel *kernel;
    const LoopStmt *loop;
} Vectors;

static const char *element(const Vectors *v, BufferId id, int count, LoopExpr *const *index)
{
    const Buffer *buffer = &v->program->buffers.at[id];
    const char *text = c_buffer(v->arena, buffer);
    for (int i = 0; i < count; i++) {
        const char *at = c_expr(v->arena, v->program, v->kernel, index[i]);
        if (buffer->registers && i == count - 1)
            at = arena_printf(v->arena, index[i]->kind == LOOP_VAR ? "%s / SNN_LANES" : "(%s) / SNN_LANES",
                              at);
        text = arena_printf(v->arena, "%s[%s]", text, at);
    }
    return text;
}

/* Of a sum, what is added to the loop's variable; NULL: the index is none. */
static LoopExpr *beside_variable(const Vectors *v, const LoopExpr *index)
{
    for (int i = 0; index->kind == LOOP_OP && index->op == OP_ADD && i < 2; i++)
        if (index->args[i]->kind == LOOP_VAR && index->args[i]->var == v->loop->var)
            return index->args[1 - i];
    return NULL;
}

/* A pointer to it. Where a loop is written out, gcc makes one address for all turns if the variable is added last; of what
 * stands in an index it makes one for each turn. */
static const char *pointer(const Vectors *v, BufferId id, int count, LoopExpr *const *index)
{
    LoopExpr *all[MAX_DIMS + 1], *beside = count > 0 ? beside_variable(v, index[count - 1]) : NULL;
    if (!beside || !v->loop->few || !v->program->predicts)
        return arena_printf(v->arena, "&%s", element(v, id, count, index));
    for (int i = 0; i < count - 1; i++)
        all[i] = index[i];
    all[count - 1] = beside;
    return arena_printf(v->arena, "&%s + %s", element(v, id, count, all),
                        c_var(v->arena, v->kernel, v->loop->var));
}

static const char *load(const Vectors *v, BufferId id, int count, LoopExpr *const *index)
{
    if (v->program->buffers.at[id].registers)
        return element(v, id, count, index);
    return arena_printf(v->arena, "snn_load(%s)", pointer(v, id, count, index));
}

static const char *all_lanes(const Vectors *v, const LoopExpr *expr);
static const char *operand(const Vectors *v, const LoopExpr *expr);

/* A truth for each lane. */
static const char *mask(const Vectors *v, const LoopExpr *expr)
{
    if (expr->kind == LOOP_VAR)
        return c_var(v->arena, v->kernel, expr->var);
    if (expr->op == OP_AND || expr->op == OP_OR)
        return arena_printf(v->arena, "(%s %s %s)", mask(v, expr->args[0]), expr->op == OP_AND ? "&" : "|",
                            mask(v, expr->args[1]));
    const char *sign = expr->op == OP_LT ? "<" : expr->op == OP_LE ? "<=" : expr->op == OP_GT ? ">" : ">=";
    return arena_printf(v->arena, "(%s %s %s)", operand(v, expr->args[0]), sign, operand(v, expr->args[1]));
}

/* Of all lanes by one truth, or of each lane by its own. */
static const char *selection(const Vectors *v, const LoopExpr *expr)
{
    const char *yes = all_lanes(v, expr->args[1]), *no = all_lanes(v, expr->args[2]);
    if (loop_differs(v->loop, expr->args[0]))
        return arena_printf(v->arena, "snn_select(%s, %s, %s)", mask(v, expr->args[0]), yes, no);
    return arena_printf(v->arena, "(%s ? %s : %s)", c_expr(v->arena, v->program, v->kernel, expr->args[0]),
                        yes, no);
}

/* `within`: an operand, which needs parentheses if it is a sum or a product. */
static const char *vector(const Vectors *v, const LoopExpr *expr, bool within)
{
    if (!loop_differs(v->loop, expr)) {
        const char *text = c_expr(v->arena, v->program, v->kernel, expr);
        bool plain = expr->kind == LOOP_VAR || expr->kind == LOOP_NUMBER || expr->kind == LOOP_LOAD;
        return within && !plain ? arena_printf(v->arena, "(%s)", text) : text;
    }
    if (expr->kind == LOOP_LOAD)
        return load(v, expr->buffer, expr->nargs, expr->args);
    if (expr->kind == LOOP_VAR)
        return c_var(v->arena, v->kernel, expr->var);
    if (expr->kind == LOOP_CAST)
        return arena_printf(v->arena, "snn_select(%s, snn_all(1.0f), snn_all(0.0f))", mask(v, expr->args[0]));
    if (expr->op == OP_SELECT)
        return selection(v, expr);
    if (expr->op == OP_NEG)
        return arena_printf(v->arena, "-%s", vector(v, expr->args[0], true));
    if (expr->op == OP_FMA)
        return arena_printf(v->arena, "snn_fma(%s, %s, %s)", all_lanes(v, expr->args[0]),
                            all_lanes(v, expr->args[1]), all_lanes(v, expr->args[2]));
    const char *sign = expr->op == OP_ADD ? "+" : expr->op == OP_SUB ? "-" : "*";
    bool chain = expr->op == OP_ADD && expr->args[0]->kind == LOOP_OP && expr->args[0]->op == OP_ADD;
    const char *text = arena_printf(v->arena, "%s %s %s", vector(v, expr->args[0], !chain), sign,
                                    vector(v, expr->args[1], true));
    return within ? arena_printf(v->arena, "(%s)", text) : text;
}

static const char *all_lanes(const Vectors *v, const LoopExpr *expr)
{
    const char *text = vector(v, expr, false);
    return loop_differs(v->loop, expr) ? text : arena_printf(v->arena, "snn_all(%s)", text);
}

/* The same, as an operand. */
static const char *operand(const Vectors *v, const LoopExpr *expr)
{
    return loop_differs(v->loop, expr) ? vector(v, expr, true) : all_lanes(v, expr);
}

static void store(const Vectors *v, const LoopStmt *stmt, Out *out)
{
    if (v->program->buffers.at[stmt->buffer].registers) {
        out_line(out, "%s %s %s;", element(v, stmt->buffer, stmt->nindex, stmt->index),
                 stmt->add ? "+=" : "=", all_lanes(v, stmt->value));
        return;
    }
    const char *place = pointer(v, stmt->buffer, stmt->nindex, stmt->index);
    if (stmt->value->type == TYPE_BOOL) {
        out_line(out, "snn_store_flags(%s, %s);", place, mask(v, stmt->value));
        return;
    }
    const char *value = stmt->add
                            ? arena_printf(v->arena, "snn_load(%s) + %s", place, vector(v, stmt->value, true))
                            : all_lanes(v, stmt->value);
    out_line(out, "snn_store(%s, %s);", place, value);
}

static void block(const Vectors *v, const LoopBlock *stmts, Out *out)
{
    for (int i = 0; i < stmts->count; i++) {
        const LoopStmt *stmt = stmts->at[i];
        const char *name = stmt->kind == LOOP_STORE ? NULL : c_var(v->arena, v->kernel, stmt->var);
        if (stmt->kind == LOOP_STORE) {
            store(v, stmt, out);
        } else if (stmt->kind == LOOP_FOR) {
            c_open_for(v->arena, v->program, v->kernel, stmt, out);
            block(v, &stmt->body, out);
            out_close(out, "");
        } else if (stmt->kind == LOOP_SET) {
            out_line(out, "%s = %s;", name, all_lanes(v, stmt->value));
        } else if (stmt->value->type == TYPE_BOOL) {
            out_line(out, "const snn_truths %s = %s;", name, mask(v, stmt->value));
        } else {
            const char *value = all_lanes(v, stmt->value), *kind = stmt->kind == LOOP_LET ? "const " : "";
            out_line(out, stmt->apart ? "%ssnn_floats %s = snn_apart(%s);" : "%ssnn_floats %s = %s;", kind,
                     name, value);
        }
    }
}

void c_vector_loop(Arena *arena, const Program *program, const Kernel *kernel, const LoopStmt *stmt, Out *out)
{
    Vectors v = {arena, program, kernel, stmt};
    const char *name = c_var(arena, kernel, stmt->var);
    out_open(out, "%sfor (int32_t %s = %d; %s < %d; %s += SNN_LANES)", stmt->few ? "SNN_UNROLL " : "", name,
             (int)stmt->from->number, name, (int)stmt->to->number, name);
    block(&v, &stmt->body, out);
    out_close(out, "");
}
