/* Which kernels serve a map or a gradient. One that spikes drive: lists of events, tables, or either, by each batch's
 * activity. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

static bool follows(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    return node->dense && node->role != ROLE_BIAS_GRAD && plan->streams[plan->net->nodes.at[n].in].events;
}

/* Small layers have no choice. */
static bool is_large(const Node *node)
{
    return map_rows(node->map) * map_columns(node->map) >= LEAST_WEIGHTS;
}

/* Of a transposed map: each input is read by taps at even distances, whatever the stride. */
static bool turns(const MapAxis *axis)
{
    return axis->before >= 0 && (axis->stride == 1 || axis->dilation == 1);
}

/* Maps with windows over space that mix all channels, and zeros around. Transposed ones read the transpose of their weights,
 * which only the backward phase has. */
static bool has_windows(const Net *net, const Node *node)
{
    const AxisMap *map = node->map;
    bool turned = node->kind == NODE_MAP && node->transposed;
    bool has = map && map->time.reach == REACH_SAME && map->count > 1 && map_mixes_space(map)
               && map->groups == 1 && map->edge == EDGE_ZERO && node->weight != NONE
               && (!turned || node >= net->nodes.at + net->backward);
    for (int a = 0; has && a < map->count - 1; a++)
        has = map->space[a].reach == REACH_WINDOW && (!turned || turns(&map->space[a]));
    return has;
}

static void serve(Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    NodePlan *record = &plan->nodes[n];
    Kernels kernels = plan->options.kernels;
    record->windows =
        has_windows(plan->net, node) && !is_without(plan->options.without, OPTIMISATION_WINDOWS);
    if (!follows(plan, n))
        return;
    bool possible = !node->transposed;
    record->choice = possible && kernels == KERNELS_AUTO && is_large(node);
    record->tables = possible && (kernels == KERNELS_TABLE || record->choice);
    record->listed = !(record->tables && kernels == KERNELS_TABLE);
}

void plan_service(Planning *plan)
{
    const Net *net = plan->net;
    for (StreamId s = 0; s < net->streams.count; s++) {
        const Stream *stream = &net->streams.at[s];
        plan->streams[s].events = plan->streams[s].all_choose =
            stream->kind == STREAM_SPIKES && stream->temporal;
    }
    for (int n = 0; n < net->updates; n++) {
        serve(plan, n);
        if (follows(plan, n) && !plan->nodes[n].choice)
            plan->streams[net->nodes.at[n].in].all_choose = false;
    }
}
