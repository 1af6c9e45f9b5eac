/* Lists of what is set in a row of flags, each 0 or 1, for kernels that follow spikes. Eight flags that are far from each other
 * make a byte, so that packing them is done on contiguous flags, and a table has the bits that are set in a byte.
 * Where the number of flags is known, as in a generated program, the compiler knows all bounds: everything here is
 * inlined. */
#ifndef SNN_LIST_H
#define SNN_LIST_H

#include "snn.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SNN_LIST_INLINE static inline __attribute__((always_inline, unused))

enum {
    SNN_LIST_BITS = 8,    /* of a byte */
    SNN_LIST_LEAST = 32,  /* flags; fewer are looked at one by one */
    SNN_LIST_BYTES = 256, /* that are packed in one go */
    SNN_LIST_FEW = 8,     /* bytes, of which all are looked at: faster than to foresee how many are not 0 */
    SNN_LIST_SLACK = 8    /* room behind a list: the bits of a byte are written whole */
};

/* The rows of the 16 bytes whose upper bits are these. */
#define SNN_LIST_ROWS(...)                                                                     \
    {__VA_ARGS__}, {0, __VA_ARGS__}, {1, __VA_ARGS__}, {0, 1, __VA_ARGS__}, {2, __VA_ARGS__},  \
        {0, 2, __VA_ARGS__}, {1, 2, __VA_ARGS__}, {0, 1, 2, __VA_ARGS__}, {3, __VA_ARGS__},    \
        {0, 3, __VA_ARGS__}, {1, 3, __VA_ARGS__}, {0, 1, 3, __VA_ARGS__}, {2, 3, __VA_ARGS__}, \
        {0, 2, 3, __VA_ARGS__}, {1, 2, 3, __VA_ARGS__},                                        \
    {                                                                                          \
        0, 1, 2, 3, __VA_ARGS__                                                                \
    }
#define SNN_LIST_ONES(n) \
    n, n + 1, n + 1, n + 2, n + 1, n + 2, n + 2, n + 3, n + 1, n + 2, n + 2, n + 3, n + 2, n + 3, n + 3, n + 4

/* Of every byte: the bits that are set (the first row has none: its 0 is of no use, as all that stands behind) and how
 * many these are. */
static const uint16_t snn_list_positions[256][SNN_LIST_BITS] = {
    SNN_LIST_ROWS(0),    SNN_LIST_ROWS(4),       SNN_LIST_ROWS(5),       SNN_LIST_ROWS(4, 5),
    SNN_LIST_ROWS(6),    SNN_LIST_ROWS(4, 6),    SNN_LIST_ROWS(5, 6),    SNN_LIST_ROWS(4, 5, 6),
    SNN_LIST_ROWS(7),    SNN_LIST_ROWS(4, 7),    SNN_LIST_ROWS(5, 7),    SNN_LIST_ROWS(4, 5, 7),
    SNN_LIST_ROWS(6, 7), SNN_LIST_ROWS(4, 6, 7), SNN_LIST_ROWS(5, 6, 7), SNN_LIST_ROWS(4, 5, 6, 7)};
static const uint8_t snn_list_ones[256] = {
    SNN_LIST_ONES(0), SNN_LIST_ONES(1), SNN_LIST_ONES(1), SNN_LIST_ONES(2),
    SNN_LIST_ONES(1), SNN_LIST_ONES(2), SNN_LIST_ONES(2), SNN_LIST_ONES(3),
    SNN_LIST_ONES(1), SNN_LIST_ONES(2), SNN_LIST_ONES(2), SNN_LIST_ONES(3),
    SNN_LIST_ONES(2), SNN_LIST_ONES(3), SNN_LIST_ONES(3), SNN_LIST_ONES(4)};

/* Lists hold numbers of 16 bits, or of 32 where they are `wide`. */
SNN_LIST_INLINE void snn_list_put(void *list, bool wide, int32_t at, int32_t position)
{
    if (wide)
        ((int32_t *)list)[at] = position;
    else
        ((uint16_t *)list)[at] = (uint16_t)position;
}

/* 4 or 8 bytes as one number, and back: of sizes that are written out, since GCC warns of others where it does not optimise. */
SNN_LIST_INLINE uint64_t snn_list_number(const uint8_t *bytes, int32_t count)
{
    uint64_t long_one = 0;
    uint32_t short_one = 0;
    if (count == sizeof long_one)
        memcpy(&long_one, bytes, sizeof long_one);
    else
        memcpy(&short_one, bytes, sizeof short_one);
    return long_one + short_one;
}

SNN_LIST_INLINE void snn_list_bytes(uint8_t *bytes, int32_t count, uint64_t number)
{
    const uint32_t short_one = (uint32_t)number;
    if (count == sizeof number)
        memcpy(bytes, &number, sizeof number);
    else
        memcpy(bytes, &short_one, sizeof short_one);
}

/* Bit k of bytes[w] = flags[w + k * stride], of two bits at least. Bit by bit, from the last to the first: each loop runs
 * over contiguous flags, so it vectorises. */
SNN_LIST_INLINE void snn_list_pack(uint8_t *restrict bytes, int32_t count, const uint8_t *restrict flags,
                                   int32_t stride, int32_t bits)
{
    if (count == sizeof(uint32_t) || count == sizeof(uint64_t)) { /* compilers make worse of so few bytes */
        uint64_t all = 0;
        for (int32_t k = bits - 1; k >= 0; k--)
            all += all + snn_list_number(flags + k * stride, count);
        snn_list_bytes(bytes, count, all);
        return;
    }
    SNN_INDEPENDENT
    for (int32_t w = 0; w < count; w++) /* GCC warns of a memcpy where it does not optimise */
        bytes[w] = flags[w + (bits - 1) * stride];
    for (int32_t k = bits - 2; k >= 0; k--) {
        SNN_INDEPENDENT
        for (int32_t w = 0; w < count; w++)
            bytes[w] = (uint8_t)(bytes[w] + bytes[w] + flags[w + k * stride]);
    }
}

/* filled[0 .. result - 1] = the bytes that are not 0: in speech data, hardly one of ten. */
SNN_LIST_INLINE int32_t snn_list_filled(uint16_t *restrict filled, const uint8_t *restrict bytes,
                                        int32_t count)
{
    int32_t some = 0;
    for (int32_t w = 0; w < count; w++) {
        filled[some] = (uint16_t)w;
        some += bytes[w] != 0;
    }
    return some;
}

/* Appends, at `at`, the positions first + k * stride of the bits k that are set in a byte. Returns where the list ends. */
SNN_LIST_INLINE int32_t snn_list_byte(void *list, bool wide, int32_t at, int32_t byte, int32_t first,
                                      int32_t stride)
{
    SNN_INDEPENDENT_SHORT
    for (int32_t k = 0; k < SNN_LIST_BITS; k++)
        snn_list_put(list, wide, at + k, first + snn_list_positions[byte][k] * stride);
    return at + snn_list_ones[byte];
}

/* Appends, at `at`, those of the positions first + w + k * stride whose flags are set; w goes from 0 to stride - 1, and
 * for each w goes k from 0 to bits - 1. Returns where the list ends. */
SNN_LIST_INLINE int32_t snn_list_part(void *list, bool wide, int32_t at, const uint8_t *flags, int32_t first,
                                      int32_t stride, int32_t bits)
{
    _Alignas(64) uint8_t bytes[SNN_LIST_BYTES];
    _Alignas(64) uint16_t filled[SNN_LIST_BYTES];
    if (stride <= SNN_LIST_FEW) {
        snn_list_pack(bytes, stride, flags + first, stride, bits);
        for (int32_t w = 0; w < stride; w++)
            at = snn_list_byte(list, wide, at, bytes[w], first + w, stride);
        return at;
    }
    for (int32_t begin = first; begin < first + stride; begin += SNN_LIST_BYTES) {
        int32_t left = first + stride - begin, count = left < SNN_LIST_BYTES ? left : SNN_LIST_BYTES;
        snn_list_pack(bytes, count, flags + begin, stride, bits);
        int32_t some = snn_list_filled(filled, bytes, count);
        for (int32_t f = 0; f < some; f++)
            at = snn_list_byte(list, wide, at, bytes[filled[f]], begin + filled[f], stride);
    }
    return at;
}

/* Most flags are in rows of a multiple of 16 flags, as vectors have them, fewer in small layers; those that are left in
 * rows of 8 or, where these would be more than eight, of 16; and the last ones are by themselves. */
SNN_LIST_INLINE int32_t snn_list(void *list, bool wide, const uint8_t *flags, int32_t count)
{
    int32_t at = 0, done = 0;
    if (count >= SNN_LIST_LEAST) {
        const int32_t lanes = count >= 16 * SNN_LIST_BITS ? 16 : count >= 8 * SNN_LIST_BITS ? 8 : 4;
        const int32_t stride = count / (SNN_LIST_BITS * lanes) * lanes, left = count - stride * SNN_LIST_BITS;
        const int32_t last = left < 8 * (SNN_LIST_BITS + 1) ? 8 : 16, bits = left / last;
        at = snn_list_part(list, wide, at, flags, 0, stride, SNN_LIST_BITS);
        done = stride * SNN_LIST_BITS;
        if (bits > 1) {
            at = snn_list_part(list, wide, at, flags, done, last, bits);
            done += last * bits;
        }
    }
    for (; done < count; done++) {
        snn_list_put(list, wide, at, done);
        at += flags[done];
    }
    return at;
}

/* list[0 .. result - 1] = the positions of the flags that are set, in the order of snn_list_part() and snn_list(). What
 * SNN_LIST_SLACK elements behind them hold is lost. */
SNN_LIST_INLINE int32_t snn_list16(uint16_t *list, const uint8_t *flags, int32_t count)
{
    return snn_list(list, false, flags, count);
}

SNN_LIST_INLINE int32_t snn_list32(int32_t *list, const uint8_t *flags, int32_t count)
{
    return snn_list(list, true, flags, count);
}

#endif
