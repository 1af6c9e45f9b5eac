/* roof prints how many synaptic operations a second one core can do at best, at an addition each: it adds
 * vectors of the widest kind in single precision, eight sums at a time so that none waits for another, all in
 * registers. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined __AVX512F__
#define BYTES 64
#elif defined __AVX__
#define BYTES 32
#else
#define BYTES 16
#endif
typedef float Vector __attribute__((vector_size(BYTES)));

enum { SUMS = 8, LANES = BYTES / sizeof(float), REPEATS = 1000000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Something of every sum, so that none is left out by the compiler. */
static float add(Vector weights)
{
    /* Different from the start, so that they are not taken for one. */
    Vector a = weights, b = a + weights, c = b + weights, d = c + weights;
    Vector e = d + weights, f = e + weights, g = f + weights, h = g + weights;
    for (int i = 0; i < REPEATS; i++) {
        a += weights;
        b += weights;
        c += weights;
        d += weights;
        e += weights;
        f += weights;
        g += weights;
        h += weights;
    }
    return ((a + b) + (c + d) + (e + f) + (g + h))[0];
}

int main(void)
{
    volatile float weight = 1e-9f;
    double best = 0.0;
    float sum = 0.0f;
    for (int round = 0; round < 200; round++) {
        Vector weights = {weight};
        double began = now();
        sum += add(weights);
        double rate = (double)SUMS * LANES * REPEATS / (now() - began);
        best = rate > best ? rate : best;
    }
    printf("%.4g\n", best);
    return sum > 0.0f ? EXIT_SUCCESS : EXIT_FAILURE;
}
