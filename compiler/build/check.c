/* The rules of values, shapes and names: each function knows one kind of mistake. Rules about the form of
 * one construct stand with the code that builds it. */
#include "build.h"

#include <math.h>
#include <stdlib.h>

/* ---- values ----------------------------------------------------------------------------------------- */

bool check_number(Build *b, Value value, Span span)
{
    if (value.kind != VALUE_FLAG && !value.truth)
        return true;
    report(b, RULE_TRUTH, span, "a number is needed here, found a truth value");
    report_hint(b, "make one with `where(condition, 1, 0)`");
    return false;
}

bool check_truth(Build *b, Value value, Span span, const char *what)
{
    if (value.kind == VALUE_POISON || value.kind == VALUE_FLAG || value.truth)
        return true;
    report(b, RULE_TRUTH, span, "`%s` needs a truth value, found a number", what);
    report_hint(b, "compare it, as in `x > 0`");
    return false;
}

bool check_plain(Build *b, Value value, Span span, const char *what)
{
    if (value.kind == VALUE_POISON || unit_equal(value.unit, unit_plain))
        return true;
    report(b, RULE_UNIT, span, "%s must be a plain number, found %s", what, unit_text(b->arena, value.unit));
    report_hint(b, "divide by a unit, as in `x / 1 ms` or `x / 1 mV`");
    return false;
}

bool check_exponents(Build *b, Unit unit, Span span)
{
    if (abs(unit.time) <= MAX_EXPONENT && abs(unit.voltage) <= MAX_EXPONENT)
        return true;
    report(b, RULE_UNIT, span, "the result would be %s", unit_text(b->arena, unit));
    return false;
}

bool check_same_unit(Build *b, Value left, Value right, Span span, const char *what)
{
    if (left.kind == VALUE_POISON || right.kind == VALUE_POISON || unit_equal(left.unit, right.unit))
        return true;
    report(b, RULE_UNIT, span, "`%s` needs equal units, found %s and %s", what,
           unit_text(b->arena, left.unit), unit_text(b->arena, right.unit));
    return false;
}

bool check_finite(Build *b, double number, Span span)
{
    if (isfinite(number))
        return true;
    report(b, RULE_NOT_FINITE, span, "the result is %s", isnan(number) ? "not a number" : "infinite");
    return false;
}

bool check_underflow(Build *b, double result, double operand, Span span)
{
    if (result != 0 || operand == 0)
        return true;
    report(b, RULE_NOT_FINITE, span, "the result is too small to be told from 0");
    return false;
}

bool check_held(Build *b, double number, Span span)
{
    if (!check_finite(b, number, span))
        return false;
    if (single_holds(number))
        return true;
    bool large = fabs(number) > 1;
    report(b, RULE_NOT_FINITE, span, "%.15g is too %s for single precision", number,
           large ? "large" : "small");
    report_hint(b, "%s is the %s number that networks compute with", large ? "3.4e38" : "1.4e-45",
                large ? "largest" : "smallest positive");
    return false;
}

void check_body(Build *b, const Body *body)
{
    for (Val v = body_unheld(body, 0); v != NO_VAL; v = body_unheld(body, v + 1))
        check_held(b, body->code.at[v].number, body->code.at[v].span);
}

static bool known_number(const Context *c, Value value, double *number)
{
    *number = value.number;
    return value.kind == VALUE_NUMBER
           || (value.kind == VALUE_BODY && body_is_const(&c->node->body, value.val, number));
}

bool check_base(Build *b, const Context *c, Value base, Value exponent, Span span)
{
    double number;
    if (!known_number(c, base, &number) || number > 0 || exponent.kind == VALUE_NUMBER)
        return true;
    report(b, RULE_NOT_FINITE, span, "%.15g cannot be raised to a power that is not constant", number);
    report_hint(b, "the base must be above 0");
    return false;
}

bool check_divisor(Build *b, const Context *c, Value divisor, Span span)
{
    double number;
    if (!known_number(c, divisor, &number) || number != 0)
        return true;
    report(b, RULE_NOT_FINITE, span, "division by zero");
    return false;
}

/* ---- sizes ------------------------------------------------------------------------------------------ */

bool check_nesting(Build *b, Span span)
{
    if (b->depth < MAX_NESTING)
        return true;
    report(b, RULE_TOO_LARGE, span, "expressions are nested too deeply, through names and arguments");
    return false;
}

bool check_limits(Build *b, Span span)
{
    bool nodes = b->net->nodes.count < MAX_NODES, blocks = b->blocks <= MAX_BLOCKS;
    if (b->too_large || (nodes && blocks))
        return !b->too_large;
    b->too_large = true;
    if (nodes)
        report(b, RULE_TOO_LARGE, span, "blocks are used more than %d times", MAX_BLOCKS);
    else
        report(b, RULE_TOO_LARGE, span, "the network has more than %d operations", MAX_NODES);
    return false;
}

bool check_operations(const Context *c, Span span)
{
    Build *b = c->build;
    if (!c->node || c->node->body.code.count <= MAX_BODY)
        return true;
    if (!b->too_large) {
        b->too_large = true;
        const char *what = c->node->formula ? "the formula" : arena_printf(b->arena, "`%s`", c->owner);
        report(b, RULE_TOO_LARGE, span, "%s has more than %d operations", what, MAX_BODY);
        report_hint(b, "divide it into some that follow each other");
    }
    return false;
}

bool check_array(Build *b, double elements, Span span, const char *what)
{
    if (elements <= MAX_ELEMENTS)
        return true;
    report(b, RULE_TOO_LARGE, span, "%s would have %.15g elements, more than %d", what, elements,
           MAX_ELEMENTS);
    return false;
}

/* All time steps of a batch of one stream are one array. */
void check_sizes(Build *b)
{
    int rows = b->net->training.present ? b->net->training.batch : 1;
    for (int i = 0; i < b->net->streams.count; i++) {
        const Stream *stream = stream_at(b, i);
        double steps = stream->steps ? stream->steps : 1;
        double units = shape_elements(stream->shape), elements = units * steps * (stream->batched ? rows : 1);
        if (!stream->batched) {
            check_array(b, elements, stream->span, arena_printf(b->arena, "`%s`", stream->name));
        } else if (elements > MAX_ELEMENTS) {
            report(b, RULE_TOO_LARGE, stream->span,
                   "%.15g units, %.0f steps and %d samples are %.15g numbers", units, steps, rows, elements);
            report_hint(b, "at most %d are possible: a smaller batch may do", MAX_ELEMENTS);
        }
    }
}

/* ---- streams ---------------------------------------------------------------------------------------- */

/* What `over` reads otherwise. */
static bool check_axis_name(Build *b, const char *axis, Span span)
{
    if (axis != name_time && axis != name_batch && axis != name_space && axis != name_all)
        return true;
    report(b, RULE_AXIS, span, "`%s` cannot be the name of an axis", axis);
    report_hint(b, "`over = time`, `batch`, `space` and `all` mean other axes; as in `[freq = 40, c = 3]`");
    return false;
}

bool check_axes(Build *b, Shape shape, Span span)
{
    for (int d = 0; d < shape.ndim; d++) {
        const char *axis = shape_axis(shape, d);
        if (!check_axis_name(b, axis, span))
            return false;
        if (shape_find(shape, axis) == d)
            continue;
        report(b, RULE_AXIS, span, "two axes are called `%s`", axis);
        report_hint(b, "give each a name of its own, as in `[freq = 40, c = 3]`");
        return false;
    }
    return true;
}

static const char *axes_text(Arena *arena, Shape shape)
{
    const char *text = "";
    for (int d = 0; d < shape.ndim; d++)
        text = arena_printf(arena, "%s%s`%s`", text, d ? ", " : "", shape_axis(shape, d));
    return text;
}

static bool same_names(Shape a, Shape b)
{
    bool same = a.ndim == b.ndim;
    for (int d = 0; d < a.ndim && same; d++)
        same = shape_axis(a, d) == shape_axis(b, d);
    return same;
}

/* Where two shapes have an axis of one name, but not as long: all these, and what to do about one of extent 1. */
bool hint_extents(Build *b, Shape first, Shape second, const char *except)
{
    const char *text = "", *single = NULL;
    for (int d = 0; d < first.ndim; d++) {
        const char *axis = shape_axis(first, d);
        int other = shape_find(second, axis);
        if (other < 0 || first.dims[d] == second.dims[other] || axis == except)
            continue;
        text = arena_printf(b->arena, "%s%salong `%s` %d meets %d", text, *text ? ", " : "", axis,
                            first.dims[d], second.dims[other]);
        single = first.dims[d] == 1 || second.dims[other] == 1 ? axis : single;
    }
    if (single)
        report_hint(b, "%s; 1 is not repeated, only an axis that is not there: `sum(x, over = %s)` has none",
                    text, single);
    else if (*text)
        report_hint(b, "%s", text);
    return *text;
}

bool check_shapes_meet(Build *b, Shape units, StreamId stream, Span span)
{
    Shape shape = stream_at(b, stream)->shape;
    if (shape_within(shape, units) || shape_within(units, shape))
        return true;
    report(b, RULE_SHAPE, span, "a stream of shape %s cannot be combined with one of shape %s",
           shape_text(b->arena, shape), shape_text(b->arena, units));
    if (shape_find(shape, name_outputs) >= 0 && shape_find(units, name_outputs) < 0)
        report_hint(b, "weights are those of a connection, as in `x -> dense(100, weights = k)`; those of a "
                       "stream's units are `weights(of = x, per = c)`");
    else if (!hint_extents(b, shape, units, NULL) && !same_names(shape, units))
        report_hint(b, "streams meet axis by axis: of %s and %s, one must have all axes of the other",
                    axes_text(b->arena, shape), axes_text(b->arena, units));
    return false;
}

bool check_steps_meet(Build *b, int first, int second, Span span)
{
    if (first == second || first == 0 || second == 0)
        return true;
    report(b, RULE_TEMPORAL, span, "a stream of %d step%s cannot be combined with one of %d", first,
           first == 1 ? "" : "s", second);
    report_hint(
        b, "what goes along time may have made fewer or more of them; what has no steps, as `mean(x)`, meets "
           "any number");
    return false;
}

bool check_temporal(Build *b, StreamId stream, Span span, bool temporal)
{
    if ((stream_at(b, stream)->steps > 0) == temporal)
        return true;
    if (temporal) {
        report(b, RULE_TEMPORAL, span, "a stream over time is needed here, found one that never changes");
        report_hint(b, "`poisson`, `latency` and neurons make streams over time, also `neuron held() { "
                       "output = input }`");
    } else {
        report(b, RULE_TEMPORAL, span, "one value a sample is needed here, found a stream over time");
        report_hint(b, "reduce it, as in `rate(x)`, `mean(x)`, `sum(x)`, `max(x)` or `last(x)`");
    }
    return false;
}

static bool is_argmax(Build *b, StreamId stream)
{
    int maker = stream_at(b, stream)->node;
    const Node *node = maker == NONE ? NULL : &b->net->nodes.at[maker];
    return node && node->kind == NODE_REDUCE && node->reduce == REDUCE_ARGMAX;
}

bool check_classes(Build *b, StreamId stream, Span span)
{
    int size = shape_size(stream_at(b, stream)->shape);
    if (!b->data_known || size == b->net->data.classes)
        return true;
    if (size == b->wrong_scores)
        return false;
    b->wrong_scores = size;
    report(b, RULE_CLASSES, span, "the scores are %d value%s, but the data has %d classes", size,
           size == 1 ? "" : "s", b->net->data.classes);
    if (is_argmax(b, stream))
        report_hint(b, "`argmax` makes a number of a class, through which nothing learns: give the scores "
                       "themselves, one a class");
    else
        report_hint(b, "end the last layer with `dense(%d)`, or say `classes = %d` in the data line",
                    b->net->data.classes, size);
    return false;
}

void check_spikes(Build *b)
{
    for (int i = 0; i < b->rates.count; i++) {
        if (stream_at(b, b->rates.at[i].stream)->kind == STREAM_SPIKES)
            continue;
        report(b, RULE_SPIKES, b->rates.at[i].span, "`rate` counts spikes, but this stream carries numbers");
        report_hint(b, "use `mean`");
    }
}

/* ---- names ------------------------------------------------------------------------------------------ */

bool check_assignable(Build *b, const Entry *entry, const char *name, Span span)
{
    if (entry->kind == ENTRY_LOCAL && !entry->fixed)
        return true;
    report(b, RULE_ASSIGN, span, "`%s` cannot be assigned: it is %s", name,
           entry->kind == ENTRY_FORMAL ? "a parameter of the definition" : "not a state");
    report_hint(b, "use another name on the left");
    return false;
}
