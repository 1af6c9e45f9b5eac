/* Time as an axis of space. What goes along time otherwise than step by step, or from the past, goes along the first axis of a
 * stream that has all steps at once, as it would along y or x; what it makes are the steps of a stream again, of a number
 * of their own. */
#include "build.h"

StreamId copy_stream(Build *b, const StageUse *use, const Copied *copied)
{
    Node node = node_new(NODE_COPY, use->expr->span);
    Stream from = *stream_at(b, copied->in);
    node.in = copied->in;
    node.aux = copied->behind;
    node.piece = copied->piece;
    node.out = add_stream(b, copied->name, use->stage->name, from.kind, copied->steps, copied->shape,
                          use->expr->span);
    add_node(b, node);
    return node.out;
}

/* All steps, one behind the other. */
static Extract all_steps(int steps, int units)
{
    return (Extract){.outer = 1, .in = steps, .out = steps, .inner = units, .from = 0};
}

StreamId steps_as_axis(Build *b, const StageUse *use, StreamId in, Shape shape)
{
    const Stream *stream = stream_at(b, in);
    Copied copied = {.in = in,
                     .behind = NONE,
                     .piece = all_steps(stream->steps, shape_size(stream->shape)),
                     .shape = shape};
    return copy_stream(b, use, &copied);
}

Value axis_as_steps(Build *b, const StageUse *use, Value whole, Shape shape)
{
    if (whole.kind != VALUE_STREAM)
        return whole;
    int steps = stream_at(b, whole.stream)->shape.dims[0];
    Copied copied = {.in = whole.stream,
                     .behind = NONE,
                     .name = use->name,
                     .piece = all_steps(steps, shape_size(shape)),
                     .steps = steps,
                     .shape = shape};
    return value_stream(copy_stream(b, use, &copied), unit_plain);
}
