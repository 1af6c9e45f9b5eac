/* Data sets of IDX files, named as those of MNIST. */
#include "snn_idx.h"
#include "snn_idx_file.h"
#include "snn_output.h"

#include <string.h>
#include <unistd.h>

enum { IDX_PATH = 4096 };

static bool idx_check_samples(const SnnIdxFile *file, const SnnModel *model, SnnError *error)
{
    char found[128], wanted[128];
    uint32_t dims[SNN_MAX_DIMS + 1] = {0};
    bool same = file->ndim == model->data.ndim + 1;
    for (int i = 0; i < model->data.ndim; i++) {
        dims[i] = (uint32_t)model->data.dims[i];
        same = same && file->dims[i + 1] == dims[i];
    }
    if (!same)
        return snn_fail(error, "wrong shape (%s): its samples are %s, the model `%s` takes %s", file->path,
                        snn_idx_shape(found, sizeof found, file->dims + 1, file->ndim - 1), model->name,
                        snn_idx_shape(wanted, sizeof wanted, dims, model->data.ndim));
    if (file->dims[0] == 0 || file->dims[0] > INT32_MAX)
        return snn_fail(error, "unusable number of samples (%s): it has %u", file->path, file->dims[0]);
    return true;
}

static bool idx_check_labels(const SnnIdxFile *file, uint32_t samples, const char *images, SnnError *error)
{
    if (!snn_idx_is_whole(file->type) || file->ndim != 1)
        return snn_fail(error, "not a file of labels (%s): labels are whole numbers in one dimension",
                        file->path);
    return file->dims[0] == samples
           || snn_fail(error, "different numbers of samples: %u labels (%s), %u samples (%s)", file->dims[0],
                       file->path, samples, images);
}

/* Moves the elements of `file` into `data`. */
static bool idx_take_samples(SnnDataset *data, SnnIdxFile *file, const SnnModel *model, SnnError *error)
{
    if (!idx_check_samples(file, model, error))
        return false;
    data->count = (int32_t)file->dims[0];
    data->width = (int64_t)(file->count / file->dims[0]);
    if (file->type == SNN_IDX_BYTE) {
        data->bytes = file->elements;
        file->elements = NULL;
        return true;
    }
    data->reals = snn_idx_take_reals(file, error);
    return data->reals != NULL;
}

static bool idx_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    SnnIdxFile file;
    *data = (SnnDataset){0};
    if (!snn_idx_open(&file, path, error))
        return false;
    bool ok = idx_take_samples(data, &file, model, error);
    snn_idx_close(&file);
    return ok;
}

/* Numbers of dimensions that the name of a file of samples may have: the model's, or that of MNIST. */
static int idx_names(int ndim, int dims[2])
{
    dims[0] = ndim;
    dims[1] = 3;
    return ndim == 3 || ndim == 1 ? 1 : 2;
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
                       const char *what, int ndim, SnnError *error)
{
    int dims[2], names = idx_names(ndim, dims);
    for (int i = 0; i < names; i++)
        if (idx_find(path, size, folder, part, what, dims[i], false)
            || idx_find(path, size, folder, part, what, dims[i], true))
            return true;
    if (strcmp(part, "train") != 0 && strcmp(part, "t10k") != 0)
        return snn_fail(
            error,
            "no data (%s/%s-%s-idx%d-ubyte, or the same with .gz): --validate takes the name of a part "
            "that is there, or a fraction of the training set, as 0.1",
            folder, part, what, ndim);
    bool fashion = model->data.ndim == 2 && model->data.dims[0] == 28 && model->data.dims[1] == 28;
    return snn_fail(error,
                    "no data (%s/%s-%s-idx%d-ubyte, or the same with .gz): give the folder of the IDX files "
                    "with --data DIR%s",
                    folder, part, what, ndim,
                    fashion ? "; Fashion-MNIST is in the Debian package dataset-fashion-mnist, in "
                              "/usr/share/datasets/fashion-mnist"
                            : "");
}

static bool idx_exists(const SnnModel *model, const char *folder, const char *part)
{
    char path[IDX_PATH];
    SnnError ignored;
    return idx_locate(path, sizeof path, model, folder, part, "images", model->data.ndim + 1, &ignored)
           || idx_locate(path, sizeof path, model, folder, part, "labels", 1, &ignored);
}

static int64_t idx_bytes(const SnnModel *model, const char *folder, const char *part, int64_t *samples)
{
    char path[IDX_PATH];
    SnnError ignored;
    SnnIdxFile file;
    *samples = 0;
    if (!idx_locate(path, sizeof path, model, folder, part, "images", model->data.ndim + 1, &ignored))
        return 0;
    if (!snn_idx_look(&file, path, &ignored) || !idx_check_samples(&file, model, &ignored))
        return 0;
    int64_t bytes = file.type == SNN_IDX_BYTE ? 1 : sizeof(float);
    for (int i = 1; i < file.ndim; i++)
        bytes *= file.dims[i];
    *samples = file.dims[0];
    return (bytes + (int64_t)sizeof(int32_t)) * *samples; /* with the label */
}

static bool idx_is_of(const char *target, const char *folder, const char *part, const char *what, int ndim)
{
    char path[IDX_PATH];
    int dims[2], names = idx_names(ndim, dims);
    for (int i = 0; i < names; i++)
        for (int packed = 0; packed < 2; packed++)
            if (idx_find(path, sizeof path, folder, part, what, dims[i], packed == 1)
                && snn_same_file(path, target))
                return true;
    return false;
}

static bool idx_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    const char *parts[] = {"train", "t10k", validate};
    for (int i = 0; i < (validate == NULL ? 2 : 3); i++)
        if (idx_is_of(target, folder, parts[i], "images", model->data.ndim + 1)
            || idx_is_of(target, folder, parts[i], "labels", 1))
            return true;
    return false;
}

static bool idx_read_labels(SnnDataset *data, const SnnModel *model, const char *path, const char *images,
                            SnnError *error)
{
    SnnIdxFile file;
    if (!snn_idx_open(&file, path, error))
        return false;
    if (idx_check_labels(&file, (uint32_t)data->count, images, error))
        data->labels = snn_idx_take_labels(&file, model->data.classes, model->name, error);
    snn_idx_close(&file);
    return data->labels != NULL;
}

static bool idx_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    char images[IDX_PATH], labels[IDX_PATH];
    *data = (SnnDataset){0};
    if (!idx_locate(images, sizeof images, model, folder, part, "images", model->data.ndim + 1, error)
        || !idx_locate(labels, sizeof labels, model, folder, part, "labels", 1, error)
        || !idx_read_images(data, model, images, error))
        return false;
    if (idx_read_labels(data, model, labels, images, error))
        return true;
    snn_dataset_free(data);
    return false;
}

const SnnFormat snn_idx = {idx_read_part, idx_exists, idx_bytes, idx_has, idx_read_images};
