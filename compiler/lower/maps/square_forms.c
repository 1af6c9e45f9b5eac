/* What is made of squares along an axis: see squares.h. */
#include "lower/base/code.h"
#include "lower/maps/squares.h"

static LoopExpr *plus(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return op2(lower, OP_ADD, a, b);
}

static LoopExpr *minus(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return op2(lower, OP_SUB, a, b);
}

static LoopExpr *times(Lower *lower, double factor, LoopExpr *a)
{
    return op2(lower, OP_MUL, a, loop_float(lower->arena, factor));
}

/* sum + factor * a */
static LoopExpr *scaled(Lower *lower, LoopExpr *sum, double factor, LoopExpr *a)
{
    return multiply_add(lower, sum, a, loop_float(lower->arena, factor));
}

static LoopExpr *local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    return loop_local(lower, into, name, value);
}

/* ---- two outputs: F(2, 3), at 0, 1, -1 and infinity ----
 *
 *   y0 = m0 + m1 + m2    m0 = (d0 - d2) g0    m1 = (d1 + d2) (g0 + g1 + g2) / 2
 *   y1 = m1 - m2 - m3    m3 = (d1 - d3) g2    m2 = (d2 - d1) (g0 - g1 + g2) / 2 */

static void spread_inputs_2(Lower *lower, LoopBlock *into, LoopExpr *const *d, LoopExpr **to)
{
    (void)into;
    to[0] = minus(lower, d[0], d[2]);
    to[1] = plus(lower, d[1], d[2]);
    to[2] = minus(lower, d[2], d[1]);
    to[3] = minus(lower, d[1], d[3]);
}

static void spread_weights_2(Lower *lower, LoopBlock *into, LoopExpr *const *g, LoopExpr **to)
{
    LoopExpr *outer = local(lower, into, "outer", plus(lower, g[0], g[2]));
    to[0] = g[0];
    to[1] = times(lower, 0.5, plus(lower, outer, g[1]));
    to[2] = times(lower, 0.5, minus(lower, outer, g[1]));
    to[3] = g[2];
}

static void gather_outputs_2(Lower *lower, LoopBlock *into, LoopExpr *const *m, LoopExpr **to)
{
    (void)into;
    to[0] = plus(lower, plus(lower, m[0], m[1]), m[2]);
    to[1] = minus(lower, minus(lower, m[1], m[2]), m[3]);
}

static void spread_outputs_2(Lower *lower, LoopBlock *into, LoopExpr *const *y, LoopExpr **to)
{
    (void)into;
    to[0] = y[0];
    to[1] = plus(lower, y[0], y[1]);
    to[2] = minus(lower, y[0], y[1]);
    to[3] = minus(lower, loop_float(lower->arena, 0), y[1]);
}

static void gather_weights_2(Lower *lower, LoopBlock *into, LoopExpr *const *u, LoopExpr **to)
{
    LoopExpr *even = local(lower, into, "even", times(lower, 0.5, plus(lower, u[1], u[2])));
    to[0] = plus(lower, u[0], even);
    to[1] = times(lower, 0.5, minus(lower, u[1], u[2]));
    to[2] = plus(lower, even, u[3]);
}

static const SquareForm two = {
    2, 2, 4, 4, spread_inputs_2, spread_weights_2, gather_outputs_2, spread_outputs_2, gather_weights_2};

/* ---- four outputs: F(4, 3), at 0, 3/4, -3/4, 3/2, -3/2 and infinity ----
 *
 * Plane p at a point has the inputs' polynomial without that root, the weights' value there over the product of its distances from
 * the others, and goes to output k by its power k. By these points all numbers that inputs and outputs are multiplied by are
 * exact, and sums of 512 channels are off by 1.7 times as much as added one by one (root of mean squares); at 1 and 2, by 3.6 times. */

static const double near = 0.75, near2 = 0.5625, far = 1.5, far2 = 2.25;
/* Over the distances of a point from the others: of 0, of the near ones, of the far ones. */
static const double by_zero = 1 / (0.5625 * 2.25), by_near = 1 / (2 * 0.5625 * (0.5625 - 2.25)),
                    by_far = 1 / (2 * 2.25 * (2.25 - 0.5625));

/* to[0] = even + point * odd, to[1] = even - point * odd */
static void spread_pair(Lower *lower, LoopBlock *into, LoopExpr *even, LoopExpr *odd, double point,
                        LoopExpr **to)
{
    even = local(lower, into, "even", even);
    odd = local(lower, into, "odd", odd);
    to[0] = scaled(lower, even, point, odd);
    to[1] = scaled(lower, even, -point, odd);
}

static void spread_inputs_4(Lower *lower, LoopBlock *into, LoopExpr *const *d, LoopExpr **to)
{
    for (int k = 0; k < 2; k++)
        to[5 * k] = scaled(lower, scaled(lower, d[4 + k], -(near2 + far2), d[2 + k]), near2 * far2, d[k]);
    spread_pair(lower, into, scaled(lower, d[4], -far2, d[2]), scaled(lower, d[3], -far2, d[1]), near,
                to + 1);
    spread_pair(lower, into, scaled(lower, d[4], -near2, d[2]), scaled(lower, d[3], -near2, d[1]), far,
                to + 3);
}

static void spread_weights_4(Lower *lower, LoopBlock *into, LoopExpr *const *g, LoopExpr **to)
{
    to[0] = times(lower, by_zero, g[0]);
    spread_pair(lower, into, times(lower, by_near, scaled(lower, g[0], near2, g[2])),
                times(lower, by_near, g[1]), near, to + 1);
    spread_pair(lower, into, times(lower, by_far, scaled(lower, g[0], far2, g[2])),
                times(lower, by_far, g[1]), far, to + 3);
    to[5] = g[2];
}

static void gather_outputs_4(Lower *lower, LoopBlock *into, LoopExpr *const *m, LoopExpr **to)
{
    LoopExpr *even = local(lower, into, "near_even", plus(lower, m[1], m[2])),
             *odd = local(lower, into, "near_odd", minus(lower, m[1], m[2])),
             *far_even = local(lower, into, "far_even", plus(lower, m[3], m[4])),
             *far_odd = local(lower, into, "far_odd", minus(lower, m[3], m[4]));
    to[0] = plus(lower, plus(lower, m[0], even), far_even);
    to[1] = scaled(lower, times(lower, near, odd), far, far_odd);
    to[2] = scaled(lower, times(lower, near2, even), far2, far_even);
    to[3] = scaled(lower, scaled(lower, m[5], near * near2, odd), far * far2, far_odd);
}

static void spread_outputs_4(Lower *lower, LoopBlock *into, LoopExpr *const *y, LoopExpr **to)
{
    to[0] = y[0];
    spread_pair(lower, into, scaled(lower, y[0], near2, y[2]), scaled(lower, y[1], near2, y[3]), near,
                to + 1);
    spread_pair(lower, into, scaled(lower, y[0], far2, y[2]), scaled(lower, y[1], far2, y[3]), far, to + 3);
    to[5] = y[3];
}

static void gather_weights_4(Lower *lower, LoopBlock *into, LoopExpr *const *u, LoopExpr **to)
{
    LoopExpr *even = local(lower, into, "near_even", times(lower, by_near, plus(lower, u[1], u[2]))),
             *odd = local(lower, into, "near_odd", times(lower, by_near, minus(lower, u[1], u[2]))),
             *far_even = local(lower, into, "far_even", times(lower, by_far, plus(lower, u[3], u[4]))),
             *far_odd = local(lower, into, "far_odd", times(lower, by_far, minus(lower, u[3], u[4])));
    to[0] = plus(lower, scaled(lower, even, by_zero, u[0]), far_even);
    to[1] = scaled(lower, times(lower, near, odd), far, far_odd);
    to[2] = scaled(lower, scaled(lower, u[5], near2, even), far2, far_even);
}

static const SquareForm four = {
    4, 4, 6, 6, spread_inputs_4, spread_weights_4, gather_outputs_4, spread_outputs_4, gather_weights_4};

/* ---- two outputs by a stride of 2: F(2, 2) of even positions, and odd ones by one tap ----
 *
 *   y0 = m0 + m1 + m3    m0 = (d0 - d2) g0    m1 = d2 (g0 + g2)    m3 = d1 g1
 *   y1 = m1 - m2 + m4    m2 = (d2 - d4) g2                         m4 = d3 g1 */

static void spread_inputs_strided(Lower *lower, LoopBlock *into, LoopExpr *const *d, LoopExpr **to)
{
    (void)into;
    to[0] = minus(lower, d[0], d[2]);
    to[1] = d[2];
    to[2] = minus(lower, d[2], d[4]);
    to[3] = d[1];
    to[4] = d[3];
}

static void spread_weights_strided(Lower *lower, LoopBlock *into, LoopExpr *const *g, LoopExpr **to)
{
    (void)into;
    to[0] = g[0];
    to[1] = plus(lower, g[0], g[2]);
    to[2] = g[2];
    to[3] = to[4] = g[1];
}

static void gather_outputs_strided(Lower *lower, LoopBlock *into, LoopExpr *const *m, LoopExpr **to)
{
    (void)into;
    to[0] = plus(lower, plus(lower, m[0], m[1]), m[3]);
    to[1] = plus(lower, minus(lower, m[1], m[2]), m[4]);
}

static void spread_outputs_strided(Lower *lower, LoopBlock *into, LoopExpr *const *y, LoopExpr **to)
{
    (void)into;
    to[0] = to[3] = y[0];
    to[1] = plus(lower, y[0], y[1]);
    to[2] = minus(lower, loop_float(lower->arena, 0), y[1]);
    to[4] = y[1];
}

static void gather_weights_strided(Lower *lower, LoopBlock *into, LoopExpr *const *u, LoopExpr **to)
{
    (void)into;
    to[0] = plus(lower, u[0], u[1]);
    to[1] = plus(lower, u[3], u[4]);
    to[2] = plus(lower, u[1], u[2]);
}

static const SquareForm strided = {2,
                                   4,
                                   5,
                                   5,
                                   spread_inputs_strided,
                                   spread_weights_strided,
                                   gather_outputs_strided,
                                   spread_outputs_strided,
                                   gather_weights_strided};

/* ---- four positions of its transpose: two by two taps, F(2, 2), and two by one ----
 *
 * Weights come in the order in which they are read, the last tap first:
 *
 *   m0 = (d0 - d1) g0    m1 = d1 (g0 + g2)    m2 = (d1 - d2) g2, and with m3, m4 = g1 times what stands at the odd positions */

static void spread_inputs_of_two(Lower *lower, LoopExpr *const *d, LoopExpr **to)
{
    to[0] = minus(lower, d[0], d[1]);
    to[1] = d[1];
    to[2] = minus(lower, d[1], d[2]);
}

static void spread_inputs_even(Lower *lower, LoopBlock *into, LoopExpr *const *d, LoopExpr **to)
{
    (void)into;
    spread_inputs_of_two(lower, d, to);
    to[3] = d[1];
    to[4] = d[2];
}

static void spread_inputs_odd(Lower *lower, LoopBlock *into, LoopExpr *const *d, LoopExpr **to)
{
    (void)into;
    spread_inputs_of_two(lower, d, to);
    to[3] = d[0];
    to[4] = d[1];
}

static void gather_outputs_even(Lower *lower, LoopBlock *into, LoopExpr *const *m, LoopExpr **to)
{
    (void)into;
    to[0] = plus(lower, m[0], m[1]);
    to[1] = m[3];
    to[2] = minus(lower, m[1], m[2]);
    to[3] = m[4];
}

static void gather_outputs_odd(Lower *lower, LoopBlock *into, LoopExpr *const *m, LoopExpr **to)
{
    (void)into;
    to[0] = m[3];
    to[1] = plus(lower, m[0], m[1]);
    to[2] = m[4];
    to[3] = minus(lower, m[1], m[2]);
}

static const SquareForm
    even = {4, 2, 3, 5, spread_inputs_even, spread_weights_strided, gather_outputs_even, NULL, NULL},
    odd = {4, 2, 3, 5, spread_inputs_odd, spread_weights_strided, gather_outputs_odd, NULL, NULL};

/* ---- which ---- */

const SquareForm *square_form(const MapAxis *axis, bool transposed, int made)
{
    if (axis->stride == 1)
        return made == four.made ? &four : &two;
    return !transposed ? &strided : axis->before % 2 ? &odd : &even;
}
