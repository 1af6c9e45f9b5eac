/* Operations that C has no sign for, of which the program's elementary functions are made. */
#ifndef SNN_MATH_H
#define SNN_MATH_H

#include <stdint.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

/* A loop that calls functions becomes vectors if these are inline, however large they are. */
#define SNN_FUNCTION static inline __attribute__((always_inline))

SNN_INLINE uint32_t snn_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

SNN_INLINE float snn_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

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

/* truth ? yes : no for a truth of 0 or 1, by masks: compilers may not turn this into a branch around the
 * arithmetic of one side, which would keep loops from being vectorised. */
SNN_INLINE float snn_choose(int truth, float yes, float no)
{
    uint32_t mask = 0u - (uint32_t)truth;
    return snn_from_bits((snn_bits(yes) & mask) | (snn_bits(no) & ~mask));
}

#endif
