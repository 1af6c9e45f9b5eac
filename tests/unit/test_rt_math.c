/* snn_math.h against libm in double, over dense samples of the floats. */
#include "snn_math.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

Suite *rt_math_suite(void);

typedef enum Measure { ULP, ABSOLUTE, RELATIVE } Measure;

typedef struct Row {
    const char *name;
    float (*ours)(float);
    double (*reference)(double);
    float low, high; /* of |x|, or of x if `positive` */
    bool positive;
    Measure measure;
    double bound;
} Row;

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static const Row rows[] = {
    {"exp", snn_expf, exp, 0x1p-40f, 88.7f, false, ULP, 2.0},
    {"exp, small", snn_expf, exp, 0x1p-12f, 1.0f, false, ULP, 2.0},
    {"expm1", snn_expm1f, expm1, 0x1p-100f, 88.0f, false, RELATIVE, 1e-6},
    {"expm1, small", snn_expm1f, expm1, 0.1f, 1.0f, false, RELATIVE, 1e-6},
    {"log", snn_logf, log, 0x1p-126f, 0x1p127f, true, ULP, 2.0},
    {"log near 1", snn_logf, log, 0.5f, 2.0f, true, ULP, 2.0},
    {"sigmoid", snn_sigmoidf, sigmoid, 0x1p-30f, 80.0f, false, RELATIVE, 4e-7},
    {"tanh", snn_tanhf, tanh, 0x1p-100f, 20.0f, false, ULP, 3.0},
    {"tanh, middle", snn_tanhf, tanh, 0.3f, 2.0f, false, ULP, 3.0},
    {"atan", snn_atanf, atan, 0x1p-100f, 0x1p100f, false, ULP, 3.0},
    {"atan, middle", snn_atanf, atan, 0.1f, 10.0f, false, ULP, 3.0},
    {"erf", snn_erff, erf, 0x1p-100f, 30.0f, false, ABSOLUTE, 2e-7},
    {"erf, middle", snn_erff, erf, 0.5f, 4.5f, false, ABSOLUTE, 2e-7},
};
enum { ROWS = sizeof rows / sizeof rows[0], SAMPLES = 1000000 };

static double error_of(const Row *row, float x)
{
    double wanted = row->reference((double)x), difference = fabs((double)row->ours(x) - wanted);
    if (row->measure == ABSOLUTE)
        return difference;
    if (row->measure == RELATIVE)
        return difference / fabs(wanted);
    float rounded = fabsf((float)wanted);
    double unit = (double)nextafterf(rounded, INFINITY) - (double)rounded;
    return difference / unit;
}

START_TEST(stays_within_its_bound)
{
    const Row *row = &rows[_i];
    uint32_t first = snn_bits(row->low), last = snn_bits(row->high);
    double worst = 0.0;
    for (int64_t i = 0; i <= SAMPLES; i++) {
        float x = snn_from_bits(first + (uint32_t)((int64_t)(last - first) * i / SAMPLES));
        worst = fmax(worst, error_of(row, x));
        if (!row->positive)
            worst = fmax(worst, error_of(row, -x));
    }
    if (getenv("SNN_TEST_VERBOSE") != NULL)
        printf("%s: %g\n", row->name, worst);
    ck_assert_msg(worst <= row->bound, "%s: error %g, allowed %g", row->name, worst, row->bound);
    ck_assert_msg(worst > 0.0, "%s: nothing was measured", row->name);
}
END_TEST

START_TEST(special_values)
{
    ck_assert(isinf(snn_expf(INFINITY)) && isinf(snn_expf(88.73f)));
    ck_assert(isfinite(snn_expf(88.72f)));
    ck_assert(snn_expf(-INFINITY) == 0.0f && snn_expf(-104.0f) == 0.0f && snn_expf(0.0f) == 1.0f);
    ck_assert(snn_expm1f(0.0f) == 0.0f && signbit(snn_expm1f(-0.0f)) && snn_expm1f(-INFINITY) == -1.0f);
    ck_assert(isinf(snn_expm1f(100.0f)));
    ck_assert(snn_logf(0.0f) == -INFINITY && snn_logf(1.0f) == 0.0f && snn_logf(INFINITY) == INFINITY);
    ck_assert(isnan(snn_logf(-1.0f)) && isnan(snn_logf(-INFINITY)));
    ck_assert(fabs((double)snn_logf(0x1p-140f) - log(0x1p-140)) < 1e-4);
    ck_assert(snn_sigmoidf(0.0f) == 0.5f && snn_sigmoidf(INFINITY) == 1.0f
              && snn_sigmoidf(-INFINITY) == 0.0f);
    ck_assert(snn_tanhf(INFINITY) == 1.0f && snn_tanhf(-INFINITY) == -1.0f && snn_tanhf(0.0f) == 0.0f);
    ck_assert(snn_atanf(INFINITY) == 1.57079637f && snn_atanf(-INFINITY) == -1.57079637f);
    ck_assert(snn_erff(INFINITY) == 1.0f && snn_erff(-INFINITY) == -1.0f && snn_erff(0.0f) == 0.0f);
}
END_TEST

START_TEST(smaller_and_larger)
{
    ck_assert(snn_minf(1.0f, 2.0f) == 1.0f && snn_minf(2.0f, 1.0f) == 1.0f);
    ck_assert(snn_maxf(1.0f, 2.0f) == 2.0f && snn_maxf(2.0f, 1.0f) == 2.0f);
    ck_assert(snn_absf(-3.0f) == 3.0f && snn_absf(3.0f) == 3.0f && snn_signf(3.0f, -1.0f) == -3.0f);
}
END_TEST

START_TEST(nan_stays_nan)
{
    for (int i = 0; i < ROWS; i++) {
        ck_assert_msg(isnan(rows[i].ours(NAN)), "%s", rows[i].name);
        ck_assert_msg(isnan(rows[i].ours(-NAN)), "%s", rows[i].name);
    }
}
END_TEST

/* Underflow of exp goes to 0 gradually or at once, never below 0 and never up. */
START_TEST(exp_underflows_monotonically)
{
    float before = snn_expf(-87.0f);
    for (float x = -87.0f; x > -110.0f; x -= 0.001f) {
        float now = snn_expf(x);
        ck_assert(now >= 0.0f && now <= before);
        before = now;
    }
    ck_assert(before == 0.0f);
}
END_TEST

Suite *rt_math_suite(void)
{
    Suite *suite = suite_create("rt_math");
    TCase *functions = tcase_create("functions");
    tcase_add_loop_test(functions, stays_within_its_bound, 0, ROWS);
    tcase_add_test(functions, special_values);
    tcase_add_test(functions, smaller_and_larger);
    tcase_add_test(functions, nan_stays_nan);
    tcase_add_test(functions, exp_underflows_monotonically);
    suite_add_tcase(suite, functions);
    return suite;
}
