/* What tests and predictions run, where that is not what training runs: a Net of its own, in which `training` does not
 * hold. Both have the same parameters and run scalars. */
#include "passes.h"
#include "edit.h"
#include "rebuild.h"

/* ---- `training` as a constant ---- */

static bool reads_training(const Net *net, const Node *node)
{
    const bool *live = live_values(net->arena, node);
    for (Val v = 0; v < node->body.code.count; v++)
        if (live[v] && node->body.code.at[v].op == OP_SCALAR
            && node->body.code.at[v].index == SCALAR_TRAINING)
            return true;
    return false;
}

static Val make_settled(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const double *training = rebuild->context;
    if (instr->op != OP_SCALAR || instr->index != SCALAR_TRAINING)
        return body_copy(rebuild->arena, &rebuild->out, instr, a, b, c);
    return body_const(rebuild->arena, &rebuild->out, *training);
}

static void settle_node(Net *net, Node *node, double training)
{
    if (!reads_training(net, node))
        return;
    if (node->kind == NODE_SCAN)
        scan_fix(net, node);
    const Body old = node->body;
    Rebuild rebuild = rebuild_start(net->arena, &old, true);
    rebuild.make = make_settled;
    rebuild.context = &training;
    rebuild_node(&rebuild, node);
}

static void settle(Net *net, double training)
{
    for (int n = 0; n < net->nodes.count; n++)
        settle_node(net, &net->nodes.at[n], training);
    settle_node(net, &net->schedule, training);
    settle_node(net, &net->optimizer, training);
    for (int g = 0; g < net->groups.count; g++)
        settle_node(net, &net->groups.at[g].optimizer, training);
}

/* ---- what computes nothing any more ---- */

/* Of a stream before it was made, by a loop: who loses it would wait for itself. */
static bool closes_a_cycle(const Net *net, StreamId stream)
{
    int maker = net->streams.at[stream].node;
    return net->nodes.at[maker].kind == NODE_DELAY && net->streams.at[net->nodes.at[maker].in].node > maker;
}

/* A formula that came to one of its streams: that stream; else NONE. */
static StreamId passed_on(const Net *net, const Node *scan)
{
    if (scan->kind != NODE_SCAN || !scan->formula || scan->outs.count != 1)
        return NONE;
    ScanOut out = scan->outs.at[0];
    const Instr *instr = &scan->body.code.at[out.value];
    if (instr->op != OP_INPUT || net->streams.at[out.stream].keep)
        return NONE;
    StreamId in = scan->ins.at[instr->index];
    bool drawn = net->nodes.at[net->streams.at[in].node].kind == NODE_RANDOM; /* which scans alone read */
    return !drawn && same_axes(net, in, out.stream) && !closes_a_cycle(net, in) ? in : NONE;
}

static void read_instead(StreamId *read, const StreamId *instead)
{
    if (*read != NONE)
        *read = instead[*read];
}

/* Who reads what a node passes on reads what it is given. */
static void skip_passed(Net *net)
{
    StreamId *instead = NEW_ARRAY(net->arena, StreamId, net->streams.count + 1);
    for (StreamId s = 0; s < net->streams.count; s++)
        instead[s] = s;
    for (int n = 0; n < net->nodes.count; n++) {
        Node *node = &net->nodes.at[n];
        read_instead(&node->in, instead);
        read_instead(&node->aux, instead);
        for (int i = 0; i < node->ins.count; i++)
            read_instead(&node->ins.at[i], instead);
        StreamId in = passed_on(net, node);
        if (in != NONE)
            instead[node->outs.at[0].stream] = in;
    }
    for (int n = 0; n < net->nodes.count; n++) /* what a delay reads may be made later */
        if (net->nodes.at[n].kind == NODE_DELAY)
            read_instead(&net->nodes.at[n].in, instead);
}

/* ---- the Net of evaluation ---- */

/* The list's elements, in memory of its own. */
#define COPY_LIST(arena, list)                                                                 \
    ((list)->at = arena_copy((arena), (list)->at, sizeof *(list)->at * (size_t)(list)->count), \
     (list)->capacity = (list)->count)

static void copy_lists(Arena *arena, Node *node)
{
    COPY_LIST(arena, &node->ins);
    COPY_LIST(arena, &node->params);
    COPY_LIST(arena, &node->states);
    COPY_LIST(arena, &node->outs);
    COPY_LIST(arena, &node->grads);
}

/* Bodies have one owner: what is added to a copy must not reach the original. */
static void copy_body(Arena *arena, Node *node)
{
    const Body old = node->body;
    Rebuild rebuild = rebuild_start(arena, &old, false);
    rebuild_node(&rebuild, node);
}

static Net *copy_net(const Net *net)
{
    Net *copy = NEW(net->arena, Net);
    *copy = *net;
    COPY_LIST(net->arena, &copy->nodes);
    COPY_LIST(net->arena, &copy->streams);
    copy->stream_names = (Unique){0};
    for (StreamId s = 0; s < copy->streams.count; s++)
        unique_name(net->arena, &copy->stream_names, copy->streams.at[s].name);
    for (int n = 0; n < copy->nodes.count; n++) {
        copy_lists(net->arena, &copy->nodes.at[n]);
        if (node_facts(copy->nodes.at[n].kind)->equations)
            copy_body(net->arena, &copy->nodes.at[n]);
    }
    copy_lists(net->arena, &copy->schedule);
    copy_body(net->arena, &copy->schedule);
    return copy;
}

static void drop_nodes(Net *net, NodeKind kind)
{
    NetEdit edit = edit_start(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == kind)
            edit_drop(&edit, n);
    edit_finish(&edit);
}

/* What only training does. */
static void drop_training(Net *net)
{
    net->training.present = false;
    drop_nodes(net, NODE_ACTIVITY);
    drop_nodes(net, NODE_KEEP);
}

static bool depends_on_training(const Net *net)
{
    bool depends = reads_training(net, &net->schedule);
    for (int n = 0; n < net->nodes.count && !depends; n++)
        depends = node_facts(net->nodes.at[n].kind)->equations && reads_training(net, &net->nodes.at[n]);
    return depends;
}

/* Convolutions and maps along time: these have kernels by tables, tap by tap, by fewer products or by frequencies. */
static bool may_add_in_another_order(const Net *net)
{
    bool may = false;
    for (int n = 0; n < net->nodes.count && !may; n++) {
        const Node *node = &net->nodes.at[n];
        bool map = node->kind == NODE_MAP && node->map->groups == 1;
        may = map && map_mixes_space(node->map) && !map_is_dense(node->map);
    }
    return may;
}

void evaluate_net(Net *net, bool orders)
{
    bool depends = depends_on_training(net);
    net->evaluated_alike = !depends;
    if (net->training.present && (depends || (orders && may_add_in_another_order(net)))) {
        net->evaluated = copy_net(net);
        settle(net->evaluated, 0);
        skip_passed(net->evaluated);
        drop_training(net->evaluated);
    }
    settle(net, net->training.present); /* optimizers, too */
    if (!net->training.present)
        drop_nodes(net, NODE_KEEP);
    if (depends)
        skip_passed(net);
}
