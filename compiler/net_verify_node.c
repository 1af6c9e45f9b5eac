/* What each kind of node means: that its streams have the shapes, the times and the sizes that it goes from and to. */
#include "net_verify.h"

/* ---- shapes and times ---- */

static bool same_shape(Verifier *verifier, StreamId a, StreamId b)
{
    Arena *arena = verifier->net->arena;
    Shape first = verified_stream(verifier, a)->shape, second = verified_stream(verifier, b)->shape;
    return net_require(verifier, shape_equal(first, second), "`%s` is %s, but `%s` is %s",
                       verified_name(verifier, a), shape_text(arena, first), verified_name(verifier, b),
                       shape_text(arena, second));
}

static bool is_temporal(Verifier *verifier, StreamId stream, bool temporal)
{
    return net_require(verifier, (verified_stream(verifier, stream)->steps > 0) == temporal,
                       "`%s` is %s time", verified_name(verifier, stream),
                       temporal ? "the same at all steps, not over" : "not a sum over");
}

static bool same_time(Verifier *verifier, StreamId a, StreamId b)
{
    return net_require(verifier, verified_stream(verifier, a)->steps == verified_stream(verifier, b)->steps,
                       "`%s` has %d steps, `%s` %d", verified_name(verifier, a),
                       verified_stream(verifier, a)->steps, verified_name(verifier, b),
                       verified_stream(verifier, b)->steps);
}

static bool has_units(Verifier *verifier, StreamId stream, int units)
{
    int size = shape_size(verified_stream(verifier, stream)->shape);
    return net_require(verifier, size == units, "`%s` has %d units, its map %d",
                       verified_name(verifier, stream), size, units);
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
    const Stream *stream = verified_stream(verifier, weights);
    int size = map_rows(map) * map_columns(map);
    return net_require(verifier, !stream->batched && !stream->steps, "`%s` are no weights: they change",
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
    bool same = map->time.reach == REACH_SAME;
    int from = verified_stream(verifier, in)->steps, to = verified_stream(verifier, out)->steps;
    return net_require(verifier, !fault, "%s", fault) && (!same || same_time(verifier, in, out))
           && net_require(verifier, same || (from == map->time.in && to == map->time.out),
                          "goes from %d steps to %d, not from %d to %d", map->time.in, map->time.out, from,
                          to)
           && has_units(verifier, in, map_inputs(map)) && has_units(verifier, out, map_outputs(map))
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
    return is_within(verifier, verified_name(verifier, out), verified_stream(verifier, out)->shape, units)
           && net_require(verifier, !sum || verified_stream(verifier, out)->kind == STREAM_REALS,
                          "`%s` is a sum, not of spikes", verified_name(verifier, out));
}

/* Or none. */
static bool has_steps(Verifier *verifier, StreamId stream, int steps)
{
    int own = verified_stream(verifier, stream)->steps;
    return net_require(verifier, own == 0 || own == steps, "`%s` has %d steps, the scan %d",
                       verified_name(verifier, stream), own, steps);
}

static bool verify_scan_axes(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Net *net = verifier->net;
    Shape units = scan_units(net, node);
    int steps = scan_steps(net, node);
    bool good = true;
    for (int i = 0; i < node->ins.count && good; i++)
        good = has_steps(verifier, node->ins.at[i], steps)
               && is_within(verifier, verified_name(verifier, node->ins.at[i]),
                            verified_stream(verifier, node->ins.at[i])->shape, units);
    for (int k = 0; k < node->outs.count && good; k++)
        good = has_steps(verifier, node->outs.at[k].stream, steps)
               && verify_scan_out(verifier, node->outs.at[k].stream, units);
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
    bool spikes = verified_stream(verifier, node->out)->kind == STREAM_SPIKES;
    return node->held || node->target || node->present
           || net_require(verifier, spikes == data->spikes, "`%s` and the data differ in kind",
                          verified_name(verifier, node->out));
}

static bool verify_delay(Verifier *verifier)
{
    const Node *node = verifier->node;
    return same_shape(verifier, node->in, node->out) && is_temporal(verifier, node->in, true)
           && same_time(verifier, node->in, node->out)
           && net_require(verifier,
                          verified_stream(verifier, node->in)->kind
                              == verified_stream(verifier, node->out)->kind,
                          "`%s` and `%s` differ in kind", verified_name(verifier, node->in),
                          verified_name(verifier, node->out));
}

/* One number a class, for all steps. */
static bool verify_scores(Verifier *verifier)
{
    StreamId in = verifier->node->in;
    int size = shape_size(verified_stream(verifier, in)->shape), classes = verifier->net->data.classes;
    return net_require(verifier, size == classes, "`%s` has %d values for %d classes",
                       verified_name(verifier, in), size, classes);
}

/* Of a copy: so many places of its piece are all of the stream, or of a step of it. */
static bool has_places(Verifier *verifier, StreamId id, int places)
{
    const Node *node = verifier->node;
    const Stream *stream = verified_stream(verifier, id);
    int size = shape_size(stream->shape), around = node->piece.outer * node->piece.inner;
    if (copy_in_time(verifier->net, node) && stream->steps > 0)
        return net_require(verifier, stream->steps == places && size == around,
                           "`%s` has %d steps of %d values, its piece %d of %d", stream->name, stream->steps,
                           size, places, around);
    return net_require(verifier, around * places == size, "`%s` has %d values, its piece %d", stream->name,
                       size, around * places);
}

/* What a copy puts behind its `in`. */
static bool verify_joined(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Stream *aux = verified_stream(verifier, node->aux), *out = verified_stream(verifier, node->out);
    const Extract *piece = &node->piece;
    return (copy_in_time(verifier->net, node) || same_time(verifier, node->aux, node->out))
           && net_require(verifier, piece->from == 0, "joins streams, and begins at %d", piece->from)
           && net_require(verifier, out->kind == STREAM_REALS || aux->kind == STREAM_SPIKES,
                          "`%s` is of reals, `%s` of spikes", aux->name, out->name)
           && has_places(verifier, node->aux, piece->out - piece->in);
}

static bool verify_copy(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Stream *in = verified_stream(verifier, node->in), *out = verified_stream(verifier, node->out);
    const Extract *piece = &node->piece;
    bool time = copy_in_time(verifier->net, node);
    return (node->aux == NONE || verify_joined(verifier))
           && net_require(verifier, !time || piece->outer == 1, "goes along time, and over %d pieces of it",
                          piece->outer)
           && net_require(verifier, out->kind == STREAM_REALS || in->kind == STREAM_SPIKES,
                          "`%s` is of reals, `%s` of spikes", in->name, out->name)
           && has_places(verifier, node->in, piece->in) && has_places(verifier, node->out, piece->out);
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
           && net_require(verifier, verified_stream(verifier, in)->shape.ndim == 0,
                          "`%s` is no single number", verified_name(verifier, in));
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
    int size = shape_size(verified_stream(verifier, out)->shape), classes = verifier->net->data.classes;
    return is_temporal(verifier, out, verifier->net->data.label_temporal)
           && net_require(verifier, size == classes, "`%s` has %d values for %d classes",
                          verified_name(verifier, out), size, classes);
}

static bool verify_random(Verifier *verifier)
{
    const Stream *out = verified_stream(verifier, verifier->node->out);
    return net_require(verifier, out->batched && out->kind == STREAM_REALS,
                       "`%s` is no stream of numbers for each sample", out->name);
}

static bool verify_encoder(Verifier *verifier)
{
    const Node *node = verifier->node;
    return same_shape(verifier, node->in, node->out) && is_temporal(verifier, node->out, true)
           && net_require(verifier, verified_stream(verifier, node->out)->kind == STREAM_SPIKES,
                          "`%s` is not of spikes", verified_name(verifier, node->out));
}

/* Over time, or over some axes of the units. */
static bool verify_reduced(Verifier *verifier, StreamId whole, StreamId part, ReduceKind reduce)
{
    if (!net_require(verifier,
                     verified_stream(verifier, part)->batched == verified_stream(verifier, whole)->batched,
                     "goes over the batch"))
        return false;
    if (verified_stream(verifier, part)->shape.ndim == verified_stream(verifier, whole)->shape.ndim)
        return same_shape(verifier, whole, part) && is_temporal(verifier, whole, true)
               && is_temporal(verifier, part, false);
    return net_require(verifier, reduce_picks(reduce), "a %s over units is a scan", reduce_name(reduce))
           && same_time(verifier, whole, part)
           && is_within(verifier, verified_name(verifier, part), verified_stream(verifier, part)->shape,
                        verified_stream(verifier, whole)->shape);
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
    const Stream *stream = verified_stream(verifier, values);
    const Param *param = &verifier->net->params.at[verifier->node->weight];
    int size = shape_size(stream->shape) * (stream->steps ? stream->steps : 1);
    return net_require(verifier, !stream->batched, "`%s` is no parameter: it changes", stream->name)
           && net_require(verifier, size == shape_size(param->shape), "`%s` has %d values, `%s` %d",
                          stream->name, size, param->name, shape_size(param->shape));
}

bool verify_meaning(Verifier *verifier)
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
