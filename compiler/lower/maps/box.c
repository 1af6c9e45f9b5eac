#include "lower/maps/box.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"

Box box_of(Lower *lower, const Node *node, Type type)
{
    Box box = {.node = node,
               .axes = node->map->count - 1,
               .axis = node->map->space,
               .ins = map_mixed(node->map)->in};
    int size = box.ins;
    for (int a = 0; a < box.axes; a++) {
        const MapAxis *axis = &box.axis[a];
        box.extent[a] = (axis->out - 1) * axis->stride + (axis->taps - 1) * axis->dilation + 1;
        size *= box.extent[a];
    }
    box.buffer =
        named_buffer(lower, "box_of", stream_of(lower, node->in)->name, type, BUFFER_LOCAL, false, 1, &size);
    return box;
}

void box_zeros(Lower *lower, const Box *box, LoopBlock *into)
{
    const Buffer *buffer = &lower->program->buffers.at[box->buffer];
    LoopStmt *loop = for_units(lower, into, "n", buffer->dims[0]);
    LoopExpr *zero = buffer->type == TYPE_F32 ? loop_float(lower->arena, 0) : num(lower, 0);
    store1(lower, &loop->body, box->buffer, loop_variable(lower, loop), zero, false);
}

/* Inputs *from .. *to-1 along the axis are in the box. */
static void find_inputs(const Box *box, int a, int *from, int *to)
{
    const MapAxis *axis = &box->axis[a];
    int end = box->extent[a] - axis->before;
    *from = axis->before < 0 ? -axis->before : 0;
    *to = end < axis->in ? end : axis->in;
}

void box_fill(Lower *lower, const Box *box, Site site)
{
    LoopExpr *input = num(lower, 0), *place = num(lower, 0);
    int last = box->axes - 1, from, to;
    for (int a = 0; a < last; a++) {
        find_inputs(box, a, &from, &to);
        LoopStmt *loop = for_bounds(lower, site.into, box->axis[a].name, num(lower, from), num(lower, to));
        LoopExpr *i = loop_variable(lower, loop);
        input = scaled_plus(lower, input, box->axis[a].in, i);
        place =
            scaled_plus(lower, place, box->extent[a], op2(lower, OP_ADD, i, num(lower, box->axis[a].before)));
        site.into = &loop->body;
    }
    find_inputs(box, last, &from, &to);
    input = op2(lower, OP_MUL, input, num(lower, box->axis[last].in * box->ins));
    place = scaled_plus(lower, place, box->extent[last], num(lower, box->axis[last].before));
    place = loop_local(lower, site.into, "place", op2(lower, OP_MUL, place, num(lower, box->ins)));
    LoopStmt *loop =
        for_bounds(lower, site.into, "n", num(lower, from * box->ins), num(lower, to * box->ins));
    loop->independent = true;
    LoopExpr *n = loop_variable(lower, loop);
    site.into = &loop->body;
    LoopExpr *value = load_stream(lower, box->node->in, site, op2(lower, OP_ADD, input, n));
    Type type = type_loaded(lower->program->buffers.at[box->buffer].type);
    store1(lower, site.into, box->buffer, op2(lower, OP_ADD, place, n), loop_cast(lower->arena, type, value),
           false);
}

int box_offset(const Box *box, int row)
{
    int offset = row % box->ins, scale = box->ins, tap = row / box->ins;
    for (int a = box->axes - 1; a >= 0; a--) {
        const MapAxis *axis = &box->axis[a];
        offset += tap % axis->taps * axis->dilation * scale;
        tap /= axis->taps;
        scale *= box->extent[a];
    }
    return offset;
}
