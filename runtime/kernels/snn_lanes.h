/* Vectors of floats for kernels that run without anything beside them, in C99: as in snn_vector.h and snn_fma.h, but without
 * levels, and of one float where the compiler or the processor has none. Results do not depend on the width. */
#ifndef SNN_LANES_H
#define SNN_LANES_H

#include "snn_plain.h"

#if !defined(__GNUC__)
#define SNN_LANES 1
#elif defined(__AVX512F__)
#define SNN_LANES 16
#elif defined(__AVX__)
#define SNN_LANES 8
#elif defined(__SSE__) || defined(__aarch64__) || defined(__wasm_simd128__)
#define SNN_LANES 4
#else
#define SNN_LANES 1
#endif

#if SNN_LANES > 1

typedef float snn_floats __attribute__((vector_size(4 * SNN_LANES)));
typedef int32_t snn_truths
    __attribute__((vector_size(4 * SNN_LANES))); /* 0 or -1, as comparing floats gives */

/* Written out, a loop over vectors keeps its sums in registers. */
#if defined(__clang__)
#define SNN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SNN_UNROLL _Pragma("GCC unroll 65534")
#endif

SNN_INLINE snn_floats snn_load(const float *from)
{
    snn_floats x;
    __builtin_memcpy(&x, from, sizeof x);
    return x;
}

SNN_INLINE void snn_store(float *to, snn_floats x)
{
    __builtin_memcpy(to, &x, sizeof x);
}

/* The same number in all lanes; -0 stays -0. */
SNN_INLINE snn_floats snn_all(float x)
{
    return x - (snn_floats){0};
}

/* Of a loop over lanes, compilers make one instruction by themselves, but GCC does not for x86. */
SNN_INLINE snn_floats snn_fma(snn_floats a, snn_floats b, snn_floats c)
{
#if defined(__FMA__) && !defined(__clang__) && SNN_LANES == 16
    return (snn_floats)__builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4); /* all lanes, the usual rounding */
#elif defined(__FMA__) && !defined(__clang__) && SNN_LANES == 8
    return (snn_floats)__builtin_ia32_vfmaddps256(a, b, c);
#else
    for (int32_t k = 0; k < SNN_LANES; k++)
        c[k] = snn_fmaf(a[k], b[k], c[k]);
    return c;
#endif
}

/* Of each lane: which of the two. */
SNN_INLINE snn_floats snn_select(snn_truths truths, snn_floats yes, snn_floats no)
{
    return (snn_floats)(((snn_truths)yes & truths) | ((snn_truths)no & ~truths));
}

/* 0 or 1 for each lane. Of eight, GCC would make one after the other. */
SNN_INLINE void snn_store_flags(uint8_t *to, snn_truths truths)
{
#if SNN_LANES == 8 && !defined(__clang__)
    const uint64_t bits = (uint64_t)(uint32_t)__builtin_ia32_movmskps256((snn_floats)truths);
    const uint64_t apart = bits * 0x0101010101010101u & 0x8040201008040201u;         /* bit k in byte k, */
    const uint64_t flags = (apart + 0x00406070787c7e7fu) >> 7 & 0x0101010101010101u; /* as bit 0 */
#elif SNN_LANES == 4 && !defined(__clang__)
    const uint8_t flags[4] = {(uint8_t)(truths[0] & 1), (uint8_t)(truths[1] & 1), (uint8_t)(truths[2] & 1),
                              (uint8_t)(truths[3] & 1)};
#else
    typedef uint8_t snn_flags __attribute__((vector_size(SNN_LANES)));
    const snn_flags flags = __builtin_convertvector(truths & 1, snn_flags);
#endif
    __builtin_memcpy(to, &flags, sizeof flags);
}

#else

typedef float snn_floats;
typedef bool snn_truths;

#define SNN_UNROLL

SNN_INLINE snn_floats snn_select(snn_truths truth, snn_floats yes, snn_floats no)
{
    return truth ? yes : no;
}

SNN_INLINE void snn_store_flags(uint8_t *to, snn_truths truth)
{
    *to = truth;
}

SNN_INLINE snn_floats snn_load(const float *from)
{
    return *from;
}

SNN_INLINE void snn_store(float *to, snn_floats x)
{
    *to = x;
}

SNN_INLINE snn_floats snn_all(float x)
{
    return x;
}

SNN_INLINE snn_floats snn_fma(snn_floats a, snn_floats b, snn_floats c)
{
    return snn_fmaf(a, b, c);
}

#endif

/* x, made here and not next to what needs it. */
SNN_INLINE snn_floats snn_apart(snn_floats x)
{
#if defined(__GNUC__) && defined(__SSE__)
    __asm__("" : "+v"(x));
#endif
    return x;
}

#endif
