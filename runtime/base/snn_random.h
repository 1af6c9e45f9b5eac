/* Random numbers by counter: each is a function of where it is used (seed, epoch, sample, step, unit),
 * so results depend neither on the order of computing nor on the number of threads.
 * The mixing function is C. Wellons' lowbias32 (public domain): bias 0.17 of the ideal. */
#ifndef SNN_RANDOM_H
#define SNN_RANDOM_H

#include <stdint.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

/* In the place of an epoch, for weights before the first one. */
#define SNN_INIT_EPOCH 0xFFFFFFFEu

SNN_INLINE uint32_t snn_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

/* The stream of random numbers of one sample at one time step. */
SNN_INLINE uint32_t snn_key(uint32_t seed, uint32_t epoch, uint32_t sample, uint32_t step)
{
    uint32_t key = snn_mix(seed + 0x9e3779b9u);
    key = snn_mix(key ^ snn_mix(epoch + 0x85ebca6bu));
    key = snn_mix(key ^ snn_mix(sample + 0xc2b2ae35u));
    return snn_mix(key ^ snn_mix(step + 0x27d4eb2fu));
}

/* 32 random bits. With a sum in the place of ^, all streams would be pieces of one, and some would run in parallel. */
SNN_INLINE uint32_t snn_random(uint32_t key, uint32_t unit)
{
    return snn_mix(key ^ unit * 0x9e3779b9u);
}

#ifndef SNN_WITHOUT_REALS
/* Uniform in [0, 1), a multiple of 2^-24: exact in float. */
SNN_INLINE float snn_uniform(uint32_t key, uint32_t unit)
{
    return (float)(snn_random(key, unit) >> 8) * 0x1p-24f;
}
#endif

#endif
