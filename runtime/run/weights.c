/* Weights from safetensors files: parameters under their names (matrices as [out][in], as in PyTorch), the optimiser's
 * states as "optim.STATE.PARAMETER". */
#include "snn_weights.h"
#include "snn_clock.h"
#include "snn_health.h"
#include "snn_model_text.h"
#include "snn_note.h"
#include "snn_param.h"

#include <stdlib.h>
#include <string.h>

/* "optim.STATE.PARAMETER", to be freed; NULL without memory. */
char *snn_weights_state_name(const SnnParam *param, int state)
{
    size_t size = strlen(param->state_name[state]) + strlen(param->name) + 8;
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "optim.%s.%s", param->state_name[state], param->name);
    return name;
}

bool snn_weights_are_transposed(const SnnParam *param)
{
    return param->matrix && param->ndim > 1;
}

/* The shape in the file. */
void snn_weights_dims(const SnnParam *param, int64_t dims[SNN_MAX_DIMS])
{
    bool turned = snn_weights_are_transposed(param);
    for (int i = 0; i < param->ndim; i++)
        dims[i] = param->dims[!turned ? i : i < 2 ? param->ndim - 1 - i : i - 2];
}

/* ---- which model made them ------------------------------------------------------------------------ */

/* Whether the text in the file has lines that the program has not, or the other way round. */
static bool weights_text_differs(const SnnTensors *file, const char *key, const char *const *lines,
                                 SnnError *difference)
{
    const char *theirs = snn_tensors_metadata(file, key);
    char *ours = theirs == NULL || lines == NULL ? NULL : snn_text_join(lines);
    bool differs = ours != NULL && strcmp(theirs, ours) != 0 && snn_text_differs(theirs, ours, difference);
    free(ours);
    return differs;
}

bool snn_weights_differs(const SnnTensors *file, const SnnModel *model, bool resume, SnnError *difference)
{
    return weights_text_differs(file, "network", model->network, difference)
           || (resume && weights_text_differs(file, "training", model->training, difference));
}

void snn_weights_note_other(const SnnOptions *options, const char *path, const SnnTensors *file,
                            const SnnModel *model)
{
    SnnError difference;
    if (snn_weights_differs(file, model, false, &difference))
        snn_note(options, "weights of another model (%s): %s", path, difference.text);
}

uint32_t snn_weights_seed(const SnnTensors *file, uint32_t otherwise)
{
    int64_t seed = 0;
    return snn_tensors_natural(file, "seed", UINT32_MAX, &seed) ? (uint32_t)seed : otherwise;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void weights_shape(char *text, size_t size, int ndim, const int64_t *dims)
{
    int used = snprintf(text, size, "[");
    for (int i = 0; i < ndim && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%lld", i > 0 ? ", " : "", (long long)dims[i]);
    if ((size_t)used < size)
        snprintf(text + used, size - (size_t)used, "]");
}

static bool weights_check(const SnnTensors *file, const SnnParam *param, const char *name, const char *path,
                          SnnError *error)
{
    int64_t dims[SNN_MAX_DIMS];
    const SnnTensor *tensor = snn_tensors_find(file, name);
    if (tensor == NULL)
        return snn_fail(error, "wrong weights (%s): `%s` (%s) is missing", path, name, param->about);
    if (tensor->dtype != SNN_F32)
        return snn_fail(error, "wrong weights (%s): `%s` is %s, F32 is needed; write it as float32", path,
                        name, snn_dtype_name(tensor->dtype));
    snn_weights_dims(param, dims);
    bool same = tensor->ndim == param->ndim;
    for (int i = 0; same && i < param->ndim; i++)
        same = tensor->dims[i] == dims[i];
    if (same)
        return true;
    char found[160], wanted[160];
    weights_shape(found, sizeof found, tensor->ndim, tensor->dims);
    weights_shape(wanted, sizeof wanted, param->ndim, dims);
    return snn_fail(error, "wrong weights (%s): `%s` is %s, the model needs %s", path, name, found, wanted);
}

/* Of a tensor that fits. */
static bool weights_check_finite(const SnnTensors *file, const char *name, const char *path, SnnError *error)
{
    const SnnTensor *tensor = snn_tensors_find(file, name);
    return snn_finite(tensor->data, snn_tensor_elements(tensor))
           || snn_fail(error, "wrong weights (%s): `%s` holds NaN or infinity; give others", path, name);
}

static bool weights_check_param(const SnnTensors *file, const SnnParam *param, bool resume, const char *path,
                                SnnError *error)
{
    bool ok = weights_check(file, param, param->name, path, error)
              && weights_check_finite(file, param->name, path, error);
    for (int s = 0; resume && ok && s < param->states; s++) {
        char *name = snn_weights_state_name(param, s);
        ok = name == NULL ? snn_fail(error, "no memory to read (%s)", path)
                          : weights_check(file, param, name, path, error)
                                && weights_check_finite(file, name, path, error);
        free(name);
    }
    return ok;
}

/* Of a tensor that fits; its data may have any alignment. */
static void weights_take(const SnnTensors *file, const SnnParam *param, const char *name, float *values)
{
    const unsigned char *data = snn_tensors_find(file, name)->data;
    if (!snn_weights_are_transposed(param)) {
        memcpy(values, data, (size_t)snn_param_size(param) * sizeof(float));
        return;
    }
    size_t taps = 1, columns = (size_t)param->dims[param->ndim - 1];
    size_t lines = (size_t)snn_param_size(param) / columns;
    for (int i = 0; i < param->ndim - 2; i++)
        taps *= (size_t)param->dims[i];
    for (size_t j = 0; j < columns; j++)
        for (size_t at = 0; at < lines; at++)
            memcpy(&values[snn_line_of(at, lines, taps) * columns + j], data + (j * lines + at) * 4,
                   sizeof(float));
}

static bool weights_take_states(const SnnTensors *file, const SnnParam *param)
{
    bool ok = true;
    for (int s = 0; ok && s < param->states; s++) {
        char *name = snn_weights_state_name(param, s);
        ok = name != NULL;
        if (ok)
            weights_take(file, param, name, param->state[s]);
        free(name);
    }
    return ok;
}

bool snn_weights_load(const SnnTensors *file, SnnModel *model, bool resume, const char *path, SnnError *error)
{
    bool ok = true;
    for (int i = 0; ok && i < model->param_count; i++)
        ok = weights_check_param(file, &model->params[i], resume, path, error);
    if (!ok)
        return false;
    for (int i = 0; ok && i < model->param_count; i++) {
        SnnParam *param = &model->params[i];
        weights_take(file, param, param->name, param->value);
        ok = !resume || weights_take_states(file, param);
    }
    snn_clock_load(file, model);
    return ok || snn_fail(error, "no memory to read (%s)", path);
}

/* ---- weights for a new training ------------------------------------------------------------------- */

/* Adds "`NAME` (WHY)" to the list in `text`, as far as there is room. */
static void weights_list(SnnError *text, const char *name, const char *why)
{
    size_t used = strlen(text->text);
    snprintf(text->text + used, sizeof text->text - used, "%s`%.80s` (%.120s)", used > 0 ? ", " : "", name,
             why);
}

/* Why a parameter is not taken, or NULL. */
static const char *weights_misfit(const SnnTensors *file, const SnnParam *param, char *why, size_t size)
{
    const SnnTensor *tensor = snn_tensors_find(file, param->name);
    SnnError ignored;
    char found[64], wanted[64];
    int64_t dims[SNN_MAX_DIMS];
    if (tensor == NULL)
        return "not in the file";
    if (weights_check(file, param, param->name, "", &ignored))
        return NULL;
    snn_weights_dims(param, dims);
    weights_shape(found, sizeof found, tensor->ndim, tensor->dims);
    weights_shape(wanted, sizeof wanted, param->ndim, dims);
    snprintf(why, size, "%s %s there, F32 %s here", snn_dtype_name(tensor->dtype), found, wanted);
    return why;
}

bool snn_weights_start(const SnnTensors *file, SnnModel *model, const char *path, SnnError *left,
                       SnnError *error)
{
    int taken = 0;
    left->text[0] = '\0';
    for (int i = 0; i < model->param_count; i++) {
        const SnnParam *param = &model->params[i];
        char why[200];
        const char *misfit = weights_misfit(file, param, why, sizeof why);
        if (misfit != NULL)
            weights_list(left, param->name, misfit);
        else if (!weights_check_finite(file, param->name, path, error))
            return false;
        else {
            weights_take(file, param, param->name, param->value);
            taken++;
        }
    }
    return taken > 0 || model->param_count == 0
           || snn_fail(error, "no weights that fit (%.200s): %.700s", path, left->text);
}
