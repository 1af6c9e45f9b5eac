/* A Net of whole numbers is lowered as any other; then what was spelled as reals is spelled as whole numbers. A product and a
 * sum are no longer rounded once, and infinity, below or above which nothing is, is the least or the greatest number. */
#include "loop_look.h"
#include "passes.h"

#include <math.h>

static Type whole(Type type)
{
    return type == TYPE_F32 ? TYPE_I32 : type;
}

static void spell_number(LoopExpr *expr)
{
    if (isinf(expr->number))
        expr->number = expr->number > 0 ? INT32_MAX : -INT32_MAX;
}

/* a * b + c */
static void spell_fma(Arena *arena, LoopExpr *expr)
{
    LoopExpr *product = NEW(arena, LoopExpr);
    *product = (LoopExpr){.kind = LOOP_OP, .type = TYPE_I32, .op = OP_MUL, .nargs = 2};
    product->args[0] = expr->args[0];
    product->args[1] = expr->args[1];
    expr->op = OP_ADD;
    expr->nargs = 2;
    expr->args[0] = expr->args[2];
    expr->args[1] = product;
}

static void spell(void *context, LoopExpr *expr)
{
    const Program *program = context;
    if (expr->kind == LOOP_NUMBER && expr->type == TYPE_F32)
        spell_number(expr);
    expr->type = whole(expr->type);
    if (expr->kind == LOOP_OP && expr->op == OP_FMA)
        spell_fma(program->arena, expr);
    if (expr->kind == LOOP_CAST && expr->args[0]->type == expr->type) {
        LoopExpr *operand = expr->args[0];
        *expr = *operand;
    }
}

void whole_program(Program *program)
{
    program->watches.count = 0; /* nothing is infinite */
    for (BufferId b = 0; b < program->buffers.count; b++)
        program->buffers.at[b].type = whole(program->buffers.at[b].type);
    if (program->input >= 0)
        program->buffers.at[program->input].type = TYPE_U8;
    for (int k = 0; k < program->kernels.count; k++) {
        Kernel *kernel = &program->kernels.at[k];
        for (VarId v = 0; v < kernel->vars.count; v++)
            kernel->vars.at[v].type = whole(kernel->vars.at[v].type);
        loop_visit_exprs(&kernel->body, spell, program);
    }
}
