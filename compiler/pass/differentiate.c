/* Reverse-mode differentiation of the Net. Every forward node that leads from a parameter to the loss
 * yields its adjoint, in reverse order; gradients meet as lists of streams that are summed where they
 * are read. A delay that closes a recurrent group becomes a look-ahead (a delay by a negative number of
 * steps) that stands before the group's other adjoints, as the delay stands before the group. */
#include "passes.h"
#include "adjoint.h"
#include "finite.h"
#include "reach.h"

typedef struct Diff {
    Net *net;
    Arena *arena;
    int forward_count;
    bool *needs;           /* by stream: leads back to a parameter, and the loss reaches it */
    StreamList *gradients; /* by forward stream: streams whose sum is its gradient */
    const bool *wild;      /* by forward stream: may hold what is not finite */
    int *look_ahead;       /* by forward node: its pre-made adjoint DELAY, or NONE */
} Diff;

static void find_needs(Diff *diff)
{
    diff->needs = streams_behind_params(diff->net);
    const bool *reached = reached_streams(diff->net);
    for (int s = 0; s < diff->net->streams.count; s++)
        diff->needs[s] = diff->needs[s] && reached[s];
}

static void contribute(Diff *diff, StreamId stream, StreamId gradient)
{
    if (gradient != NONE && diff->needs[stream])
        vec_push(diff->arena, &diff->gradients[stream], gradient);
}

static StreamId gradient_stream(Diff *diff, StreamId of, int steps)
{
    Stream stream = diff->net->streams.at[of];
    StreamId gradient = net_stream(diff->net, arena_printf(diff->arena, "g_%s", stream.name), STREAM_REALS,
                                   steps, stream.shape, stream.span);
    diff->net->streams.at[gradient].batched = stream.batched;
    return gradient;
}

/* A pointwise node out = scale * sum of the terms. */
static StreamId add_map(Diff *diff, StreamId of, int steps, const StreamList *terms, double scale)
{
    Node map = node_new(NODE_SCAN, diff->net->streams.at[of].span);
    map.name = "map";
    map.formula = true;
    Val sum = body_const(diff->arena, &map.body, 0);
    for (int i = 0; i < terms->count; i++) {
        const char *name = diff->net->streams.at[terms->at[i]].name;
        Val term = body_leaf(diff->arena, &map.body, OP_INPUT, i, name);
        vec_push(diff->arena, &map.ins, terms->at[i]);
        sum = body_op2(diff->arena, &map.body, OP_ADD, sum, term);
    }
    Val factor = body_const(diff->arena, &map.body, scale);
    sum = body_op2(diff->arena, &map.body, OP_MUL, sum, factor);
    StreamId out = gradient_stream(diff, of, steps);
    vec_push(diff->arena, &map.outs, ((ScanOut){out, sum}));
    net_add(diff->net, map);
    return out;
}

/* The gradient of a stream as one stream of as many steps; NONE if it is zero. */
static StreamId gathered(Diff *diff, StreamId stream)
{
    StreamList *terms = &diff->gradients[stream];
    if (terms->count == 0)
        return NONE;
    if (terms->count == 1 && same_axes(diff->net, terms->at[0], stream))
        return terms->at[0];
    return add_map(diff, stream, diff->net->streams.at[stream].steps, terms, 1);
}

static void adjoin_loss(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    Node adjoint = node_new(NODE_LOSS_GRAD, node.span);
    adjoint.in = node.in;
    adjoint.loss = node.loss;
    adjoint.out = gradient_stream(diff, node.in, 0);
    net_add(diff->net, adjoint);
    contribute(diff, node.in, adjoint.out);
}

/* Of the copy's gradient g, what the `places` from `from` on say of the stream that they are of. */
static void return_piece(Diff *diff, const Node *copy, StreamId g, StreamId stream, int places, int from)
{
    if (stream == NONE || !diff->needs[stream])
        return;
    Node adjoint = node_new(NODE_COPY, copy->span);
    adjoint.in = g;
    adjoint.out = gradient_stream(diff, stream, diff->net->streams.at[stream].steps);
    adjoint.piece = (Extract){.outer = copy->piece.outer,
                              .in = copy->piece.out,
                              .out = places,
                              .inner = copy->piece.inner,
                              .from = from};
    net_add(diff->net, adjoint);
    contribute(diff, stream, adjoint.out);
}

/* What was taken goes back to its place; what was there besides is 0. */
static void adjoin_copy(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    const Extract *piece = &node.piece;
    StreamId g = gathered(diff, node.out);
    if (g == NONE)
        return;
    return_piece(diff, &node, g, node.in, piece->in, -piece->from);
    return_piece(diff, &node, g, node.aux, piece->out - piece->in, piece->in);
}

static void adjoin_reduce(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    StreamId g = gathered(diff, node.out);
    if (g == NONE || !diff->needs[node.in] || node.reduce == REDUCE_ARGMAX)
        return;
    if (node.reduce == REDUCE_MEAN) {
        StreamList terms = {0};
        vec_push(diff->arena, &terms, g);
        g = add_map(diff, node.in, 0, &terms, 1.0 / diff->net->streams.at[node.in].steps);
    } else if (node.reduce != REDUCE_SUM) {
        Node pick = node_new(NODE_PICK_GRAD, node.span);
        pick.in = g;
        pick.aux = node.in;
        pick.reduce = node.reduce;
        pick.each_step = node.each_step;
        pick.out = gradient_stream(diff, node.in, diff->net->streams.at[node.in].steps);
        net_add(diff->net, pick);
        g = pick.out;
    }
    contribute(diff, node.in, g);
}

/* Of the parameter, or of the stream that the map takes its weights from. */
static void add_weight_gradient(Diff *diff, int index, StreamId g)
{
    const Node copy = diff->net->nodes.at[index], *map = &copy;
    Node node = node_new(NODE_MAP_GRAD, map->span);
    node.forward = index;
    node.map = map->map;
    node.weight = map->weight;
    node.in = map->transposed ? g : map->in;
    node.aux = map->transposed ? map->in : g;
    if (map->aux != NONE)
        node.out = gradient_stream(diff, map->aux, 0);
    net_add(diff->net, node);
    if (map->aux != NONE)
        contribute(diff, map->aux, node.out);
}

static void add_bias_gradient(Diff *diff, const Node *map, StreamId g)
{
    Node node = node_new(NODE_BIAS_GRAD, map->span);
    node.map = map->map;
    node.transposed = map->transposed;
    node.bias = map->bias;
    node.in = g;
    net_add(diff->net, node);
}

static void adjoin_map(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    StreamId g = gathered(diff, node.out);
    if (g == NONE)
        return;
    if (param_may_learn(diff->net, node.weight) || (node.aux != NONE && diff->needs[node.aux]))
        add_weight_gradient(diff, index, g);
    if (param_may_learn(diff->net, node.bias))
        add_bias_gradient(diff, &node, g);
    if (!diff->needs[node.in])
        return;
    Node adjoint = node_new(NODE_MAP, node.span);
    adjoint.map = node.map;
    adjoint.transposed = !node.transposed;
    adjoint.in = g;
    adjoint.weight = node.weight;
    adjoint.aux = node.aux;
    adjoint.out = gradient_stream(diff, node.in, diff->net->streams.at[node.in].steps);
    net_add(diff->net, adjoint);
    contribute(diff, node.in, adjoint.out);
}

static void adjoin_pool(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    StreamId g = gathered(diff, node.out);
    if (g == NONE || !diff->needs[node.in])
        return;
    Node adjoint = node_new(NODE_POOL_GRAD, node.span);
    adjoint.map = node.map;
    adjoint.in = g;
    adjoint.aux = node.in;
    adjoint.out = gradient_stream(diff, node.in, diff->net->streams.at[node.in].steps);
    net_add(diff->net, adjoint);
    contribute(diff, node.in, adjoint.out);
}

static void adjoin_param(Diff *diff, int index)
{
    const Node node = diff->net->nodes.at[index];
    StreamId g = param_may_learn(diff->net, node.weight) ? gathered(diff, node.out) : NONE;
    if (g == NONE)
        return;
    Node adjoint = node_new(NODE_PARAM_GRAD, node.span);
    adjoint.in = g;
    adjoint.weight = node.weight;
    net_add(diff->net, adjoint);
}

static void adjoin_scan(Diff *diff, int index)
{
    const Node *node = &diff->net->nodes.at[index];
    int ins = node->ins.count;
    StreamList *out_gradients = NEW_ARRAY(diff->arena, StreamList, node->outs.count + 1);
    bool *wanted = NEW_ARRAY(diff->arena, bool, ins + 1), reached = false;
    StreamId *gradients = NEW_ARRAY(diff->arena, StreamId, ins + 1);
    StreamId *sources = NEW_ARRAY(diff->arena, StreamId, ins + 1);
    for (int k = 0; k < node->outs.count; k++) {
        out_gradients[k] = diff->gradients[node->outs.at[k].stream];
        reached = reached || out_gradients[k].count > 0;
    }
    for (int i = 0; i < ins; i++) {
        sources[i] = node->ins.at[i];
        wanted[i] = diff->needs[sources[i]];
        gradients[i] = NONE;
    }
    if (reached)
        adjoin_equations(diff->net, index, diff->wild, out_gradients, wanted, gradients);
    for (int i = 0; i < ins; i++)
        contribute(diff, sources[i], gradients[i]);
}

static bool closes_a_cycle(const Diff *diff, int index)
{
    const Node *node = &diff->net->nodes.at[index];
    return node->kind == NODE_DELAY && diff->net->streams.at[node->in].node > index;
}

static int add_look_ahead(Diff *diff, const Node *node, StreamId g)
{
    Node adjoint = node_new(NODE_DELAY, node->span);
    adjoint.steps = -node->steps;
    adjoint.in = g;
    adjoint.out = gradient_stream(diff, node->in, diff->net->streams.at[node->in].steps);
    int index = net_add(diff->net, adjoint);
    contribute(diff, node->in, adjoint.out);
    return index;
}

static void open_cycles(Diff *diff)
{
    for (int n = 0; n < diff->forward_count; n++)
        if (closes_a_cycle(diff, n) && diff->needs[diff->net->nodes.at[n].out])
            diff->look_ahead[n] = add_look_ahead(diff, &diff->net->nodes.at[n], NONE);
}

static void adjoin_delay(Diff *diff, int index)
{
    Node node = diff->net->nodes.at[index];
    if (!diff->needs[node.in])
        return;
    StreamId g = gathered(diff, node.out);
    if (diff->look_ahead[index] != NONE) {
        StreamList none = {0};
        diff->net->nodes.at[diff->look_ahead[index]].in =
            g != NONE ? g : add_map(diff, node.out, diff->net->streams.at[node.out].steps, &none, 0);
    } else if (g != NONE) {
        add_look_ahead(diff, &node, g);
    }
}

static void adjoin_nothing(Diff *diff, int index)
{
    (void)diff, (void)index;
}

static void adjoin_node(Diff *diff, int index)
{
    static void (*const adjoin[NODE_KIND_COUNT])(Diff *, int) = {
#define NODE(id, name, phase, in, aux, out, weight, bias, equations, steps, adjoint) \
    [NODE_##id] = adjoin_##adjoint,
#include "nodes.def"
#undef NODE
    };
    adjoin[diff->net->nodes.at[index].kind](diff, index);
}

static void mark_param(ParamId param, bool *marked)
{
    if (param != NONE)
        marked[param] = true;
}

/* By parameter: some node adds to its gradient. */
static bool *params_with_gradient(const Net *net)
{
    bool *found = NEW_ARRAY(net->arena, bool, net->params.count + 1);
    for (int n = net->backward; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        bool adds = node_facts(node->kind)->phase == NODE_PHASE_BACKWARD;
        mark_param(adds ? node->weight : NONE, found);
        mark_param(adds ? node->bias : NONE, found);
        for (int k = 0; k < node->grads.count; k++)
            mark_param(node->grads.at[k].param, found);
    }
    return found;
}

/* The values of a body, in one of its own. */
static Val *copy_body(Net *net, const Body *from, Body *to)
{
    Val *copies = NEW_ARRAY(net->arena, Val, from->code.count + 1);
    *to = (Body){0};
    for (Val v = 0; v < from->code.count; v++) {
        const Instr *instr = &from->code.at[v];
        Val operands[3] = {NO_VAL, NO_VAL, NO_VAL};
        for (int k = 0; k < op_arity(instr->op); k++)
            operands[k] = copies[instr_operand(instr, k)];
        copies[v] = body_copy(net->arena, to, instr, operands[0], operands[1], operands[2]);
    }
    return copies;
}

static void clamp_update(Net *net, Node *update, const Param *param)
{
    Body body;
    const Val *copies = copy_body(net, &update->body, &body);
    for (int s = 0; s < update->states.count; s++)
        update->states.at[s].next = copies[update->states.at[s].next];
    Val low = body_const(net->arena, &body, param->low), high = body_const(net->arena, &body, param->high);
    Val above = body_op2(net->arena, &body, OP_MAX, copies[update->outs.at[0].value], low);
    update->outs.at[0].value = body_op2(net->arena, &body, OP_MIN, above, high);
    update->body = body;
}

static const Node *optimizer_of(const Net *net, const Param *param)
{
    for (int g = 0; g < net->groups.count; g++)
        if (net->groups.at[g].name == param->group)
            return &net->groups.at[g].optimizer;
    return &net->optimizer;
}

/* The optimiser's equations, with lists of its own: later passes change them in place. */
static Node update_of(Net *net, ParamId param)
{
    const Node *optimizer = optimizer_of(net, &net->params.at[param]);
    Node update = *optimizer;
    memset(&update.states, 0, sizeof update.states);
    memset(&update.outs, 0, sizeof update.outs);
    for (int s = 0; s < optimizer->states.count; s++)
        vec_push(net->arena, &update.states, optimizer->states.at[s]);
    for (int k = 0; k < optimizer->outs.count; k++)
        vec_push(net->arena, &update.outs, optimizer->outs.at[k]);
    update.weight = param;
    update.span = net->params.at[param].span;
    if (net->params.at[param].clamped)
        clamp_update(net, &update, &net->params.at[param]);
    return update;
}

static void add_updates(Net *net)
{
    const bool *has_gradient = params_with_gradient(net);
    net->updates = net->nodes.count;
    for (ParamId p = 0; p < net->params.count; p++)
        if (has_gradient[p])
            vec_push(net->arena, &net->nodes, update_of(net, p));
}

void differentiate(Net *net)
{
    Diff diff = {.net = net, .arena = net->arena, .forward_count = net->nodes.count};
    diff.gradients = NEW_ARRAY(net->arena, StreamList, net->streams.count + 1);
    diff.look_ahead = NEW_ARRAY(net->arena, int, net->nodes.count + 1);
    for (int n = 0; n < net->nodes.count; n++)
        diff.look_ahead[n] = NONE;
    find_needs(&diff);
    diff.wild = wild_streams(net);
    net->backward = net->nodes.count;
    open_cycles(&diff);
    for (int n = diff.forward_count - 1; n >= 0; n--)
        adjoin_node(&diff, n);
    add_updates(net);
}
