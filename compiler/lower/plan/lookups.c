/* Maps by patterns of spikes make sums of few numbers, which tables have. If a scan alone reads them, it looks them up, position by
 * position: to keep them for all steps and to read them again would take longer than to find them. What flows back to such
 * weights is added up the same way: if an adjoint alone makes it, it adds it to what each pattern has, and keeps it nowhere. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* Of all its parts, positions and steps. */
static int64_t patterns_of(const Planning *plan, int map)
{
    const AxisMap *axes = plan->net->nodes.at[map].map;
    int parts = (map_rows(axes) + PATTERN_ROWS - 1) / PATTERN_ROWS;
    return (int64_t)parts * map_positions(axes) * plan->nodes[map].steps;
}

/* Whether vectors of the channels of a position are worth to go through these one by one. */
static bool has_channels(const Planning *plan, int map)
{
    int outs = map_mixed(plan->net->nodes.at[map].map)->out;
    return outs % TILE_VECTOR == 0 || plan->options.kernels == KERNELS_TABLE;
}

/* Whether the scan reads nothing else that a map within its kernel would make. */
static bool looks_up_one(const Planning *plan, const Node *scan, int map)
{
    for (int i = 0; i < scan->ins.count; i++) {
        int maker = plan->net->streams.at[scan->ins.at[i]].node;
        if (maker != NONE && maker != map && plan->nodes[maker].role == ROLE_MAP)
            return false;
    }
    return true;
}

int looker_of(const Planning *plan, int map)
{
    const Net *net = plan->net;
    const NodePlan *node = &plan->nodes[map];
    const Stream *made = &net->streams.at[node->stream];
    int n = only_reader(&plan->readers, node->stream);
    if (n == NONE || net->nodes.at[n].kind != NODE_SCAN || made->keep || node->group || plan->options.infer
        || is_without(plan->options.without, OPTIMISATION_LOOKUPS))
        return NONE;
    const NodePlan *scan = &plan->nodes[n];
    bool may = scan->role == ROLE_SCAN && scan->even && scan->in_time && node->in_time && !scan->group
               && made->batched && (map < net->backward) == (n < net->backward)
               && scan->units == shape_size(made->shape) && looks_up_one(plan, &net->nodes.at[n], map);
    return may && has_channels(plan, map) && patterns_of(plan, map) <= LOOKUP_MOST ? n : NONE;
}

/* ---- gradients ---- */

/* Whether the adjoint makes nothing else, and no map is made within its kernel. */
static bool makes_one(const Planning *plan, int adjoint, StreamId made)
{
    const Node *node = &plan->net->nodes.at[adjoint];
    for (int i = 0; i < node->ins.count; i++) {
        int maker = plan->net->streams.at[node->ins.at[i]].node;
        if (maker != NONE && plan->nodes[maker].host == adjoint)
            return false;
    }
    return node->outs.count == 1 && node->outs.at[0].stream == made;
}

/* Whether they are of spikes and of few weights, so that tallies stay in the first cache, and their order is free. */
static bool has_tallies(const Planning *plan, int gradient)
{
    const Node *node = &plan->net->nodes.at[gradient];
    int rows = map_rows(node->map), outs = map_mixed(node->map)->out;
    int parts = (rows + PATTERN_ROWS - 1) / PATTERN_ROWS;
    return plan->streams[node->in].events && rows <= PATTERN_MOST
           && (parts << PATTERN_ROWS) * outs <= TALLY_MOST && !plan->nodes[gradient].pieces
           && plan->options.kernels != KERNELS_EVENT;
}

int tallier_of(const Planning *plan, int gradient)
{
    const Net *net = plan->net;
    const NodePlan *node = &plan->nodes[gradient];
    const Stream *made = &net->streams.at[node->stream];
    int n = made->node;
    if (n == NONE || n < net->backward || net->nodes.at[n].kind != NODE_SCAN || made->keep || node->group
        || is_without(plan->options.without, OPTIMISATION_TALLIES))
        return NONE;
    const NodePlan *scan = &plan->nodes[n];
    bool may = scan->role == ROLE_SCAN && scan->even && scan->in_time && node->in_time && !scan->group
               && made->batched && only_reader(&plan->readers, node->stream) == gradient
               && scan->units == shape_size(made->shape) && makes_one(plan, n, node->stream);
    return may && has_tallies(plan, gradient) && has_channels(plan, gradient)
                   && patterns_of(plan, gradient) <= LOOKUP_MOST
               ? n
               : NONE;
}
