/* What the headers of HDF5 files say. The numbers below are those of the HDF5 File Format Specification, version 3. */
#include "snn_hdf5_object.h"
#include "snn_bytes.h"

#include <string.h>

enum { OBJECT_BLOCKS = 64, OBJECT_NODES = 100000, OBJECT_DEPTH = 16 };

/* The kinds of messages that are read. */
enum {
    OBJECT_SPACE = 0x01,
    OBJECT_LINKS = 0x02,
    OBJECT_TYPE = 0x03,
    OBJECT_LINK = 0x06,
    OBJECT_LAYOUT = 0x08,
    OBJECT_FILTERS = 0x0B,
    OBJECT_CONTINUE = 0x10,
    OBJECT_TABLE = 0x11
};

/* One header while it is read. */
typedef struct ObjectReader {
    const SnnHdf5 *file;
    SnnHdf5Object *object;
    const char *wanted;
    size_t length;
    struct {
        uint64_t place, bytes;
    } blocks[OBJECT_BLOCKS]; /* of messages; the first are read */
    int block_count;
    bool marked; /* as version 2 has them: messages of 4 bytes and more before their content, */
    int ordered; /* and in some files 2 more */
    SnnError *error;
} ObjectReader;

/* A message, or what is left of it. */
typedef struct ObjectMessage {
    const unsigned char *at;
    size_t size;
} ObjectMessage;

uint64_t snn_hdf5_whole(const unsigned char *at, size_t size)
{
    return snn_bytes_whole(at, size, false);
}

const unsigned char *snn_hdf5_bytes(const SnnHdf5 *file, uint64_t place, uint64_t size, SnnError *error)
{
    if (place <= file->map.size && size <= file->map.size - place)
        return file->map.at + place;
    snn_fail(error,
             "truncated or corrupt (%s): %llu bytes at %llu are needed, the file has %llu; get it anew",
             file->map.path, (unsigned long long)size, (unsigned long long)place,
             (unsigned long long)file->map.size);
    return NULL;
}

static bool object_corrupt(const ObjectReader *reader, const char *what)
{
    return snn_fail(reader->error, "corrupt (%s): %s; get the file anew", reader->file->map.path, what);
}

static bool object_foreign(const ObjectReader *reader, const char *what)
{
    return snn_fail(reader->error,
                    "unusable HDF5 file (%s): it has %s; write it anew with h5py, as `h5py.File(name, 'w')`",
                    reader->file->map.path, what);
}

/* ---- names of a group ------------------------------------------------------------------------------ */

static bool object_names(const ObjectReader *reader, const unsigned char *name, uint64_t room)
{
    return room > reader->length && memcmp(name, reader->wanted, reader->length) == 0
           && name[reader->length] == '\0';
}

/* Entries of a symbol table: of each name, where it stands in the heap, and where its header is. */
static bool object_entries(const ObjectReader *reader, uint64_t place, uint64_t names)
{
    enum { ENTRY = 40 };
    const SnnHdf5 *file = reader->file;
    const unsigned char *node = snn_hdf5_bytes(file, place, 8, reader->error);
    if (node == NULL)
        return false;
    uint64_t count = snn_hdf5_whole(node + 6, 2);
    if (memcmp(node, "SNOD", 4) != 0)
        return object_corrupt(reader, "names of a group are not where they should be");
    const unsigned char *entries = snn_hdf5_bytes(file, place + 8, count * ENTRY, reader->error);
    if (entries == NULL)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = names + snn_hdf5_whole(entries + ENTRY * i, 8);
        if (at < file->map.size && object_names(reader, file->map.at + at, file->map.size - at))
            reader->object->found = snn_hdf5_whole(entries + ENTRY * i + 8, 8);
    }
    return true;
}

/* A tree of symbol tables: nodes hold places of nodes of the level below. */
static bool object_tree(const ObjectReader *reader, uint64_t place, uint64_t names)
{
    enum { HEAD = 24, KEY = 8, CHILD = 16 };
    struct {
        uint64_t place;
        int level;
    } left[OBJECT_DEPTH * 64] = {{place, OBJECT_DEPTH}};
    int count = 1;
    for (int nodes = 0; count > 0; nodes++) {
        uint64_t at = left[--count].place;
        int above = left[count].level;
        const unsigned char *node = snn_hdf5_bytes(reader->file, at, HEAD, reader->error);
        if (node == NULL)
            return false;
        int level = node[5];
        uint64_t used = snn_hdf5_whole(node + 6, 2);
        if (memcmp(node, "TREE", 4) != 0 || node[4] != 0 || level >= above || nodes > OBJECT_NODES)
            return object_corrupt(reader, "the tree of a group's names is broken");
        const unsigned char *children =
            snn_hdf5_bytes(reader->file, at + HEAD, used * CHILD + KEY, reader->error);
        if (children == NULL)
            return false;
        for (uint64_t i = 0; i < used; i++) {
            uint64_t child = snn_hdf5_whole(children + CHILD * i + KEY, 8);
            if (level == 0 && !object_entries(reader, child, names))
                return false;
            if (level > 0 && count == (int)(sizeof left / sizeof *left))
                return object_foreign(reader, "too many names in a group");
            if (level > 0) {
                left[count].place = child;
                left[count++].level = level;
            }
        }
    }
    return true;
}

static bool object_table(const ObjectReader *reader, ObjectMessage message)
{
    if (message.size < 16)
        return object_corrupt(reader, "a group has no names");
    uint64_t tree = snn_hdf5_whole(message.at, 8), heap = snn_hdf5_whole(message.at + 8, 8);
    const unsigned char *head = snn_hdf5_bytes(reader->file, heap, 32, reader->error);
    if (head == NULL)
        return false;
    if (memcmp(head, "HEAP", 4) != 0)
        return object_corrupt(reader, "names of a group are not where they should be");
    return object_tree(reader, tree, snn_hdf5_whole(head + 24, 8));
}

/* A name by itself: version, flags, what the flags announce, and where the header is. */
static bool object_link(const ObjectReader *reader, ObjectMessage message)
{
    if (message.size < 3)
        return object_corrupt(reader, "a name in a group is broken");
    unsigned flags = message.at[1];
    size_t at = 2, digits = (size_t)1 << (flags & 3);
    bool hard = (flags & 8) == 0 || message.at[at] == 0;
    at += (flags & 8 ? 1u : 0u) + (flags & 4 ? 8u : 0u) + (flags & 16 ? 1u : 0u);
    if (at + digits > message.size)
        return object_corrupt(reader, "a name in a group is broken");
    uint64_t length = snn_hdf5_whole(message.at + at, digits);
    at += digits;
    if (length > message.size - at || (hard && message.size - at - length < 8))
        return object_corrupt(reader, "a name in a group is broken");
    if (hard && length == reader->length && memcmp(message.at + at, reader->wanted, reader->length) == 0)
        reader->object->found = snn_hdf5_whole(message.at + at + length, 8);
    return true;
}

/* Whether a group's names are in a heap of their own: there are many. */
static bool object_links(const ObjectReader *reader, ObjectMessage message)
{
    if (message.size < 2)
        return object_corrupt(reader, "a group has no names");
    size_t at = 2 + (message.at[1] & 1 ? 8u : 0u);
    if (message.size < at + 8 || snn_hdf5_whole(message.at + at, 8) == UINT64_MAX)
        return true;
    return object_foreign(reader, "a group of very many names");
}

/* ---- arrays ---------------------------------------------------------------------------------------- */

static bool object_space(const ObjectReader *reader, ObjectMessage message)
{
    if (message.size < 4)
        return object_corrupt(reader, "an array has no shape");
    size_t at = message.at[0] == 1 ? 8 : 4;
    reader->object->ndim = message.at[1];
    reader->object->shaped = true;
    if (reader->object->ndim > SNN_HDF5_DIMS)
        return true;
    if (message.size < at + 8 * (size_t)reader->object->ndim)
        return object_corrupt(reader, "an array has no shape");
    for (int i = 0; i < reader->object->ndim; i++)
        reader->object->dims[i] = snn_hdf5_whole(message.at + at + 8 * (size_t)i, 8);
    return true;
}

/* Places and lengths of exponent and digits, as IEEE 754 has them. */
static bool object_is_ieee(const unsigned char *at, size_t size)
{
    static const struct {
        size_t size;
        unsigned char exponent, exponent_bits, digits;
    } known[] = {{2, 10, 5, 10}, {4, 23, 8, 23}, {8, 52, 11, 52}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].size == size)
            return at[4] == known[i].exponent && at[5] == known[i].exponent_bits && at[6] == 0
                   && at[7] == known[i].digits;
    return false;
}

static bool object_type(const ObjectReader *reader, ObjectMessage message)
{
    enum { WHOLE, REAL, ROWS = 9, HEAD = 8 };
    SnnHdf5Object *object = reader->object;
    object->typed = true;
    if (message.size < HEAD)
        return object_corrupt(reader, "an array has no type");
    int class = message.at[0] & 15;
    object->step = (size_t)snn_hdf5_whole(message.at + 4, 4);
    if (class == ROWS) {
        object->rows = (message.at[1] & 15) == 0 && object->step == 16;
        message = (ObjectMessage){message.at + HEAD, message.size - HEAD};
        class = object->rows && message.size >= HEAD ? message.at[0] & 15 : -1;
    }
    size_t least = class == WHOLE ? HEAD + 4 : HEAD + 12;
    if ((class != WHOLE && class != REAL) || message.size < least)
        return true; /* nothing for us, and size 0 says so */
    size_t size = (size_t)snn_hdf5_whole(message.at + 4, 4);
    bool right = class == WHOLE ? size == 1 || size == 2 || size == 4 || size == 8
                                : object_is_ieee(message.at + HEAD, size);
    object->kind = class == REAL ? SNN_HDF5_REAL : message.at[1] & 8 ? SNN_HDF5_SIGNED : SNN_HDF5_WHOLE;
    object->big = (message.at[1] & 1) != 0;
    object->size = right ? size : 0;
    return true;
}

static bool object_layout(const ObjectReader *reader, ObjectMessage message)
{
    enum { COMPACT, WHOLE, CHUNKED };
    SnnHdf5Object *object = reader->object;
    object->stored = true;
    if (message.size < 4)
        return object_corrupt(reader, "an array is nowhere");
    int version = message.at[0], class = message.at[1];
    if (version < 3 || version > 4 || (version == 4 && class == CHUNKED))
        return object_foreign(reader, "an array in an order of another version");
    if (class == COMPACT) {
        object->store = SNN_HDF5_HERE;
        object->place = (uint64_t)(message.at + 4 - reader->file->map.at);
        object->bytes = snn_hdf5_whole(message.at + 2, 2);
        return object->bytes <= message.size - 4 || object_corrupt(reader, "an array is nowhere");
    }
    if (message.size < 18 || (class == CHUNKED && message.size < 19))
        return object_corrupt(reader, "an array is nowhere");
    object->place = snn_hdf5_whole(message.at + (class == CHUNKED ? 3 : 2), 8);
    object->bytes = class == WHOLE ? snn_hdf5_whole(message.at + 10, 8) : 0;
    object->store = object->place == UINT64_MAX ? SNN_HDF5_NOWHERE
                    : class == WHOLE            ? SNN_HDF5_HERE
                                                : SNN_HDF5_CHUNKS;
    /* Their extents, and behind these the bytes of an element. */
    object->chunk_ndim = class == CHUNKED ? message.at[2] - 1 : 0;
    for (int i = 0; i < object->chunk_ndim && i < SNN_HDF5_DIMS; i++) {
        if (message.size < 15 + 4 * (size_t)i)
            return object_corrupt(reader, "the parts of an array have no size");
        object->chunk[i] = (uint32_t)snn_hdf5_whole(message.at + 11 + 4 * i, 4);
    }
    return true;
}

/* Filters are numbers, names that fill 8 bytes, and values of 4 bytes each. */
static bool object_filters(const ObjectReader *reader, ObjectMessage message)
{
    SnnHdf5Object *object = reader->object;
    if (message.size < 2)
        return object_corrupt(reader, "a filter is broken");
    bool first = message.at[0] == 1;
    int count = message.at[1];
    size_t at = first ? 8 : 2;
    if (count > SNN_HDF5_FILTERS)
        return object_foreign(reader, "more than 4 filters of an array");
    for (int i = 0; i < count; i++) {
        if (message.size < at + 8)
            return object_corrupt(reader, "a filter is broken");
        int id = (int)snn_hdf5_whole(message.at + at, 2);
        bool named = first || id >= 256;
        size_t name = named ? (size_t)snn_hdf5_whole(message.at + at + 2, 2) : 0;
        size_t values = (size_t)snn_hdf5_whole(message.at + at + (named ? 6 : 4), 2);
        name = first ? (name + 7) / 8 * 8 : name;
        at += (named ? 8 : 6) + name + 4 * values + (first && values % 2 == 1 ? 4 : 0);
        object->filters[object->filter_count++] = id;
    }
    return true;
}

/* ---- messages -------------------------------------------------------------------------------------- */

static bool object_continue(ObjectReader *reader, ObjectMessage message)
{
    if (message.size < 16)
        return object_corrupt(reader, "a header goes on nowhere");
    if (reader->block_count == OBJECT_BLOCKS)
        return object_foreign(reader, "a header in too many pieces");
    reader->blocks[reader->block_count].place = snn_hdf5_whole(message.at, 8);
    reader->blocks[reader->block_count++].bytes = snn_hdf5_whole(message.at + 8, 8);
    return true;
}

static bool object_message(ObjectReader *reader, int kind, unsigned flags, ObjectMessage message)
{
    bool shared = (flags & 2) != 0;
    if (shared && (kind == OBJECT_SPACE || kind == OBJECT_TYPE || kind == OBJECT_FILTERS))
        return object_foreign(reader, "a type with a name");
    switch (kind) {
    case OBJECT_SPACE: return object_space(reader, message);
    case OBJECT_LINKS: return object_links(reader, message);
    case OBJECT_TYPE: return object_type(reader, message);
    case OBJECT_LINK: return object_link(reader, message);
    case OBJECT_LAYOUT: return object_layout(reader, message);
    case OBJECT_FILTERS: return object_filters(reader, message);
    case OBJECT_CONTINUE: return object_continue(reader, message);
    case OBJECT_TABLE: return object_table(reader, message);
    default: return true;
    }
}

/* Messages one behind the other: kind, size, flags, and their content. */
static bool object_block(ObjectReader *reader, uint64_t place, uint64_t bytes)
{
    size_t head = reader->marked ? 4 + (size_t)reader->ordered : 8;
    const unsigned char *at = snn_hdf5_bytes(reader->file, place, bytes, reader->error);
    if (at == NULL)
        return false;
    while (bytes >= head) {
        int kind = reader->marked ? at[0] : (int)snn_hdf5_whole(at, 2);
        uint64_t size = snn_hdf5_whole(at + (reader->marked ? 1 : 2), 2);
        unsigned flags = at[reader->marked ? 3 : 4];
        if (size > bytes - head)
            return object_corrupt(reader, "a header ends within a message");
        if (!object_message(reader, kind, flags, (ObjectMessage){at + head, (size_t)size}))
            return false;
        at += head + size;
        bytes -= head + size;
    }
    return true;
}

/* In version 2 a block that goes on has four letters before it, and a checksum behind. */
static bool object_blocks(ObjectReader *reader)
{
    for (int i = 0; i < reader->block_count; i++) {
        uint64_t place = reader->blocks[i].place, bytes = reader->blocks[i].bytes;
        bool marked = i > 0 && reader->marked;
        if (marked && bytes < 8)
            return object_corrupt(reader, "a header goes on nowhere");
        if (!object_block(reader, place + (marked ? 4 : 0), bytes - (marked ? 8 : 0)))
            return false;
    }
    return true;
}

static bool object_second(ObjectReader *reader, uint64_t place, unsigned flags)
{
    uint64_t at = place + 6 + (flags & 32 ? 16u : 0u) + (flags & 16 ? 4u : 0u), digits = 1u << (flags & 3);
    const unsigned char *bytes = snn_hdf5_bytes(reader->file, at, digits, reader->error);
    if (bytes == NULL)
        return false;
    reader->marked = true;
    reader->ordered = flags & 4 ? 2 : 0;
    reader->blocks[reader->block_count].place = at + digits;
    reader->blocks[reader->block_count++].bytes = snn_hdf5_whole(bytes, digits);
    return object_blocks(reader);
}

bool snn_hdf5_object(SnnHdf5Object *object, const SnnHdf5 *file, uint64_t place, const char *wanted,
                     size_t length, SnnError *error)
{
    enum { FIRST = 16 };
    ObjectReader reader = {
        .file = file, .object = object, .wanted = wanted, .length = length, .error = error};
    *object = (SnnHdf5Object){0};
    const unsigned char *head = snn_hdf5_bytes(file, place, FIRST, error);
    if (head == NULL)
        return false;
    if (memcmp(head, "OHDR", 4) == 0)
        return object_second(&reader, place, head[5]);
    if (head[0] != 1)
        return object_corrupt(&reader, "a header is not where it should be");
    reader.blocks[reader.block_count].place = place + FIRST;
    reader.blocks[reader.block_count++].bytes = snn_hdf5_whole(head + 8, 4);
    return object_blocks(&reader);
}
