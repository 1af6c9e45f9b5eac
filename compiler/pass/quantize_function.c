/* Functions of one number in whole numbers: straight pieces between places where they are exact, added up from the least place on.
 * So a function is sums, extremes and rescalings, which all backends have, without a table in memory or a branch. */
#include "quantize.h"

#include <math.h>

enum { MOST_PIECES = 48, PROBES = 64, LEAST_ERROR_BITS = 11, WORST_ERROR_BITS = 6 };

static double value_at(const WholeFunction *function, double place)
{
    double scale = ldexp(1, function->fraction), x = place / scale;
    double value = function->second ? op_eval(function->op, function->other, x, 0)
                                    : op_eval(function->op, x, function->other, 0);
    return floor(value * scale + 0.5);
}

/* The chord is so near to the function. */
static bool is_straight(const WholeFunction *function, double from, double to, double error)
{
    double start = value_at(function, from), slope = (value_at(function, to) - start) / (to - from);
    for (int k = 1; k < PROBES; k++) {
        double place = floor(from + (to - from) * k / PROBES);
        if (!(fabs(value_at(function, place) - start - slope * (place - from)) <= error))
            return false;
    }
    return true;
}

/* The end of the longest piece, by halving; at least the next place. */
static double piece_end(const WholeFunction *function, double from, double high, double error)
{
    double good = from + 1, bad = high;
    if (is_straight(function, from, high, error))
        return high;
    while (bad - good > 1) {
        double middle = floor((good + bad) / 2);
        if (is_straight(function, from, middle, error))
            good = middle;
        else
            bad = middle;
    }
    return good;
}

/* The places, their number; 0: more than MOST_PIECES pieces. */
static int find_places(const WholeFunction *function, double error, double *places)
{
    int count = 1;
    while (places[count - 1] < function->high) {
        if (count > MOST_PIECES)
            return 0;
        places[count] = piece_end(function, places[count - 1], function->high, error);
        count++;
    }
    return count;
}

static double greatest(const WholeFunction *function)
{
    double most = 1;
    for (int k = 0; k <= PROBES; k++) {
        double place = floor(function->low + (function->high - function->low) * k / PROBES);
        double value = fabs(value_at(function, place));
        most = isfinite(value) ? fmax(most, value) : INFINITY;
    }
    return most;
}

/* What the piece adds: (x, from `from` to `to`, less `from`) * slope. */
static Val piece(Arena *arena, Body *body, Val x, const WholeFunction *function, double from, double to)
{
    double slope = (value_at(function, to) - value_at(function, from)) / (to - from);
    int exponent;
    if (slope == 0)
        return NO_VAL;
    frexp(slope, &exponent);
    int shift = FACTOR_BITS - exponent;
    shift = shift < 0 ? 0 : shift > 62 ? 62 : shift;
    Val part = body_op2(arena, body, OP_MAX, x, body_const(arena, body, from));
    part = body_op2(arena, body, OP_MIN, part, body_const(arena, body, to));
    part = body_op2(arena, body, OP_SUB, part, body_const(arena, body, from));
    return body_op3(arena, body, OP_RESCALE, part, body_const(arena, body, floor(ldexp(slope, shift) + 0.5)),
                    body_const(arena, body, shift));
}

Val quantize_function(Arena *arena, Body *body, Val x, WholeFunction function, Range reals)
{
    double scale = ldexp(1, function.fraction), places[MOST_PIECES + 2];
    function.low = places[0] = ceil(reals.low * scale);
    function.high = fmax(function.low, floor(reals.high * scale));
    double most = greatest(&function), error = fmax(1, ldexp(most, -LEAST_ERROR_BITS));
    int count = 0;
    while (isfinite(most) && error <= fmax(1, ldexp(most, -WORST_ERROR_BITS))
           && (count = find_places(&function, error, places)) == 0)
        error *= 2;
    if (count == 0)
        return NO_VAL;
    Val sum = body_const(arena, body, value_at(&function, function.low));
    for (int k = 1; k < count; k++) {
        Val part = piece(arena, body, x, &function, places[k - 1], places[k]);
        if (part != NO_VAL)
            sum = body_op2(arena, body, OP_ADD, sum, part);
    }
    return sum;
}
