/* IDX files (the format of MNIST): 0, 0, type, number of dimensions, each as 4 bytes, then the elements, all
 * big-endian. Nothing that a file says is believed before it is checked. */
#include "snn_idx.h"
#include "snn_gzip.h"
#include "snn_output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDX_BYTE = 0x08, IDX_FLOAT = 0x0D, IDX_MAX_DIMS = SNN_MAX_DIMS + 2, IDX_PATH = 4096 };

typedef struct IdxFile {
    const char *path;
    int type, ndim;
    uint32_t dims[IDX_MAX_DIMS];
    unsigned char *elements;
    size_t bytes;
} IdxFile;

static uint32_t idx_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

/* "[60000, 28, 28]" */
static const char *idx_shape(char *text, size_t size, const uint32_t *dims, int ndim)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < ndim && used < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%u", i == 0 ? "[" : ", ", dims[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    if (used < size)
        snprintf(text + used, size - used, "%s", ndim == 0 ? "[]" : "]");
    return text;
}

static bool idx_truncated(const IdxFile *file, size_t expected, size_t found, SnnError *error)
{
    return snn_fail(error, "truncated (%s): %zu bytes expected, %zu found; get the file anew", file->path,
                    expected, found);
}

static bool idx_read_header(IdxFile *file, SnnReader *reader, SnnError *error)
{
    unsigned char magic[4], sizes[4 * IDX_MAX_DIMS];
    size_t got;
    if (!snn_reader_read(reader, magic, 4, &got, error))
        return false;
    if (got < 4)
        return idx_truncated(file, 4, got, error);
    file->type = magic[2];
    file->ndim = magic[3];
    if (magic[0] != 0 || magic[1] != 0 || (file->type != IDX_BYTE && file->type != IDX_FLOAT))
        return snn_fail(error,
                        "not an IDX file of bytes or floats (%s): it begins with %02x %02x %02x %02x, not "
                        "with 00 00 08 or 00 00 0d",
                        file->path, magic[0], magic[1], magic[2], magic[3]);
    if (file->ndim < 1 || file->ndim > IDX_MAX_DIMS)
        return snn_fail(error, "unusable IDX file (%s): it has %d dimensions, 1 to %d are supported",
                        file->path, file->ndim, IDX_MAX_DIMS);
    size_t header = 4 * (size_t)file->ndim;
    if (!snn_reader_read(reader, sizes, header, &got, error))
        return false;
    if (got < header)
        return idx_truncated(file, 4 + header, 4 + got, error);
    for (int i = 0; i < file->ndim; i++)
        file->dims[i] = idx_u32(sizes + 4 * i);
    return true;
}

/* Reads `wanted` bytes in growing pieces, so that a lying header does not allocate more than the file has. */
static bool idx_read_elements(IdxFile *file, SnnReader *reader, size_t wanted, SnnError *error)
{
    size_t capacity = 0, got;
    while (file->bytes < wanted) {
        capacity = capacity == 0 ? (size_t)1 << 22 : capacity * 2;
        capacity = capacity > wanted ? wanted : capacity;
        unsigned char *grown = realloc(file->elements, capacity);
        if (grown == NULL)
            return snn_fail(error, "no memory (%s): its data needs %zu bytes", file->path, wanted);
        file->elements = grown;
        if (!snn_reader_read(reader, grown + file->bytes, capacity - file->bytes, &got, error))
            return false;
        file->bytes += got;
        if (file->bytes < capacity)
            return idx_truncated(file, 4 + 4 * (size_t)file->ndim + wanted,
                                 4 + 4 * (size_t)file->ndim + file->bytes, error);
    }
    return true;
}

static bool idx_read_rest(IdxFile *file, SnnReader *reader, SnnError *error)
{
    size_t wanted = file->type == IDX_FLOAT ? 4 : 1, got;
    for (int i = 0; i < file->ndim; i++) {
        if (file->dims[i] != 0 && wanted > (SIZE_MAX / 4) / file->dims[i])
            return snn_fail(error, "unusable IDX file (%s): its dimensions are too large", file->path);
        wanted *= file->dims[i];
    }
    if (!idx_read_elements(file, reader, wanted, error))
        return false;
    unsigned char more;
    if (!snn_reader_read(reader, &more, 1, &got, error))
        return false;
    return got == 0
           || snn_fail(error, "too long (%s): there are bytes behind the %zu that its header announces",
                       file->path, 4 + 4 * (size_t)file->ndim + wanted);
}

static void idx_clear(IdxFile *file)
{
    free(file->elements);
    file->elements = NULL;
}

static bool idx_check_samples(const IdxFile *file, const SnnModel *model, SnnError *error)
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
                        idx_shape(found, sizeof found, file->dims + 1, file->ndim - 1), model->name,
                        idx_shape(wanted, sizeof wanted, dims, model->data.ndim));
    if (file->dims[0] == 0 || file->dims[0] > INT32_MAX)
        return snn_fail(error, "unusable number of samples (%s): it has %u", file->path, file->dims[0]);
    return true;
}

static bool idx_check_labels(const IdxFile *file, const SnnModel *model, uint32_t samples, const char *images,
                             SnnError *error)
{
    if (file->type != IDX_BYTE || file->ndim != 1)
        return snn_fail(error, "not a file of labels (%s): labels are bytes in one dimension", file->path);
    if (file->dims[0] != samples)
        return snn_fail(error, "different numbers of samples: %u labels (%s), %u samples (%s)", file->dims[0],
                        file->path, samples, images);
    for (size_t i = 0; i < file->bytes; i++)
        if (file->elements[i] >= model->data.classes)
            return snn_fail(error,
                            "label out of range (%s): sample %zu has label %d, the model `%s` knows 0 to %d",
                            file->path, i, file->elements[i], model->name, model->data.classes - 1);
    return true;
}

/* Big-endian to the machine's order, in place. */
static bool idx_to_floats(IdxFile *file, uint32_t samples, SnnError *error)
{
    size_t count = file->bytes / 4;
    float *values = (float *)(void *)file->elements;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = idx_u32(file->elements + 4 * i);
        if ((bits & 0x7f800000u) == 0x7f800000u)
            return snn_fail(error, "NaN or infinity (%s): in sample %zu", file->path, i / (count / samples));
        memcpy(&values[i], &bits, sizeof bits);
    }
    return true;
}

static bool idx_read(IdxFile *file, const char *path, SnnError *error)
{
    *file = (IdxFile){.path = path};
    SnnReader *reader = snn_reader_open(path, error);
    bool ok = reader != NULL && idx_read_header(file, reader, error) && idx_read_rest(file, reader, error);
    snn_reader_close(reader);
    if (!ok)
        idx_clear(file);
    return ok;
}

/* Moves the elements of `file` into `data`. */
static bool idx_take_samples(SnnDataset *data, IdxFile *file, const SnnModel *model, SnnError *error)
{
    bool ok = idx_check_samples(file, model, error)
              && (file->type != IDX_FLOAT || idx_to_floats(file, file->dims[0], error));
    if (!ok) {
        idx_clear(file);
        return false;
    }
    data->count = (int32_t)file->dims[0];
    data->width = (int64_t)(file->bytes / file->dims[0]) / (file->type == IDX_FLOAT ? 4 : 1);
    if (file->type == IDX_FLOAT)
        data->reals = (float *)(void *)file->elements;
    else
        data->bytes = file->elements;
    return true;
}

static bool idx_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    IdxFile file;
    *data = (SnnDataset){0};
    return idx_read(&file, path, error) && idx_take_samples(data, &file, model, error);
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
    IdxFile file = {.path = path};
    *samples = 0;
    if (!idx_locate(path, sizeof path, model, folder, part, "images", model->data.ndim + 1, &ignored))
        return 0;
    SnnReader *reader = snn_reader_open(path, &ignored);
    bool ok = reader != NULL && idx_read_header(&file, reader, &ignored)
              && idx_check_samples(&file, model, &ignored);
    snn_reader_close(reader);
    int64_t bytes = file.type == IDX_FLOAT ? 4 : 1;
    for (int i = 1; ok && i < file.ndim; i++)
        bytes *= file.dims[i];
    *samples = ok ? file.dims[0] : 0;
    return (bytes + 1) * *samples; /* with the label, a byte */
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
    IdxFile file;
    if (!idx_read(&file, path, error))
        return false;
    if (!idx_check_labels(&file, model, (uint32_t)data->count, images, error)) {
        idx_clear(&file);
        return false;
    }
    data->labels = file.elements;
    return true;
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
