/* Elementary functions. */
#include "snn_exact.h"
#include "snn.h" /* no products and sums in one */

#include <math.h>

static const double exact_pi = 3.14159265358979323846;
static const double exact_log_2 = 0.69314718055994530942;

/* Of 0 to a quarter turn, by Taylor's series. */
static double exact_quarter(double turns)
{
    double x = 2.0 * exact_pi * turns, square = x * x, sum = 0.0;
    for (int i = 24; i > 0; i -= 2)
        sum = (sum + 1.0) * -square / (double)(i * (i - 1));
    return 1.0 + sum;
}

double snn_exact_cos(double turns)
{
    double rest = fabs(turns - floor(turns + 0.5));
    return rest > 0.25 ? -exact_quarter(0.5 - rest) : exact_quarter(rest);
}

double snn_exact_sin(double turns)
{
    return snn_exact_cos(turns - 0.25);
}

double snn_exact_exp(double x)
{
    double whole = floor(x / exact_log_2 + 0.5), rest = x - whole * exact_log_2, sum = 0.0;
    for (int i = 16; i > 0; i--)
        sum = (sum + 1.0) * rest / (double)i;
    return ldexp(1.0 + sum, (int)whole);
}

/* With m from 0.7 to 1.4, log m = 2 artanh((m - 1) / (m + 1)). */
double snn_exact_log(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678) {
        m *= 2.0;
        exponent--;
    }
    double s = (m - 1.0) / (m + 1.0), square = s * s, sum = 0.0;
    for (int i = 25; i > 1; i -= 2)
        sum = (sum + 1.0 / (double)i) * square;
    return 2.0 * s * (1.0 + sum) + (double)exponent * exact_log_2;
}
