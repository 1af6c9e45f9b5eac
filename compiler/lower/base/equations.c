#include "lower/base/equations.h"

#include "lower/base/code.h"

static void count_uses(Equations *equations, Val value)
{
    if (equations->uses[value]++ > 0)
        return;
    const Instr *instr = &equations->body->code.at[value];
    for (int k = 0; k < op_value_arity(instr->op); k++)
        count_uses(equations, instr_operand(instr, k));
}

static void find_steady(Equations *equations)
{
    for (Val v = 0; v < equations->body->code.count; v++) {
        const Instr *instr = &equations->body->code.at[v];
        bool steady = instr->op != OP_INPUT && instr->op != OP_STATE && instr->op != OP_UNIFORM
                      && instr->op != OP_POSITION
                      && (instr->op != OP_PARAM || equations->shared_params[instr->index]);
        for (int k = 0; k < op_value_arity(instr->op); k++)
            steady = steady && equations->steady[instr_operand(instr, k)];
        equations->steady[v] = steady;
    }
}

static Equations begin(Lower *lower, const Node *node)
{
    int count = node->body.code.count + 1;
    Equations equations = {.lower = lower, .body = &node->body};
    equations.uses = NEW_ARRAY(lower->arena, int, count);
    equations.steady = NEW_ARRAY(lower->arena, bool, count);
    equations.done = NEW_ARRAY(lower->arena, LoopExpr *, count);
    equations.shared_params = NEW_ARRAY(lower->arena, bool, node->params.count + 1);
    for (int p = 0; p < node->params.count; p++)
        equations.shared_params[p] = lower->net->params.at[node->params.at[p]].shape.ndim == 0;
    find_steady(&equations);
    return equations;
}

Equations equations_start(Lower *lower, const Node *node)
{
    Equations equations = begin(lower, node);
    for (int k = 0; k < node->outs.count; k++)
        count_uses(&equations, node->outs.at[k].value);
    for (int k = 0; k < node->grads.count; k++)
        count_uses(&equations, node->grads.at[k].value);
    for (int s = 0; s < node->states.count; s++)
        count_uses(&equations, node->states.at[s].next);
    return equations;
}

Equations equations_of(Lower *lower, const Node *node, Val value)
{
    Equations equations = begin(lower, node);
    count_uses(&equations, value);
    return equations;
}

static LoopExpr *scalar(Lower *lower, int index)
{
    if (index < SCALAR_COUNT)
        return loop_scalar(lower->arena, (Scalar)index);
    return load1(lower, lower->scalars[index - SCALAR_COUNT], num(lower, 0));
}

static LoopExpr *leaf(Equations *equations, const Instr *instr)
{
    switch ((int)instr->op) {
    case OP_CONST: return loop_float(equations->lower->arena, instr->number);
    case OP_INPUT: return loop_cast(equations->lower->arena, TYPE_F32, equations->inputs[instr->index]);
    case OP_STATE: return equations->states[instr->index];
    case OP_PARAM: return equations->params[instr->index];
    case OP_POSITION: return loop_cast(equations->lower->arena, TYPE_F32, equations->places[instr->index]);
    default: return scalar(equations->lower, instr->index);
    }
}

/* Around the middle: the draws are from -1 to 1. */
static LoopExpr *write_uniform(Equations *equations, const Instr *instr)
{
    Arena *arena = equations->lower->arena;
    LoopExpr *draw = equations->draws[instr->index];
    double low, high;
    if (body_is_const(equations->body, instr->a, &low) && body_is_const(equations->body, instr->b, &high)) {
        LoopExpr *spread = loop_op(arena, OP_MUL, draw, loop_float(arena, (high - low) / 2), NULL);
        return low == -high ? spread
                            : loop_op(arena, OP_ADD, loop_float(arena, (low + high) / 2), spread, NULL);
    }
    LoopExpr *a = equation_number(equations, instr->a), *b = equation_number(equations, instr->b);
    LoopExpr *half = loop_float(arena, 0.5);
    LoopExpr *middle = loop_op(arena, OP_MUL, loop_op(arena, OP_ADD, a, b, NULL), half, NULL);
    LoopExpr *reach = loop_op(arena, OP_MUL, loop_op(arena, OP_SUB, b, a, NULL), half, NULL);
    return loop_op(arena, OP_ADD, middle, loop_op(arena, OP_MUL, draw, reach, NULL), NULL);
}

static LoopExpr *write_op(Equations *equations, const Instr *instr)
{
    Arena *arena = equations->lower->arena;
    LoopExpr *operand[3] = {NULL, NULL, NULL};
    switch ((int)instr->op) {
    case OP_UNIFORM: return write_uniform(equations, instr);
    case OP_STEP:
        return loop_op(arena, OP_GE, equation_number(equations, instr->a), loop_float(arena, 0), NULL);
    case OP_MIX:
    case OP_SELECT:
        return loop_op(arena, OP_SELECT, equation_truth(equations, instr->a),
                       equation_number(equations, instr->b), equation_number(equations, instr->c));
    case OP_AND:
    case OP_OR:
    case OP_NOT:
        for (int k = 0; k < op_arity(instr->op); k++)
            operand[k] = equation_truth(equations, instr_operand(instr, k));
        break;
    default:
        for (int k = 0; k < op_arity(instr->op); k++)
            operand[k] = equation_number(equations, instr_operand(instr, k));
    }
    return loop_op(arena, instr->op, operand[0], operand[1], operand[2]);
}

static bool deserves_a_name(const Equations *equations, Val value, const LoopExpr *expr)
{
    const Instr *instr = &equations->body->code.at[value];
    if (expr->kind == LOOP_NUMBER || expr->kind == LOOP_VAR)
        return false;
    if (op_arity(instr->op) == 0)
        return equations->uses[value] > 1 || equations->steady[value];
    return instr->name || equations->uses[value] > 1 || equations->steady[value];
}

static LoopExpr *written(Equations *equations, Val value)
{
    if (equations->done[value])
        return equations->done[value];
    const Instr *instr = &equations->body->code.at[value];
    LoopExpr *expr;
    if (instr->op == OP_DETACH)
        expr = written(equations, instr->a);
    else
        expr = op_arity(instr->op) == 0 ? leaf(equations, instr) : write_op(equations, instr);
    if (deserves_a_name(equations, value, expr)) {
        LoopBlock *block = equations->steady[value] ? equations->before : equations->into;
        expr = model_local(equations->lower, block, instr->name, expr);
    }
    return equations->done[value] = expr;
}

bool equation_reads(const Equations *equations, int input)
{
    for (Val v = 0; v < equations->body->code.count; v++) {
        const Instr *instr = &equations->body->code.at[v];
        if (instr->op == OP_INPUT && instr->index == input && equations->uses[v] > 0)
            return true;
    }
    return false;
}

void equation_read(Equations *equations, int input)
{
    for (Val v = 0; v < equations->body->code.count; v++) {
        const Instr *instr = &equations->body->code.at[v];
        if (instr->op == OP_INPUT && instr->index == input && equations->uses[v] > 0)
            equations->done[v] =
                model_local(equations->lower, equations->into, instr->name, leaf(equations, instr));
    }
}

LoopExpr *equation_number(Equations *equations, Val value)
{
    return loop_cast(equations->lower->arena, TYPE_F32, written(equations, value));
}

LoopExpr *equation_truth(Equations *equations, Val value)
{
    LoopExpr *expr = written(equations, value);
    if (expr->type == TYPE_BOOL)
        return expr;
    return loop_op(equations->lower->arena, OP_NE, expr, loop_float(equations->lower->arena, 0), NULL);
}
