#include "lower/lower.h"

#include "passes.h"
#include "schedule.h"
#include "lower/ends/describe.h"
#include "lower/base/tile.h"
#include "lower/maps/gate.h"
#include "lower/train/layer.h"

/* A kernel for one node, up to its loop over the samples. */
static Site begin_samples(Lower *lower, const Node *node, const char *verb)
{
    const Stream *out = stream_of(lower, node->out);
    const char *source = stream_of(lower, node->in)->name;
    const char *about = arena_printf(lower->arena, "%s: %s of %s, %d -> %d%s", out->name, verb, source,
                                     stream_size(lower, node->in), stream_size(lower, node->out),
                                     out->temporal ? ", all steps" : "");
    kernel_begin(lower, node_kind_name(node->kind), out->name, about, node->span, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    return (Site){&loop_b->body, loop_variable(lower, loop_b), NULL, NULL};
}

static void lower_steps(Lower *lower, const Node *node, void (*emit)(Lower *, const Node *, Site),
                        const char *verb)
{
    Site site = begin_samples(lower, node, verb);
    if (stream_of(lower, node->out)->temporal) {
        LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
        site.into = &loop_t->body;
        site.t = loop_variable(lower, loop_t);
    }
    emit(lower, node, site);
}

static void lower_delay(Lower *lower, const Node *node)
{
    int bounds[] = {0, delay_edge(lower, node), lower->net->steps};
    Site samples = begin_samples(lower, node, "shift in time");
    for (int part = 0; part < 2; part++) {
        if (bounds[part] == bounds[part + 1])
            continue;
        LoopStmt *loop_t =
            loop_for(lower->arena, samples.into, loop_var(lower->arena, lower->kernel, "t", TYPE_I32),
                     loop_int(lower->arena, bounds[part]), loop_int(lower->arena, bounds[part + 1]));
        Site site = {&loop_t->body, samples.b, loop_variable(lower, loop_t), NULL};
        lower->segment = bounds[part];
        emit_delay(lower, node, site);
    }
}

static void lower_node(Lower *lower, const Node *node)
{
    switch (node->kind) {
    case NODE_DATA: break; /* the runtime fills it */
    case NODE_POISSON:
        emit_poisson(lower, node, begin_samples(lower, node, "spikes with the probability"));
        break;
    case NODE_LATENCY: lower_steps(lower, node, emit_latency, "one spike at the latency"); break;
    case NODE_DELAY: lower_delay(lower, node); break;
    case NODE_REDUCE: lower_reduce(lower, node); break;
    case NODE_LOSS: lower_loss(lower, node); break;
    case NODE_PREDICT: lower_predict(lower, node); break;
    case NODE_ACTIVITY: lower_activity(lower, node); break;
    case NODE_LOSS_GRAD: lower_loss_grad(lower, node); break;
    case NODE_PICK_GRAD: lower_pick_grad(lower, node); break;
    case NODE_BIAS_GRAD:
        if (lower->host[node - lower->net->nodes.at] == NONE)
            lower_bias_grad(lower, node);
        break;
    case NODE_DENSE:
    case NODE_SCAN:
    case NODE_WEIGHT_GRAD: lower_layer(lower, node); break;
    case NODE_UPDATE: lower_update(lower, node); break;
    case NODE_KIND_COUNT: break;
    }
}

static void lower_part(Lower *lower, const Part *part)
{
    if (part->recurrent)
        lower_group(lower, part->nodes, part->count);
    else
        lower_node(lower, &lower->net->nodes.at[part->nodes[0]]);
}

static void lower_phase(Lower *lower, Phase phase, int first, int last)
{
    Schedule schedule = schedule_nodes(lower->arena, lower->net, first, last);
    lower->phase = phase;
    for (int i = 0; i < schedule.count; i++)
        lower_part(lower, &schedule.at[i]);
}

/* ---- buffers ---- */

static BufferId add_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape, Span span)
{
    Buffer buffer = {.name = name, .of_model = true, .type = type, .role = role, .param = -1, .span = span};
    buffer.per_sample = role == BUFFER_STREAM || role == BUFFER_INPUT || role == BUFFER_OUTPUT;
    buffer.ndim = shape.ndim;
    for (int d = 0; d < shape.ndim; d++)
        buffer.dims[d] = shape.dims[d];
    return loop_buffer(lower->program, buffer);
}

static void add_stream_buffer(Lower *lower, StreamId id)
{
    const Stream *stream = stream_of(lower, id);
    int size = shape_size(stream->shape);
    Shape shape = stream->temporal ? (Shape){2, {lower->net->steps, size}} : (Shape){1, {size}};
    int width = tile_width(size);
    if (lower->slots[id])
        shape.dims[0] = lower->slots[id];
    if (lower->tiled[id])
        shape = (Shape){3, {size / width, lower->net->steps, width}};
    bool given = lower->net->nodes.at[stream->node].kind == NODE_DATA;
    Type type = stream->kind == STREAM_SPIKES ? TYPE_U8 : TYPE_F32;
    lower->streams[id] =
        add_buffer(lower, stream->name, type, given ? BUFFER_INPUT : BUFFER_STREAM, shape, stream->span);
}

static BufferId add_param_buffer(Lower *lower, ParamId id, BufferRole role, const char *prefix)
{
    const Param *param = &lower->net->params.at[id];
    Shape shape = param->shape.ndim == 2 ? param->shape : (Shape){1, {shape_size(param->shape)}};
    BufferId buffer = add_buffer(lower, arena_printf(lower->arena, "%s%s", prefix, param->name), TYPE_F32,
                                 role, shape, param->span);
    lower->program->buffers.at[buffer].param = id;
    return buffer;
}

static bool is_transposed(const Net *net, ParamId param)
{
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_DENSE && net->nodes.at[n].transposed
            && net->nodes.at[n].weight == param)
            return true;
    return false;
}

/* What belongs to a parameter beside its values. */
static void add_param_buffers(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    lower->gradients[id] =
        param_is_learned(lower->net, id) ? add_param_buffer(lower, id, BUFFER_GRADIENT, "grad_") : -1;
    lower->transposed[id] = -1;
    if (is_transposed(lower->net, id)) {
        Shape shape = {2, {param->shape.dims[1], param->shape.dims[0]}};
        lower->transposed[id] = add_buffer(lower, arena_printf(lower->arena, "%s_transposed", param->name),
                                           TYPE_F32, BUFFER_SCRATCH, shape, param->span);
    }
}

/* One that every model has; not named by it. */
static BufferId fixed_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape)
{
    BufferId buffer = add_buffer(lower, name, type, role, shape, (Span){0, 0});
    lower->program->buffers.at[buffer].of_model = false;
    return buffer;
}

static void add_fixed_buffers(Lower *lower)
{
    Program *program = lower->program;
    const Net *net = lower->net;
    Shape one = {0}, classes = {1, {net->data.classes}};
    program->label = fixed_buffer(lower, "label", TYPE_I32, BUFFER_INPUT, one);
    program->sample = fixed_buffer(lower, "sample", TYPE_I32, BUFFER_INPUT, one);
    program->loss = program->predicted = program->scores = -1;
    for (int n = 0; n < net->nodes.count; n++) {
        if (net->nodes.at[n].kind == NODE_LOSS)
            program->loss = fixed_buffer(lower, "loss", TYPE_F32, BUFFER_OUTPUT, one);
        if (net->nodes.at[n].kind == NODE_PREDICT) {
            program->predicted = fixed_buffer(lower, "predicted", TYPE_I32, BUFFER_OUTPUT, one);
            program->scores = fixed_buffer(lower, "scores", TYPE_F32, BUFFER_OUTPUT, classes);
        }
    }
}

static void add_activity_buffers(Lower *lower)
{
    const Net *net = lower->net;
    for (StreamId s = 0; s < net->streams.count; s++)
        lower->activity[s] = -1;
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (node->kind != NODE_ACTIVITY)
            continue;
        const char *name = arena_printf(lower->arena, "activity_%s", stream_of(lower, node->in)->name);
        lower->activity[node->in] = add_buffer(lower, name, TYPE_F32, BUFFER_OUTPUT, (Shape){0}, node->span);
    }
}

static void take_place(Lower *lower, StreamId id)
{
    lower->streams[id] = lower->streams[lower->place[id]];
    Buffer *shared = &lower->program->buffers.at[lower->streams[id]];
    shared->name = loop_name(
        lower->program, arena_printf(lower->arena, "%s_then_%s", shared->name, stream_of(lower, id)->name));
}

/* What the user knows comes first: what is derived from a name gets a number where the two meet. */
static void add_buffers(Lower *lower)
{
    const Net *net = lower->net;
    lower->streams = NEW_ARRAY(lower->arena, BufferId, net->streams.count + 1);
    lower->whole = NEW_ARRAY(lower->arena, BufferId, net->streams.count + 1);
    lower->values = NEW_ARRAY(lower->arena, BufferId, net->params.count + 1);
    lower->gradients = NEW_ARRAY(lower->arena, BufferId, net->params.count + 1);
    lower->transposed = NEW_ARRAY(lower->arena, BufferId, net->params.count + 1);
    lower->activity = NEW_ARRAY(lower->arena, BufferId, net->streams.count + 1);
    add_fixed_buffers(lower);
    for (StreamId s = 0; s < net->streams.count; s++) {
        lower->whole[s] = -1;
        lower->streams[s] = -1; /* for good, where it is local or shifted */
        if (net->streams.at[s].node != NONE && !lower->local[s] && !lower->shifted[s]
            && lower->place[s] == NONE)
            add_stream_buffer(lower, s);
    }
    for (ParamId p = 0; p < net->params.count; p++)
        lower->values[p] = add_param_buffer(lower, p, BUFFER_PARAM, "");
    for (ParamId p = 0; p < net->params.count; p++)
        add_param_buffers(lower, p);
    add_activity_buffers(lower);
    for (StreamId s = 0; s < net->streams.count; s++)
        if (lower->place[s] != NONE)
            take_place(lower, s);
}

Program *lower_net(Arena *arena, const Net *net, LowerOptions options)
{
    Program *program = NEW(arena, Program);
    program->arena = arena;
    Lower lower = {.arena = arena,
                   .net = net,
                   .program = program,
                   .unroll = options.unroll,
                   .kernels = options.kernels,
                   .without = options.without};
    lower.host = NEW_ARRAY(arena, int, net->nodes.count + 1);
    lower.local = NEW_ARRAY(arena, bool, net->streams.count + 1);
    for (int n = 0; n < net->nodes.count; n++)
        lower.host[n] = NONE;
    lower.group = NEW_ARRAY(arena, int, net->nodes.count + 1);
    lower.joined = NEW_ARRAY(arena, int, net->nodes.count + 1);
    lower.slots = NEW_ARRAY(arena, int, net->streams.count + 1);
    lower.shifted = NEW_ARRAY(arena, bool, net->streams.count + 1);
    lower.tiled = NEW_ARRAY(arena, bool, net->streams.count + 1);
    lower.gates = NEW_ARRAY(arena, struct Gate *, net->nodes.count + 1);
    lower.place = NEW_ARRAY(arena, StreamId, net->streams.count + 1);
    lower.described = NEW_ARRAY(arena, int, net->streams.count + 1);
    layer_plan(&lower);
    gate_plan(&lower);
    add_buffers(&lower);
    lower.spikes = NEW_ARRAY(arena, SpikeStream, net->streams.count + 1);
    for (StreamId s = 0; s < net->streams.count; s++)
        lower.spikes[s] = (SpikeStream){-1, -1, -1, -1, -1, -1, -1, -1, -1};
    program->vectors = !is_without(options.without, OPTIMISATION_VECTORS);
    describe_program(&lower);
    lower_phase(&lower, PHASE_FORWARD, 0, net->backward);
    watch_streams(&lower);
    lower.phase = PHASE_BACKWARD;
    for (ParamId p = 0; p < net->params.count; p++)
        if (lower.transposed[p] >= 0)
            lower_transposed(&lower, p);
    lower_phase(&lower, PHASE_BACKWARD, net->backward, net->updates);
    lower_phase(&lower, PHASE_UPDATE, net->updates, net->nodes.count);
    spill_locals(program);
    return program;
}
