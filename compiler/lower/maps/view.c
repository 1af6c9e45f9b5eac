#include "lower/maps/view.h"

#include "lower/base/code.h"

/* ---- numbers ---- */

LoopExpr *scaled_plus(Lower *lower, LoopExpr *a, int factor, LoopExpr *b)
{
    return op2(lower, OP_ADD, op2(lower, OP_MUL, a, num(lower, factor)), b);
}

static bool is_number(const LoopExpr *a)
{
    return a->kind == LOOP_NUMBER;
}

void range_part(Lower *lower, LoopBlock *into, LoopExpr *part, int size, Range all, LoopExpr **from,
                LoopExpr **to)
{
    LoopExpr *begin = op2(lower, OP_MUL, part, num(lower, size));
    *from = loop_local(lower, into, "from", op2(lower, OP_ADD, begin, num(lower, all.from)));
    *to = op2(lower, OP_ADD, *from, num(lower, size));
    if ((all.to - all.from) % size)
        *to = loop_local(lower, into, "to", least(lower, *to, num(lower, all.to)));
}

LoopExpr *clamped(Lower *lower, LoopExpr *a, LoopExpr *low, LoopExpr *high)
{
    if (is_number(a) && is_number(low))
        a = a->number < low->number ? low : a;
    else
        a = loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, a, low), low, a);
    if (is_number(a) && is_number(high))
        return a->number < high->number ? a : high;
    return least(lower, a, high);
}

/* a / divisor, rounded up where it is positive; else not positive. */
static LoopExpr *quotient_up(Lower *lower, LoopExpr *a, int divisor)
{
    a = op2(lower, OP_ADD, a, num(lower, divisor - 1));
    if (divisor == 1)
        return a;
    return is_number(a) ? num(lower, (int)a->number / divisor) : op2(lower, OP_DIV, a, num(lower, divisor));
}

/* Of one that is not negative. */
static LoopExpr *remainder_of(Lower *lower, LoopExpr *a, int divisor)
{
    if (is_number(a))
        return num(lower, (int)a->number % divisor);
    return op2(lower, OP_SUB, a,
               op2(lower, OP_MUL, op2(lower, OP_DIV, a, num(lower, divisor)), num(lower, divisor)));
}

Parts even_parts(int total, int most)
{
    int count = (total + most - 1) / most, size = (total + count - 1) / count;
    int large = total - count * (size - 1);
    return (Parts){size, large, count - large};
}

/* ---- views ---- */

int view_phases(const MapAxis *axis, bool transposed)
{
    return transposed ? axis->stride : 1;
}

static View straight_view(Lower *lower, const MapAxis *axis)
{
    return (View){.first = num(lower, 0),
                  .count = num(lower, axis->out),
                  .step = 1,
                  .stride = axis->stride,
                  .dilation = axis->dilation,
                  .tap_step = 1,
                  .base = num(lower, -axis->before),
                  .taps = num(lower, axis->taps),
                  .tap = num(lower, 0),
                  .in = axis->in,
                  .out = axis->out,
                  .most_count = axis->out,
                  .most_taps = axis->taps};
}

/* Input i meets output o by tap k where o * stride + k * dilation = i + before: with a stride, by each stride-th tap. */
static View turned_view(Lower *lower, const MapAxis *axis, LoopExpr *phase)
{
    int stride = axis->stride;
    LoopExpr *reach = op2(lower, OP_ADD, phase, num(lower, axis->before)),
             *tap = remainder_of(lower, reach, stride), *base = op2(lower, OP_SUB, reach, tap);
    if (stride > 1)
        base = op2(lower, OP_DIV, base, num(lower, stride));
    return (View){.first = phase,
                  .count = quotient_up(lower, op2(lower, OP_SUB, num(lower, axis->in), phase), stride),
                  .step = stride,
                  .stride = 1,
                  .dilation = -axis->dilation,
                  .tap_step = stride,
                  .base = base,
                  .taps = quotient_up(lower, op2(lower, OP_SUB, num(lower, axis->taps), tap), stride),
                  .tap = tap,
                  .in = axis->out,
                  .out = axis->in,
                  .most_count = (axis->in + stride - 1) / stride,
                  .most_taps = (axis->taps + stride - 1) / stride};
}

View view_of(Lower *lower, const MapAxis *axis, bool transposed, LoopExpr *phase)
{
    return transposed ? turned_view(lower, axis, phase) : straight_view(lower, axis);
}

void view_taps(Lower *lower, LoopBlock *into, const View *view, LoopExpr *q, LoopExpr **from, LoopExpr **to)
{
    LoopExpr *at = loop_local(lower, into, "at", scaled_plus(lower, q, view->stride, view->base));
    int apart = view->dilation < 0 ? -view->dilation : view->dilation;
    /* By so many taps it reads positions below 0 (from `in` on); by so many it has read all below `in` (from 0 on). */
    LoopExpr *low = quotient_up(lower, op2(lower, OP_SUB, num(lower, 0), at), apart);
    LoopExpr *high = quotient_up(lower, op2(lower, OP_SUB, num(lower, view->in), at), apart);
    if (view->dilation < 0) {
        low = quotient_up(lower, op2(lower, OP_SUB, at, num(lower, view->in - 1)), apart);
        high = quotient_up(lower, op2(lower, OP_ADD, at, num(lower, 1)), apart);
    }
    *from = loop_local(lower, into, "from", clamped(lower, low, num(lower, 0), view->taps));
    *to = loop_local(lower, into, "to", clamped(lower, high, num(lower, 0), view->taps));
}

LoopExpr *view_read(Lower *lower, const View *view, LoopExpr *q, LoopExpr *m)
{
    return op2(lower, OP_ADD, op2(lower, OP_MUL, q, num(lower, view->stride)),
               scaled_plus(lower, m, view->dilation, view->base));
}

LoopExpr *view_tap(Lower *lower, const View *view, LoopExpr *m)
{
    return scaled_plus(lower, m, view->tap_step, view->tap);
}

bool view_is_fixed(const View *view)
{
    return is_number(view->count) && is_number(view->base) && is_number(view->taps);
}

void view_positions(const View *view, int m, int *first, int *end)
{
    int at = m * view->dilation + (int)view->base->number; /* what position 0 reads */
    *first = *end = 0;
    for (int q = 0; q < view->most_count; q++, at += view->stride) {
        if (at < 0 || at >= view->in)
            continue;
        *first = *end == 0 ? q : *first;
        *end = q + 1;
    }
}

void view_met(Lower *lower, const View *view, LoopExpr **from, LoopExpr **to)
{
    int least = view->most_taps, most = 0, first, end;
    for (int m = 0; m < view->most_taps; m++) {
        view_positions(view, m, &first, &end);
        if (first == end)
            continue;
        least = m < least ? m : least;
        most = m + 1;
    }
    *from = num(lower, least < most ? least : most);
    *to = num(lower, most);
}

int view_extent(const View *view)
{
    int apart = view->dilation < 0 ? -view->dilation : view->dilation;
    return (view->most_count - 1) * view->stride + (view->most_taps - 1) * apart + 1;
}

LoopExpr *view_lowest(Lower *lower, const View *view)
{
    return view->dilation < 0
               ? op2(lower, OP_ADD, view->base, num(lower, (view->most_taps - 1) * view->dilation))
               : view->base;
}

void tap_outputs(Lower *lower, LoopBlock *into, const MapAxis *axis, LoopExpr *k, LoopExpr **from,
                 LoopExpr **to)
{
    LoopExpr *first =
        op2(lower, OP_SUB, num(lower, axis->before), op2(lower, OP_MUL, k, num(lower, axis->dilation)));
    LoopExpr *zero = num(lower, 0), *out = num(lower, axis->out);
    LoopExpr *end = op2(lower, OP_ADD, first, num(lower, axis->in));
    *from =
        loop_local(lower, into, "from", clamped(lower, quotient_up(lower, first, axis->stride), zero, out));
    *to = loop_local(lower, into, "to", clamped(lower, quotient_up(lower, end, axis->stride), zero, out));
}
