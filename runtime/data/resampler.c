/* Sound at another rate. */
#include "snn_resampler.h"
#include "snn_exact.h"
#include "snn.h" /* no products and sums in one */

#include <math.h>
#include <stdlib.h>

/* Zeros of the sinc to each side, and the part of the lower rate's half that is left as it is. */
enum { RESAMPLER_ZEROS = 16 };
static const double resampler_pass = 0.95;

static int64_t resampler_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Of an input at a distance from the output, in inputs; `cut`: in cycles an input, at most 0.5. */
static double resampler_weight(double distance, double cut, double half)
{
    const double pi = 3.14159265358979323846;
    if (fabs(distance) >= half)
        return 0.0;
    double sinc = distance == 0.0 ? 2.0 * cut : snn_exact_sin(cut * distance) / (pi * distance);
    return sinc * (0.5 + 0.5 * snn_exact_cos(0.5 * distance / half));
}

/* Each phase sums to 1, so that silence at any level stays that. */
static void resampler_phase(double *weights, int64_t taps, double place, double cut, double half)
{
    double sum = 0.0;
    for (int64_t i = 0; i < taps; i++) {
        weights[i] = resampler_weight((double)(i - taps / 2 + 1) - place, cut, half);
        sum += weights[i];
    }
    for (int64_t i = 0; i < taps; i++)
        weights[i] /= sum;
}

static bool resampler_set(SnnResampler *resampler, int from, int to)
{
    int64_t divisor = resampler_divisor(from, to);
    double cut = 0.5 * resampler_pass * (to < from ? (double)to / (double)from : 1.0);
    double half = 0.5 * (double)RESAMPLER_ZEROS / cut;
    snn_resampler_close(resampler);
    *resampler = (SnnResampler){.from = from, .to = to, .phases = to / divisor, .inputs = from / divisor};
    resampler->taps = 2 * ((int64_t)half + 1);
    resampler->weights = malloc((size_t)(resampler->phases * resampler->taps) * sizeof *resampler->weights);
    if (resampler->weights == NULL)
        return false;
    for (int64_t phase = 0; phase < resampler->phases; phase++) {
        int64_t at = phase * resampler->inputs % resampler->phases;
        resampler_phase(resampler->weights + phase * resampler->taps, resampler->taps,
                        (double)at / (double)resampler->phases, cut, half);
    }
    return true;
}

/* Beyond its ends there is silence. */
static float resampler_sum(const SnnResampler *resampler, const SnnSound *sound, int64_t output)
{
    int64_t phase = output % resampler->phases, taps = resampler->taps;
    const double *weights = resampler->weights + phase * taps;
    int64_t first = output / resampler->phases * resampler->inputs
                    + phase * resampler->inputs / resampler->phases - taps / 2 + 1;
    int64_t begin = first < 0 ? -first : 0, end = sound->count - first < taps ? sound->count - first : taps;
    double sum = 0.0;
    for (int64_t i = begin; i < end; i++)
        sum += weights[i] * (double)sound->at[first + i];
    return (float)sum;
}

bool snn_resampler_run(SnnResampler *resampler, SnnSound *sound, int rate, int64_t most)
{
    if (sound->rate == rate)
        return true;
    if ((resampler->from != sound->rate || resampler->to != rate)
        && !resampler_set(resampler, sound->rate, rate))
        return false;
    int64_t count = (sound->count * resampler->phases + resampler->inputs - 1) / resampler->inputs;
    count = count < most ? count : most;
    float *outputs = malloc((size_t)count * sizeof *outputs);
    if (outputs == NULL)
        return false;
    for (int64_t i = 0; i < count; i++)
        outputs[i] = resampler_sum(resampler, sound, i);
    free(sound->at);
    *sound = (SnnSound){rate, count, outputs};
    return true;
}

void snn_resampler_close(SnnResampler *resampler)
{
    free(resampler->weights);
    *resampler = (SnnResampler){0};
}
