/* Files that may be compressed. zlib reads both kinds; compiled with -DSNN_NO_ZLIB, a program needs no zlib
 * and reads plain files only. */
#include "snn_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef SNN_NO_ZLIB

struct SnnReader {
    FILE *stream;
    char *path;
};

static void reader_close_stream(SnnReader *reader)
{
    if (reader->stream != NULL)
        fclose(reader->stream);
}

static bool reader_open_stream(SnnReader *reader, const char *path, SnnError *error)
{
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        return snn_fail(error,
                        "compressed data (%s), but this program was compiled with -DSNN_NO_ZLIB: "
                        "uncompress it with gunzip, or compile without that option",
                        path);
    reader->stream = fopen(path, "rb");
    return reader->stream != NULL || snn_fail(error, "cannot read (%s): %s", path, strerror(errno));
}

static long reader_some(SnnReader *reader, void *into, unsigned count)
{
    size_t got = fread(into, 1, count, reader->stream);
    return ferror(reader->stream) ? -1 : (long)got;
}

static const char *reader_reason(SnnReader *reader)
{
    (void)reader;
    return strerror(errno);
}

#else
#include <zlib.h>

struct SnnReader {
    gzFile stream;
    char *path;
};

static void reader_close_stream(SnnReader *reader)
{
    if (reader->stream != NULL)
        gzclose(reader->stream);
}

static bool reader_open_stream(SnnReader *reader, const char *path, SnnError *error)
{
    errno = 0;
    reader->stream = gzopen(path, "rb");
    if (reader->stream == NULL)
        return snn_fail(error, "cannot read (%s): %s", path, errno != 0 ? strerror(errno) : "no memory");
    gzbuffer(reader->stream, 1u << 17);
    return true;
}

static long reader_some(SnnReader *reader, void *into, unsigned count)
{
    int got = gzread(reader->stream, into, count), status = Z_OK;
    gzerror(reader->stream, &status); /* an early end of the compressed file is no error of gzread */
    return got < 0 || (status != Z_OK && status != Z_STREAM_END) ? -1 : got;
}

static const char *reader_reason(SnnReader *reader)
{
    int status;
    const char *text = gzerror(reader->stream, &status);
    return status == Z_ERRNO ? strerror(errno) : text;
}

#endif

SnnReader *snn_reader_open(const char *path, SnnError *error)
{
    SnnReader *reader = calloc(1, sizeof *reader);
    if (reader != NULL && (reader->path = strdup(path)) != NULL) {
        if (reader_open_stream(reader, path, error))
            return reader;
    } else {
        snn_fail(error, "no memory to read (%s)", path);
    }
    snn_reader_close(reader);
    return NULL;
}

bool snn_reader_read(SnnReader *reader, void *into, size_t count, size_t *got, SnnError *error)
{
    unsigned char *at = into;
    *got = 0;
    while (*got < count) {
        size_t left = count - *got;
        long some = reader_some(reader, at + *got, left > 1u << 24 ? 1u << 24 : (unsigned)left);
        if (some < 0)
            return snn_fail(error, "corrupt or unreadable (%s): %s; get the file anew", reader->path,
                            reader_reason(reader));
        if (some == 0)
            break;
        *got += (size_t)some;
    }
    return true;
}

void snn_reader_close(SnnReader *reader)
{
    if (reader == NULL)
        return;
    reader_close_stream(reader);
    free(reader->path);
    free(reader);
}
