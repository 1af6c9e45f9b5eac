/* Tables as text. */
#include "snn_csv_file.h"
#include "snn_gzip.h"

#include <stdlib.h>
#include <string.h>

/* ---- the text -------------------------------------------------------------------------------------- */

static bool csv_no_memory(const char *path, SnnError *error)
{
    return snn_fail(error, "no memory (%s): its text", path);
}

static bool csv_read_text(SnnCsvFile *file, SnnReader *reader, SnnError *error)
{
    size_t room = 1 << 16, used = 0, got = room;
    while (got > 0) {
        if (file->text == NULL || used + room / 2 > room) {
            room *= 2;
            char *grown = realloc(file->text, room + 1);
            if (grown == NULL)
                return csv_no_memory(file->path, error);
            file->text = grown;
        }
        if (!snn_reader_read(reader, file->text + used, room - used, &got, error))
            return false;
        used += got;
    }
    file->at = file->text;
    file->end = file->text + used;
    if (used >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0)
        file->at += 3; /* the mark with which some programs begin UTF-8 */
    return true;
}

/* Lines end in a line feed, a carriage return, as some programs write, or both. */
static bool csv_ends_line(const SnnCsvFile *file, const char *at)
{
    return *at == '\n' || (*at == '\r' && (at + 1 == file->end || at[1] != '\n'));
}

/* Other encodings than UTF-8 have bytes of value 0 even in plain letters. */
static bool csv_is_text(const SnnCsvFile *file, SnnError *error)
{
    const char *at = file->at, *zero = memchr(at, '\0', (size_t)(file->end - at));
    int line = 1;
    for (; zero != NULL && at < zero; at++)
        line += csv_ends_line(file, at);
    return zero == NULL
           || snn_fail(error,
                       "not a text (%s:%d): it has a byte of value 0, as UTF-16 does; save it as UTF-8",
                       file->path, line);
}

bool snn_csv_open(SnnCsvFile *file, const char *path, char separator, SnnError *error)
{
    *file = (SnnCsvFile){.path = strdup(path), .separator = separator, .next = 1};
    if (file->path == NULL)
        return csv_no_memory(path, error);
    SnnReader *reader = snn_reader_open(path, error);
    bool ok = reader != NULL && csv_read_text(file, reader, error) && csv_is_text(file, error);
    snn_reader_close(reader);
    if (!ok)
        snn_csv_close(file);
    return ok;
}

void snn_csv_close(SnnCsvFile *file)
{
    free(file->path);
    free(file->text);
    free(file->fields);
    *file = (SnnCsvFile){0};
}

/* ---- records --------------------------------------------------------------------------------------- */

static bool csv_add(SnnCsvFile *file, const char *at, size_t length, SnnError *error)
{
    if (file->count == file->room) {
        int room = file->room == 0 ? 16 : 2 * file->room;
        SnnField *grown = realloc(file->fields, (size_t)room * sizeof *grown);
        if (grown == NULL)
            return csv_no_memory(file->path, error);
        file->fields = grown;
        file->room = room;
    }
    file->fields[file->count++] = (SnnField){at, length};
    return true;
}

/* At the end of a line or the text. */
static bool csv_at_end(const SnnCsvFile *file)
{
    return file->at == file->end || *file->at == '\n' || *file->at == '\r';
}

/* From one quote to the other; two behind each other are one of the text, which moves up. */
static bool csv_quoted(SnnCsvFile *file, SnnError *error)
{
    char *into = ++file->at, *first = into;
    for (;; file->at++) {
        if (file->at == file->end)
            return snn_fail(error, "a quote is not closed (%s:%d): it begins in this line", file->path,
                            file->line);
        if (*file->at == '"' && (file->at + 1 == file->end || file->at[1] != '"'))
            break;
        file->at += *file->at == '"';
        file->next += csv_ends_line(file, file->at);
        *into++ = *file->at;
    }
    file->at++;
    if (!csv_at_end(file) && *file->at != file->separator)
        return snn_fail(
            error, "text behind a quote (%s:%d): `%c` follows it; quotes within a quoted field stand twice",
            file->path, file->next, *file->at);
    return csv_add(file, first, (size_t)(into - first), error);
}

static bool csv_field(SnnCsvFile *file, SnnError *error)
{
    if (file->at < file->end && *file->at == '"')
        return csv_quoted(file, error);
    char *first = file->at;
    while (!csv_at_end(file) && *file->at != file->separator)
        file->at++;
    return csv_add(file, first, (size_t)(file->at - first), error);
}

static void csv_end_line(SnnCsvFile *file)
{
    file->at += file->at < file->end && *file->at == '\r';
    file->at += file->at < file->end && *file->at == '\n';
    file->next++;
}

bool snn_csv_next(SnnCsvFile *file, SnnError *error)
{
    file->count = 0;
    while (file->at < file->end && csv_at_end(file))
        csv_end_line(file);
    file->line = file->next;
    if (file->at == file->end)
        return true;
    if (!csv_field(file, error))
        return false;
    while (!csv_at_end(file)) {
        file->at++; /* the separator */
        if (!csv_field(file, error))
            return false;
    }
    csv_end_line(file);
    return true;
}
