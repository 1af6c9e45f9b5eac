/* HDF5 files: finding arrays, and putting together those that are stored in pieces. */
#include "snn_hdf5.h"
#include "snn_bytes.h"
#include "snn_hdf5_object.h"
#include "snn_inflate.h"

#include <stdlib.h>
#include <string.h>

enum { HDF5_NODES = 1 << 20, HDF5_DEPTH = 16 };

/* ---- the file -------------------------------------------------------------------------------------- */

static bool hdf5_root(SnnHdf5 *file, SnnError *error)
{
    enum { SUPERBLOCK = 48 };
    static const unsigned char magic[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    const unsigned char *at = file->map.at;
    if (file->map.size < sizeof magic || memcmp(at, magic, sizeof magic) != 0)
        return snn_fail(error, "not an HDF5 file (%s): it does not begin as one%s", file->map.path,
                        file->map.size > 2 && at[0] == 0x1f && at[1] == 0x8b
                            ? ", but as what gzip packed: unpack it with gunzip"
                            : "");
    if (snn_hdf5_bytes(file, 0, SUPERBLOCK, error) == NULL)
        return false;
    int version = at[8];
    bool old = version < 2;
    uint64_t place = version == 0 ? 64 : version == 1 ? 68 : 36;
    if (version > 3 || at[old ? 13 : 9] != 8 || at[old ? 14 : 10] != 8)
        return snn_fail(error,
                        "unusable HDF5 file (%s): it is of an unknown version; write it anew with h5py, as "
                        "`h5py.File(name, 'w')`",
                        file->map.path);
    const unsigned char *root = snn_hdf5_bytes(file, place, 8, error);
    if (root == NULL)
        return false;
    file->root = snn_hdf5_whole(root, 8);
    return true;
}

bool snn_hdf5_open(SnnHdf5 *file, const char *path, SnnError *error)
{
    *file = (SnnHdf5){0};
    if (!snn_map_open(&file->map, path, error))
        return false;
    if (hdf5_root(file, error))
        return true;
    snn_hdf5_close(file);
    return false;
}

void snn_hdf5_close(SnnHdf5 *file)
{
    snn_map_close(&file->map);
}

/* ---- arrays in chunks ------------------------------------------------------------------------------ */

/* Elements are numbers, or rows of a length of their own; those of one dimension have one column. */
typedef struct Hdf5Chunks {
    const SnnHdf5Object *object;
    size_t element;         /* in bytes */
    uint64_t columns;       /* of the array */
    uint64_t height, width; /* of a chunk */
    unsigned char *room;    /* for two chunks */
} Hdf5Chunks;

static size_t hdf5_chunk_bytes(const Hdf5Chunks *chunks)
{
    return (size_t)(chunks->height * chunks->width) * chunks->element;
}

/* Numbers whose first bytes stand together, then their second, ...: as they were. */
static void hdf5_unshuffle(unsigned char *into, const unsigned char *from, size_t bytes, size_t step)
{
    size_t count = bytes / step;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < step; k++)
            into[i * step + k] = from[k * count + i];
    memcpy(into + count * step, from + count * step, bytes - count * step);
}

/* What was done to a chunk, undone, the last first, to the first half of the room. */
static bool hdf5_unfilter(const SnnHdf5Array *array, const Hdf5Chunks *chunks, uint32_t skipped,
                          const unsigned char *from, size_t given, SnnError *error)
{
    enum { DEFLATE = 1, SHUFFLE, CHECKSUM };
    const char *path = array->file->map.path;
    size_t bytes = hdf5_chunk_bytes(chunks);
    unsigned char *into = chunks->room, *spare = chunks->room + bytes;
    for (int i = chunks->object->filter_count - 1; i >= 0; i--) {
        int filter = chunks->object->filters[i];
        if (skipped >> i & 1)
            continue;
        if (filter == DEFLATE && !snn_inflate_possible())
            return snn_fail(error,
                            "compressed data (%s), but this program was compiled with -DSNN_NO_ZLIB: compile "
                            "without that option",
                            path);
        if (filter == CHECKSUM && given >= 4) {
            given -= 4;
        } else if (filter == DEFLATE || (filter == SHUFFLE && given == bytes)) {
            if (filter == SHUFFLE)
                hdf5_unshuffle(spare, from, bytes, chunks->element);
            else if (!snn_inflate(spare, bytes, from, given, false))
                return snn_fail(error, "corrupt (%s): part of `%s` cannot be unpacked; get the file anew",
                                path, array->name);
            memcpy(into, spare, bytes);
            from = into;
            given = bytes;
        } else {
            return snn_fail(error,
                            "unusable HDF5 file (%s): `%s` is packed by filter %d; pack it anew by gzip, as "
                            "`compression='gzip'`, or not at all",
                            path, array->name, filter);
        }
    }
    if (given != bytes)
        return snn_fail(error, "corrupt (%s): part of `%s` has %zu bytes, not %zu; get the file anew", path,
                        array->name, given, bytes);
    if (from != into)
        memcpy(into, from, bytes);
    return true;
}

static uint64_t hdf5_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* In bytes. Of each dimension, and of the bytes of an element, there is where a chunk begins. */
static size_t hdf5_key(const Hdf5Chunks *chunks)
{
    return 8 + 8 * ((size_t)chunks->object->ndim + 1);
}

/* A chunk: its size, which filters it skipped, where its elements begin, and where they are stored. */
static bool hdf5_chunk(SnnHdf5Array *array, const Hdf5Chunks *chunks, const unsigned char *key,
                       SnnError *error)
{
    uint64_t row = snn_hdf5_whole(key + 8, 8), place = snn_hdf5_whole(key + hdf5_key(chunks), 8),
             column = chunks->object->ndim > 1 ? snn_hdf5_whole(key + 16, 8) : 0;
    size_t given = (size_t)snn_hdf5_whole(key, 4), element = chunks->element;
    const unsigned char *from = snn_hdf5_bytes(array->file, place, given, error);
    if (from == NULL)
        return false;
    if (row >= array->count || column >= chunks->columns)
        return true;
    if (!hdf5_unfilter(array, chunks, (uint32_t)snn_hdf5_whole(key + 4, 4), from, given, error))
        return false;
    uint64_t rows = hdf5_least(array->count - row, chunks->height),
             width = hdf5_least(chunks->columns - column, chunks->width);
    for (uint64_t r = 0; r < rows; r++)
        memcpy(array->own + (row + r) * array->step + column * element,
               chunks->room + r * chunks->width * element, (size_t)width * element);
    return true;
}

/* The tree of chunks, as that of names: see hdf5_object.c. */
static bool hdf5_tree(SnnHdf5Array *array, const Hdf5Chunks *chunks, SnnError *error)
{
    enum { HEAD = 24 };
    size_t head = hdf5_key(chunks), child = head + 8;
    struct {
        uint64_t place;
        int level;
    } left[HDF5_DEPTH * 128] = {{chunks->object->place, HDF5_DEPTH}};
    int count = 1;
    for (int nodes = 0; count > 0; nodes++) {
        uint64_t at = left[--count].place;
        int above = left[count].level;
        const unsigned char *node = snn_hdf5_bytes(array->file, at, HEAD, error);
        if (node == NULL)
            return false;
        int level = node[5];
        uint64_t used = snn_hdf5_whole(node + 6, 2);
        if (memcmp(node, "TREE", 4) != 0 || node[4] != 1 || level >= above || nodes > HDF5_NODES
            || (level > 0 && (uint64_t)count + used > sizeof left / sizeof *left))
            return snn_fail(error,
                            "corrupt (%s): the parts of `%s` are not where they should be; get the file anew",
                            array->file->map.path, array->name);
        const unsigned char *keys = snn_hdf5_bytes(array->file, at + HEAD, used * child + head, error);
        if (keys == NULL)
            return false;
        for (uint64_t i = 0; i < used; i++) {
            if (level == 0 && !hdf5_chunk(array, chunks, keys + child * i, error))
                return false;
            if (level > 0) {
                left[count].place = snn_hdf5_whole(keys + child * i + head, 8);
                left[count++].level = level;
            }
        }
    }
    return true;
}

/* What a file of this size can hold, packed as well as it may be. */
static bool hdf5_is_possible(const SnnHdf5Array *array, uint64_t elements, size_t size)
{
    enum { PACKED = 1100 };
    return elements <= array->file->map.size * PACKED / size;
}

static bool hdf5_join(SnnHdf5Array *array, const SnnHdf5Object *object, SnnError *error)
{
    bool packed = object->store == SNN_HDF5_CHUNKS, plane = object->ndim > 1;
    Hdf5Chunks chunks = {.object = object,
                         .element = plane ? array->size : array->step,
                         .columns = plane ? object->dims[1] : 1,
                         .height = object->chunk[0],
                         .width = plane ? object->chunk[1] : 1};
    uint64_t elements = chunks.height * chunks.width; /* of 32 bits each */
    bool right = object->chunk_ndim == object->ndim && elements > 0
                 && hdf5_is_possible(array, elements, chunks.element);
    if (packed && !right)
        return snn_fail(error, "corrupt (%s): the parts of `%s` have no size; get the file anew",
                        array->file->map.path, array->name);
    array->own = calloc((size_t)array->count + 1, array->step);
    array->at = array->own;
    chunks.room = packed ? malloc(2 * hdf5_chunk_bytes(&chunks)) : NULL;
    bool ok = array->own != NULL && (!packed || chunks.room != NULL);
    if (!ok)
        snn_fail(error, "no memory (%s): `%s`", array->file->map.path, array->name);
    ok = ok && (!packed || hdf5_tree(array, &chunks, error));
    free(chunks.room);
    if (!ok)
        snn_hdf5_free(array);
    return ok;
}

/* ---- arrays ---------------------------------------------------------------------------------------- */

/* What the header says of the array, whose elements must be possible in the file. */
static bool hdf5_describe(SnnHdf5Array *array, const SnnHdf5Object *object)
{
    uint64_t width = object->ndim > 1 ? object->dims[1] : 1;
    array->count = object->dims[0];
    array->kind = object->kind;
    array->size = object->size;
    array->big = object->big;
    array->rows = object->rows || object->ndim > 1;
    array->width = object->ndim > 1 ? (uint32_t)width : 0;
    array->step = object->step * (size_t)width;
    return width <= UINT32_MAX && hdf5_is_possible(array, width, object->step)
           && hdf5_is_possible(array, array->count, array->step);
}

static bool hdf5_take(SnnHdf5Array *array, const SnnHdf5Object *object, SnnError *error)
{
    const char *path = array->file->map.path;
    if (!object->shaped || !object->typed || !object->stored)
        return snn_fail(error, "wrong content (%s): `%s` is no array", path, array->name);
    if (object->ndim < 1 || object->ndim > (object->rows ? 1 : SNN_HDF5_DIMS))
        return snn_fail(error, "wrong content (%s): `%s` has %d dimensions, not %s", path, array->name,
                        object->ndim, object->rows ? "1" : "1 or 2");
    if (object->size == 0)
        return snn_fail(error, "wrong content (%s): `%s` is not of numbers", path, array->name);
    if (object->ndim > 1 && object->dims[1] == 0)
        return snn_fail(error, "wrong content (%s): `%s` has rows of no numbers", path, array->name);
    if (object->step == 0 || !hdf5_describe(array, object))
        return snn_fail(error, "corrupt (%s): `%s` has %llu elements, more than the file; get it anew", path,
                        array->name, (unsigned long long)object->dims[0]);
    if (object->store != SNN_HDF5_HERE)
        return hdf5_join(array, object, error);
    if (object->bytes < array->count * array->step)
        return snn_fail(error, "corrupt (%s): `%s` has more elements than are stored; get the file anew",
                        path, array->name);
    array->at = snn_hdf5_bytes(array->file, object->place, array->count * array->step, error);
    return array->at != NULL;
}

bool snn_hdf5_find(SnnHdf5Array *array, const SnnHdf5 *file, const char *name, SnnError *error)
{
    SnnHdf5Object object;
    uint64_t place = file->root;
    *array = (SnnHdf5Array){.file = file, .name = name};
    for (const char *at = name; *at != '\0';) {
        size_t length = strcspn(at, "/");
        if (!snn_hdf5_object(&object, file, place, at, length, error))
            return false;
        if (object.found == 0)
            return snn_fail(error,
                            "wrong content (%s): there is no `%.*s`; `h5ls -r FILE` lists what there is",
                            file->map.path, (int)(at - name + (ptrdiff_t)length), name);
        place = object.found;
        at += length + (at[length] == '/');
    }
    return snn_hdf5_object(&object, file, place, "", 0, error) && hdf5_take(array, &object, error);
}

void snn_hdf5_free(SnnHdf5Array *array)
{
    free(array->own);
    *array = (SnnHdf5Array){0};
}

double snn_hdf5_number(const SnnHdf5Array *array, const unsigned char *at)
{
    switch (array->kind) {
    case SNN_HDF5_WHOLE: return (double)snn_bytes_whole(at, array->size, array->big);
    case SNN_HDF5_SIGNED: return (double)snn_bytes_signed(at, array->size, array->big);
    case SNN_HDF5_REAL: break;
    }
    return snn_bytes_real(at, array->size, array->big);
}

/* ---- rows ------------------------------------------------------------------------------------------ */

/* Objects of a heap, one behind the other: number, uses, size, content. NULL with the error set if there is none of this
 * number and size. */
static const unsigned char *hdf5_heap(const SnnHdf5Array *array, uint64_t place, uint64_t number,
                                      uint64_t bytes, SnnError *error)
{
    enum { HEAD = 16 };
    const unsigned char *heap = snn_hdf5_bytes(array->file, place, HEAD, error);
    if (heap == NULL)
        return NULL;
    uint64_t size = snn_hdf5_whole(heap + 8, 8), at = HEAD;
    bool right = memcmp(heap, "GCOL", 4) == 0 && size >= HEAD && size <= array->file->map.size - place;
    while (right && size - at >= HEAD) {
        uint64_t index = snn_hdf5_whole(heap + at, 2), length = snn_hdf5_whole(heap + at + 8, 8);
        if (index == 0 || length > size - at - HEAD)
            break;
        if (index == number && length >= bytes)
            return heap + at + HEAD;
        uint64_t next = HEAD + (length + 7) / 8 * 8;
        if (next > size - at)
            break;
        at += next;
    }
    snn_fail(error, "corrupt (%s): a row of `%s` is not where it should be; get the file anew",
             array->file->map.path, array->name);
    return NULL;
}

bool snn_hdf5_row(const SnnHdf5Array *array, uint64_t index, SnnHdf5Row *row, SnnError *error)
{
    const unsigned char *at = array->at + index * array->step;
    if (array->width > 0) {
        *row = (SnnHdf5Row){.at = at, .count = array->width};
        return true;
    }
    *row = (SnnHdf5Row){.count = (uint32_t)snn_hdf5_whole(at, 4)};
    if (row->count == 0)
        return true;
    row->at = hdf5_heap(array, snn_hdf5_whole(at + 4, 8), snn_hdf5_whole(at + 12, 4),
                        (uint64_t)row->count * array->size, error);
    return row->at != NULL;
}
