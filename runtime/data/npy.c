/* Data sets of NumPy's arrays. Settings: `name`, with which the files' names begin, and how the arrays are called:
 * `samples`, `labels`, `targets`, `lengths`, which is what they are called unless there is such a setting; and by which array and
 * values the parts `test` and `valid` are chosen. */
#include "snn_npy.h"
#include "snn_fields.h"
#include "snn_npy_file.h"
#include "snn_numbers.h"
#include "snn_output.h"
#include "snn_setting.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NPY_PATH = 4096, NPY_NAME = 256, NPY_WAYS = 4, NPY_KINDS = 4 };

/* What a data set holds of each sample. */
typedef struct NpyKind {
    const char *what; /* "samples" */
    int ndim;
    const int *dims;
    bool (*take)(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, SnnError *error);
} NpyKind;

/* Where an array may be. */
typedef struct NpyPlace {
    char path[NPY_PATH];
    char name[NPY_NAME]; /* in an archive */
} NpyPlace;

/* ---- what arrays are taken for ---------------------------------------------------------------------- */

static bool npy_no_memory(const SnnNpyFile *file, SnnError *error)
{
    return snn_fail(error, "no memory (%s): its data needs %zu bytes", file->path, 4 * file->count);
}

static bool npy_reals(const SnnNpyFile *file, float *reals, SnnError *error)
{
    bool ok = true;
    size_t width = file->count / file->dims[0];
    for (size_t i = 0; ok && i < file->count; i++) {
        double number = snn_npy_number(file, i);
        ok = snn_numbers_check(number, i / width, file->path, error);
        reals[i] = (float)number;
    }
    return ok;
}

/* Bytes stay bytes. */
static bool npy_take_samples(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, SnnError *error)
{
    bool bytes = file->kind == 'u' && file->size == 1;
    data->count = (int32_t)file->dims[0];
    data->width = (int64_t)(file->count / file->dims[0]);
    if (!snn_dataset_take(data, model, file->count * (bytes ? 1 : sizeof *data->reals)))
        return snn_dataset_no_room(data, file->path, "its samples", error);
    if (!bytes) {
        data->reals = data->store.at;
        return npy_reals(file, data->reals, error);
    }
    data->bytes = data->store.at;
    memcpy(data->bytes, file->at, file->count);
    return true;
}

/* Labels and lengths. NULL with the error set. */
static int32_t *npy_whole(const SnnNpyFile *file, const char *what, SnnError *error)
{
    int32_t *numbers = NULL;
    if (file->kind == 'f')
        snn_fail(error,
                 "not %s (%s): they are reals, %s are whole numbers; write them as by astype(\"int64\")",
                 what, file->path, what);
    else if ((numbers = calloc(file->count, sizeof *numbers)) == NULL)
        npy_no_memory(file, error);
    return numbers;
}

/* A step may have none. */
static bool npy_take_labels(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, SnnError *error)
{
    size_t steps = model->data.label_steps > 0 ? (size_t)model->data.label_steps : 1;
    data->label_steps = model->data.label_steps;
    data->labels = npy_whole(file, "labels", error);
    for (size_t i = 0; data->labels != NULL && i < file->count; i++) {
        double label = snn_npy_number(file, i);
        if (!(label == -1.0 && data->label_steps > 0)
            && !snn_numbers_check_label(label, model->data.classes, model->name, i / steps, file->path,
                                        error))
            return false;
        data->labels[i] = (int32_t)label;
    }
    return data->labels != NULL;
}

static bool npy_take_lengths(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, SnnError *error)
{
    data->lengths = npy_whole(file, "lengths", error);
    for (size_t i = 0; data->lengths != NULL && i < file->count; i++) {
        double length = snn_npy_number(file, i);
        if (!(length >= 1.0 && length <= (double)model->steps))
            return snn_fail(error,
                            "length out of range (%s): sample %zu has length %.0f, in the model `%s` samples "
                            "have 1 to %d steps",
                            file->path, i, length, model->name, model->steps);
        data->lengths[i] = (int32_t)length;
    }
    return data->lengths != NULL;
}

static bool npy_take_targets(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, SnnError *error)
{
    (void)model;
    data->target_width = (int64_t)(file->count / file->dims[0]);
    data->targets = malloc(file->count * sizeof *data->targets);
    return (data->targets != NULL || npy_no_memory(file, error)) && npy_reals(file, data->targets, error);
}

/* ---- kinds ----------------------------------------------------------------------------------------- */

/* The kinds that a data set of the model has, samples first. Returns their number. */
static int npy_kinds(const SnnModel *model, NpyKind kinds[NPY_KINDS])
{
    const SnnData *data = &model->data;
    int count = 0;
    kinds[count++] = (NpyKind){"samples", data->ndim, data->dims, npy_take_samples};
    if (data->classes > 0)
        kinds[count++] = (NpyKind){"labels", data->label_steps > 0, &data->label_steps, npy_take_labels};
    if (data->target_ndim > 0)
        kinds[count++] = (NpyKind){"targets", data->target_ndim, data->target_dims, npy_take_targets};
    if (model->at.present != 0)
        kinds[count++] = (NpyKind){.what = "lengths", .take = npy_take_lengths};
    return count;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static const char *npy_part(const char *part)
{
    return strcmp(part, "t10k") == 0 ? "test" : part;
}

static const char *npy_called(const SnnModel *model, const char *what)
{
    const char *name = snn_setting(model, what);
    return name[0] != '\0' ? name : what;
}

/* The ways in which they may be called; false if there is no such file. Only a data set with a name may have all parts in
 * one archive. */
static bool npy_place(NpyPlace *place, const SnnModel *model, const char *folder, const char *part,
                      const char *what, int way)
{
    const char *name = snn_setting(model, "name"), *dash = name[0] != '\0' ? "_" : "";
    const char *array = npy_called(model, what), *set = npy_part(part);
    int length = -1, called = snprintf(place->name, NPY_NAME, "%s", array);
    if (way == 0)
        length = snprintf(place->path, NPY_PATH, "%s/%s%s%s_%s.npy", folder, name, dash, set, array);
    else if (way == 1)
        length = snprintf(place->path, NPY_PATH, "%s/%s%s%s_%s.npy", folder, name, dash, array, set);
    else if (way == 2)
        length = snprintf(place->path, NPY_PATH, "%s/%s%s%s.npz", folder, name, dash, set);
    else if (name[0] != '\0') {
        length = snprintf(place->path, NPY_PATH, "%s/%s.npz", folder, name);
        called = snprintf(place->name, NPY_NAME, "%s_%s", array, set);
    }
    return length > 0 && length < NPY_PATH && called < NPY_NAME && access(place->path, F_OK) == 0;
}

static bool npy_find(NpyPlace *place, const SnnModel *model, const char *folder, const char *part,
                     const char *what)
{
    for (int way = 0; way < NPY_WAYS; way++)
        if (npy_place(place, model, folder, part, what, way))
            return true;
    return false;
}

static bool npy_locate(NpyPlace *place, const SnnModel *model, const char *folder, const char *part,
                       const char *what, SnnError *error)
{
    const char *name = snn_setting(model, "name"), *dash = name[0] != '\0' ? "_" : "";
    const char *array = npy_called(model, what), *set = npy_part(part);
    if (npy_find(place, model, folder, part, what))
        return true;
    if (strcmp(what, "samples") != 0)
        return snn_fail(
            error, "no data (%s/%s%s%s_%s.npy): the samples are there, and the model `%s` takes %s with them",
            folder, name, dash, set, array, model->name, what);
    bool other = strcmp(set, "train") != 0 && strcmp(set, "test") != 0;
    return snn_fail(
        error, "no data (%s/%s%s%s_%s.npy, or `%s` in %s%s%s.npz): %s", folder, name, dash, set, array, array,
        name, dash, set,
        other ? "--validate takes the name of a part that is there, or a fraction of the training set, "
                "as 0.1"
              : "give the folder of the NPY or NPZ files with --data DIR");
}

static bool npy_exists(const SnnModel *model, const char *folder, const char *part)
{
    NpyPlace place;
    NpyKind kinds[NPY_KINDS];
    int count = npy_kinds(model, kinds);
    for (int i = 0; i < count; i++)
        if (npy_find(&place, model, folder, part, kinds[i].what))
            return true;
    return false;
}

static bool npy_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    const char *parts[] = {"train", "t10k", validate};
    NpyPlace place;
    NpyKind kinds[NPY_KINDS];
    int count = npy_kinds(model, kinds);
    for (int i = 0; i < (validate == NULL ? 2 : 3); i++)
        for (int k = 0; k < count * NPY_WAYS; k++)
            if (npy_place(&place, model, folder, parts[i], kinds[k / NPY_WAYS].what, k % NPY_WAYS)
                && snn_same_file(place.path, target))
                return true;
    return false;
}

/* ---- arrays ---------------------------------------------------------------------------------------- */

static bool npy_check_shape(const SnnNpyFile *file, const SnnModel *model, const NpyKind *kind,
                            SnnError *error)
{
    char found[128], wanted[128];
    uint32_t dims[SNN_MAX_DIMS + 1] = {0};
    for (int i = 0; i < kind->ndim; i++)
        dims[i] = (uint32_t)kind->dims[i];
    if (file->ndim == 0)
        return snn_fail(error, "wrong shape (%s): it is one number, without an axis for samples", file->path);
    if (!snn_numbers_same_shape(file->dims + 1, file->ndim - 1, dims, kind->ndim))
        return snn_fail(error, "wrong shape (%s): its %s are %s, the model `%s` takes %s", file->path,
                        kind->what, snn_numbers_shape(found, sizeof found, file->dims + 1, file->ndim - 1),
                        model->name, snn_numbers_shape(wanted, sizeof wanted, dims, kind->ndim));
    return (file->dims[0] > 0 && file->dims[0] <= INT32_MAX)
           || snn_fail(error, "unusable number of samples (%s): it has %u", file->path, file->dims[0]);
}

static bool npy_take(SnnDataset *data, const SnnNpyFile *file, const SnnModel *model, const NpyKind *kind,
                     SnnError *error)
{
    if (!npy_check_shape(file, model, kind, error))
        return false;
    if (strcmp(kind->what, "samples") != 0 && file->dims[0] != (uint32_t)data->count)
        return snn_fail(error, "different numbers of samples: %u %s (%s), %d samples", file->dims[0],
                        kind->what, file->path, data->count);
    return kind->take(data, file, model, error);
}

static bool npy_read(SnnDataset *data, const SnnModel *model, const NpyPlace *place, const NpyKind *kind,
                     SnnError *error)
{
    SnnNpyFile file;
    if (!snn_npy_open(&file, place->path, place->name, snn_dataset_budget(model), error))
        return false;
    bool ok = npy_take(data, &file, model, kind, error);
    snn_npy_close(&file);
    return ok;
}

/* Gives the set back, or nothing. */
static bool npy_end(SnnDataset *data, bool ok)
{
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool npy_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    NpyPlace places[NPY_KINDS];
    NpyKind kinds[NPY_KINDS];
    int count = npy_kinds(model, kinds);
    bool ok = true;
    *data = (SnnDataset){0};
    for (int i = 0; ok && i < count; i++)
        ok = npy_locate(&places[i], model, folder, part, kinds[i].what, error);
    for (int i = 0; ok && i < count; i++)
        ok = npy_read(data, model, &places[i], &kinds[i], error);
    snn_dataset_from(data, ok ? places[0].path : "");
    return npy_end(data, ok);
}

/* Lengths are in the same archive. */
static bool npy_read_lengths(SnnDataset *data, const SnnModel *model, const char *path, const NpyKind *kind,
                             SnnError *error)
{
    NpyPlace place;
    const char *end = strrchr(path, '.');
    if (end == NULL || strcmp(end, ".npz") != 0)
        return snn_fail(error,
                        "no lengths (%s): the model `%s` asks how long samples are; give an NPZ archive that "
                        "has `%s`, too",
                        path, model->name, npy_called(model, kind->what));
    snprintf(place.path, NPY_PATH, "%s", path);
    snprintf(place.name, NPY_NAME, "%s", npy_called(model, kind->what));
    return npy_read(data, model, &place, kind, error);
}

static bool npy_read_samples(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    NpyPlace place;
    NpyKind kinds[NPY_KINDS];
    int count = npy_kinds(model, kinds);
    *data = (SnnDataset){0};
    if (snprintf(place.path, NPY_PATH, "%s", path) >= NPY_PATH
        || snprintf(place.name, NPY_NAME, "%s", npy_called(model, "samples")) >= NPY_NAME)
        return snn_fail(error, "too long a name (%s)", path);
    bool ok = npy_read(data, model, &place, &kinds[0], error);
    if (ok && model->at.present != 0)
        ok = npy_read_lengths(data, model, path, &kinds[count - 1], error);
    return npy_end(data, ok);
}

/* ---- parts by an array ----------------------------------------------------------------------------- */

static bool npy_mark(bool *chosen, int32_t count, const SnnNpyFile *file, const char *choice, SnnError *error)
{
    char text[SNN_NPY_TEXT];
    if (file->ndim != 1 || file->dims[0] != (uint32_t)count)
        return snn_fail(error,
                        "wrong shape (%s): parts are chosen by it, so it must be [%d], as many as samples",
                        file->path, count);
    for (int32_t i = 0; i < count; i++)
        chosen[i] = snn_fields_chosen(choice, (SnnField){text, snn_npy_text(file, (size_t)i, text)});
    return true;
}

static bool npy_choose(bool *chosen, int32_t count, const SnnModel *model, const char *folder,
                       const char *choice, SnnError *error)
{
    char name[NPY_NAME];
    NpyPlace place;
    SnnNpyFile file;
    SnnField field = snn_fields_chooser(choice);
    snprintf(name, sizeof name, "%.*s", (int)field.length, field.at);
    if (!npy_locate(&place, model, folder, "train", name, error)
        || !snn_npy_open_texts(&file, place.path, place.name, snn_dataset_budget(model), error))
        return false;
    bool ok = npy_mark(chosen, count, &file, choice, error);
    snn_npy_close(&file);
    return ok;
}

const SnnFormat snn_npy = {npy_read_part,      npy_exists, npy_has, npy_read_samples,
                           "test_samples.npy", npy_choose, NULL};
