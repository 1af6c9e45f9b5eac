/* The reader: everything is checked before anything is used. */
#include "snn_safetensors.h"
#include "snn_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TENSORS_HEADER_LIMIT (100u << 20) /* as in the reference implementation */

typedef struct TensorsPair {
    char *key, *value;
} TensorsPair;

struct SnnTensors {
    unsigned char *bytes; /* the whole file */
    size_t size;
    SnnIdentity identity; /* unknown from memory */
    SnnTensor *tensors;
    int count, capacity;
    TensorsPair *metadata;
    int pairs, pair_capacity;
    bool has_metadata;
};

int64_t snn_tensor_elements(const SnnTensor *tensor)
{
    return (int64_t)((tensor->end - tensor->begin) / snn_dtype_size(tensor->dtype));
}

/* ---- one tensor of the header --------------------------------------------------------------------- */

static bool tensors_dtype(SnnJson *json, SnnTensor *tensor)
{
    char *name = snn_json_string(json);
    if (name == NULL)
        return false;
    int dtype = 0;
    while (dtype < SNN_DTYPES && strcmp(snn_dtype_name((SnnDtype)dtype), name) != 0)
        dtype++;
    tensor->dtype = (SnnDtype)dtype;
    bool known = dtype < SNN_DTYPES;
    if (!known)
        snn_fail(json->error, "`%.60s` has the element type %.20s, which is not supported", tensor->name,
                 name);
    free(name);
    return known;
}

static bool tensors_shape(SnnJson *json, SnnTensor *tensor)
{
    uint64_t size;
    if (!snn_json_expect(json, '['))
        return false;
    if (snn_json_accept(json, ']'))
        return true;
    do {
        if (tensor->ndim == SNN_TENSOR_DIMS)
            return snn_fail(json->error, "`%.60s` has more than %d dimensions", tensor->name,
                            SNN_TENSOR_DIMS);
        if (!snn_json_natural(json, &size))
            return false;
        if (size > INT64_MAX)
            return snn_fail(json->error, "`%.60s` has too large a dimension", tensor->name);
        tensor->dims[tensor->ndim++] = (int64_t)size;
    } while (snn_json_accept(json, ','));
    return snn_json_expect(json, ']');
}

static bool tensors_offsets(SnnJson *json, SnnTensor *tensor)
{
    return snn_json_expect(json, '[') && snn_json_natural(json, &tensor->begin) && snn_json_expect(json, ',')
           && snn_json_natural(json, &tensor->end) && snn_json_expect(json, ']');
}

/* One "key": value of a tensor. `seen` has a bit for each key. */
static bool tensors_field(SnnJson *json, SnnTensor *tensor, unsigned *seen)
{
    static const struct {
        const char *key;
        bool (*read)(SnnJson *json, SnnTensor *tensor);
    } fields[] = {{"dtype", tensors_dtype}, {"shape", tensors_shape}, {"data_offsets", tensors_offsets}};
    char *key = snn_json_string(json);
    if (key == NULL)
        return false;
    unsigned i = 0;
    while (i < 3 && strcmp(fields[i].key, key) != 0)
        i++;
    bool ok = i < 3 && (*seen & 1u << i) == 0;
    if (!ok)
        snn_fail(json->error, "`%.60s` has an unknown or repeated entry `%.40s`", tensor->name, key);
    free(key);
    *seen |= 1u << i;
    return ok && snn_json_expect(json, ':') && fields[i].read(json, tensor);
}

/* The bytes that dtype and shape ask for, against those that the offsets give. */
static bool tensors_check_size(const SnnTensor *tensor, size_t data_size, SnnError *error)
{
    uint64_t bytes = snn_dtype_size(tensor->dtype);
    bool fits = true;
    for (int i = 0; i < tensor->ndim; i++) {
        uint64_t dim = (uint64_t)tensor->dims[i];
        fits = fits && (dim == 0 || bytes <= UINT64_MAX / dim);
        bytes *= dim;
    }
    if (!fits || tensor->begin > tensor->end || tensor->end - tensor->begin != bytes)
        return snn_fail(error, "the shape of `%.60s` does not go with its number of bytes", tensor->name);
    if (tensor->end > data_size)
        return snn_fail(error, "`%.60s` ends behind the end of the file: the file is truncated",
                        tensor->name);
    return true;
}

static bool tensors_entry(SnnJson *json, SnnTensor *tensor, size_t data_size)
{
    unsigned seen = 0;
    if (!snn_json_expect(json, '{'))
        return false;
    do {
        if (!tensors_field(json, tensor, &seen))
            return false;
    } while (snn_json_accept(json, ','));
    if (!snn_json_expect(json, '}'))
        return false;
    if (seen != 7u)
        return snn_fail(json->error, "`%.60s` lacks dtype, shape or data_offsets", tensor->name);
    return tensors_check_size(tensor, data_size, json->error);
}

/* ---- the header ----------------------------------------------------------------------------------- */

/* Room for one more element in an array that doubles. */
static bool tensors_room(void **array, int count, int *capacity, size_t size, SnnError *error)
{
    if (count < *capacity)
        return true;
    int wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*array, (size_t)wanted * size);
    if (grown == NULL)
        return snn_fail(error, "no memory for its header");
    *array = grown;
    *capacity = wanted;
    return true;
}

static bool tensors_pair(SnnTensors *file, SnnJson *json)
{
    void *array = file->metadata;
    bool ok = tensors_room(&array, file->pairs, &file->pair_capacity, sizeof(TensorsPair), json->error);
    file->metadata = array;
    if (!ok)
        return false;
    TensorsPair *pair = &file->metadata[file->pairs];
    *pair = (TensorsPair){.key = snn_json_string(json)};
    if (pair->key == NULL)
        return false;
    file->pairs++;
    return snn_json_expect(json, ':') && (pair->value = snn_json_string(json)) != NULL;
}

static bool tensors_metadata(SnnTensors *file, SnnJson *json)
{
    if (file->has_metadata)
        return snn_fail(json->error, "`__metadata__` occurs twice");
    file->has_metadata = true;
    if (!snn_json_expect(json, '{'))
        return false;
    if (snn_json_accept(json, '}'))
        return true;
    do {
        if (!tensors_pair(file, json))
            return false;
    } while (snn_json_accept(json, ','));
    return snn_json_expect(json, '}');
}

static bool tensors_item(SnnTensors *file, SnnJson *json, size_t data_size)
{
    char *name = snn_json_string(json);
    if (name == NULL)
        return false;
    if (strcmp(name, "__metadata__") == 0) {
        free(name);
        return snn_json_expect(json, ':') && tensors_metadata(file, json);
    }
    void *array = file->tensors;
    bool ok = tensors_room(&array, file->count, &file->capacity, sizeof(SnnTensor), json->error);
    file->tensors = array;
    if (!ok) {
        free(name);
        return false;
    }
    SnnTensor *tensor = &file->tensors[file->count++];
    *tensor = (SnnTensor){.name = name};
    return snn_json_expect(json, ':') && tensors_entry(json, tensor, data_size);
}

static bool tensors_header(SnnTensors *file, SnnJson *json, size_t data_size)
{
    if (json->at == json->end || *json->at != '{')
        return snn_fail(json->error, "its header does not begin with '{'");
    if (!snn_utf8_valid(json->at, (size_t)(json->end - json->at)))
        return snn_fail(json->error, "its header is not UTF-8");
    snn_json_accept(json, '{');
    if (!snn_json_accept(json, '}')) {
        do {
            if (!tensors_item(file, json, data_size))
                return false;
        } while (snn_json_accept(json, ','));
        if (!snn_json_expect(json, '}'))
            return false;
    }
    snn_json_space(json);
    return json->at == json->end || snn_fail(json->error, "something follows its header");
}

static int tensors_by_name(const void *a, const void *b)
{
    return strcmp(((const SnnTensor *)a)->name, ((const SnnTensor *)b)->name);
}

static int tensors_by_place(const void *a, const void *b)
{
    const SnnTensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int tensors_by_key(const void *a, const void *b)
{
    return strcmp(((const TensorsPair *)a)->key, ((const TensorsPair *)b)->key);
}

/* Each name once; the data without holes and overlaps. Leaves the tensors in the order of their data. */
static bool tensors_check_all(SnnTensors *file, size_t data_size, SnnError *error)
{
    if (file->pairs > 0)
        qsort(file->metadata, (size_t)file->pairs, sizeof *file->metadata, tensors_by_key);
    for (int i = 1; i < file->pairs; i++)
        if (tensors_by_key(&file->metadata[i - 1], &file->metadata[i]) == 0)
            return snn_fail(error, "the metadata `%.60s` occurs twice", file->metadata[i].key);
    if (file->count > 0)
        qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, tensors_by_name);
    for (int i = 1; i < file->count; i++)
        if (tensors_by_name(&file->tensors[i - 1], &file->tensors[i]) == 0)
            return snn_fail(error, "`%.60s` occurs twice", file->tensors[i].name);
    if (file->count > 0)
        qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, tensors_by_place);
    uint64_t end = 0;
    for (int i = 0; i < file->count; i++) {
        if (file->tensors[i].begin != end)
            return snn_fail(error, "`%.60s` overlaps another array or leaves a hole", file->tensors[i].name);
        end = file->tensors[i].end;
    }
    return end == data_size || snn_fail(error, "its arrays end before its data does");
}

static bool tensors_scan(SnnTensors *file, SnnError *error)
{
    uint64_t length = 0;
    if (file->size < 8)
        return snn_fail(error, "it is shorter than 8 bytes");
    for (int i = 7; i >= 0; i--)
        length = length << 8 | file->bytes[i];
    bool too_long = length > TENSORS_HEADER_LIMIT || length > file->size - 8;
    if (too_long && file->size > 8 && file->bytes[8] != '{')
        return snn_fail(error, "it begins as a file of another kind");
    if (too_long)
        return snn_fail(error, "its header should have %llu bytes, more than there are or may be",
                        (unsigned long long)length);
    const char *header = (const char *)file->bytes + 8;
    SnnJson json = {.start = header, .at = header, .end = header + length, .error = error};
    size_t data_size = file->size - 8 - (size_t)length;
    if (!tensors_header(file, &json, data_size) || !tensors_check_all(file, data_size, error))
        return false;
    for (int i = 0; i < file->count; i++) {
        SnnTensor *tensor = &file->tensors[i];
        unsigned char *data = file->bytes + 8 + length + tensor->begin;
        size_t width = snn_dtype_size(tensor->dtype);
        tensor->data = data;
        if (snn_is_big_endian())
            snn_reverse_bytes(data, (size_t)(tensor->end - tensor->begin) / width, width);
    }
    return true;
}

/* ---- the file ------------------------------------------------------------------------------------- */

static SnnTensors *tensors_take(unsigned char *bytes, size_t size, const char *where, SnnError *error)
{
    SnnError reason;
    SnnTensors *file = calloc(1, sizeof *file);
    if (file == NULL) {
        free(bytes);
        snn_fail(error, "no memory to read (%s)", where);
        return NULL;
    }
    file->bytes = bytes;
    file->size = size;
    if (tensors_scan(file, &reason))
        return file;
    snn_fail(error, "not a readable safetensors file (%s): %.600s", where, reason.text);
    snn_tensors_close(file);
    return NULL;
}

SnnTensors *snn_tensors_parse(const void *bytes, size_t count, const char *where, SnnError *error)
{
    unsigned char *copy = malloc(count + 1);
    if (copy == NULL) {
        snn_fail(error, "no memory to read (%s)", where);
        return NULL;
    }
    if (count > 0)
        memcpy(copy, bytes, count);
    return tensors_take(copy, count, where, error);
}

/* All bytes of a file, to be freed; NULL with errno set. */
static unsigned char *tensors_slurp(int file, size_t *size)
{
    size_t capacity = 1u << 16;
    ssize_t got = 1;
    unsigned char *bytes = malloc(capacity);
    *size = 0;
    while (bytes != NULL && got != 0) {
        got = read(file, bytes + *size, capacity - *size);
        if (got < 0 && errno != EINTR)
            break;
        *size += got > 0 ? (size_t)got : 0;
        if (*size < capacity)
            continue;
        capacity *= 2;
        unsigned char *grown = realloc(bytes, capacity);
        if (grown == NULL)
            free(bytes);
        bytes = grown;
    }
    if (bytes == NULL || got == 0)
        return bytes;
    free(bytes);
    return NULL;
}

SnnTensors *snn_tensors_open(const char *path, SnnError *error)
{
    size_t size = 0;
    struct stat info;
    int stream = snn_input_open(path, error);
    if (stream < 0)
        return NULL;
    bool told = fstat(stream, &info) == 0, known = told && S_ISREG(info.st_mode);
    bool endless = told && S_ISCHR(info.st_mode); /* /dev/zero, a terminal */
    unsigned char *bytes = endless ? NULL : tensors_slurp(stream, &size);
    if (endless)
        snn_fail(error, "not a readable safetensors file (%s): it is a device", path);
    else if (bytes == NULL)
        snn_fail(error, "cannot read (%s): %s", path, strerror(errno));
    close(stream);
    SnnTensors *file = bytes == NULL ? NULL : tensors_take(bytes, size, path, error);
    if (file != NULL && known)
        file->identity = snn_identity(&info);
    return file;
}

const SnnIdentity *snn_tensors_identity(const SnnTensors *tensors)
{
    return &tensors->identity;
}

void snn_tensors_close(SnnTensors *tensors)
{
    if (tensors == NULL)
        return;
    for (int i = 0; i < tensors->count; i++)
        free(tensors->tensors[i].name);
    for (int i = 0; i < tensors->pairs; i++) {
        free(tensors->metadata[i].key);
        free(tensors->metadata[i].value);
    }
    free(tensors->tensors);
    free(tensors->metadata);
    free(tensors->bytes);
    free(tensors);
}

int snn_tensors_count(const SnnTensors *tensors)
{
    return tensors->count;
}

const SnnTensor *snn_tensors_at(const SnnTensors *tensors, int index)
{
    return &tensors->tensors[index];
}

const SnnTensor *snn_tensors_find(const SnnTensors *tensors, const char *name)
{
    for (int i = 0; i < tensors->count; i++)
        if (strcmp(tensors->tensors[i].name, name) == 0)
            return &tensors->tensors[i];
    return NULL;
}

const char *snn_tensors_metadata(const SnnTensors *tensors, const char *key)
{
    for (int i = 0; i < tensors->pairs; i++)
        if (strcmp(tensors->metadata[i].key, key) == 0)
            return tensors->metadata[i].value;
    return NULL;
}

bool snn_tensors_natural(const SnnTensors *file, const char *key, int64_t high, int64_t *number)
{
    const char *text = snn_tensors_metadata(file, key);
    char *end = NULL;
    errno = 0;
    *number = text == NULL ? -1 : strtoll(text, &end, 10);
    return text != NULL && errno == 0 && end != text && *end == '\0' && *number >= 0 && *number <= high;
}
