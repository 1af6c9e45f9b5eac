/* The maximum over some axes of the units, and where its gradient goes. */
#include "lower/base/code.h"
#include "lower/base/nest.h"
#include "lower/base/streams.h"
#include "lower/ends/ends.h"

static Shape shape_of(const Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->shape;
}

/* The kernel, up to the loop over steps if there are some. */
static Site extreme_kernel(Lower *lower, const Node *node, const char *verb, const char *what, StreamId whole)
{
    const char *out = stream_of(lower, node->out)->name;
    Site site = kernel_samples(lower, verb, out, arena_printf(lower->arena, "%s: %s", out, what), node->span);
    if (stream_of(lower, whole)->temporal) {
        LoopStmt *time = for_range(lower, site.into, "t", steps_of(lower, whole));
        site.into = &time->body;
        site.t = loop_variable(lower, time);
    }
    return site;
}

void lower_extreme(Lower *lower, const Node *node)
{
    Shape units = shape_of(lower, node->in), part = shape_of(lower, node->out);
    const char *what =
        arena_printf(lower->arena, "%s over %s of %s", reduce_name(node->reduce),
                     net_axes_reduced(lower->net, node->in, node->out), stream_of(lower, node->in)->name);
    Site site = extreme_kernel(lower, node, "reduce", what, node->in);
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

void lower_pick_unit(Lower *lower, const Node *node)
{
    Shape units = shape_of(lower, node->aux), part = shape_of(lower, node->in);
    Site site =
        extreme_kernel(lower, node, "pick", "the gradient goes to the unit that was picked", node->aux);
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
