#include "lower/maps/nest.h"

#include "lower/base/code.h"

const MapAxis *inner_axis(const AxisMap *map)
{
    const MapAxis *last = &map->space[map->count - 1];
    return last->reach == REACH_WINDOW ? NULL : last;
}

static int outer_axes(const AxisMap *map)
{
    return inner_axis(map) ? map->count - 1 : map->count;
}

LoopExpr *scaled(Lower *lower, LoopExpr *a, int factor, LoopExpr *b)
{
    LoopExpr *product = op2(lower, OP_MUL, a, num(lower, factor));
    return b ? op2(lower, OP_ADD, product, b) : product;
}

/* ---- positions and taps ---- */

MapNest for_positions(Lower *lower, const AxisMap *map, Site site)
{
    MapNest nest = {map,           site,          site.t,
                    site.t,        num(lower, 0), num(lower, 0),
                    num(lower, 0), {NULL},        loop_float(lower->arena, map->constant),
                    false};
    if (map->time.reach != REACH_SAME && !site.t) {
        LoopStmt *loop = for_range(lower, nest.site.into, "t", map->time.out);
        nest.out_t = loop_variable(lower, loop);
        nest.site.into = &loop->body;
    }
    for (int a = 0; a < outer_axes(map); a++) {
        LoopStmt *loop = for_range(lower, nest.site.into, map->space[a].name, map->space[a].out);
        nest.position[a] = loop_variable(lower, loop);
        nest.out = scaled(lower, nest.out, map->space[a].out, nest.position[a]);
        nest.site.into = &loop->body;
    }
    if (inner_axis(map))
        nest.out = scaled(lower, nest.out, inner_axis(map)->out, NULL);
    nest.out = loop_local(lower, nest.site.into, "out", nest.out);
    return nest;
}

/* 1 in the middle of the window, 0 a stride from there. */
static LoopExpr *linear_share(Lower *lower, const MapAxis *axis, LoopExpr *k)
{
    Arena *arena = lower->arena;
    LoopExpr *middle = loop_float(arena, (axis->taps - 1) / 2.0),
             *distance = loop_op(arena, OP_ABS, op2(lower, OP_SUB, loop_cast(arena, TYPE_F32, k), middle),
                                 NULL, NULL);
    return op2(lower, OP_SUB, loop_float(arena, 1),
               op2(lower, OP_DIV, distance, loop_float(arena, axis->stride)));
}

/* The input position that tap k of an output position reads; what follows stands where there is one. */
static LoopExpr *reached(Lower *lower, MapNest *nest, const MapAxis *axis, LoopExpr *output, LoopExpr *k)
{
    Arena *arena = lower->arena;
    LoopExpr *at =
        op2(lower, OP_ADD, scaled(lower, output, axis->stride, NULL), scaled(lower, k, axis->dilation, NULL));
    if (axis->before)
        at = op2(lower, OP_SUB, at, num(lower, axis->before));
    at = loop_local(lower, nest->site.into, "at", at);
    LoopExpr *first = num(lower, 0), *last = num(lower, axis->in - 1);
    if (nest->map->edge == EDGE_REPLICATE) {
        at = loop_op(arena, OP_SELECT, op2(lower, OP_LT, at, first), first, at);
        return loop_op(arena, OP_SELECT, op2(lower, OP_GT, at, last), last, at);
    }
    LoopExpr *inside = op2(lower, OP_AND, op2(lower, OP_GE, at, first), op2(lower, OP_LE, at, last));
    nest->site.into = &loop_if(arena, nest->site.into, inside)->body;
    return at;
}

static LoopExpr *for_taps_of(Lower *lower, MapNest *nest, const MapAxis *axis, LoopExpr *output)
{
    if (axis->reach == REACH_SAME)
        return output;
    bool window = axis->reach == REACH_WINDOW;
    LoopStmt *loop =
        for_range(lower, nest->site.into, window ? "tap" : "from", window ? axis->taps : axis->in);
    LoopExpr *k = loop_variable(lower, loop);
    nest->site.into = &loop->body;
    if (axis->linear)
        nest->constant = loop_local(lower, nest->site.into, "share",
                                    op2(lower, OP_MUL, nest->constant, linear_share(lower, axis, k)));
    nest->tap = scaled(lower, nest->tap, window ? axis->taps : axis->in, k);
    return window ? reached(lower, nest, axis, output, k) : k;
}

/* The outputs that read the site's step, one for each tap. */
static void for_taps_back(Lower *lower, MapNest *nest, const MapAxis *time)
{
    LoopStmt *loop = for_range(lower, nest->site.into, "tap", time->taps);
    LoopExpr *k = loop_variable(lower, loop);
    LoopExpr *later = op2(lower, OP_SUB, num(lower, time->before), scaled(lower, k, time->dilation, NULL));
    nest->in_t = nest->site.t;
    nest->out_t = loop_local(lower, &loop->body, "at", op2(lower, OP_ADD, nest->in_t, later));
    nest->tap = scaled(lower, nest->tap, time->taps, k);
    nest->site.into =
        &loop_if(lower->arena, &loop->body, op2(lower, OP_LT, nest->out_t, num(lower, time->out)))->body;
}

MapNest for_taps(Lower *lower, MapNest nest)
{
    const AxisMap *map = nest.map;
    if (nest.back)
        for_taps_back(lower, &nest, &map->time);
    else if (map->time.reach != REACH_SAME)
        nest.in_t = for_taps_of(lower, &nest, &map->time, nest.out_t);
    for (int a = 0; a < outer_axes(map); a++)
        nest.in = scaled(lower, nest.in, map->space[a].in,
                         for_taps_of(lower, &nest, &map->space[a], nest.position[a]));
    if (inner_axis(map))
        nest.in = scaled(lower, nest.in, inner_axis(map)->in, NULL);
    nest.in = loop_local(lower, nest.site.into, "in", nest.in);
    return nest;
}
