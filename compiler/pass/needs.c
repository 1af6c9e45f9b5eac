/* What a program needs of the runtime. For its kernels as they are in the end: a formula may be gone by then. */
#include "loop.h"
#include "passes.h"

#include <string.h>

static void add(Program *program, Need need, bool needed)
{
    program->needs |= (unsigned)needed << need;
}

/* Arithmetic, comparisons and logic are those of every target, and `fma` has a header of its own; what else is no call
 * of a function is a part of the runtime. */
static bool is_function(Op op)
{
    static const bool plain[OP_COUNT] = {
        [OP_ADD] = true, [OP_SUB] = true, [OP_MUL] = true,    [OP_DIV] = true,
        [OP_NEG] = true, [OP_LT] = true,  [OP_LE] = true,     [OP_GT] = true,
        [OP_GE] = true,  [OP_EQ] = true,  [OP_NE] = true,     [OP_AND] = true,
        [OP_OR] = true,  [OP_NOT] = true, [OP_SELECT] = true, [OP_FMA] = true,
    };
    return !plain[op];
}

static void add_expr(Program *program, const LoopExpr *expr)
{
    if (!expr)
        return;
    add(program, NEED_MATH, expr->kind == LOOP_OP && is_function(expr->op));
    add(program, NEED_FMA, expr->kind == LOOP_OP && expr->op == OP_FMA);
    add(program, NEED_RANDOM, expr->kind == LOOP_KEY || expr->kind == LOOP_RANDOM);
    for (int i = 0; i < expr->nargs; i++)
        add_expr(program, expr->args[i]);
}

static void add_block(Program *program, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        add(program, NEED_LISTS, stmt->kind == LOOP_LIST);
        add_expr(program, stmt->value);
        add_expr(program, stmt->from);
        add_expr(program, stmt->to);
        for (int k = 0; k < stmt->nindex; k++)
            add_expr(program, stmt->index[k]);
        add_block(program, &stmt->body);
    }
}

void list_needs(Program *program)
{
    program->needs = 0;
    add(program, NEED_MATH, program->functions.count > 0);
    for (int k = 0; k < program->kernels.count; k++)
        add_block(program, &program->kernels.at[k].body);
    add(program, NEED_MAIN, true);
    add(program, NEED_INFO, true);
    add(program, NEED_TEST, true);
    add(program, NEED_REPORT, true);
    add(program, NEED_TRAIN, program->loss >= 0);
    add(program, NEED_PREDICT, program->predictions.count > 0);
#define FORMAT(need, name) \
    add(program, NEED_##need, program->data_format &&strcmp(program->data_format, #name) == 0);
#include "formats.def"
#undef FORMAT
}
