/* Buffers for what the model names: streams, parameters, what is predicted and measured. */
#include "lower/ends/ends.h"

#include "lower/base/code.h"
#include "lower/base/matrix.h"

#include <string.h>

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

BufferId fixed_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape)
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

void add_buffers(Lower *lower)
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

void add_evaluated_buffers(Lower *lower, const StreamBuffers *training)
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
