/* FLAC, as RFC 9639 has it. */
#include "snn_flac.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLAC_CHANNELS = 8, FLAC_BLOCK = 65535, FLAC_ORDER = 32, FLAC_MOST = 1 << 28 };

/* ---- bits ------------------------------------------------------------------------------------------ */

/* One file while it is read. Behind its end all bits are 0, and `short_of` them is set. */
typedef struct FlacReader {
    const SnnMap *map;
    uint64_t place; /* in bits */
    bool short_of;
    int rate, channels, bits;       /* `bits` of a sample */
    uint64_t total;                 /* samples of a channel; 0: unknown */
    int block;                      /* of the frame */
    int32_t (*samples)[FLAC_BLOCK]; /* [FLAC_CHANNELS] of a frame */
    int64_t *work;                  /* [FLAC_BLOCK] */
    int64_t room;
    SnnFlac *sound;
    SnnError *error;
} FlacReader;

static bool flac_wrong(const FlacReader *reader, const char *what)
{
    return snn_fail(reader->error, "unusable FLAC file (%s): %s, at byte %llu; get the file anew",
                    reader->map->path, what, (unsigned long long)(reader->place / 8));
}

static unsigned flac_bit(FlacReader *reader)
{
    uint64_t at = reader->place++;
    if (at / 8 >= reader->map->size) {
        reader->short_of = true;
        return 0;
    }
    return reader->map->at[at / 8] >> (7 - at % 8) & 1;
}

/* The next bits, at most 36, the highest first. */
static uint64_t flac_take(FlacReader *reader, int count)
{
    uint64_t number = 0;
    while (count > 0) {
        uint64_t at = reader->place / 8;
        int within = (int)(reader->place % 8), some = count < 8 - within ? count : 8 - within;
        unsigned byte = 0;
        if (at < reader->map->size)
            byte = reader->map->at[at];
        else
            reader->short_of = true;
        number = number << some | (byte >> (8 - within - some) & ((1u << some) - 1));
        reader->place += (uint64_t)some;
        count -= some;
    }
    return number;
}

static int64_t flac_signed(FlacReader *reader, int count)
{
    int64_t number = (int64_t)flac_take(reader, count);
    return count > 0 && number >> (count - 1) != 0 ? number - ((int64_t)1 << count) : number;
}

/* Zeros before the next 1. */
static int64_t flac_zeros(FlacReader *reader)
{
    int64_t count = 0;
    while (flac_bit(reader) == 0 && !reader->short_of)
        count++;
    return count;
}

/* Of the bytes from one place to another, by this polynomial of so many bits. */
static unsigned flac_checksum(const FlacReader *reader, uint64_t from, uint64_t to, unsigned polynomial,
                              int bits)
{
    unsigned sum = 0, top = 1u << (bits - 1);
    for (uint64_t i = from; i < to; i++) {
        sum ^= (unsigned)reader->map->at[i] << (bits - 8);
        for (int k = 0; k < 8; k++)
            sum = (sum << 1) ^ (sum & top ? polynomial : 0);
    }
    return sum & (2 * top - 1);
}

/* ---- subframes ------------------------------------------------------------------------------------- */

/* The next `count` residuals of a partition. */
static void flac_partition(FlacReader *reader, int64_t *into, int count, int width)
{
    int parameter = (int)flac_take(reader, width);
    bool plain = parameter == (1 << width) - 1;
    int bits = plain ? (int)flac_take(reader, 5) : parameter;
    for (int i = 0; i < count && !reader->short_of; i++) {
        if (plain) {
            into[i] = flac_signed(reader, bits);
            continue;
        }
        uint64_t zeros = (uint64_t)flac_zeros(reader), coded = zeros << bits | flac_take(reader, bits);
        into[i] = (int64_t)(coded >> 1) ^ -(int64_t)(coded & 1);
    }
}

static bool flac_residuals(FlacReader *reader, int64_t *into, int order)
{
    int method = (int)flac_take(reader, 2), parts = 1 << flac_take(reader, 4);
    int each = reader->block / parts;
    if (method > 1 || each * parts != reader->block || each < order)
        return flac_wrong(reader, "its residuals cannot be divided");
    for (int part = 0, at = order; part < parts && !reader->short_of; part++) {
        int count = part == 0 ? each - order : each;
        flac_partition(reader, into + at, count, method == 0 ? 4 : 5);
        at += count;
    }
    return true;
}

/* Numbers that a frame's channel cannot have stop it: of more bits than it says. */
static bool flac_keep(const FlacReader *reader, int32_t *into, const int64_t *from, int bits, int wasted)
{
    int64_t most = (int64_t)1 << (bits - 1);
    for (int i = 0; i < reader->block; i++) {
        if (from[i] < -most || from[i] >= most)
            return flac_wrong(reader, "a sample has too many bits");
        into[i] = (int32_t)(from[i] * ((int64_t)1 << wasted));
    }
    return true;
}

/* Adds to each residual what is predicted of the samples before it. False where one is too large for any file. */
static bool flac_predict(int64_t *samples, int count, const int64_t *weights, int order, int shift)
{
    const int64_t most = (int64_t)1 << 40;
    for (int i = order; i < count; i++) {
        int64_t sum = 0;
        if (samples[i] > most || samples[i] < -most)
            return false;
        for (int k = 0; k < order; k++)
            sum += weights[k] * samples[i - 1 - k];
        samples[i] += sum >> shift;
        if (samples[i] > most || samples[i] < -most)
            return false;
    }
    return true;
}

static const int64_t flac_fixed[5][4] = {{0}, {1}, {2, -1}, {3, -3, 1}, {4, -6, 4, -1}};

/* Of this kind: 8 to 12 with fixed weights, from 32 on with weights that stand in the file. */
static bool flac_predicted(FlacReader *reader, int64_t *samples, int kind, int bits)
{
    bool fixed = kind < 32;
    int order = fixed ? kind - 8 : kind - 31, shift = 0;
    int64_t weights[FLAC_ORDER] = {0};
    if (order > reader->block)
        return flac_wrong(reader, "a frame is shorter than what predicts it");
    for (int i = 0; i < order; i++)
        samples[i] = flac_signed(reader, bits);
    if (fixed)
        memcpy(weights, flac_fixed[order], sizeof flac_fixed[order]);
    else {
        int precision = 1 + (int)flac_take(reader, 4);
        shift = (int)flac_signed(reader, 5);
        if (precision > 15 || shift < 0)
            return flac_wrong(reader, "a prediction has unknown weights");
        for (int i = 0; i < order; i++)
            weights[i] = flac_signed(reader, precision);
    }
    if (!flac_residuals(reader, samples, order))
        return false;
    return flac_predict(samples, reader->block, weights, order, shift)
           || flac_wrong(reader, "a prediction leaves all bounds");
}

static bool flac_subframe(FlacReader *reader, int channel, int bits)
{
    static const char unknown[] = "a frame has an unknown kind of samples";
    int64_t *samples = reader->work;
    bool begins = flac_bit(reader) == 0;
    int kind = (int)flac_take(reader, 6), wasted = 0;
    if (flac_bit(reader) != 0)
        wasted = 1 + (int)(flac_zeros(reader) & 63);
    bits -= wasted;
    if (!begins || bits < 1 || (kind > 1 && kind < 8) || (kind > 12 && kind < 32))
        return flac_wrong(reader, unknown);
    memset(samples, 0, (size_t)reader->block * sizeof *samples);
    if (kind > 1 && !flac_predicted(reader, samples, kind, bits))
        return false;
    int64_t same = kind == 0 ? flac_signed(reader, bits) : 0;
    for (int i = 0; i < reader->block && kind < 2; i++)
        samples[i] = kind == 0 ? same : flac_signed(reader, bits);
    return flac_keep(reader, reader->samples[channel], samples, bits, wasted);
}

/* ---- frames ---------------------------------------------------------------------------------------- */

/* A number as UTF-8 writes it, of up to 7 bytes: which frame or sample it is. */
static bool flac_skip_number(FlacReader *reader)
{
    int ones = 0;
    while (ones < 8 && flac_bit(reader) != 0)
        ones++;
    if (ones == 1 || ones == 8)
        return flac_wrong(reader, "a frame has no number");
    flac_take(reader, 7 - ones);
    for (int i = 1; i < ones; i++)
        flac_take(reader, 8);
    return true;
}

static bool flac_read_block(FlacReader *reader, int code)
{
    static const int small[] = {0, 192, 576, 1152, 2304, 4608};
    reader->block = code < 6    ? small[code]
                    : code == 6 ? 1 + (int)flac_take(reader, 8)
                    : code == 7 ? 1 + (int)flac_take(reader, 16)
                                : 256 << (code - 8);
    return (reader->block > 0 && reader->block <= FLAC_BLOCK) || flac_wrong(reader, "a frame has no length");
}

/* `*layout`: 8 to 10 of two channels as left and side, side and right, mid and side. */
static bool flac_header(FlacReader *reader, int *layout)
{
    uint64_t first = reader->place / 8;
    if (flac_take(reader, 15) != 0x7ffc)
        return flac_wrong(reader, "a frame does not begin as one");
    flac_take(reader, 1);
    int block = (int)flac_take(reader, 4), rate = (int)flac_take(reader, 4);
    *layout = (int)flac_take(reader, 4);
    static const int sizes[] = {0, 8, 12, -1, 16, 20, 24, 32};
    int bits = sizes[flac_take(reader, 3)];
    flac_take(reader, 1);
    int channels = *layout < 8 ? *layout + 1 : 2;
    if (!flac_skip_number(reader) || !flac_read_block(reader, block))
        return false;
    flac_take(reader, rate == 12 ? 8 : rate == 13 || rate == 14 ? 16 : 0);
    if (*layout > 10 || channels != reader->channels || (bits != 0 && bits != reader->bits))
        return flac_wrong(reader, "a frame has other channels or bits than the file");
    uint64_t last = reader->place / 8;
    unsigned sum = (unsigned)flac_take(reader, 8);
    return (!reader->short_of && flac_checksum(reader, first, last, 0x07, 8) == sum)
           || flac_wrong(reader, "a frame's header is corrupt");
}

static void flac_join(FlacReader *reader, int layout)
{
    int32_t *a = reader->samples[0], *b = reader->samples[1];
    for (int i = 0; i < reader->block; i++) {
        int64_t x = a[i], y = b[i], mid = x * 2 + (y & 1);
        if (layout == 8)
            b[i] = (int32_t)(x - y);
        else if (layout == 9)
            a[i] = (int32_t)(x + y);
        else if (layout == 10) {
            a[i] = (int32_t)((mid + y) >> 1);
            b[i] = (int32_t)((mid - y) >> 1);
        }
    }
}

/* There is room for as many as the next power of 2. */
static bool flac_add(FlacReader *reader)
{
    SnnFlac *sound = reader->sound;
    int64_t wanted = sound->count + reader->block;
    if (wanted > FLAC_MOST)
        return snn_fail(reader->error, "too long (%s): it has more than %d samples; divide it",
                        reader->map->path, FLAC_MOST);
    while (reader->room < wanted)
        reader->room = reader->room == 0 ? 1 << 16 : 2 * reader->room;
    float *grown = realloc(sound->at, (size_t)reader->room * sizeof *grown);
    if (grown == NULL)
        return snn_fail(reader->error, "no memory (%s): its sound", reader->map->path);
    sound->at = grown;
    for (int i = 0; i < reader->block; i++) {
        double sum = 0.0;
        for (int k = 0; k < reader->channels; k++)
            sum += (double)reader->samples[k][i];
        sound->at[sound->count++] = (float)(ldexp(sum, 1 - reader->bits) / (double)reader->channels);
    }
    return true;
}

static bool flac_frame(FlacReader *reader)
{
    uint64_t first = reader->place / 8;
    int layout = 0;
    if (!flac_header(reader, &layout))
        return false;
    for (int channel = 0; channel < reader->channels && !reader->short_of; channel++) {
        bool side = (layout == 9 && channel == 0) || ((layout == 8 || layout == 10) && channel == 1);
        if (!flac_subframe(reader, channel, reader->bits + side))
            return false;
    }
    reader->place = (reader->place + 7) / 8 * 8;
    uint64_t last = reader->place / 8;
    unsigned sum = (unsigned)flac_take(reader, 16);
    if (reader->short_of)
        return snn_fail(reader->error, "truncated (%s): it ends within a frame; get the file anew",
                        reader->map->path);
    if (flac_checksum(reader, first, last, 0x8005, 16) != sum)
        return flac_wrong(reader, "a frame is corrupt");
    flac_join(reader, layout);
    return flac_add(reader);
}

/* ---- the file -------------------------------------------------------------------------------------- */

/* The first block says what sound it is; others, of comments and pictures, are passed over. */
static bool flac_metadata(FlacReader *reader)
{
    bool last = false;
    for (int block = 0; !last; block++) {
        last = flac_bit(reader) != 0;
        int kind = (int)flac_take(reader, 7);
        uint64_t length = flac_take(reader, 24), next = reader->place + 8 * length;
        if (reader->short_of || length > reader->map->size)
            return snn_fail(reader->error, "truncated (%s): it ends within its header; get the file anew",
                            reader->map->path);
        if ((block == 0) != (kind == 0) || (block == 0 && length != 34))
            return flac_wrong(reader, "it does not begin with what sound it is");
        flac_take(reader, 36);
        flac_take(reader, 36);
        flac_take(reader, 8);
        if (block == 0) {
            reader->rate = (int)flac_take(reader, 20);
            reader->channels = 1 + (int)flac_take(reader, 3);
            reader->bits = 1 + (int)flac_take(reader, 5);
            reader->total = flac_take(reader, 36);
        }
        reader->place = next;
        reader->short_of = false;
    }
    return (reader->rate > 0 && reader->bits >= 4 && reader->bits <= 24)
           || snn_fail(reader->error,
                       "unusable FLAC file (%s): it has %d samples a second of %d bits, 4 to 24 are read",
                       reader->map->path, reader->rate, reader->bits);
}

bool snn_flac_is(const SnnMap *map)
{
    return map->size >= 4 && memcmp(map->at, "fLaC", 4) == 0;
}

static bool flac_frames(FlacReader *reader)
{
    while (reader->place / 8 < reader->map->size)
        if (!flac_frame(reader))
            return false;
    uint64_t count = (uint64_t)reader->sound->count;
    if (reader->total != 0 && count != reader->total)
        return snn_fail(reader->error, "truncated (%s): %llu samples expected, %llu found; get the file anew",
                        reader->map->path, (unsigned long long)reader->total, (unsigned long long)count);
    return count > 0
           || snn_fail(reader->error, "empty sample (%s): it has no sound; leave it out", reader->map->path);
}

bool snn_flac_read(SnnFlac *sound, const SnnMap *map, SnnError *error)
{
    FlacReader reader = {.map = map, .place = 8 * 4, .sound = sound, .error = error};
    *sound = (SnnFlac){0};
    if (!flac_metadata(&reader))
        return false;
    reader.samples = malloc(FLAC_CHANNELS * sizeof *reader.samples);
    reader.work = malloc(FLAC_BLOCK * sizeof *reader.work);
    bool ok = (reader.samples != NULL && reader.work != NULL)
              || snn_fail(error, "no memory (%s): its sound", map->path);
    ok = ok && flac_frames(&reader);
    free(reader.samples);
    free(reader.work);
    sound->rate = reader.rate;
    if (!ok) {
        free(sound->at);
        *sound = (SnnFlac){0};
    }
    return ok;
}
