/* Net -> Loop: a plan is made, then buffers for what the model names, then kernels in the order of the schedule. */
#include "lower/lower.h"

#include "lower/base/code.h"
#include "lower/base/matrix.h"
#include "lower/base/watch.h"
#include "lower/ends/ends.h"
#include "lower/maps/linear.h"
#include "lower/step/group.h"
#include "lower/step/past.h"
#include "lower/train/layer.h"
#include "lower/train/param.h"
#include "lower/train/weights.h"
#include "stepwise.h"

#include <string.h>

/* ---- buffers ---- */

/* `name`: a stream's, or from loop_name. */
static BufferId add_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape, Span span)
{
    Buffer buffer = {.name = name, .of_model = true, .type = type, .role = role, .param = -1, .span = span};
    buffer.per_sample = role == BUFFER_STREAM || role == BUFFER_INPUT || role == BUFFER_OUTPUT;
    buffer.ndim = shape.ndim;
    for (int d = 0; d < shape.ndim; d++)
        buffer.dims[d] = shape.dims[d];
    return loop_buffer(lower->program, buffer);
}

/* Weights with several axes lie as a matrix, of which the last axis is the columns. */
static int weight_columns(Shape shape)
{
    return shape.dims[shape.ndim - 1];
}

static int weight_rows(Shape shape)
{
    return shape_size(shape) / weight_columns(shape);
}

/* A stream that is the same for all samples: in rows and columns, as weights are, unless tiles leave room behind it. */
static void add_weight_buffer(Lower *lower, StreamId id, const char *name)
{
    const Stream *stream = stream_of(lower, id);
    int room = stream_room(lower, id);
    Shape shape = {.ndim = 1, .dims = {room}};
    if (stream->steps)
        shape = (Shape){.ndim = 2, .dims = {steps_of(lower, id), room}};
    else if (stream->shape.ndim > 1 && room == stream_size(lower, id))
        shape = (Shape){.ndim = 2, .dims = {weight_rows(stream->shape), weight_columns(stream->shape)}};
    lower->streams[id].values = add_buffer(lower, name, TYPE_F32, BUFFER_SCRATCH, shape, stream->span);
    Buffer *values = &lower->program->buffers.at[lower->streams[id].values];
    values->padding = room - stream_size(lower, id);
    values->keep = stream->keep;
}

static void add_stream_buffer(Lower *lower, StreamId id, const char *name)
{
    const Stream *stream = stream_of(lower, id);
    if (!stream->batched) {
        add_weight_buffer(lower, id, name);
        return;
    }
    const StreamPlan *plan = &lower->plan->streams[id];
    Shape shape = stream->steps ? (Shape){.ndim = 2, .dims = {plan->steps, plan->room}}
                                : (Shape){.ndim = 1, .dims = {plan->room}};
    if (plan->slots)
        shape.dims[0] = plan->slots;
    if (plan->tiled)
        shape = (Shape){.ndim = 3, .dims = {plan->tiles.count, plan->steps, plan->tiles.width}};
    bool given = lower->net->nodes.at[stream->node].kind == NODE_DATA;
    Type type = stream->kind == STREAM_SPIKES ? TYPE_U8 : TYPE_F32;
    lower->streams[id].values =
        add_buffer(lower, name, type, given ? BUFFER_INPUT : BUFFER_STREAM, shape, stream->span);
    Buffer *values = &lower->program->buffers.at[lower->streams[id].values];
    values->keep = stream->keep;
    values->padding = plan->room - stream_size(lower, id);
}

/* None yet. */
static void add_narrow_buffers(Lower *lower)
{
    lower->narrow = NEW_ARRAY(lower->arena, NarrowBuffers, lower->net->nodes.count + 1);
    for (int n = 0; n < lower->net->nodes.count; n++)
        lower->narrow[n] = (NarrowBuffers){-1, -1, -1};
}

/* Of one that is known. */
static const double *param_values(const Lower *lower, const Param *param, int room)
{
    int size = shape_size(param->shape);
    double *values = NEW_ARRAY(lower->arena, double, (room > size ? room : size) + 1);
    memcpy(values, param->values, sizeof *values * (size_t)size);
    return values;
}

static BufferId add_param_buffer(Lower *lower, ParamId id, BufferRole role, const char *prefix)
{
    const Param *param = &lower->net->params.at[id];
    int room = tiling_room(lower->plan->params[id]);
    Shape shape = param->matrix ? (Shape){.ndim = 2, .dims = {param_rows(param), param_columns(param)}}
                                : (Shape){.ndim = 1, .dims = {room}};
    const char *name = loop_name(lower->program, arena_printf(lower->arena, "%s%s", prefix, param->name));
    BufferId buffer = add_buffer(lower, name, TYPE_F32, role, shape, param->span);
    lower->program->buffers.at[buffer].param = id;
    lower->program->buffers.at[buffer].padding = room - shape_size(param->shape);
    if (param->values && role == BUFFER_PARAM)
        lower->program->buffers.at[buffer].values = param_values(lower, param, room);
    return buffer;
}

static BufferId add_transposed(Lower *lower, const char *name, int rows, int columns, Span span)
{
    Shape turned = {.ndim = 2, .dims = {columns, rows}};
    name = loop_name(lower->program, arena_printf(lower->arena, "%s_transposed", name));
    return add_buffer(lower, name, TYPE_F32, BUFFER_SCRATCH, turned, span);
}

/* Of weights that are streams: where they stand, if that is a parameter, and their transposes. */
static void finish_weights(Lower *lower)
{
    const Net *net = lower->net;
    for (int n = 0; n < net->updates; n++) {
        const Node *node = &net->nodes.at[n];
        if (node->kind == NODE_PARAM)
            lower->streams[node->out].values = lower->params[node->weight].values;
        if (!reads_transposed(lower, node) || node->aux == NONE || lower->streams[node->aux].transposed >= 0)
            continue;
        const Stream *weights = stream_of(lower, node->aux);
        lower->streams[node->aux].transposed = add_transposed(
            lower, weights->name, weight_rows(weights->shape), weight_columns(weights->shape), weights->span);
    }
}

/* By parameter: whether a map reads its transpose. */
static bool *find_transposed(const Lower *lower)
{
    bool *transposed = NEW_ARRAY(lower->arena, bool, lower->net->params.count + 1);
    for (int n = 0; n < lower->net->nodes.count; n++)
        if (reads_transposed(lower, &lower->net->nodes.at[n]) && lower->net->nodes.at[n].weight != NONE)
            transposed[lower->net->nodes.at[n].weight] = true;
    return transposed;
}

/* What belongs to a parameter beside its values. */
static void add_param_buffers(Lower *lower, ParamId id, bool learned, bool transposed)
{
    const Param *param = &lower->net->params.at[id];
    ParamBuffers *buffers = &lower->params[id];
    buffers->gradient = learned ? add_param_buffer(lower, id, BUFFER_GRADIENT, "grad_") : -1;
    buffers->transposed =
        transposed ? add_transposed(lower, param->name, param_rows(param), param_columns(param), param->span)
                   : -1;
}

/* One that every model has; not named by it. */
static BufferId fixed_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape)
{
    BufferId buffer = add_buffer(lower, loop_name(lower->program, name), type, role, shape, (Span){0, 0});
    lower->program->buffers.at[buffer].of_model = false;
    return buffer;
}

/* Called as the model calls the prediction, if it does. */
static BufferId prediction_buffer(Lower *lower, const Node *node, const char *what, Type type, Shape shape)
{
    if (!node->name)
        return fixed_buffer(lower, what, type, BUFFER_OUTPUT, shape);
    const char *name = arena_printf(lower->arena, "%s_%s", node->name, what);
    return add_buffer(lower, loop_name(lower->program, name), type, BUFFER_OUTPUT, shape, node->span);
}

static void add_prediction(Lower *lower, const Node *node)
{
    bool temporal = stream_of(lower, node->in)->steps;
    LoopPrediction prediction = {.name = node->name ? node->name : "",
                                 .size = stream_size(lower, node->in),
                                 .steps = temporal ? steps_of(lower, node->in) : 0,
                                 .predicted = -1,
                                 .unit = node->factor};
    Shape one = {.ndim = temporal, .dims = {prediction.steps}}, size = one;
    size.dims[size.ndim++] = prediction.size;
    if (node->class)
        prediction.predicted = prediction_buffer(lower, node, "predicted", TYPE_I32, one);
    prediction.values = prediction_buffer(lower, node, node->class ? "scores" : "values", TYPE_F32, size);
    vec_push(lower->arena, &lower->program->predictions, prediction);
}

/* Of the prediction that was added last, or of a METRIC. */
static void add_metric(Lower *lower, const Node *node, const char *name)
{
    LoopMetric metric = {.name = name, .prediction = lower->program->predictions.count - 1, .values = -1};
    if (node->kind == NODE_METRIC)
        metric.values = fixed_buffer(lower, arena_printf(lower->arena, "metric_%s", name), TYPE_F32,
                                     BUFFER_OUTPUT, (Shape){0});
    vec_push(lower->arena, &lower->program->metrics, metric);
}

static void add_fixed_buffers(Lower *lower)
{
    Program *program = lower->program;
    const Net *net = lower->net;
    const Shape one = {0}, steps = {.ndim = 1, .dims = {net->steps}};
    if (net->data.classes > 0)
        program->label =
            fixed_buffer(lower, "label", TYPE_I32, BUFFER_INPUT, net->data.label_temporal ? steps : one);
    program->sample = fixed_buffer(lower, "sample", TYPE_I32, BUFFER_INPUT, one);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        const char *metric = net_metric(net, node);
        if (node->kind == NODE_LOSS)
            program->loss = fixed_buffer(lower, "loss", TYPE_F32, BUFFER_OUTPUT, one);
        if (node->kind == NODE_PREDICT)
            add_prediction(lower, node);
        if (metric)
            add_metric(lower, node, metric);
    }
}

static void add_scalar_buffers(Lower *lower)
{
    const Net *net = lower->net;
    lower->scalars = NEW_ARRAY(lower->arena, BufferId, net->scalars.count + 1);
    for (int k = 0; k < net->scalars.count; k++)
        lower->scalars[k] =
            add_buffer(lower, loop_name(lower->program, net->scalars.at[k].name), TYPE_F32, BUFFER_SCRATCH,
                       (Shape){.ndim = 1, .dims = {1}}, net->scalars.at[k].span);
}

static void add_activity_buffers(Lower *lower)
{
    const Net *net = lower->net;
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (node->kind != NODE_ACTIVITY)
            continue;
        const char *name = arena_printf(lower->arena, "activity_%s", stream_of(lower, node->in)->name);
        lower->streams[node->in].activity = add_buffer(lower, loop_name(lower->program, name), TYPE_F32,
                                                       BUFFER_OUTPUT, (Shape){0}, node->span);
    }
}

static void take_place(Lower *lower, StreamId id)
{
    BufferId values = lower->streams[lower->plan->streams[id].place].values;
    lower->streams[id].values = values;
    Buffer *shared = &lower->program->buffers.at[values];
    shared->name = loop_name(
        lower->program, arena_printf(lower->arena, "%s_then_%s", shared->name, stream_of(lower, id)->name));
}

static bool has_buffer(const Lower *lower, StreamId id)
{
    const StreamPlan *plan = &lower->plan->streams[id];
    int maker = stream_of(lower, id)->node;
    bool made = maker != NONE && lower->net->nodes.at[maker].kind != NODE_PARAM;
    return made && !plan->local && !plan->drawn && !plan->shifted && !plan->routed && !plan->looked
           && !plan->tallied && plan->place == NONE;
}

/* What the user knows comes first: whatever else would meet a stream's name gets a number. */
static void take_stream_names(Lower *lower)
{
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        if (has_buffer(lower, s))
            loop_name(lower->program, stream_of(lower, s)->name);
}

/* Without a buffer, and without a row that describes it. */
static StreamBuffers no_stream_buffers(void)
{
    StreamBuffers none;
    memset(&none, 0xff, sizeof none); /* each -1 */
    return none;
}

static void add_stream_buffers(Lower *lower)
{
    const Net *net = lower->net;
    for (StreamId s = 0; s < net->streams.count; s++) {
        lower->streams[s] = no_stream_buffers();
        if (has_buffer(lower, s))
            add_stream_buffer(lower, s, stream_of(lower, s)->name);
    }
}

static void take_places(Lower *lower)
{
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        if (lower->plan->streams[s].place != NONE)
            take_place(lower, s);
}

static void add_buffers(Lower *lower)
{
    const Net *net = lower->net;
    lower->streams = NEW_ARRAY(lower->arena, StreamBuffers, net->streams.count + 1);
    add_narrow_buffers(lower);
    lower->params = NEW_ARRAY(lower->arena, ParamBuffers, net->params.count + 1);
    take_stream_names(lower);
    add_fixed_buffers(lower);
    add_scalar_buffers(lower);
    add_stream_buffers(lower);
    for (ParamId p = 0; p < net->params.count; p++)
        lower->params[p].values = add_param_buffer(lower, p, BUFFER_PARAM, "");
    const bool *learned = learned_params(lower->net), *transposed = find_transposed(lower);
    for (ParamId p = 0; p < net->params.count; p++)
        add_param_buffers(lower, p, learned[p], transposed[p]);
    finish_weights(lower);
    for (int n = net->updates; n < net->nodes.count; n++)
        lower->params[net->nodes.at[n].weight].update = &net->nodes.at[n];
    add_activity_buffers(lower);
    take_places(lower);
}

/* ---- kernels ---- */

static void lower_node(Lower *lower, const Node *node)
{
    if (plan_of(lower, node)->host != NONE)
        return; /* within its host's kernel */
    switch (node->kind) {
    case NODE_DATA: break; /* the runtime fills it */
    case NODE_POISSON: lower_poisson(lower, node); break;
    case NODE_LATENCY: lower_latency(lower, node); break;
    case NODE_DELAY:
        if (plan_of(lower, node)->in_time && lower->net->stepwise)
            lower_recall(lower, node);
        else
            lower_delay(lower, node);
        break;
    case NODE_COPY: lower_copy(lower, node); break;
    case NODE_POOL: lower_pool(lower, node); break;
    case NODE_POOL_GRAD:
        if (!lower->plan->streams[node->out].routed)
            lower_pool(lower, node);
        break;
    case NODE_REDUCE:
        if (lower->net->stepwise && !node->each_step && stream_of(lower, node->in)->steps
            && stream_of(lower, node->in)->batched)
            lower_running(lower, node);
        else
            lower_reduce(lower, node);
        break;
    case NODE_TARGET: lower_target(lower, node); break;
    case NODE_LOSS: lower_loss(lower, node); break;
    case NODE_PREDICT: lower_predict(lower, node); break;
    case NODE_METRIC: lower_metric(lower, node); break;
    case NODE_ACTIVITY: lower_activity(lower, node); break;
    case NODE_LOSS_GRAD: lower_loss_grad(lower, node); break;
    case NODE_PICK_GRAD: lower_pick_grad(lower, node); break;
    case NODE_BIAS_GRAD: lower_bias_grad(lower, node); break;
    case NODE_RANDOM: break; /* drawn where it is read */
    case NODE_PARAM: break;  /* its values are the parameter's */
    case NODE_KEEP: break;   /* see lower_keeps */
    case NODE_PARAM_GRAD: lower_param_grad(lower, node); break;
    case NODE_SCAN:
        if (scan_is_batched(lower->net, node))
            lower_layer(lower, node);
        else
            lower_weights(lower, node);
        break;
    case NODE_MAP: lower_layer(lower, node); break;
    case NODE_MAP_GRAD:
        (plan_of(lower, node)->role == ROLE_NONE ? lower_gradient_alone : lower_layer)(lower, node);
        break;
    case NODE_UPDATE: lower_update(lower, node); break;
    case NODE_KIND_COUNT: break;
    }
}

/* ---- a program that only predicts ---- */

static Phase phase_at(const Lower *lower, const StepTime *times, int node)
{
    static const Phase phases[] = {
        [STEP_BEFORE] = PHASE_BEGIN, [STEP_EACH] = PHASE_STEP, [STEP_AFTER] = PHASE_RESULT};
    return lower->net->stepwise ? phases[times[node]] : PHASE_RESULT;
}

/* Each node in the phase that it belongs to. */
static void lower_predictions(Lower *lower)
{
    const Schedule *schedule = &lower->plan->phases[PHASE_FORWARD];
    const StepTime *times = step_times(lower->net);
    describe_layers(lower, times);
    for (int p = 0; p < schedule->count; p++) {
        const Part *part = &schedule->at[p];
        lower->layer = lower->layers[part->nodes[0]];
        lower->phase = phase_at(lower, times, part->nodes[0]);
        if (part->recurrent)
            lower_group(lower, part);
        else
            lower_node(lower, &lower->net->nodes.at[part->nodes[0]]);
    }
    lower->layer = NONE;
    if (!lower->net->stepwise)
        return;
    lower->phase = PHASE_STEP;
    lower_remember(lower);
}

static void begin_gradient(Lower *lower, const Node *node)
{
    if (node->kind == NODE_MAP_GRAD && node->out != NONE)
        lower_zeroed_weights(lower, node->out);
}

/* Gradients of weights that are streams start at 0 right before a kernel adds to them: until then others have their memory. */
static void begin_gradients(Lower *lower, const Part *part)
{
    for (int i = 0; i < part->count; i++) {
        const Node *node = &lower->net->nodes.at[part->nodes[i]];
        const LayerPlan *layer = plan_of(lower, node)->layer;
        if (!layer && plan_of(lower, node)->host == NONE)
            begin_gradient(lower, node);
        for (int k = 0; layer && k < layer->gradients.count; k++)
            begin_gradient(lower, layer->gradients.at[k]);
    }
}

static void lower_phase(Lower *lower, Phase phase)
{
    const Schedule *schedule = &lower->plan->phases[phase];
    for (int p = 0; p < schedule->count; p++) {
        const Part *part = &schedule->at[p];
        begin_gradients(lower, part);
        if (part->recurrent)
            lower_group(lower, part);
        else
            lower_node(lower, &lower->net->nodes.at[part->nodes[0]]);
    }
}

/* What memories know of the batch, when nobody reads any more what they knew before. */
static void lower_keeps(Lower *lower)
{
    for (int n = 0; n < lower->net->backward; n++)
        if (lower->net->nodes.at[n].kind == NODE_KEEP)
            lower_keep(lower, &lower->net->nodes.at[n]);
}

/* What the backward phase reads the other way round of weights, parameters or streams. */
static void turn_weights(Lower *lower)
{
    const Net *net = lower->net;
    for (ParamId p = 0; p < net->params.count; p++)
        if (lower->params[p].transposed >= 0)
            lower_transposed(lower, p, NONE);
    for (StreamId s = 0; s < net->streams.count; s++)
        if (lower->streams[s].transposed >= 0)
            lower_transposed(lower, NONE, s);
}

/* ---- what tests run, where that is something else ---- */

/* What it has of its own are streams; data come from where they always do. */
static void add_evaluated_buffers(Lower *lower, const StreamBuffers *training)
{
    const Net *net = lower->net;
    Program *program = lower->program;
    lower->streams = NEW_ARRAY(lower->arena, StreamBuffers, net->streams.count + 1);
    add_narrow_buffers(lower);
    for (StreamId s = 0; s < net->streams.count; s++) {
        lower->streams[s] = no_stream_buffers();
        int maker = stream_of(lower, s)->node;
        bool data = maker != NONE && net->nodes.at[maker].kind == NODE_DATA;
        if (data && training[s].values >= 0)
            lower->streams[s].values = training[s].values;
        else if (has_buffer(lower, s))
            add_stream_buffer(
                lower, s,
                loop_name(program, arena_printf(lower->arena, "evaluated_%s", stream_of(lower, s)->name)));
        if (data)
            *data_buffer(program, &net->nodes.at[maker]) = lower->streams[s].values;
    }
    finish_weights(lower);
    take_places(lower);
}

/* By kernels whose sums are those of inference, unless who compiles wants others. */
static LowerOptions evaluating(LowerOptions options)
{
    if (options.kernels == KERNELS_AUTO)
        options.kernels = KERNELS_PLAIN;
    return options;
}

static void lower_evaluated(Lower *lower, const Net *net, LowerOptions options)
{
    const StreamBuffers *training = lower->streams;
    Plan plan = make_plan(lower->arena, net, evaluating(options));
    lower->net = net;
    lower->plan = &plan;
    lower->phase = PHASE_EVALUATE;
    add_evaluated_buffers(lower, training);
    describe_streams(lower);
    lower_schedule(lower);
    lower_phase(lower, PHASE_FORWARD);
    watch_streams(lower);
}

Program *lower_net(Arena *arena, const Net *net, LowerOptions options)
{
    Program *program = program_new(arena, net->name);
    Plan plan = make_plan(arena, net, net->training.present ? options : evaluating(options));
    Lower lower = {.arena = arena, .net = net, .plan = &plan, .program = program, .layer = NONE};
    add_buffers(&lower);
    lower.phase = PHASE_FORWARD;
    describe_program(&lower);
    lower.phase = PHASE_INIT;
    for (ParamId p = 0; p < net->params.count; p++)
        lower_init(&lower, p);
    for (ParamId p = 0; p < net->params.count; p++)
        if (net->params.at[p].orthogonal != 0)
            lower_orthogonal(&lower, p);
    lower.phase = PHASE_FORWARD;
    lower_schedule(&lower);
    lower_phase(&lower, PHASE_FORWARD);
    watch_streams(&lower);
    lower.phase = PHASE_BACKWARD;
    for (ParamId p = 0; p < net->params.count; p++)
        if (lower.params[p].gradient >= 0)
            lower_zeroed(&lower, p);
    turn_weights(&lower);
    lower_phase(&lower, PHASE_BACKWARD);
    lower.phase = PHASE_UPDATE;
    lower_phase(&lower, PHASE_UPDATE);
    lower_keeps(&lower);
    if (net->evaluated && (!net->evaluated_alike || plan_changes_order(&plan, net)))
        lower_evaluated(&lower, net->evaluated, options);
    spill_locals(program);
    return program;
}

Program *lower_inference(Arena *arena, const Net *net, LowerOptions options)
{
    Program *program = program_new(arena, net->name);
    Plan plan = make_plan(arena, net, options);
    Lower lower = {.arena = arena, .net = net, .plan = &plan, .program = program, .layer = NONE};
    program->predicts = true;
    program->whole_why = net->whole_why;
    add_buffers(&lower);
    if (net->stepwise)
        program->step = fixed_buffer(&lower, "step", TYPE_I32, BUFFER_SCRATCH, (Shape){0});
    describe_program(&lower);
    lower.phase = PHASE_RESET;
    if (net->stepwise)
        lower_first_step(&lower);
    lower.phase = PHASE_BEGIN;
    lower_schedule(&lower);
    lower_predictions(&lower);
    spill_locals(program);
    return program;
}
