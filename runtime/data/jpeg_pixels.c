/* From the coefficients of JPEG files to pixels. */
#include "snn_jpeg_pixels.h"

#include <stdlib.h>

enum { JPEG_SIDE = 8, JPEG_BITS = 20, JPEG_COLOUR_BITS = 16 };

/* Half of cos(k pi / 16), of k = 0 divided by the root of 2, in 2^-20. */
static const int32_t jpeg_cosines[JPEG_SIDE] = {370728, 514214, 484379, 435930,
                                                370728, 291279, 200636, 102284};

/* What a component is while pixels are made: its samples. */
typedef struct JpegPlane {
    int width, height; /* samples that the picture has of it */
    int stride;
    int across, down; /* pixels of a sample */
    unsigned char *at;
} JpegPlane;

static unsigned char jpeg_byte(int64_t number)
{
    return (unsigned char)(number < 0 ? 0 : number > 255 ? 255 : number);
}

/* ---- samples --------------------------------------------------------------------------------------- */

/* How much sample x has of frequency u, in 2^-20. */
static int32_t jpeg_wave(int u, int x)
{
    int phase = (2 * x + 1) * u % 32;
    phase = phase > 16 ? 32 - phase : phase;
    return phase > 8 ? -jpeg_cosines[16 - phase] : jpeg_cosines[phase];
}

/* Down the columns of a block: those frequencies of `across` that are 0 everywhere cost nothing. */
static void jpeg_columns(int64_t sums[JPEG_SIDE][JPEG_SIDE], const int16_t *block, const uint16_t *steps,
                         int32_t waves[JPEG_SIDE][JPEG_SIDE])
{
    for (int i = 0; i < SNN_JPEG_BLOCK; i++) {
        int64_t number = (int64_t)block[i] * steps[i];
        number = number > INT16_MAX ? INT16_MAX : number < -INT16_MAX ? -INT16_MAX : number;
        for (int y = 0; number != 0 && y < JPEG_SIDE; y++)
            sums[y][i % JPEG_SIDE] += number * waves[i / JPEG_SIDE][y];
    }
}

/* The samples of a block, around 128. */
static void jpeg_inverse(unsigned char *into, int stride, const int16_t *block, const uint16_t *steps,
                         int32_t waves[JPEG_SIDE][JPEG_SIDE])
{
    int64_t sums[JPEG_SIDE][JPEG_SIDE] = {0};
    jpeg_columns(sums, block, steps, waves);
    for (int y = 0; y < JPEG_SIDE; y++)
        for (int x = 0; x < JPEG_SIDE; x++) {
            int64_t sum = ((int64_t)128 << (2 * JPEG_BITS)) + ((int64_t)1 << (2 * JPEG_BITS - 1));
            for (int u = 0; u < JPEG_SIDE; u++)
                sum += sums[y][u] * waves[u][x];
            into[y * stride + x] = jpeg_byte(sum < 0 ? 0 : sum >> (2 * JPEG_BITS));
        }
}

static bool jpeg_plane_make(JpegPlane *plane, const SnnJpegFrame *frame, const SnnJpegComponent *one)
{
    int32_t waves[JPEG_SIDE][JPEG_SIDE];
    for (int i = 0; i < SNN_JPEG_BLOCK; i++)
        waves[i / JPEG_SIDE][i % JPEG_SIDE] = jpeg_wave(i / JPEG_SIDE, i % JPEG_SIDE);
    *plane = (JpegPlane){.width = (frame->width * one->across + frame->across - 1) / frame->across,
                         .height = (frame->height * one->down + frame->down - 1) / frame->down,
                         .stride = one->columns * JPEG_SIDE,
                         .across = frame->across / one->across,
                         .down = frame->down / one->down};
    plane->at = malloc((size_t)plane->stride * (size_t)(one->rows * JPEG_SIDE));
    for (int row = 0; plane->at != NULL && row < one->rows; row++)
        for (int column = 0; column < one->columns; column++) {
            size_t place = (size_t)row * (size_t)one->columns + (size_t)column;
            unsigned char *into =
                plane->at + ((size_t)row * (size_t)plane->stride + (size_t)column) * JPEG_SIDE;
            jpeg_inverse(into, plane->stride, one->blocks + place * SNN_JPEG_BLOCK, one->steps, waves);
        }
    return plane->at != NULL;
}

/* ---- pixels ---------------------------------------------------------------------------------------- */

/* The next sample beside that of pixel x, on its side; the same one where there is none. */
static int jpeg_next(int x, int size)
{
    int next = x % 2 == 0 ? x / 2 - 1 : x / 2 + 1;
    return next < 0 ? 0 : next < size ? next : size - 1;
}

/* Between the rows that a pixel's sample is in and that beside it: four times what is there, or just that. */
static int jpeg_between(const JpegPlane *plane, const unsigned char *row, const unsigned char *other, int x)
{
    return plane->down == 2 ? 3 * row[x] + other[x] : row[x];
}

static int jpeg_sample(const JpegPlane *plane, int x, int y)
{
    bool smooth = plane->across <= 2 && plane->down <= 2 && (plane->across == 1 || plane->width > 2);
    const unsigned char *row = plane->at + (size_t)(y / plane->down) * (size_t)plane->stride;
    if (!smooth || (plane->across == 1 && plane->down == 1))
        return row[x / plane->across];
    const unsigned char *other =
        plane->down == 2 ? plane->at + (size_t)jpeg_next(y, plane->height) * (size_t)plane->stride : row;
    if (plane->across == 1)
        return (jpeg_between(plane, row, other, x) + 1 + y % 2) >> 2;
    int sum = 3 * jpeg_between(plane, row, other, x / 2)
              + jpeg_between(plane, row, other, jpeg_next(x, plane->width));
    return plane->down == 2 ? (sum + 8 - x % 2) >> 4 : (sum + 1 + x % 2) >> 2;
}

/* In 2^-16, of whole numbers that may be negative. */
static int jpeg_scaled(int64_t number)
{
    int64_t half = number + (1 << (JPEG_COLOUR_BITS - 1)), one = 1 << JPEG_COLOUR_BITS;
    return (int)(half >= 0 ? half / one : -((one - 1 - half) / one));
}

/* From a luminance and two chrominances, as JFIF has them. */
static void jpeg_colour(unsigned char *pixel)
{
    int light = pixel[0], blue = pixel[1] - 128, red = pixel[2] - 128;
    pixel[0] = jpeg_byte(light + jpeg_scaled((int64_t)91881 * red));
    pixel[1] = jpeg_byte(light + jpeg_scaled((int64_t)-22554 * blue - (int64_t)46802 * red));
    pixel[2] = jpeg_byte(light + jpeg_scaled((int64_t)116130 * blue));
}

static void jpeg_fill(SnnPixels *pixels, const SnnJpegFrame *frame, const JpegPlane *planes)
{
    unsigned char *pixel = pixels->at;
    for (int y = 0; y < pixels->height; y++)
        for (int x = 0; x < pixels->width; x++, pixel += pixels->channels) {
            for (int k = 0; k < pixels->channels; k++)
                pixel[k] = (unsigned char)jpeg_sample(&planes[k], x, y);
            if (pixels->channels == 3 && !frame->rgb)
                jpeg_colour(pixel);
        }
}

bool snn_jpeg_pixels(SnnPixels *pixels, const SnnJpegFrame *frame)
{
    JpegPlane planes[SNN_JPEG_COMPONENTS] = {0};
    bool ok = true;
    *pixels = (SnnPixels){.width = frame->width, .height = frame->height, .channels = frame->count};
    for (int i = 0; ok && i < frame->count; i++)
        ok = jpeg_plane_make(&planes[i], frame, &frame->components[i]);
    if (ok)
        pixels->at = malloc((size_t)frame->width * (size_t)frame->height * (size_t)frame->count);
    if (pixels->at != NULL)
        jpeg_fill(pixels, frame, planes);
    for (int i = 0; i < frame->count; i++)
        free(planes[i].at);
    return pixels->at != NULL;
}
