#include "lower/base/elements.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"

int element_place(Lower *lower, const Units *units, StreamId stream, BufferId buffer, LoopExpr *index[2])
{
    const Stream *of = stream_of(lower, stream);
    LoopExpr *place[2] = {of->steps ? units->t : num(lower, 0), num(lower, 0)};
    for (int d = 0; d < of->shape.ndim; d++) {
        LoopExpr *at = units->at[shape_find(units->shape, shape_axis(of->shape, d))];
        LoopExpr **part = &place[of->steps || d == of->shape.ndim - 1];
        *part = op2(lower, OP_ADD, op2(lower, OP_MUL, *part, num(lower, of->shape.dims[d])), at);
    }
    return shared_element(lower, stream, buffer, place[0], place[1], index);
}

LoopExpr *load_element(Lower *lower, const Units *units, StreamId stream)
{
    LoopExpr *index[2];
    BufferId buffer = lower->streams[stream].values;
    int count = element_place(lower, units, stream, buffer, index);
    return loop_load(lower->program, buffer, count, index);
}

LoopExpr **load_elements(Lower *lower, const Units *units, const Node *scan)
{
    LoopExpr **inputs = NEW_ARRAY(lower->arena, LoopExpr *, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++)
        inputs[i] = load_element(lower, units, scan->ins.at[i]);
    return inputs;
}

static LoopExpr *load_param(Lower *lower, const Units *units, ParamId param)
{
    Shape shape = lower->net->params.at[param].shape;
    LoopExpr *place = num(lower, 0);
    for (int d = 0; d < shape.ndim; d++) {
        LoopExpr *at = units->at[shape_find(units->shape, shape_axis(shape, d))];
        place = op2(lower, OP_ADD, op2(lower, OP_MUL, place, num(lower, shape.dims[d])), at);
    }
    return load1(lower, lower->params[param].values, place);
}

LoopExpr **load_params(Lower *lower, const Units *units, const Node *scan)
{
    LoopExpr **params = NEW_ARRAY(lower->arena, LoopExpr *, scan->params.count + 1);
    for (int p = 0; p < scan->params.count; p++)
        params[p] = load_param(lower, units, scan->params.at[p]);
    return params;
}
