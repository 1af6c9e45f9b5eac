/* What is computed together. A linear map whose outputs only one scan reads is made in that scan's kernel, tile
 * by tile, and so are the gradients of weights and biases behind the scan that makes their gradient stream: what
 * passes between them stays in a cache and needs no array for the whole batch. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* ---- hosts ---- */

/* Whether the scan's layer is wide enough to be cut. */
static bool is_cut(const Planning *plan, int n)
{
    return plan->nodes[n].tiles.count > 1;
}

/* Samples that a tile's kernel takes at a time where tables serve. */
static int chunk_samples(int steps)
{
    return CHUNK_ROWS > steps ? CHUNK_ROWS / steps : 1;
}

/* Whether tiles of this scan's streams are small enough to be local, be it tables or events that serve its maps. */
static bool fits(const Planning *plan, int scan)
{
    int64_t width = plan->nodes[scan].tiles.width, steps = plan->nodes[scan].steps;
    return width * steps * chunk_samples(plan->nodes[scan].steps) <= LOCAL_MOST;
}

static bool may_host(const Planning *plan, int n, int scan)
{
    const Net *net = plan->net;
    return scan != NONE && !plan->nodes[n].shared && !plan->nodes[scan].group && plan->nodes[scan].even
           && plan->nodes[scan].in_time && (n < net->backward) == (scan < net->backward) && fits(plan, scan);
}

static int host_of(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    if (node->patterns)
        return looker_of(plan, n);
    if (node->patches)
        return tallier_of(plan, n);
    if (!node->dense || node->group || !node->in_time)
        return NONE;
    int host = node->role == ROLE_MAP ? only_reader(&plan->readers, node->stream)
                                      : plan->net->streams.at[node->stream].node;
    if (!may_host(plan, n, host))
        return NONE;
    /* Slices of the batch would all add to one bias. */
    return node->role == ROLE_BIAS_GRAD && !is_cut(plan, host) ? NONE : host;
}

/* Gradients of several weights behind one stream, if no scan hosts them, are made while it is read once. */
static void share_gradients(Planning *plan, int first)
{
    const NodePlan *node = &plan->nodes[first];
    if (node->role != ROLE_MAP_GRAD || !node->dense || node->host != NONE)
        return;
    for (int r = plan->readers.first[node->stream]; r < plan->readers.first[node->stream + 1]; r++) {
        int n = plan->readers.to[r];
        NodePlan *other = &plan->nodes[n];
        bool alone = n > first && other->role == ROLE_MAP_GRAD && other->dense && other->host == NONE;
        if (alone && other->stream == node->stream)
            other->host = first;
    }
}

/* ---- layers ---- */

static void add_member(Planning *plan, LayerPlan *layer, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    switch (plan->nodes[n].role) {
    case ROLE_NONE: break;
    case ROLE_MAP:
        vec_push(plan->arena, &layer->maps, node);
        if (plan->streams[node->out].looked)
            layer->looked = node;
        break;
    case ROLE_SCAN: layer->scan = node; break;
    case ROLE_MAP_GRAD:
    case ROLE_BIAS_GRAD:
        vec_push(plan->arena, &layer->gradients, node);
        if (plan->streams[plan->nodes[n].stream].tallied)
            layer->tallied = node;
        break;
    }
}

/* A gradient of biases that no layer hosts has a kernel of another kind. */
static bool has_layer(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    return !node->group && node->host == NONE && node->role != ROLE_NONE && node->role != ROLE_BIAS_GRAD;
}

static const NodePlan *record_of(const Planning *plan, const Node *node)
{
    return &plan->nodes[node - plan->net->nodes.at];
}

/* Of what a layer that is not cut works on: units, or those of the matrix whose gradient it sums. */
static int columns_of(const Planning *plan, const LayerPlan *layer, const NodePlan *own)
{
    bool sums = layer->gradients.count > 0 && !record_of(plan, layer->gradients.at[0])->dense;
    return sums ? map_columns(layer->gradients.at[0]->map) : tiling_room(own->tiles);
}

/* How many samples of so many numbers stay in a cache. */
static int samples_together(int64_t sample, int most)
{
    return sample < most ? (int)(most / sample) : 1;
}

/* A gradient of many weights by few numbers: for each slice of the batch to have all of them would take longer than the
 * sums. Those of a few samples, which stay in a cache, are made together. */
static void cut_inputs(const Planning *plan, LayerPlan *layer)
{
    const Node *node = layer->gradients.count == 1 ? layer->gradients.at[0] : NULL;
    const NodePlan *record = node ? record_of(plan, node) : NULL;
    if (!record || layer->scan || layer->maps.count > 0
        || (record->pieces ? !record->by_inputs
                           : !record->windows || map_mixed(node->map)->in / node->map->groups < LEAST_INPUTS))
        return;
    int64_t steps = record->in_time ? record->steps : 1;
    int64_t ins = map_inputs(node->map), outs = map_outputs(node->map);
    layer->cut = CUT_INPUTS;
    layer->items = LOOP_SLICES;
    layer->together =
        record->pieces
            ? samples_together(steps * (ins / map_mixed(node->map)->in) * WINDOW_WIDTH, PIECE_SAMPLES)
            : samples_together(steps * (ins + outs), TOGETHER_MOST);
}

/* A map by squares of so many weights that each sample would read them from memory: some samples are made together. Who asks
 * for tables gets that where there are several blocks of channels. */
static void read_together(const Planning *plan, LayerPlan *layer)
{
    const Node *node = layer->maps.count == 1 ? layer->maps.at[0] : NULL;
    const NodePlan *record = node ? record_of(plan, node) : NULL;
    if (!record || layer->scan || layer->gradients.count > 0 || plan->by_samples)
        return;
    const MapAxis *channels = map_mixed(node->map);
    if (record->piece_taps)
        layer->together = samples_together((int64_t)record->steps * map_positions(node->map) * WINDOW_WIDTH,
                                           PIECE_TAP_SAMPLES);
    if (!record->winograd || record->pieces)
        return;
    int64_t weights = (int64_t)map_rows(node->map) * map_columns(node->map);
    bool forced = plan->options.kernels == KERNELS_TABLE
                  && (node->transposed ? channels->in : channels->out) > WINDOW_WIDTH;
    if (!forced && weights < WINOGRAD_WEIGHTS)
        return;
    int64_t positions = node->transposed ? map_inputs(node->map) / channels->in : map_positions(node->map);
    int64_t steps = record->in_time ? record->steps : 1;
    layer->together = samples_together(steps * positions * (node->transposed ? channels->out : channels->in),
                                       WINOGRAD_SAMPLES);
}

/* Whether other kernels of the same samples are worth to be joined with it. */
static bool goes_in_order(const Planning *plan, const LayerPlan *layer, const NodePlan *own)
{
    bool sample_by_sample = !layer->once && layer->chunk == 0 && !own->shared;
    return sample_by_sample && (plan->by_samples || !record_of(plan, layer->gradients.at[0])->dense);
}

static void finish_layer(const Planning *plan, LayerPlan *layer, int n)
{
    const NodePlan *own = &plan->nodes[n];
    bool alone = (layer->maps.count == 0 || layer->looked) && (layer->gradients.count == 0 || layer->tallied);
    bool cut = is_cut(plan, n) && !alone && (own->dense || layer->scan);
    layer->cut = cut ? CUT_UNITS : layer->gradients.count ? CUT_SLICES : CUT_SAMPLES;
    layer->width = cut ? own->tiles.width : columns_of(plan, layer, own);
    layer->items = cut ? own->tiles.count : layer->cut == CUT_SLICES ? LOOP_SLICES : own->shared;
    layer->once = !layer->scan && (layer->gradients.count > 0 || !plan->by_samples);
    for (int i = 0; i < layer->maps.count; i++) {
        const NodePlan *map = record_of(plan, layer->maps.at[i]);
        layer->once = layer->once && !map->in_time && !map->pieces; /* these are chosen for each sample */
        if (map->tables)
            layer->chunk = chunk_samples(map->steps);
    }
    layer->table = layer->chunk > 0;
    for (int i = 0; i < layer->gradients.count; i++) {
        const NodePlan *gradient = record_of(plan, layer->gradients.at[i]);
        layer->once = layer->once && gradient->role == ROLE_MAP_GRAD && !gradient->pieces
                      && (!gradient->in_time || gradient->steps_shared);
        layer->table = layer->table || gradient->tables;
    }
    if (layer->cut == CUT_SLICES && goes_in_order(plan, layer, own))
        layer->cut = CUT_ORDERED;
    cut_inputs(plan, layer);
    read_together(plan, layer);
}

static void collect_layers(Planning *plan)
{
    int count = plan->net->updates;
    LayerPlan **layers = NEW_ARRAY(plan->arena, LayerPlan *, count + 1); /* by node */
    for (int n = 0; n < count; n++)
        if (has_layer(plan, n))
            plan->nodes[n].layer = layers[n] = NEW(plan->arena, LayerPlan);
    for (int n = 0; n < count; n++) {
        int kernel = plan->nodes[n].host == NONE ? n : plan->nodes[n].host;
        if (layers[kernel])
            add_member(plan, layers[kernel], n);
    }
    for (int n = 0; n < count; n++)
        if (layers[n])
            finish_layer(plan, layers[n], n);
}

/* ---- what passes within layers and between them ---- */

/* Made and read in one kernel only. */
static bool is_local(const Planning *plan, StreamId stream)
{
    const Net *net = plan->net;
    int maker = net->streams.at[stream].node;
    int first = plan->readers.first[stream], end = plan->readers.first[stream + 1];
    if (maker == NONE || !net->streams.at[stream].batched || plan->streams[stream].looked
        || plan->streams[stream].tallied)
        return false;
    int host = plan->nodes[maker].host != NONE ? plan->nodes[maker].host : maker;
    if (plan->nodes[host].role != ROLE_SCAN || !is_cut(plan, host))
        return false;
    for (int r = first; r < end; r++) {
        int n = plan->readers.to[r];
        if (n == maker || (n != host && plan->nodes[n].host != host))
            return false;
    }
    return end > first;
}

/* Whether the node is a scan whose kernel goes tile by tile. */
static bool goes_by_tiles(const Planning *plan, int n)
{
    const LayerPlan *layer = plan->nodes[n].layer;
    return layer && layer->scan && layer->cut == CUT_UNITS;
}

/* Made and read by scans alone, tile by tile: what the adjoint needs of a neuron. Who wants to look at a stream
 * knows nothing of tiles, and of a remainder only that something follows each row. */
static bool is_tiled(const Planning *plan, StreamId stream)
{
    const Net *net = plan->net;
    int maker = net->streams.at[stream].node;
    if (maker == NONE || plan->streams[stream].local || !net->streams.at[stream].steps
        || !net->streams.at[stream].batched
        || plan->streams[stream].room > shape_size(net->streams.at[stream].shape)
        || net->streams.at[stream].keep || !goes_by_tiles(plan, maker))
        return false;
    for (int r = plan->readers.first[stream]; r < plan->readers.first[stream + 1]; r++)
        if (!goes_by_tiles(plan, plan->readers.to[r]))
            return false;
    return true;
}

/* One that has no array: it passes between a scan and tables. */
static void mark_stream(Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    if (node->host == NONE || node->dense)
        return;
    plan->streams[node->stream].looked = node->role == ROLE_MAP;
    plan->streams[node->stream].tallied = node->role == ROLE_MAP_GRAD;
}

void plan_layers(Planning *plan)
{
    const Net *net = plan->net;
    for (int n = 0; n < net->updates && !is_without(plan->options.without, OPTIMISATION_TILES); n++)
        plan->nodes[n].host = host_of(plan, n);
    for (int n = 0; n < net->updates && !is_without(plan->options.without, OPTIMISATION_TILES); n++)
        share_gradients(plan, n);
    for (int n = 0; n < net->updates; n++)
        mark_stream(plan, n);
    collect_layers(plan);
    for (StreamId s = 0; s < net->streams.count; s++)
        plan->streams[s].local = is_local(plan, s);
    for (StreamId s = 0; s < net->streams.count; s++)
        plan->streams[s].tiled = is_tiled(plan, s);
}
