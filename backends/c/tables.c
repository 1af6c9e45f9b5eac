/* struct net: all buffers of the program; and the tables that say what it needs and describe it to the runtime. */
#include "c.h"

#include "literal.h"

enum { ROW_LENGTH = 116 }; /* of a row that stands on one line, behind its indentation */

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
    out_close(out, ";");
    out_line(out, "#define NET(buffer) offsetof(struct net, buffer)");
}

/* ---- memory ---- */

/* Of the pointer to a buffer in the net. */
static const char *place(const Tables *tables, BufferId id)
{
    return id < 0 ? "0"
                  : arena_printf(tables->arena, "NET(%s)", c_buffer(tables->arena, buffer_at(tables, id)));
}

static void memory(const Tables *tables)
{
    Out *out = tables->out;
    out_blank(out);
    const LoopRoom *rooms = loop_rooms(tables->arena, tables->program);
    out_line(out, "/* Pointers in the net, and what they point to: memory, of so many bytes for every sample "
                  "or so many in");
    out_line(out, " * all, or, instead of both, the place of another that is no longer needed. */");
    out_open(out, "static const SnnBuffer net_buffers[] =");
    for (int b = 0; b < tables->program->buffers.count; b++) {
        const Buffer *buffer = buffer_at(tables, b);
        const char *name = c_buffer(tables->arena, buffer);
        if (buffer->place != b)
            out_line(out, "{NET(%s), .place = NET(%s)},", name,
                     c_buffer(tables->arena, buffer_at(tables, buffer->place)));
        else if (!buffer_is_of_kernel(buffer))
            out_line(out, "{NET(%s), %lld, %lld, %s, 0},", name, (long long)rooms[b].each_sample,
                     (long long)rooms[b].whole, buffer->sparse ? "true" : "false");
    }
    out_close(out, ";");
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

/* Of the states of a parameter, as `"m", "v"`. */
static const char *state_list(const Tables *tables, const LoopParam *param,
                              const char *(*item)(const Tables *tables, const LoopParam *param, int state))
{
    const char *text = "";
    for (int s = 0; s < param->states; s++)
        text = arena_printf(tables->arena, "%s%s%s", text, s ? ", " : "", item(tables, param, s));
    return text;
}

static const char *state_place(const Tables *tables, const LoopParam *param, int state)
{
    return place(tables, param->state[state]);
}

static const char *state_name(const Tables *tables, const LoopParam *param, int state)
{
    return c_string(tables->arena, param->state_name[state]);
}

/* On one line, if they fit; else `indent` stands before the second. */
static void print_pair(const Tables *tables, const char *first, const char *indent, const char *second)
{
    if (strlen(first) + strlen(second) < ROW_LENGTH) {
        out_line(tables->out, "%s %s", first, second);
        return;
    }
    out_line(tables->out, "%s", first);
    out_line(tables->out, "%s%s", indent, second);
}

static void describe_param(const Tables *tables, int index)
{
    const LoopParam *param = &tables->program->params.at[index];
    Out *out = tables->out;
    print_pair(tables,
               arena_printf(tables->arena, ".name = %s, .about = %s, .line = %d,",
                            c_string(tables->arena, param->name), c_string(tables->arena, param->about),
                            param->line),
               "",
               arena_printf(tables->arena, ".ndim = %d, .dims = %s, .matrix = %s,%s", param->ndim,
                            dims(tables, param->dims, param->ndim), param->matrix ? "true" : "false",
                            param->kept ? " .kept = true," : ""));
    if (param->states == 0) {
        out_line(out, ".at = {.value = %s, .gradient = %s},", place(tables, param->value),
                 place(tables, param->gradient));
        return;
    }
    out_line(out, ".at = {.value = %s, .gradient = %s, .state = {%s}},", place(tables, param->value),
             place(tables, param->gradient), state_list(tables, param, state_place));
    out_line(out, ".states = %d, .state_name = {%s},", param->states, state_list(tables, param, state_name));
}

static const char *padding(const Tables *tables, const Buffer *buffer)
{
    return buffer->padding ? arena_printf(tables->arena, " .padding = %d,", buffer->padding) : "";
}

static const char *place_of(const Tables *tables, const char *name, BufferId buffer)
{
    return buffer >= 0 ? arena_printf(tables->arena, ", .%s = %s", name, place(tables, buffer)) : "";
}

static const char *number_of(const Tables *tables, const char *name, int64_t number)
{
    return number != 0 ? arena_printf(tables->arena, ", .%s = %lld", name, (long long)number) : "";
}

static const char *places_of_stream(const Tables *tables, const LoopStream *stream)
{
    BufferId floats = stream_floats(tables->program, stream), fired = stream_fired(tables->program, stream);
    const char *at =
        arena_printf(tables->arena, "%s%s%s", place_of(tables, "values", floats),
                     place_of(tables, "fired", fired), place_of(tables, "activity", stream->activity));
    int padding = floats >= 0 || fired >= 0 ? buffer_at(tables, stream->values)->padding : 0;
    return *at ? arena_printf(tables->arena, "%s, .at = {%s}", number_of(tables, "padding", padding), at + 2)
               : "";
}

/* What is 0 or false is left out. */
static void describe_stream(const Tables *tables, int index)
{
    const LoopStream *stream = &tables->program->streams.at[index];
    int64_t values = stream->values >= 0 ? buffer_elements(buffer_at(tables, stream->values)) : 0;
    const char *about = arena_printf(tables->arena, "{.name = %s, .about = %s, .line = %d,",
                                     c_string(tables->arena, stream->name),
                                     c_string(tables->arena, stream->about), stream->line);
    const char *data = arena_printf(
        tables->arena, ".size = %d%s%s%s%s%s%s%s%s},", stream->size,
        number_of(tables, "steps", stream->steps), stream->spikes ? ", .spikes = true" : "",
        number_of(tables, "per_sample", values), number_of(tables, "operations", stream->operations),
        stream->saved ? ", .saved = true" : "", stream->evaluated ? ", .evaluated = true" : "",
        stream->part ? ", .part = true" : "", places_of_stream(tables, stream));
    print_pair(tables, about, " ", data);
}

static void describe_watch(const Tables *tables, int index)
{
    const LoopWatch *watch = &tables->program->watches.at[index];
    const Buffer *values = buffer_at(tables, watch->values);
    out_line(tables->out, "{.stream = %d, .state = %s,%s .at = %s, .per_sample = %lld},", watch->stream,
             c_string(tables->arena, watch->state), padding(tables, values), place(tables, watch->values),
             (long long)buffer_elements(values));
}

static void describe_prediction(const Tables *tables, int index)
{
    const LoopPrediction *prediction = &tables->program->predictions.at[index];
    const char *steps =
        prediction->steps > 0 ? arena_printf(tables->arena, " .steps = %d,", prediction->steps) : "";
    out_line(tables->out, ".name = %s, .size = %d,%s", c_string(tables->arena, prediction->name),
             prediction->size, steps);
    out_line(tables->out, ".at = {.values = %s, .predicted = %s},", place(tables, prediction->values),
             place(tables, prediction->predicted));
}

static void describe_metric(const Tables *tables, int index)
{
    const LoopMetric *metric = &tables->program->metrics.at[index];
    out_line(tables->out, "{.name = %s, .at = %s, .prediction = %d},", c_string(tables->arena, metric->name),
             place(tables, metric->values), metric->prediction);
}

/* C has no empty arrays: where there is no row, there is no table. `row` writes one, of some lines without its braces. */
static void table(const Tables *tables, const char *type, const char *name, int count,
                  void (*row)(const Tables *tables, int index), bool lines)
{
    Out *out = tables->out;
    if (count == 0)
        return;
    out_blank(out);
    out_open(out, "static const %s %s[] =", type, name);
    for (int i = 0; i < count; i++) {
        if (lines)
            out_open(out, "%s", "");
        row(tables, i);
        if (lines)
            out_close(out, ",");
    }
    out_close(out, ";");
}

static void table_names(const Tables *tables)
{
    const Program *program = tables->program;
    Out *out = tables->out;
    out_open(out, ".tables =");
    out_line(out, ".buffers = net_buffers, .buffer_count = sizeof net_buffers / sizeof *net_buffers,");
    if (program->params.count > 0)
        out_line(out, ".params = net_params, .param_count = %d,", program->params.count);
    if (program->streams.count > 0)
        out_line(out, ".streams = net_streams, .stream_count = %d,", program->streams.count);
    if (program->watches.count > 0)
        out_line(out, ".watches = net_watches, .watch_count = %d,", program->watches.count);
    if (program->predictions.count > 0)
        out_line(out, ".predictions = net_predictions, .prediction_count = %d,", program->predictions.count);
    if (program->metrics.count > 0)
        out_line(out, ".metrics = net_metrics, .metric_count = %d,", program->metrics.count);
    out_close(out, ",");
}

static void places(const Tables *tables)
{
    const Program *program = tables->program;
    const struct {
        const char *name;
        BufferId buffer;
    } all[] = {{program_takes_spikes(program) ? "spikes" : "input", program->input},
               {"label", program->label},
               {"target", program->target},
               {"present", program->present},
               {"sample", program->sample},
               {"loss", program->loss},
               {"rate", program->rate}};
    out_open(tables->out, ".at =");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].buffer >= 0)
            out_line(tables->out, ".%s = %s,", all[i].name, place(tables, all[i].buffer));
    out_close(tables->out, ",");
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
    if (program->data_settings.count > 0)
        text_table(tables, "And what its data are.", "text_of_data", program->data_settings.at,
                   program->data_settings.count);
    text_table(tables, "And what only its training depends on.", "text_of_training",
               program->training_text.at, program->training_text.count);
    text_table(tables, "A picture of it, for reports.", "drawing_of_network", program->drawing.at,
               program->drawing.count);
}

/* A command that is not there is NULL. */
static void commands(const Tables *tables)
{
    static const struct {
        Need need;
        const char *name;
    } all[] = {{NEED_TRAIN, "train"},
               {NEED_TEST, "test"},
               {NEED_PREDICT, "predict"},
               {NEED_INFO, "info"},
               {NEED_REPORT, "report"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (program_needs(tables->program, all[i].need))
            out_line(tables->out, ".%s = snn_%s,", all[i].name, all[i].name);
}

static const char *format(const Tables *tables)
{
    const char *name = tables->program->data_format;
    return name ? arena_printf(tables->arena, "&snn_%s", name) : "NULL";
}

static const char *target(const Tables *tables)
{
    const Program *program = tables->program;
    if (program->target_ndim == 0)
        return "";
    return arena_printf(tables->arena, ", .target_ndim = %d, .target_dims = %s", program->target_ndim,
                        dims(tables, program->target_dims, program->target_ndim));
}

static const char *label_steps(const Tables *tables)
{
    int steps = tables->program->label_steps;
    return steps > 0 ? arena_printf(tables->arena, ", .label_steps = %d", steps) : "";
}

static void description(const Tables *tables, const BackendOptions *options)
{
    const Program *program = tables->program;
    Out *out = tables->out;
    out_blank(out);
    out_line(out, "/* What the runtime must know of the network; seen from outside, too. */");
    out_open(out, "const SnnModel description =");
    out_line(out, ".name = %s,", c_string(tables->arena, program->name));
    out_line(out, ".version = %s,", c_string(tables->arena, options->version));
    out_line(out, ".source = %s,", c_string(tables->arena, program->source));
    out_line(out, ".steps = %d,", program->steps);
    out_line(out, ".dt = %s,", number(tables, program->dt));
    out_line(out, ".data = {.format = %s, .folder = %s, .ndim = %d, .dims = %s, .classes = %d%s%s%s},",
             format(tables), c_string(tables->arena, program->data_folder), program->data_ndim,
             dims(tables, program->data_dims, program->data_ndim), program->classes, label_steps(tables),
             target(tables), program->data_settings.count > 0 ? ", .settings = text_of_data" : "");
    commands(tables);
    out_line(out, ".batch = %d,", program->batch);
    out_line(out, ".epochs = %d,", program->epochs);
    if (program->least_batch > 1)
        out_line(out, ".least_batch = %d,", program->least_batch);
    out_line(out, ".seed = %lluu,", (unsigned long long)program->seed);
    out_line(out, ".lr = %s,", number(tables, program->lr));
    out_line(out, ".clip_norm = %s,", number(tables, program->clip_norm));
    out_line(out, ".optimizer = %s,", c_string(tables->arena, program->optimizer));
    out_line(out, ".learning = %s,", c_string(tables->arena, program->learning));
    out_line(out, ".network = text_of_network,");
    out_line(out, ".training = text_of_training,");
    out_line(out, ".drawing = drawing_of_network,");
    table_names(tables);
    places(tables);
    out_line(out, ".net_bytes = sizeof(struct net),");
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        if (program_has(program, phase))
            out_line(out, ".%s = %s,", phase_name(phase), phase_name(phase));
    if (program->whole)
        out_line(out, ".whole = true,");
    out_line(out, ".choose = choose_level,");
    out_close(out, ";");
}

void c_tables(Arena *arena, const Program *program, const BackendOptions *options, Out *out)
{
    Tables tables = {arena, program, out};
    memory(&tables);
    c_level_choice(program, out);
    table(&tables, "SnnParam", "net_params", program->params.count, describe_param, true);
    table(&tables, "SnnStream", "net_streams", program->streams.count, describe_stream, false);
    table(&tables, "SnnWatch", "net_watches", program->watches.count, describe_watch, false);
    table(&tables, "SnnPrediction", "net_predictions", program->predictions.count, describe_prediction, true);
    table(&tables, "SnnMetric", "net_metrics", program->metrics.count, describe_metric, false);
    model_text(&tables);
    description(&tables, options);
    out_blank(out);
    out_line(out, "int main(int argc, char **argv)");
    out_open(out, "%s", "");
    out_line(out, "SnnModel model = description;");
    out_line(out, "return snn_main(argc, argv, &model);");
    out_close(out, "");
}
