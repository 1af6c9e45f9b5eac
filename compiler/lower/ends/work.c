/* The layers of a program that only predicts: which nodes each is made of, and what there is to do. */
#include "lower/ends/ends.h"

/* ---- what a map reads ---- */

/* Of one stream. */
static bool is_copy(const Node *node)
{
    return (node->kind == NODE_COPY && node->aux == NONE) || node->kind == NODE_DELAY;
}

/* Neurons that a window goes over. */
static int window_of(const AxisMap *map)
{
    int window = 1;
    for (int k = 0; k < map->count; k++)
        window *= map->space[k].reach == REACH_WINDOW ? map->space[k].taps : 1;
    return window;
}

/* Back to what fires: copies do so as often, a maximum at most as often as all that it is of. */
static StreamId source_of(const Lower *lower, StreamId stream, int *window)
{
    *window = 1;
    for (;;) {
        int maker = stream_of(lower, stream)->node;
        const Node *node = maker == NONE ? NULL : &lower->net->nodes.at[maker];
        bool maximum = node && node->kind == NODE_POOL && !node->transposed;
        if (!node || !(is_copy(node) || maximum) || stream_of(lower, node->in)->kind != STREAM_SPIKES)
            return stream;
        *window *= maximum ? window_of(node->map) : 1;
        stream = node->in;
    }
}

static LoopDrive drive_of(const Lower *lower, const Node *map, bool *seen)
{
    bool recent = plan_of(lower, map)->recent;
    int64_t products = map_operations(map->map, steps_of(lower, map->out));
    LoopDrive drive = {.map = (int)(map - lower->net->nodes.at),
                       .spikes = stream_of(lower, map->in)->kind == STREAM_SPIKES,
                       .again = seen[map->in],
                       .inputs = (int64_t)stream_size(lower, map->in) * steps_of(lower, map->in),
                       .products = recent ? 0 : products,
                       .counted = -1,
                       .dense = recent ? products / map->map->time.taps : products};
    StreamId source = source_of(lower, map->in, &drive.window);
    drive.stream = stream_of(lower, source)->name;
    seen[map->in] = true;
    return drive;
}

/* ---- neurons and formulas ---- */

static bool multiplies(Op op)
{
    return op == OP_MUL || op == OP_DIV || op == OP_POW || (op >= OP_EXP && op <= OP_COS);
}

static int64_t bytes_of(const Lower *lower, StreamId stream)
{
    BufferId values = lower->streams[stream].values;
    return values < 0 ? 0 : type_bytes(lower->program->buffers.at[values].type);
}

static void add_scan(const Lower *lower, LoopLayer *layer, const Node *scan)
{
    const Net *net = lower->net;
    int64_t times = (int64_t)shape_size(scan_units(net, scan)) * plan_of(lower, scan)->steps;
    int64_t bytes = 2 * (int64_t)type_bytes(TYPE_F32) * scan->states.count;
    for (Val v = 0; v < scan->body.code.count; v++) {
        Op op = scan->body.code.at[v].op;
        layer->multiplications += op_arity(op) > 0 && multiplies(op) ? times : 0;
        layer->operations += op_arity(op) > 0 && !multiplies(op) ? times : 0;
    }
    for (int i = 0; i < scan->ins.count; i++)
        bytes += bytes_of(lower, scan->ins.at[i]);
    for (int i = 0; i < scan->outs.count; i++)
        bytes += bytes_of(lower, scan->outs.at[i].stream);
    layer->touched += bytes * times;
}

/* ---- layers ---- */

/* Spikes, if it makes some: other streams are what is told of them. */
static StreamId main_stream(const Lower *lower, const Node *node)
{
    StreamId last = NONE;
    for (int k = 0; k < node_made_count(node); k++) {
        StreamId made = node_made(node, k);
        if (made != NONE && stream_of(lower, made)->kind == STREAM_SPIKES)
            return made;
        last = made != NONE ? made : last;
    }
    return last;
}

static LoopLayer layer_of(const Lower *lower, const Part *part, StepTime time)
{
    const Node *last = &lower->net->nodes.at[part->nodes[part->count - 1]];
    StreamId stream = main_stream(lower, last);
    Span span = stream == NONE ? last->span : stream_of(lower, stream)->span;
    return (LoopLayer){.name = stream == NONE ? node_title(last) : stream_of(lower, stream)->name,
                       .about = source_words(lower->net->sources, span),
                       .line = source_place(lower->net->sources, span.lo).line,
                       .units = stream == NONE ? 0 : stream_size(lower, stream),
                       .each_step = lower->net->stepwise && time == STEP_EACH};
}

/* The layer that the part is the end of, or NONE: what went along time as along an axis is a stream of steps again, behind it,
 * and no layer of its own. */
static int ended_layer(const Lower *lower, const Part *part)
{
    const Node *copy = &lower->net->nodes.at[part->nodes[0]];
    if (copy->kind != NODE_COPY || copy->aux != NONE || !copy_in_time(lower->net, copy))
        return NONE;
    int maker = stream_of(lower, copy->in)->node;
    const Node *map = &lower->net->nodes.at[maker];
    bool same = map->span.lo == copy->span.lo && map->span.hi == copy->span.hi;
    return same && map->kind != NODE_COPY ? lower->layers[maker] : NONE;
}

/* A layer for each part of the schedule that has a kernel of its own; its nodes, and those that it hosts, are of it. */
static void find_layers(Lower *lower, const StepTime *times)
{
    const Schedule *schedule = &lower->plan->phases[PHASE_FORWARD];
    Program *program = lower->program;
    lower->layers = NEW_ARRAY(lower->arena, int, lower->net->nodes.count + 1);
    for (int n = 0; n < lower->net->nodes.count; n++)
        lower->layers[n] = NONE;
    for (int p = 0; p < schedule->count; p++) {
        const Part *part = &schedule->at[p];
        if (!part->recurrent && lower->plan->nodes[part->nodes[0]].host != NONE)
            continue;
        LoopLayer layer = layer_of(lower, part, times[part->nodes[0]]);
        int ended = ended_layer(lower, part);
        for (int k = 0; k < part->count; k++)
            lower->layers[part->nodes[k]] = ended == NONE ? program->layers.count : ended;
        if (ended == NONE)
            vec_push(lower->arena, &program->layers, layer);
        else
            program->layers.at[ended] = layer;
    }
    for (int n = 0; n < lower->net->nodes.count; n++)
        if (lower->layers[n] == NONE && lower->plan->nodes[n].host != NONE)
            lower->layers[n] = lower->layers[lower->plan->nodes[n].host];
}

static void add_parameters(Lower *lower)
{
    for (StreamId s = 0; s < lower->net->streams.count; s++) {
        int row = lower->streams[s].described, maker = lower->net->streams.at[s].node;
        if (row != NONE && maker != NONE && lower->layers[maker] != NONE)
            lower->program->layers.at[lower->layers[maker]].parameters +=
                lower->program->streams.at[row].parameters;
    }
}

void describe_layers(Lower *lower, const StepTime *times)
{
    const Net *net = lower->net;
    bool *seen = NEW_ARRAY(lower->arena, bool, net->streams.count + 1);
    find_layers(lower, times);
    add_parameters(lower);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        LoopLayer *layer = lower->layers[n] == NONE ? NULL : &lower->program->layers.at[lower->layers[n]];
        if (layer && node->kind == NODE_SCAN && scan_is_batched(net, node))
            add_scan(lower, layer, node);
        if (layer && node->kind == NODE_MAP)
            vec_push(lower->arena, &layer->drives, drive_of(lower, node, seen));
    }
}
