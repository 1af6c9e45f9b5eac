/* Maxima over windows, and where their gradients go. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/linear.h"
#include "lower/maps/nest.h"
#include "lower/maps/blanks.h"
#include "lower/tuned.h"

#include <math.h>

static LoopStmt *for_channel(Lower *lower, MapNest *nest)
{
    const MapAxis *inner = inner_axis(nest->map);
    LoopStmt *loop = for_units(lower, nest->site.into, "n", inner ? inner->out : 1);
    nest->site.into = &loop->body;
    return loop;
}

/* What no number is below; spikes are at least 0. */
static LoopExpr *lowest(Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->kind == STREAM_SPIKES ? num(lower, 0)
                                                           : loop_float(lower->arena, -INFINITY);
}

/* Whether each window has all of its taps, and these are few enough to be written out. */
static bool has_whole_windows(const AxisMap *map)
{
    bool whole = map->time.reach == REACH_SAME && map_rows(map) <= POOL_TAPS;
    for (int a = 0; a < map->count; a++) {
        const MapAxis *axis = &map->space[a];
        int last = (axis->out - 1) * axis->stride + (axis->taps - 1) * axis->dilation;
        whole = whole
                && (axis->reach == REACH_SAME
                    || (axis->reach == REACH_WINDOW && axis->before == 0 && last < axis->in));
    }
    return whole;
}

/* What tap number k of the window reads of channel n. */
static LoopExpr *load_tap(Lower *lower, const Node *node, const MapNest *nest, int k, LoopExpr *n)
{
    const AxisMap *map = node->map;
    LoopExpr *position = num(lower, 0);
    int rest = map_rows(map);
    for (int a = 0; a < map->count && nest->position[a]; a++) {
        const MapAxis *axis = &map->space[a];
        bool window = axis->reach == REACH_WINDOW;
        rest /= window ? axis->taps : 1;
        LoopExpr *at = !window ? nest->position[a]
                               : scaled(lower, nest->position[a], axis->stride,
                                        num(lower, k / rest % axis->taps * axis->dilation));
        position = scaled(lower, position, axis->in, at);
    }
    if (inner_axis(map))
        position = scaled(lower, position, inner_axis(map)->in, NULL);
    LoopExpr *x = load_stream(lower, node->in, nest->site, op2(lower, OP_ADD, position, n));
    return loop_local(lower, nest->site.into, "x", x);
}

/* Without what is the greatest so far in memory: that is loaded just when it was stored. */
static void emit_whole_windows(Lower *lower, const Node *node, Site site)
{
    MapNest nest = for_positions(lower, node->map, site);
    LoopExpr *n = loop_variable(lower, for_channel(lower, &nest)), *top = num(lower, 0);
    LoopExpr *out = op2(lower, OP_ADD, nest.out, n);
    Type type = load_stream(lower, node->out, nest.site, out)->type;
    bool spikes = stream_of(lower, node->out)->kind == STREAM_SPIKES;
    for (int k = 0; k < map_rows(node->map); k++) {
        LoopExpr *x = loop_cast(lower->arena, type, load_tap(lower, node, &nest, k, n));
        if (spikes) /* a choice for each, which compilers make of vectors of bytes */
            top = loop_op(lower->arena, OP_SELECT, op2(lower, OP_NE, x, num(lower, 0)), num(lower, 1), top);
        else
            top = k == 0 ? x : loop_op(lower->arena, OP_SELECT, is_beyond(lower, OP_GT, x, top), x, top);
        top = loop_local(lower, nest.site.into, "top", top);
    }
    store_stream(lower, node->out, nest.site, out, top, false);
}

void emit_pool(Lower *lower, const Node *node, Site site)
{
    if (has_whole_windows(node->map)) {
        emit_whole_windows(lower, node, site);
        return;
    }
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
                 loop_op(lower->arena, OP_SELECT, is_beyond(lower, OP_GT, x, top), x, top), false);
}

/* Of each channel of a window: the greatest so far, and the tap that reads it. */
typedef struct Greatest {
    StreamId stream;
    BufferId top, tap;
} Greatest;

/* Spikes are kept as one more than they are: below all of them there is 0. */
static Greatest greatest_of(Lower *lower, const Node *grad)
{
    const MapAxis *inner = inner_axis(grad->map);
    int channels = inner ? inner->out : 1;
    const char *name = stream_of(lower, grad->aux)->name;
    Type type = stream_of(lower, grad->aux)->kind == STREAM_SPIKES ? TYPE_U8 : TYPE_F32;
    Type number = map_rows(grad->map) <= 256 ? TYPE_U8 : TYPE_I32;
    return (Greatest){grad->aux, named_buffer(lower, "top_of", name, type, BUFFER_LOCAL, false, 1, &channels),
                      named_buffer(lower, "best_of", name, number, BUFFER_LOCAL, false, 1, &channels)};
}

static void emit_greatest(Lower *lower, const Greatest *greatest, MapNest nest)
{
    bool spikes = stream_of(lower, greatest->stream)->kind == STREAM_SPIKES;
    MapNest first = nest;
    LoopExpr *n = loop_variable(lower, for_channel(lower, &first));
    store1(lower, first.site.into, greatest->top, n, lowest(lower, greatest->stream), false);
    store1(lower, first.site.into, greatest->tap, n, num(lower, 0), false);
    nest = for_taps(lower, nest);
    n = loop_variable(lower, for_channel(lower, &nest));
    LoopExpr *x = load_stream(lower, greatest->stream, nest.site, op2(lower, OP_ADD, nest.in, n));
    x = spikes ? op2(lower, OP_ADD, x, num(lower, 1)) : loop_cast(lower->arena, TYPE_F32, x);
    x = loop_local(lower, nest.site.into, "x", x);
    LoopExpr *top = load1(lower, greatest->top, n), *tap = load1(lower, greatest->tap, n);
    LoopExpr *above = loop_local(lower, nest.site.into, "above", op2(lower, OP_GT, x, top));
    store1(lower, nest.site.into, greatest->top, n, loop_op(lower->arena, OP_SELECT, above, x, top), false);
    store1(lower, nest.site.into, greatest->tap, n, loop_op(lower->arena, OP_SELECT, above, nest.tap, tap),
           false);
}

/* The number of the window. */
static LoopExpr *window_of(Lower *lower, const MapNest *nest)
{
    LoopExpr *window = num(lower, 0);
    for (int a = 0; a < nest->map->count && nest->position[a]; a++)
        window = scaled(lower, window, nest->map->space[a].out, nest->position[a]);
    return window;
}

/* To the first of those that are greatest. */
void emit_pool_grad(Lower *lower, const Node *node, Site site)
{
    bool once = map_reads_once(node->map);
    Site all = site;
    if (!once) {
        LoopStmt *zeros = for_units(lower, site.into, "n", stream_size(lower, node->out));
        all.into = &zeros->body;
        store_stream(lower, node->out, all, loop_variable(lower, zeros), loop_float(lower->arena, 0), false);
    }
    Greatest greatest = greatest_of(lower, node);
    MapNest nest = for_positions(lower, node->map, site);
    nest.site.into = if_met(lower, node->in, site.b, nest.site.into, window_of(lower, &nest));
    emit_greatest(lower, &greatest, nest);
    nest = for_taps(lower, nest);
    LoopExpr *n = loop_variable(lower, for_channel(lower, &nest));
    LoopExpr *best = op2(lower, OP_EQ, load1(lower, greatest.tap, n), nest.tap);
    LoopExpr *g = load_stream(lower, node->in, nest.site, op2(lower, OP_ADD, nest.out, n));
    /* Where only some lanes load it, compilers gather. */
    g = loop_local(lower, nest.site.into, "g", g);
    g = loop_op(lower->arena, OP_SELECT, best, g, loop_float(lower->arena, 0));
    store_stream(lower, node->out, nest.site, op2(lower, OP_ADD, nest.in, n), g, !once);
}

void lower_pool(Lower *lower, const Node *node)
{
    bool grad = node->kind == NODE_POOL_GRAD;
    if (grad)
        blanks_prepare(lower, node->in);
    const char *out = stream_of(lower, node->out)->name;
    Site site = kernel_samples(
        lower, "pool", out,
        arena_printf(lower->arena,
                     grad ? "%s: to the greatest of each window" : "%s: the greatest of each window", out),
        node->span);
    if (stream_of(lower, node->out)->steps)
        site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, node->out)}, site);
    (grad ? emit_pool_grad : emit_pool)(lower, node, site);
}
