/* Scans of JPEG files, as ITU-T T.81 has them: annexes F (sequential) and G (progressive). */
#include "snn_jpeg_scan.h"

#include <string.h>

const unsigned char snn_jpeg_zigzag[SNN_JPEG_BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

static const char jpeg_scan_truncated[] = "its pixels end too early",
                  jpeg_scan_corrupt[] = "its pixels are corrupt";

/* ---- codes ----------------------------------------------------------------------------------------- */

bool snn_jpeg_code_make(SnnJpegCode *code, const unsigned char counts[SNN_JPEG_LENGTHS],
                        const unsigned char *values, int count)
{
    int next = 0, index = 0;
    *code = (SnnJpegCode){.known = true};
    for (int i = 0; i < SNN_JPEG_LENGTHS; i++) {
        int length = i + 1;
        code->firsts[i] = index - next;
        next += counts[i];
        index += counts[i];
        if (next > 1 << length)
            return false;
        code->limits[i] = (uint32_t)next << (SNN_JPEG_LENGTHS - length);
        next *= 2;
    }
    memcpy(code->values, values, (size_t)count);
    return true;
}

/* ---- bits ------------------------------------------------------------------------------------------ */

/* A scan while it is read. */
typedef struct JpegBits {
    const SnnJpegScan *scan;
    const unsigned char *at, *limit;
    uint64_t held; /* the lowest `count` bits are not used yet */
    int count;
    const char *wrong;              /* NULL: nothing so far */
    int means[SNN_JPEG_COMPONENTS]; /* coefficient 0 of the last block */
    int empty;                      /* blocks to come that have nothing more */
} JpegBits;

/* Returns 0. */
static int jpeg_bits_fail(JpegBits *bits, const char *wrong)
{
    if (bits->wrong == NULL)
        bits->wrong = wrong;
    return 0;
}

/* Up to a marker: 0xff stands for itself if 0 follows it. */
static void jpeg_bits_fill(JpegBits *bits)
{
    while (bits->count <= 48 && bits->at < bits->limit) {
        bool stuffed = *bits->at == 0xff;
        if (stuffed && (bits->limit - bits->at < 2 || bits->at[1] != 0))
            return;
        bits->held = bits->held << 8 | *bits->at;
        bits->count += 8;
        bits->at += stuffed ? 2 : 1;
    }
}

/* The next bits, up to 16. */
static int jpeg_bits_take(JpegBits *bits, int count)
{
    if (bits->count < count)
        jpeg_bits_fill(bits);
    if (bits->count < count)
        return jpeg_bits_fail(bits, jpeg_scan_truncated);
    bits->count -= count;
    return (int)(bits->held >> bits->count & ((1u << count) - 1));
}

/* A number of so many bits: those that begin with 0 are negative. */
static int jpeg_bits_signed(JpegBits *bits, int count)
{
    int number = count > 0 ? jpeg_bits_take(bits, count) : 0;
    return count > 0 && number < 1 << (count - 1) ? number - (1 << count) + 1 : number;
}

static int jpeg_bits_decode(JpegBits *bits, const SnnJpegCode *code)
{
    if (bits->count < SNN_JPEG_LENGTHS)
        jpeg_bits_fill(bits);
    int missing = SNN_JPEG_LENGTHS - bits->count;
    uint32_t next = (uint32_t)(missing > 0 ? bits->held << missing : bits->held >> -missing) & 0xffff;
    for (int i = 0; i < SNN_JPEG_LENGTHS; i++)
        if (next < code->limits[i]) {
            int value = code->firsts[i] + jpeg_bits_take(bits, i + 1);
            return code->values[value & 0xff];
        }
    return jpeg_bits_fail(bits, bits->count < SNN_JPEG_LENGTHS ? jpeg_scan_truncated : jpeg_scan_corrupt);
}

/* ---- blocks ---------------------------------------------------------------------------------------- */

/* Coefficient 0 is told by its difference to that of the block before. */
static void jpeg_scan_mean(JpegBits *bits, int which, int16_t *block)
{
    const SnnJpegScan *scan = bits->scan;
    int size = jpeg_bits_decode(bits, scan->means[which]);
    if (size > SNN_JPEG_LENGTHS - 1)
        size = jpeg_bits_fail(bits, jpeg_scan_corrupt);
    int mean = bits->means[which] + jpeg_bits_signed(bits, size), most = INT16_MAX >> scan->low;
    if (mean > most || mean < -most)
        mean = jpeg_bits_fail(bits, jpeg_scan_corrupt);
    bits->means[which] = mean;
    block[0] = (int16_t)(mean * (1 << scan->low));
}

/* The others, each with how many zeros there are before it. */
static void jpeg_scan_others(JpegBits *bits, const SnnJpegCode *code, int first, int16_t *block)
{
    const SnnJpegScan *scan = bits->scan;
    for (int k = first; k <= scan->last && bits->wrong == NULL; k++) {
        int both = jpeg_bits_decode(bits, code), zeros = both >> 4, size = both & 15;
        if (size == 0 && zeros < 15) {
            bits->empty = (1 << zeros) - 1 + (zeros > 0 ? jpeg_bits_take(bits, zeros) : 0);
            return;
        }
        k += zeros;
        if (size == 0)
            continue;
        if (k > scan->last || size + scan->low > SNN_JPEG_LENGTHS - 1)
            jpeg_bits_fail(bits, jpeg_scan_corrupt);
        else
            block[snn_jpeg_zigzag[k]] = (int16_t)(jpeg_bits_signed(bits, size) * (1 << scan->low));
    }
}

/* One bit more of a coefficient that was not 0 before. */
static void jpeg_scan_correct(JpegBits *bits, int16_t *coefficient)
{
    int bit = 1 << bits->scan->low;
    if (jpeg_bits_take(bits, 1) != 0 && (*coefficient & bit) == 0)
        *coefficient = (int16_t)(*coefficient + (*coefficient > 0 ? bit : -bit));
}

/* From coefficient `k` on, those that are not 0 have a bit each, and `zeros` that are stay so. Returns where the next one that is 0
 * is, behind the last one if there is none. */
static int jpeg_scan_correct_up_to(JpegBits *bits, int k, int zeros, int16_t *block)
{
    for (; k <= bits->scan->last; k++) {
        int16_t *coefficient = &block[snn_jpeg_zigzag[k]];
        if (*coefficient != 0)
            jpeg_scan_correct(bits, coefficient);
        else if (zeros-- == 0)
            break;
    }
    return k;
}

/* One bit more of all others than coefficient 0. */
static void jpeg_scan_refine(JpegBits *bits, const SnnJpegCode *code, int16_t *block)
{
    const SnnJpegScan *scan = bits->scan;
    int k = scan->first, bit = 1 << scan->low;
    for (; bits->empty == 0 && k <= scan->last && bits->wrong == NULL; k++) {
        int both = jpeg_bits_decode(bits, code), zeros = both >> 4, size = both & 15, value = 0;
        if (size > 1)
            jpeg_bits_fail(bits, jpeg_scan_corrupt);
        if (size == 1)
            value = jpeg_bits_take(bits, 1) != 0 ? bit : -bit;
        else if (zeros < 15) {
            bits->empty = (1 << zeros) + (zeros > 0 ? jpeg_bits_take(bits, zeros) : 0);
            break;
        }
        k = jpeg_scan_correct_up_to(bits, k, zeros, block);
        if (value != 0 && k <= scan->last)
            block[snn_jpeg_zigzag[k]] = (int16_t)value;
    }
    if (bits->empty > 0) {
        jpeg_scan_correct_up_to(bits, k, SNN_JPEG_BLOCK, block);
        bits->empty--;
    }
}

static void jpeg_scan_block(JpegBits *bits, int which, int16_t *block)
{
    const SnnJpegScan *scan = bits->scan;
    if (!scan->frame->progressive) {
        jpeg_scan_mean(bits, which, block);
        jpeg_scan_others(bits, scan->others[which], 1, block);
        bits->empty = 0;
    } else if (scan->first == 0 && scan->high == 0)
        jpeg_scan_mean(bits, which, block);
    else if (scan->first == 0)
        block[0] = (int16_t)(block[0] | jpeg_bits_take(bits, 1) << scan->low);
    else if (scan->high != 0)
        jpeg_scan_refine(bits, scan->others[which], block);
    else if (bits->empty > 0)
        bits->empty--;
    else
        jpeg_scan_others(bits, scan->others[which], scan->first, block);
}

/* ---- units ----------------------------------------------------------------------------------------- */

/* What codes go on from begins anew, behind a marker that counts to 8. */
static void jpeg_scan_restart(JpegBits *bits, int number)
{
    while (bits->limit - bits->at >= 2 && bits->at[0] == 0xff && bits->at[1] == 0xff)
        bits->at++;
    if (bits->limit - bits->at < 2)
        jpeg_bits_fail(bits, jpeg_scan_truncated);
    else if (bits->at[0] != 0xff || bits->at[1] != 0xd0 + number % 8)
        jpeg_bits_fail(bits, jpeg_scan_corrupt);
    else
        bits->at += 2;
    bits->count = 0;
    bits->empty = 0;
    memset(bits->means, 0, sizeof bits->means);
}

/* Of several components, a unit has all blocks of one place; of one, a block. */
static void jpeg_scan_unit(JpegBits *bits, int x, int y)
{
    const SnnJpegScan *scan = bits->scan;
    for (int i = 0; i < scan->count; i++) {
        const SnnJpegComponent *one = scan->components[i];
        int across = scan->count > 1 ? one->across : 1, down = scan->count > 1 ? one->down : 1;
        for (int k = 0; k < across * down; k++) {
            size_t column = (size_t)(x * across + k % across), row = (size_t)(y * down + k / across);
            jpeg_scan_block(bits, i, one->blocks + (row * (size_t)one->columns + column) * SNN_JPEG_BLOCK);
        }
    }
}

const char *snn_jpeg_scan_read(const SnnJpegScan *scan, const unsigned char *at, const unsigned char *limit,
                               const unsigned char **end)
{
    const SnnJpegComponent *one = scan->components[0];
    JpegBits bits = {.scan = scan, .at = at, .limit = limit};
    int width = scan->count > 1 ? one->columns / one->across : one->width;
    int height = scan->count > 1 ? one->rows / one->down : one->height;
    for (int unit = 0; unit < width * height && bits.wrong == NULL; unit++) {
        if (scan->interval > 0 && unit > 0 && unit % scan->interval == 0)
            jpeg_scan_restart(&bits, unit / scan->interval - 1);
        jpeg_scan_unit(&bits, unit % width, unit / width);
    }
    *end = bits.at;
    return bits.wrong;
}
