/* Vectors of floats, as wide as the machine that the program is compiled for has them. Their elements are added
 * and multiplied as floats are, so results do not depend on the width. */
#ifndef SNN_VECTOR_H
#define SNN_VECTOR_H

#include <stdint.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

/* All powers of two up to 16 are possible. */
#if defined(__AVX512F__)
#define SNN_LANES 16
#elif defined(__AVX__)
#define SNN_LANES 8
#else
#define SNN_LANES 4
#endif

typedef float snn_floats __attribute__((vector_size(4 * SNN_LANES)));

/* Stands before a short loop over vectors: written out, its sums stay in registers. */
#if defined(__clang__)
#define SNN_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define SNN_UNROLL _Pragma("GCC unroll 16")
#else
#define SNN_UNROLL
#endif

SNN_INLINE snn_floats snn_load(const float *from)
{
    snn_floats x;
    memcpy(&x, from, sizeof x);
    return x;
}

SNN_INLINE void snn_store(float *to, snn_floats x)
{
    memcpy(to, &x, sizeof x);
}

/* The same number in all lanes; -0 stays -0. */
SNN_INLINE snn_floats snn_all(float x)
{
    return x - (snn_floats){0};
}

#endif
