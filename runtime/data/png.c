/* PNG files, as RFC 2083 has them: chunks, of which IDAT hold rows that are predicted from those above, packed by zlib. */
#include "snn_png.h"
#include "snn_bytes.h"
#include "snn_inflate.h"

#include <stdlib.h>
#include <string.h>

enum { PNG_GREY = 0, PNG_COLOUR = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_COLOUR_ALPHA = 6 };

/* One file while it is read. */
typedef struct PngReader {
    const SnnMap *map;
    int width, height, bits, kind; /* `bits` of a number */
    int numbers;                   /* of a pixel, in the file */
    size_t row;                    /* bytes of a row, without the filter's before it */
    const unsigned char *palette;
    uint64_t colours;
    unsigned char *packed, *rows; /* what is in all IDAT; [height][1 + row] */
    uint64_t used;
    SnnError *error;
} PngReader;

static bool png_wrong(const PngReader *reader, const char *what)
{
    return snn_fail(reader->error, "unusable PNG file (%s): %s", reader->map->path, what);
}

/* ---- chunks ---------------------------------------------------------------------------------------- */

static bool png_read_header(PngReader *reader, const unsigned char *at, uint64_t size)
{
    static const int numbers[] = {1, 0, 3, 1, 2, 0, 4};
    if (size != 13)
        return png_wrong(reader, "its header has another size");
    uint64_t width = snn_bytes_whole(at, 4, true), height = snn_bytes_whole(at + 4, 4, true);
    reader->bits = at[8];
    reader->kind = at[9];
    reader->numbers = reader->kind < 7 ? numbers[reader->kind] : 0;
    bool small = reader->bits == 1 || reader->bits == 2 || reader->bits == 4;
    bool one = reader->kind == PNG_GREY || reader->kind == PNG_PALETTE;
    if (reader->numbers == 0 || at[10] != 0 || at[11] != 0
        || !(reader->bits == 8 || (small && one) || (reader->bits == 16 && reader->kind != PNG_PALETTE)))
        return png_wrong(reader, "its pixels are of an unknown kind");
    if (at[12] != 0)
        return png_wrong(reader, "it is interlaced; save it without that");
    if (width < 1 || height < 1 || width > SNN_PIXELS_MOST || height > SNN_PIXELS_MOST)
        return snn_fail(reader->error,
                        "unusable PNG file (%s): it has %llu x %llu pixels, up to %d x %d are read",
                        reader->map->path, (unsigned long long)width, (unsigned long long)height,
                        SNN_PIXELS_MOST, SNN_PIXELS_MOST);
    reader->width = (int)width;
    reader->height = (int)height;
    reader->row = ((size_t)reader->width * (size_t)(reader->numbers * reader->bits) + 7) / 8;
    return true;
}

static bool png_read_chunk(PngReader *reader, const unsigned char *name, uint64_t size, bool first)
{
    const unsigned char *at = name + 4;
    uint32_t checksum = (uint32_t)snn_bytes_whole(at + size, 4, true);
    if (!snn_inflate_sound(name, (size_t)size + 4, checksum))
        return png_wrong(reader, "a chunk of it is corrupt; get the file anew");
    if (first != (memcmp(name, "IHDR", 4) == 0))
        return png_wrong(reader, "it does not begin with its header");
    if (first)
        return png_read_header(reader, at, size);
    if (memcmp(name, "PLTE", 4) == 0) {
        reader->palette = at;
        reader->colours = size / 3;
    }
    if (memcmp(name, "IDAT", 4) == 0) {
        memcpy(reader->packed + reader->used, at, (size_t)size);
        reader->used += size;
    }
    return true;
}

static bool png_read_chunks(PngReader *reader)
{
    static const unsigned char magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint64_t place = sizeof magic, end = reader->map->size;
    if (end < place || memcmp(reader->map->at, magic, sizeof magic) != 0)
        return snn_fail(reader->error,
                        "not a picture (%s): it begins neither as a PNG file nor as a JPEG file",
                        reader->map->path);
    reader->packed = malloc((size_t)end);
    if (reader->packed == NULL)
        return snn_fail(reader->error, "no memory (%s)", reader->map->path);
    for (;;) {
        const unsigned char *at = reader->map->at + place;
        uint64_t size = end - place >= 12 ? snn_bytes_whole(at, 4, true) : UINT64_MAX;
        if (end - place < 12 || size > end - place - 12)
            return snn_fail(reader->error, "truncated (%s): it ends within a chunk; get the file anew",
                            reader->map->path);
        if (!png_read_chunk(reader, at + 4, size, place == sizeof magic))
            return false;
        if (memcmp(at + 4, "IEND", 4) == 0)
            return true;
        place += size + 12;
    }
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static int png_paeth(int left, int above, int corner)
{
    int guess = left + above - corner;
    int a = abs(guess - left), b = abs(guess - above), c = abs(guess - corner);
    return a <= b && a <= c ? left : b <= c ? above : corner;
}

/* Adds what is predicted of each byte by those before it and above it. */
static bool png_unfilter(const PngReader *reader, int y)
{
    size_t step = reader->numbers * reader->bits < 8 ? 1 : (size_t)(reader->numbers * reader->bits / 8);
    unsigned char *row = reader->rows + (size_t)y * (1 + reader->row) + 1;
    const unsigned char *before = row - 1 - reader->row;
    int filter = row[-1];
    for (size_t i = 0; i < reader->row; i++) {
        int left = i < step ? 0 : row[i - step], above = y == 0 ? 0 : before[i];
        int corner = i < step || y == 0 ? 0 : before[i - step];
        int guesses[] = {0, left, above, (left + above) / 2, png_paeth(left, above, corner)};
        if (filter > 4)
            return png_wrong(reader, "a row is predicted in an unknown way");
        row[i] = (unsigned char)(row[i] + guesses[filter]);
    }
    return true;
}

static bool png_unpack(PngReader *reader)
{
    size_t size = (size_t)reader->height * (1 + reader->row);
    if (!snn_inflate_possible())
        return png_wrong(reader,
                         "this program was compiled with -DSNN_NO_ZLIB: compile it without that option");
    reader->rows = malloc(size);
    if (reader->rows == NULL)
        return snn_fail(reader->error, "no memory (%s): it needs %zu bytes", reader->map->path, size);
    if (!snn_inflate(reader->rows, size, reader->packed, (size_t)reader->used, false))
        return png_wrong(reader, "its pixels are corrupt; get the file anew");
    for (int y = 0; y < reader->height; y++)
        if (!png_unfilter(reader, y))
            return false;
    return true;
}

/* ---- pixels ---------------------------------------------------------------------------------------- */

/* Number `index` of a row: 0 to 255, but in a palette. */
static unsigned png_number(const PngReader *reader, const unsigned char *row, size_t index)
{
    if (reader->bits >= 8)
        return row[index * (size_t)(reader->bits / 8)];
    size_t bit = index * (size_t)reader->bits;
    unsigned most = (1u << reader->bits) - 1;
    unsigned number = (unsigned)row[bit / 8] >> (8 - reader->bits - (int)(bit % 8)) & most;
    return reader->kind == PNG_PALETTE ? number : number * (255 / most);
}

static bool png_take_row(const PngReader *reader, SnnPixels *pixels, int y)
{
    const unsigned char *row = reader->rows + (size_t)y * (1 + reader->row) + 1;
    unsigned char *into = pixels->at + (size_t)y * (size_t)(pixels->width * pixels->channels);
    for (int x = 0; x < pixels->width; x++)
        for (int k = 0; k < pixels->channels; k++) {
            bool palette = reader->kind == PNG_PALETTE;
            size_t index = (size_t)x * (size_t)reader->numbers + (palette ? 0 : (size_t)k);
            unsigned number = png_number(reader, row, index);
            if (palette && number >= reader->colours)
                return png_wrong(reader, "a pixel has a colour that its palette lacks");
            *into++ = (unsigned char)(palette ? reader->palette[3 * number + (unsigned)k] : number);
        }
    return true;
}

static bool png_take(const PngReader *reader, SnnPixels *pixels)
{
    bool grey = reader->kind == PNG_GREY || reader->kind == PNG_GREY_ALPHA, ok;
    *pixels = (SnnPixels){.width = reader->width, .height = reader->height, .channels = grey ? 1 : 3};
    pixels->at = malloc((size_t)pixels->width * (size_t)pixels->height * (size_t)pixels->channels);
    ok = pixels->at != NULL || snn_fail(reader->error, "no memory (%s): its pixels", reader->map->path);
    for (int y = 0; ok && y < pixels->height; y++)
        ok = png_take_row(reader, pixels, y);
    if (!ok) {
        free(pixels->at);
        pixels->at = NULL;
    }
    return ok;
}

bool snn_png_read(SnnPixels *pixels, const SnnMap *map, SnnError *error)
{
    PngReader reader = {.map = map, .error = error};
    *pixels = (SnnPixels){.at = NULL};
    bool ok = png_read_chunks(&reader) && png_unpack(&reader) && png_take(&reader, pixels);
    free(reader.packed);
    free(reader.rows);
    return ok;
}
