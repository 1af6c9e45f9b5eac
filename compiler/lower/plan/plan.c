/* What is computed together. A linear map whose outputs only one scan reads is made in that scan's kernel, tile
 * by tile, and so are the gradients of weights and biases behind the scan that makes their gradient stream: what
 * passes between them stays in a cache and needs no array for the whole batch. */
#include "lower/train/layer.h"
#include "lower/spikes/pack.h"
#include "schedule.h"
#include "lower/base/tile.h"

/* group[node]: the number of its recurrent group, or 0. */
static void mark_recurrent(Lower *lower, int first, int last)
{
    Schedule schedule = schedule_nodes(lower->arena, lower->net, first, last);
    for (int p = 0; p < schedule.count; p++)
        for (int i = 0; i < schedule.at[p].count; i++)
            lower->group[schedule.at[p].nodes[i]] = schedule.at[p].recurrent ? first + p + 1 : 0;
}

static bool is_host(const Lower *lower, int scan)
{
    if (scan == NONE || lower->group[scan])
        return false;
    const Node *node = &lower->net->nodes.at[scan];
    return node->kind == NODE_SCAN && scan_in_time(lower->net, node);
}

static bool same_phase(const Net *net, int a, int b)
{
    return (a < net->backward) == (b < net->backward);
}

static int host_of(const Lower *lower, int n)
{
    const Net *net = lower->net;
    const Node *node = &net->nodes.at[n];
    StreamId stream = node->kind == NODE_WEIGHT_GRAD ? node->aux
                      : node->kind == NODE_BIAS_GRAD ? node->in
                      : node->kind == NODE_DENSE     ? node->out
                                                     : NONE;
    if (stream == NONE || lower->group[n] || !stream_of(lower, stream)->temporal)
        return NONE;
    int host = node->kind == NODE_DENSE ? net_only_reader(net, stream) : stream_of(lower, stream)->node;
    if (!is_host(lower, host) || !same_phase(net, n, host))
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

/* Whether the node is a scan whose kernel goes tile by tile. */
static bool goes_by_tiles(const Lower *lower, int n)
{
    const Node *node = &lower->net->nodes.at[n];
    bool hosts = false;
    for (int k = 0; k < lower->net->updates; k++)
        hosts = hosts || lower->host[k] == n;
    return hosts && node->kind == NODE_SCAN && tile_cuts(lower, node);
}

/* Made and read by scans alone, tile by tile: what the adjoint needs of a neuron. */
static bool is_tiled(const Lower *lower, StreamId stream)
{
    const Net *net = lower->net;
    int maker = stream_of(lower, stream)->node;
    if (maker == NONE || lower->local[stream] || !stream_of(lower, stream)->temporal
        || !goes_by_tiles(lower, maker))
        return false;
    for (int n = 0; n < net->nodes.count; n++)
        if (node_reads(&net->nodes.at[n], stream) && !goes_by_tiles(lower, n))
            return false;
    return true;
}

/* Gradients of several weights behind one stream, if no scan hosts them, are made while it is read once. */
static void share_gradients(Lower *lower, int first)
{
    const Net *net = lower->net;
    const Node *node = &net->nodes.at[first];
    if (node->kind != NODE_WEIGHT_GRAD || lower->host[first] != NONE)
        return;
    for (int n = first + 1; n < net->updates; n++)
        if (net->nodes.at[n].kind == NODE_WEIGHT_GRAD && lower->host[n] == NONE
            && net->nodes.at[n].aux == node->aux)
            lower->host[n] = first;
}

enum { MOST_SLOTS = 4 };

/* The group in whose loop over time the node runs, or 0. */
static int group_of(const Lower *lower, int n)
{
    return lower->group[n] ? lower->group[n] : lower->joined[n];
}

/* A map from spikes into a group is made by the group, step by step: its currents need no array. */
static int joined_of(const Lower *lower, int n)
{
    const Node *node = &lower->net->nodes.at[n];
    if (node->kind != NODE_DENSE || node->transposed || lower->group[n] || !follows_events(lower, node->in)
        || !event_use(lower, node))
        return 0;
    int reader = net_only_reader(lower->net, node->out);
    return reader != NONE && lower->net->nodes.at[reader].kind == NODE_SCAN
                   && same_phase(lower->net, n, reader)
               ? lower->group[reader]
               : 0;
}

/* How many steps of a stream are needed at a time; 0: all, or nobody reads it. */
static int slots_of(const Lower *lower, StreamId stream)
{
    const Net *net = lower->net;
    int maker = stream_of(lower, stream)->node, slots = 0;
    if (maker == NONE || !group_of(lower, maker) || !stream_of(lower, stream)->temporal)
        return 0;
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (!node_reads(node, stream))
            continue;
        int back = node->kind == NODE_DELAY ? (node->steps < 0 ? -node->steps : node->steps) : 0;
        if (n == maker || lower->group[n] != group_of(lower, maker) || back + 1 > MOST_SLOTS)
            return 0;
        slots = back + 1 > slots ? back + 1 : slots;
    }
    return slots < net->steps ? slots : 0;
}

/* A delayed stream that only its group reads needs no copy: what it is made from is kept as long. */
static bool is_shifted(const Lower *lower, StreamId stream)
{
    const Net *net = lower->net;
    if (!lower->slots[stream] || net->nodes.at[stream_of(lower, stream)->node].kind != NODE_DELAY)
        return false;
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_DELAY && node_reads(&net->nodes.at[n], stream))
            return false; /* and not longer */
    return true;
}

static void plan_groups(Lower *lower)
{
    for (int n = 0; n < lower->net->updates; n++)
        lower->joined[n] = joined_of(lower, n);
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        lower->slots[s] = slots_of(lower, s);
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        lower->shifted[s] = is_shifted(lower, s);
}

static bool is_whole(const Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->temporal && stream_of(lower, stream)->kind == STREAM_REALS
           && !lower->local[stream] && !lower->slots[stream];
}

static bool is_taken(const Lower *lower, StreamId stream)
{
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        if (lower->place[s] == stream)
            return true;
    return false;
}

/* What a scan keeps for its adjoint alone is read for the last time where the adjoint makes a gradient of the same
 * unit and step, which can have its place: the whole gradient would cost as much memory again. */
static bool gives_place(const Lower *lower, StreamId kept, int adjoint, StreamId gradient)
{
    const Net *net = lower->net;
    int maker = stream_of(lower, kept)->node;
    return maker != NONE && maker == net->nodes.at[adjoint].forward && net->nodes.at[maker].kind == NODE_SCAN
           && net_only_reader(net, kept) == adjoint && is_whole(lower, kept) && !is_taken(lower, kept)
           && stream_size(lower, kept) == stream_size(lower, gradient)
           && lower->tiled[kept] == lower->tiled[gradient];
}

static StreamId place_of(const Lower *lower, StreamId gradient)
{
    const Net *net = lower->net;
    int adjoint = stream_of(lower, gradient)->node;
    if (adjoint == NONE || adjoint < net->backward || net->nodes.at[adjoint].kind != NODE_SCAN
        || net->nodes.at[adjoint].forward == NONE || !is_whole(lower, gradient))
        return NONE;
    for (int i = 0; i < net->nodes.at[adjoint].ins.count; i++)
        if (gives_place(lower, net->nodes.at[adjoint].ins.at[i], adjoint, gradient))
            return net->nodes.at[adjoint].ins.at[i];
    return NONE;
}

void layer_plan(Lower *lower)
{
    const Net *net = lower->net;
    mark_recurrent(lower, 0, net->backward);
    mark_recurrent(lower, net->backward, net->updates);
    for (int n = 0; n < net->updates && !is_without(lower->without, OPTIMISATION_TILES); n++)
        lower->host[n] = host_of(lower, n);
    for (int n = 0; n < net->updates && !is_without(lower->without, OPTIMISATION_TILES); n++)
        share_gradients(lower, n);
    for (StreamId s = 0; s < net->streams.count; s++)
        lower->local[s] = is_local(lower, s);
    if (!is_without(lower->without, OPTIMISATION_LOCKSTEP))
        plan_groups(lower);
    for (StreamId s = 0; s < net->streams.count; s++)
        lower->tiled[s] = is_tiled(lower, s);
    for (StreamId s = 0; s < net->streams.count; s++)
        lower->place[s] = NONE;
    for (StreamId s = 0; s < net->streams.count; s++)
        if (!is_without(lower->without, OPTIMISATION_PLACES))
            lower->place[s] = place_of(lower, s);
}
