/* Operators of formulas: which operation one is of its operands, in which unit, and what it may not be. */
#include "build.h"

#include <math.h>
#include <stdlib.h>

/* x^n by repeated squaring. */
static Value integer_power(Context *c, Value base, int exponent, Span span)
{
    Value result = value_number(1, unit_plain);
    Value square = base;
    for (int n = abs(exponent); n > 0; n /= 2) {
        if (n % 2 == 1)
            result = combine(c, OP_MUL, result, square, unit_product(result.unit, square.unit, 1), span);
        if (n > 1)
            square = combine(c, OP_MUL, square, square, unit_product(square.unit, square.unit, 1), span);
    }
    if (exponent >= 0 || !check_divisor(c->build, c, result, span))
        return exponent >= 0 ? result : value_poison();
    Value one = value_number(1, unit_plain);
    return combine(c, OP_DIV, one, result, unit_product(unit_plain, result.unit, -1), span);
}

static Value power(Context *c, Value base, Value exponent, const Expr *expr)
{
    Build *b = c->build;
    if (!check_plain(b, exponent, expr->right->span, "an exponent"))
        return value_poison();
    bool whole = exponent.kind == VALUE_NUMBER && exponent.number == floor(exponent.number)
                 && fabs(exponent.number) <= MAX_EXPONENT;
    if (whole) {
        int n = (int)exponent.number;
        Unit unit = {n * base.unit.time, n * base.unit.voltage};
        return check_exponents(b, unit, expr->span) ? integer_power(c, base, n, expr->span) : value_poison();
    }
    if (base.kind != VALUE_POISON && !unit_equal(base.unit, unit_plain)) {
        report(b, RULE_UNIT, expr->right->span, "the exponent of %s must be a whole number of at most %d",
               unit_text(b->arena, base.unit), MAX_EXPONENT);
        return value_poison();
    }
    if (!check_base(b, c, base, exponent, expr->left->span))
        return value_poison();
    return combine(c, OP_POW, base, exponent, unit_plain, expr->span);
}

static Value product(Context *c, Value left, Value right, const Expr *expr)
{
    bool divide = expr->op == OPERATOR_DIVIDE;
    if (divide && !check_divisor(c->build, c, right, expr->right->span))
        return value_poison();
    Unit unit = unit_product(left.unit, right.unit, divide ? -1 : 1);
    if (!check_exponents(c->build, unit, expr->span))
        return value_poison();
    return combine(c, divide ? OP_DIV : OP_MUL, left, right, unit, expr->span);
}

static Value logic(Context *c, Value left, Value right, const Expr *expr)
{
    Build *b = c->build;
    const char *what = operator_text(expr->op);
    bool fine = check_truth(b, left, expr->left->span, what);
    if (!check_truth(b, right, expr->right->span, what) || !fine)
        return value_poison();
    bool both = expr->op == OPERATOR_AND;
    if (left.kind == VALUE_FLAG) /* true and x is x; false and x is false */
        return left.flag == both ? right : left;
    if (right.kind == VALUE_FLAG)
        return right.flag == both ? left : right;
    return combine(c, both ? OP_AND : OP_OR, left, right, unit_plain, expr->span);
}

static Op operator_op(Operator operator)
{
    switch (operator) {
    case OPERATOR_OR: return OP_OR;
    case OPERATOR_AND: return OP_AND;
    case OPERATOR_EQ: return OP_EQ;
    case OPERATOR_NE: return OP_NE;
    case OPERATOR_LT: return OP_LT;
    case OPERATOR_LE: return OP_LE;
    case OPERATOR_GT: return OP_GT;
    case OPERATOR_GE: return OP_GE;
    case OPERATOR_ADD: return OP_ADD;
    case OPERATOR_SUBTRACT: return OP_SUB;
    case OPERATOR_MULTIPLY: return OP_MUL;
    case OPERATOR_DIVIDE: return OP_DIV;
    case OPERATOR_NOT: return OP_NOT;
    case OPERATOR_NEGATE: return OP_NEG;
    case OPERATOR_POWER: return OP_POW;
    case OPERATOR_COUNT: break;
    }
    return OP_BODY_COUNT;
}

static Value sum(Context *c, Value left, Value right, const Expr *expr)
{
    Op op = operator_op(expr->op);
    if (!check_same_unit(c->build, left, right, expr->span, operator_text(expr->op)))
        return value_poison();
    return combine(c, op, left, right, op_is_truth(op) ? unit_plain : left.unit, expr->span);
}

Value combine_binary(Context *c, Value left, Value right, const Expr *expr)
{
    if (expr->op == OPERATOR_AND || expr->op == OPERATOR_OR)
        return logic(c, left, right, expr);
    bool fine = check_number(c->build, left, expr->left->span);
    if (!check_number(c->build, right, expr->right->span) || !fine)
        return value_poison();
    switch ((int)expr->op) {
    case OPERATOR_POWER: return power(c, left, right, expr);
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE: return product(c, left, right, expr);
    default: return sum(c, left, right, expr);
    }
}

Value combine_unary(Context *c, Value operand, const Expr *expr)
{
    bool negate = expr->op == OPERATOR_NEGATE;
    bool fine = negate ? check_number(c->build, operand, expr->left->span)
                       : check_truth(c->build, operand, expr->left->span, "not");
    if (!fine)
        return value_poison();
    return combine(c, negate ? OP_NEG : OP_NOT, operand, operand, negate ? operand.unit : unit_plain,
                   expr->span);
}
