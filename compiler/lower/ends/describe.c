#include "lower/ends/ends.h"

static int line_of(const Lower *lower, Span span)
{
    return source_place(lower->net->sources, span.lo).line;
}

static void add_moments(Lower *lower, LoopParam *described, ParamId id)
{
    const Node *update = lower->params[id].update;
    described->states = update ? update->states.count : 0;
    for (int s = 0; s < described->states; s++) {
        Buffer buffer = lower->program->buffers.at[described->value];
        buffer.role = BUFFER_MOMENT;
        buffer.name = loop_name(
            lower->program, arena_printf(lower->arena, "%s_%s", update->states.at[s].name, described->name));
        described->state[s] = loop_buffer(lower->program, buffer);
        described->state_name[s] = update->states.at[s].name;
    }
}

static void describe_param(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    LoopParam described = {.name = param->name,
                           .about = source_words(lower->net->sources, param->span),
                           .line = line_of(lower, param->span),
                           .ndim = param->shape.ndim,
                           .matrix = param->turned,
                           .frozen = param->frozen,
                           .kept = param->kept,
                           .value = lower->params[id].values,
                           .gradient = lower->params[id].gradient};
    memcpy(described.dims, param->shape.dims, sizeof param->shape.dims);
    add_moments(lower, &described, id);
    vec_push(lower->arena, &lower->program->params, described);
}

/* Multiply-adds per sample that a map makes, all steps. */
static int64_t operations(const Lower *lower, const Node *node)
{
    return node->kind == NODE_MAP ? map_operations(node->map, steps_of(lower, node->out)) : 0;
}

/* Of those that the stream is made of, if it is the same for all samples; each is counted once, in `seen`. */
static int64_t shared_parameters(const Net *net, StreamId stream, bool *seen)
{
    if (net->streams.at[stream].batched)
        return 0;
    const Node *maker = &net->nodes.at[net->streams.at[stream].node];
    if (maker->kind == NODE_PARAM) {
        const Param *param = &net->params.at[maker->weight];
        bool counted = seen[maker->weight] || param->kept;
        seen[maker->weight] = true;
        return counted ? 0 : shape_size(param->shape);
    }
    int64_t count = 0;
    for (int i = 0; i < maker->ins.count; i++)
        count += shared_parameters(net, maker->ins.at[i], seen);
    return count;
}

/* Of the streams that `snnc model.snn` shows of the node. */
static bool is_last_shown(const Net *net, const Node *scan, const Stream *stream)
{
    const Stream *last = NULL;
    for (int k = 0; k < scan->outs.count; k++) {
        const Stream *out = &net->streams.at[scan->outs.at[k].stream];
        if (!out->saved && !out->trace && out->batched)
            last = out;
    }
    return stream == last;
}

/* Of its node's; where neurons were fused, of those that the same words made. What formulas read, as scales of norms, is
 * of the last of their streams. */
static int64_t parameters(const Lower *lower, const Node *node, const Stream *stream)
{
    const Net *net = lower->net;
    bool *seen = NEW_ARRAY(lower->arena, bool, net->params.count + 1);
    int64_t count = 0;
    if (node->weight != NONE)
        count += shape_size(net->params.at[node->weight].shape);
    if (node->kind == NODE_MAP && node->aux != NONE)
        count += shared_parameters(net, node->aux, seen);
    if (node->bias != NONE)
        count += shape_size(net->params.at[node->bias].shape);
    for (int p = 0; p < node->params.count && !stream->saved; p++) {
        const Param *param = &net->params.at[node->params.at[p]];
        count += param->span.lo == stream->span.lo ? shape_size(param->shape) : 0;
    }
    if (node->kind == NODE_SCAN && !node->of_loss && is_last_shown(net, node, stream))
        for (int i = 0; i < node->ins.count; i++)
            count += shared_parameters(net, node->ins.at[i], seen);
    return count;
}

static void describe_stream(Lower *lower, StreamId id)
{
    const Stream *stream = stream_of(lower, id);
    const Node *node = &lower->net->nodes.at[stream->node];
    /* A map may have changed its place. */
    bool moved = node->kind == NODE_MAP && !source_is_library(lower->net->sources, node->span);
    Span made_by = moved ? node->span : stream->span;
    LoopStream described = {.name = stream->name,
                            .about = source_words(lower->net->sources, made_by),
                            .line = line_of(lower, made_by),
                            .size = stream_size(lower, id),
                            .spikes = stream->kind == STREAM_SPIKES,
                            .saved = stream->saved,
                            .evaluated = lower->phase == PHASE_EVALUATE,
                            .parameters = parameters(lower, node, stream),
                            .values = lower->streams[id].values,
                            .activity = lower->streams[id].activity,
                            .operations = operations(lower, node)};
    lower->streams[id].described = lower->program->streams.count;
    vec_push(lower->arena, &lower->program->streams, described);
}

/* Node by node, those of forward nodes. */
void describe_streams(Lower *lower)
{
    const Net *net = lower->net;
    StreamId *first = NEW_ARRAY(lower->arena, StreamId, net->nodes.count + 1); /* by node */
    StreamId *next = NEW_ARRAY(lower->arena, StreamId, net->streams.count + 1);
    for (int n = 0; n < net->nodes.count; n++)
        first[n] = NONE;
    for (StreamId s = net->streams.count - 1; s >= 0; s--) {
        int maker = net->streams.at[s].node;
        lower->streams[s].described = NONE;
        if (maker == NONE)
            continue;
        next[s] = first[maker];
        first[maker] = s;
    }
    for (int n = 0; n < net->backward; n++)
        for (StreamId s = first[n]; s != NONE; s = next[s])
            if (!net->streams.at[s].trace && !lower->plan->streams[s].drawn && net->streams.at[s].batched)
                describe_stream(lower, s);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

BufferId *data_buffer(Program *program, const Node *data)
{
    return data->target ? &program->target : &program->input;
}

/* With the steps in front, of what goes over time. Returns how many. */
static int data_dims(const Net *net, Shape shape, bool temporal, int *dims)
{
    int ndim = 0;
    if (temporal)
        dims[ndim++] = net->steps;
    for (int d = 0; d < shape.ndim; d++)
        dims[ndim++] = shape.dims[d];
    return ndim;
}

static void describe_data(Lower *lower)
{
    const Net *net = lower->net;
    Program *program = lower->program;
    const Data *data = &net->data;
    program->data_format = data->format;
    program->data_folder = data->folder;
    for (int i = 0; i < data->settings.count; i++)
        vec_push(lower->arena, &program->data_settings, data->settings.at[i]);
    program->data_ndim = data_dims(net, data->shape, data->temporal, program->data_dims);
    program->target_ndim = data_dims(net, data->target, data->target_temporal, program->target_dims);
    program->classes = net->data.classes;
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_DATA && !net->nodes.at[n].held)
            *data_buffer(program, &net->nodes.at[n]) = lower->streams[net->nodes.at[n].out].values;
}

static void describe_training(Lower *lower)
{
    const Training *training = &lower->net->training;
    Program *program = lower->program;
    program->learns = training->present && lower->net->updates < lower->net->nodes.count;
    program->batch = training->batch;
    program->least_batch = training->least_batch;
    program->epochs = training->epochs;
    program->seed = (uint32_t)training->seed;
    program->lr = training->lr;
    program->rate = training->present && training->rate != NONE ? lower->scalars[training->rate] : -1;
    program->clip_norm = training->clip_norm;
    program->optimizer = training->optimizer;
    program->learning = training->learning;
}

/* Of several lines one piece, as it is long. */
static void describe_drawing(Lower *lower)
{
    enum { PIECE = 400 };
    const char *piece = NULL;
    for (int i = 0; i < lower->net->drawing.count; i++) {
        const char *line = lower->net->drawing.at[i];
        bool fits = piece && strlen(piece) + strlen(line) < PIECE;
        if (piece && !fits)
            vec_push(lower->arena, &lower->program->drawing, piece);
        piece = fits ? arena_printf(lower->arena, "%s\n%s", piece, line) : line;
    }
    if (piece)
        vec_push(lower->arena, &lower->program->drawing, piece);
}

void describe_program(Lower *lower)
{
    const Net *net = lower->net;
    Place place = source_place(net->sources, net->data.span.lo);
    lower->program->source = place.source ? base_name(place.source->path) : "";
    lower->program->steps = net->steps;
    lower->program->dt = net->dt;
    for (ParamId p = 0; p < net->params.count; p++)
        describe_param(lower, p);
    describe_streams(lower);
    describe_data(lower);
    describe_training(lower);
    for (int i = 0; i < net->network_text.count; i++)
        vec_push(lower->arena, &lower->program->network_text, net->network_text.at[i]);
    for (int i = 0; i < net->training_text.count; i++)
        vec_push(lower->arena, &lower->program->training_text, net->training_text.at[i]);
    describe_drawing(lower);
}
