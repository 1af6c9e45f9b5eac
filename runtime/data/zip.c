/* ZIP: files, each with a header of its own, then a directory of them all, and where that is at the end. */
#include "snn_zip.h"
#include "snn_bytes.h"
#include "snn_inflate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ZIP_LOCAL = 0x04034b50,
    ZIP_ENTRY = 0x02014b50,
    ZIP_END = 0x06054b50,
    ZIP_LOCAL_SIZE = 30,
    ZIP_ENTRY_SIZE = 46,
    ZIP_END_SIZE = 22,
    ZIP_STORED = 0,
    ZIP_DEFLATED = 8
};

/* zlib packs no better. */
#define ZIP_BEST 1032

/* An entry of the directory. */
typedef struct ZipEntry {
    const char *name; /* [length], no NUL behind it */
    size_t length;
    uint32_t method, checksum, packed, size, local;
    bool secret;
    uint64_t next; /* where the next one is */
} ZipEntry;

static uint32_t zip_number(const SnnMap *map, uint64_t at, size_t size)
{
    return (uint32_t)snn_bytes_whole(map->at + at, size, false);
}

static bool zip_is_at(const SnnMap *map, uint64_t at, uint64_t size, uint32_t magic)
{
    return at <= map->size && size <= map->size - at && zip_number(map, at, 4) == magic;
}

bool snn_zip_is(const SnnMap *map)
{
    return zip_is_at(map, 0, 4, ZIP_LOCAL) || zip_is_at(map, 0, ZIP_END_SIZE, ZIP_END);
}

static bool zip_corrupt(const SnnMap *map, const char *why, SnnError *error)
{
    return snn_fail(error, "corrupt or truncated (%s): %s; get the file anew", map->path, why);
}

/* A comment may stand behind the end: then the end says how long it is. */
static bool zip_find_end(const SnnMap *map, uint64_t *end)
{
    uint64_t most = map->size < ZIP_END_SIZE ? 0 : map->size - ZIP_END_SIZE + 1;
    for (uint64_t back = 0; back < most && back <= UINT16_MAX; back++) {
        *end = map->size - ZIP_END_SIZE - back;
        if (zip_number(map, *end, 4) == ZIP_END && zip_number(map, *end + 20, 2) == back)
            return true;
    }
    return false;
}

/* Where the directory begins, and how many entries it has. */
static bool zip_find(const SnnMap *map, uint64_t *at, uint32_t *count, SnnError *error)
{
    uint64_t end = 0;
    if (!zip_find_end(map, &end))
        return zip_corrupt(map, "it has no directory at its end", error);
    *at = zip_number(map, end + 16, 4);
    *count = zip_number(map, end + 10, 2);
    return (*at != UINT32_MAX && *count != UINT16_MAX)
           || snn_fail(error, "too large (%s): archives of more than 4 GB are not read; use several",
                       map->path);
}

static bool zip_entry(ZipEntry *entry, const SnnMap *map, uint64_t at, SnnError *error)
{
    if (!zip_is_at(map, at, ZIP_ENTRY_SIZE, ZIP_ENTRY))
        return zip_corrupt(map, "its directory is not where it should be", error);
    *entry = (ZipEntry){.name = (const char *)map->at + at + ZIP_ENTRY_SIZE,
                        .length = zip_number(map, at + 28, 2),
                        .method = zip_number(map, at + 10, 2),
                        .checksum = zip_number(map, at + 16, 4),
                        .packed = zip_number(map, at + 20, 4),
                        .size = zip_number(map, at + 24, 4),
                        .local = zip_number(map, at + 42, 4),
                        .secret = (zip_number(map, at + 8, 2) & 1) != 0};
    entry->next =
        at + ZIP_ENTRY_SIZE + entry->length + zip_number(map, at + 30, 2) + zip_number(map, at + 32, 2);
    return entry->next <= map->size || zip_corrupt(map, "its directory ends within an entry", error);
}

static bool zip_is_called(const ZipEntry *entry, const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return entry->length == length + tail && memcmp(entry->name, name, length) == 0
           && memcmp(entry->name + length, end, tail) == 0;
}

/* Adds "`x`" to the names, unless there is no room. */
static void zip_add_name(char *names, size_t size, const ZipEntry *entry, const char *end)
{
    size_t used = strlen(names), tail = strlen(end), length = entry->length;
    if (length >= tail && memcmp(entry->name + length - tail, end, tail) == 0)
        length -= tail;
    if (length < 100 && used + length + 8 < size)
        snprintf(names + used, size - used, "%s`%.*s`", used > 0 ? ", " : "", (int)length, entry->name);
}

static bool zip_missing(const SnnMap *map, const char *name, const char *names, SnnError *error)
{
    return snn_fail(error, "missing array (%s): there is no `%s`; there %s%s", map->path, name,
                    names[0] != '\0' ? "are " : "is nothing", names);
}

static bool zip_search(ZipEntry *entry, const SnnMap *map, const char *name, const char *end, SnnError *error)
{
    char names[1024] = "";
    uint64_t at = 0;
    uint32_t count = 0;
    if (!zip_find(map, &at, &count, error))
        return false;
    for (uint32_t i = 0; i < count; i++, at = entry->next) {
        if (!zip_entry(entry, map, at, error))
            return false;
        if (zip_is_called(entry, name, end))
            return true;
        zip_add_name(names, sizeof names, entry, end);
    }
    return zip_missing(map, name, names, error);
}

static bool zip_unpack(SnnZipFile *file, const ZipEntry *entry, const SnnMap *map, const char *name,
                       const unsigned char *from, size_t budget, SnnError *error)
{
    if (!snn_inflate_possible())
        return snn_fail(error, "packed (%s): this program was compiled without zlib; write it by numpy.savez",
                        map->path);
    if (entry->size / ZIP_BEST > entry->packed)
        return zip_corrupt(map, "it announces more than is packed in it", error);
    char what[128];
    snprintf(what, sizeof what, "the %u bytes of `%.64s`", entry->size, name);
    if (!snn_store_resize(&file->store, (size_t)entry->size + 1, budget))
        return snn_store_no_room(&file->store, map->path, what, error);
    file->at = file->store.at;
    file->size = entry->size;
    return snn_inflate(file->store.at, entry->size, from, entry->packed, true)
           || zip_corrupt(map, "what is packed in it cannot be unpacked", error);
}

static bool zip_take(SnnZipFile *file, const ZipEntry *entry, const SnnMap *map, const char *name,
                     size_t budget, SnnError *error)
{
    if (entry->packed == UINT32_MAX || entry->size == UINT32_MAX || entry->local == UINT32_MAX)
        return snn_fail(error, "too large (%s): `%s` has more than 2 GB; write it as a file of its own",
                        map->path, name);
    if (entry->secret || (entry->method != ZIP_STORED && entry->method != ZIP_DEFLATED))
        return snn_fail(error,
                        "unknown packing (%s): `%s` is %s; write it by numpy.savez or numpy.savez_compressed",
                        map->path, name, entry->secret ? "encrypted" : "packed in another way than by zlib");
    if (!zip_is_at(map, entry->local, ZIP_LOCAL_SIZE, ZIP_LOCAL))
        return zip_corrupt(map, "a file is not where its directory says", error);
    uint64_t at = (uint64_t)entry->local + ZIP_LOCAL_SIZE + zip_number(map, (uint64_t)entry->local + 26, 2)
                  + zip_number(map, (uint64_t)entry->local + 28, 2);
    if (at > map->size || entry->packed > map->size - at)
        return zip_corrupt(map, "it ends within a file", error);
    if (entry->method == ZIP_DEFLATED)
        return zip_unpack(file, entry, map, name, map->at + at, budget, error);
    file->at = map->at + at;
    file->size = entry->size;
    return entry->size == entry->packed || zip_corrupt(map, "a file has two sizes", error);
}

bool snn_zip_open(SnnZipFile *file, const SnnMap *map, const char *name, const char *end, size_t budget,
                  SnnError *error)
{
    ZipEntry entry;
    *file = (SnnZipFile){0};
    bool ok = zip_search(&entry, map, name, end, error) && zip_take(file, &entry, map, name, budget, error)
              && (snn_inflate_sound(file->at, file->size, entry.checksum)
                  || zip_corrupt(map, "a file has not its checksum", error));
    if (!ok) {
        snn_store_free(&file->store);
        *file = (SnnZipFile){0};
    }
    return ok;
}
