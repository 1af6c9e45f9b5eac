#include "affine.h"

#include <math.h>

/* Infinity times 0 is 0, as where there is nothing to multiply. */
static Range scaled(Range range, double factor)
{
    return factor == 0 ? (Range){0, 0} : range_times(range, factor);
}

static Range plus(Range a, Range b)
{
    return (Range){a.low + b.low, a.high + b.high};
}

static Range around(double radius)
{
    return (Range){-radius, radius};
}

void affine_opaque(const Leaves *leaves, Range range, Affine *value)
{
    for (int k = 0; k < leaves->count; k++)
        value->slopes[k] = 0;
    value->rest = range;
}

void affine_leaf(const Leaves *leaves, int leaf, Affine *value)
{
    affine_opaque(leaves, (Range){0, 0}, value);
    value->slopes[leaf] = 1;
}

Range affine_range(const Leaves *leaves, const Affine *value)
{
    Range range = value->rest;
    for (int k = 0; k < leaves->count; k++)
        range = plus(range, scaled(leaves->at[k], value->slopes[k]));
    return range;
}

static bool is_opaque(const Leaves *leaves, const Affine *value)
{
    for (int k = 0; k < leaves->count; k++)
        if (value->slopes[k] != 0)
            return false;
    return true;
}

/* a + factor * b */
static bool sum(const Leaves *leaves, const Affine *a, const Affine *b, double factor, Affine *value)
{
    for (int k = 0; k < leaves->count; k++)
        value->slopes[k] = a->slopes[k] + factor * b->slopes[k];
    value->rest = plus(a->rest, scaled(b->rest, factor));
    return true;
}

/* Of a factor that is within a range, its middle; what it may be beside that goes to the rest. */
static bool times(const Leaves *leaves, const Affine *a, Range range, Range factor, Affine *value)
{
    double middle = (factor.low + factor.high) / 2, radius = (factor.high - factor.low) / 2;
    if (!isfinite(middle) || !isfinite(range_most(range)))
        return false;
    for (int k = 0; k < leaves->count; k++)
        value->slopes[k] = middle * a->slopes[k];
    value->rest = plus(scaled(a->rest, middle), around(radius * range_most(range)));
    return true;
}

static bool product(const Leaves *leaves, const Affine *const *operands, const Range *ranges, Affine *value)
{
    if (is_opaque(leaves, operands[1]))
        return times(leaves, operands[0], ranges[0], ranges[1], value);
    return is_opaque(leaves, operands[0]) && times(leaves, operands[1], ranges[1], ranges[0], value);
}

static bool quotient(const Leaves *leaves, const Affine *const *operands, const Range *ranges, Affine *value)
{
    Range divisor = ranges[1];
    return is_opaque(leaves, operands[1]) && (divisor.low > 0 || divisor.high < 0)
           && times(leaves, operands[0], ranges[0], (Range){1 / divisor.high, 1 / divisor.low}, value);
}

/* a * b / 2^c, to the nearest whole number. */
static bool rescaling(const Leaves *leaves, const Affine *const *operands, const Range *ranges, Affine *value)
{
    if (!product(leaves, operands, ranges, value))
        return false;
    double factor = ldexp(1, -(int)ranges[2].low);
    for (int k = 0; k < leaves->count; k++)
        value->slopes[k] *= factor;
    value->rest = plus(scaled(value->rest, factor), around(0.5));
    return true;
}

static bool copy(const Leaves *leaves, const Affine *a, Affine *value)
{
    for (int k = 0; k < leaves->count; k++)
        value->slopes[k] = a->slopes[k];
    value->rest = a->rest;
    return true;
}

/* Where it is known which of both it is. */
static bool choice(const Leaves *leaves, const Affine *const *operands, Range condition, Affine *value)
{
    if (condition.low > 0)
        return copy(leaves, operands[1], value);
    return condition.low == 0 && condition.high == 0 && copy(leaves, operands[2], value);
}

bool affine_operation(const Leaves *leaves, Op op, const Affine *const *operands, const Range *ranges,
                      Affine *value)
{
    switch ((int)op) {
    case OP_ADD: return sum(leaves, operands[0], operands[1], 1, value);
    case OP_SUB: return sum(leaves, operands[0], operands[1], -1, value);
    case OP_NEG: return times(leaves, operands[0], ranges[0], (Range){-1, -1}, value);
    case OP_MUL: return product(leaves, operands, ranges, value);
    case OP_DIV: return quotient(leaves, operands, ranges, value);
    case OP_FMA: return product(leaves, operands, ranges, value) && sum(leaves, value, operands[2], 1, value);
    case OP_RESCALE: return rescaling(leaves, operands, ranges, value);
    case OP_SELECT:
    case OP_MIX: return choice(leaves, operands, ranges[0], value);
    case OP_DETACH: return copy(leaves, operands[0], value);
    default: return false;
    }
}
