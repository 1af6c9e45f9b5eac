/* Between a map and what adds its numbers up, once more or weighed: a formula that is nothing but its input, a relay. In whole
 * numbers it is what those of neurons are: each channel comes with a unit of its own, goes on with one for all, and in so few
 * bits that sums of it have a place. */
#include "quantize.h"

#include "edit.h"

#include <math.h>

/* ---- how many bits ---- */

bool quantize_adds_up(const Node *reduce)
{
    return reduce->reduce == REDUCE_MEAN || reduce->reduce == REDUCE_SUM;
}

static bool weighs(const Node *node)
{
    return node->kind == NODE_MAP && (node->weight != NONE || node->aux != NONE);
}

/* What makes the numbers that it reads. */
static bool moves(const Node *node)
{
    return node->kind == NODE_POOL || node->kind == NODE_COPY || node->kind == NODE_DELAY
           || (node->kind == NODE_REDUCE && !quantize_adds_up(node));
}

/* What is left of them where so many values are added up. */
static int bits_beside_terms(int bits, double terms)
{
    return bits - (int)ceil(log2(terms));
}

/* Inputs that are added up in a sum; where each weight has a delay, each of them once. */
static double terms_of(const Node *map)
{
    const MapAxis *mixed = map_mixed(map->map);
    int rows = map_rows(map->map), inputs = mixed ? mixed->in / map->map->groups : 1;
    if (map->transposed)
        return (double)rows / inputs * map_columns(map->map) / map->map->groups;
    return map_reads_past(map->map) ? inputs : rows;
}

/* Weights take their bits, but no more than half of those that there are. */
static int bits_beside_weights(const Quantizer *quantizer, const Node *map)
{
    int bits = bits_beside_terms(WHOLE_BITS, terms_of(map)), weights = 1;
    if (quantizer->kind == QUANTIZE_INT8 || quantizer->kind == QUANTIZE_INT16)
        weights = quantizer->kind == QUANTIZE_INT8 ? 7 : 15;
    return bits - (weights < bits / 2 ? weights : bits / 2);
}

static int room_for_all(const Quantizer *quantizer, StreamId stream);

/* So many bits may what it reads have, so that its sums, and those behind it, have a place. */
static int room_for(const Quantizer *quantizer, const Node *reader)
{
    if (weighs(reader))
        return bits_beside_weights(quantizer, reader);
    if (reader->kind == NODE_MAP)
        return bits_beside_terms(room_for_all(quantizer, reader->out), map_rows(reader->map));
    if (reader->kind == NODE_REDUCE && quantize_adds_up(reader))
        return bits_beside_terms(room_for_all(quantizer, reader->out),
                                 quantizer->net->streams.at[reader->in].steps);
    return moves(reader) ? room_for_all(quantizer, reader->out) : WHOLE_BITS;
}

static int room_for_all(const Quantizer *quantizer, StreamId stream)
{
    const Adjacency *readers = &quantizer->readers;
    int room = WHOLE_BITS;
    for (int k = readers->first[stream]; k < readers->first[stream + 1]; k++) {
        int bits = room_for(quantizer, &quantizer->net->nodes.at[readers->to[k]]);
        room = bits < room ? bits : room;
    }
    return room;
}

/* Whether one of them weighs it. */
static bool feeds_weights(const Quantizer *quantizer, StreamId stream)
{
    const Adjacency *readers = &quantizer->readers;
    for (int k = readers->first[stream]; k < readers->first[stream + 1]; k++) {
        const Node *reader = &quantizer->net->nodes.at[readers->to[k]];
        bool through = reader->kind == NODE_MAP || reader->kind == NODE_REDUCE || moves(reader);
        if (weighs(reader) || (through && feeds_weights(quantizer, reader->out)))
            return true;
    }
    return false;
}

int quantize_bits(const Quantizer *quantizer, StreamId stream)
{
    int room = room_for_all(quantizer, stream);
    bool few = feeds_weights(quantizer, stream) && room > ACTIVATION_BITS;
    return few ? ACTIVATION_BITS : room > LEAST_BITS ? room : LEAST_BITS;
}

/* ---- relays ---- */

static Node relay_of(Net *net, int map)
{
    const StreamId in = net->nodes.at[map].out;
    const Stream stream = net->streams.at[in];
    Node relay = node_new(NODE_SCAN, net->nodes.at[map].span);
    relay.name = "map";
    relay.formula = true;
    relay.phrase = net->nodes.at[map].phrase;
    relay.body.at = relay.span;
    vec_push(net->arena, &relay.ins, in);
    Val value = body_leaf(net->arena, &relay.body, OP_INPUT, 0, stream.name);
    StreamId out = net_stream(net, arena_printf(net->arena, "%s_relay", stream.name), STREAM_REALS,
                              stream.steps, stream.shape, stream.span);
    net->streams.at[out].batched = stream.batched;
    vec_push(net->arena, &relay.outs, ((ScanOut){out, value}));
    return relay;
}

/* Behind the map; who reads it before, or as equations do, does so on. */
static void add_relay(Quantizer *quantizer, NetEdit *edit, int map)
{
    Net *net = quantizer->net;
    const Node relay = relay_of(net, map);
    StreamId in = relay.ins.at[0], out = relay.outs.at[0].stream;
    const Adjacency *readers = &quantizer->readers;
    for (int k = readers->first[in]; k < readers->first[in + 1]; k++) {
        Node *reader = &net->nodes.at[readers->to[k]];
        if (readers->to[k] > map && reader->in == in && room_for(quantizer, reader) < WHOLE_BITS)
            reader->in = out;
    }
    int number = net->nodes.count;
    edit_add_first(edit, relay);
    edit_move_behind(edit, number, map);
}

void quantize_add_relays(Quantizer *quantizer)
{
    Net *net = quantizer->net;
    NetEdit edit = edit_start(net);
    quantizer->relays = net->streams.count;
    for (int n = 0, count = net->nodes.count; n < count; n++) {
        const Node *node = &net->nodes.at[n];
        if (weighs(node) && net->streams.at[node->out].batched
            && quantize_bits(quantizer, node->out) < WHOLE_BITS)
            add_relay(quantizer, &edit, n);
    }
    edit_finish(&edit);
    quantizer->readers = net_readers(net);
}

StreamId quantize_origin(const Quantizer *quantizer, StreamId stream)
{
    const Net *net = quantizer->net;
    return stream < quantizer->relays ? stream : net->nodes.at[net->streams.at[stream].node].ins.at[0];
}
