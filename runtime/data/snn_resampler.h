/* Sound at another rate: what the old samples stand for up to half of the lower rate, by sums of them that are weighted as a sinc
 * under a Hann window. */
#ifndef SNN_RESAMPLER_H
#define SNN_RESAMPLER_H

#include "snn_sound.h"

typedef struct SnnResampler {
    int from, to; /* Hz */
    int64_t phases,
        inputs; /* of samples, after which their places among the inputs are the same; that they leave behind */
    int64_t taps;    /* inputs that make one */
    double *weights; /* [phases][taps] */
} SnnResampler;

/* Gives the sound this rate, and no more than `most` samples. A resampler, {0} at first, serves any number of sounds. False without
 * memory. */
bool snn_resampler_run(SnnResampler *resampler, SnnSound *sound, int rate, int64_t most);
void snn_resampler_close(SnnResampler *resampler);

#endif
