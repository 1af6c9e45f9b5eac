#include "run.h"

#include "literal.h"
#include "snn_random.h"
#include "snn_safetensors.h"
#include "snn_safetensors_write.h"

#include <stdio.h>
#include <math.h>
#include <stdlib.h>

static bool complain(const char *format, const char *what, const char *where)
{
    fprintf(stderr, "snnc: ");
    fprintf(stderr, format, what, where);
    fprintf(stderr, "\n");
    return false;
}

/* ---- arrays of a file into buffers ---- */

static double element_of(const SnnTensor *tensor, size_t index)
{
    float f32;
    double f64;
    int32_t i32;
    int64_t i64;
    const unsigned char *at = tensor->data + index * snn_dtype_size(tensor->dtype);
    switch ((int)tensor->dtype) {
    case SNN_F32: memcpy(&f32, at, sizeof f32); return (double)f32;
    case SNN_F64: memcpy(&f64, at, sizeof f64); return f64;
    case SNN_I32: memcpy(&i32, at, sizeof i32); return i32;
    case SNN_I64: memcpy(&i64, at, sizeof i64); return (double)i64;
    default: return *at; /* U8 */
    }
}

static bool is_readable(SnnDtype dtype)
{
    return dtype == SNN_F32 || dtype == SNN_F64 || dtype == SNN_I32 || dtype == SNN_I64 || dtype == SNN_U8;
}

/* Files may hold doubles. */
static double as_held(const Interp *interp, double value)
{
    return interp->precision == PRECISION_SINGLE ? (double)(float)value : value;
}

/* `taps`: the file holds [outputs][inputs][taps] for a buffer of [taps][inputs][outputs]; 0: as it is in the buffer. */
static bool fill(Interp *interp, BufferId id, const SnnTensors *file, const char *name, const char *path,
                 size_t taps)
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    const SnnTensor *tensor = snn_tensors_find(file, name);
    size_t count = interp_count(interp, id);
    if (!tensor)
        return complain("no array `%s` in %s: it is of another model, or of other options", name, path);
    if (!is_readable(tensor->dtype))
        return complain("array `%s` in %s has elements of a type that is not taken: write it as F32", name,
                        path);
    if ((size_t)snn_tensor_elements(tensor) != count)
        return complain("array `%s` in %s has another size than the model's: give a file of this model", name,
                        path);
    size_t columns = taps ? (size_t)buffer->dims[1] : 1, lines = count / columns;
    for (size_t at = 0; at < lines; at++) {
        size_t line = taps ? snn_line_of(at, lines, taps) : at;
        for (size_t c = 0; c < columns; c++)
            interp->buffers[id][line * columns + c] = as_held(interp, element_of(tensor, c * lines + at));
    }
    for (size_t k = 0; k < count; k++)
        if (!isfinite(interp->buffers[id][k]))
            return complain("array `%s` in %s holds numbers that are not finite: give others", name, path);
    return true;
}

static size_t param_taps(const LoopParam *param)
{
    size_t taps = param->matrix;
    for (int d = 0; d < param->ndim - 2; d++)
        taps *= (size_t)param->dims[d];
    return taps;
}

/* In files: as PyTorch has them, of a matrix [outputs][inputs][taps]. */
static void param_dims(const LoopParam *param, int64_t dims[MAX_DIMS])
{
    for (int d = 0; d < param->ndim; d++)
        dims[d] = param->dims[!param->matrix ? d : d < 2 ? param->ndim - 1 - d : d - 2];
}

static const char *dims_text(Arena *arena, int ndim, const int64_t *dims)
{
    const char *text = "";
    for (int d = 0; d < ndim; d++)
        text = arena_printf(arena, "%s%s%lld", text, d ? ", " : "", (long long)dims[d]);
    return arena_printf(arena, "[%s]", text);
}

/* As many numbers under other axes would be taken for each other's. A file without the array is refused elsewhere. */
static bool has_shape(const Interp *interp, const LoopParam *param, const SnnTensors *file, const char *path)
{
    Arena *arena = interp->program->arena;
    const SnnTensor *tensor = snn_tensors_find(file, param->name);
    int64_t dims[MAX_DIMS];
    param_dims(param, dims);
    if (!tensor
        || (tensor->ndim == param->ndim
            && memcmp(tensor->dims, dims, sizeof *dims * (size_t)param->ndim) == 0))
        return true;
    return complain(
        arena_printf(arena, "array `%%s` in %%s is %s, the model needs %s: give a file of this model",
                     dims_text(arena, tensor->ndim, tensor->dims), dims_text(arena, param->ndim, dims)),
        param->name, path);
}

bool run_fill_params(Interp *interp, const SnnTensors *file, const char *path)
{
    bool filled = true;
    for (int p = 0; p < interp->program->params.count && filled; p++) {
        const LoopParam *param = &interp->program->params.at[p];
        filled = has_shape(interp, param, file, path)
                 && fill(interp, param->value, file, param->name, path, param_taps(param));
    }
    return filled;
}

static bool fill_params(Interp *interp, const char *path)
{
    SnnError error;
    SnnTensors *file = snn_tensors_open(path, &error);
    if (!file)
        return complain("%s%s", error.text, "");
    bool filled = run_fill_params(interp, file, path);
    snn_tensors_close(file);
    return filled;
}

static double uniform(uint32_t seed, uint32_t stream, size_t index)
{
    return (double)snn_uniform(snn_key(seed, 0x5eedu, stream, 0), (uint32_t)index);
}

static void init_data(Interp *interp, BufferId input)
{
    bool spikes = program_takes_spikes(interp->program);
    for (size_t k = 0; k < interp_count(interp, input); k++) {
        double number = uniform(interp->seed, 0, k);
        interp->buffers[input][k] = spikes ? number < 0.3 : number;
    }
}

/* Data of a file, read as the runtime reads them: whatever is not 0 is a spike. */
static bool fill_data(Interp *interp, BufferId input, const SnnTensors *file, const char *path)
{
    if (!fill(interp, input, file, "input", path, false))
        return false;
    for (size_t k = 0; program_takes_spikes(interp->program) && k < interp_count(interp, input); k++)
        interp->buffers[input][k] = interp->buffers[input][k] != 0;
    return true;
}

/* Some steps have no label. */
static void init_labels(Interp *interp)
{
    const Program *program = interp->program;
    int without = program->label_steps > 0;
    for (size_t k = 0; k < interp_count(interp, program->label); k++)
        interp->buffers[program->label][k] =
            (int)(uniform(interp->seed, 1, k) * (program->classes + without)) - without;
}

static void init_present(Interp *interp)
{
    const Program *program = interp->program;
    for (size_t k = 0; k < interp_count(interp, program->present); k++) {
        size_t steps = (size_t)program->steps, b = k / steps;
        interp->buffers[program->present][k] =
            (double)(k % steps) < uniform(interp->seed, 3, b) * program->steps;
    }
}

static void init_batch(Interp *interp)
{
    const Program *program = interp->program;
    if (program->input >= 0)
        init_data(interp, program->input);
    if (program->label >= 0)
        init_labels(interp);
    if (program->present >= 0)
        init_present(interp);
    for (size_t k = 0; program->target >= 0 && k < interp_count(interp, program->target); k++)
        interp->buffers[program->target][k] = uniform(interp->seed, 2, k);
}

/* Number of samples in the file's batch, as the first of its arrays that the program has says. */
static int rows_in(const Program *program, const SnnTensors *file)
{
    const struct {
        const char *name;
        BufferId id;
    } arrays[] = {{"label", program->label},
                  {"target", program->target},
                  {"present", program->present},
                  {"input", program->input}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        const SnnTensor *tensor = arrays[i].id >= 0 ? snn_tensors_find(file, arrays[i].name) : NULL;
        if (tensor)
            return (int)(snn_tensor_elements(tensor) / buffer_elements(&program->buffers.at[arrays[i].id]));
    }
    return 0;
}

static bool labels_fit(const Interp *interp, const char *path)
{
    const Program *program = interp->program;
    size_t count = program->label >= 0 ? interp_count(interp, program->label) : 0;
    for (size_t k = 0; k < count; k++) {
        double label = interp->buffers[program->label][k];
        if (label != floor(label))
            return complain("a label in %s is no whole number%s", path, "");
        if (label < (program->label_steps > 0 ? -1 : 0) || label >= program->classes)
            return complain("a label in %s is not below the model's number of classes%s", path, "");
    }
    return true;
}

static Interp *open_inputs(const Program *program, const RunOptions *options)
{
    SnnError error;
    SnnTensors *file = snn_tensors_open(options->inputs, &error);
    if (!file) {
        complain("%s%s", error.text, "");
        return NULL;
    }
    int rows = rows_in(program, file);
    const char *path = options->inputs;
    Interp *interp = rows > 0 ? interp_new(program, rows, options->precision) : NULL;
    bool filled = interp && (program->label < 0 || fill(interp, program->label, file, "label", path, false))
                  && (program->target < 0 || fill(interp, program->target, file, "target", path, false))
                  && (program->present < 0 || fill(interp, program->present, file, "present", path, false))
                  && labels_fit(interp, path)
                  && (program->input < 0 || fill_data(interp, program->input, file, path));
    if (!interp)
        complain("no samples in %s%s", path, "");
    snn_tensors_close(file);
    if (interp && !filled) {
        interp_free(interp);
        interp = NULL;
    }
    return interp;
}

Interp *run_prepare(const Program *program, const RunOptions *options, int default_rows)
{
    Interp *interp = options->inputs ? open_inputs(program, options)
                                     : interp_new(program, options->rows ? options->rows : default_rows,
                                                  options->precision);
    if (!interp) {
        if (!options->inputs)
            complain("not enough memory for this batch%s%s", "", "");
        return NULL;
    }
    interp->seed = options->seed;
    for (int b = 0; b < interp->rows; b++)
        interp->buffers[program->sample][b] = b;
    if (!options->inputs)
        init_batch(interp);
    interp_run(interp, PHASE_INIT);
    if (options->weights && !fill_params(interp, options->weights)) {
        interp_free(interp);
        return NULL;
    }
    return interp;
}

double run_loss(const Interp *interp)
{
    double sum = 0;
    for (int b = 0; b < interp->rows; b++)
        sum += interp->buffers[interp->program->loss][b];
    return sum / interp->rows;
}

/* ---- results ---- */

/* The buffer's dimensions with the samples' first, as a checkpoint has them. */
static int dims_of(const Interp *interp, BufferId id, int64_t dims[LOOP_MAX_DIMS + 1])
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    int ndim = 0;
    if (buffer->per_sample)
        dims[ndim++] = interp->rows;
    for (int d = 0; d < buffer->ndim; d++)
        dims[ndim++] = buffer->dims[d];
    if (ndim > 0)
        dims[ndim - 1] -= buffer->padding;
    return ndim;
}

static void print_buffer(const Interp *interp, BufferId id)
{
    char number[LITERAL_SIZE];
    int64_t dims[LOOP_MAX_DIMS + 1];
    int ndim = dims_of(interp, id, dims);
    size_t count = interp_count(interp, id), row = ndim ? (size_t)dims[ndim - 1] : 1;
    printf("%s [", interp->program->buffers.at[id].name);
    for (int d = 0; d < ndim; d++)
        printf("%s%lld", d ? ", " : "", (long long)dims[d]);
    printf("]\n");
    for (size_t k = 0; k < count; k++)
        printf("%s%s", literal_number(number, *interp_at(interp, id, k)), (k + 1) % row ? " " : "\n");
}

/* Without padding. */
static const double *values_of(const Interp *interp, BufferId id)
{
    size_t count = interp_count(interp, id);
    if (interp->program->buffers.at[id].padding == 0)
        return interp->buffers[id];
    double *values = NEW_ARRAY(interp->program->arena, double, count);
    for (size_t k = 0; k < count; k++)
        values[k] = *interp_at(interp, id, k);
    return values;
}

static const LoopParam *param_of(const Program *program, BufferId id)
{
    for (int p = 0; p < program->params.count; p++)
        if (program->params.at[p].value == id)
            return &program->params.at[p];
    return NULL;
}

/* As checkpoints have it, so that --weights takes it. */
static bool add_param(const Interp *interp, const LoopParam *param, SnnTensorsWriter *writer)
{
    const double *held = values_of(interp, param->value);
    size_t count = interp_count(interp, param->value), taps = param_taps(param);
    size_t columns = taps ? (size_t)param->dims[param->ndim - 1] : 1, lines = count / columns;
    double *values = NEW_ARRAY(interp->program->arena, double, count + 1);
    int64_t dims[MAX_DIMS];
    for (size_t c = 0; c < columns; c++)
        for (size_t at = 0; at < lines; at++)
            values[c * lines + at] = held[(taps ? snn_line_of(at, lines, taps) : at) * columns + c];
    param_dims(param, dims);
    return snn_tensors_add(writer, param->name, SNN_F64, param->ndim, dims, values);
}

static bool is_param_name(const Program *program, const char *name)
{
    for (int p = 0; p < program->params.count; p++)
        if (strcmp(program->params.at[p].name, name) == 0)
            return true;
    return false;
}

/* In a file, parameters have the names that checkpoints give them. A stream that is called like one of them has another. */
static const char *saved_name(const Program *program, BufferId id)
{
    const char *name = program->buffers.at[id].name;
    bool taken = is_param_name(program, name);
    while (taken) {
        name = arena_printf(program->arena, "stream_%s", name);
        taken = is_param_name(program, name) || loop_find(program, name) >= 0;
    }
    return name;
}

static bool add_buffer(const Interp *interp, BufferId id, SnnTensorsWriter *writer)
{
    const LoopParam *param = param_of(interp->program, id);
    if (param)
        return add_param(interp, param, writer);
    int64_t dims[LOOP_MAX_DIMS + 1];
    int ndim = dims_of(interp, id, dims);
    return snn_tensors_add(writer, saved_name(interp->program, id), SNN_F64, ndim, dims,
                           values_of(interp, id));
}

/* What is said of samples in a word: a class. */
static bool is_result(const Program *program, BufferId id)
{
    for (int o = 0; o < program->predictions.count; o++)
        if (id == program->predictions.at[o].predicted)
            return true;
    return false;
}

static bool is_wanted(const Program *program, const RunOptions *options, BufferId id)
{
    const char *name = program->buffers.at[id].name;
    for (int i = 0; i < options->print_count && program->buffers.at[id].role != BUFFER_GIVEN; i++)
        if (strcmp(options->print[i], name) == 0 || strcmp(options->print[i], "all") == 0)
            return true;
    return options->print_count == 0 && (id == program->loss || is_result(program, id));
}

static bool all_exist(const Program *program, const RunOptions *options)
{
    bool all = true;
    for (int i = 0; i < options->print_count; i++)
        if (strcmp(options->print[i], "all") != 0 && loop_find(program, options->print[i]) < 0)
            all =
                complain("the network has no `%s` (--emit=loop lists its buffers)%s", options->print[i], "");
    return all;
}

static bool show(const Interp *interp, const RunOptions *options)
{
    SnnTensorsWriter *writer = options->save ? snn_tensors_writer_new() : NULL;
    bool shown = writer || !options->save;
    for (BufferId b = 0; b < interp->program->buffers.count && shown; b++) {
        if (!is_wanted(interp->program, options, b))
            continue;
        if (writer)
            shown = add_buffer(interp, b, writer);
        else
            print_buffer(interp, b);
    }
    SnnError error = {"not enough memory to write the results"};
    if (options->save && !(shown && snn_tensors_save(writer, options->save, &error)))
        shown = complain("%s%s", error.text, "");
    snn_tensors_writer_free(writer);
    return shown;
}

bool interpret(const Program *program, const RunOptions *options)
{
    if (!all_exist(program, options))
        return false;
    Interp *interp = run_prepare(program, options, 4);
    if (!interp)
        return false;
    interp_run(interp, PHASE_FORWARD);
    if (program->learns)
        interp_run(interp, PHASE_BACKWARD);
    bool shown = show(interp, options);
    interp_free(interp);
    return shown;
}
