/* What is computed together. A linear map whose outputs only one scan reads is made in that scan's kernel, tile
 * by tile, and so are the gradients of weights and biases behind the scan that makes their gradient stream: what
 * passes between them stays in a cache and needs no array for the whole batch. */
#include "layer.h"
#include "schedule.h"
#include "tile.h"

static void mark_recurrent(Lower *lower, int first, int last, bool *recurrent)
{
    Schedule schedule = schedule_nodes(lower->arena, lower->net, first, last);
    for (int p = 0; p < schedule.count; p++)
        for (int i = 0; i < schedule.at[p].count; i++)
            recurrent[schedule.at[p].nodes[i]] = schedule.at[p].recurrent;
}

/* The only node that reads the stream, or NONE. */
static int only_reader(const Net *net, StreamId stream)
{
    int found = NONE;
    for (int n = 0; n < net->nodes.count; n++) {
        if (!node_reads(&net->nodes.at[n], stream))
            continue;
        if (found != NONE)
            return NONE;
        found = n;
    }
    return found;
}

static bool is_host(const Lower *lower, int scan, const bool *recurrent)
{
    if (scan == NONE || recurrent[scan])
        return false;
    const Node *node = &lower->net->nodes.at[scan];
    return node->kind == NODE_SCAN && scan_in_time(lower->net, node);
}

static bool same_phase(const Net *net, int a, int b)
{
    return (a < net->backward) == (b < net->backward);
}

static int host_of(const Lower *lower, int n, const bool *recurrent)
{
    const Net *net = lower->net;
    const Node *node = &net->nodes.at[n];
    StreamId stream = node->kind == NODE_WEIGHT_GRAD ? node->aux
                      : node->kind == NODE_BIAS_GRAD ? node->in
                      : node->kind == NODE_DENSE     ? node->out
                                                     : NONE;
    if (stream == NONE || recurrent[n] || !stream_of(lower, stream)->temporal)
        return NONE;
    int host = node->kind == NODE_DENSE ? only_reader(net, stream) : stream_of(lower, stream)->node;
    if (!is_host(lower, host, recurrent) || !same_phase(net, n, host))
        return NONE;
    /* Slices of the batch would all add to one bias. */
    if (node->kind == NODE_BIAS_GRAD && !tile_cuts(lower, &net->nodes.at[host]))
        return NONE;
    return tile_fits(lower, &net->nodes.at[host]) ? host : NONE;
}

/* Made and read in one kernel only. */
static bool is_local(const Lower *lower, StreamId stream)
{
    const Net *net = lower->net;
    int maker = stream_of(lower, stream)->node, readers = 0;
    if (maker == NONE)
        return false;
    int host = lower->host[maker] != NONE ? lower->host[maker] : maker;
    if (net->nodes.at[host].kind != NODE_SCAN || !tile_cuts(lower, &net->nodes.at[host]))
        return false;
    for (int n = 0; n < net->nodes.count; n++) {
        if (!node_reads(&net->nodes.at[n], stream))
            continue;
        readers++;
        if (n == maker || (n != host && lower->host[n] != host))
            return false;
    }
    return readers > 0;
}

void layer_plan(Lower *lower)
{
    const Net *net = lower->net;
    bool *recurrent = NEW_ARRAY(lower->arena, bool, net->nodes.count + 1);
    mark_recurrent(lower, 0, net->backward, recurrent);
    mark_recurrent(lower, net->backward, net->updates, recurrent);
    for (int n = 0; n < net->updates && !is_without(lower->without, OPTIMISATION_TILES); n++)
        lower->host[n] = host_of(lower, n, recurrent);
    for (StreamId s = 0; s < net->streams.count; s++)
        lower->local[s] = is_local(lower, s);
}
