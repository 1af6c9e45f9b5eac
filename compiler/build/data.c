/* The line that says what the program reads: formats of data, each a row of a table. */
#include "build.h"
#include "formats.h"

/* ---- what formats share ------------------------------------------------------------------------------ */

static void data_folder(Build *b, const Scope *frame)
{
    const Entry *folder = given_argument(frame, name_folder);
    if (!folder)
        return;
    if (folder->expr->kind == EXPR_STRING)
        b->net->data.folder = folder->expr->name;
    else
        report(b, RULE_DATA, folder->expr->span, "`folder` must be a text, as in `folder = \"data\"`");
}

static bool data_spikes(Build *b, const Entry *spikes)
{
    Data *data = &b->net->data;
    if (!constant_flag(b, spikes->scope, spikes->expr, "`spikes`", &data->spikes))
        return false;
    if (!data->spikes || data->temporal)
        return true;
    report(b, RULE_DATA, spikes->expr->span, "`spikes` needs data over time");
    report_hint(b, "write `temporal, spikes`, or make spikes of the image, as in `poisson(image)`");
    return false;
}

/* Of numbers: then there are no labels, unless somebody says how many. */
static bool data_target(Build *b, const Scope *frame)
{
    Data *data = &b->net->data;
    const Entry *target = given_argument(frame, name_target),
                *temporal = given_argument(frame, name_target_temporal);
    if (target && !constant_shape(b, target->scope, target->expr, "the target", MAX_AXES, &data->target))
        return false;
    if (target && !given_argument(frame, name_classes))
        data->classes = 0;
    if (!temporal
        || !constant_flag(b, temporal->scope, temporal->expr, "`target_temporal`", &data->target_temporal))
        return !temporal;
    if (!data->target_temporal || target)
        return true;
    report(b, RULE_DATA, temporal->expr->span, "`target_temporal` without a target");
    report_hint(b, "say what the target is, as in `target = 2, target_temporal`");
    return false;
}

/* A label for each step, where a format may have that. */
static bool data_labels(Build *b, const Scope *frame, const Format *format)
{
    Data *data = &b->net->data;
    const Entry *temporal = given_argument(frame, name_label_temporal);
    if (temporal
        && !constant_flag(b, temporal->scope, temporal->expr, "`label_temporal`", &data->label_temporal))
        return false;
    bool rows = !format->columns || data->temporal;
    if (!data->label_temporal || (data->classes > 0 && rows))
        return true;
    report(b, RULE_DATA, temporal->expr->span, "`label_temporal` without %s",
           rows ? "classes" : "steps of a sample");
    report_hint(b, rows ? "say how many there are, as in `classes = 10, label_temporal`"
                        : "say which rows are steps of one sample, as in `sequence = \"run\"`");
    return false;
}

/* `idx("data")` */
static bool check_texts(Build *b, const Args *args)
{
    for (int i = 0; i < args->count; i++) {
        const Arg *arg = &args->at[i];
        if (arg->name || arg->value->kind != EXPR_STRING)
            continue;
        report(b, RULE_DATA, arg->span, "a text without a name");
        report_hint(b, "if it is where the data are, write `folder = \"%s\"`", arg->value->name);
        return false;
    }
    return true;
}

/* False if the stream of the samples is not known. */
static bool data_arguments(Build *b, const Scope *frame, const Format *format)
{
    Data *data = &b->net->data;
    const Entry *shape = given_argument(frame, name_shape), *classes = given_argument(frame, name_classes);
    const Entry *temporal = given_argument(frame, name_temporal),
                *spikes = given_argument(frame, name_spikes);
    bool fine = true;
    b->data_known = true;
    if (shape)
        fine &= constant_shape(b, shape->scope, shape->expr, "the data's shape", MAX_AXES, &data->shape);
    if (classes) {
        b->data_known = constant_integer(b, classes->scope, classes->expr, "the number of classes", 0,
                                         MAX_ELEMENTS, &data->classes);
    }
    if (temporal)
        fine &= constant_flag(b, temporal->scope, temporal->expr, "`temporal`", &data->temporal);
    if (spikes && fine)
        fine = data_spikes(b, spikes);
    fine &= format->columns || data_target(b, frame);
    data_folder(b, frame);
    return fine;
}

/* ---- formats ----------------------------------------------------------------------------------------- */

static const char *const idx_formals[] = {name_shape,           name_none,  name_classes,  name_none,
                                          name_folder,          name_none,  name_temporal, name_false,
                                          name_spikes,          name_false, name_target,   name_none,
                                          name_target_temporal, name_false, NULL};

static const char *const shd_formals[] = {
    name_units,          name_none,  name_bin,  name_none,  name_classes, name_none,   name_folder,
    name_none,           name_name,  name_none, name_valid, name_none,    name_spikes, name_false,
    name_label_temporal, name_false, NULL};

static const Choosing recorded = {"samples by an array", "extra/speaker = 4, 5", "extra/speaker = 0-4"};

/* Channels are groups of neighbouring units. */
static bool shd_arguments(Build *b, const Scope *frame, Span span)
{
    int units = 700, bin = 1;
    if (!data_count(b, frame, name_units, &units) || !data_count(b, frame, name_bin, &bin)
        || !data_text(b, frame, name_name) || !data_step(b, name_shd, name_spikes, span)
        || !data_chosen(b, frame, &recorded))
        return false;
    data_number(b, "units", units);
    data_number(b, "bin", bin);
    if (units % bin == 0) {
        b->net->data.shape = (Shape){.ndim = 1, .dims = {units / bin}};
        return true;
    }
    const Entry *given = given_argument(frame, name_bin);
    report(b, RULE_DATA, given->expr->span, "%d units cannot be divided into channels of %d", units, bin);
    report_hint(b, "give a divisor of %d, as in `bin = %d`", units, units % 5 == 0 ? 5 : units);
    return false;
}

static const char *const events_formals[] = {name_shape,  name_none,  name_classes, name_none,  name_folder,
                                             name_none,   name_names, name_none,    name_valid, name_none,
                                             name_spikes, name_false, NULL};

/* Without channels, events of both polarities are counted together. */
static bool events_arguments(Build *b, const Scope *frame, Span span)
{
    Shape shape = b->net->data.shape;
    if (!data_step(b, name_events, name_events, span) || !data_names(b, frame))
        return false;
    if (shape.ndim == 2 || (shape.ndim == 3 && shape.dims[2] == 2))
        return true;
    report(b, RULE_DATA, given_argument(frame, name_shape)->expr->span, "events have no shape %s",
           shape_text(b->arena, shape));
    report_hint(
        b, "say how many rows and columns there are, as in `shape = [34, 34]`, or `[34, 34, c = 2]` with a "
           "channel for each polarity");
    return false;
}

/* clang-format off */
static const char *const npy_formals[] = {
    name_shape, name_none, name_classes, name_none, name_folder, name_none,
    name_name, name_none, name_samples, name_none, name_labels, name_none,
    name_targets, name_none, name_temporal, name_false, name_spikes, name_false,
    name_target, name_none, name_target_temporal, name_false, name_label_temporal, name_false,
    name_lengths, name_none, name_valid, name_none,
    NULL};
/* clang-format on */

static const Choosing arrays = {"samples by an array", "speaker = theo, lucas", "day = 20-30"};

/* Arrays have no usual shape. */
static bool npy_arguments(Build *b, const Scope *frame, Span span)
{
    static const char *const texts[] = {name_name, name_samples, name_labels, name_targets, name_lengths};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!data_text(b, frame, texts[i]))
            return false;
    if (!data_chosen(b, frame, &arrays))
        return false;
    if (given_argument(frame, name_shape))
        return true;
    report(b, RULE_DATA, span, "`npy` needs the shape of a sample");
    report_hint(b, "write `data npy(shape = 4)` where the samples are [1000, 4], or `shape = [28, 28]`");
    return false;
}

static const char *const pictures_formals[] = {name_shape,  name_none, name_classes, name_none,
                                               name_folder, name_none, name_names,   name_none,
                                               name_valid,  name_none, NULL};

/* Colours are channels. */
static bool pictures_arguments(Build *b, const Scope *frame, Span span)
{
    Shape shape = b->net->data.shape;
    (void)span;
    if (!data_names(b, frame))
        return false;
    if (shape.ndim == 2 || (shape.ndim == 3 && shape.dims[2] == 3))
        return true;
    report(b, RULE_DATA, given_argument(frame, name_shape)->expr->span, "pictures have no shape %s",
           shape_text(b->arena, shape));
    report_hint(
        b,
        "say how many rows and columns there are, as in `shape = [32, 32]`, or `[32, 32, c = 3]` with red, "
        "green and blue");
    return false;
}

static const Format formats[] = {
    {.name = name_idx,
     .about = "the format of MNIST",
     .stream = name_image,
     .formals = idx_formals,
     .data = {.format = name_idx,
              .shape = {.ndim = 2, .dims = {28, 28}},
              .classes = 10,
              .unit = 1.0 / UINT8_MAX}},
    {.name = name_shd,
     .lengths = true,
     .fields = true,
     .about = "spikes in HDF5 files, as SHD and SSC have them",
     .stream = name_spikes,
     .formals = shd_formals,
     .data = {.format = name_shd,
              .shape = {.ndim = 1, .dims = {700}},
              .classes = 20,
              .temporal = true,
              .unit = 1},
     .arguments = shd_arguments},
    {.name = name_events,
     .lengths = true,
     .fields = true,
     .about = "files of event cameras",
     .stream = name_events,
     .formals = events_formals,
     .data = {.format = name_events,
              .shape = {.ndim = 3, .dims = {34, 34, 2}},
              .classes = 10,
              .temporal = true,
              .unit = 1},
     .arguments = events_arguments},
    {.name = name_npy,
     .lengths = true,
     .fields = true,
     .about = "arrays of NumPy in NPY and NPZ files",
     .stream = name_sample,
     .formals = npy_formals,
     .data = {.format = name_npy, .shape = {.ndim = 1, .dims = {1}}, .classes = 10},
     .arguments = npy_arguments},
    {.name = name_wav,
     .lengths = true,
     .fields = true,
     .about = "recordings of sound",
     .stream = name_sound,
     .formals = wav_formals,
     .data = {.format = name_wav, .shape = {.ndim = 1, .dims = {1}}, .classes = 10, .temporal = true},
     .arguments = wav_arguments},
    {.name = name_csv,
     .lengths = true,
     .fields = true,
     .about = "tables as text",
     .stream = name_sample,
     .columns = true,
     .formals = csv_formals,
     .data = {.format = name_csv, .shape = {.ndim = 1, .dims = {1}}, .classes = 10},
     .arguments = csv_arguments},
    {.name = name_pictures,
     .fields = true,
     .about = "PNG and JPEG files",
     .stream = name_image,
     .formals = pictures_formals,
     .data = {.format = name_pictures,
              .shape = {.ndim = 2, .dims = {28, 28}},
              .classes = 10,
              .unit = 1.0 / UINT8_MAX},
     .arguments = pictures_arguments},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static const Format *format_of(const Item *data)
{
    for (int i = 0; data && i < FORMATS; i++)
        if (formats[i].name == data->value->name)
            return &formats[i];
    return NULL;
}

static void report_format(Build *b, const Expr *value)
{
    const char *known = "";
    for (int i = 0; i < FORMATS; i++)
        known = arena_printf(b->arena, "%s%s`%s`, %s", known, i > 0 ? "; " : "", formats[i].name,
                             formats[i].about);
    report(b, RULE_DATA, name_span(value), "unknown data format `%s`", value->name);
    report_hint(b, "there are %s", known);
}

/* ---- the line ---------------------------------------------------------------------------------------- */

/* Whether the data line speaks of a target, so that the name means it. */
static bool has_target(const Item *data)
{
    const Expr *value = data ? data->value : NULL;
    bool has = false;
    for (int i = 0; value && value->kind == EXPR_CALL && i < value->args.count; i++)
        has = has || value->args.at[i].name == name_target;
    return has;
}

static void declare_samples(Build *b, const char *stream, Span span)
{
    Entry *samples = scope_define(b, b->model, ENTRY_STREAM, stream, span);
    if (samples) {
        samples->progress = ENTRY_DONE;
        samples->value = value_poison();
    }
}

/* Of an unknown format, it is known by the names of all, which some share: that the format is unknown is said. */
void declare_data(Build *b, const Item *data, Span span)
{
    const Format *format = format_of(data);
    b->samples = format ? format->stream : NULL;
    for (int i = 0; i < FORMATS; i++) {
        vec_push(b->arena, &b->samples_of_formats, formats[i].stream);
        if (format ? format == &formats[i] : (data || i == 0) && !scope_own(b->model, formats[i].stream))
            declare_samples(b, formats[i].stream, span);
    }
    scope_define(b, b->model, ENTRY_LABEL, name_label, span);
    if (has_target(data))
        scope_define(b, b->model, ENTRY_LABEL, name_target, span);
    if (format && format->lengths)
        scope_define(b, b->model, ENTRY_LABEL, name_present, span);
}

static bool build_arguments(Build *b, const Item *item, const Format *format)
{
    const Expr *value = item->value;
    Formals formals = formals_of(b, format->formals), shared = formals_of(b, sampling_formals);
    for (int i = 0; i < shared.count; i++)
        vec_push(b->arena, &formals, shared.at[i]);
    Call call = {.name = format->name,
                 .span = value->span,
                 .formals = &formals,
                 .args = value->kind == EXPR_CALL ? &value->args : NULL,
                 .caller = b->model,
                 .home = b->model};
    if (!check_texts(b, &value->args))
        return false;
    Scope *frame = bind_arguments(b, &call);
    return !frame->wrong && data_arguments(b, frame, format)
           && (!format->arguments || format->arguments(b, frame, value->span))
           && data_labels(b, frame, format) && data_sampling(b, frame, format);
}

void build_data(Build *b, const Item *item)
{
    const Format *format = format_of(item);
    Data *data = &b->net->data;
    *data = format ? format->data : formats[0].data;
    data->span = item->span;
    if (!format) {
        report_format(b, item->value);
        return;
    }
    if (!build_arguments(b, item, format))
        return;
    Node node = node_new(NODE_DATA, item->span);
    StreamKind kind = data->spikes ? STREAM_SPIKES : STREAM_REALS;
    node.out = add_stream(b, format->stream, NULL, kind, data->temporal ? b->net->steps : 0, data->shape,
                          item->span);
    b->binding = format->stream;
    enter_phrase(b, item->span);
    add_node(b, node);
    b->phrase = NONE;
    b->binding = b->net->name;
    scope_own(b->model, format->stream)->value = value_stream(node.out, unit_plain);
}
