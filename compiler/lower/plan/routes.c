/* Gradients of maxima over windows that do not overlap. Each window's goes to one of its inputs at each step, the others get
 * nothing: the neurons that are read by the windows find out themselves, and it is never spread out. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* The scan that reads the gradient, if it is all that its kernel does, sample by sample, and it goes over the same units; or
 * NONE. */
static int router_of(const Planning *plan, const Node *pool)
{
    const Net *net = plan->net;
    int n = only_reader(&plan->readers, pool->out);
    if (n == NONE || net->nodes.at[n].kind != NODE_SCAN || !plan->nodes[n].layer)
        return NONE;
    const NodePlan *scan = &plan->nodes[n];
    const LayerPlan *layer = scan->layer;
    bool alone = layer->maps.count == 0
                 && (layer->tallied || (layer->gradients.count == 0 && layer->cut == CUT_SAMPLES));
    return alone && scan->even && scan->in_time && !scan->group && !scan->route
                   && scan->units == shape_size(net->streams.at[pool->out].shape)
               ? n
               : NONE;
}

/* Whether the axes that have no windows, too, are gone through by loops, but for channels: whole vectors of these. */
static bool has_channels(const AxisMap *map)
{
    const MapAxis *last = &map->space[map->count - 1];
    return map->count > 1 && last->reach == REACH_SAME && last->in >= TILE_VECTOR;
}

static bool may_route(const Planning *plan, const Node *pool)
{
    const Stream *out = &plan->net->streams.at[pool->out];
    const AxisMap *map = pool->map;
    return map->time.reach == REACH_SAME && map_reads_once(map) && has_channels(map) && map_rows(map) <= 256
           && out->steps && out->batched && !out->keep;
}

void plan_routes(Planning *plan)
{
    const Net *net = plan->net;
    for (int n = net->backward; n < net->updates && !is_without(plan->options.without, OPTIMISATION_ROUTES);
         n++) {
        const Node *node = &net->nodes.at[n];
        int scan = node->kind == NODE_POOL_GRAD && may_route(plan, node) ? router_of(plan, node) : NONE;
        if (scan == NONE)
            continue;
        plan->streams[node->out].routed = true;
        plan->nodes[scan].route = node;
    }
}
