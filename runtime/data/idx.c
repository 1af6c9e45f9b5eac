/* Data sets of IDX files, named as those of MNIST. */
#include "snn_idx.h"
#include "snn_idx_file.h"
#include "snn_numbers.h"
#include "snn_output.h"

#include <string.h>
#include <unistd.h>

enum { IDX_PATH = 4096 };

/* A file of a data set: what it holds of each sample, "images", "labels" or "targets". */
typedef struct IdxKind {
    const char *what;
    int ndim; /* of a sample */
    const int *dims;
    bool single; /* one number a sample: the file is named as one of [n] */
} IdxKind;

static const IdxKind idx_labels = {.what = "labels", .single = true};

static IdxKind idx_images(const SnnModel *model)
{
    return (IdxKind){.what = "images", .ndim = model->data.ndim, .dims = model->data.dims};
}

static IdxKind idx_targets(const SnnModel *model)
{
    bool single = model->data.target_ndim == 1 && model->data.target_dims[0] == 1;
    return (IdxKind){.what = "targets",
                     .ndim = model->data.target_ndim,
                     .dims = model->data.target_dims,
                     .single = single};
}

static bool idx_check_shape(const SnnIdxFile *file, const SnnModel *model, const IdxKind *kind,
                            SnnError *error)
{
    char found[128], wanted[128];
    uint32_t dims[SNN_MAX_DIMS + 1] = {0};
    for (int i = 0; i < kind->ndim; i++)
        dims[i] = (uint32_t)kind->dims[i];
    if (!snn_numbers_same_shape(file->dims + 1, file->ndim - 1, dims, kind->ndim))
        return snn_fail(error, "wrong shape (%s): its %s are %s, the model `%s` takes %s", file->path,
                        strcmp(kind->what, "images") == 0 ? "samples" : kind->what,
                        snn_numbers_shape(found, sizeof found, file->dims + 1, file->ndim - 1), model->name,
                        snn_numbers_shape(wanted, sizeof wanted, dims, kind->ndim));
    if (file->dims[0] == 0 || file->dims[0] > INT32_MAX)
        return snn_fail(error, "unusable number of samples (%s): it has %u", file->path, file->dims[0]);
    return true;
}

static bool idx_check_count(const SnnIdxFile *file, uint32_t samples, const char *what, const char *images,
                            SnnError *error)
{
    return file->dims[0] == samples
           || snn_fail(error, "different numbers of samples: %u %s (%s), %u samples (%s)", file->dims[0],
                       what, file->path, samples, images);
}

static bool idx_check_labels(const SnnIdxFile *file, uint32_t samples, const char *images, SnnError *error)
{
    if (!snn_idx_is_whole(file->type) || file->ndim != 1)
        return snn_fail(error, "not a file of labels (%s): labels are whole numbers in one dimension",
                        file->path);
    return idx_check_count(file, samples, "labels", images, error);
}

/* Moves the elements of `file` into `data`. */
static bool idx_take_samples(SnnDataset *data, SnnIdxFile *file, const SnnModel *model, SnnError *error)
{
    const IdxKind images = idx_images(model);
    if (!idx_check_shape(file, model, &images, error))
        return false;
    data->count = (int32_t)file->dims[0];
    data->width = (int64_t)(file->count / file->dims[0]);
    bool bytes = file->type == SNN_IDX_BYTE;
    if (!bytes && !snn_idx_make_reals(file, error))
        return false;
    data->store = snn_idx_take(file);
    data->bytes = bytes ? data->store.at : NULL;
    data->reals = bytes ? NULL : data->store.at;
    return true;
}

static bool idx_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    SnnIdxFile file;
    *data = (SnnDataset){0};
    snn_dataset_from(data, path);
    if (!snn_idx_open(&file, path, snn_dataset_budget(model), error))
        return false;
    bool ok = idx_take_samples(data, &file, model, error);
    snn_idx_close(&file);
    return ok;
}

/* Numbers of dimensions that the name of a file may have: its own, or that of MNIST. */
static int idx_names(const IdxKind *kind, int dims[2])
{
    dims[0] = kind->single ? 1 : kind->ndim + 1;
    dims[1] = 3;
    return dims[0] == 3 || dims[0] == 1 ? 1 : 2;
}

/* Whether the file of this name exists; `path` is its name. */
static bool idx_find(char *path, size_t size, const char *folder, const char *part, const char *what,
                     int ndim, bool packed)
{
    int length =
        snprintf(path, size, "%s/%s-%s-idx%d-ubyte%s", folder, part, what, ndim, packed ? ".gz" : "");
    return length > 0 && (size_t)length < size && access(path, F_OK) == 0;
}

/* The first of the possible names that exists; false with the error set if there is none. */
static bool idx_locate(char *path, size_t size, const SnnModel *model, const char *folder, const char *part,
                       const IdxKind *kind, SnnError *error)
{
    int dims[2], names = idx_names(kind, dims);
    for (int i = 0; i < names; i++)
        if (idx_find(path, size, folder, part, kind->what, dims[i], false)
            || idx_find(path, size, folder, part, kind->what, dims[i], true))
            return true;
    if (strcmp(kind->what, "images") != 0)
        return snn_fail(error,
                        "no data (%s/%s-%s-idx%d-ubyte, or the same with .gz): the images are there, and the "
                        "model `%s` takes %s with them",
                        folder, part, kind->what, dims[0], model->name, kind->what);
    if (strcmp(part, "train") != 0 && strcmp(part, "t10k") != 0)
        return snn_fail(
            error,
            "no data (%s/%s-%s-idx%d-ubyte, or the same with .gz): --validate takes the name of a part "
            "that is there, or a fraction of the training set, as 0.1",
            folder, part, kind->what, dims[0]);
    bool fashion = model->data.target_ndim == 0 && model->data.ndim == 2 && model->data.dims[0] == 28
                   && model->data.dims[1] == 28;
    return snn_fail(error,
                    "no data (%s/%s-%s-idx%d-ubyte, or the same with .gz): give the folder of the IDX files "
                    "with --data DIR%s",
                    folder, part, kind->what, dims[0],
                    fashion ? "; Fashion-MNIST is in the Debian package dataset-fashion-mnist, in "
                              "/usr/share/datasets/fashion-mnist"
                            : "");
}

/* The files that a data set of the model has. Returns their number. */
static int idx_kinds(const SnnModel *model, IdxKind kinds[3])
{
    int count = 0;
    kinds[count++] = idx_images(model);
    if (model->data.classes > 0)
        kinds[count++] = idx_labels;
    if (model->data.target_ndim > 0)
        kinds[count++] = idx_targets(model);
    return count;
}

static bool idx_exists(const SnnModel *model, const char *folder, const char *part)
{
    char path[IDX_PATH];
    SnnError ignored;
    IdxKind kinds[3];
    int count = idx_kinds(model, kinds);
    for (int i = 0; i < count; i++)
        if (idx_locate(path, sizeof path, model, folder, part, &kinds[i], &ignored))
            return true;
    return false;
}

static bool idx_is_of(const char *target, const char *folder, const char *part, const IdxKind *kind)
{
    char path[IDX_PATH];
    int dims[2], names = idx_names(kind, dims);
    for (int i = 0; i < names; i++)
        for (int packed = 0; packed < 2; packed++)
            if (idx_find(path, sizeof path, folder, part, kind->what, dims[i], packed == 1)
                && snn_same_file(path, target))
                return true;
    return false;
}

static bool idx_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    const char *parts[] = {"train", "t10k", validate};
    IdxKind kinds[3];
    int count = idx_kinds(model, kinds);
    for (int i = 0; i < (validate == NULL ? 2 : 3); i++)
        for (int k = 0; k < count; k++)
            if (idx_is_of(target, folder, parts[i], &kinds[k]))
                return true;
    return false;
}

static bool idx_read_labels(SnnDataset *data, const SnnModel *model, const char *path, const char *images,
                            SnnError *error)
{
    SnnIdxFile file;
    if (!snn_idx_open(&file, path, SIZE_MAX, error))
        return false;
    if (idx_check_labels(&file, (uint32_t)data->count, images, error))
        data->labels = snn_idx_make_labels(&file, model->data.classes, model->name, error)
                           ? snn_idx_take(&file).at
                           : NULL;
    snn_idx_close(&file);
    return data->labels != NULL;
}

/* They are numbers as they are: even bytes are not scaled. */
static bool idx_read_targets(SnnDataset *data, const SnnModel *model, const char *path, const char *images,
                             SnnError *error)
{
    SnnIdxFile file;
    const IdxKind kind = idx_targets(model);
    if (!snn_idx_open(&file, path, SIZE_MAX, error))
        return false;
    if (idx_check_shape(&file, model, &kind, error)
        && idx_check_count(&file, (uint32_t)data->count, "targets", images, error)) {
        data->target_width = (int64_t)(file.count / file.dims[0]);
        data->targets = snn_idx_make_reals(&file, error) ? snn_idx_take(&file).at : NULL;
    }
    snn_idx_close(&file);
    return data->targets != NULL;
}

static bool idx_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    char paths[3][IDX_PATH];
    IdxKind kinds[3];
    int count = idx_kinds(model, kinds);
    *data = (SnnDataset){0};
    for (int i = 0; i < count; i++)
        if (!idx_locate(paths[i], IDX_PATH, model, folder, part, &kinds[i], error))
            return false;
    bool ok = idx_read_images(data, model, paths[0], error);
    for (int i = 1; ok && i < count; i++)
        ok = (strcmp(kinds[i].what, "labels") == 0 ? idx_read_labels : idx_read_targets)(
            data, model, paths[i], paths[0], error);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

const SnnFormat snn_idx = {idx_read_part,     idx_exists, idx_has, idx_read_images,
                           "t10k-images-...", NULL,       NULL};
