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

/* A map may have changed its place. */
static Span made_by(const Lower *lower, StreamId stream)
{
    const Node *node = &lower->net->nodes.at[stream_of(lower, stream)->node];
    bool moved = node->kind == NODE_MAP && !source_is_library(lower->net->sources, node->span);
    return moved ? node->span : stream_of(lower, stream)->span;
}

static void describe_stream(Lower *lower, StreamId id)
{
    const Stream *stream = stream_of(lower, id);
    Span span = made_by(lower, id);
    bool others = stream->steps > 0 && stream->steps != lower->net->steps;
    LoopStream described = {.name = stream->name,
                            .about = source_words(lower->net->sources, span),
                            .line = line_of(lower, span),
                            .size = stream_size(lower, id),
                            .steps = others ? stream->steps : 0,
                            .spikes = stream->kind == STREAM_SPIKES,
                            .saved = stream->saved,
                            .evaluated = lower->phase == PHASE_EVALUATE,
                            .values = lower->streams[id].values,
                            .activity = lower->streams[id].activity,
                            .operations = operations(lower, &lower->net->nodes.at[stream->node])};
    lower->streams[id].described = lower->program->streams.count;
    vec_push(lower->arena, &lower->program->streams, described);
}

/* ---- layers ---- */

/* By stream: the row that shows it, or what it is a part of; NONE: no row does. */
typedef int *Rows;

static LoopStream *row_of(const Lower *lower, StreamId stream)
{
    return &lower->program->streams.at[lower->streams[stream].described];
}

static const Node *maker_of(const Lower *lower, StreamId stream)
{
    return &lower->net->nodes.at[stream_of(lower, stream)->node];
}

/* What blocks of the library, and stages that copy parts before or behind, make on their way to what the model says. What has
 * a firing rate is told of elsewhere, too. */
static bool is_on_the_way(const Lower *lower, StreamId stream, StreamId next)
{
    Span words = made_by(lower, stream), others = made_by(lower, next);
    bool same = words.lo == others.lo && words.hi == others.hi;
    bool copy = maker_of(lower, stream)->kind == NODE_COPY || maker_of(lower, next)->kind == NODE_COPY;
    return (same && copy) || (stream_of(lower, stream)->inner && lower->streams[stream].activity < 0);
}

static bool is_of_loss(const Lower *lower, StreamId stream)
{
    const Node *node = maker_of(lower, stream);
    return node->of_loss || node->kind == NODE_TARGET;
}

/* Of streams in their order. What parts cost counts where it is shown. */
static Rows find_parts(Lower *lower, const StreamId *streams, int count)
{
    Rows rows = NEW_ARRAY(lower->arena, int, lower->net->streams.count + 1);
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        rows[s] = NONE;
    for (int k = count - 1, next = NONE; k >= 0; k--) {
        LoopStream *row = row_of(lower, streams[k]);
        bool on_the_way = next != NONE && is_on_the_way(lower, streams[k], next);
        if (row->saved)
            continue;
        row->part = on_the_way || is_of_loss(lower, streams[k]);
        rows[streams[k]] = on_the_way ? rows[next] : row->part ? NONE : lower->streams[streams[k]].described;
        next = streams[k];
        if (on_the_way && rows[next] != NONE) {
            lower->program->streams.at[rows[next]].operations += row->operations;
            row->operations = 0;
        }
    }
    return rows;
}

/* Between words of the model. */
static uint32_t distance(Span a, Span b)
{
    return a.hi < b.lo ? b.lo - a.hi : b.hi < a.lo ? a.lo - b.hi : 0;
}

static void consider(const Lower *lower, Rows rows, Span words, StreamId stream, StreamId *nearest)
{
    if (stream != NONE && rows[stream] != NONE
        && (*nearest == NONE
            || distance(words, made_by(lower, stream)) < distance(words, made_by(lower, *nearest))))
        *nearest = stream;
}

/* Of the streams that a node makes and reads, the one whose words stand nearest to those of a parameter: neurons, norms and
 * what they follow may have become one scan. */
static void add_to_nearest(Lower *lower, Rows rows, const Node *node, ParamId param)
{
    Span words = lower->net->params.at[param].span;
    StreamId nearest = NONE;
    for (int k = node_made_count(node) - 1; k >= 0; k--)
        consider(lower, rows, words, node_made(node, k), &nearest);
    for (int k = 0; k < node_read_count(node); k++)
        consider(lower, rows, words, node_read(node, k), &nearest);
    if (nearest != NONE)
        lower->program->streams.at[rows[nearest]].parameters +=
            shape_size(lower->net->params.at[param].shape);
}

/* Of those that the stream is made of, if it is the same for all samples; each is counted once, in `seen`. */
static void add_shared(Lower *lower, Rows rows, const Node *reader, StreamId stream, bool *seen)
{
    if (lower->net->streams.at[stream].batched)
        return;
    const Node *maker = &lower->net->nodes.at[lower->net->streams.at[stream].node];
    for (int i = 0; i < maker->ins.count; i++)
        add_shared(lower, rows, reader, maker->ins.at[i], seen);
    if (maker->kind != NODE_PARAM || seen[maker->weight] || lower->net->params.at[maker->weight].kept)
        return;
    seen[maker->weight] = true;
    add_to_nearest(lower, rows, reader, maker->weight);
}

static void add_parameters(Lower *lower, Rows rows, const Node *node, bool *seen)
{
    if (node->kind == NODE_MAP) {
        bool *of_map = NEW_ARRAY(lower->arena, bool, lower->net->params.count + 1);
        if (node->weight != NONE)
            add_to_nearest(lower, rows, node, node->weight);
        if (node->bias != NONE)
            add_to_nearest(lower, rows, node, node->bias);
        if (node->aux != NONE)
            add_shared(lower, rows, node, node->aux, of_map);
    }
    if (node->kind != NODE_SCAN || !scan_is_batched(lower->net, node))
        return;
    for (int p = 0; p < node->params.count; p++)
        add_to_nearest(lower, rows, node, node->params.at[p]);
    for (int i = 0; i < node->ins.count && !node->of_loss; i++)
        add_shared(lower, rows, node, node->ins.at[i], seen);
}

/* ---- all streams ---- */

typedef VEC(StreamId) StreamIds;

/* Node by node, those of forward nodes. */
static StreamIds described_streams(Lower *lower)
{
    const Net *net = lower->net;
    StreamId *first = NEW_ARRAY(lower->arena, StreamId, net->nodes.count + 1); /* by node */
    StreamId *next = NEW_ARRAY(lower->arena, StreamId, net->streams.count + 1);
    StreamIds streams = {0};
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
                vec_push(lower->arena, &streams, s);
    return streams;
}

void describe_streams(Lower *lower)
{
    const Net *net = lower->net;
    const StreamIds streams = described_streams(lower);
    bool *seen = NEW_ARRAY(lower->arena, bool, net->params.count + 1);
    for (int k = 0; k < streams.count; k++)
        describe_stream(lower, streams.at[k]);
    Rows rows = find_parts(lower, streams.at, streams.count);
    for (int n = 0; n < net->backward; n++)
        add_parameters(lower, rows, &net->nodes.at[n], seen);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

BufferId *data_buffer(Program *program, const Node *data)
{
    return data->present ? &program->present : data->target ? &program->target : &program->input;
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
    program->whole_numbers = net->whole;
    program->data_unit = net->data_unit;
    for (int i = 0; i < net->notes.count; i++)
        vec_push(lower->arena, &program->notes, net->notes.at[i]);
    program->takes_spikes = data->spikes;
    program->takes_lengths = data->lengths;
    program->data_format = data->format;
    program->data_folder = data->folder;
    for (int i = 0; i < data->settings.count; i++)
        vec_push(lower->arena, &program->data_settings, data->settings.at[i]);
    program->data_ndim = data_dims(net, data->shape, data->temporal, program->data_dims);
    program->target_ndim = data_dims(net, data->target, data->target_temporal, program->target_dims);
    program->classes = net->data.classes;
    program->label_steps = net->data.label_temporal ? net->steps : 0;
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
