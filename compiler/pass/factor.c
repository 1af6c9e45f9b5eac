/* A map of multiples of spikes is a multiple of a map of spikes, which follows their events: W (c s) + b = c (W s) + b. So
 * what dropout leaves of spikes costs no more than they did. */
#include "passes.h"
#include "rebuild.h"

/* c * s, made by a formula. */
typedef struct Multiple {
    StreamId spikes; /* NONE: it is no such thing */
    double factor;
} Multiple;

static Multiple multiple_of(const Net *net, StreamId stream)
{
    const Multiple none = {.spikes = NONE};
    int maker = stream == NONE ? NONE : net->streams.at[stream].node;
    const Node *scan = maker == NONE ? NULL : &net->nodes.at[maker];
    if (!scan || scan->kind != NODE_SCAN || !scan->formula || scan->outs.count != 1)
        return none;
    const Body *body = &scan->body;
    const Instr *product = &body->code.at[scan->outs.at[0].value];
    if (product->op != OP_MUL)
        return none;
    Multiple found = none;
    Val other = body_is_const(body, product->a, &found.factor) ? product->b : product->a;
    const Instr *instr = &body->code.at[other];
    if ((other == product->a && !body_is_const(body, product->b, &found.factor)) || instr->op != OP_INPUT)
        return none;
    found.spikes = scan->ins.at[instr->index];
    bool spikes = net->streams.at[found.spikes].kind == STREAM_SPIKES;
    return spikes && same_axes(net, found.spikes, stream) ? found : none;
}

/* Who reads a map must be able to multiply what it makes. */
static bool is_read_by_scans(const Net *net, const Adjacency *readers, StreamId stream)
{
    for (int r = readers->first[stream]; r < readers->first[stream + 1]; r++)
        if (net->nodes.at[readers->to[r]].kind != NODE_SCAN)
            return false;
    return !net->streams.at[stream].keep;
}

/* Whether scans of what the map makes can add its bias. */
static bool bias_meets_scans(const Net *net, const Node *map)
{
    return map->bias == NONE
           || (map->map->time.reach != REACH_ALL
               && shape_within(net->params.at[map->bias].shape, net->streams.at[map->out].shape));
}

/* What a scan reads as `stream`: a multiple of it, and an offset. */
typedef struct Scaling {
    const Node *scan;
    StreamId stream;
    double factor;
    int bias; /* index of the scan's parameters; NONE: none */
} Scaling;

static Val make_scaled(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const Scaling *scaling = rebuild->context;
    Val value = body_copy(rebuild->arena, &rebuild->out, instr, a, b, c);
    if (instr->op != OP_INPUT || scaling->scan->ins.at[instr->index] != scaling->stream)
        return value;
    Val factor = body_const(rebuild->arena, &rebuild->out, scaling->factor);
    value = body_op2(rebuild->arena, &rebuild->out, OP_MUL, value, factor);
    if (scaling->bias == NONE)
        return value;
    Val bias = body_leaf(rebuild->arena, &rebuild->out, OP_PARAM, scaling->bias, NULL);
    return body_op2(rebuild->arena, &rebuild->out, OP_ADD, value, bias);
}

/* The scan reads factor * stream + bias. */
static void scale_input(Net *net, Node *scan, StreamId stream, double factor, ParamId bias)
{
    const Body old = scan->body;
    Scaling scaling = {scan, stream, factor, NONE};
    if (bias != NONE) {
        scaling.bias = scan->params.count;
        vec_push(net->arena, &scan->params, bias);
    }
    Rebuild rebuild = rebuild_start(net->arena, &old, true);
    rebuild.make = make_scaled;
    rebuild.context = &scaling;
    rebuild_node(&rebuild, scan);
}

void factor_maps(Net *net)
{
    const Adjacency readers = net_readers(net);
    for (int n = 0; n < net->nodes.count; n++) {
        Node *map = &net->nodes.at[n];
        if (map->kind != NODE_MAP || !bias_meets_scans(net, map))
            continue;
        Multiple in = multiple_of(net, map->in);
        if (in.spikes == NONE || !is_read_by_scans(net, &readers, map->out))
            continue;
        map->in = in.spikes;
        for (int r = readers.first[map->out]; r < readers.first[map->out + 1]; r++)
            scale_input(net, &net->nodes.at[readers.to[r]], map->out, in.factor, map->bias);
        map->bias = NONE;
    }
}
