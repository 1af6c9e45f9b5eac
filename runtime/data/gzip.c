/* Files that may be compressed by gzip: in several members, one behind the other, and nothing else behind them.
 * Compiled with -DSNN_NO_ZLIB, a program needs no zlib and reads plain files only. */
#include "snn_gzip.h"
#include "snn_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SNN_NO_ZLIB
#include <zlib.h>
#endif

enum { READER_BUFFER = 1 << 17 };

struct SnnReader {
    int file;
    char *path;
    unsigned char *at; /* what of the buffer nobody has taken */
    size_t left;
    bool begun, packed;
#ifndef SNN_NO_ZLIB
    z_stream unpacker;
    bool within; /* a member */
#endif
    unsigned char buffer[READER_BUFFER];
};

static bool reader_corrupt(const SnnReader *reader, const char *why, SnnError *error)
{
    return snn_fail(error, "corrupt or unreadable (%s): %s; get the file anew", reader->path, why);
}

/* Sees to it that the buffer holds at least `wanted` bytes, or all that are left in the file. */
static bool reader_fill(SnnReader *reader, size_t wanted, SnnError *error)
{
    if (reader->left >= wanted)
        return true;
    if (reader->left > 0)
        memmove(reader->buffer, reader->at, reader->left);
    reader->at = reader->buffer;
    while (reader->left < wanted) {
        ssize_t got = read(reader->file, reader->buffer + reader->left, READER_BUFFER - reader->left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return reader_corrupt(reader, strerror(errno), error);
        if (got == 0)
            break;
        reader->left += (size_t)got;
    }
    return true;
}

static bool reader_at_magic(const SnnReader *reader)
{
    return reader->left >= 2 && reader->at[0] == 0x1f && reader->at[1] == 0x8b;
}

static bool reader_plain(SnnReader *reader, unsigned char *into, size_t count, size_t *got, SnnError *error)
{
    if (!reader_fill(reader, 1, error))
        return false;
    *got = count < reader->left ? count : reader->left;
    memcpy(into, reader->at, *got);
    reader->at += *got;
    reader->left -= *got;
    return true;
}

#ifdef SNN_NO_ZLIB

static bool reader_begin(SnnReader *reader, SnnError *error)
{
    return !reader->packed
           || snn_fail(error,
                       "compressed data (%s), but this program was compiled with -DSNN_NO_ZLIB: "
                       "uncompress it with gunzip, or compile without that option",
                       reader->path);
}

static bool reader_packed(SnnReader *reader, unsigned char *into, size_t count, size_t *got, SnnError *error)
{
    return reader_plain(reader, into, count, got, error);
}

static void reader_end(SnnReader *reader)
{
    (void)reader;
}

#else

static bool reader_begin(SnnReader *reader, SnnError *error)
{
    enum { GZIP_ONLY = 16 };
    reader->within = reader->packed;
    if (!reader->packed || inflateInit2(&reader->unpacker, MAX_WBITS + GZIP_ONLY) == Z_OK)
        return true;
    reader->packed = false;
    return snn_fail(error, "no memory to read (%s)", reader->path);
}

/* Behind a member: another one, or the end of the file. */
static bool reader_next_member(SnnReader *reader, SnnError *error)
{
    if (!reader_fill(reader, 2, error))
        return false;
    if (reader->left == 0)
        return true;
    if (!reader_at_magic(reader))
        return reader_corrupt(reader, "something follows the compressed data", error);
    reader->within = inflateReset(&reader->unpacker) == Z_OK;
    return reader->within || reader_corrupt(reader, "zlib fails", error);
}

/* Some bytes, possibly none; *got is 0 with within unset at the end. */
static bool reader_unpack(SnnReader *reader, unsigned char *into, size_t count, size_t *got, SnnError *error)
{
    z_stream *unpacker = &reader->unpacker;
    if (!reader_fill(reader, 1, error))
        return false;
    if (reader->left == 0)
        return reader_corrupt(reader, "the compressed data end too early", error);
    unpacker->next_in = reader->at;
    unpacker->avail_in = (unsigned)reader->left;
    unpacker->next_out = into;
    unpacker->avail_out = count > 1u << 24 ? 1u << 24 : (unsigned)count;
    unsigned room = unpacker->avail_out;
    int status = inflate(unpacker, Z_NO_FLUSH);
    reader->at = unpacker->next_in;
    reader->left = unpacker->avail_in;
    *got = room - unpacker->avail_out;
    reader->within = status != Z_STREAM_END;
    return status == Z_OK || status == Z_STREAM_END
           || reader_corrupt(reader, unpacker->msg != NULL ? unpacker->msg : "zlib fails", error);
}

static bool reader_packed(SnnReader *reader, unsigned char *into, size_t count, size_t *got, SnnError *error)
{
    *got = 0;
    while (*got == 0) {
        if (!reader->within && !reader_next_member(reader, error))
            return false;
        if (!reader->within)
            return true;
        if (!reader_unpack(reader, into, count, got, error))
            return false;
    }
    return true;
}

static void reader_end(SnnReader *reader)
{
    if (reader->packed)
        inflateEnd(&reader->unpacker);
}

#endif

SnnReader *snn_reader_open(const char *path, SnnError *error)
{
    int file = snn_input_open(path, error);
    if (file < 0)
        return NULL;
    SnnReader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || (reader->path = strdup(path)) == NULL) {
        snn_fail(error, "no memory to read (%s)", path);
        close(file);
        free(reader);
        return NULL;
    }
    reader->file = file;
    return reader;
}

/* Up to `count` bytes, 0 at the end only. */
static bool reader_some(SnnReader *reader, unsigned char *into, size_t count, size_t *got, SnnError *error)
{
    if (!reader->begun) {
        if (!reader_fill(reader, 2, error))
            return false;
        reader->begun = true;
        reader->packed = reader_at_magic(reader);
        if (!reader_begin(reader, error))
            return false;
    }
    return reader->packed ? reader_packed(reader, into, count, got, error)
                          : reader_plain(reader, into, count, got, error);
}

bool snn_reader_read(SnnReader *reader, void *into, size_t count, size_t *got, SnnError *error)
{
    unsigned char *at = into;
    *got = 0;
    while (*got < count) {
        size_t some = 0;
        if (!reader_some(reader, at + *got, count - *got, &some, error))
            return false;
        if (some == 0)
            break;
        *got += some;
    }
    return true;
}

void snn_reader_close(SnnReader *reader)
{
    if (reader == NULL)
        return;
    reader_end(reader);
    close(reader->file);
    free(reader->path);
    free(reader);
}
