/* Bands of sound. */
#include "snn_mel.h"
#include "snn_exact.h"
#include "snn.h" /* no products and sums in one */

#include <stdlib.h>
#include <string.h>

enum { MEL_SIZE = 1 << 16, MEL_REACH = 4 };
static const double mel_least = 1e-6;

static double mel_of(double hertz)
{
    return 1127.0 * snn_exact_log(1.0 + hertz / 700.0);
}

static double mel_hertz(double mel)
{
    return 700.0 * (snn_exact_exp(mel / 1127.0) - 1.0);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

/* The transform is long enough for the window, and for the narrowest band to have a frequency, which is the lowest. */
static int mel_size(int rate, int window, double narrowest)
{
    int size = 2;
    while (size < window || ((double)rate / (double)size > narrowest && size < MEL_SIZE))
        size *= 2;
    return size;
}

/* The triangle from `first` over `top` to `last` Hz. */
static void mel_triangle(double *weights, int count, double spacing, double first, double top, double last)
{
    for (int i = 0; i < count; i++) {
        double hertz = (double)i * spacing;
        double rise = (hertz - first) / (top - first), fall = (last - hertz) / (last - top);
        double least = rise < fall ? rise : fall;
        weights[i] = least > 0.0 ? least : 0.0;
    }
}

static void mel_fill(SnnMel *mel, int rate, double low, double step)
{
    int count = mel->size / 2 + 1;
    double spacing = (double)rate / (double)mel->size;
    for (int i = 0; i < mel->window; i++)
        mel->taper[i] = 0.5 - 0.5 * snn_exact_cos((double)i / (double)mel->window);
    for (int i = 0; i < mel->size / 2; i++) {
        mel->turns[2 * i] = snn_exact_cos((double)i / (double)mel->size);
        mel->turns[2 * i + 1] = snn_exact_sin((double)i / (double)mel->size);
    }
    for (int band = 0; band < mel->bands; band++)
        mel_triangle(mel->weights + (int64_t)band * count, count, spacing, mel_hertz(low + band * step),
                     mel_hertz(low + (band + 1) * step), mel_hertz(low + (band + 2) * step));
}

bool snn_mel_open(SnnMel *mel, int rate, int window, int bands, double low, double high)
{
    double first = mel_of(low), step = (mel_of(high) - first) / (double)(bands + 1);
    int size = mel_size(rate, window, mel_hertz(first + step) - low);
    *mel = (SnnMel){.window = window, .size = size, .bands = bands};
    mel->taper = malloc((size_t)window * sizeof *mel->taper);
    mel->turns = malloc((size_t)size * sizeof *mel->turns);
    mel->weights = malloc((size_t)bands * (size_t)(size / 2 + 1) * sizeof *mel->weights);
    mel->transform = malloc(2 * (size_t)size * sizeof *mel->transform);
    if (mel->taper == NULL || mel->turns == NULL || mel->weights == NULL || mel->transform == NULL)
        return false;
    mel_fill(mel, rate, first, step);
    return true;
}

void snn_mel_close(SnnMel *mel)
{
    free(mel->taper);
    free(mel->turns);
    free(mel->weights);
    free(mel->transform);
    *mel = (SnnMel){0};
}

/* ---- a window -------------------------------------------------------------------------------------- */

/* Each number goes to the place whose bits are those of its own in the other order. */
static void mel_order(const SnnMel *mel, const float *samples)
{
    memset(mel->transform, 0, 2 * (size_t)mel->size * sizeof *mel->transform);
    for (int i = 0, place = 0; i < mel->window; i++) {
        mel->transform[2 * place] = mel->taper[i] * (double)samples[i];
        int bit = mel->size / 2;
        while (bit > 0 && (place & bit) != 0) {
            place ^= bit;
            bit /= 2;
        }
        place |= bit;
    }
}

/* Sums and differences of pairs, `half` apart. */
static void mel_turn(const SnnMel *mel, int half)
{
    int stride = mel->size / (2 * half);
    for (int first = 0; first < mel->size; first += 2 * half)
        for (int i = 0; i < half; i++) {
            double *a = mel->transform + 2 * (int64_t)(first + i), *b = a + 2 * (int64_t)half;
            double cosine = mel->turns[2 * i * stride], sine = mel->turns[2 * i * stride + 1];
            double real = b[0] * cosine + b[1] * sine, imaginary = b[1] * cosine - b[0] * sine;
            b[0] = a[0] - real;
            b[1] = a[1] - imaginary;
            a[0] += real;
            a[1] += imaginary;
        }
}

void snn_mel_bands(SnnMel *mel, const float *samples, float *into, int stride)
{
    int count = mel->size / 2 + 1;
    double *power = mel->transform;
    mel_order(mel, samples);
    for (int half = 1; half < mel->size; half *= 2)
        mel_turn(mel, half);
    for (int i = 0; i < count; i++)
        power[i] = power[2 * i] * power[2 * i] + power[2 * i + 1] * power[2 * i + 1];
    for (int band = 0; band < mel->bands; band++) {
        const double *weights = mel->weights + (int64_t)band * count;
        double sum = 0.0;
        for (int i = 0; i < count; i++)
            sum += weights[i] * power[i];
        into[(int64_t)band * stride] = (float)(mel->log ? snn_exact_log(mel_least + sum) : sum);
    }
}

/* ---- in time --------------------------------------------------------------------------------------- */

void snn_mel_delta(float *into, const float *from, int count, int64_t stride)
{
    int squares = 0;
    for (int k = 1; k <= MEL_REACH; k++)
        squares += 2 * k * k;
    for (int i = 0; i < count; i++) {
        double sum = 0.0;
        for (int k = 1; k <= MEL_REACH; k++) {
            int before = i - k < 0 ? 0 : i - k, behind = i + k < count ? i + k : count - 1;
            sum += (double)k * ((double)from[behind * stride] - (double)from[before * stride]);
        }
        into[i * stride] = (float)(sum / (double)squares);
    }
}
