/* What is picked over some axes of the units, as a maximum, and where its gradient goes. */
#include "lower/base/extreme.h"

#include "lower/base/code.h"
#include "lower/base/nest.h"
#include "lower/base/streams.h"

static Shape shape_of(const Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->shape;
}

Op extreme_op(const Node *node)
{
    return node->reduce == REDUCE_MIN ? OP_LT : OP_GT;
}

/* The last unit along all axes that the part lacks. */
static LoopExpr *last_unit(Lower *lower, Nest nest, Shape part)
{
    for (int k = 0; k < nest.count; k++)
        if (shape_find(part, shape_axis(nest.units, nest.first[k])) < 0)
            nest.at[k] = num(lower, nest_extent(&nest, k) - 1);
    return nest_unit(lower, &nest, nest.units);
}

/* Which of those units it is that the loops are at: their number, counted along the axes that the part lacks. */
static LoopExpr *place_within(Lower *lower, const Nest *nest, Shape part)
{
    Shape others = {.ndim = 0};
    for (int d = 0; d < nest->units.ndim; d++) {
        if (shape_find(part, shape_axis(nest->units, d)) >= 0)
            continue;
        others.dims[others.ndim] = nest->units.dims[d];
        others.axes[others.ndim++] = shape_axis(nest->units, d);
    }
    return nest_unit(lower, nest, others);
}

/* The value that is picked, or its place. */
static LoopExpr *emit_compared(Lower *lower, const Node *node, Site site, Nest nest, Shape part)
{
    Shape units = nest.units;
    bool numbered = node->reduce == REDUCE_ARGMAX;
    LoopExpr *best = declare_local(lower, site.into, "best",
                                   load_number(lower, node->in, site, nest_unit(lower, &nest, units)));
    LoopExpr *place = numbered ? declare_local(lower, site.into, "place", num(lower, 0)) : NULL;
    LoopBlock *inner = nest_loops(lower, &nest, site.into, part, false);
    LoopExpr *x =
        loop_local(lower, inner, "x", load_number(lower, node->in, site, nest_unit(lower, &nest, units)));
    LoopExpr *beyond = is_beyond(lower, extreme_op(node), x, best);
    if (!numbered) {
        loop_set(lower->arena, inner, best->var, loop_op(lower->arena, OP_SELECT, beyond, x, best));
        return best;
    }
    LoopStmt *found = loop_if(lower->arena, inner, beyond);
    loop_set(lower->arena, &found->body, best->var, x);
    loop_set(lower->arena, &found->body, place->var, place_within(lower, &nest, part));
    return loop_cast(lower->arena, TYPE_F32, place);
}

static void emit_picked(Lower *lower, const Node *node, Site site)
{
    Shape units = shape_of(lower, node->in), part = shape_of(lower, node->out);
    Nest nest = nest_split(lower, units, part);
    site.into = nest_loops(lower, &nest, site.into, part, true);
    LoopExpr *m = nest_unit(lower, &nest, part);
    LoopExpr *value = node->reduce == REDUCE_LAST
                          ? load_number(lower, node->in, site, last_unit(lower, nest, part))
                          : emit_compared(lower, node, site, nest, part);
    store_stream(lower, node->out, site, m, value, false);
}

/* The first unit with the most, or the last one. */
static LoopExpr *emit_picked_unit(Lower *lower, const Node *node, Site site, Nest nest, Shape part)
{
    Shape units = nest.units;
    if (node->reduce == REDUCE_LAST)
        return last_unit(lower, nest, part);
    LoopExpr *best = declare_local(lower, site.into, "best", nest_unit(lower, &nest, units));
    LoopBlock *inner = nest_loops(lower, &nest, site.into, part, false);
    LoopExpr *n = loop_local(lower, inner, "n", nest_unit(lower, &nest, units));
    LoopExpr *better = op2(lower, extreme_op(node), load_stream(lower, node->aux, site, n),
                           load_stream(lower, node->aux, site, best));
    LoopStmt *found = loop_if(lower->arena, inner, better);
    loop_set(lower->arena, &found->body, best->var, n);
    return best;
}

static void emit_pick_unit(Lower *lower, const Node *node, Site site)
{
    Shape units = shape_of(lower, node->aux), part = shape_of(lower, node->in);
    Nest nest = nest_split(lower, units, part);
    site.into = nest_loops(lower, &nest, site.into, part, true);
    LoopExpr *gradient = load_stream(lower, node->in, site, nest_unit(lower, &nest, part));
    LoopExpr *best = emit_picked_unit(lower, node, site, nest, part);
    LoopBlock *inner = nest_loops(lower, &nest, site.into, part, false);
    LoopExpr *n = loop_local(lower, inner, "n", nest_unit(lower, &nest, units));
    LoopExpr *g =
        loop_op(lower->arena, OP_SELECT, op2(lower, OP_EQ, n, best), gradient, loop_float(lower->arena, 0));
    site.into = inner;
    store_stream(lower, node->out, site, n, g, false);
}

void emit_extreme(Lower *lower, const Node *node, Site site)
{
    (node->kind == NODE_REDUCE ? emit_picked : emit_pick_unit)(lower, node, site);
}
