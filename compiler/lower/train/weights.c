/* What makes weights of parameters: equations over streams that are the same for all samples and steps, once a batch. A
 * stream with several axes is a matrix, as a map reads it, of which the last axis is the columns. */
#include "lower/train/weights.h"

#include "lower/base/code.h"
#include "lower/base/equations.h"

/* A place in the units of a scan: a loop variable for each axis. */
typedef struct Units {
    Shape shape;
    LoopExpr *at[MAX_DIMS];
} Units;

/* The indices of the stream's element there. Returns how many. */
static int element(Lower *lower, const Units *units, Shape shape, LoopExpr *index[2])
{
    index[0] = index[1] = num(lower, 0);
    for (int d = 0; d < shape.ndim; d++) {
        LoopExpr *at = units->at[shape_find(units->shape, shape_axis(shape, d))];
        LoopExpr **part = &index[d > 0 && d == shape.ndim - 1];
        *part = op2(lower, OP_ADD, op2(lower, OP_MUL, *part, num(lower, shape.dims[d])), at);
    }
    return shape.ndim > 1 ? 2 : 1;
}

static LoopExpr *load_element(Lower *lower, const Units *units, StreamId stream)
{
    LoopExpr *index[2];
    int count = element(lower, units, stream_of(lower, stream)->shape, index);
    return loop_load(lower->program, lower->streams[stream].values, count, index);
}

static void store_element(Lower *lower, LoopBlock *into, const Units *units, StreamId stream, LoopExpr *value,
                          bool add)
{
    LoopExpr *index[2];
    int count = element(lower, units, stream_of(lower, stream)->shape, index);
    loop_store(lower->program, into, lower->streams[stream].values, count, index, value, add);
}

/* Loops over all axes of the shape, the outermost over the kernel's items if it has more than one. Returns the innermost
 * block; `independent`: no two turns of the innermost loop touch the same sum. */
static LoopBlock *over_units(Lower *lower, LoopBlock *into, Units *units, bool items, bool independent)
{
    for (int d = 0; d < units->shape.ndim; d++) {
        const char *name = shape_axis(units->shape, d);
        LoopStmt *loop = d == 0 && items ? kernel_items_in(lower, into, name)
                                         : for_range(lower, into, name, units->shape.dims[d]);
        loop->independent = independent && d == units->shape.ndim - 1;
        units->at[d] = loop_variable(lower, loop);
        into = &loop->body;
    }
    return into;
}

static void zero(Lower *lower, LoopBlock *into, StreamId stream)
{
    Units units = {.shape = stream_of(lower, stream)->shape};
    LoopBlock *inner = over_units(lower, into, &units, false, true);
    store_element(lower, inner, &units, stream, loop_float(lower->arena, 0), false);
}

static bool any_sum(const Lower *lower, const Node *scan)
{
    for (int k = 0; k < scan->outs.count; k++)
        if (scan_sums_units(lower->net, scan, scan->outs.at[k].stream))
            return true;
    return false;
}

void lower_weights(Lower *lower, const Node *scan)
{
    Units units = {.shape = scan_units(lower->net, scan)};
    bool sums = any_sum(lower, scan), rows = !sums && units.shape.ndim > 0;
    const char *name = plan_of(lower, scan)->name;
    kernel_begin(lower, "weights", name,
                 arena_printf(lower->arena, "%s: %s, once for all samples", name, scan->name), scan->span,
                 rows ? units.shape.dims[0] : 1);
    LoopBlock constants = {0}, loops = {0};
    LoopBlock *into = rows ? &loops : &kernel_items_in(lower, &loops, "whole")->body;
    for (int k = 0; k < scan->outs.count && sums; k++)
        if (scan_sums_units(lower->net, scan, scan->outs.at[k].stream))
            zero(lower, into, scan->outs.at[k].stream);
    Equations equations = equations_start(lower, scan);
    equations.before = &constants;
    equations.into = over_units(lower, into, &units, rows, !sums);
    equations.inputs = NEW_ARRAY(lower->arena, LoopExpr *, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++)
        equations.inputs[i] = load_element(lower, &units, scan->ins.at[i]);
    for (int k = 0; k < scan->outs.count; k++)
        store_element(lower, equations.into, &units, scan->outs.at[k].stream,
                      equation_number(&equations, scan->outs.at[k].value),
                      scan_sums_units(lower->net, scan, scan->outs.at[k].stream));
    for (int i = 0; i < loops.count; i++)
        vec_push(lower->arena, &constants, loops.at[i]);
    lower->kernel->body = constants;
}

void lower_param_grad(Lower *lower, const Node *node)
{
    const char *name = lower->net->params.at[node->weight].name;
    Units units = {.shape = stream_of(lower, node->in)->shape};
    kernel_begin(lower, "gradient", name, arena_printf(lower->arena, "gradient of %s", name), node->span,
                 units.shape.dims[0]);
    LoopBlock *into = over_units(lower, &lower->kernel->body, &units, true, true);
    LoopExpr *index[2];
    int count = element(lower, &units, units.shape, index);
    loop_store(lower->program, into, lower->params[node->weight].gradient, count, index,
               load_element(lower, &units, node->in), true);
}

void lower_zeroed_weights(Lower *lower, StreamId gradient)
{
    const Stream *stream = stream_of(lower, gradient);
    Units units = {.shape = stream->shape};
    kernel_begin(lower, "zero", stream->name,
                 arena_printf(lower->arena, "%s, before a batch adds to it", stream->name), (Span){0, 0},
                 units.shape.dims[0]);
    LoopBlock *into = over_units(lower, &lower->kernel->body, &units, true, true);
    store_element(lower, into, &units, gradient, loop_float(lower->arena, 0), false);
}
