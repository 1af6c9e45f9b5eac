/* One operation on values: of constants a constant, of others an instruction, in the body of the context or among the equations
 * of run scalars. */
#include "build.h"

Val value_lift(Context *c, Value value)
{
    Build *b = c->build;
    if (value.kind == VALUE_BODY)
        return value.val;
    if (value.kind == VALUE_SCALAR)
        return scalar_read(c, value);
    double number = value.kind == VALUE_NUMBER ? value.number : value.flag;
    Body *body = &c->node->body;
    Span at = body->at;
    if (value.kind == VALUE_NUMBER)
        body->at = value.span;
    Val val = body_const(b->arena, body, number);
    body->at = at;
    return val;
}

static Value fold(Context *c, Op op, Value a, Value b, Unit unit, Span span)
{
    double x = a.kind == VALUE_FLAG ? a.flag : a.number;
    double y = b.kind == VALUE_FLAG ? b.flag : b.number;
    double result = op_eval(op, x, y, 0);
    if (op_is_truth(op))
        return value_flag(result != 0);
    bool product = op == OP_DIV || op == OP_POW || (op == OP_MUL && y != 0);
    bool fine =
        check_finite(c->build, result, span) && (!product || check_underflow(c->build, result, x, span));
    return fine ? value_number(result + 0.0, unit) : value_poison(); /* one zero */
}

Value combine(Context *c, Op op, Value a, Value b, Unit unit, Span span)
{
    bool unary = op_arity(op) == 1;
    if (a.kind == VALUE_POISON || (!unary && b.kind == VALUE_POISON))
        return value_poison();
    Build *build = c->build;
    bool here = a.kind == VALUE_BODY || (!unary && b.kind == VALUE_BODY);
    if (!here && a.kind != VALUE_SCALAR && (unary || b.kind != VALUE_SCALAR))
        return fold(c, op, a, b, unit, span);
    Context scalars = context_scalars(build), *in = here ? c : &scalars;
    Body *body = &in->node->body;
    body->at = span;
    Val left = value_lift(in, a);
    Val val = unary ? body_op1(build->arena, body, op, left)
                    : body_op2(build->arena, body, op, left, value_lift(in, b));
    double number;
    bool constant = body_is_const(body, val, &number);
    if (constant && !check_finite(build, number, span))
        return value_poison();
    if (here)
        return value_body(val, unit, op_is_truth(op));
    return constant ? value_number(number, unit) : value_scalar(val, unit, op_is_truth(op));
}
