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

/* A sample is as long as whoever calls makes it: all its steps are there. The node that says so; NONE: nobody asks. */
static int make_present(Net *net)
{
    int present = NONE;
    for (int n = 0; n < net->backward; n++) {
        Node *data = &net->nodes.at[n];
        if (data->kind != NODE_DATA || !data->present)
            continue;
        Node all = node_new(NODE_SCAN, data->span);
        all.name = "map";
        all.formula = all.batched = true;
        all.each_of = net->streams.at[data->out].steps;
        all.phrase = data->phrase;
        all.body.at = data->span;
        ScanOut out = {data->out, body_const(net->arena, &all.body, 1)};
        vec_push(net->arena, &all.outs, out);
        *data = all;
        present = n;
    }
    return present;
}

/* Who gives a whole sample gives all steps, but the trainer knows where a sample ends. */
static void note_present(Net *net)
{
    const char *note =
        arena_printf(net->arena,
                     "all %d steps of a sample are `present`: of one that is shorter, the trainer "
                     "says something else",
                     net->steps);
    vec_push(net->arena, &net->notes, note);
}

/* What is predicted for each step is told of the last one that was made. */
static void predict_last(Net *net)
{
    NetEdit edit = edit_start(net);
    for (int n = 0, count = net->nodes.count; n < count; n++) {
        StreamId in = net->nodes.at[n].in;
        if (net->nodes.at[n].kind != NODE_PREDICT || !net->streams.at[in].steps)
            continue;
        Node last = node_new(NODE_REDUCE, net->nodes.at[n].span);
        last.in = in;
        last.reduce = REDUCE_LAST;
        last.phrase = net->nodes.at[n].phrase;
        last.out = net_stream(net, arena_printf(net->arena, "last_%s", net->streams.at[in].name),
                              STREAM_REALS, 0, net->streams.at[in].shape, last.span);
        int number = net->nodes.count;
        edit_add_first(&edit, last);
        edit_move_before(&edit, number, n);
        net->nodes.at[n].in = last.out;
    }
    edit_finish(&edit);
}

Net *infer_net(Net *net, bool all_steps)
{
    net = net->evaluated ? net->evaluated : net;
    int present = make_present(net);
    predict_last(net);
    bool *live = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_PREDICT)
            mark(net, n, live);
    bool asks = present != NONE && live[present];
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
    if (asks && !net->stepwise)
        note_present(net);
    return net;
}
