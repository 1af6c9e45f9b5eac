#include "lower/plan/planning.h"

/* By kind: role and stream. */
static NodePlan kind_record(const Node *node)
{
    switch (node->kind) {
    case NODE_MAP: return (NodePlan){.role = ROLE_MAP, .stream = node->out};
    case NODE_SCAN:
        return (NodePlan){.role = ROLE_SCAN,
                          .stream = node->outs.count ? node->outs.at[0].stream : node->ins.at[0]};
    case NODE_MAP_GRAD: return (NodePlan){.role = ROLE_MAP_GRAD, .stream = node->aux};
    case NODE_BIAS_GRAD: return (NodePlan){.role = ROLE_BIAS_GRAD, .stream = node->in};
    case NODE_DATA:
    case NODE_TARGET:
    case NODE_RANDOM:
    case NODE_PARAM:
    case NODE_POISSON:
    case NODE_LATENCY:
    case NODE_DELAY:
    case NODE_COPY:
    case NODE_POOL:
    case NODE_POOL_GRAD:
    case NODE_REDUCE:
    case NODE_LOSS_GRAD:
    case NODE_PICK_GRAD: return (NodePlan){.stream = node->out};
    case NODE_PARAM_GRAD:
    case NODE_KEEP:
    case NODE_LOSS:
    case NODE_PREDICT:
    case NODE_METRIC:
    case NODE_ACTIVITY: return (NodePlan){.stream = node->in};
    case NODE_UPDATE: /* of a parameter */
    case NODE_KIND_COUNT: break;
    }
    return (NodePlan){.stream = NONE};
}

const char *weight_name(const Net *net, const Node *node)
{
    StreamId stream = node->kind == NODE_MAP_GRAD ? node->out : node->aux;
    return node->weight != NONE ? net->params.at[node->weight].name
           : stream != NONE     ? net->streams.at[stream].name
                                : "";
}

/* The adjoint of a scan is called after the scan; a gradient after what is learned. */
static const char *node_name(const Planning *plan, const Node *node, const NodePlan *record)
{
    const Net *net = plan->net;
    if (record->role == ROLE_MAP_GRAD)
        return weight_name(net, node);
    if (record->role == ROLE_BIAS_GRAD)
        return net->params.at[node->bias].name;
    if (record->role == ROLE_SCAN && node->forward != NONE)
        return node_name(plan, &net->nodes.at[node->forward], &plan->nodes[node->forward]);
    return net->streams.at[record->stream].name;
}

/* A scan with streams of several shapes is not cut. Others are as their stream is, or as one that a scan works on
 * besides: data have no room for a remainder. */
static Tiling node_tiles(const Planning *plan, const Node *node, const NodePlan *record)
{
    Tiling tiles = plan->streams[record->stream].tiles;
    if (record->role == ROLE_SCAN && !record->even)
        return (Tiling){record->units, 1};
    for (int i = 0; i < node->ins.count; i++)
        if (tiling_room(plan->streams[node->ins.at[i]].tiles) < tiling_room(tiles))
            tiles = plan->streams[node->ins.at[i]].tiles;
    return tiles;
}

static void make_room(Planning *plan, StreamId stream, Tiling tiles)
{
    int *room = &plan->streams[stream].room;
    *room = tiling_room(tiles) > *room ? tiling_room(tiles) : *room;
}

/* For what the node works on, tile by tile. */
static void make_rooms(Planning *plan, const Node *node, const NodePlan *record)
{
    if (record->role == ROLE_NONE || (record->role == ROLE_SCAN && !record->even))
        return;
    make_room(plan, record->stream, record->tiles);
    for (int i = 0; i < node->ins.count; i++)
        make_room(plan, node->ins.at[i], record->tiles);
    for (int i = 0; i < node->outs.count; i++)
        make_room(plan, node->outs.at[i].stream, record->tiles);
}

/* As much as for the delayed stream, in whose place it may be read: see is_shifted(). */
static void make_delayed_room(Planning *plan, const Node *delay)
{
    int maker = plan->net->streams.at[delay->in].node, units = plan->streams[delay->out].room;
    if (maker != NONE && plan->net->nodes.at[maker].kind != NODE_DATA)
        make_room(plan, delay->in, (Tiling){units, 1});
}

/* Of so many steps, or of what lacks them, those that a kernel goes through. */
static int steps_at_once(const Planning *plan, int steps)
{
    return plan->net->stepwise || steps == 0 ? 1 : steps;
}

/* A tile keeps its copy of the weights while a batch goes through it. One sample needs none. */
static Tiling tiling_in(const Planning *plan, int units, bool remainder)
{
    return plan->options.infer || plan->by_samples ? (Tiling){units, 1} : tiling_of(units, remainder);
}

static void start_node(Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    NodePlan *record = &plan->nodes[n];
    *record = kind_record(node);
    if (node->kind == NODE_SCAN && !scan_is_batched(plan->net, node))
        record->role = ROLE_NONE; /* it makes weights */
    record->host = record->met = NONE;
    record->dense = node->map && map_is_dense(node->map);
    if (record->stream == NONE)
        return;
    const Stream *stream = &plan->net->streams.at[record->stream];
    record->name = node_name(plan, node, record);
    bool scan = record->role == ROLE_SCAN;
    record->even = scan && scan_is_even(plan->net, node);
    record->units = shape_size(scan ? scan_units(plan->net, node) : stream->shape);
    record->tiles = node_tiles(plan, node, record);
    make_rooms(plan, node, record);
    record->shared = !scan && !stream->batched;
    int steps = scan ? scan_steps(plan->net, node) : stream->steps;
    record->in_time = steps > 0;
    record->steps = steps_at_once(plan, steps);
}

/* Whether it has only the units that there are, as weights do that are a matrix. Who reads a delayed stream may read the
 * stream itself, see is_shifted(). */
static bool fills_no_room(const Net *net, StreamId id)
{
    const Stream *stream = &net->streams.at[id];
    bool param = stream->node != NONE && net->nodes.at[stream->node].kind == NODE_PARAM;
    if (!stream->batched && (stream->steps ? param : stream->shape.ndim > 1))
        return true;
    const Node *node = net->streams.at[id].node == NONE ? NULL : &net->nodes.at[net->streams.at[id].node];
    while (node && node->kind == NODE_DELAY) {
        int maker = net->streams.at[node->in].node;
        node = maker == NONE ? NULL : &net->nodes.at[maker];
    }
    return node && (node->kind == NODE_DATA || (node->map && !map_is_dense(node->map)));
}

static StreamPlan start_stream(const Planning *plan, StreamId id)
{
    const Stream *stream = &plan->net->streams.at[id];
    int units = shape_size(stream->shape);
    int maker = stream->node;
    return (StreamPlan){.steps = steps_at_once(plan, stream->steps),
                        .drawn = maker != NONE && plan->net->nodes.at[maker].kind == NODE_RANDOM,
                        .tiles = tiling_in(plan, units, !fills_no_room(plan->net, id)),
                        .room = units,
                        .place = NONE};
}

/* Tiles work on a copy of a matrix. */
static Tiling param_tiles(const Planning *plan, const Param *param)
{
    int size = shape_size(param->shape);
    return tiling_in(plan, size, !param->matrix);
}

Plan make_plan(Arena *arena, const Net *net, LowerOptions options)
{
    Planning plan = {.arena = arena,
                     .net = net,
                     .options = options,
                     .by_samples = goes_by_samples(net, options),
                     .readers = net_readers(net),
                     .streams = NEW_ARRAY(arena, StreamPlan, net->streams.count + 1),
                     .nodes = NEW_ARRAY(arena, NodePlan, net->nodes.count + 1),
                     .phases = NEW_ARRAY(arena, Schedule, PHASE_COUNT)};
    for (StreamId s = 0; s < net->streams.count; s++)
        plan.streams[s] = start_stream(&plan, s);
    for (int n = 0; n < net->nodes.count; n++)
        start_node(&plan, n);
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_DELAY)
            make_delayed_room(&plan, &net->nodes.at[n]);
    Tiling *params = NEW_ARRAY(arena, Tiling, net->params.count + 1);
    for (ParamId p = 0; p < net->params.count; p++)
        params[p] = param_tiles(&plan, &net->params.at[p]);
    plan_service(&plan);
    plan_groups(&plan);
    plan_layers(&plan);
    plan_blanks(&plan);
    plan_routes(&plan);
    plan_places(&plan);
    plan_gates(&plan);
    plan_runs(&plan);
    return (Plan){options, plan.streams, plan.nodes, params, plan.phases};
}
