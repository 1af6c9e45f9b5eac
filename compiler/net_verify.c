/* What every pass over the Net must leave behind: references exist, shapes and times agree, nodes stand in
 * an order in which they can run, bodies keep numbers and truth values apart. */
#include "net_verify.h"
#include "schedule.h"

/* ---- streams ---- */

static bool stream_exists(const Net *net, StreamId stream)
{
    return stream >= 0 && stream < net->streams.count;
}

static const Stream *stream_at(const Verifier *verifier, StreamId stream)
{
    return &verifier->net->streams.at[stream];
}

static const char *stream_name(const Verifier *verifier, StreamId stream)
{
    return stream_at(verifier, stream)->name;
}

/* ---- references ---- */

static bool verify_reference(Verifier *verifier, int id, int count, Reference wanted, const char *what)
{
    return net_require(verifier, wanted != REFERENCE_NO || id == NONE, "`%s` has no meaning here", what)
           && net_require(verifier, wanted != REFERENCE_YES || id != NONE, "`%s` is missing", what)
           && net_require(verifier, id == NONE || (id >= 0 && id < count), "`%s` is %d of %d", what, id,
                          count);
}

static bool verify_fields(Verifier *verifier)
{
    const Node *node = verifier->node;
    const NodeFacts *facts = node_facts(node->kind);
    int streams = verifier->net->streams.count, params = verifier->net->params.count;
    int listed = node->ins.count + node->params.count + node->states.count + node->outs.count
                 + node->grads.count + node->body.code.count;
    return verify_reference(verifier, node->in, streams, facts->in, "in")
           && verify_reference(verifier, node->aux, streams, facts->aux, "aux")
           && verify_reference(verifier, node->out, streams, facts->out, "out")
           && verify_reference(verifier, node->weight, params, facts->weight, "weight")
           && verify_reference(verifier, node->bias, params, facts->bias, "bias")
           && net_require(verifier, facts->equations || listed == 0, "equations have no meaning here");
}

static bool verify_producer(Verifier *verifier, StreamId stream)
{
    return net_require(verifier, stream_at(verifier, stream)->node == verifier->index,
                       "makes `%s`, which says that node %d does", stream_name(verifier, stream),
                       stream_at(verifier, stream)->node);
}

static bool verify_lists(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Net *net = verifier->net;
    bool good = node->out == NONE || verify_producer(verifier, node->out);
    for (int i = 0; i < node->ins.count && good; i++)
        good = net_require(verifier, stream_exists(net, node->ins.at[i]), "input %d is stream %d of %d", i,
                           node->ins.at[i], net->streams.count);
    for (int p = 0; p < node->params.count && good; p++)
        good = net_require(verifier, node->params.at[p] >= 0 && node->params.at[p] < net->params.count,
                           "parameter %d is %d of %d", p, node->params.at[p], net->params.count);
    for (int k = 0; k < node->outs.count && good && node->kind != NODE_UPDATE; k++)
        good = net_require(verifier, stream_exists(net, node->outs.at[k].stream),
                           "output %d is stream %d of %d", k, node->outs.at[k].stream, net->streams.count)
               && verify_producer(verifier, node->outs.at[k].stream);
    return good
           && net_require(verifier,
                          node->forward == NONE || (node->forward >= 0 && node->forward < verifier->index),
                          "belongs to node %d, which is no earlier one", node->forward);
}

static bool is_drawn(const Verifier *verifier, int maker)
{
    return verifier->net->nodes.at[maker].kind == NODE_RANDOM;
}

/* A stream is read where it has been made. Only a delay may read what a later node makes; only scans draw. */
static bool verify_read(Verifier *verifier, StreamId stream)
{
    if (stream == NONE)
        return true;
    int maker = stream_at(verifier, stream)->node;
    bool cycle = verifier->node->kind == NODE_DELAY && maker > verifier->index && verifier->node->steps != 0;
    return net_require(verifier, maker != NONE, "reads `%s`, which nobody makes",
                       stream_name(verifier, stream))
           && net_require(verifier, maker < verifier->index || cycle,
                          "reads `%s`, which is made later, by node %d", stream_name(verifier, stream), maker)
           && net_require(verifier, !is_drawn(verifier, maker) || verifier->node->kind == NODE_SCAN,
                          "reads random numbers, `%s`", stream_name(verifier, stream));
}

static bool verify_reads(Verifier *verifier)
{
    const Node *node = verifier->node;
    bool good = true;
    for (int k = 0; k < node_read_count(node) && good; k++)
        good = verify_read(verifier, node_read(node, k));
    return good;
}

/* ---- shapes and times ---- */

static bool same_shape(Verifier *verifier, StreamId a, StreamId b)
{
    Arena *arena = verifier->net->arena;
    Shape first = stream_at(verifier, a)->shape, second = stream_at(verifier, b)->shape;
    return net_require(verifier, shape_equal(first, second), "`%s` is %s, but `%s` is %s",
                       stream_name(verifier, a), shape_text(arena, first), stream_name(verifier, b),
                       shape_text(arena, second));
}

static bool is_temporal(Verifier *verifier, StreamId stream, bool temporal)
{
    return net_require(verifier, stream_at(verifier, stream)->temporal == temporal, "`%s` is %s time",
                       stream_name(verifier, stream),
                       temporal ? "the same at all steps, not over" : "not a sum over");
}

static bool same_time(Verifier *verifier, StreamId a, StreamId b)
{
    return net_require(verifier, stream_at(verifier, a)->temporal == stream_at(verifier, b)->temporal,
                       "of `%s` and `%s` only one goes over time", stream_name(verifier, a),
                       stream_name(verifier, b));
}

static bool has_units(Verifier *verifier, StreamId stream, int units)
{
    int size = shape_size(stream_at(verifier, stream)->shape);
    return net_require(verifier, size == units, "`%s` has %d units, its map %d",
                       stream_name(verifier, stream), size, units);
}

static bool weight_fits(Verifier *verifier, const AxisMap *map, ParamId weight)
{
    const Param *param = &verifier->net->params.at[weight];
    Shape shape = {0};
    shape.ndim = map_weight_dims(map, shape.dims);
    return net_require(verifier, shape_equal(param->shape, shape), "`%s` is %s, not %s", param->name,
                       shape_text(verifier->net->arena, param->shape),
                       shape_text(verifier->net->arena, shape));
}

/* A stream that is the weights, or their gradient. */
static bool weights_fit(Verifier *verifier, const AxisMap *map, StreamId weights)
{
    const Stream *stream = stream_at(verifier, weights);
    int size = map_rows(map) * map_columns(map);
    return net_require(verifier, !stream->batched && !stream->temporal, "`%s` are no weights: they change",
                       stream->name)
           && net_require(verifier, shape_size(stream->shape) == size, "`%s` are %d weights of %d",
                          stream->name, shape_size(stream->shape), size);
}

/* The map takes `in` to `out`; `weights` is a stream of them, or of their gradient, or NONE. */
static bool map_fits(Verifier *verifier, const Node *node, StreamId in, StreamId out, StreamId weights)
{
    if (!net_require(verifier, node->map != NULL, "has no map"))
        return false;
    const AxisMap *map = node->map;
    const char *fault = map_fault(map);
    bool whole = map->time.reach == REACH_SAME
                 || (map->time.in == verifier->net->steps && map->time.out == verifier->net->steps
                     && stream_at(verifier, in)->temporal);
    return net_require(verifier, !fault, "%s", fault)
           && net_require(verifier, whole, "goes over other steps than there are")
           && has_units(verifier, in, map_inputs(map)) && has_units(verifier, out, map_outputs(map))
           && same_time(verifier, in, out)
           && (node->weight == NONE || weight_fits(verifier, map, node->weight))
           && (weights == NONE || weights_fit(verifier, map, weights));
}

static bool bias_fits(Verifier *verifier, const Node *node)
{
    if (!net_require(verifier, node->map != NULL, "has no map"))
        return false;
    const Param *param = &verifier->net->params.at[node->bias];
    int size = map_biases(node->map, node->transposed);
    Shape shape = {.ndim = size > 0, .dims = {size}};
    return net_require(verifier, shape_equal(param->shape, shape), "`%s` is %s, not %s", param->name,
                       shape_text(verifier->net->arena, param->shape),
                       shape_text(verifier->net->arena, shape));
}

static bool verify_map(Verifier *verifier)
{
    const Node *node = verifier->node;
    StreamId from = node->transposed ? node->out : node->in, to = node->transposed ? node->in : node->out;
    return map_fits(verifier, node, from, to, node->aux) && (node->bias == NONE || bias_fits(verifier, node));
}

static bool verify_scan_grads(Verifier *verifier)
{
    const Node *node = verifier->node;
    for (int g = 0; g < node->grads.count; g++) {
        bool found = false;
        for (int p = 0; p < node->params.count; p++)
            found = found || node->params.at[p] == node->grads.at[g].param;
        if (!net_require(verifier, found, "gradient %d is of no parameter of the node", g))
            return false;
    }
    return true;
}

static bool is_within(Verifier *verifier, const char *name, Shape shape, Shape units)
{
    Arena *arena = verifier->net->arena;
    return net_require(verifier, shape_within(shape, units), "`%s` is %s, but the units are %s", name,
                       shape_text(arena, shape), shape_text(arena, units));
}

/* A sum of spikes is a number. */
static bool verify_scan_out(Verifier *verifier, StreamId out, Shape units)
{
    const Net *net = verifier->net;
    bool sum = scan_sums(net, verifier->node, out);
    return is_within(verifier, stream_name(verifier, out), stream_at(verifier, out)->shape, units)
           && net_require(verifier, !sum || stream_at(verifier, out)->kind == STREAM_REALS,
                          "`%s` is a sum, not of spikes", stream_name(verifier, out));
}

static bool verify_scan_axes(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Net *net = verifier->net;
    Shape units = scan_units(net, node);
    bool good = true;
    for (int i = 0; i < node->ins.count && good; i++)
        good = is_within(verifier, stream_name(verifier, node->ins.at[i]),
                         stream_at(verifier, node->ins.at[i])->shape, units);
    for (int k = 0; k < node->outs.count && good; k++)
        good = verify_scan_out(verifier, node->outs.at[k].stream, units);
    for (int p = 0; p < node->params.count && good; p++)
        good = is_within(verifier, net->params.at[node->params.at[p]].name,
                         net->params.at[node->params.at[p]].shape, units);
    return good;
}

static bool verify_scan(Verifier *verifier)
{
    const Node *node = verifier->node;
    return net_require(verifier, node->outs.count + node->grads.count > 0, "has no result")
           && net_require(verifier, node->outs.count + node->ins.count > 0, "has no stream to tell its size")
           && verify_scan_axes(verifier) && verify_scan_grads(verifier) && verify_body(verifier);
}

/* What another run recorded is told by no data line. */
static bool verify_data(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Data *data = &verifier->net->data;
    bool spikes = stream_at(verifier, node->out)->kind == STREAM_SPIKES;
    return node->held || node->target || node->present
           || net_require(verifier, spikes == data->spikes, "`%s` and the data differ in kind",
                          stream_name(verifier, node->out));
}

static bool verify_delay(Verifier *verifier)
{
    const Node *node = verifier->node;
    return same_shape(verifier, node->in, node->out) && is_temporal(verifier, node->in, true)
           && is_temporal(verifier, node->out, true)
           && net_require(verifier,
                          stream_at(verifier, node->in)->kind == stream_at(verifier, node->out)->kind,
                          "`%s` and `%s` differ in kind", stream_name(verifier, node->in),
                          stream_name(verifier, node->out));
}

/* One number a class, for all steps. */
static bool verify_scores(Verifier *verifier)
{
    StreamId in = verifier->node->in;
    int size = shape_size(stream_at(verifier, in)->shape), classes = verifier->net->data.classes;
    return net_require(verifier, size == classes, "`%s` has %d values for %d classes",
                       stream_name(verifier, in), size, classes);
}

/* What a copy puts behind its `in`. */
static bool verify_joined(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Stream *aux = stream_at(verifier, node->aux), *out = stream_at(verifier, node->out);
    const Extract *piece = &node->piece;
    int behind = piece->outer * piece->inner * (piece->out - piece->in);
    return same_time(verifier, node->aux, node->out)
           && net_require(verifier, piece->from == 0, "joins streams, and begins at %d", piece->from)
           && net_require(verifier, out->kind == STREAM_REALS || aux->kind == STREAM_SPIKES,
                          "`%s` is of reals, `%s` of spikes", aux->name, out->name)
           && net_require(verifier, behind == shape_size(aux->shape), "its piece leaves %d values for `%s`",
                          behind, aux->name);
}

static bool verify_copy(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Stream *in = stream_at(verifier, node->in), *out = stream_at(verifier, node->out);
    const Extract *piece = &node->piece;
    int around = piece->outer * piece->inner;
    return (node->aux == NONE || verify_joined(verifier)) && same_time(verifier, node->in, node->out)
           && net_require(verifier, out->kind == STREAM_REALS || in->kind == STREAM_SPIKES,
                          "`%s` is of reals, `%s` of spikes", in->name, out->name)
           && net_require(verifier,
                          around * piece->in == shape_size(in->shape)
                              && around * piece->out == shape_size(out->shape),
                          "its piece is of other sizes than `%s` and `%s`", in->name, out->name);
}

/* Of a class without a name: a score for each class. */
static bool verify_prediction(Verifier *verifier)
{
    const Node *node = verifier->node;
    bool scores = node->class && !node->name && verifier->net->data.classes > 0;
    return !scores || verify_scores(verifier);
}

static bool verify_single(Verifier *verifier)
{
    StreamId in = verifier->node->in;
    return is_temporal(verifier, in, false)
           && net_require(verifier, stream_at(verifier, in)->shape.ndim == 0, "`%s` is no single number",
                          stream_name(verifier, in));
}

static bool verify_loss(Verifier *verifier)
{
    return verifier->node->loss == LOSS_VALUE
               ? verify_single(verifier)
               : is_temporal(verifier, verifier->node->in, false) && verify_scores(verifier);
}

static bool verify_target(Verifier *verifier)
{
    StreamId out = verifier->node->out;
    int size = shape_size(stream_at(verifier, out)->shape), classes = verifier->net->data.classes;
    return is_temporal(verifier, out, verifier->net->data.label_temporal)
           && net_require(verifier, size == classes, "`%s` has %d values for %d classes",
                          stream_name(verifier, out), size, classes);
}

static bool verify_random(Verifier *verifier)
{
    const Stream *out = stream_at(verifier, verifier->node->out);
    return net_require(verifier, out->batched && out->kind == STREAM_REALS,
                       "`%s` is no stream of numbers for each sample", out->name);
}

static bool verify_encoder(Verifier *verifier)
{
    const Node *node = verifier->node;
    return same_shape(verifier, node->in, node->out) && is_temporal(verifier, node->out, true)
           && net_require(verifier, stream_at(verifier, node->out)->kind == STREAM_SPIKES,
                          "`%s` is not of spikes", stream_name(verifier, node->out));
}

/* Over time, or over some axes of the units. */
static bool verify_reduced(Verifier *verifier, StreamId whole, StreamId part, ReduceKind reduce)
{
    if (!net_require(verifier, stream_at(verifier, part)->batched == stream_at(verifier, whole)->batched,
                     "goes over the batch"))
        return false;
    if (stream_at(verifier, part)->shape.ndim == stream_at(verifier, whole)->shape.ndim)
        return same_shape(verifier, whole, part) && is_temporal(verifier, whole, true)
               && is_temporal(verifier, part, false);
    return net_require(verifier, reduce_picks(reduce), "a %s over units is a scan", reduce_name(reduce))
           && same_time(verifier, whole, part)
           && is_within(verifier, stream_name(verifier, part), stream_at(verifier, part)->shape,
                        stream_at(verifier, whole)->shape);
}

static bool verify_pick(Verifier *verifier)
{
    const Node *node = verifier->node;
    return verify_reduced(verifier, node->aux, node->in, node->reduce)
           && same_shape(verifier, node->aux, node->out) && same_time(verifier, node->aux, node->out)
           && net_require(verifier, reduce_picks(node->reduce) && node->reduce != REDUCE_ARGMAX,
                          "a %s has no gradient at a single place", reduce_name(node->reduce));
}

static bool verify_update(Verifier *verifier)
{
    int *updated = &verifier->updated[verifier->node->weight];
    if (!net_require(verifier, *updated == 0, "node %d updates the same parameter", *updated - 1))
        return false;
    *updated = verifier->index + 1;
    return net_require(verifier, verifier->node->outs.count == 1, "has %d new weights",
                       verifier->node->outs.count)
           && net_require(verifier, verifier->node->params.count == 0, "uses other parameters")
           && verify_body(verifier);
}

static bool param_fits(Verifier *verifier, StreamId values)
{
    const Stream *stream = stream_at(verifier, values);
    const Param *param = &verifier->net->params.at[verifier->node->weight];
    int size = shape_size(stream->shape) * (stream->temporal ? verifier->net->steps : 1);
    return net_require(verifier, !stream->batched, "`%s` is no parameter: it changes", stream->name)
           && net_require(verifier, size == shape_size(param->shape), "`%s` has %d values, `%s` %d",
                          stream->name, size, param->name, shape_size(param->shape));
}

static bool verify_meaning(Verifier *verifier)
{
    const Node *node = verifier->node;
    switch (node->kind) {
    case NODE_DATA: return verify_data(verifier);
    case NODE_POISSON:
    case NODE_LATENCY: return verify_encoder(verifier);
    case NODE_MAP: return verify_map(verifier);
    case NODE_SCAN: return verify_scan(verifier);
    case NODE_POOL: return map_fits(verifier, node, node->in, node->out, NONE);
    case NODE_POOL_GRAD:
        return map_fits(verifier, node, node->aux, node->in, NONE)
               && same_shape(verifier, node->aux, node->out);
    case NODE_DELAY: return verify_delay(verifier);
    case NODE_COPY: return verify_copy(verifier);
    case NODE_REDUCE: return verify_reduced(verifier, node->in, node->out, node->reduce);
    case NODE_RANDOM: return verify_random(verifier);
    case NODE_TARGET: return verify_target(verifier);
    case NODE_LOSS: return verify_loss(verifier);
    case NODE_PREDICT: return verify_prediction(verifier);
    case NODE_METRIC: return verify_single(verifier);
    case NODE_ACTIVITY: return is_temporal(verifier, node->in, true);
    case NODE_LOSS_GRAD:
        return verify_loss(verifier) && same_shape(verifier, node->in, node->out)
               && is_temporal(verifier, node->out, false);
    case NODE_PICK_GRAD: return verify_pick(verifier);
    case NODE_MAP_GRAD:
        return net_require(verifier, (node->weight == NONE) != (node->out == NONE),
                           "is of one array of weights")
               && map_fits(verifier, node, node->in, node->aux, node->out);
    case NODE_PARAM: return param_fits(verifier, node->out);
    case NODE_KEEP:
    case NODE_PARAM_GRAD: return param_fits(verifier, node->in);
    case NODE_BIAS_GRAD: return bias_fits(verifier, node);
    case NODE_UPDATE: return verify_update(verifier);
    case NODE_KIND_COUNT: break;
    }
    return net_require(verifier, false, "is of no kind");
}

/* ---- the net ---- */

/* Kinds stand in their part of the list. */
static bool verify_place(Verifier *verifier)
{
    const Net *net = verifier->net;
    NodeKind kind = verifier->node->kind;
    if (!net_require(verifier, (int)kind >= 0 && kind < NODE_KIND_COUNT, "is of no kind"))
        return false;
    NodePhase phase = node_facts(kind)->phase, here = verifier->index >= net->updates    ? NODE_PHASE_UPDATE
                                                      : verifier->index >= net->backward ? NODE_PHASE_BACKWARD
                                                                                         : NODE_PHASE_FORWARD;
    bool either = phase == NODE_PHASE_EITHER && here != NODE_PHASE_UPDATE;
    return net_require(verifier, phase == here || either, "stands among the nodes of another phase");
}

static bool verify_node(Verifier *verifier, int index)
{
    verifier->index = index;
    verifier->node = &verifier->net->nodes.at[index];
    bool good = verify_place(verifier) && verify_fields(verifier) && verify_lists(verifier)
                && verify_reads(verifier) && verify_meaning(verifier);
    verifier->node = NULL;
    return good;
}

static bool verify_stream(Verifier *verifier, StreamId id)
{
    const Stream *stream = stream_at(verifier, id);
    if (!net_require(verifier,
                     unique_name(verifier->net->arena, &verifier->stream_names, stream->name) == stream->name,
                     "two streams are called `%s`", stream->name))
        return false;
    for (int d = 0; d < stream->shape.ndim; d++)
        if (!net_require(verifier, stream->shape.dims[d] > 0, "stream `%s` has the shape %s", stream->name,
                         shape_text(verifier->net->arena, stream->shape)))
            return false;
    int node = stream->node;
    return net_require(verifier, node >= NONE && node < verifier->net->nodes.count,
                       "stream `%s` is made by node %d of %d", stream->name, node, verifier->net->nodes.count)
           && net_require(verifier, node == NONE || node_makes(&verifier->net->nodes.at[node], id),
                          "stream `%s` says that node %d makes it", stream->name, node);
}

static bool verify_init(Verifier *verifier, const Param *param)
{
    verifier->node = param->init;
    verifier->draws = true;
    verifier->places = param->shape.ndim;
    bool good =
        net_require(verifier, param->init->outs.count == 1, "has %d first values", param->init->outs.count)
        && verify_body(verifier);
    verifier->draws = false;
    verifier->places = 0;
    verifier->node = NULL;
    return good;
}

static bool verify_param(Verifier *verifier, ParamId id)
{
    const Param *param = &verifier->net->params.at[id];
    return net_require(verifier,
                       unique_name(verifier->net->arena, &verifier->param_names, param->name) == param->name,
                       "two parameters are called `%s`", param->name)
           && net_require(verifier, param->init, "`%s` starts from nothing", param->name)
           && verify_init(verifier, param);
}

/* 1: it needs what was before; -1: what comes later; 0: neither. */
static int direction_of(const Node *node)
{
    if (node->kind == NODE_MAP && node->map->time.reach != REACH_SAME)
        return node->transposed ? -1 : 1;
    return node->states.count ? (node->reverse ? -1 : 1) : (node->steps > 0) - (node->steps < 0);
}

/* A group runs step by step in one direction and holds nothing that needs all steps at once. */
static bool verify_group(Verifier *verifier, const Part *part)
{
    int direction = 0;
    for (int i = 0; i < part->count; i++) {
        verifier->index = part->nodes[i];
        const Node *node = verifier->node = &verifier->net->nodes.at[part->nodes[i]];
        int here = direction_of(node);
        if (!net_require(verifier, node_may_loop(node), "cannot be part of a recurrent group")
            || !net_require(verifier, !here || !direction || here == direction,
                            "runs against the time of its recurrent group"))
            return false;
        direction = direction ? direction : here;
    }
    verifier->node = NULL;
    return true;
}

static bool verify_groups(Verifier *verifier, int first, int last)
{
    Schedule schedule = schedule_nodes(verifier->net->arena, verifier->net, first, last);
    for (int i = 0; i < schedule.count; i++)
        if (schedule.at[i].recurrent && !verify_group(verifier, &schedule.at[i]))
            return false;
    return true;
}

static bool verify_optimizer(Verifier *verifier, const Node *optimizer)
{
    verifier->index = verifier->net->nodes.count;
    verifier->node = optimizer;
    bool good = net_require(verifier, verifier->node->outs.count == 1, "has %d new weights",
                            verifier->node->outs.count)
                && verify_body(verifier);
    verifier->node = NULL;
    return good;
}

static bool verify_schedule(Verifier *verifier)
{
    const Net *net = verifier->net;
    verifier->index = net->nodes.count;
    verifier->node = &net->schedule;
    bool good =
        net_require(verifier, net->schedule.outs.count == net->scalars.count,
                    "there are %d values of %d run scalars", net->schedule.outs.count, net->scalars.count)
        && net_require(verifier, !net->training.present || net->training.rate < net->scalars.count,
                       "no scalar is the learning rate")
        && verify_body(verifier);
    verifier->node = NULL;
    return good;
}

const char *net_verify(const Net *net)
{
    Verifier verifier = {.net = net, .updated = NEW_ARRAY(net->arena, int, net->params.count + 1)};
    bool good = net_require(&verifier, net->steps > 0, "there are %d steps", net->steps)
                && net_require(&verifier,
                               net->backward >= 0 && net->backward <= net->updates
                                   && net->updates <= net->nodes.count,
                               "the phases start at nodes %d and %d of %d", net->backward, net->updates,
                               net->nodes.count);
    for (StreamId s = 0; s < net->streams.count && good; s++)
        good = verify_stream(&verifier, s);
    for (ParamId p = 0; p < net->params.count && good; p++)
        good = verify_param(&verifier, p);
    for (int n = 0; n < net->nodes.count && good; n++)
        good = verify_node(&verifier, n);
    good = good && verify_schedule(&verifier)
           && (!net->training.present || verify_optimizer(&verifier, &net->optimizer));
    for (int g = 0; g < net->groups.count && good; g++)
        good = verify_optimizer(&verifier, &net->groups.at[g].optimizer);
    good = good && verify_groups(&verifier, 0, net->backward)
           && verify_groups(&verifier, net->backward, net->updates);
    return good && net->evaluated ? net_verify(net->evaluated) : verifier.error;
}
