/* What a scan sums: gradients of parameters, and streams that are the same all along an axis. Of a sum over the batch each
 * sample has a part of its own, and a kernel behind adds these up, from the first sample to the last. */
#include "lower/base/sums.h"

#include "lower/base/code.h"
#include "lower/base/nest.h"
#include "lower/base/streams.h"
#include "lower/base/walk.h"

int result_count(const Node *node)
{
    return node->outs.count + node->grads.count;
}

static const Param *result_param(const Lower *lower, const Node *node, int s)
{
    return &lower->net->params.at[node->grads.at[s - node->outs.count].param];
}

static Shape result_shape(const Lower *lower, const Node *node, int s)
{
    return s < node->outs.count ? stream_of(lower, node->outs.at[s].stream)->shape
                                : result_param(lower, node, s)->shape;
}

const char *result_name(const Lower *lower, const Node *node, int s)
{
    return s < node->outs.count ? stream_of(lower, node->outs.at[s].stream)->name
                                : result_param(lower, node, s)->name;
}

Val result_value(const Node *node, int s)
{
    return s < node->outs.count ? node->outs.at[s].value : node->grads.at[s - node->outs.count].value;
}

static bool in_time(const Lower *lower, const Node *node, int s)
{
    return s < node->outs.count && stream_of(lower, node->outs.at[s].stream)->steps;
}

static bool sums_samples(const Lower *lower, const Node *node, int s)
{
    return s >= node->outs.count || !stream_of(lower, node->outs.at[s].stream)->batched;
}

bool sums_steps(const Lower *lower, const Node *node, int s)
{
    return s >= node->outs.count
           || (plan_of(lower, node)->in_time && !stream_of(lower, node->outs.at[s].stream)->steps);
}

bool sums_units(const Lower *lower, const Node *node, int s)
{
    return !plan_of(lower, node)->even
           && result_shape(lower, node, s).ndim < scan_units(lower->net, node).ndim;
}

BufferId scan_buffer(Lower *lower, const Node *node, const char *prefix, const char *name, int steps,
                     int room, int padding)
{
    int dims[2] = {steps, room};
    BufferId buffer =
        named_buffer(lower, prefix, arena_printf(lower->arena, "%s_%s", name, plan_of(lower, node)->name),
                     TYPE_F32, BUFFER_SCRATCH, true, steps ? 2 : 1, steps ? dims : dims + 1);
    lower->program->buffers.at[buffer].span = node->span;
    lower->program->buffers.at[buffer].padding = padding;
    return buffer;
}

BufferId per_unit_buffer(Lower *lower, const Node *node, const char *prefix, const char *name, int steps)
{
    const NodePlan *plan = plan_of(lower, node);
    int room = tiling_room(plan->tiles);
    return scan_buffer(lower, node, prefix, name, steps, room, room - plan->units);
}

Shape part_shape(const Lower *lower, const Node *node, int s)
{
    Shape shape = result_shape(lower, node, s);
    bool parted = sums_samples(lower, node, s) && !in_time(lower, node, s) && !plan_of(lower, node)->even;
    return parted ? nest_parted(lower->net, node, shape) : shape;
}

static BufferId partial_buffer(Lower *lower, const Node *node, int s)
{
    const char *name = result_name(lower, node, s);
    int steps = in_time(lower, node, s) ? plan_of(lower, node)->steps : 0;
    if (plan_of(lower, node)->even)
        return per_unit_buffer(lower, node, "sum", name, steps);
    return scan_buffer(lower, node, "sum", name, steps, shape_size(part_shape(lower, node, s)), 0);
}

/* Of a sum over the batch at each step: a stream that the scan makes, too, and that holds what each sample adds to it, for
 * all of them. NONE: there is none. */
static StreamId summed_stream(const Lower *lower, const Node *node, int s)
{
    const NodePlan *own = plan_of(lower, node);
    bool may = sums_samples(lower, node, s) && in_time(lower, node, s) && own->even && !own->group;
    for (int k = 0; k < node->outs.count && may; k++) {
        StreamId stream = node->outs.at[k].stream;
        const StreamPlan *plan = &lower->plan->streams[stream];
        if (node->outs.at[k].value == result_value(node, s) && !sums_samples(lower, node, k)
            && in_time(lower, node, k) && !plan->local && !plan->tiled && plan->slots == 0
            && stream_of(lower, stream)->kind == STREAM_REALS)
            return stream;
    }
    return NONE;
}

BufferId find_partials(Lower *lower, const Node *node, int s)
{
    StreamId summed = summed_stream(lower, node, s);
    return !sums_samples(lower, node, s) ? -1
           : summed != NONE              ? lower->streams[summed].values
                                         : partial_buffer(lower, node, s);
}

void store_result(Lower *lower, const Node *node, const ScanState *state, int s, Site site, LoopExpr *n,
                  LoopExpr *value, bool add)
{
    if (state->partials[s] < 0) {
        store_stream(lower, node->outs.at[s].stream, site, n, value, add);
        return;
    }
    if (summed_stream(lower, node, s) != NONE)
        return;
    LoopExpr *index[3] = {site.b, site.t, unit_of(lower, site, n)};
    bool steps = in_time(lower, node, s);
    if (!steps)
        index[1] = index[2];
    loop_store(lower->program, site.into, state->partials[s], steps ? 3 : 2, index, value, add);
}

/* The stream's units at the site become 0; or, where there are parts, greater by these. */
static void emit_row(Lower *lower, StreamId stream, int size, Site site, BufferId parts)
{
    LoopStmt *loop = for_units(lower, site.into, "n", size);
    LoopExpr *n = loop_variable(lower, loop), *index[3] = {site.b, site.t, n};
    site.into = &loop->body;
    store_stream(lower, stream, site, n,
                 parts < 0 ? loop_float(lower->arena, 0) : loop_load(lower->program, parts, 3, index),
                 parts >= 0);
}

/* A stream that is a sum over the batch at each step: there, the samples' rows of units are added one by one. */
static void lower_step_partial(Lower *lower, const Node *node, const ScanState *state, int s)
{
    int size = shape_size(result_shape(lower, node, s));
    const char *name = result_name(lower, node, s);
    kernel_begin(lower, "sum", name, arena_printf(lower->arena, "%s: sum over the batch", name), node->span,
                 plan_of(lower, node)->steps);
    LoopStmt *items = kernel_items(lower, "t");
    Site site = {.into = &items->body, .t = loop_variable(lower, items)};
    emit_row(lower, node->outs.at[s].stream, size, site, -1);
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    site = walk_samples(lower, (Walk){num(lower, 0), rows, 0}, site);
    emit_row(lower, node->outs.at[s].stream, size, site, state->partials[s]);
}

/* How many parts a sample has of each value of result s: of parameters that are one number, every unit of an even scan has
 * one, else as many as stand next to each other. */
static int parts_of_value(const Lower *lower, const Node *node, int s)
{
    Shape shape = result_shape(lower, node, s);
    if (!plan_of(lower, node)->even)
        return shape_size(part_shape(lower, node, s)) / shape_size(shape);
    return shape.ndim == 0 ? plan_of(lower, node)->units : 1;
}

/* Adds to value k of result s what the sample b has of it. */
static void add_part(Lower *lower, const Node *node, const ScanState *state, int s, Site site, LoopExpr *k)
{
    int parts = parts_of_value(lower, node, s);
    LoopExpr *index[2] = {site.b, k};
    if (parts > 1) {
        LoopStmt *loop = for_range(lower, site.into, "n", parts);
        LoopExpr *first = op2(lower, OP_MUL, k, num(lower, parts)), *n = loop_variable(lower, loop);
        index[1] = shape_size(result_shape(lower, node, s)) == 1 ? n : op2(lower, OP_ADD, first, n);
        site.into = &loop->body;
    }
    LoopExpr *part = loop_load(lower->program, state->partials[s], 2, index);
    if (s < node->outs.count)
        store_stream(lower, node->outs.at[s].stream, site, k, part, true);
    else
        store1(lower, site.into, lower->params[node->grads.at[s - node->outs.count].param].gradient, k, part,
               true);
}

/* Of the sum over the batch that is result s. */
static void lower_partial(Lower *lower, const Node *node, const ScanState *state, int s)
{
    bool grad = s >= node->outs.count, parted = parts_of_value(lower, node, s) > 1;
    int size = plan_of(lower, node)->even && !parted ? plan_of(lower, node)->units
                                                     : shape_size(result_shape(lower, node, s));
    const char *name = result_name(lower, node, s);
    kernel_begin(lower, grad ? "gradient" : "sum", name,
                 arena_printf(lower->arena, "%s%s: sum over the batch%s", grad ? "gradient of " : "", name,
                              parted ? " and the units" : ""),
                 node->span, size);
    LoopStmt *items = kernel_items(lower, size == 1 ? "k" : "n");
    LoopExpr *k = loop_variable(lower, items);
    Site site = {.into = &items->body};
    if (!grad)
        store_stream(lower, node->outs.at[s].stream, site, k, loop_float(lower->arena, 0), false);
    LoopStmt *samples =
        loop_for(lower->arena, site.into, loop_var(lower->arena, lower->kernel, "b", TYPE_I32),
                 loop_int(lower->arena, 0), loop_scalar(lower->arena, SCALAR_ROWS));
    site.into = &samples->body;
    site.b = loop_variable(lower, samples);
    add_part(lower, node, state, s, site, k);
}

void lower_partials(Lower *lower, const Node *node, const ScanState *state)
{
    for (int s = 0; s < result_count(node); s++)
        if (state->partials[s] >= 0 && in_time(lower, node, s))
            lower_step_partial(lower, node, state, s);
        else if (state->partials[s] >= 0)
            lower_partial(lower, node, state, s);
}
