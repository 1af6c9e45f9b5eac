/* Bands of sound as ears tell them apart: the power of each window of samples, Hann's, in triangles of which each begins and ends
 * where its neighbours have their tops, and the tops are at equal distances in mel = 1127 log(1 + Hz / 700). */
#ifndef SNN_MEL_H
#define SNN_MEL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct SnnMel {
    int window, size; /* samples; those of the transform, a power of 2: behind the window follow zeros */
    int bands;
    bool log;          /* of 1e-6 and the power */
    double *taper;     /* [window] */
    double *turns;     /* [size]: cosine and sine of i / size turns, i < size / 2 */
    double *weights;   /* [bands][size / 2 + 1] */
    double *transform; /* [size][2]: of the last window */
} SnnMel;

/* From `low` to `high` Hz, of `rate` samples a second. False without memory; to be closed in either case. */
bool snn_mel_open(SnnMel *mel, int rate, int window, int bands, double low, double high);
void snn_mel_close(SnnMel *mel);
/* Of `window` samples; numbers of the bands stand `stride` floats apart. */
void snn_mel_bands(SnnMel *mel, const float *samples, float *into, int stride);
/* How what stands `stride` floats apart, `count` numbers in all, changes: the slope of a line through each number and the four on
 * both sides of it, where beyond the ends are those of the ends. */
void snn_mel_delta(float *into, const float *from, int count, int64_t stride);

#endif
