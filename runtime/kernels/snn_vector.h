/* Vectors of floats, as wide as the processors of this level have them (see snn_level.h), without a level those
 * that the program is compiled for. Their elements are added and multiplied as floats are, so results do not depend
 * on the width. Included once for each level. */
#include <stdint.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

/* All powers of two up to 16 are possible. */
#undef SNN_LANES
#if SNN_LEVEL == 4 || (SNN_LEVEL == 0 && defined(__AVX512F__))
#define SNN_LANES 16
#elif SNN_LEVEL == 3 || (SNN_LEVEL == 0 && defined(__AVX__))
#define SNN_LANES 8
#else
#define SNN_LANES 4
#endif

#define snn_floats SNN_AT_LEVEL(snn_floats)
#define snn_load SNN_AT_LEVEL(snn_load)
#define snn_store SNN_AT_LEVEL(snn_store)
#define snn_all SNN_AT_LEVEL(snn_all)
#define snn_apart SNN_AT_LEVEL(snn_apart)
#define snn_next SNN_AT_LEVEL(snn_next)
#define snn_ahead SNN_AT_LEVEL(snn_ahead)

typedef float snn_floats __attribute__((vector_size(4 * SNN_LANES)));

/* Stands before a loop of few turns. Over vectors: written out, its sums stay in registers. Over others: what is known
 * in each turn, as the bounds of a loop in it, is known to the compiler. */
#if defined(__clang__)
#define SNN_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define SNN_UNROLL _Pragma("GCC unroll 65534")
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

/* x, made here and not next to what needs it: where some products are made before the first of them is added, a
 * processor that has no better things to do multiplies and adds in the same cycle. */
SNN_INLINE snn_floats snn_apart(snn_floats x)
{
#if defined(__x86_64__)
    __asm__("" : "+v"(x));
#endif
    return x;
}

/* Fetches what will soon be read or stored; it may lie where no processor would look for it by itself. */
SNN_INLINE void snn_ahead(const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 64) /* a line of a cache */
        __builtin_prefetch((const char *)from + i);
}

/* The first set of flags[from .. count-1], or count. They are looked at eight at a time. */
SNN_INLINE int32_t snn_next(const uint8_t *flags, int32_t from, int32_t count)
{
    for (; count - from >= 8; from += 8) {
        uint64_t eight;
        memcpy(&eight, flags + from, sizeof eight);
        if (eight != 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return from + __builtin_ctzll(eight) / 8;
#else
            return from + __builtin_clzll(eight) / 8;
#endif
        }
    }
    while (from < count && flags[from] == 0)
        from++;
    return from;
}
