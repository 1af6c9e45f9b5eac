/* The same values under other axes: flatten, reshape, slice, concat. */
#include "build.h"

const char *const flatten_formals[] = {NULL};
const char *const reshape_formals[] = {name_shape, NULL, NULL};
const char *const slice_formals[] = {name_from, NULL, name_to, NULL, name_over, name_none, NULL};
const char *const concat_formals[] = {name_other, NULL, name_over, name_none, NULL};

static StreamId add_copy(Build *b, const StageUse *use, StreamId in, const char *name, Extract piece,
                         Shape shape)
{
    int steps = stream_at(b, in)->steps;
    Copied copied = {.in = in, .behind = NONE, .name = name, .piece = piece, .steps = steps, .shape = shape};
    return copy_stream(b, use, &copied);
}

static StreamId add_reshaped(Build *b, const StageUse *use, StreamId in, Shape shape)
{
    int size = shape_size(shape);
    return add_copy(b, use, in, use->name, (Extract){1, size, size, 1, 0}, shape);
}

StreamId stream_reshaped(Build *b, StreamId stream)
{
    int maker = stream_at(b, stream)->node;
    const Node *node = maker == NONE ? NULL : &b->net->nodes.at[maker];
    bool whole = node && node->kind == NODE_COPY && node->piece.from == 0 && node->piece.in == node->piece.out
                 && !copy_in_time(b->net, node);
    return whole ? node->in : stream;
}

bool flatten_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    (void)b, (void)frame;
    if (in)
        *shape = (Shape){.ndim = 1, .dims = {shape_size(*in)}};
    return in;
}

Value build_flatten(Build *b, const StageUse *use)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return value_poison();
    Shape flat;
    flatten_shape(b, frame, &stream_at(b, in)->shape, &flat);
    return value_stream(add_reshaped(b, use, in, flat), unit_plain);
}

bool reshape_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    (void)in;
    const Entry *told = given_argument(frame, name_shape);
    return told && constant_shape(b, told->scope, told->expr, "the shape", MAX_AXES, shape);
}

/* The same weights with other axes: as they lie in rows, the last one stays as long as it is. */
static Value rename_weights(Build *b, const StageUse *use, Shape shape)
{
    const Param *param = &b->net->params.at[use->in.param];
    bool rows = (shape.ndim > 1) == (param->shape.ndim > 1)
                && shape.dims[shape.ndim - 1] == param->shape.dims[param->shape.ndim - 1];
    if (shape_size(shape) == shape_size(param->shape) && rows) {
        weights_stream(b, use->in.param, use->in_span); /* with their own axes: the first is found again */
        const char *name = use->name ? use->name : numbered(b, param->name);
        return value_stream(units_stream(b, name, use->in.param, shape, 0, use->expr->span), unit_plain);
    }
    report(b, RULE_SHAPE, use->expr->span, "weights %s cannot be read as %s",
           shape_text(b->arena, shape_of_weights(param->shape)), shape_text(b->arena, shape));
    report_hint(b, "there are as many, and the last axis is as long as before");
    return value_poison();
}

/* What is made of weights is no weights, and has no samples either. */
static bool check_samples(Build *b, const StageUse *use)
{
    if (use->in.kind != VALUE_STREAM || stream_at(b, use->in.stream)->batched)
        return true;
    report(b, RULE_STREAM, use->in_span,
           "`reshape` takes streams of samples, or weights; this is the same for all samples");
    report_hint(b, "formulas come behind it: `2 * (w -> reshape([y = 4, inputs = 8]))`");
    return false;
}

Value build_reshape(Build *b, const StageUse *use)
{
    bool weights = use->in.kind == VALUE_WEIGHTS, fine = check_samples(b, use);
    StreamId in = weights || !fine ? NONE : plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    Shape shape;
    if (!reshape_shape(b, frame, NULL, &shape) || frame->wrong)
        return value_poison();
    if (weights || in == NONE)
        return weights ? rename_weights(b, use, shape) : value_poison();
    Shape before = stream_at(b, in)->shape;
    if (shape_size(before) == shape_size(shape))
        return value_stream(add_reshaped(b, use, in, shape), unit_plain);
    report(b, RULE_SHAPE, use->expr->span, "%s has %d values, but the stream is %s: %d",
           shape_text(b->arena, shape), shape_size(shape), shape_text(b->arena, before), shape_size(before));
    return value_poison();
}

/* What is cut or joined, and along which of its axes. */
typedef struct View {
    Shape shape;
    int steps;
    int d; /* the dimension, or TIME_AXIS */
} View;

/* Along what `over` names, the channel unless it says another axis; d -1: reported. `stage`: "slice". */
static View view_of(Build *b, const char *stage, Span span, const Scope *frame, Shape shape, int steps)
{
    const Entry *over = given_argument(frame, name_over);
    const Expr *axis = over ? over->expr : expr_name(b->arena, span, name_c);
    int d = named_axis(b, over ? over->scope : frame, axis, shape, steps ? OVER_TIME : 0, stage);
    return (View){shape, steps, d};
}

static int *view_extent(View *view)
{
    return view->d == TIME_AXIS ? &view->steps : &view->shape.dims[view->d];
}

/* What is taken of it: `out` places from `from` on. */
static Extract piece_of(View view, int from, int out)
{
    Extract piece = {.outer = 1, .in = *view_extent(&view), .out = out, .inner = 1, .from = from};
    for (int k = 0; k < view.d && k < view.shape.ndim && view.d != TIME_AXIS; k++)
        piece.outer *= view.shape.dims[k];
    for (int k = view.d == TIME_AXIS ? 0 : view.d + 1; k < view.shape.ndim; k++)
        piece.inner *= view.shape.dims[k];
    return piece;
}

static StreamId add_view(Build *b, const StageUse *use, StreamId in, const char *name, Extract piece,
                         View result)
{
    Copied copied = {
        .in = in, .behind = NONE, .name = name, .piece = piece, .steps = result.steps, .shape = result.shape};
    return copy_stream(b, use, &copied);
}

/* The view becomes that of the slice. */
static bool read_slice(Build *b, const Scope *frame, View *view, Extract *piece)
{
    const Entry *from = given_argument(frame, name_from), *to = given_argument(frame, name_to);
    int first, end;
    if (!from || !to || view->d < 0)
        return false;
    int places = *view_extent(view);
    if (!constant_integer(b, from->scope, from->expr, "the begin of a slice", 0, places - 1, &first)
        || !constant_integer(b, to->scope, to->expr, "the end of a slice", first + 1, places, &end))
        return false;
    *piece = piece_of(*view, first, end - first);
    *view_extent(view) = end - first;
    return true;
}

/* Along time, whatever the number of steps. */
bool slice_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    Extract piece;
    View view = {.d = -1};
    if (in)
        view = view_of(b, name_slice, (Span){0, 0}, frame, *in, MAX_STEPS);
    bool found = in && read_slice(b, frame, &view, &piece);
    if (found)
        *shape = view.shape;
    return found;
}

int slice_steps(Build *b, const Scope *frame, int in)
{
    Extract piece;
    View view = view_of(b, name_slice, (Span){0, 0}, frame, (Shape){0}, in);
    return view.d != TIME_AXIS ? in : read_slice(b, frame, &view, &piece) ? view.steps : 0;
}

Value build_slice(Build *b, const StageUse *use)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return value_poison();
    Extract piece;
    View view =
        view_of(b, name_slice, use->expr->span, frame, stream_at(b, in)->shape, stream_at(b, in)->steps);
    if (!read_slice(b, frame, &view, &piece))
        return value_poison();
    if (view.d == TIME_AXIS && piece.in == piece.out)
        return value_stream(add_reshaped(b, use, in, view.shape), unit_plain);
    return value_stream(add_view(b, use, in, use->name, piece, view), unit_plain);
}

static bool check_joint(Build *b, const StageUse *use, View first, StreamId other)
{
    const Stream *second = stream_at(b, other);
    View same = {second->shape, second->steps, first.d};
    bool time = first.d == TIME_AXIS;
    if (time || first.shape.ndim == second->shape.ndim)
        *view_extent(&same) = *view_extent(&first);
    if (!shape_equal(same.shape, first.shape)) {
        report(b, RULE_SHAPE, use->expr->span,
               "streams of shapes %s and %s cannot be put behind each other along `%s`",
               shape_text(b->arena, first.shape), shape_text(b->arena, second->shape),
               time ? name_time : shape_axis(first.shape, first.d));
        hint_extents(b, first.shape, second->shape, time ? name_time : shape_axis(first.shape, first.d));
        return false;
    }
    return time ? check_temporal(b, other, use->expr->span, true)
                : check_steps_meet(b, first.steps, second->steps, use->expr->span);
}

/* Spikes behind spikes. */
static StreamId join_spikes(Build *b, const StageUse *use, StreamId first, StreamId second, View view,
                            int places)
{
    View joined = view;
    *view_extent(&joined) = places;
    Copied copied = {.in = first,
                     .behind = second,
                     .name = use->name,
                     .piece = piece_of(view, 0, places),
                     .steps = joined.steps,
                     .shape = joined.shape};
    return copy_stream(b, use, &copied);
}

/* Numbers: each with zeros in the place of the other, and their sum; in whole numbers, each may have a unit of its own. */
static StreamId join_numbers(Build *b, const StageUse *use, StreamId first, StreamId second, View view,
                             int places)
{
    View behind = {view.shape, stream_at(b, second)->steps, view.d}, joined = view;
    int before = *view_extent(&view);
    *view_extent(&behind) = places - before;
    *view_extent(&joined) = places;
    Extract padding = piece_of(behind, -before, places);
    *view_extent(&behind) = places;
    Node node = node_new(NODE_SCAN, use->expr->span);
    node.name = "map";
    node.formula = true;
    vec_push(b->arena, &node.ins, add_view(b, use, first, NULL, piece_of(view, 0, places), joined));
    vec_push(b->arena, &node.ins, add_view(b, use, second, NULL, padding, behind));
    Val x = body_leaf(b->arena, &node.body, OP_INPUT, 0, NULL);
    Val y = body_leaf(b->arena, &node.body, OP_INPUT, 1, NULL);
    return add_map(b, node, body_op2(b->arena, &node.body, OP_ADD, x, y), use->name);
}

bool concat_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    const Entry *other = given_argument(frame, name_other);
    Shape second;
    int steps;
    if (!in || !other || !stream_told(b, other->scope, other->expr, &second, &steps))
        return false;
    View view = view_of(b, name_concat, (Span){0, 0}, frame, *in, MAX_STEPS);
    bool space = view.d >= 0 && view.d < second.ndim;
    if (!space && view.d != TIME_AXIS)
        return false;
    *shape = *in;
    if (space)
        shape->dims[view.d] += second.dims[view.d];
    return true;
}

int concat_steps(Build *b, const Scope *frame, int in)
{
    const Entry *other = given_argument(frame, name_other);
    View view = view_of(b, name_concat, (Span){0, 0}, frame, (Shape){0}, in);
    Shape second;
    int steps = 0;
    bool time = view.d == TIME_AXIS && other && stream_told(b, other->scope, other->expr, &second, &steps);
    return time ? in + steps : in;
}

Value build_concat(Build *b, const StageUse *use)
{
    StreamId first = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    const Entry *other = given_argument(frame, name_other);
    if (first == NONE || frame->wrong || !other)
        return value_poison();
    Value value = b->language->build(b, other->scope, other->expr, NULL);
    StreamId second = plain_stream_of(b, value, other->expr->span);
    if (second == NONE)
        return value_poison();
    const Stream *x = stream_at(b, first), *y = stream_at(b, second);
    View view = view_of(b, name_concat, use->expr->span, frame, x->shape, x->steps);
    if (view.d < 0 || !check_joint(b, use, view, second))
        return value_poison();
    bool time = view.d == TIME_AXIS;
    int places = *view_extent(&view) + (time ? y->steps : y->shape.dims[view.d]);
    bool spikes = x->kind == STREAM_SPIKES && y->kind == STREAM_SPIKES && (time || x->steps == y->steps);
    return value_stream((spikes ? join_spikes : join_numbers)(b, use, first, second, view, places),
                        unit_plain);
}
