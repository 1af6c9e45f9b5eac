/* One IDX file. */
#include "snn_idx_file.h"
#include "snn_gzip.h"
#include "snn_numbers.h"

#include <stdio.h>
#include <string.h>

typedef struct IdxType {
    int code; /* 0: none of these */
    size_t size;
    bool whole;
} IdxType;

enum { IDX_I8 = 0x09, IDX_I16 = 0x0B, IDX_I32 = 0x0C, IDX_F32 = 0x0D, IDX_F64 = 0x0E };

static const IdxType idx_types[] = {
    {SNN_IDX_BYTE, 1, true}, {IDX_I8, 1, true},   {IDX_I16, 2, true}, {IDX_I32, 4, true},
    {IDX_F32, 4, false},     {IDX_F64, 8, false}, {0, 0, false},
};

static const IdxType *idx_type(int code)
{
    const IdxType *type = idx_types;
    while (type->code != 0 && type->code != code)
        type++;
    return type;
}

/* Of an element, in bytes. */
static size_t idx_size(int type)
{
    return idx_type(type)->size;
}

bool snn_idx_is_whole(int type)
{
    return idx_type(type)->whole;
}

/* So many bytes, the highest first. */
static uint64_t idx_bits(const unsigned char *at, size_t bytes)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++)
        bits = bits << 8 | at[i];
    return bits;
}

/* The highest bit takes away what it would add. */
static double idx_signed(const unsigned char *at, size_t bytes)
{
    int64_t bits = (int64_t)idx_bits(at, bytes), all = (int64_t)1 << 8 * bytes;
    return (double)(bits >= all / 2 ? bits - all : bits);
}

static double idx_single(const unsigned char *at)
{
    uint32_t bits = (uint32_t)idx_bits(at, 4);
    float number;
    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static double idx_double(const unsigned char *at)
{
    uint64_t bits = idx_bits(at, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static double idx_number(const unsigned char *at, int type)
{
    switch (type) {
    case SNN_IDX_BYTE: return at[0];
    case IDX_I8: return idx_signed(at, 1);
    case IDX_I16: return idx_signed(at, 2);
    case IDX_I32: return idx_signed(at, 4);
    case IDX_F32: return idx_single(at);
    default: return idx_double(at);
    }
}

static bool idx_truncated(const SnnIdxFile *file, size_t expected, size_t found, SnnError *error)
{
    return snn_fail(error, "truncated (%s): %zu bytes expected, %zu found; get the file anew", file->path,
                    expected, found);
}

static bool idx_read_header(SnnIdxFile *file, SnnReader *reader, SnnError *error)
{
    unsigned char magic[4], sizes[4 * SNN_IDX_DIMS];
    size_t got;
    if (!snn_reader_read(reader, magic, 4, &got, error))
        return false;
    if (got < 4)
        return idx_truncated(file, 4, got, error);
    file->type = magic[2];
    file->ndim = magic[3];
    if (magic[0] != 0 || magic[1] != 0 || idx_type(file->type)->code == 0)
        return snn_fail(
            error,
            "not an IDX file (%s): it begins with %02x %02x %02x %02x, not with 00 00, a type from "
            "08 to 0e and the number of dimensions",
            file->path, magic[0], magic[1], magic[2], magic[3]);
    if (file->ndim < 1 || file->ndim > SNN_IDX_DIMS)
        return snn_fail(error, "unusable IDX file (%s): it has %d dimensions, 1 to %d are supported",
                        file->path, file->ndim, SNN_IDX_DIMS);
    size_t header = 4 * (size_t)file->ndim;
    if (!snn_reader_read(reader, sizes, header, &got, error))
        return false;
    if (got < header)
        return idx_truncated(file, 4 + header, 4 + got, error);
    for (int i = 0; i < file->ndim; i++)
        file->dims[i] = (uint32_t)idx_bits(sizes + 4 * i, 4);
    return true;
}

static bool idx_no_room(const SnnIdxFile *file, const SnnStore *store, size_t bytes, SnnError *error)
{
    char what[64];
    snprintf(what, sizeof what, "the %zu bytes of its data", bytes);
    return snn_store_no_room(store, file->path, what, error);
}

/* Reads `wanted` bytes in growing pieces, so that a lying header does not allocate more than the file has. */
static bool idx_read_elements(SnnIdxFile *file, SnnReader *reader, size_t wanted, SnnError *error)
{
    size_t capacity = 0, bytes = 0, got;
    while (bytes < wanted) {
        capacity = capacity == 0 ? (size_t)1 << 22 : capacity * 2;
        capacity = capacity > wanted ? wanted : capacity;
        if (!snn_store_resize(&file->store, capacity, file->budget))
            return idx_no_room(file, &file->store, wanted, error);
        if (!snn_reader_read(reader, (unsigned char *)file->store.at + bytes, capacity - bytes, &got, error))
            return false;
        bytes += got;
        if (bytes < capacity)
            return idx_truncated(file, 4 + 4 * (size_t)file->ndim + wanted,
                                 4 + 4 * (size_t)file->ndim + bytes, error);
    }
    return true;
}

static bool idx_read_rest(SnnIdxFile *file, SnnReader *reader, SnnError *error)
{
    size_t size = idx_size(file->type), wanted = size, got;
    for (int i = 0; i < file->ndim; i++) {
        if (file->dims[i] != 0 && wanted > (SIZE_MAX / 4) / file->dims[i])
            return snn_fail(error, "unusable IDX file (%s): its dimensions are too large", file->path);
        wanted *= file->dims[i];
    }
    if (!idx_read_elements(file, reader, wanted, error))
        return false;
    file->count = wanted / size;
    unsigned char more;
    if (!snn_reader_read(reader, &more, 1, &got, error))
        return false;
    return got == 0
           || snn_fail(error, "too long (%s): there are bytes behind the %zu that its header announces",
                       file->path, 4 + 4 * (size_t)file->ndim + wanted);
}

bool snn_idx_open(SnnIdxFile *file, const char *path, size_t budget, SnnError *error)
{
    *file = (SnnIdxFile){.path = path, .budget = budget};
    SnnReader *reader = snn_reader_open(path, error);
    bool ok = reader != NULL && idx_read_header(file, reader, error) && idx_read_rest(file, reader, error);
    snn_reader_close(reader);
    if (!ok)
        snn_idx_close(file);
    return ok;
}

void snn_idx_close(SnnIdxFile *file)
{
    snn_store_free(&file->store);
}

/* ---- its elements as numbers ------------------------------------------------------------------------ */

/* Room for all of them in 4 bytes each: where they are, if they have these. Element i is read before it is written,
 * and nothing behind it is overwritten. */
static bool idx_room(SnnStore *room, const SnnIdxFile *file, SnnError *error)
{
    *room = (SnnStore){0};
    return idx_size(file->type) >= 4 || snn_store_resize(room, 4 * file->count, file->budget)
           || idx_no_room(file, room, 4 * file->count, error);
}

/* What is in the room is what the file has now; after a failure it keeps what it has. */
static bool idx_replace(SnnIdxFile *file, SnnStore *room, bool ok)
{
    if (room->at != NULL && ok) {
        snn_store_free(&file->store);
        file->store = *room;
    } else if (room->at != NULL) {
        snn_store_free(room);
    }
    return ok;
}

static size_t idx_sample(const SnnIdxFile *file, size_t index)
{
    return index / (file->count / file->dims[0]);
}

static double idx_element(const SnnIdxFile *file, size_t index)
{
    return idx_number((const unsigned char *)file->store.at + index * idx_size(file->type), file->type);
}

bool snn_idx_make_reals(SnnIdxFile *file, SnnError *error)
{
    SnnStore room;
    if (!idx_room(&room, file, error))
        return false;
    char *to = room.at != NULL ? room.at : file->store.at;
    bool ok = true;
    for (size_t i = 0; ok && i < file->count; i++) {
        double number = idx_element(file, i);
        float real = (float)number;
        ok = snn_numbers_check(number, idx_sample(file, i), file->path, error);
        memcpy(to + i * sizeof real, &real, sizeof real);
    }
    return idx_replace(file, &room, ok);
}

bool snn_idx_make_labels(SnnIdxFile *file, int below, const char *name, SnnError *error)
{
    SnnStore room;
    if (!idx_room(&room, file, error))
        return false;
    char *to = room.at != NULL ? room.at : file->store.at;
    bool ok = true;
    for (size_t i = 0; ok && i < file->count; i++) {
        double number = idx_element(file, i);
        int32_t label = (int32_t)number;
        ok = snn_numbers_check_label(number, below, name, idx_sample(file, i), file->path, error);
        memcpy(to + i * sizeof label, &label, sizeof label);
    }
    return idx_replace(file, &room, ok);
}

SnnStore snn_idx_take(SnnIdxFile *file)
{
    SnnStore elements = file->store;
    file->store = (SnnStore){0};
    return elements;
}
