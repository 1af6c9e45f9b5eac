/* Blank positions. Gradients of the weights of a convolution of spikes multiply what flows back by these: where no window
 * meets a spike at any step, whatever flows back is multiplied by zeros alone. If nobody else reads it, it need not be made
 * there, nor what it is made of: back to the next map. See maps/blanks.c. */
#include "lower/plan/planning.h"

static bool has_zero_edge_windows(const AxisMap *map)
{
    bool has = map->edge == EDGE_ZERO && map->time.reach == REACH_SAME && map->count > 1
               && map->space[map->count - 1].reach != REACH_WINDOW;
    for (int a = 0; has && a < map->count - 1; a++)
        has = map->space[a].reach != REACH_ALL;
    return has;
}

static bool is_made_backward(const Planning *plan, StreamId stream, int reader)
{
    const Stream *made = &plan->net->streams.at[stream];
    return made->node >= plan->net->backward && made->steps && made->batched && !made->keep
           && only_reader(&plan->readers, stream) == reader;
}

/* Through the node, which reads it. */
static void set_met(Planning *plan, StreamId stream, int reader)
{
    if (is_made_backward(plan, stream, reader))
        plan->streams[stream].met = &plan->net->nodes.at[reader];
}

/* Of a scan that goes over its units one by one, and makes nothing but a stream that is met. */
static void meet_through_scan(Planning *plan, int n)
{
    const Node *scan = &plan->net->nodes.at[n];
    const LayerPlan *layer = plan->nodes[n].layer;
    StreamId out = scan->outs.count == 1 ? scan->outs.at[0].stream : NONE;
    bool meets = plan->nodes[n].even && layer && layer->maps.count == 0
                 && (layer->gradients.count == 0 || layer->tallied) && scan->grads.count == 0 && out != NONE
                 && plan->streams[out].met;
    if (!meets)
        return;
    plan->nodes[n].met = out;
    for (int i = 0; i < scan->ins.count; i++)
        set_met(plan, scan->ins.at[i], n);
}

void plan_blanks(Planning *plan)
{
    const Net *net = plan->net;
    bool without = is_without(plan->options.without, OPTIMISATION_BLANKS);
    for (int n = net->updates - 1; n >= net->backward && !without; n--) {
        const Node *node = &net->nodes.at[n];
        bool spikes = node->kind == NODE_MAP_GRAD && net->streams.at[node->in].kind == STREAM_SPIKES;
        if (spikes && (plan->nodes[n].pieces || plan->nodes[n].patches))
            set_met(plan, node->aux, n);
        else if (node->kind == NODE_SCAN)
            meet_through_scan(plan, n);
        else if (node->kind == NODE_POOL_GRAD && plan->streams[node->out].met
                 && has_zero_edge_windows(node->map))
            set_met(plan, node->in, n);
    }
}
