/* NPY: a magic, a version, the length of a header, the header, and the elements. The header is a dictionary as Python writes
 * it: {'descr': '<f8', 'fortran_order': False, 'shape': (1000, 4), } */
#include "snn_npy_file.h"
#include "snn_bytes.h"
#include "snn_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NPY_WIDE = 4 }; /* bytes of a sign of a text, which is UTF-32 */

/* What of the header has not been read. */
typedef struct NpyText {
    const char *at, *end;
} NpyText;

/* ---- the header ------------------------------------------------------------------------------------ */

static void npy_skip(NpyText *text)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n'))
        text->at++;
}

static bool npy_accept(NpyText *text, const char *word)
{
    size_t length = strlen(word);
    npy_skip(text);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

static bool npy_wrong(const SnnNpyFile *file, SnnError *error)
{
    return snn_fail(error, "not an NPY file (%s): its header cannot be read; write it by numpy.save",
                    file->path);
}

static bool npy_records(const SnnNpyFile *file, SnnError *error)
{
    return snn_fail(error, "unusable type (%s): it has records of several fields; write each as an array",
                    file->path);
}

static bool npy_type(SnnNpyFile *file, const char *type, SnnError *error)
{
    size_t size = strspn(type + 2, "0123456789") == strlen(type + 2) ? strtoul(type + 2, NULL, 10) : 0;
    bool text = file->texts && (type[1] == 'U' || type[1] == 'S') && size > 0 && size <= UINT16_MAX;
    file->kind = type[1];
    file->size = text && type[1] == 'U' ? NPY_WIDE * size : size;
    file->big = type[0] == '>';
    if (file->kind == 'O')
        return snn_fail(error,
                        "unusable type (%s): it has objects of Python, which are not read from files; write "
                        "numbers, of one shape for all samples",
                        file->path);
    bool whole =
        (file->kind == 'i' || file->kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
    bool real = file->kind == 'f' && (size == 2 || size == 4 || size == 8);
    return whole || real || text || (file->kind == 'b' && size == 1)
           || snn_fail(
               error,
               "unusable type (%s): its elements are `%s`, not numbers of up to 64 bits; convert them, as "
               "by astype(\"float32\")",
               file->path, type);
}

/* '<f8' */
static bool npy_read_type(SnnNpyFile *file, NpyText *text, SnnError *error)
{
    char type[32];
    size_t length = 0;
    if (npy_accept(text, "["))
        return npy_records(file, error);
    if (!npy_accept(text, "'"))
        return npy_wrong(file, error);
    while (text->at < text->end && *text->at != '\'' && length < sizeof type - 1)
        type[length++] = *text->at++;
    type[length] = '\0';
    if (!npy_accept(text, "'") || length < 2 || strchr("<>|=", type[0]) == NULL)
        return npy_wrong(file, error);
    return npy_type(file, type, error);
}

static bool npy_read_order(const SnnNpyFile *file, NpyText *text, SnnError *error)
{
    if (npy_accept(text, "False"))
        return true;
    if (!npy_accept(text, "True"))
        return npy_wrong(file, error);
    return snn_fail(error,
                    "unusable order (%s): its first axis varies fastest, as in Fortran; write "
                    "numpy.ascontiguousarray of it",
                    file->path);
}

static bool npy_read_length(SnnNpyFile *file, NpyText *text, SnnError *error)
{
    uint64_t length = 0;
    const char *begin = text->at;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        length = 10 * length + (uint64_t)(*text->at - '0');
        if (length > UINT32_MAX)
            return snn_fail(error, "unusable NPY file (%s): its dimensions are too large", file->path);
    }
    if (text->at == begin)
        return npy_wrong(file, error);
    if (file->ndim == SNN_NPY_DIMS)
        return snn_fail(error, "unusable NPY file (%s): it has more than %d dimensions", file->path,
                        SNN_NPY_DIMS);
    file->dims[file->ndim++] = (uint32_t)length;
    return true;
}

/* (1000, 4), or (1000,) or () */
static bool npy_read_shape(SnnNpyFile *file, NpyText *text, SnnError *error)
{
    file->ndim = 0;
    if (!npy_accept(text, "("))
        return npy_wrong(file, error);
    while (!npy_accept(text, ")")) {
        if (!npy_read_length(file, text, error))
            return false;
        if (!npy_accept(text, ","))
            return npy_accept(text, ")") || npy_wrong(file, error);
    }
    return true;
}

static bool npy_read_header(SnnNpyFile *file, NpyText text, SnnError *error)
{
    bool type = false, order = false, shape = false;
    if (!npy_accept(&text, "{"))
        return npy_wrong(file, error);
    while (!npy_accept(&text, "}")) {
        bool fine = false;
        if (npy_accept(&text, "'descr':"))
            type = fine = npy_read_type(file, &text, error);
        else if (npy_accept(&text, "'fortran_order':"))
            order = fine = npy_read_order(file, &text, error);
        else if (npy_accept(&text, "'shape':"))
            shape = fine = npy_read_shape(file, &text, error);
        else
            return npy_wrong(file, error);
        if (!fine)
            return false;
        npy_accept(&text, ",");
    }
    return (type && order && shape) || npy_wrong(file, error);
}

/* ---- the file -------------------------------------------------------------------------------------- */

static bool npy_count(SnnNpyFile *file, uint64_t header, uint64_t found, SnnError *error)
{
    size_t bytes = file->size;
    for (int i = 0; i < file->ndim; i++) {
        if (file->dims[i] != 0 && bytes > (SIZE_MAX / 4) / file->dims[i])
            return snn_fail(error, "unusable NPY file (%s): its dimensions are too large", file->path);
        bytes *= file->dims[i];
    }
    file->count = bytes / file->size;
    if (found - header < bytes)
        return snn_fail(error, "truncated (%s): %llu bytes expected, %llu found; get the file anew",
                        file->path, (unsigned long long)(header + bytes), (unsigned long long)found);
    return found - header == bytes
           || snn_fail(error, "too long (%s): there are bytes behind the %llu that its header announces",
                       file->path, (unsigned long long)(header + bytes));
}

static bool npy_parse(SnnNpyFile *file, const unsigned char *at, uint64_t size, SnnError *error)
{
    static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (size < sizeof magic + 4 || memcmp(at, magic, sizeof magic) != 0)
        return snn_fail(error,
                        "not an NPY file (%s): it does not begin as what numpy.save or numpy.savez writes",
                        file->path);
    int version = at[6];
    uint64_t begin = version == 1 ? 10 : 12;
    if (version < 1 || version > 3)
        return snn_fail(error, "unusable NPY file (%s): it has version %d, 1 to 3 are supported", file->path,
                        version);
    uint64_t length = size < begin ? 0 : snn_bytes_whole(at + 8, begin - 8, false);
    if (size < begin || length > size - begin)
        return snn_fail(error, "truncated (%s): it ends within its header; get the file anew", file->path);
    const char *text = (const char *)at + begin;
    file->at = at + begin + length;
    return npy_read_header(file, (NpyText){text, text + length}, error)
           && npy_count(file, begin + length, size, error);
}

static bool npy_open(SnnNpyFile *file, const char *path, const char *name, bool texts, size_t budget,
                     SnnError *error)
{
    *file = (SnnNpyFile){.texts = texts};
    if (!snn_map_open(&file->map, path, error))
        return false;
    bool archive = snn_zip_is(&file->map);
    snprintf(file->path, SNN_NPY_PATH, "%s%s%s", path, archive ? ": " : "", archive ? name : "");
    bool ok = !archive || snn_zip_open(&file->unpacked, &file->map, name, ".npy", budget, error);
    ok = ok
         && npy_parse(file, archive ? file->unpacked.at : file->map.at,
                      archive ? file->unpacked.size : file->map.size, error);
    if (!ok)
        snn_npy_close(file);
    return ok;
}

bool snn_npy_open(SnnNpyFile *file, const char *path, const char *name, size_t budget, SnnError *error)
{
    return npy_open(file, path, name, false, budget, error);
}

bool snn_npy_open_texts(SnnNpyFile *file, const char *path, const char *name, size_t budget, SnnError *error)
{
    return npy_open(file, path, name, true, budget, error);
}

void snn_npy_close(SnnNpyFile *file)
{
    snn_store_free(&file->unpacked.store);
    snn_map_close(&file->map);
    *file = (SnnNpyFile){.size = 0};
}

double snn_npy_number(const SnnNpyFile *file, size_t index)
{
    const unsigned char *at = file->at + index * file->size;
    switch (file->kind) {
    case 'f': return snn_bytes_real(at, file->size, file->big);
    case 'i': return (double)snn_bytes_signed(at, file->size, file->big);
    case 'u': return (double)snn_bytes_whole(at, file->size, file->big);
    default: return at[0] != 0;
    }
}

/* Behind its end there are zeros. */
size_t snn_npy_text(const SnnNpyFile *file, size_t index, char text[SNN_NPY_TEXT])
{
    const unsigned char *at = file->at + index * file->size;
    size_t each = file->kind == 'U' ? NPY_WIDE : 1;
    char *end = text;
    if (file->kind != 'U' && file->kind != 'S')
        return (size_t)snprintf(text, SNN_NPY_TEXT, "%.9g", snn_npy_number(file, index));
    for (size_t i = 0; i < file->size && end + NPY_WIDE < text + SNN_NPY_TEXT; i += each) {
        uint32_t sign = (uint32_t)snn_bytes_whole(at + i, each, file->big);
        if (sign == 0)
            break;
        if (each == 1)
            *end++ = (char)sign;
        else
            end = snn_utf8_put(end, sign < 0x110000 ? sign : '?');
    }
    return (size_t)(end - text);
}
