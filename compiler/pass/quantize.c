/* For --quantize: a Net that predicts, in whole numbers. Each node in turn, in the order of the streams, says what the
 * numbers mean that it makes, and how far they go: see quantize.h. What is made of parameters alone becomes numbers of the
 * new Net, which has no other parameters. */
#include "quantize.h"

#include "edit.h"

#include <math.h>

/* ---- what is made of parameters alone ---- */

static bool is_constant(const Net *net, StreamId stream)
{
    return !net->streams.at[stream].batched && !net->streams.at[stream].steps;
}

static const double *constant_values(const Quantizer *quantizer, StreamId stream)
{
    const Net *net = quantizer->net;
    const Node *maker = &net->nodes.at[net->streams.at[stream].node];
    if (maker->kind == NODE_PARAM)
        return quantize_param_values(quantizer, maker->weight);
    return quantize_stored(quantizer, net->streams.at[stream].name);
}

/* ---- nodes ---- */

static Quantity spikes(void)
{
    return (Quantity){.unit = 1, .range = {0, 1}};
}

/* Bytes of pictures, spikes and counts come as they are. */
static void quantize_data(Quantizer *quantizer, const Node *data)
{
    Net *net = quantizer->net;
    Quantity *out = &quantizer->streams[data->out];
    *out = spikes();
    if (data->present) /* 0 or 1, and no number of a file */
        return;
    if (net->streams.at[data->out].kind != STREAM_SPIKES) {
        out->range.high = UINT8_MAX;
        out->unit = net->data.unit;
        if (out->unit == 0)
            quantize_refuse(quantizer, net->data.span,
                            "how large data of the format `%s` are is not known: in whole numbers there are "
                            "pictures of bytes, spikes and counts of events",
                            net->data.format);
    }
    net->data_unit = out->unit;
}

/* In 65536ths. */
static void quantize_encoder(Quantizer *quantizer, Node *encoder)
{
    const Quantity *in = &quantizer->streams[encoder->in];
    if (in->units)
        quantize_refuse(quantizer, encoder->span, "`%s` reads a stream with a unit for each channel",
                        node_title(encoder));
    double factor = in->unit * 65536;
    encoder->shift = 8;
    while (encoder->shift > 0 && factor * ldexp(1, encoder->shift) > ldexp(1, FACTOR_BITS))
        encoder->shift--;
    encoder->factor = floor(factor * ldexp(1, encoder->shift) + 0.5);
    quantizer->streams[encoder->out] = spikes();
}

static void quantize_reduce(Quantizer *quantizer, Node *reduce)
{
    Net *net = quantizer->net;
    Quantity *out = &quantizer->streams[reduce->out];
    double terms = reduce->each_step ? (double)shape_size(net->streams.at[reduce->in].shape)
                                           / shape_size(net->streams.at[reduce->out].shape)
                                     : net->streams.at[reduce->in].steps;
    *out = quantizer->streams[reduce->in];
    if (reduce->reduce == REDUCE_ARGMAX) {
        *out = (Quantity){.unit = 1, .range = {0, terms - 1}};
        return;
    }
    if (!quantize_adds_up(reduce))
        return;
    out->range = range_times(out->range, terms);
    out->unit /= reduce->reduce == REDUCE_MEAN ? terms : 1;
    reduce->reduce = REDUCE_SUM;
    if (range_most(out->range) > INT32_MAX)
        quantize_refuse(quantizer, reduce->span, "a sum may come to %.0f, which 32 bits do not hold",
                        range_most(out->range));
}

/* What is moved, and 0 where nothing comes from. */
static void quantize_move(Quantizer *quantizer, const Node *move)
{
    const Net *net = quantizer->net;
    Quantity *out = &quantizer->streams[move->out];
    int maker = net->streams.at[move->in].node;
    bool later = maker != NONE && &net->nodes.at[maker] > move;
    *out = later || move->aux != NONE ? spikes() : quantizer->streams[move->in];
    if (later && net->streams.at[move->in].kind != STREAM_SPIKES)
        quantize_refuse(quantizer, move->span,
                        "`%s` goes round a loop as a number: in whole numbers, only spikes do",
                        net->streams.at[move->in].name);
    out->range = range_both(out->range, (Range){0, 0});
}

static void quantize_node(Quantizer *quantizer, Node *node)
{
    switch ((int)node->kind) {
    case NODE_DATA: quantize_data(quantizer, node); break;
    case NODE_POISSON:
    case NODE_LATENCY: quantize_encoder(quantizer, node); break;
    case NODE_MAP: quantize_map(quantizer, node); break;
    case NODE_SCAN: quantize_scan(quantizer, node); break;
    case NODE_POOL: quantizer->streams[node->out] = quantizer->streams[node->in]; break;
    case NODE_DELAY:
    case NODE_COPY: quantize_move(quantizer, node); break;
    case NODE_REDUCE: quantize_reduce(quantizer, node); break;
    case NODE_PREDICT: node->factor = quantizer->streams[node->in].unit; break;
    case NODE_PARAM:
        quantize_refuse(quantizer, node->span,
                        "`%s` is another number at each step: in whole numbers, weights are the same at all",
                        quantizer->net->params.at[node->weight].name);
        break;
    default:
        quantize_refuse(quantizer, node->span, "`%s` has no form in whole numbers",
                        node_kind_name(node->kind));
    }
}

/* Whether all that it makes is constant: then nobody runs it. */
static bool makes_constants(const Net *net, const Node *node)
{
    bool constant = node_made_count(node) > 0;
    for (int k = 0; k < node_made_count(node); k++)
        constant = constant && (node_made(node, k) == NONE || is_constant(net, node_made(node, k)));
    return constant && node->kind != NODE_PREDICT;
}

static void find_constants(Quantizer *quantizer)
{
    const Net *net = quantizer->net;
    for (int n = 0; n < net->nodes.count; n++)
        for (int k = 0; k < node_made_count(&net->nodes.at[n]); k++) {
            StreamId stream = node_made(&net->nodes.at[n], k);
            if (stream != NONE && is_constant(net, stream))
                quantizer->streams[stream].constants = constant_values(quantizer, stream);
        }
}

static void drop_constants(Net *net)
{
    NetEdit edit = edit_start(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (makes_constants(net, &net->nodes.at[n]))
            edit_drop(&edit, n);
    edit_finish(&edit);
    for (int s = 0; s < net->streams.count; s++)
        net->streams.at[s].keep = false;
}

void keep_numbers(Net *net)
{
    for (int n = 0; n < net->nodes.count; n++)
        for (int k = 0; k < node_made_count(&net->nodes.at[n]); k++) {
            StreamId stream = node_made(&net->nodes.at[n], k);
            if (stream != NONE && (is_constant(net, stream) || net->streams.at[stream].kind == STREAM_REALS))
                net->streams.at[stream].keep = true;
        }
}

const char *quantize_net(Net *net, const Program *floats, const double *seen, Quantize kind)
{
    Quantizer quantizer = {
        .net = net, .floats = floats, .seen = seen, .kind = kind, .readers = net_readers(net)};
    quantize_add_relays(&quantizer);
    quantizer.streams = NEW_ARRAY(net->arena, Quantity, net->streams.count + 1);
    find_constants(&quantizer);
    for (int n = 0; n < net->nodes.count && !quantizer.error; n++)
        if (!makes_constants(net, &net->nodes.at[n]))
            quantize_node(&quantizer, &net->nodes.at[n]);
    if (quantizer.error)
        return quantizer.error;
    net->params.at = quantizer.params.at;
    net->params.count = net->params.capacity = quantizer.params.count;
    net->param_names = quantizer.names;
    net->scalars.count = 0; /* what they changed are constants */
    net->schedule.outs.count = 0;
    drop_constants(net);
    net->whole = true;
    return NULL;
}
