#include "net.h"

#include <stdio.h>

int shape_size(Shape shape)
{
    int size = 1;
    for (int i = 0; i < shape.ndim; i++)
        size *= shape.dims[i];
    return size;
}

bool shape_equal(Shape a, Shape b)
{
    if (a.ndim != b.ndim)
        return false;
    for (int i = 0; i < a.ndim; i++)
        if (a.dims[i] != b.dims[i])
            return false;
    return true;
}

const char *shape_text(Arena *arena, Shape shape)
{
    const char *text = "[";
    for (int i = 0; i < shape.ndim; i++)
        text = arena_printf(arena, "%s%s%d", text, i ? ", " : "", shape.dims[i]);
    return arena_printf(arena, "%s]", text);
}

StreamId net_stream(Net *net, const char *name, StreamKind kind, bool temporal, Shape shape, Span span)
{
    Stream stream = {.kind = kind, .temporal = temporal, .shape = shape, .node = NONE, .span = span};
    stream.name = unique_name(net->arena, &net->stream_names, name);
    vec_push(net->arena, &net->streams, stream);
    return net->streams.count - 1;
}

ParamId net_param(Net *net, const char *name, Shape shape, Span span)
{
    Param param = {.shape = shape, .span = span};
    /* safetensors files keep names with underscores in front to themselves */
    param.name = unique_name(net->arena, &net->param_names, name_stem(name));
    vec_push(net->arena, &net->params, param);
    return net->params.count - 1;
}

Node node_new(NodeKind kind, Span span)
{
    return (Node){.kind = kind,
                  .in = NONE,
                  .aux = NONE,
                  .out = NONE,
                  .weight = NONE,
                  .bias = NONE,
                  .forward = NONE,
                  .span = span};
}

int net_add(Net *net, Node node)
{
    int id = net->nodes.count;
    if (node.out != NONE)
        net->streams.at[node.out].node = id;
    for (int i = 0; i < node.outs.count; i++)
        if (node.outs.at[i].stream != NONE)
            net->streams.at[node.outs.at[i].stream].node = id;
    vec_push(net->arena, &net->nodes, node);
    return id;
}

bool param_is_learned(const Net *net, ParamId param)
{
    for (int n = net->updates; n < net->nodes.count; n++)
        if (net->nodes.at[n].weight == param)
            return true;
    return false;
}

static bool is_behind_params(const Node *node, const bool *behind)
{
    bool is = node->weight != NONE || node->params.count > 0 || (node->in != NONE && behind[node->in]);
    for (int i = 0; i < node->ins.count; i++)
        is = is || behind[node->ins.at[i]];
    return is;
}

/* To a fixed point, because recurrent delays read streams made later. */
bool *streams_behind_params(const Net *net)
{
    bool *behind = NEW_ARRAY(net->arena, bool, net->streams.count + 1);
    for (bool changed = true; changed;) {
        changed = false;
        for (StreamId s = 0; s < net->streams.count; s++) {
            int node = net->streams.at[s].node;
            if (behind[s] || node == NONE || !is_behind_params(&net->nodes.at[node], behind))
                continue;
            behind[s] = changed = true;
        }
    }
    return behind;
}

bool scan_in_time(const Net *net, const Node *scan)
{
    bool temporal = scan->in_time || scan->states.count > 0;
    for (int i = 0; i < scan->ins.count; i++)
        temporal = temporal || net->streams.at[scan->ins.at[i]].temporal;
    for (int k = 0; k < scan->outs.count; k++)
        temporal = temporal || net->streams.at[scan->outs.at[k].stream].temporal;
    return temporal;
}

bool node_reads(const Node *node, StreamId stream)
{
    for (int i = 0; i < node->ins.count; i++)
        if (node->ins.at[i] == stream)
            return true;
    return node->in == stream || node->aux == stream;
}

int net_only_reader(const Net *net, StreamId stream)
{
    int reader = NONE;
    for (int n = 0; n < net->nodes.count; n++) {
        if (!node_reads(&net->nodes.at[n], stream))
            continue;
        if (reader != NONE)
            return NONE;
        reader = n;
    }
    return reader;
}

bool node_writes(const Node *node, StreamId stream)
{
    for (int k = 0; k < node->outs.count; k++)
        if (node->outs.at[k].stream == stream)
            return true;
    return node->out == stream;
}

const char *node_kind_name(NodeKind kind)
{
    static const char *const names[NODE_KIND_COUNT] = {
        [NODE_DATA] = "data",
        [NODE_POISSON] = "poisson",
        [NODE_LATENCY] = "latency",
        [NODE_DENSE] = "dense",
        [NODE_SCAN] = "scan",
        [NODE_DELAY] = "delay",
        [NODE_REDUCE] = "reduce",
        [NODE_LOSS] = "loss",
        [NODE_PREDICT] = "predict",
        [NODE_ACTIVITY] = "activity",
        [NODE_LOSS_GRAD] = "loss_grad",
        [NODE_PICK_GRAD] = "pick_grad",
        [NODE_WEIGHT_GRAD] = "weight_grad",
        [NODE_BIAS_GRAD] = "bias_grad",
        [NODE_UPDATE] = "update",
    };
    return names[kind];
}

const char *loss_name(LossKind kind)
{
    static const char *const names[LOSS_COUNT] = {[LOSS_CROSS_ENTROPY] = "cross_entropy", [LOSS_MSE] = "mse"};
    return names[kind];
}

const char *schedule_name(ScheduleKind kind)
{
    static const char *const names[SCHEDULE_COUNT] = {
        [SCHEDULE_CONSTANT] = "constant",
        [SCHEDULE_STEP] = "step",
        [SCHEDULE_COSINE] = "cosine",
        [SCHEDULE_ONE_CYCLE] = "one_cycle",
    };
    return names[kind];
}
