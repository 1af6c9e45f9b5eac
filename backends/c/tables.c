/* struct net: all buffers of the program; and the tables that say what it needs and describe it to the runtime. */
#include "c.h"

#include "literal.h"

typedef struct Tables {
    Arena *arena;
    const Program *program;
    Out *out;
} Tables;

static const Buffer *buffer_at(const Tables *tables, BufferId id)
{
    return &tables->program->buffers.at[id];
}

/* ---- struct net ---- */

static void struct_section(const Tables *tables, BufferRole role, const char *title)
{
    bool first = true;
    for (int b = 0; b < tables->program->buffers.count; b++) {
        if (buffer_at(tables, b)->role != role)
            continue;
        if (first) {
            out_blank(tables->out);
            out_line(tables->out, "/* %s */", title);
        }
        first = false;
        const char *about = buffer_at(tables, b)->about;
        out_line(tables->out, about ? "%s; /* %s */" : "%s;",
                 c_pointer(tables->arena, buffer_at(tables, b), ""), about);
    }
}

void c_struct(Arena *arena, const Program *program, Out *out)
{
    Tables tables = {arena, program, out};
    out_blank(out);
    out_open(out, "struct net");
    out_line(out, "SnnRun run;");
    struct_section(&tables, BUFFER_INPUT, "the batch: [sample]...");
    struct_section(&tables, BUFFER_PARAM, "weights: matrices are [input][output]");
    struct_section(&tables, BUFFER_GRADIENT, "their gradients");
    struct_section(&tables, BUFFER_MOMENT, "the optimiser's states");
    struct_section(&tables, BUFFER_STREAM,
                   "streams: [sample][step][unit], or [sample][unit] where time plays no part");
    struct_section(&tables, BUFFER_OUTPUT, "results: [sample]...");
    struct_section(&tables, BUFFER_SCRATCH, "scratch");
    out_blank(out);
    out_line(out, "SnnMemory memory; /* of all arrays that are not sparse */");
    out_line(out, "SnnParam params[%d];", program->params.count + 1);
    out_line(out, "SnnStream streams[%d];", program->streams.count + 1);
    out_line(out, "SnnWatch watches[%d];", program->watches.count + 1);
    out_close(out, ";");
    out_line(out, "#define NET(buffer) offsetof(struct net, buffer)");
}

/* ---- memory ---- */

/* A pointer to the first element: hidden[0][0]. */
static const char *first_element(const Tables *tables, BufferId id)
{
    if (id < 0)
        return "NULL";
    const Buffer *buffer = buffer_at(tables, id);
    const char *text = arena_printf(tables->arena, "net->%s", c_buffer(tables->arena, buffer));
    int inner = buffer->ndim - (buffer->per_sample ? 0 : 1);
    for (int d = 0; d < inner; d++)
        text = arena_printf(tables->arena, "%s[0]", text);
    return text;
}

static int64_t elements(const Buffer *buffer)
{
    int64_t count = 1;
    for (int d = 0; d < buffer->ndim; d++)
        count *= buffer->dims[d];
    return count;
}

static void memory(const Tables *tables)
{
    Out *out = tables->out;
    out_blank(out);
    const int64_t *rooms = loop_rooms(tables->arena, tables->program);
    out_line(
        out,
        "/* Pointers in the net, and what they point to: memory, for every sample or in all, or, instead of");
    out_line(out, " * bytes, the place of another that is no longer needed. */");
    out_open(out, "static const SnnBuffer net_buffers[] =");
    for (int b = 0; b < tables->program->buffers.count; b++) {
        const Buffer *buffer = buffer_at(tables, b);
        const char *name = c_buffer(tables->arena, buffer);
        if (buffer->place != b)
            out_line(out, "{NET(%s), 0, .place = NET(%s)},", name,
                     c_buffer(tables->arena, buffer_at(tables, buffer->place)));
        else if (!buffer_is_of_kernel(buffer))
            out_line(out, "{NET(%s), %lld, %s, %s, 0},", name, (long long)rooms[b],
                     buffer->per_sample ? "true" : "false", buffer->sparse ? "true" : "false");
    }
    out_close(out, ";");
    out_line(out, "enum { NET_BUFFERS = sizeof net_buffers / sizeof *net_buffers };");
    out_blank(out);
    out_line(out, "static void close_net(void *context)");
    out_open(out, "%s", "");
    out_line(out, "struct net *net = context;");
    out_line(out, "snn_close_buffers(net, &net->memory, net_buffers, NET_BUFFERS);");
    out_close(out, "");
}

/* ---- description ---- */

static const char *number(const Tables *tables, double value)
{
    char buffer[LITERAL_SIZE];
    return arena_printf(tables->arena, "%s", literal_float(buffer, (float)value));
}

static const char *dims(const Tables *tables, const int *at, int count)
{
    if (count == 0)
        return "{0}";
    const char *text = "{";
    for (int d = 0; d < count; d++)
        text = arena_printf(tables->arena, "%s%s%d", text, d ? ", " : "", at[d]);
    return arena_printf(tables->arena, "%s}", text);
}

static void describe_param(const Tables *tables, int index)
{
    const LoopParam *param = &tables->program->params.at[index];
    Out *out = tables->out;
    out_open(out, "net->params[%d] = (SnnParam)", index);
    out_line(out, ".name = %s, .about = %s, .line = %d,", c_string(tables->arena, param->name),
             c_string(tables->arena, param->about), param->line);
    out_line(out, ".ndim = %d, .dims = %s, .matrix = %s,", param->ndim,
             dims(tables, param->dims, param->ndim), param->matrix ? "true" : "false");
    out_line(out, ".value = %s, .gradient = %s,", first_element(tables, param->value),
             first_element(tables, param->gradient));
    for (int s = 0; s < param->states; s++)
        out_line(out, ".state[%d] = %s, .state_name[%d] = %s, .state_init[%d] = %s,", s,
                 first_element(tables, param->state[s]), s, c_string(tables->arena, param->state_name[s]), s,
                 number(tables, param->state_init[s]));
    out_line(out, ".states = %d, .init = %s, .constant = %s,", param->states, number(tables, param->init),
             param->constant ? "true" : "false");
    out_close(out, ";");
}

static void describe_stream(const Tables *tables, int index)
{
    const LoopStream *stream = &tables->program->streams.at[index];
    const Buffer *values = stream->values >= 0 ? buffer_at(tables, stream->values) : NULL;
    bool kept = values && values->type == TYPE_F32;
    Out *out = tables->out;
    out_open(out, "net->streams[%d] = (SnnStream)", index);
    out_line(out, ".name = %s, .about = %s, .line = %d,", c_string(tables->arena, stream->name),
             c_string(tables->arena, stream->about), stream->line);
    out_line(out, ".size = %d, .spikes = %s, .values = %s, .per_sample = %lld,", stream->size,
             stream->spikes ? "true" : "false", kept ? first_element(tables, stream->values) : "NULL",
             values ? (long long)elements(values) : 0);
    out_line(out, ".activity = %s, .operations = %lld,%s", first_element(tables, stream->activity),
             (long long)stream->operations, stream->saved ? " .saved = true," : "");
    out_close(out, ";");
}

static void describe_watch(const Tables *tables, int index)
{
    const LoopWatch *watch = &tables->program->watches.at[index];
    Out *out = tables->out;
    out_open(out, "net->watches[%d] = (SnnWatch)", index);
    out_line(out, ".stream = %d, .state = %s, .values = %s, .per_sample = %lld,", watch->stream,
             c_string(tables->arena, watch->state), first_element(tables, watch->values),
             (long long)elements(buffer_at(tables, watch->values)));
    out_close(out, ";");
}

static void opening(const Tables *tables)
{
    const Program *program = tables->program;
    Out *out = tables->out;
    out_blank(out);
    out_line(out, "static bool open_net(SnnModel *model, void *context, int batch)");
    out_open(out, "%s", "");
    out_line(out, "struct net *net = context;");
    out_open(out, "if (!snn_open_buffers(net, &net->memory, (size_t)batch, net_buffers, NET_BUFFERS))");
    out_line(out, "return false;");
    out_close(out, "");
    for (int p = 0; p < program->params.count; p++)
        describe_param(tables, p);
    for (int s = 0; s < program->streams.count; s++)
        describe_stream(tables, s);
    for (int w = 0; w < program->watches.count; w++)
        describe_watch(tables, w);
    out_line(out, "model->run = &net->run;");
    out_line(out, "model->memory = &net->memory;");
    bool spikes = program->input >= 0 && buffer_at(tables, program->input)->type == TYPE_U8;
    out_line(out, "model->%s = %s;", spikes ? "spikes" : "input", first_element(tables, program->input));
    out_line(out, "model->label = %s;", first_element(tables, program->label));
    out_line(out, "model->sample = %s;", first_element(tables, program->sample));
    out_line(out, "model->loss = %s;", first_element(tables, program->loss));
    out_line(out, "model->predicted = %s;", first_element(tables, program->predicted));
    out_line(out, "model->scores = %s;", first_element(tables, program->scores));
    out_line(out, "model->params = net->params;");
    out_line(out, "model->param_count = %d;", program->params.count);
    out_line(out, "model->streams = net->streams;");
    out_line(out, "model->stream_count = %d;", program->streams.count);
    out_line(out, "model->watches = net->watches;");
    out_line(out, "model->watch_count = %d;", program->watches.count);
    out_line(out, "choose_level(model);");
    out_line(out, "return true;");
    out_close(out, "");
}

static void text_table(const Tables *tables, const char *about, const char *name, const char *const *lines,
                       int count)
{
    Out *out = tables->out;
    out_blank(out);
    out_line(out, "/* %s */", about);
    out_open(out, "static const char *const %s[] =", name);
    for (int i = 0; i < count; i++)
        out_line(out, "%s,", c_string(tables->arena, lines[i]));
    out_line(out, "NULL");
    out_close(out, ";");
}

static void model_text(const Tables *tables)
{
    const Program *program = tables->program;
    text_table(tables, "The model as text, for checkpoints: what weights are worth depends on it.",
               "text_of_network", program->network_text.at, program->network_text.count);
    text_table(tables, "And what only its training depends on.", "text_of_training",
               program->training_text.at, program->training_text.count);
}

/* A command that is not there is NULL. */
static void commands(const Tables *tables)
{
    static const struct {
        Need need;
        const char *name;
    } all[] = {{NEED_TRAIN, "train"}, {NEED_TEST, "test"}, {NEED_PREDICT, "predict"}, {NEED_INFO, "info"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (program_needs(tables->program, all[i].need))
            out_line(tables->out, ".%s = snn_%s,", all[i].name, all[i].name);
}

static void bytes_row(const Tables *tables)
{
    ProgramBytes bytes = program_bytes(tables->program);
    out_line(tables->out,
             ".bytes = {.once = %lld, .sample = %lld, .lists_once = %lld, .lists_sample = %lld},",
             (long long)bytes.once, (long long)bytes.sample, (long long)bytes.lists_once,
             (long long)bytes.lists_sample);
}

static void description(const Tables *tables, const BackendOptions *options)
{
    static const char *const kinds[] = {"constant", "step", "cosine", "one_cycle"};
    static const char *const names[] = {"SNN_CONSTANT", "SNN_STEP", "SNN_COSINE", "SNN_ONE_CYCLE"};
    const Program *program = tables->program;
    Out *out = tables->out;
    const char *schedule = names[0];
    for (int k = 0; k < 4; k++)
        if (strcmp(program->schedule, kinds[k]) == 0)
            schedule = names[k];
    out_blank(out);
    out_line(out, "/* What the runtime must know of the network. */");
    out_open(out, "static const SnnModel description =");
    out_line(out, ".name = %s,", c_string(tables->arena, program->name));
    out_line(out, ".version = %s,", c_string(tables->arena, options->version));
    out_line(out, ".source = %s,", c_string(tables->arena, program->source));
    out_line(out, ".steps = %d,", program->steps);
    out_line(out, ".data = {.format = %s, .folder = %s, .ndim = %d, .dims = %s, .classes = %d},",
             program_needs(program, NEED_IDX) ? "&snn_idx" : "NULL",
             c_string(tables->arena, program->data_folder), program->data_ndim,
             dims(tables, program->data_dims, program->data_ndim), program->classes);
    commands(tables);
    out_line(out, ".batch = %d,", program->batch);
    out_line(out, ".epochs = %d,", program->epochs);
    out_line(out, ".seed = %lluu,", (unsigned long long)program->seed);
    out_line(out, ".schedule = {.kind = %s, .lr = %s, .gamma = %s, .every = %d, .per_batch = %s},", schedule,
             number(tables, program->lr), number(tables, program->gamma), program->every,
             program->per_batch ? "true" : "false");
    out_line(out, ".clip_norm = %s,", number(tables, program->clip_norm));
    out_line(out, ".optimizer = %s,", c_string(tables->arena, program->optimizer));
    out_line(out, ".network = text_of_network,");
    out_line(out, ".training = text_of_training,");
    bytes_row(tables);
    out_line(out, ".net_bytes = sizeof(struct net),");
    out_line(out, ".open = open_net,");
    out_line(out, ".close = close_net,");
    out_line(out, ".forward = forward,");
    out_line(out, ".backward = backward,");
    out_line(out, ".update = update,");
    out_close(out, ";");
}

void c_tables(Arena *arena, const Program *program, const BackendOptions *options, Out *out)
{
    Tables tables = {arena, program, out};
    memory(&tables);
    c_level_choice(out);
    opening(&tables);
    model_text(&tables);
    description(&tables, options);
    out_blank(out);
    out_line(out, "int main(int argc, char **argv)");
    out_open(out, "%s", "");
    out_line(out, "SnnModel model = description;");
    out_line(out, "return snn_main(argc, argv, &model);");
    out_close(out, "");
}
