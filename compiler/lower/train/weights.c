/* What makes weights of parameters, and numbers of sums over the batch: equations over streams that are the same for all
 * samples, once a batch. A stream outside time with several axes is a matrix, as a map reads it, of which the last axis is
 * the columns; in time, it is a row of units for each step. */
#include "lower/train/weights.h"

#include "lower/base/code.h"
#include "lower/base/elements.h"
#include "lower/base/equations.h"

static void store_in(Lower *lower, LoopBlock *into, const Units *units, StreamId stream, BufferId buffer,
                     LoopExpr *value, bool add)
{
    LoopExpr *index[2];
    int count = element_place(lower, units, stream, buffer, index);
    loop_store(lower->program, into, buffer, count, index, value, add);
}

static void store_element(Lower *lower, LoopBlock *into, const Units *units, StreamId stream, LoopExpr *value,
                          bool add)
{
    store_in(lower, into, units, stream, lower->streams[stream].values, value, add);
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

/* All of them, if there are some. */
static LoopBlock *over_steps(Lower *lower, LoopBlock *into, Units *units, int steps)
{
    if (steps == 0)
        return into;
    LoopStmt *loop = for_range(lower, into, "t", steps);
    units->t = loop_variable(lower, loop);
    return &loop->body;
}

/* The sum starts at 0; `row`: at one place of its outermost axis, or NULL. */
static void zero(Lower *lower, LoopBlock *into, StreamId stream, LoopExpr *row)
{
    Units units = {.shape = stream_of(lower, stream)->shape, .at = {row}};
    into = over_steps(lower, into, &units, stream_of(lower, stream)->steps);
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
    last_launch(lower)->quick = true;
    LoopBlock constants = {0}, loops = {0};
    LoopBlock *into = over_items(lower, &loops, &units, rows);
    for (int k = 0; k < scan->outs.count; k++)
        if (scan_sums(lower->net, scan, scan->outs.at[k].stream))
            zero(lower, into, scan->outs.at[k].stream, units.at[0]);
    Equations equations = equations_start(lower, scan);
    equations.before = &constants;
    equations.into =
        over_units(lower, into, &units, rows, all_have(lower, scan, units.shape, units.shape.ndim - 1));
    equations.into = over_steps(lower, equations.into, &units, scan_steps(lower->net, scan));
    equations.inputs = load_elements(lower, &units, scan);
    equations.params = load_params(lower, &units, scan);
    for (int k = 0; k < scan->outs.count; k++)
        store_element(lower, equations.into, &units, scan->outs.at[k].stream,
                      equation_number(&equations, scan->outs.at[k].value),
                      scan_sums(lower->net, scan, scan->outs.at[k].stream));
    for (int i = 0; i < loops.count; i++)
        vec_push(lower->arena, &constants, loops.at[i]);
    lower->kernel->body = constants;
}

/* The values of a stream go to an array of their size. */
static void lower_array(Lower *lower, const Node *node, const char *verb, const char *about, BufferId to,
                        bool add)
{
    Units units = {.shape = stream_of(lower, node->in)->shape};
    const char *name = lower->net->params.at[node->weight].name;
    LoopBlock *into = begin_array(lower, verb, name, about, node->span, &units);
    into = over_steps(lower, into, &units, stream_of(lower, node->in)->steps);
    store_in(lower, into, &units, node->in, to, load_element(lower, &units, node->in), add);
}

void lower_param_grad(Lower *lower, const Node *node)
{
    const char *name = lower->net->params.at[node->weight].name;
    lower_array(lower, node, "gradient", arena_printf(lower->arena, "gradient of %s", name),
                lower->params[node->weight].gradient, true);
}

void lower_keep(Lower *lower, const Node *node)
{
    const char *name = lower->net->params.at[node->weight].name;
    lower_array(lower, node, "keep", arena_printf(lower->arena, "%s: with what this batch was like", name),
                lower->params[node->weight].values, false);
}

void lower_zeroed_weights(Lower *lower, StreamId gradient)
{
    const Stream *stream = stream_of(lower, gradient);
    Units units = {.shape = stream->shape};
    const char *what = arena_printf(lower->arena, "%s, before a batch adds to it", stream->name);
    LoopBlock *into = begin_array(lower, "zero", stream->name, what, (Span){0, 0}, &units);
    store_element(lower, into, &units, gradient, loop_float(lower->arena, 0), false);
}
