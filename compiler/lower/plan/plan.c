#include "lower/plan/planning.h"

static const Stream *stream_at(const Plan *plan, StreamId stream)
{
    return &plan->net->streams.at[stream];
}

/* The stream whose units a node goes through. */
static StreamId main_stream(const Node *node)
{
    if (node->outs.count > 0 || node->ins.count > 0)
        return node->outs.count > 0 ? node->outs.at[0].stream : node->ins.at[0];
    return node->kind == NODE_WEIGHT_GRAD ? node->aux : node->out != NONE ? node->out : node->in;
}

/* The adjoint of a scan is called after the scan; a gradient after what is learned. */
static const char *name_of(const Plan *plan, const Node *node)
{
    const Net *net = plan->net;
    if (node->kind == NODE_WEIGHT_GRAD)
        return net->params.at[node->weight].name;
    if (node->kind == NODE_SCAN && node->forward != NONE)
        node = &net->nodes.at[node->forward];
    return stream_at(plan, main_stream(node))->name;
}

static NodePlan start_node(const Plan *plan, const Node *node)
{
    NodePlan record = {.host = NONE};
    if (node->kind == NODE_UPDATE) /* of a parameter: no stream, no time */
        return record;
    const Stream *stream = stream_at(plan, main_stream(node));
    record.in_time = node->kind == NODE_SCAN ? scan_in_time(plan->net, node) : stream->temporal;
    record.name = name_of(plan, node);
    record.units = shape_size(stream->shape);
    record.steps = record.in_time ? plan->net->steps : 1;
    return record;
}

static StreamPlan start_stream(const Plan *plan, StreamId id)
{
    const Stream *stream = stream_at(plan, id);
    return (StreamPlan){.steps = stream->temporal ? plan->net->steps : 1,
                        .width = tile_width(shape_size(stream->shape)),
                        .place = NONE};
}

const Plan *make_plan(Arena *arena, const Net *net, LowerOptions options)
{
    Plan *plan = NEW(arena, Plan);
    *plan = (Plan){.arena = arena, .net = net, .options = options};
    plan->streams = NEW_ARRAY(arena, StreamPlan, net->streams.count + 1);
    plan->nodes = NEW_ARRAY(arena, NodePlan, net->nodes.count + 1);
    for (StreamId s = 0; s < net->streams.count; s++)
        plan->streams[s] = start_stream(plan, s);
    for (int n = 0; n < net->nodes.count; n++)
        plan->nodes[n] = start_node(plan, &net->nodes.at[n]);
    plan_service(plan);
    plan_groups(plan);
    plan_layers(plan);
    plan_places(plan);
    plan_gates(plan);
    plan_runs(plan);
    return plan;
}
