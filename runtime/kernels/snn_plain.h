/* What kernels call that run without anything beside them, in C99: the same as in snn_math.h, snn_fma.h and snn_list.h, to
 * the bit, in few words. */
#ifndef SNN_PLAIN_H
#define SNN_PLAIN_H

#include "snn_whole.h"

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

#endif
