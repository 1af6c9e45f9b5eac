/* Checkpoints: safetensors files with the parameters under their names (matrices as [out][in], as in
 * PyTorch), the optimiser's states as "optim.STATE.PARAMETER", and where the training stands in the
 * metadata. */
#include "snn_checkpoint.h"
#include "snn_model_text.h"
#include "snn_param.h"
#include "snn_safetensors_write.h"
#include "snn_selection.h"
#include "snn_session.h"
#include "snn_weights.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CHECKPOINT_FORMAT "1"
/* More than any number of epochs and samples makes, and as many more can be counted. */
#define CHECKPOINT_UPDATES (INT64_MAX / 2)

/* ---- writing -------------------------------------------------------------------------------------- */

static bool checkpoint_add(SnnTensorsWriter *writer, const SnnParam *param, const char *name,
                           const float *values)
{
    int64_t dims[SNN_MAX_DIMS];
    snn_weights_dims(param, dims);
    if (snn_weights_are_transposed(param))
        return snn_tensors_add_transposed(writer, name, param->ndim, dims, values);
    return snn_tensors_add(writer, name, SNN_F32, param->ndim, dims, values);
}

static bool checkpoint_add_param(SnnTensorsWriter *writer, const SnnParam *param)
{
    bool ok = checkpoint_add(writer, param, param->name, param->value);
    for (int s = 0; ok && s < param->states; s++) {
        char *name = snn_weights_state_name(param, s);
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
static bool checkpoint_add_selection(SnnTensorsWriter *writer, const SnnModel *model, const SnnState *state)
{
    return (state->lr == 0.0f || checkpoint_add_real(writer, "lr", (double)state->lr))
           && (state->learning == 0 || checkpoint_add_number(writer, "learning", state->learning))
           && (state->validate[0] == '\0'
               || (snn_tensors_add_metadata(writer, "validate", state->validate)
                   && checkpoint_add_number(writer, "validating", state->validating)))
           && (state->best == 0
               || (snn_tensors_add_metadata(writer, "best", snn_score_name(model, state->best - 1))
                   && (state->best_rises == snn_score_rises(model, state->best - 1)
                       || checkpoint_add_number(writer, "best_rises", state->best_rises))
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
           && checkpoint_add_number(writer, "batches", (int64_t)model->run->batches)
           && checkpoint_add_number(writer, "updates", state->step)
           && checkpoint_add_selection(writer, model, state);
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

/* The same, or 0 where there is none. */
static bool checkpoint_count(const SnnTensors *file, const char *key, int *number)
{
    int64_t found = 0;
    bool ok = snn_tensors_metadata(file, key) == NULL || snn_tensors_natural(file, key, INT32_MAX, &found);
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

static bool checkpoint_best(const SnnTensors *file, const SnnModel *model, SnnState *state)
{
    const char *best = snn_tensors_metadata(file, "best"), *name;
    int64_t rises = 0;
    state->best = 0;
    for (int i = 0; best != NULL && state->best == 0 && (name = snn_score_name(model, i)) != NULL; i++)
        state->best = strcmp(best, name) == 0 ? i + 1 : 0;
    if (best != NULL && state->best == 0)
        return false;
    state->best_rises = best != NULL && snn_score_rises(model, state->best - 1);
    if (snn_tensors_natural(file, "best_rises", 1, &rises))
        state->best_rises = rises == 1;
    return checkpoint_real(file, "best_value", &state->best_value)
           && checkpoint_count(file, "best_epoch", &state->best_epoch)
           && checkpoint_count(file, "patience", &state->patience) && state->best_epoch <= state->epoch;
}

static bool checkpoint_selection(const SnnTensors *file, const SnnModel *model, SnnState *state)
{
    const char *validate = snn_tensors_metadata(file, "validate");
    double lr;
    int learning;
    if (!checkpoint_count(file, "learning", &learning) || !checkpoint_real(file, "lr", &lr) || lr < 0.0
        || lr > (double)FLT_MAX)
        return false;
    if (validate != NULL && strlen(validate) >= sizeof state->validate)
        return false;
    state->lr = (float)lr;
    state->learning = learning;
    snprintf(state->validate, sizeof state->validate, "%s", validate == NULL ? "" : validate);
    return checkpoint_count(file, "validating", &state->validating) && checkpoint_best(file, model, state);
}

static bool checkpoint_state(const SnnTensors *file, const SnnModel *model, SnnState *state)
{
    int64_t seed, batch, samples, epoch, epochs;
    if (!snn_tensors_natural(file, "seed", UINT32_MAX, &seed)
        || !snn_tensors_natural(file, "batch", INT32_MAX, &batch)
        || !snn_tensors_natural(file, "samples", INT32_MAX, &samples)
        || !snn_tensors_natural(file, "epoch", INT32_MAX, &epoch)
        || !snn_tensors_natural(file, "epochs", INT32_MAX, &epochs)
        || !snn_tensors_natural(file, "updates", CHECKPOINT_UPDATES, &state->step))
        return false;
    state->seed = (uint32_t)seed;
    state->batch = (int)batch;
    state->samples = (int32_t)samples;
    state->epoch = (int)epoch;
    state->epochs = (int)epochs;
    return batch > 0 && checkpoint_selection(file, model, state);
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
    if (!snn_tensors_natural(file, "steps", INT32_MAX, &steps) || !checkpoint_state(file, model, state))
        return snn_fail(error, "cannot resume (%s): its metadata lacks numbers or holds bad ones", path);
    if (steps != model->steps && !force)
        return snn_fail(error, "cannot resume (%s): it was trained with %lld time steps, this program has %d",
                        path, (long long)steps, model->steps);
    if (!force && snn_weights_differs(file, model, true, &difference))
        return snn_fail(error,
                        "cannot resume (%s), this is another training: %.700s; --force goes on all the same",
                        path, difference.text);
    return true;
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
