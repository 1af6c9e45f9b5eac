/* Whether samples go through the whole network one by one, forward and backward: see pass/chain.c, which joins the kernels.
 * Then each has all weights to itself, and nothing that is worth its making for many samples only. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* Convolutions over time make arrays that are worth it. */
static bool is_convolution(const Net *net, const Node *node)
{
    if (node->kind != NODE_MAP || !map_mixes_space(node->map) || !net->streams.at[node->out].steps)
        return false;
    for (int a = 0; a < node->map->count; a++)
        if (node->map->space[a].reach == REACH_WINDOW)
            return true;
    return false;
}

/* What samples wait for: steps of each other, or a sum over the batch. */
static bool holds_up(const Net *net, const Node *node)
{
    bool sums = false;
    for (int i = 0; i < node->outs.count && node->kind == NODE_SCAN; i++)
        sums = sums || scan_sums_samples(net, node, node->outs.at[i].stream);
    return sums || node->kind == NODE_DELAY;
}

bool goes_by_samples(const Net *net, LowerOptions options)
{
    bool learns = net->backward < net->updates, convolves = false;
    int64_t weights = 0;
    if (!learns || options.infer || options.kernels == KERNELS_TABLE
        || is_without(options.without, OPTIMISATION_CHAINS))
        return false;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        if (holds_up(net, node))
            return false;
        convolves = convolves || is_convolution(net, node);
        if (node->kind == NODE_MAP && map_is_dense(node->map))
            weights += (int64_t)map_rows(node->map) * map_columns(node->map);
    }
    return convolves && weights <= SAMPLE_WEIGHTS;
}
