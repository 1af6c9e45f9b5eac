/* Functions: what makes them pure, beyond what holds of kernels, too. */
#include "loop_look.h"

static void look(void *context, LoopExpr *expr)
{
    bool *pure = context;
    bool reads = expr->kind == LOOP_LOAD || expr->kind == LOOP_SCALAR || expr->kind == LOOP_GIVEN
                 || expr->kind == LOOP_PLACE || expr->kind == LOOP_LANES || expr->kind == LOOP_KEY;
    *pure = *pure && !reads;
}

static bool is_pure(const LoopFunction *function)
{
    bool pure = true;
    for (int i = 0; i < function->code.body.count; i++) {
        LoopStmtKind kind = function->code.body.at[i]->kind;
        pure = pure && (kind == LOOP_LET || kind == LOOP_COMMENT);
    }
    loop_visit_exprs(&function->code.body, look, &pure);
    loop_visit_expr(function->result, look, &pure);
    return pure;
}

static bool defines(const LoopFunction *function)
{
    bool singles = function->params == op_arity(function->op) && function->result->type == TYPE_F32;
    for (int p = 0; p < function->params; p++)
        singles = singles && function->code.vars.at[p].type == TYPE_F32;
    return singles;
}

const char *functions_verify(const Program *program)
{
    for (int f = 0; f < program->functions.count; f++) {
        const LoopFunction *function = &program->functions.at[f];
        if (loop_function(&program->functions, function->name) != f)
            return arena_printf(program->arena, "two functions are called `%s`", function->name);
        if (!is_pure(function))
            return arena_printf(program->arena, "function `%s` does more than make a value", function->name);
        if (function->op != OP_COUNT && !defines(function))
            return arena_printf(program->arena, "function `%s` is no `%s`", function->name,
                                op_name(function->op));
    }
    return NULL;
}
