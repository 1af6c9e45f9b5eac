/* Elementary functions in float, without branches, so that loops over them vectorise. They use only
 * + - * / and integer operations in a fixed order: with contraction off, every compiler gives the same bits.
 * The polynomials are minimax fits on the intervals given. Error bounds are tested against libm in double. */
#ifndef SNN_MATH_H
#define SNN_MATH_H

#include <stdint.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

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

/* |x| with the sign of `sign`. */
SNN_INLINE float snn_signf(float x, float sign)
{
    return snn_from_bits((snn_bits(x) & 0x7fffffffu) | (snn_bits(sign) & 0x80000000u));
}

/* truth ? yes : no for a truth of 0 or 1, by masks: compilers may not turn this into a branch around the
 * arithmetic of one side, which would keep loops from being vectorised. */
SNN_INLINE float snn_choose(int truth, float yes, float no)
{
    uint32_t mask = 0u - (uint32_t)truth;
    return snn_from_bits((snn_bits(yes) & mask) | (snn_bits(no) & ~mask));
}

/* e^x, error at most 2 ulp; inf above 88.72, 0 below -103.97, NaN for NaN.
 * x = n ln 2 + r with |r| <= ln 2 / 2. */
SNN_INLINE float snn_expf(float x)
{
    x = snn_choose(x < -104.0f, -104.0f, x);
    x = snn_choose(x > 89.0f, 89.0f, x);
    /* Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits. */
    float shifted = x * 1.44269502f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f; /* ln 2 in two parts; the first product is exact */
    float p = 1.381446685e-3f;
    p = p * r + 8.368780548e-3f;
    p = p * r + 4.166839422e-2f;
    p = p * r + 1.666652011e-1f;
    p = p * r + 4.999999341e-1f;
    p = (p * (r * r) + r) + 1.0f;
    /* 2^n in two factors, each a normal number: n is -150 .. 128. */
    uint32_t exponent = snn_bits(shifted) - 0x4b400000u + 256u;
    uint32_t half = exponent >> 1;
    float first = snn_from_bits((half - 1u) << 23);
    float second = snn_from_bits((exponent - half - 1u) << 23);
    return p * first * second;
}

/* e^x - 1, relative error at most 1e-6; keeps the sign of 0. */
SNN_INLINE float snn_expm1f(float x)
{
    float p = 1.984981024e-4f; /* |x| <= 1/2 */
    p = p * x + 1.399617675e-3f;
    p = p * x + 8.333579035e-3f;
    p = p * x + 4.166535859e-2f;
    p = p * x + 1.666666399e-1f;
    p = p * x + 5.000000385e-1f;
    float near = p * (x * x) + x;
    float far = snn_expf(x) - 1.0f;
    near = snn_choose(x == 0.0f, x, near);
    return snn_choose(snn_absf(x) <= 0.5f, near, far);
}

/* ln x, error at most 2 ulp. -inf for 0, NaN below 0. x = 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2). */
SNN_INLINE float snn_logf(float x)
{
    int tiny = x < 1.17549435e-38f;
    float scaled = x * snn_choose(tiny, 33554432.0f, 1.0f);
    uint32_t bits = snn_bits(scaled);
    uint32_t moved = bits - 0x3f3504f3u; /* of sqrt(1/2) */
    int32_t exponent = (int32_t)(((moved >> 23) ^ 0x100u) & 0x1ffu) - 0x100;
    float e = (float)exponent - snn_choose(tiny, 25.0f, 0.0f);
    float f = snn_from_bits((moved & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float p = 6.746641784e-2f;
    p = p * f - 1.167565748e-1f;
    p = p * f + 1.188816483e-1f;
    p = p * f - 1.240558823e-1f;
    p = p * f + 1.421955194e-1f;
    p = p * f - 1.666799587e-1f;
    p = p * f + 2.000211868e-1f;
    p = p * f - 2.500000960e-1f;
    p = p * f + 3.333331260e-1f;
    float square = f * f;
    float low = (p * (f * square) - e * 2.12194440e-4f) - 0.5f * square;
    float result = (f + low) + e * 0.693359375f;
    result = snn_choose(x == 0.0f, snn_from_bits(0xff800000u), result);
    result = snn_choose(x < 0.0f, snn_from_bits(0x7fc00000u), result);
    int special = (snn_bits(x) & 0x7fffffffu) > 0x7f800000u;
    return snn_choose(special | (snn_bits(x) == 0x7f800000u), x, result);
}

/* 1 / (1 + e^-x). */
SNN_INLINE float snn_sigmoidf(float x)
{
    return 1.0f / (1.0f + snn_expf(-x));
}

/* Hyperbolic tangent, error at most 3 ulp. */
SNN_INLINE float snn_tanhf(float x)
{
    float square = x * x;
    float p = -5.717042340e-3f; /* |x| <= 0.625 */
    p = p * square + 2.065058493e-2f;
    p = p * square - 5.374349738e-2f;
    p = p * square + 1.333149128e-1f;
    p = p * square - 3.333328392e-1f;
    float near = p * (square * x) + x;
    float size = snn_absf(x);
    float far = snn_signf(1.0f - 2.0f / (snn_expf(size + size) + 1.0f), x);
    far = snn_choose(x != x, x, far);
    return snn_choose(size <= 0.625f, near, far);
}

/* Arc tangent, error at most 3 ulp. Reduced to |z| <= tan(pi/8) by atan(x) = pi/4 + atan((x-1)/(x+1))
 * and atan(x) = pi/2 + atan(-1/x). */
SNN_INLINE float snn_atanf(float x)
{
    float size = snn_absf(x);
    int large = size > 2.41421356f, middle = size > 0.414213562f;
    float over = snn_choose(large, -1.0f, snn_choose(middle, size - 1.0f, size));
    float under = snn_choose(large, size, snn_choose(middle, size + 1.0f, 1.0f));
    float offset = snn_choose(large, 1.57079637f, snn_choose(middle, 0.785398185f, 0.0f));
    /* What the offset lacks of pi/2 and pi/4. */
    float rest = snn_choose(large, -4.37113883e-8f, snn_choose(middle, -2.18556941e-8f, 0.0f));
    float z = over / under;
    float square = z * z;
    float p = -6.083450829e-2f;
    p = p * square + 1.059600056e-1f;
    p = p * square - 1.424384860e-1f;
    p = p * square + 1.999848943e-1f;
    p = p * square - 3.333331551e-1f;
    float result = offset + ((p * (square * z) + rest) + z);
    return snn_choose(x != x, x, snn_signf(result, x));
}

/* Error function, absolute error at most 2e-7: a polynomial up to 1, then 1 - e^q(x). */
SNN_INLINE float snn_erff(float x)
{
    float size = snn_absf(x), square = x * x;
    float p = 7.889122853e-5f; /* |x| <= 1 */
    p = p * square - 8.020842401e-4f;
    p = p * square + 5.189535483e-3f;
    p = p * square - 2.685444468e-2f;
    p = p * square + 1.128360018e-1f;
    p = p * square - 3.761262714e-1f;
    p = p * square + 1.128379166f;
    float t = snn_choose(size > 4.0f, 4.0f, size); /* 1 .. 4; erf(4) rounds to 1 */
    float q = 1.855742196e-4f;
    q = q * t - 2.939609405e-3f;
    q = q * t + 2.180532692e-2f;
    q = q * t - 1.030373871e-1f;
    q = q * t - 6.382256556e-1f;
    q = q * t - 1.127040049f;
    q = q * t - 3.537161227e-4f;
    float far = snn_signf(1.0f - snn_expf(q), x);
    far = snn_choose(x != x, x, far);
    return snn_choose(size <= 1.0f, p * x, far);
}

#endif
