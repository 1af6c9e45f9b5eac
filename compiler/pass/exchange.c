/* Maps along time before maps that make more units: both are linear, so it does not matter which comes first, and along time
 * there is less to do where there are fewer units. V (x W + b) + c = (V x) W + (V b + c); what stands behind the sum is
 * the same for all samples, and made once a batch. */
#include "passes.h"
#include "edit.h"

typedef struct Exchange {
    Net *net;
    NetEdit edit;
    Adjacency readers;
    const bool *learns; /* by stream: a gradient goes on before it */
} Exchange;

/* ---- finding ---- */

/* Whether it does the same to all units, by steps. */
static bool goes_along_time(const Node *node)
{
    if (node->kind != NODE_MAP || node->transposed || node->map->time.reach == REACH_SAME)
        return false;
    for (int a = 0; a < node->map->count; a++)
        if (node->map->space[a].reach != REACH_SAME)
            return false;
    return true;
}

/* The operations of both are less work the other way round: a map runs forward, for its weights and, if something learns
 * before it, for its inputs. */
static bool pays(const Exchange *exchange, const Node *map, const Node *time)
{
    const Net *net = exchange->net;
    int made = net->streams.at[time->out].steps;
    int64_t inputs = shape_size(net->streams.at[map->in].shape), steps = map_operations(time->map, made);
    int64_t outputs = shape_size(net->streams.at[map->out].shape);
    int64_t space = map_operations(map->map, made), last = exchange->learns[map->in] ? 3 : 2;
    return 3 * space + last * (steps / outputs) * inputs < last * space + 3 * steps;
}

/* The map before a map along time that may change places with it; NONE if there is none. Maps of spikes follow these. */
static int exchanged(const Exchange *exchange, const Node *time)
{
    const Net *net = exchange->net;
    const Stream *between = &net->streams.at[time->in];
    int maker = between->node;
    if (!goes_along_time(time) || between->keep || maker == NONE || net->nodes.at[maker].kind != NODE_MAP
        || only_reader(&exchange->readers, time->in) == NONE)
        return NONE;
    const Node *map = &net->nodes.at[maker];
    const Stream *in = &net->streams.at[map->in];
    bool may = map->map->time.reach == REACH_SAME && in->kind == STREAM_REALS && in->steps && in->batched;
    return may && pays(exchange, map, time) ? maker : NONE;
}

/* ---- changing places ---- */

/* Behind node `other`. */
static int add_behind(Exchange *exchange, Node node, int other)
{
    edit_add_first(&exchange->edit, node);
    int id = exchange->net->nodes.count - 1;
    edit_move_behind(&exchange->edit, id, other);
    return id;
}

static StreamId add_stream(Net *net, StreamId like, const char *name, bool batched, int steps)
{
    const Stream of = net->streams.at[like];
    StreamId id = net_stream(net, name, STREAM_REALS, steps, of.shape, of.span);
    net->streams.at[id].batched = batched;
    return id;
}

/* The bias of each unit that `map` makes, or 0, at so many steps. Returns the node that makes it. */
static int add_biases(Exchange *exchange, const Node *map, int steps, int behind, StreamId *biases)
{
    Net *net = exchange->net;
    Node scan = node_new(NODE_SCAN, map->span);
    scan.name = "map";
    scan.formula = true;
    Val value = body_const(net->arena, &scan.body, 0);
    const char *name = arena_printf(net->arena, "%s_start", net->streams.at[map->out].name);
    if (map->bias != NONE) {
        const Param *param = &net->params.at[map->bias];
        Node values = node_new(NODE_PARAM, map->span);
        Shape shape = param->shape, units = net->streams.at[map->out].shape;
        shape.axes[0] = shape_axis(units, units.ndim - 1);
        values.weight = map->bias;
        values.out = net_stream(net, param->name, STREAM_REALS, 0, shape, param->span);
        net->streams.at[values.out].batched = false;
        behind = add_behind(exchange, values, behind);
        vec_push(net->arena, &scan.ins, values.out);
        value = body_leaf(net->arena, &scan.body, OP_INPUT, 0, param->name);
    }
    *biases = add_stream(net, map->out, name, false, steps);
    vec_push(net->arena, &scan.outs, ((ScanOut){*biases, value}));
    return add_behind(exchange, scan, behind);
}

/* made + more, in the place of what `time` has made. */
static void add_sum(Exchange *exchange, StreamId made, StreamId more, StreamId out, int behind)
{
    Net *net = exchange->net;
    Node sum = node_new(NODE_SCAN, net->streams.at[out].span);
    sum.name = "map";
    sum.formula = true;
    vec_push(net->arena, &sum.ins, made);
    vec_push(net->arena, &sum.ins, more);
    Val a = body_leaf(net->arena, &sum.body, OP_INPUT, 0, net->streams.at[made].name);
    Val b = body_leaf(net->arena, &sum.body, OP_INPUT, 1, net->streams.at[more].name);
    vec_push(net->arena, &sum.outs, ((ScanOut){out, body_op2(net->arena, &sum.body, OP_ADD, a, b)}));
    add_behind(exchange, sum, behind);
}

/* What is the same for all samples: `time`, as it was, of the biases of `map`. */
static void add_shared(Exchange *exchange, const Node *map, Node time, int behind)
{
    Net *net = exchange->net;
    StreamId out = time.out;
    behind = add_biases(exchange, map, net->streams.at[map->in].steps, behind, &time.in);
    const char *name = arena_printf(net->arena, "%s_all", net->streams.at[map->out].name);
    time.out = add_stream(net, map->out, name, false, net->streams.at[out].steps);
    StreamId shared = time.out;
    behind = add_behind(exchange, time, behind);
    add_sum(exchange, map->out, shared, out, behind);
}

static void change_places(Exchange *exchange, int m, int t)
{
    Net *net = exchange->net;
    const Node map = net->nodes.at[m], time = net->nodes.at[t];
    const char *name = arena_printf(net->arena, "%s_%s", net->streams.at[map.in].name, time.map->name);
    int steps = net->streams.at[time.out].steps;
    StreamId first = add_stream(net, map.in, name, true, steps);
    net->streams.at[first].span = net->streams.at[time.out].span;
    AxisMap *along = NEW(net->arena, AxisMap);
    *along = map_in_time(time.map->name, shape_size(net->streams.at[map.in].shape), time.map->time);
    along->edge = time.map->edge;
    along->constant = time.map->constant;
    Node *node = &net->nodes.at[t];
    node->in = map.in;
    node->out = first;
    node->map = along;
    node->bias = NONE;
    net->streams.at[first].node = t;
    node = &net->nodes.at[m];
    node->in = first;
    node->bias = NONE;
    net->streams.at[map.out].steps = steps;
    edit_move_behind(&exchange->edit, m, t);
    if (map.bias != NONE || time.bias != NONE) {
        add_shared(exchange, &map, time, m);
        return;
    }
    net->streams.at[map.out].node = NONE;
    net->streams.at[time.out].node = m;
    node->out = time.out;
}

void exchange_maps(Net *net)
{
    Exchange exchange = {.net = net,
                         .edit = edit_start(net),
                         .readers = net_readers(net),
                         .learns = streams_behind_params(net)};
    for (int n = 0, count = net->nodes.count; n < count; n++) {
        int map = net->nodes.at[n].kind == NODE_MAP ? exchanged(&exchange, &net->nodes.at[n]) : NONE;
        if (map != NONE)
            change_places(&exchange, map, n);
    }
    edit_finish(&exchange.edit);
}
