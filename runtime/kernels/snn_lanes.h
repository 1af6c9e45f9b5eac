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

#else

typedef float snn_floats;

#define SNN_UNROLL

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
