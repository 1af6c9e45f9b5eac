/* What readers find in files. */
#include "snn_numbers.h"

#include <math.h>
#include <stdio.h>

/* Where the square of a number is no longer finite in single precision, no loss and no gradient is. */
#define NUMBERS_LARGEST 1e18

const char *snn_numbers_shape(char *text, size_t size, const uint32_t *dims, int ndim)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < ndim && used < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%u", i == 0 ? "[" : ", ", dims[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    if (used < size)
        snprintf(text + used, size - used, "%s", ndim == 0 ? "[]" : "]");
    return text;
}

bool snn_numbers_same_shape(const uint32_t *a, int a_ndim, const uint32_t *b, int b_ndim)
{
    int i = 0, k = 0;
    for (;;) {
        while (i < a_ndim && a[i] == 1)
            i++;
        while (k < b_ndim && b[k] == 1)
            k++;
        if (i == a_ndim || k == b_ndim)
            return i == a_ndim && k == b_ndim;
        if (a[i++] != b[k++])
            return false;
    }
}

bool snn_numbers_check(double number, size_t sample, const char *path, SnnError *error)
{
    if (!isfinite(number))
        return snn_fail(error, "NaN or infinity (%s): in sample %zu; leave it out, or give it numbers", path,
                        sample);
    return fabs(number) <= NUMBERS_LARGEST
           || snn_fail(error,
                       "too large a number (%s): %g in sample %zu, whose square is not finite in single "
                       "precision; scale the data",
                       path, number, sample);
}

bool snn_numbers_check_label(double number, int below, const char *name, size_t sample, const char *path,
                             SnnError *error)
{
    return (number >= 0.0 && number < (double)below)
           || snn_fail(error,
                       "label out of range (%s): sample %zu has label %.0f, the model `%s` knows 0 to %d",
                       path, sample, number, name, below - 1);
}
