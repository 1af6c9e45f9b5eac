/* Reductions: one value of all along time, along some axes, or of all samples of a batch. */
#include "build.h"

static StreamId find_reduce(Build *b, StreamId in, ReduceKind kind, int steps, Shape shape)
{
    for (int i = 0; i < b->net->nodes.count; i++) {
        const Node *node = &b->net->nodes.at[i];
        if (node->kind == NODE_REDUCE && node->in == in && node->reduce == kind
            && stream_at(b, node->out)->steps == steps && shape_equal(stream_at(b, node->out)->shape, shape))
            return node->out;
    }
    return NONE;
}

const Expr *told_argument(const Expr *call, const char *name)
{
    for (int i = 0; i < call->args.count; i++)
        if (call->args.at[i].name == name)
            return call->args.at[i].value;
    return NULL;
}

/* What the reduction goes over, or keeps, if it says so, else NULL. */
static const Expr *told_axes(const Expr *call)
{
    const Expr *over = told_argument(call, name_over);
    return over ? over : told_argument(call, name_per);
}

/* `over` these axes, or all but those of `per`. `beside`: what there is beside the shape. */
static bool find_axes(Build *b, const Scope *scope, const Expr *call, Shape shape, int beside, AxisSet *over)
{
    if (!named_axes(b, scope, told_axes(call), shape, beside, over))
        return false;
    if (told_argument(call, name_over))
        return true;
    over->batch = beside & OVER_BATCH && !over->batch;
    over->time = beside & OVER_TIME && !over->time;
    for (int d = 0; d < shape.ndim; d++)
        over->space[d] = !over->space[d];
    return true;
}

static bool is_over_units(const AxisSet *over)
{
    bool any = false;
    for (int d = 0; d < MAX_DIMS; d++)
        any = any || over->space[d];
    return any;
}

static const char *result_name(Build *b, const StageUse *use, StreamId in, const char *name)
{
    return name ? name
                : numbered(b, arena_printf(b->arena, "%s_%s", stream_at(b, in)->name, use->stage->name));
}

/* `name` NULL: made from the stage. */
static StreamId add_reduce(Build *b, const StageUse *use, StreamId in, const char *name, int steps,
                           Shape shape)
{
    StreamId same = find_reduce(b, in, use->stage->reduce, steps, shape);
    if (same != NONE)
        return same;
    Node node = node_new(NODE_REDUCE, use->expr->span);
    node.in = in;
    node.reduce = use->stage->reduce;
    node.each_step = shape.ndim < stream_at(b, in)->shape.ndim;
    node.out = add_stream(b, result_name(b, use, in, name), use->stage->name, STREAM_REALS, steps, shape,
                          use->expr->span);
    stream_at(b, node.out)->batched = stream_at(b, in)->batched;
    add_node(b, node);
    return node.out;
}

/* x, or its share in a mean of so many. */
static Val share_of(Build *b, const StageUse *use, Body *body, Val x, StreamId in, const AxisSet *over)
{
    if (use->stage->reduce != REDUCE_MEAN)
        return x;
    Shape units = stream_at(b, in)->shape;
    double share = (double)shape_size(shape_without(units, over)) / shape_size(units);
    Val part = body_const(b->arena, body, over->time ? share / stream_at(b, in)->steps : share);
    if (over->batch)
        part = body_op2(b->arena, body, OP_DIV, part,
                        body_leaf(b->arena, body, OP_SCALAR, SCALAR_ROWS, scalar_name(SCALAR_ROWS)));
    return body_op2(b->arena, body, OP_MUL, x, part);
}

/* A scan whose result lacks the axes is the sum over them. */
static StreamId add_sum(Build *b, const StageUse *use, StreamId in, const AxisSet *over)
{
    const char *name = result_name(b, use, in, use->name);
    Node node = node_new(NODE_SCAN, use->expr->span);
    node.name = use->stage->name;
    node.formula = true;
    vec_push(b->arena, &node.ins, in);
    node.body.at = use->expr->span;
    Val x = body_leaf(b->arena, &node.body, OP_INPUT, 0, stream_at(b, in)->name);
    x = share_of(b, use, &node.body, x, in, over);
    int steps = over->time ? 0 : stream_at(b, in)->steps;
    bool batched = stream_at(b, in)->batched && !over->batch;
    Shape shape = shape_without(stream_at(b, in)->shape, over);
    ScanOut out = {add_stream(b, name, use->stage->name, STREAM_REALS, steps, shape, use->expr->span), x};
    stream_at(b, out.stream)->batched = batched;
    vec_push(b->arena, &node.outs, out);
    add_node(b, node);
    return out.stream;
}

static StreamId reduce_units(Build *b, const StageUse *use, StreamId in, const AxisSet *over)
{
    Shape shape = shape_without(stream_at(b, in)->shape, over);
    if (!reduce_picks(use->stage->reduce))
        return add_sum(b, use, in, over);
    return add_reduce(b, use, in, use->name, stream_at(b, in)->steps, shape);
}

/* The number of the greatest of all steps and of units: steps are the outermost axis. */
static StreamId argmax_of_all(Build *b, const StageUse *use, StreamId in, AxisSet over)
{
    const Stream *stream = stream_at(b, in);
    Shape shape = {.ndim = 1, .dims = {stream->steps}, .axes = {name_time}};
    AxisSet axes = {.space = {true}};
    for (int d = 0; d < stream->shape.ndim; d++, shape.ndim++) {
        shape.dims[shape.ndim] = stream->shape.dims[d];
        shape.axes[shape.ndim] = shape_axis(stream->shape, d);
        axes.space[shape.ndim] = over.space[d];
    }
    StageUse inner = *use;
    inner.name = NULL;
    return reduce_units(b, use, steps_as_axis(b, &inner, in, shape), &axes);
}

/* Time by a node of its own, then the units. */
static StreamId reduce_sample(Build *b, const StageUse *use, StreamId in, AxisSet over)
{
    bool units = is_over_units(&over);
    if (over.time && units && use->stage->reduce == REDUCE_ARGMAX)
        return argmax_of_all(b, use, in, over);
    if (over.time)
        in = add_reduce(b, use, in, units ? NULL : use->name, 0, stream_at(b, in)->shape);
    over.time = false;
    return units ? reduce_units(b, use, in, &over) : in;
}

static int axes_beside(const Stream *stream)
{
    return (stream->steps ? OVER_TIME : 0) | (stream->batched ? OVER_BATCH : 0);
}

static bool is_weights(const Stream *stream)
{
    return !stream->batched && shape_find(stream->shape, name_outputs) >= 0;
}

/* Without a word, it is over time; weights have none, and with `predict argmax(x)`, classes are meant. */
static bool check_untold(Build *b, const StageUse *use, StreamId in)
{
    bool weights = is_weights(stream_at(b, in));
    if (!weights && use->stage->reduce != REDUCE_ARGMAX) {
        if (stream_at(b, in)->steps > 0)
            return true;
        report(b, RULE_TEMPORAL, use->in_span,
               "a stream over time is needed here, found one that never changes");
        report_hint(
            b,
            "other axes are named, as in `%s(x, over = c)`; `neuron held() { output = input }` makes a "
            "stream over time",
            use->stage->name);
        return false;
    }
    report(b, RULE_AXIS, use->expr->span, "`%s`%s needs the axes that it goes over", use->stage->name,
           weights ? " of weights" : "");
    report_hint(b, weights ? "as in `over = inputs`, or `over = [inputs, taps]`"
                           : "as in `over = c` or `over = time`; the class that wins is `predict argmax(x)`");
    return false;
}

/* What picks one value says along which axes it can. */
static bool check_picked(Build *b, const StageUse *use, Span span, const AxisSet *over)
{
    ReduceKind reduce = use->stage->reduce;
    bool units = is_over_units(over);
    if (reduce_picks(reduce) && over->batch) {
        report(b, RULE_AXIS, span, "`%s` does not go over the batch, only sums and means do",
               use->stage->name);
        if (!told_argument(use->expr, name_over))
            report_hint(b,
                        "`per` goes over all that it does not name, the batch, too: name the axes by `over`");
        return false;
    }
    if (reduce == REDUCE_LAST && told_argument(use->expr, name_where) && (units || !over->time)) {
        report(b, RULE_AXIS, span, "`last` with a `where` goes over time, and over nothing else");
        report_hint(b, "it keeps from step to step what was meant; without `where`, it goes over any axes");
        return false;
    }
    return true;
}

bool reduced_axes(Build *b, const StageUse *use, StreamId in, AxisSet *over)
{
    const Expr *axes = told_axes(use->expr);
    *over = (AxisSet){.time = true};
    if (!axes)
        return check_untold(b, use, in);
    if (!find_axes(b, use->scope, use->expr, stream_at(b, in)->shape, axes_beside(stream_at(b, in)), over))
        return false;
    return check_picked(b, use, axes->span, over);
}

bool reduced_shape(Build *b, const Scope *scope, const Expr *call, Shape *shape)
{
    AxisSet over;
    bool axes = told_axes(call) != NULL;
    if (axes && !find_axes(b, scope, call, *shape, OVER_TIME | OVER_BATCH, &over))
        return false;
    if (axes)
        *shape = shape_without(*shape, &over);
    return true;
}

StreamId reduce_stream(Build *b, const StageUse *use, StreamId in, const AxisSet *over)
{
    bool one_by_one = (stream_at(b, in)->batched && !over->batch) || reduce_picks(use->stage->reduce);
    return one_by_one ? reduce_sample(b, use, in, *over) : add_sum(b, use, in, over);
}

/* ---- how many values a reduction goes over ---- */

static int64_t count_values(Build *b, StreamId in, const AxisSet *over)
{
    Shape shape = stream_at(b, in)->shape;
    int64_t count = over->time ? stream_at(b, in)->steps : 1;
    for (int d = 0; d < shape.ndim; d++)
        count *= over->space[d] ? shape.dims[d] : 1;
    return count;
}

Value build_count(Build *b, const StageUse *use)
{
    StreamId in = stream_of(b, use->in, use->in_span);
    AxisSet over;
    if (in == NONE || !reduced_axes(b, use, in, &over))
        return value_poison();
    const Expr *least = told_argument(use->expr, name_least);
    CountUse counted = {
        .values = count_values(b, in, &over), .over_batch = over.batch, .span = blamed(b, use->expr->span)};
    if (least && !constant_integer(b, use->scope, least, "`least`", 1, MAX_ELEMENTS, &counted.least))
        return value_poison();
    vec_push(b->arena, &b->counts, counted);
    Value count = value_number((double)counted.values, unit_plain);
    Context scalars = context_scalars(b);
    if (over.batch)
        count = combine(&scalars, OP_MUL, scalar_given(b, SCALAR_ROWS), count, unit_plain, use->expr->span);
    count.span = use->expr->span;
    return count;
}

/* The size of a batch is known by now. */
void check_counts(Build *b)
{
    int batch = b->net->training.batch;
    for (int i = 0; i < b->counts.count; i++) {
        const CountUse *use = &b->counts.at[i];
        int64_t values = use->values * (use->over_batch ? batch : 1);
        int64_t least = use->over_batch ? (use->least + use->values - 1) / use->values : 1;
        if (least > b->net->training.least_batch)
            b->net->training.least_batch = (int)least;
        if (values >= use->least)
            continue;
        report(b, RULE_BATCH, use->span, "this goes over %d value%s%s, but needs %d", (int)values,
               values == 1 ? "" : "s",
               use->over_batch ? arena_printf(b->arena, " in a batch of %d", batch) : "", use->least);
        report_hint(b, "%s",
                    use->over_batch ? "choose a larger batch, or go over steps or places of a sample as well"
                                    : "a single value is its own mean, and nothing is left of it");
    }
}
