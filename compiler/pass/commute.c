/* Maps behind what is linear over time: reduce(scan(x W)) = reduce(scan(x)) W, for scans that do the same
 * to all units. Then W is applied once, not at every step, and so is its adjoint. */
#include "passes.h"
#include "edit.h"

/* From the map to the reduction; each node is the only reader of the one before. */
typedef struct Chain {
    int map, reduce;
    VEC(int) scans; /* the last one first */
} Chain;

/* ---- what is linear ---- */

/* linear[v]: value v is a sum of multiples of the states and the input, by constants. */
static bool *linear_values(Arena *arena, const Body *body)
{
    bool *linear = NEW_ARRAY(arena, bool, body->code.count + 1);
    double number;
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        Val a = instr->a, b = instr->b;
        switch ((int)instr->op) {
        case OP_CONST: linear[v] = instr->number == 0; break;
        case OP_INPUT:
        case OP_STATE: linear[v] = true; break;
        case OP_ADD:
        case OP_SUB: linear[v] = linear[a] && linear[b]; break;
        case OP_NEG: linear[v] = linear[a]; break;
        case OP_MUL:
            linear[v] = (linear[a] && body_is_const(body, b, &number))
                        || (linear[b] && body_is_const(body, a, &number));
            break;
        case OP_DIV: linear[v] = linear[a] && body_is_const(body, b, &number); break;
        default: break;
        }
    }
    return linear;
}

/* With states that start at 0, the result is linear in the whole input, too. */
static bool is_linear(const Net *net, const Node *scan)
{
    if (scan->ins.count != 1 || scan->outs.count != 1 || scan->params.count > 0 || !scan_is_even(net, scan))
        return false;
    const bool *linear = linear_values(net->arena, &scan->body);
    bool all = linear[scan->outs.at[0].value];
    for (int s = 0; s < scan->states.count; s++)
        all = all && scan->states.at[s].initial == 0 && linear[scan->states.at[s].next];
    return all;
}

/* ---- finding ---- */

typedef struct Commute {
    Net *net;
    NetEdit edit;
    Adjacency readers;
    int streams; /* that there were at the start; each stream made since has one reader */
} Commute;

/* The node that makes the stream, if the stream may vanish: NONE where it is kept or has several readers. Moving a
 * node changes who reads a stream, not how many do. */
static int hidden_maker(const Commute *commute, StreamId id)
{
    const Stream *stream = &commute->net->streams.at[id];
    bool one = id >= commute->streams || only_reader(&commute->readers, id) != NONE;
    return stream->keep || !one ? NONE : stream->node;
}

/* A bias would go through the scans and the sum, too: it stays the same in a mean and in a last value only. */
static bool bias_commutes(const Net *net, const Chain *chain)
{
    ReduceKind reduce = net->nodes.at[chain->reduce].reduce;
    return net->nodes.at[chain->map].bias == NONE || (chain->scans.count == 0 && reduce != REDUCE_SUM);
}

static int64_t count_operations(const Node *scan)
{
    int64_t count = 0;
    for (Val v = 0; v < scan->body.code.count; v++)
        count += op_arity(scan->body.code.at[v].op) > 0;
    return count;
}

/* Whether it is less work: the map runs at one step and no longer at all of them, but the scans have its inputs for units,
 * not its outputs. In training a map runs forward, for its inputs and for its weights; a scan, whose operations need no
 * weights, counts once. */
static bool pays(const Net *net, const Chain *chain)
{
    const Node *map = &net->nodes.at[chain->map];
    int64_t times = map->weight != NONE || map->aux != NONE ? 3 : 2, scanned = 0;
    for (int k = 0; k < chain->scans.count; k++)
        scanned += count_operations(&net->nodes.at[chain->scans.at[k]]);
    int more = shape_size(net->streams.at[map->in].shape) - shape_size(net->streams.at[map->out].shape);
    int steps = net->streams.at[map->out].steps;
    return scanned * more * steps <= times * map_operations(map->map, steps - 1);
}

/* Whether a map can go behind node `reduce`, and from where. */
static bool find_chain(const Commute *commute, int reduce, Chain *chain)
{
    const Net *net = commute->net;
    const Node *node = &net->nodes.at[reduce];
    *chain = (Chain){.reduce = reduce};
    if (node->kind != NODE_REDUCE || node->each_step || reduce_compares(node->reduce))
        return false;
    int maker = hidden_maker(commute, node->in);
    while (maker != NONE && net->nodes.at[maker].kind == NODE_SCAN && is_linear(net, &net->nodes.at[maker])) {
        vec_push(net->arena, &chain->scans, maker);
        maker = hidden_maker(commute, net->nodes.at[maker].ins.at[0]);
    }
    if (maker == NONE || net->nodes.at[maker].kind != NODE_MAP
        || net->nodes.at[maker].map->time.reach != REACH_SAME)
        return false;
    chain->map = maker;
    return net->streams.at[net->nodes.at[maker].in].steps > 1 && bias_commutes(net, chain)
           && pays(net, chain);
}

/* ---- moving ---- */

/* A stream as `of`, of reals, in the place of `old`, which nobody makes any more. */
static StreamId replaced_stream(Net *net, StreamId old, StreamId of, const char *what, int steps)
{
    Span span = net->streams.at[old].span;
    const char *name = arena_printf(net->arena, "%s_%s", net->streams.at[of].name, what);
    net->streams.at[old].node = NONE;
    return net_stream(net, name, STREAM_REALS, steps, net->streams.at[of].shape, span);
}

static void move_map(Commute *commute, const Chain *chain)
{
    Net *net = commute->net;
    Node *map = &net->nodes.at[chain->map], *reduce = &net->nodes.at[chain->reduce];
    StreamId x = map->in;
    int steps = net->streams.at[x].steps;
    net->streams.at[map->out].node = NONE;
    for (int k = chain->scans.count - 1; k >= 0; k--) {
        Node *scan = &net->nodes.at[chain->scans.at[k]];
        scan->ins.at[0] = x;
        x = scan->outs.at[0].stream = replaced_stream(net, scan->outs.at[0].stream, x, scan->name, steps);
        net->streams.at[x].node = chain->scans.at[k];
    }
    map->out = reduce->out;
    reduce->in = x;
    reduce->out = replaced_stream(net, reduce->out, x, reduce_name(reduce->reduce), 0);
    map->in = reduce->out;
    net->streams.at[reduce->out].node = chain->reduce;
    net->streams.at[map->out].node = chain->map;
    edit_move_behind(&commute->edit, chain->map, chain->reduce);
}

void commute_dense(Net *net)
{
    Chain chain;
    Commute commute = {
        .net = net, .edit = edit_start(net), .readers = net_readers(net), .streams = net->streams.count};
    for (int n = 0; n < net->nodes.count; n++)
        while (find_chain(&commute, n, &chain))
            move_map(&commute, &chain);
    edit_finish(&commute.edit);
}
