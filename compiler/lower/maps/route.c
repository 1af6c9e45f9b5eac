/* The gradient of a maximum over windows that do not overlap is not spread out: who reads it, position by position, reads that
 * of the window instead, and asks where it goes.
 *
 *   best[t][w * channels + n]   of channel n of window w of a row, at step t: the number of the tap that is the first to
 *                               read the greatest */
#include "lower/maps/route.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/base/walk.h"
#include "lower/maps/blanks.h"
#include "lower/maps/view.h"

typedef struct Route {
    const Node *node;
    const MapAxis *axis;
    int axes;                                   /* all but that of channels */
    LoopExpr *window[MAX_DIMS], *tap[MAX_DIMS]; /* by axis */
} Route;

int route_channels(const Node *node)
{
    return node->map->space[node->map->count - 1].out;
}

static int taps_of(const MapAxis *axis)
{
    return axis->reach == REACH_WINDOW ? axis->taps : 1;
}

static void for_window(Lower *lower, Route *route, LoopBlock **into, int a)
{
    LoopStmt *loop = for_range(lower, *into, route->axis[a].name, route->axis[a].out);
    route->window[a] = loop_variable(lower, loop);
    *into = &loop->body;
}

static void for_tap(Lower *lower, Route *route, LoopBlock **into, int a)
{
    route->tap[a] = num(lower, 0);
    if (route->axis[a].reach != REACH_WINDOW)
        return;
    LoopStmt *loop = for_range(lower, *into, "tap", route->axis[a].taps);
    route->tap[a] = loop_variable(lower, loop);
    *into = &loop->body;
}

static LoopExpr *window_number(Lower *lower, const Route *route)
{
    LoopExpr *window = num(lower, 0);
    for (int a = 0; a < route->axes; a++)
        window = scaled_plus(lower, window, route->axis[a].out, route->window[a]);
    return window;
}

static LoopExpr *tap_number(Lower *lower, const Route *route)
{
    LoopExpr *tap = num(lower, 0);
    for (int a = 0; a < route->axes; a++)
        tap = scaled_plus(lower, tap, taps_of(&route->axis[a]), route->tap[a]);
    return tap;
}

static LoopExpr *position_number(Lower *lower, const Route *route)
{
    LoopExpr *position = num(lower, 0);
    for (int a = 0; a < route->axes; a++)
        position = scaled_plus(lower, position, route->axis[a].in,
                               scaled_plus(lower, route->window[a], taps_of(&route->axis[a]), route->tap[a]));
    return position;
}

/* ---- the greatest ---- */

static void set_taps(Lower *lower, Route *route, int number)
{
    for (int a = route->axes - 1; a >= 0; a--) {
        route->tap[a] = num(lower, number % taps_of(&route->axis[a]));
        number /= taps_of(&route->axis[a]);
    }
}

/* What tap number k reads of channel n. */
static LoopExpr *load_tap(Lower *lower, Route route, Site site, int k, LoopExpr *n)
{
    set_taps(lower, &route, k);
    LoopExpr *unit = scaled_plus(lower, position_number(lower, &route), route_channels(route.node), n);
    return loop_local(lower, site.into, "x", load_stream(lower, route.node->aux, site, unit));
}

static LoopExpr *first_greatest(Lower *lower, const Route *route, Site site, LoopExpr *n)
{
    LoopExpr *top = load_tap(lower, *route, site, 0, n), *best = num(lower, 0);
    for (int k = 1; k < map_rows(route->node->map); k++) {
        LoopExpr *x = load_tap(lower, *route, site, k, n);
        LoopExpr *above = loop_local(lower, site.into, "above", op2(lower, OP_GT, x, top));
        best = loop_op(lower->arena, OP_SELECT, above, num(lower, k), best);
        top = loop_op(lower->arena, OP_SELECT, above, x, top);
    }
    return best;
}

/* The same of spikes: the first of them, found backwards, each by a choice of its own. Compilers do that with vectors of bytes, and
 * what is the greatest so far with integers, four times as long. */
static LoopExpr *first_spike(Lower *lower, const Route *route, Site site, LoopExpr *n)
{
    LoopExpr *best = num(lower, 0);
    for (int k = map_rows(route->node->map) - 1; k >= 0; k--) {
        LoopExpr *spike = op2(lower, OP_NE, load_tap(lower, *route, site, k, n), num(lower, 0));
        best = loop_op(lower->arena, OP_SELECT, spike, num(lower, k), best);
        best = loop_local(lower, site.into, "best", best);
    }
    return best;
}

/* Of the windows of a row. */
static void emit_best(Lower *lower, Route route, Site site)
{
    const Node *node = route.node;
    int last = route.axes - 1, channels = route_channels(node),
        dims[2] = {steps_of(lower, node->out), route.axis[last].out * channels};
    BufferId best = named_buffer(lower, "best_of", stream_of(lower, node->aux)->name, TYPE_U8, BUFFER_LOCAL,
                                 false, 2, dims);
    lower->streams[node->out].best = best;
    bool spikes = stream_of(lower, node->aux)->kind == STREAM_SPIKES;
    site = walk_steps(lower, (Walk){NULL, NULL, dims[0]}, site);
    for_window(lower, &route, &site.into, last);
    site.into = if_met(lower, node->in, site.b, site.into, window_number(lower, &route));
    LoopStmt *loop = for_units(lower, site.into, "n", channels);
    LoopExpr *n = loop_variable(lower, loop);
    site.into = &loop->body;
    store2(lower, site.into, best, site.t, scaled_plus(lower, route.window[last], channels, n),
           (spikes ? first_spike : first_greatest)(lower, &route, site, n), false);
}

LoopExpr *for_routes(Lower *lower, const Node *node, Site *site, Routed *routed)
{
    Route route = {.node = node, .axis = node->map->space, .axes = node->map->count - 1};
    int last = route.axes - 1;
    site->tile = NULL;
    loop_comment(lower->arena, site->into,
                 arena_printf(lower->arena, "%s goes to the greatest of each window",
                              stream_of(lower, node->in)->name));
    for (int a = 0; a < last; a++)
        for_window(lower, &route, &site->into, a);
    emit_best(lower, route, *site);
    for (int a = 0; a < last; a++)
        for_tap(lower, &route, &site->into, a);
    for_window(lower, &route, &site->into, last);
    for_tap(lower, &route, &site->into, last);
    *routed = (Routed){window_number(lower, &route), route.window[last], tap_number(lower, &route)};
    return position_number(lower, &route);
}
