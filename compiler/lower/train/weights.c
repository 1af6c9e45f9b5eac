/* What makes weights of parameters, and numbers of sums over the batch: equations over streams that are the same for all
 * samples, once a batch. A stream outside time with several axes is a matrix, as a map reads it, of which the last axis is
 * the columns; in time, it is a row of units for each step. */
#include "lower/train/weights.h"

#include "lower/base/code.h"
#include "lower/base/equations.h"

/* A place in the units of a scan: a loop variable for each axis, and the step, if it goes over them. */
typedef struct Units {
    Shape shape;
    LoopExpr *at[MAX_DIMS], *t;
} Units;

/* The indices of the element there, of a stream of that shape. Returns how many. */
static int element(Lower *lower, const Units *units, Shape shape, bool temporal, LoopExpr *index[2])
{
    index[0] = temporal ? units->t : num(lower, 0);
    index[1] = num(lower, 0);
    for (int d = 0; d < shape.ndim; d++) {
        LoopExpr *at = units->at[shape_find(units->shape, shape_axis(shape, d))];
        LoopExpr **part = &index[temporal || (d > 0 && d == shape.ndim - 1)];
        *part = op2(lower, OP_ADD, op2(lower, OP_MUL, *part, num(lower, shape.dims[d])), at);
    }
    return temporal || shape.ndim > 1 ? 2 : 1;
}

static int stream_element(Lower *lower, const Units *units, StreamId stream, LoopExpr *index[2])
{
    const Stream *of = stream_of(lower, stream);
    return element(lower, units, of->shape, of->temporal, index);
}

static LoopExpr *load_element(Lower *lower, const Units *units, StreamId stream)
{
    LoopExpr *index[2];
    int count = stream_element(lower, units, stream, index);
    return loop_load(lower->program, lower->streams[stream].values, count, index);
}

static void store_element(Lower *lower, LoopBlock *into, const Units *units, StreamId stream, LoopExpr *value,
                          bool add)
{
    LoopExpr *index[2];
    int count = stream_element(lower, units, stream, index);
    loop_store(lower->program, into, lower->streams[stream].values, count, index, value, add);
}

/* The loop over the kernel's items: places along the outermost axis, or all as one. */
static LoopBlock *over_items(Lower *lower, LoopBlock *into, Units *units, bool rows)
{
    LoopStmt *loop = kernel_items_in(lower, into, rows ? shape_axis(units->shape, 0) : "whole");
    if (rows)
        units->at[0] = loop_variable(lower, loop);
    return &loop->body;
}

/* Loops over the axes of the shape from one on. Returns the innermost block; `independent`: no two turns of the innermost
 * loop touch the same sum. */
static LoopBlock *over_units(Lower *lower, LoopBlock *into, Units *units, int first, bool independent)
{
    for (int d = first; d < units->shape.ndim; d++) {
        LoopStmt *loop = for_range(lower, into, shape_axis(units->shape, d), units->shape.dims[d]);
        loop->independent = independent && d == units->shape.ndim - 1;
        units->at[d] = loop_variable(lower, loop);
        into = &loop->body;
    }
    return into;
}

/* A kernel for an array: it begins, and what is between its loops is returned. */
static LoopBlock *begin_array(Lower *lower, const char *verb, const char *name, const char *what, Span span,
                              Units *units)
{
    bool rows = units->shape.ndim > 0;
    kernel_begin(lower, verb, name, what, span, rows ? units->shape.dims[0] : 1);
    LoopBlock *into = over_items(lower, &lower->kernel->body, units, rows);
    if (rows && units->shape.ndim == 1)
        lower->kernel->body.at[0]->independent = true;
    return over_units(lower, into, units, rows, true);
}

static LoopBlock *over_steps(Lower *lower, LoopBlock *into, Units *units)
{
    LoopStmt *loop = for_range(lower, into, "t", lower->net->steps);
    units->t = loop_variable(lower, loop);
    return &loop->body;
}

/* The sum starts at 0; `row`: at one place of its outermost axis, or NULL. */
static void zero(Lower *lower, LoopBlock *into, StreamId stream, LoopExpr *row)
{
    Units units = {.shape = stream_of(lower, stream)->shape, .at = {row}};
    if (stream_of(lower, stream)->temporal)
        into = over_steps(lower, into, &units);
    LoopBlock *inner = over_units(lower, into, &units, row != NULL, true);
    store_element(lower, inner, &units, stream, loop_float(lower->arena, 0), false);
}

/* Whether all that the scan makes has dimension d of its units. */
static bool all_have(const Lower *lower, const Node *scan, Shape units, int d)
{
    bool have = d >= 0 && d < units.ndim;
    for (int k = 0; k < scan->outs.count && have; k++)
        have = shape_find(stream_of(lower, scan->outs.at[k].stream)->shape, shape_axis(units, d)) >= 0;
    return have;
}

/* Where nothing is summed over the outermost axis, its places are the kernel's items. */
void lower_weights(Lower *lower, const Node *scan)
{
    Units units = {.shape = scan_units(lower->net, scan)};
    bool rows = all_have(lower, scan, units.shape, 0);
    const char *name = plan_of(lower, scan)->name;
    kernel_begin(lower, "weights", name,
                 arena_printf(lower->arena, "%s: %s, once for all samples", name, scan->name), scan->span,
                 rows ? units.shape.dims[0] : 1);
    LoopBlock constants = {0}, loops = {0};
    LoopBlock *into = over_items(lower, &loops, &units, rows);
    for (int k = 0; k < scan->outs.count; k++)
        if (scan_sums(lower->net, scan, scan->outs.at[k].stream))
            zero(lower, into, scan->outs.at[k].stream, units.at[0]);
    Equations equations = equations_start(lower, scan);
    equations.before = &constants;
    equations.into =
        over_units(lower, into, &units, rows, all_have(lower, scan, units.shape, units.shape.ndim - 1));
    if (scan_in_time(lower->net, scan))
        equations.into = over_steps(lower, equations.into, &units);
    equations.inputs = NEW_ARRAY(lower->arena, LoopExpr *, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++)
        equations.inputs[i] = load_element(lower, &units, scan->ins.at[i]);
    for (int k = 0; k < scan->outs.count; k++)
        store_element(lower, equations.into, &units, scan->outs.at[k].stream,
                      equation_number(&equations, scan->outs.at[k].value),
                      scan_sums(lower->net, scan, scan->outs.at[k].stream));
    for (int i = 0; i < loops.count; i++)
        vec_push(lower->arena, &constants, loops.at[i]);
    lower->kernel->body = constants;
}

void lower_param_grad(Lower *lower, const Node *node)
{
    const char *name = lower->net->params.at[node->weight].name;
    Units units = {.shape = stream_of(lower, node->in)->shape};
    LoopBlock *into = begin_array(lower, "gradient", name, arena_printf(lower->arena, "gradient of %s", name),
                                  node->span, &units);
    LoopExpr *index[2];
    int count = element(lower, &units, units.shape, false, index);
    loop_store(lower->program, into, lower->params[node->weight].gradient, count, index,
               load_element(lower, &units, node->in), true);
}

void lower_zeroed_weights(Lower *lower, StreamId gradient)
{
    const Stream *stream = stream_of(lower, gradient);
    Units units = {.shape = stream->shape};
    const char *what = arena_printf(lower->arena, "%s, before a batch adds to it", stream->name);
    LoopBlock *into = begin_array(lower, "zero", stream->name, what, (Span){0, 0}, &units);
    store_element(lower, into, &units, gradient, loop_float(lower->arena, 0), false);
}
