/* Maxima over windows, and where their gradients go. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/linear.h"
#include "lower/maps/nest.h"

#include <float.h>

static LoopStmt *for_channel(Lower *lower, MapNest *nest)
{
    const MapAxis *inner = inner_axis(nest->map);
    LoopStmt *loop = for_units(lower, nest->site.into, "n", inner ? inner->out : 1);
    nest->site.into = &loop->body;
    return loop;
}

static LoopExpr *value_at(Lower *lower, StreamId stream, Site site, LoopExpr *unit)
{
    return loop_cast(lower->arena, TYPE_F32, load_stream(lower, stream, site, unit));
}

/* Spikes are at least 0; what is below all numbers is no sum. */
static LoopExpr *lowest(Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->kind == STREAM_SPIKES ? num(lower, 0)
                                                           : loop_float(lower->arena, -FLT_MAX);
}

void emit_pool(Lower *lower, const Node *node, Site site)
{
    MapNest nest = for_positions(lower, node->map, site), first = nest;
    LoopExpr *n = loop_variable(lower, for_channel(lower, &first));
    store_stream(lower, node->out, first.site, op2(lower, OP_ADD, nest.out, n), lowest(lower, node->out),
                 false);
    nest = for_taps(lower, nest);
    n = loop_variable(lower, for_channel(lower, &nest));
    LoopExpr *out = op2(lower, OP_ADD, nest.out, n);
    LoopExpr *x = load_stream(lower, node->in, nest.site, op2(lower, OP_ADD, nest.in, n));
    LoopExpr *top = load_stream(lower, node->out, nest.site, out);
    x = loop_local(lower, nest.site.into, "x",
                   top->type == TYPE_F32 ? loop_cast(lower->arena, TYPE_F32, x) : x);
    store_stream(lower, node->out, nest.site, out,
                 loop_op(lower->arena, OP_SELECT, is_above(lower, x, top), x, top), false);
}

/* To the first of those that are greatest. */
void emit_pool_grad(Lower *lower, const Node *node, Site site)
{
    Site all = site;
    LoopStmt *zeros = for_units(lower, site.into, "n", stream_size(lower, node->out));
    all.into = &zeros->body;
    store_stream(lower, node->out, all, loop_variable(lower, zeros), loop_float(lower->arena, 0), false);
    MapNest nest = for_positions(lower, node->map, site);
    LoopStmt *loop = for_channel(lower, &nest);
    loop->independent = false;
    LoopExpr *n = loop_variable(lower, loop), *out = op2(lower, OP_ADD, nest.out, n);
    LoopExpr *top = declare_local(lower, nest.site.into, "top", loop_float(lower->arena, -FLT_MAX));
    LoopExpr *best = declare_local(lower, nest.site.into, "best", num(lower, 0));
    MapNest taps = for_taps(lower, nest);
    LoopExpr *in = op2(lower, OP_ADD, taps.in, n);
    LoopExpr *x = loop_local(lower, taps.site.into, "x", value_at(lower, node->aux, taps.site, in));
    LoopBlock *greater = &loop_if(lower->arena, taps.site.into, op2(lower, OP_GT, x, top))->body;
    loop_set(lower->arena, greater, top->var, x);
    loop_set(lower->arena, greater, best->var, in);
    store_stream(lower, node->out, nest.site, best, load_stream(lower, node->in, nest.site, out), true);
}

void lower_pool(Lower *lower, const Node *node)
{
    bool grad = node->kind == NODE_POOL_GRAD;
    const char *out = stream_of(lower, node->out)->name;
    Site site = kernel_samples(
        lower, "pool", out,
        arena_printf(lower->arena,
                     grad ? "%s: to the greatest of each window" : "%s: the greatest of each window", out),
        node->span);
    if (stream_of(lower, node->out)->temporal)
        site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, node->out)}, site);
    (grad ? emit_pool_grad : emit_pool)(lower, node, site);
}
