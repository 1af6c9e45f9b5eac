/* Drops locals that nobody reads. Lowering names what it may need, as the first unit of a tile, before it knows. */
#include "loop.h"
#include "passes.h"

/* Adds `change` to the reads of every local in the expression. */
static void count_expr(const LoopExpr *expr, int change, int *reads)
{
    if (!expr)
        return;
    if (expr->kind == LOOP_VAR)
        reads[expr->var] += change;
    for (int i = 0; i < expr->nargs; i++)
        count_expr(expr->args[i], change, reads);
}

static void count_block(const LoopBlock *block, int *reads)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        count_expr(stmt->value, 1, reads);
        count_expr(stmt->from, 1, reads);
        count_expr(stmt->to, 1, reads);
        for (int k = 0; k < stmt->nindex; k++)
            count_expr(stmt->index[k], 1, reads);
        count_block(&stmt->body, reads);
    }
}

static bool is_unused(const LoopStmt *stmt, const int *reads)
{
    bool local = stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE || stmt->kind == LOOP_SET;
    return local && reads[stmt->var] == 0;
}

/* From the last statement to the first: what only a dropped local has read is dropped, too. */
static void drop_unused(LoopBlock *block, int *reads)
{
    int first = block->count;
    for (int i = block->count - 1; i >= 0; i--) {
        LoopStmt *stmt = block->at[i];
        drop_unused(&stmt->body, reads);
        if (is_unused(stmt, reads))
            count_expr(stmt->value, -1, reads);
        else
            block->at[--first] = stmt;
    }
    if (first == 0)
        return; /* nothing was dropped, or there was nothing: then block->at is NULL */
    block->count -= first;
    memmove(block->at, block->at + first, sizeof *block->at * (size_t)block->count);
}

void drop_unused_locals(Program *program)
{
    for (int k = 0; k < program->kernels.count; k++) {
        Kernel *kernel = &program->kernels.at[k];
        int *reads = NEW_ARRAY(program->arena, int, kernel->vars.count + 1);
        count_block(&kernel->body, reads);
        drop_unused(&kernel->body, reads);
    }
}
