/* The maximum over some axes of the units, and where its gradient goes. */
#include "lower/base/extreme.h"

#include "lower/base/code.h"
#include "lower/base/nest.h"
#include "lower/base/streams.h"

static Shape shape_of(const Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->shape;
}

static void emit_greatest(Lower *lower, const Node *node, Site site)
{
    Shape units = shape_of(lower, node->in), part = shape_of(lower, node->out);
    Nest nest = nest_split(lower, units, part);
    site.into = nest_loops(lower, &nest, site.into, part, true);
    LoopExpr *first =
        loop_cast(lower->arena, TYPE_F32, load_stream(lower, node->in, site, nest_unit(lower, &nest, units)));
    LoopExpr *best = declare_local(lower, site.into, "best", first), *m = nest_unit(lower, &nest, part);
    LoopBlock *inner = nest_loops(lower, &nest, site.into, part, false);
    LoopExpr *x =
        loop_cast(lower->arena, TYPE_F32, load_stream(lower, node->in, site, nest_unit(lower, &nest, units)));
    x = loop_local(lower, inner, "x", x);
    loop_set(lower->arena, inner, best->var,
             loop_op(lower->arena, OP_SELECT, is_above(lower, x, best), x, best));
    store_stream(lower, node->out, site, m, best, false);
}

/* best = the first unit with the largest value */
static LoopExpr *emit_picked_unit(Lower *lower, const Node *node, Site site, Nest nest, Shape part)
{
    Shape units = nest.units;
    LoopExpr *best = declare_local(lower, site.into, "best", nest_unit(lower, &nest, units));
    LoopBlock *inner = nest_loops(lower, &nest, site.into, part, false);
    LoopExpr *n = loop_local(lower, inner, "n", nest_unit(lower, &nest, units));
    LoopExpr *better =
        op2(lower, OP_GT, load_stream(lower, node->aux, site, n), load_stream(lower, node->aux, site, best));
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
    (node->kind == NODE_REDUCE ? emit_greatest : emit_pick_unit)(lower, node, site);
}
