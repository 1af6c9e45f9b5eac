/* The same values under other axes: flatten, reshape, slice, concat. */
#include "build.h"

const char *const flatten_formals[] = {NULL};
const char *const reshape_formals[] = {name_shape, NULL, NULL};
const char *const slice_formals[] = {name_from, NULL, name_to, NULL, name_over, name_none, NULL};
const char *const concat_formals[] = {name_other, NULL, name_over, name_none, NULL};

static StreamId add_copy(Build *b, const StageUse *use, StreamId in, const char *name, Extract piece,
                         Shape shape)
{
    Node node = node_new(NODE_COPY, use->expr->span);
    Stream from = *stream_at(b, in);
    node.in = in;
    node.piece = piece;
    node.out = add_stream(b, name, use->stage->name, from.kind, from.temporal, shape, use->expr->span);
    add_node(b, node);
    return node.out;
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
    bool whole =
        node && node->kind == NODE_COPY && node->piece.from == 0 && node->piece.in == node->piece.out;
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
        return value_stream(units_stream(b, name, use->in.param, shape, false, use->expr->span), unit_plain);
    }
    report(b, RULE_SHAPE, use->expr->span, "weights %s cannot be read as %s",
           shape_text(b->arena, shape_of_weights(param->shape)), shape_text(b->arena, shape));
    report_hint(b, "there are as many, and the last axis is as long as before");
    return value_poison();
}

Value build_reshape(Build *b, const StageUse *use)
{
    bool weights = use->in.kind == VALUE_WEIGHTS;
    StreamId in = weights ? NONE : plain_stream_of(b, use->in, use->in_span);
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

/* The dimension that `over` names, the channel unless it says another; -1: reported. `stage`: "slice". */
static int view_axis(Build *b, const char *stage, Span span, const Scope *frame, Shape shape)
{
    const Entry *over = given_argument(frame, name_over);
    const Expr *axis = over ? over->expr : expr_name(b->arena, span, name_c);
    return named_axis(b, over ? over->scope : frame, axis, shape, stage);
}

/* What is taken of the stream along dimension d: `out` places from `from` on. */
static Extract piece_of(Shape shape, int d, int from, int out)
{
    Extract piece = {.outer = 1, .in = shape.dims[d], .out = out, .inner = 1, .from = from};
    for (int k = 0; k < d; k++)
        piece.outer *= shape.dims[k];
    for (int k = d + 1; k < shape.ndim; k++)
        piece.inner *= shape.dims[k];
    return piece;
}

/* *shape, of what the slice is of, becomes its own. */
static bool read_slice(Build *b, Span span, const Scope *frame, Shape *shape, Extract *piece)
{
    const Entry *from = given_argument(frame, name_from), *to = given_argument(frame, name_to);
    int d = from && to ? view_axis(b, name_slice, span, frame, *shape) : -1, first, end;
    if (d < 0)
        return false;
    int places = shape->dims[d];
    if (!constant_integer(b, from->scope, from->expr, "the begin of a slice", 0, places - 1, &first)
        || !constant_integer(b, to->scope, to->expr, "the end of a slice", first + 1, places, &end))
        return false;
    *piece = piece_of(*shape, d, first, end - first);
    shape->dims[d] = end - first;
    return true;
}

bool slice_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    Extract piece;
    if (in)
        *shape = *in;
    return in && read_slice(b, (Span){0, 0}, frame, shape, &piece);
}

Value build_slice(Build *b, const StageUse *use)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return value_poison();
    Shape shape = stream_at(b, in)->shape;
    Extract piece;
    if (!read_slice(b, use->expr->span, frame, &shape, &piece))
        return value_poison();
    return value_stream(add_copy(b, use, in, use->name, piece, shape), unit_plain);
}

static bool check_joint(Build *b, const StageUse *use, Shape first, Shape second, int d)
{
    Shape same = second;
    if (first.ndim == second.ndim)
        same.dims[d] = first.dims[d];
    if (shape_equal(same, first))
        return true;
    report(b, RULE_SHAPE, use->expr->span,
           "streams of shapes %s and %s cannot be put behind each other along `%s`",
           shape_text(b->arena, first), shape_text(b->arena, second), shape_axis(first, d));
    return false;
}

/* Spikes behind spikes. */
static StreamId join_spikes(Build *b, const StageUse *use, StreamId first, StreamId second, int d)
{
    Shape shape = stream_at(b, first)->shape;
    int places = shape.dims[d] + stream_at(b, second)->shape.dims[d];
    Extract piece = piece_of(shape, d, 0, places);
    shape.dims[d] = places;
    StreamId out = add_copy(b, use, first, use->name, piece, shape);
    b->net->nodes.at[stream_at(b, out)->node].aux = second;
    return out;
}

/* Numbers: each with zeros in the place of the other, and their sum; in whole numbers, each may have a unit of its own. */
static StreamId join_numbers(Build *b, const StageUse *use, StreamId first, StreamId second, int d)
{
    Shape shape = stream_at(b, first)->shape, other = stream_at(b, second)->shape;
    int places = shape.dims[d] + other.dims[d];
    Extract before = piece_of(shape, d, 0, places), behind = piece_of(other, d, -shape.dims[d], places);
    shape.dims[d] = places;
    Node node = node_new(NODE_SCAN, use->expr->span);
    node.name = "map";
    node.formula = true;
    vec_push(b->arena, &node.ins, add_copy(b, use, first, NULL, before, shape));
    vec_push(b->arena, &node.ins, add_copy(b, use, second, NULL, behind, shape));
    Val x = body_leaf(b->arena, &node.body, OP_INPUT, 0, NULL);
    Val y = body_leaf(b->arena, &node.body, OP_INPUT, 1, NULL);
    return add_map(b, node, body_op2(b->arena, &node.body, OP_ADD, x, y), use->name);
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
    int d =
        second == NONE ? -1 : view_axis(b, name_concat, use->expr->span, frame, stream_at(b, first)->shape);
    if (d < 0 || !check_joint(b, use, stream_at(b, first)->shape, stream_at(b, second)->shape, d))
        return value_poison();
    const Stream *x = stream_at(b, first), *y = stream_at(b, second);
    bool spikes = x->kind == STREAM_SPIKES && y->kind == STREAM_SPIKES && x->temporal == y->temporal;
    return value_stream((spikes ? join_spikes : join_numbers)(b, use, first, second, d), unit_plain);
}
