/* a * b + c, rounded once, of floats and of vectors of them: by the instruction where the processors of this level have
 * it, else by arithmetic that gives the same bits, and is much slower. Included once for each level. */
#include <stdint.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

#undef SNN_FMA
#if SNN_LEVEL >= 3 || defined(__FMA__) || defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA) \
    || defined(__riscv_flen) || defined(__s390x__)
#define SNN_FMA
#endif

/* Of a loop over lanes, compilers make the instruction by themselves, but GCC does not for x86. */
#undef SNN_FMA_LANES
#if defined(SNN_FMA) && defined(__x86_64__) && !defined(__clang__) && SNN_LANES == 16
#define SNN_FMA_LANES(a, b, c) \
    __builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4 /* all lanes, the usual rounding */)
#elif defined(SNN_FMA) && defined(__x86_64__) && !defined(__clang__) && SNN_LANES == 8
#define SNN_FMA_LANES(a, b, c) __builtin_ia32_vfmaddps256(a, b, c)
#endif

#define snn_fmaf SNN_AT_LEVEL(snn_fmaf)
#define snn_fma SNN_AT_LEVEL(snn_fma)

SNN_INLINE float snn_fmaf(float a, float b, float c)
{
#ifdef SNN_FMA
    return __builtin_fmaf(a, b, c);
#else
    /* A double holds the product, not always the sum, but what the sum lacks is known. Where there is such a rest, an even
     * last bit of the sum is made odd, towards the rest: then rounding it to a float is as rounding what is exact. By
     * arithmetic that vectors of any processor have: the rest of infinity, NaN, counts as none. */
    double product = (double)a * (double)b, sum = product + (double)c;
    double added = sum - product, rest = (product - (sum - added)) + ((double)c - added);
    rest = rest == rest ? rest : 0.0;
    uint64_t bits, of_rest;
    memcpy(&bits, &sum, sizeof bits);
    memcpy(&of_rest, &rest, sizeof of_rest);
    uint64_t size = of_rest << 1, some = (size | (0u - size)) >> 63, inwards = (of_rest ^ bits) >> 63;
    uint64_t change = some & ~bits;
    bits += change - (change & inwards) * 2;
    memcpy(&sum, &bits, sizeof sum);
    return (float)sum;
#endif
}

SNN_INLINE snn_floats snn_fma(snn_floats a, snn_floats b, snn_floats c)
{
#ifdef SNN_FMA_LANES
    return (snn_floats)SNN_FMA_LANES(a, b, c);
#else
    float x[SNN_LANES], y[SNN_LANES], z[SNN_LANES];
    memcpy(x, &a, sizeof a);
    memcpy(y, &b, sizeof b);
    memcpy(z, &c, sizeof c);
    for (int k = 0; k < SNN_LANES; k++)
        z[k] = snn_fmaf(x[k], y[k], z[k]);
    memcpy(&c, z, sizeof c);
    return c;
#endif
}
