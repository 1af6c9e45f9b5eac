/* What kernels call that run without anything beside them, in C99: the same as in snn_math.h, snn_fma.h and snn_list.h, to
 * the bit, in few words. */
#ifndef SNN_PLAIN_H
#define SNN_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SNN_INLINE
#ifdef __GNUC__
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#else
#define SNN_INLINE static inline
#endif
#endif
#define SNN_FUNCTION SNN_INLINE

/* Nothing is multiplied and added in one step but where it is said: GCC heeds this in -std=c99. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

typedef union SnnWord {
    float real;
    uint32_t bits;
} SnnWord;

typedef union SnnWide {
    double real;
    uint64_t bits;
} SnnWide;

/* Fails to compile where a double is no wider than a float, as avr-gcc has it unless it is told -mdouble=64. */
typedef char snn_double_has_64_bits[sizeof(double) == sizeof(uint64_t) ? 1 : -1];

SNN_INLINE uint32_t snn_bits(float x)
{
    SnnWord word;
    word.real = x;
    return word.bits;
}

SNN_INLINE float snn_from_bits(uint32_t bits)
{
    SnnWord word;
    word.bits = bits;
    return word.real;
}

#ifndef INFINITY
#define INFINITY snn_from_bits(0x7f800000u)
#endif

SNN_INLINE float snn_absf(float x)
{
    return snn_from_bits(snn_bits(x) & 0x7fffffffu);
}

/* The smaller, the larger; b if one of them is NaN. */
SNN_INLINE float snn_minf(float a, float b)
{
    return a < b ? a : b;
}

SNN_INLINE float snn_maxf(float a, float b)
{
    return a > b ? a : b;
}

SNN_INLINE float snn_choose(bool truth, float yes, float no)
{
    return truth ? yes : no;
}

/* The processor has an instruction for that, and the compiler takes it: off Linux, clang calls a library unless it is told
 * -fno-math-errno. */
#if (defined(__FMA__) || defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA) || defined(__riscv_flen) \
     || defined(__s390x__))                                                                             \
    && (!defined(__clang__) || defined(__NO_MATH_ERRNO__) || defined(__linux__))
#define SNN_FUSES
#endif

/* a * b + c, rounded once. A double holds the product, not always the sum, but what the sum lacks is known: where there is
 * such a rest, an even last bit of the sum is made odd, towards the rest. */
SNN_INLINE float snn_fmaf(float a, float b, float c)
{
#ifdef SNN_FUSES
    return __builtin_fmaf(a, b, c);
#else
    double product = (double)a * (double)b, sum = product + (double)c;
    double added = sum - product, rest = (product - (sum - added)) + ((double)c - added);
    SnnWide wide, left;
    wide.real = sum;
    left.real = rest;
    if (rest < 0.0 || rest > 0.0) {
        if ((wide.bits & 1u) == 0 && ((wide.bits ^ left.bits) >> 63) != 0)
            wide.bits -= 1u;
        else
            wide.bits |= 1u;
    }
    return (float)wide.real;
#endif
}

/* The root of an even power of two times `whole`, bit by bit: 24 bits and one more, by which it is rounded. */
SNN_INLINE uint32_t snn_root_bits(uint64_t whole)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 24; bit != 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= whole)
            root |= bit;
    return (uint32_t)root;
}

/* Rounded as IEEE 754 has it. */
SNN_INLINE float snn_sqrtf(float x)
{
    uint32_t bits = snn_bits(x);
    if (bits << 1 == 0 || bits == 0x7f800000u || (bits & 0x7fffffffu) > 0x7f800000u)
        return x; /* 0, infinity, NaN */
    if (bits >> 31 != 0)
        return snn_from_bits(0x7fc00000u);
    int32_t exponent = (int32_t)(bits >> 23);
    uint32_t fraction = bits & 0x7fffffu;
    if (exponent == 0)
        for (exponent = 1; (fraction & 0x800000u) == 0; exponent--)
            fraction <<= 1;
    fraction |= 0x800000u;
    const int32_t power = exponent - 127, odd = power & 1; /* x = fraction * 2^(power - 23) */
    uint64_t whole = (uint64_t)fraction << (25 + odd);     /* its root has 25 bits */
    uint32_t root = snn_root_bits(whole), up = root & 1u;  /* never half way */
    return snn_from_bits(((uint32_t)((power - odd) / 2 + 126) << 23) + (root >> 1) + up);
}

/* Four flags, a byte each, the first one lowest. */
SNN_INLINE uint64_t snn_four(const uint8_t *flags)
{
    return (uint64_t)((uint32_t)flags[0] | (uint32_t)flags[1] << 8 | (uint32_t)flags[2] << 16
                      | (uint32_t)flags[3] << 24);
}

/* The next flag from `from` on that is set, or `to`. */
SNN_INLINE int32_t snn_next(const uint8_t *flags, int32_t from, int32_t to)
{
    while (to - from >= 4 && snn_four(flags + from) == 0)
        from += 4;
    while (from < to && flags[from] == 0)
        from++;
    return from;
}

/* The place of the lowest bit that is set. Processors without an instruction for it would call a library. */
SNN_INLINE int32_t snn_lowest(uint64_t bits)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    return __builtin_ctzll(bits);
#else
    int32_t place = 0;
    for (int32_t step = 32; step > 0; step /= 2)
        if ((bits & (((uint64_t)1 << step) - 1)) == 0) {
            bits >>= step;
            place += step;
        }
    return place;
#endif
}

/* Of at most eight rows of flags, which follow each other, the first eight columns, or four of rows of four: bit 8 * k + row is column k of a row. */
SNN_INLINE uint64_t snn_columns(const uint8_t *flags, int32_t rows, int32_t length)
{
    uint64_t bits = 0;
    for (int32_t row = 0; row < rows; row++)
        bits |= (snn_four(flags + row * length) | (length < 8 ? 0 : snn_four(flags + row * length + 4) << 32))
                << row;
    return bits;
}

/* NAME: list[0 .. result - 1] = the places of the flags that are set, in the order of the Loop IR: of many flags, first those of
 * eight rows, column by column; then those of some shorter rows; then the others. */
#define SNN_DEFINE_LIST(NAME, INDEX)                                                                       \
    SNN_INLINE int32_t NAME##_rows(INDEX *list, const uint8_t *flags, int32_t first, int32_t rows,         \
                                   int32_t length)                                                         \
    {                                                                                                      \
        int32_t found = 0;                                                                                 \
        for (int32_t column = first; column < first + length; column += 8)                                 \
            for (uint64_t bits = snn_columns(flags + column, rows, length); bits != 0; bits &= bits - 1) { \
                const int32_t bit = snn_lowest(bits);                                                      \
                list[found++] = (INDEX)(column + bit / 8 + bit % 8 * length);                              \
            }                                                                                              \
        return found;                                                                                      \
    }                                                                                                      \
    SNN_INLINE int32_t NAME(INDEX *list, const uint8_t *flags, int32_t count)                              \
    {                                                                                                      \
        const int32_t unit = count >= 128 ? 16 : count >= 64 ? 8 : 4;                                      \
        const int32_t length = count < 32 ? 0 : count / (8 * unit) * unit;                                 \
        const int32_t shorter = count - 8 * length < 72 ? 8 : 16, rows = (count - 8 * length) / shorter;   \
        int32_t place = 8 * length, found = NAME##_rows(list, flags, 0, 8, length);                        \
        if (length > 0 && rows > 1) {                                                                      \
            found += NAME##_rows(list + found, flags, place, rows, shorter);                               \
            place += rows * shorter;                                                                       \
        }                                                                                                  \
        for (; place < count; place++)                                                                     \
            if (flags[place] != 0)                                                                         \
                list[found++] = (INDEX)place;                                                              \
        return found;                                                                                      \
    }

SNN_DEFINE_LIST(snn_list16, uint16_t)
SNN_DEFINE_LIST(snn_list32, int32_t)

#endif
