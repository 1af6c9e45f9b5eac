#include "interval.h"

#include <math.h>

static const Range truth = {0, 1}, anything = {-INFINITY, INFINITY};

Range range_both(Range a, Range b)
{
    return (Range){fmin(a.low, b.low), fmax(a.high, b.high)};
}

Range range_times(Range a, double factor)
{
    double low = a.low * factor, high = a.high * factor;
    return (Range){fmin(low, high), fmax(low, high)};
}

double range_most(Range a)
{
    return fmax(fabs(a.low), fabs(a.high));
}

/* Infinity times 0 is 0: there is nothing to multiply. */
static double product(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static Range products(Range a, Range b)
{
    double corners[4] = {product(a.low, b.low), product(a.low, b.high), product(a.high, b.low),
                         product(a.high, b.high)};
    Range range = {corners[0], corners[0]};
    for (int k = 1; k < 4; k++)
        range = range_both(range, (Range){corners[k], corners[k]});
    return range;
}

Range range_square(Range a)
{
    Range range = products(a, a);
    return (Range){fmax(range.low, 0), range.high};
}

static Range quotient(Range a, Range b)
{
    if (b.low <= 0 && b.high >= 0)
        return anything;
    return products(a, (Range){1 / b.high, 1 / b.low});
}

static Range magnitude(Range a)
{
    bool crosses = a.low < 0 && a.high > 0;
    double low = fabs(a.low), high = fabs(a.high);
    return (Range){crosses ? 0 : fmin(low, high), fmax(low, high)};
}

/* Of an operation that rises. */
static Range rising(Op op, Range a)
{
    Range range = {op_eval(op, a.low, 0, 0), op_eval(op, a.high, 0, 0)};
    return isnan(range.low) || isnan(range.high) ? anything : range;
}

/* Of what is divided by a power of two that is known; rounding goes the same way as what it rounds. */
static Range rescaled_range(Range a, Range b, Range c)
{
    Range range = range_times(products(a, b), ldexp(1, -(int)c.low));
    return (Range){floor(range.low + 0.5), floor(range.high + 0.5)};
}

bool range_rises(Op op)
{
    switch ((int)op) {
    case OP_EXP:
    case OP_EXPM1:
    case OP_LOG:
    case OP_SQRT:
    case OP_TANH:
    case OP_SIGMOID:
    case OP_ATAN:
    case OP_ERF:
    case OP_FLOOR: return true;
    default: return false;
    }
}

/* Of powers of what is positive by a known exponent, or of anything by an even one, and of a positive base that is known. */
static Range power(Range a, Range b)
{
    if (b.low == b.high && fmod(b.low, 2) == 0)
        a = magnitude(a);
    double ends[2] = {pow(a.low, b.low), pow(a.high, b.high)};
    if (a.low < 0 || (a.low != a.high && b.low != b.high) || isnan(ends[0]) || isnan(ends[1]))
        return anything;
    return (Range){fmin(ends[0], ends[1]), fmax(ends[0], ends[1])};
}

Range range_of(Op op, Range a, Range b, Range c)
{
    if (range_rises(op))
        return rising(op, a);
    switch ((int)op) {
    case OP_ADD: return (Range){a.low + b.low, a.high + b.high};
    case OP_SUB: return (Range){a.low - b.high, a.high - b.low};
    case OP_MUL: return products(a, b);
    case OP_DIV: return quotient(a, b);
    case OP_FMA: return range_of(OP_ADD, products(a, b), c, c);
    case OP_NEG: return (Range){-a.high, -a.low};
    case OP_ABS: return magnitude(a);
    case OP_MIN: return (Range){fmin(a.low, b.low), fmin(a.high, b.high)};
    case OP_MAX: return (Range){fmax(a.low, b.low), fmax(a.high, b.high)};
    case OP_RESCALE: return rescaled_range(a, b, c);
    case OP_POW: return power(a, b);
    case OP_SIN:
    case OP_COS: return (Range){-1, 1};
    case OP_STEP: return (Range){a.low >= 0, a.high >= 0};
    case OP_DETACH: return a;
    default: return op_is_truth(op) ? truth : anything;
    }
}
