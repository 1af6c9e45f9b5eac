/* For --infer: of what tests run, the nodes that predictions are made of. Equations stay as they are, so that sums over
 * time are made in the same rounds. */
#include "passes.h"
#include "edit.h"
#include "stepwise.h"

static void mark(const Net *net, int node, bool *live)
{
    VEC(int) open = {0};
    vec_push(net->arena, &open, node);
    while (open.count > 0) {
        int n = open.at[--open.count];
        if (live[n])
            continue;
        live[n] = true;
        for (int k = 0; k < node_read_count(&net->nodes.at[n]); k++) {
            StreamId stream = node_read(&net->nodes.at[n], k);
            int maker = stream == NONE ? NONE : net->streams.at[stream].node;
            if (maker != NONE)
                vec_push(net->arena, &open, maker);
        }
    }
}

static void drop_all_but(Net *net, const bool *live)
{
    NetEdit edit = edit_start(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (!live[n])
            edit_drop(&edit, n);
    edit_finish(&edit);
}

/* What neurons made for their adjoints, or to be looked at. */
static void drop_unread_outs(Net *net)
{
    const Adjacency readers = net_readers(net);
    for (int n = 0; n < net->nodes.count; n++) {
        Node *node = &net->nodes.at[n];
        int kept = 0;
        for (int k = 0; k < node->outs.count; k++) {
            ScanOut out = node->outs.at[k];
            if (readers.first[out.stream] < readers.first[out.stream + 1])
                node->outs.at[kept++] = out;
            else
                net->streams.at[out.stream].node = NONE;
        }
        node->outs.count = kept;
    }
}

static const char *node_name(const Net *net, const Node *node)
{
    for (int k = 0; k < node_made_count(node); k++)
        if (node_made(node, k) != NONE)
            return net->streams.at[node_made(node, k)].name;
    return node_title(node);
}

/* Which steps a sample has, if the model asks: given with the data. NONE: all samples have all of them. */
static StreamId present_stream(Net *net)
{
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_DATA && net->nodes.at[n].present)
            return net->nodes.at[n].out;
    return NONE;
}

/* What the stream is at the last step that the sample has. */
static Node last_present(Net *net, const Node *prediction, StreamId present)
{
    Node last = node_new(NODE_SCAN, prediction->span);
    last.name = "last";
    last.phrase = prediction->phrase;
    last.body.at = prediction->span;
    vec_push(net->arena, &last.ins, prediction->in);
    vec_push(net->arena, &last.ins, present);
    Body *body = &last.body;
    Val x = body_leaf(net->arena, body, OP_INPUT, 0, net->streams.at[prediction->in].name);
    Val here = body_op2(net->arena, body, OP_NE,
                        body_leaf(net->arena, body, OP_INPUT, 1, net->streams.at[present].name),
                        body_const(net->arena, body, 0));
    Val before = body_leaf(net->arena, body, OP_STATE, 0, "last");
    State state = {
        .name = "last", .initial = 0, .next = body_op3(net->arena, body, OP_SELECT, here, x, before)};
    vec_push(net->arena, &last.states, state);
    ScanOut out = {net_stream(net,
                              arena_printf(net->arena, "present_%s", net->streams.at[prediction->in].name),
                              STREAM_REALS, net->steps, net->streams.at[prediction->in].shape, last.span),
                   state.next};
    vec_push(net->arena, &last.outs, out);
    return last;
}

/* The node stands before number `before`, which reads what it makes. */
static void add_before(NetEdit *edit, Node node, StreamId made, int before)
{
    int number = edit->net->nodes.count;
    edit_add_first(edit, node);
    edit_move_before(edit, number, before);
    edit->net->nodes.at[before].in = made;
}

/* What is predicted for each step is told of the last one that was made, and is there. */
static void predict_last(Net *net, StreamId present)
{
    NetEdit edit = edit_start(net);
    int given = present == NONE ? NONE : net->streams.at[present].node;
    if (given != NONE && given != edit.first) /* who made it may stand behind predictions */
        edit_move_before(&edit, given, edit.first);
    for (int n = 0, count = net->nodes.count; n < count; n++) {
        if (net->nodes.at[n].kind != NODE_PREDICT || !net->streams.at[net->nodes.at[n].in].steps)
            continue;
        if (present != NONE) {
            Node there = last_present(net, &net->nodes.at[n], present);
            add_before(&edit, there, there.outs.at[0].stream, n);
        }
        StreamId in = net->nodes.at[n].in;
        Node last = node_new(NODE_REDUCE, net->nodes.at[n].span);
        last.in = in;
        last.reduce = REDUCE_LAST;
        last.phrase = net->nodes.at[n].phrase;
        last.out = net_stream(net, arena_printf(net->arena, "last_%s", net->streams.at[in].name),
                              STREAM_REALS, 0, net->streams.at[in].shape, last.span);
        add_before(&edit, last, last.out, n);
    }
    edit_finish(&edit);
}

Net *infer_net(Net *net, bool all_steps)
{
    net = net->evaluated ? net->evaluated : net;
    predict_last(net, present_stream(net));
    bool *live = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_PREDICT)
            mark(net, n, live);
    drop_all_but(net, live);
    drop_unread_outs(net);
    net->training.present = false;
    const char *does;
    const Node *whole = whole_sample_node(net, &does);
    net->stepwise = !whole && !all_steps;
    if (all_steps)
        net->whole_why = "it was made for whole samples";
    else if (whole)
        net->whole_why = arena_printf(net->arena, "`%s` %s", node_name(net, whole), does);
    return net;
}
