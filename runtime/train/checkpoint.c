/* Checkpoints: safetensors files with the parameters under their names (matrices as [out][in], as in
 * PyTorch), the optimiser's states as "optim.STATE.PARAMETER", and where the training stands in the
 * metadata. */
#include "snn_internal.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CHECKPOINT_FORMAT "1"
/* More than any number of epochs and samples makes, and as many more can be counted. */
#define CHECKPOINT_UPDATES (INT64_MAX / 2)

/* "optim.STATE.PARAMETER", to be freed; NULL without memory. */
static char *checkpoint_state_name(const SnnParam *param, int state)
{
    size_t size = strlen(param->state_name[state]) + strlen(param->name) + 8;
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "optim.%s.%s", param->state_name[state], param->name);
    return name;
}

/* The shape in the file. */
static void checkpoint_dims(const SnnParam *param, int64_t dims[SNN_MAX_DIMS])
{
    bool swap = param->matrix && param->ndim == 2;
    for (int i = 0; i < param->ndim; i++)
        dims[i] = param->dims[swap ? 1 - i : i];
}

/* to[j][i] = from[i][j] */
static void checkpoint_transpose(float *to, const float *from, int rows, int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to[(int64_t)j * rows + i] = from[(int64_t)i * columns + j];
}

/* Copies between the order of the program and that of the file. */
static void checkpoint_copy(const SnnParam *param, float *to, const float *from, bool to_file)
{
    if (!param->matrix || param->ndim != 2)
        memcpy(to, from, (size_t)snn_param_size(param) * sizeof(float));
    else if (to_file)
        checkpoint_transpose(to, from, param->dims[0], param->dims[1]);
    else
        checkpoint_transpose(to, from, param->dims[1], param->dims[0]);
}

/* ---- writing -------------------------------------------------------------------------------------- */

static bool checkpoint_add(SnnTensorsWriter *writer, const SnnParam *param, const char *name,
                           const float *values)
{
    int64_t dims[SNN_MAX_DIMS];
    float *copy = malloc((size_t)snn_param_size(param) * sizeof(float) + 1);
    if (copy == NULL)
        return false;
    checkpoint_dims(param, dims);
    checkpoint_copy(param, copy, values, true);
    bool ok = snn_tensors_add(writer, name, SNN_F32, param->ndim, dims, copy);
    free(copy);
    return ok;
}

static bool checkpoint_add_param(SnnTensorsWriter *writer, const SnnParam *param)
{
    bool ok = checkpoint_add(writer, param, param->name, param->value);
    for (int s = 0; ok && s < param->states; s++) {
        char *name = checkpoint_state_name(param, s);
        ok = name != NULL && checkpoint_add(writer, param, name, param->state[s]);
        free(name);
    }
    return ok;
}

static bool checkpoint_add_number(SnnTensorsWriter *writer, const char *key, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return snn_tensors_add_metadata(writer, key, text);
}

static bool checkpoint_add_lines(SnnTensorsWriter *writer, const char *key, const char *const *lines)
{
    char *text = lines == NULL ? NULL : snn_text_join(lines);
    bool ok = lines == NULL || (text != NULL && snn_tensors_add_metadata(writer, key, text));
    free(text);
    return ok;
}

static bool checkpoint_add_model(SnnTensorsWriter *writer, const SnnModel *model)
{
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)snn_model_hash(model));
    return snn_tensors_add_metadata(writer, "model_hash", hash)
           && checkpoint_add_lines(writer, "network", model->network)
           && checkpoint_add_lines(writer, "training", model->training);
}

/* So that reading gives the same bits. */
static bool checkpoint_add_real(SnnTensorsWriter *writer, const char *key, double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", number);
    return snn_tensors_add_metadata(writer, key, text);
}

/* Only what was asked for. */
static bool checkpoint_add_selection(SnnTensorsWriter *writer, const SnnState *state)
{
    return (state->lr == 0.0f || checkpoint_add_real(writer, "lr", (double)state->lr))
           && (state->validate[0] == '\0'
               || (snn_tensors_add_metadata(writer, "validate", state->validate)
                   && checkpoint_add_number(writer, "validating", state->validating)))
           && (state->best == SNN_BEST_NONE
               || (snn_tensors_add_metadata(writer, "best", snn_best_name(state))
                   && checkpoint_add_real(writer, "best_value", state->best_value)
                   && checkpoint_add_number(writer, "best_epoch", state->best_epoch)
                   && checkpoint_add_number(writer, "patience", state->patience)));
}

static bool checkpoint_add_state(SnnTensorsWriter *writer, const SnnModel *model, const SnnState *state)
{
    return snn_tensors_add_metadata(writer, "snnc_checkpoint", CHECKPOINT_FORMAT)
           && snn_tensors_add_metadata(writer, "snnc_version", model->version)
           && snn_tensors_add_metadata(writer, "model", model->name)
           && snn_tensors_add_metadata(writer, "optimizer", model->optimizer)
           && checkpoint_add_model(writer, model) && checkpoint_add_number(writer, "steps", model->steps)
           && checkpoint_add_number(writer, "seed", state->seed)
           && checkpoint_add_number(writer, "batch", state->batch)
           && checkpoint_add_number(writer, "samples", state->samples)
           && checkpoint_add_number(writer, "epoch", state->epoch)
           && checkpoint_add_number(writer, "epochs", state->epochs)
           && checkpoint_add_number(writer, "updates", state->step)
           && checkpoint_add_selection(writer, state);
}

static SnnTensorsWriter *checkpoint_writer(const SnnModel *model, const SnnState *state, const char *line)
{
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    bool ok = writer != NULL && checkpoint_add_state(writer, model, state)
              && (line == NULL || snn_tensors_add_metadata(writer, "log", line));
    for (int i = 0; ok && i < model->param_count; i++)
        ok = checkpoint_add_param(writer, &model->params[i]);
    if (ok)
        return writer;
    snn_tensors_writer_free(writer);
    return NULL;
}

/* A file that somebody else put there is not replaced: it gets another name first. */
static bool checkpoint_make_room(SnnTarget *target, SnnError *error)
{
    struct stat info;
    if (target->replace || stat(target->path, &info) != 0)
        return true;
    SnnIdentity there = snn_identity(&info);
    if (snn_identity_same(&there, &target->own))
        return true;
    free(target->kept);
    target->kept = snn_output_keep(target->path, error);
    return target->kept != NULL;
}

static bool checkpoint_write(SnnTensorsWriter *writer, SnnTarget *target, SnnError *error)
{
    SnnOutput output;
    if (!snn_output_open(&output, target->path, error))
        return false;
    bool written = snn_tensors_write(writer, output.stream);
    if (!written)
        snn_fail(error, "no memory to write the checkpoint (%s)", target->path);
    if (!written || !snn_output_flush(&output, error) || !checkpoint_make_room(target, error)) {
        snn_output_discard(&output);
        return false;
    }
    bool ok = snn_output_commit(&output, error);
    if (output.written.known)
        target->own = output.written;
    target->replace = target->replace && !ok;
    return ok;
}

bool snn_checkpoint_save(const SnnModel *model, const SnnState *state, const char *line, SnnTarget *target,
                         SnnError *error)
{
    SnnTensorsWriter *writer = checkpoint_writer(model, state, line);
    if (writer == NULL)
        return snn_fail(error, "no memory to write the checkpoint (%s)", target->path);
    bool ok = checkpoint_write(writer, target, error);
    snn_tensors_writer_free(writer);
    return ok;
}

/* ---- what a file says ----------------------------------------------------------------------------- */

static bool checkpoint_is_ours(const SnnTensors *file, const SnnModel *model)
{
    const char *format = snn_tensors_metadata(file, "snnc_checkpoint"),
               *name = snn_tensors_metadata(file, "model");
    return format != NULL && strcmp(format, CHECKPOINT_FORMAT) == 0 && name != NULL
           && strcmp(name, model->name) == 0;
}

static bool checkpoint_number(const SnnTensors *file, const char *key, int64_t high, int64_t *number)
{
    const char *text = snn_tensors_metadata(file, key);
    char *end = NULL;
    errno = 0;
    *number = text == NULL ? -1 : strtoll(text, &end, 10);
    return text != NULL && errno == 0 && end != text && *end == '\0' && *number >= 0 && *number <= high;
}

/* The same, or 0 where there is none. */
static bool checkpoint_count(const SnnTensors *file, const char *key, int *number)
{
    int64_t found = 0;
    bool ok = snn_tensors_metadata(file, key) == NULL || checkpoint_number(file, key, INT32_MAX, &found);
    *number = (int)found;
    return ok;
}

/* A finite number, or 0 where there is none. */
static bool checkpoint_real(const SnnTensors *file, const char *key, double *number)
{
    const char *text = snn_tensors_metadata(file, key);
    char *end = NULL;
    *number = text == NULL ? 0.0 : strtod(text, &end);
    return text == NULL || (end != text && *end == '\0' && isfinite(*number));
}

static bool checkpoint_best(const SnnTensors *file, SnnState *state)
{
    const char *best = snn_tensors_metadata(file, "best");
    state->best = SNN_BEST_NONE;
    if (best != NULL && strcmp(best, "loss") == 0)
        state->best = SNN_BEST_LOSS;
    else if (best != NULL && strcmp(best, "accuracy") == 0)
        state->best = SNN_BEST_ACCURACY;
    return (best == NULL || state->best != SNN_BEST_NONE)
           && checkpoint_real(file, "best_value", &state->best_value)
           && checkpoint_count(file, "best_epoch", &state->best_epoch)
           && checkpoint_count(file, "patience", &state->patience) && state->best_epoch <= state->epoch;
}

static bool checkpoint_selection(const SnnTensors *file, SnnState *state)
{
    const char *validate = snn_tensors_metadata(file, "validate");
    double lr;
    if (!checkpoint_real(file, "lr", &lr) || lr < 0.0 || lr > (double)FLT_MAX)
        return false;
    if (validate != NULL && strlen(validate) >= sizeof state->validate)
        return false;
    state->lr = (float)lr;
    snprintf(state->validate, sizeof state->validate, "%s", validate == NULL ? "" : validate);
    return checkpoint_count(file, "validating", &state->validating) && checkpoint_best(file, state);
}

static bool checkpoint_state(const SnnTensors *file, SnnState *state)
{
    int64_t seed, batch, samples, epoch, epochs;
    if (!checkpoint_number(file, "seed", UINT32_MAX, &seed)
        || !checkpoint_number(file, "batch", INT32_MAX, &batch)
        || !checkpoint_number(file, "samples", INT32_MAX, &samples)
        || !checkpoint_number(file, "epoch", INT32_MAX, &epoch)
        || !checkpoint_number(file, "epochs", INT32_MAX, &epochs)
        || !checkpoint_number(file, "updates", CHECKPOINT_UPDATES, &state->step))
        return false;
    state->seed = (uint32_t)seed;
    state->batch = (int)batch;
    state->samples = (int32_t)samples;
    state->epoch = (int)epoch;
    state->epochs = (int)epochs;
    return batch > 0 && checkpoint_selection(file, state);
}

/* Whether the text in the file has lines that the program has not, or the other way round. */
static bool checkpoint_text_differs(const SnnTensors *file, const char *key, const char *const *lines,
                                    SnnError *difference)
{
    const char *theirs = snn_tensors_metadata(file, key);
    char *ours = theirs == NULL || lines == NULL ? NULL : snn_text_join(lines);
    bool differs = ours != NULL && strcmp(theirs, ours) != 0 && snn_text_differs(theirs, ours, difference);
    free(ours);
    return differs;
}

bool snn_checkpoint_differs(const SnnTensors *file, const SnnModel *model, bool resume, SnnError *difference)
{
    return checkpoint_text_differs(file, "network", model->network, difference)
           || (resume && checkpoint_text_differs(file, "training", model->training, difference));
}

/* That name and optimizer are the program's: nothing of another one can be gone on with. */
static bool checkpoint_check_kind(const SnnTensors *file, const SnnModel *model, const char *path,
                                  SnnError *error)
{
    const char *name = snn_tensors_metadata(file, "model"),
               *optimizer = snn_tensors_metadata(file, "optimizer");
    if (!checkpoint_is_ours(file, model))
        return snn_fail(error, "cannot resume (%s): it is a checkpoint of `%.60s`, this program trains `%s`",
                        path, name != NULL ? name : "another program", model->name);
    if (optimizer == NULL || strcmp(optimizer, model->optimizer) != 0)
        return snn_fail(
            error, "cannot resume (%s): it was trained with the optimizer `%.60s`, this program uses `%s`",
            path, optimizer != NULL ? optimizer : "?", model->optimizer);
    return true;
}

bool snn_checkpoint_state(const SnnTensors *file, const SnnModel *model, bool force, SnnState *state,
                          const char *path, SnnError *error)
{
    int64_t steps;
    SnnError difference;
    if (!checkpoint_check_kind(file, model, path, error))
        return false;
    if (!checkpoint_number(file, "steps", INT32_MAX, &steps) || !checkpoint_state(file, state))
        return snn_fail(error, "cannot resume (%s): its metadata lacks numbers or holds bad ones", path);
    if (steps != model->steps && !force)
        return snn_fail(error, "cannot resume (%s): it was trained with %lld time steps, this program has %d",
                        path, (long long)steps, model->steps);
    if (!force && snn_checkpoint_differs(file, model, true, &difference))
        return snn_fail(error,
                        "cannot resume (%s), this is another training: %.700s; --force goes on all the same",
                        path, difference.text);
    return true;
}

uint32_t snn_checkpoint_seed(const SnnTensors *file, uint32_t otherwise)
{
    int64_t seed = 0;
    return checkpoint_number(file, "seed", UINT32_MAX, &seed) ? (uint32_t)seed : otherwise;
}

/* A checkpoint, of whatever model, is kept under another name when the first epoch is saved; other files stay. */
static bool checkpoint_check_there(const char *path, SnnError *error)
{
    SnnError reason;
    SnnTensors *file = snn_tensors_open(path, &reason);
    bool checkpoint = file != NULL && snn_tensors_metadata(file, "snnc_checkpoint") != NULL;
    snn_tensors_close(file);
    if (file == NULL)
        return snn_fail(
            error, "would overwrite (%s): it is no checkpoint; give another --out FILE, or --force", path);
    return checkpoint
           || snn_fail(
               error,
               "would overwrite (%s): no training of such a program wrote it; give another --out FILE, "
               "or --force",
               path);
}

bool snn_checkpoint_check_target(const SnnTarget *target, SnnError *error)
{
    SnnOutput probe;
    struct stat info;
    if (!target->replace && stat(target->path, &info) == 0 && S_ISREG(info.st_mode)) {
        SnnIdentity there = snn_identity(&info);
        if (!snn_identity_same(&there, &target->own) && !checkpoint_check_there(target->path, error))
            return false;
    }
    if (!snn_output_open(&probe, target->path, error))
        return false;
    snn_output_discard(&probe);
    return true;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void checkpoint_shape(char *text, size_t size, int ndim, const int64_t *dims)
{
    int used = snprintf(text, size, "[");
    for (int i = 0; i < ndim && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%lld", i > 0 ? ", " : "", (long long)dims[i]);
    if ((size_t)used < size)
        snprintf(text + used, size - (size_t)used, "]");
}

static bool checkpoint_check(const SnnTensors *file, const SnnParam *param, const char *name,
                             const char *path, SnnError *error)
{
    int64_t dims[SNN_MAX_DIMS];
    const SnnTensor *tensor = snn_tensors_find(file, name);
    if (tensor == NULL)
        return snn_fail(error, "wrong weights (%s): `%s` (%s) is missing", path, name, param->about);
    if (tensor->dtype != SNN_F32)
        return snn_fail(error, "wrong weights (%s): `%s` is %s, F32 is needed", path, name,
                        snn_dtype_name(tensor->dtype));
    checkpoint_dims(param, dims);
    bool same = tensor->ndim == param->ndim;
    for (int i = 0; same && i < param->ndim; i++)
        same = tensor->dims[i] == dims[i];
    if (same)
        return true;
    char found[160], wanted[160];
    checkpoint_shape(found, sizeof found, tensor->ndim, tensor->dims);
    checkpoint_shape(wanted, sizeof wanted, param->ndim, dims);
    return snn_fail(error, "wrong weights (%s): `%s` is %s, the model needs %s", path, name, found, wanted);
}

/* Of a tensor that fits. */
static bool checkpoint_check_finite(const SnnTensors *file, const char *name, const char *path,
                                    SnnError *error)
{
    const SnnTensor *tensor = snn_tensors_find(file, name);
    return snn_finite(tensor->data, snn_tensor_elements(tensor))
           || snn_fail(error, "wrong weights (%s): `%s` holds NaN or infinity; give others", path, name);
}

static bool checkpoint_check_param(const SnnTensors *file, const SnnParam *param, bool resume,
                                   const char *path, SnnError *error)
{
    bool ok = checkpoint_check(file, param, param->name, path, error)
              && checkpoint_check_finite(file, param->name, path, error);
    for (int s = 0; resume && ok && s < param->states; s++) {
        char *name = checkpoint_state_name(param, s);
        ok = name == NULL ? snn_fail(error, "no memory to read (%s)", path)
                          : checkpoint_check(file, param, name, path, error)
                                && checkpoint_check_finite(file, name, path, error);
        free(name);
    }
    return ok;
}

static bool checkpoint_take(const SnnTensors *file, const SnnParam *param, const char *name, float *values)
{
    size_t bytes = (size_t)snn_param_size(param) * sizeof(float);
    float *copy = name == NULL ? NULL : malloc(bytes + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, snn_tensors_find(file, name)->data, bytes);
    checkpoint_copy(param, values, copy, false);
    free(copy);
    return true;
}

static bool checkpoint_take_states(const SnnTensors *file, const SnnParam *param)
{
    bool ok = true;
    for (int s = 0; ok && s < param->states; s++) {
        char *name = checkpoint_state_name(param, s);
        ok = checkpoint_take(file, param, name, param->state[s]);
        free(name);
    }
    return ok;
}

bool snn_checkpoint_load(const SnnTensors *file, SnnModel *model, bool resume, const char *path,
                         SnnError *error)
{
    bool ok = true;
    for (int i = 0; ok && i < model->param_count; i++)
        ok = checkpoint_check_param(file, &model->params[i], resume, path, error);
    if (!ok)
        return false;
    for (int i = 0; ok && i < model->param_count; i++) {
        SnnParam *param = &model->params[i];
        ok = checkpoint_take(file, param, param->name, param->value)
             && (!resume || checkpoint_take_states(file, param));
    }
    return ok || snn_fail(error, "no memory to read (%s)", path);
}

/* ---- weights for a new training ------------------------------------------------------------------- */

/* Adds "`NAME` (WHY)" to the list in `text`, as far as there is room. */
static void checkpoint_list(SnnError *text, const char *name, const char *why)
{
    size_t used = strlen(text->text);
    snprintf(text->text + used, sizeof text->text - used, "%s`%.80s` (%.120s)", used > 0 ? ", " : "", name,
             why);
}

/* Why a parameter is not taken, or NULL. */
static const char *checkpoint_misfit(const SnnTensors *file, const SnnParam *param, char *why, size_t size)
{
    const SnnTensor *tensor = snn_tensors_find(file, param->name);
    SnnError ignored;
    char found[64], wanted[64];
    int64_t dims[SNN_MAX_DIMS];
    if (tensor == NULL)
        return "not in the file";
    if (checkpoint_check(file, param, param->name, "", &ignored))
        return NULL;
    checkpoint_dims(param, dims);
    checkpoint_shape(found, sizeof found, tensor->ndim, tensor->dims);
    checkpoint_shape(wanted, sizeof wanted, param->ndim, dims);
    snprintf(why, size, "%s %s there, F32 %s here", snn_dtype_name(tensor->dtype), found, wanted);
    return why;
}

bool snn_checkpoint_start(const SnnTensors *file, SnnModel *model, const char *path, SnnError *left,
                          SnnError *error)
{
    int taken = 0;
    left->text[0] = '\0';
    for (int i = 0; i < model->param_count; i++) {
        const SnnParam *param = &model->params[i];
        char why[200];
        const char *misfit = checkpoint_misfit(file, param, why, sizeof why);
        if (misfit != NULL)
            checkpoint_list(left, param->name, misfit);
        else if (!checkpoint_check_finite(file, param->name, path, error))
            return false;
        else if (!checkpoint_take(file, param, param->name, param->value))
            return snn_fail(error, "no memory to read (%s)", path);
        else
            taken++;
    }
    return taken > 0 || model->param_count == 0
           || snn_fail(error, "no weights that fit (%.200s): %.700s", path, left->text);
}
