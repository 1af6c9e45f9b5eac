/* Poisson encoders: the probability of a spike, and that spikes know nothing of each other. */
#include "golden.h"
#include "snn_random.h"

#include <check.h>
#include <math.h>

Suite *poisson_suite(void);

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

/* Two encoders, s and z, of `image`. */
static const Program *program_of(int units, int steps, bool temporal)
{
    GoldenText model = {"poisson", arena_printf(arena,
                                                "model poisson {\n"
                                                "    data idx(shape = [%d], classes = 2%s)\n"
                                                "    time %d steps\n"
                                                "    s = poisson(image)\n"
                                                "    z = poisson(image)\n"
                                                "    o = (s -> dense(2)) + (z -> dense(2)) -> li\n"
                                                "    predict argmax(sum(o))\n"
                                                "}\n",
                                                units, temporal ? ", temporal" : "", steps)};
    return golden_program(golden_compilation(arena, &model), model.name);
}

/* Samples 0 .. rows-1 of epoch 3, seed 7; image[k] = values[k % count]. */
static Interp *encoded(const Program *program, int rows, const double *values, size_t count)
{
    Interp *interp = interp_new(program, rows, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp->seed = 7;
    interp->epoch = 3;
    for (int b = 0; b < rows; b++)
        interp->buffers[program->sample][b] = b;
    for (size_t k = 0; k < interp_count(interp, program->input); k++)
        interp->buffers[program->input][k] = (double)(float)values[k % count];
    interp_run(interp, PHASE_FORWARD);
    return interp;
}

static const double *spikes_of(const Interp *interp, const char *stream)
{
    BufferId buffer = loop_find(interp->program, stream);
    ck_assert_int_ge(buffer, 0);
    return interp->buffers[buffer];
}

/* ---- spike by spike ---- */

/* What encode.c promises, in whole numbers. `encoder` 0 or 1, of a run of `steps` steps. */
static bool expected_spike(double p, int encoder, int steps, int b, int t, int n)
{
    uint32_t from = (uint32_t)(encoder * ((steps + 3) / 4 * 4));
    uint32_t word = snn_random(snn_key(7, 3, (uint32_t)b, from + (uint32_t)(t / 4 * 4)), (uint32_t)n);
    uint32_t low = snn_random(snn_key(7, 3, (uint32_t)b, from + 1), (uint32_t)n) >> 16;
    uint32_t number = (word >> (24 - 8 * (t % 4)) & 255) << 16 | low;
    return (double)number < p * 0x1p24;
}

typedef struct Sizes {
    int units, steps, rows;
    bool temporal;
} Sizes;

/* Complete and incomplete blocks of four steps; limits that a thread's stack holds, and those it does not. */
static const Sizes sizes[] = {
    {30, 1, 3, false}, {30, 3, 3, false}, {30, 4, 3, false},    {30, 11, 3, false},   {1, 8, 30, false},
    {30, 1, 3, true},  {30, 6, 3, true},  {16384, 5, 2, false}, {16385, 5, 2, false}, {16385, 6, 2, true},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_stack(const Interp *interp)
{
    for (BufferId b = 0; b < interp->program->buffers.count; b++)
        if (interp->program->buffers.at[b].role == BUFFER_LOCAL)
            ck_assert_uint_le(interp_count(interp, b), 16384);
}

START_TEST(every_spike_is_known)
{
    static const double values[] = {
        0.3,    1 / 255.0,        0,          1,     0x1p-24, 0.5,      1 - 0x1p-24, -1,  2,
        0.001,  1.5 / 256,        -0.0,       1e-30, NAN,     INFINITY, -INFINITY,   0.9, 254 / 255.0,
        0x1p-8, 0x1p-8 + 0x1p-31, 1 + 0x1p-23};
    enum { VALUES = sizeof values / sizeof *values };
    Sizes size = sizes[_i];
    Interp *interp = encoded(program_of(size.units, size.steps, size.temporal), size.rows, values, VALUES);
    const double *image = interp->buffers[interp->program->input];
    check_stack(interp);
    for (int encoder = 0; encoder < 2; encoder++) {
        const double *spikes = spikes_of(interp, encoder ? "z" : "s");
        for (int k = 0; k < size.rows * size.steps * size.units; k++) {
            int n = k % size.units, t = k / size.units % size.steps, b = k / size.units / size.steps;
            double p = image[size.temporal ? k : b * size.units + n];
            ck_assert_msg(spikes[k] == (double)expected_spike(p, encoder, size.steps, b, t, n),
                          "encoder %d, sample %d, step %d, unit %d: %g for p = %g", encoder, b, t, n,
                          spikes[k], p);
        }
    }
    interp_free(interp);
}
END_TEST

/* ---- statistics ---- */

enum { UNITS = 40, STEPS = 25, ROWS = 400, COUNT = ROWS * STEPS * UNITS };

static const double rates[] = {0, 0.001, 1 / 255.0, 1.5 / 256, 0.29, 0.5, 0.999, 1};
static const double inner_rates[] = {0.001, 1.5 / 256, 0.29, 0.5, 0.9};
enum { RATES = sizeof rates / sizeof *rates, INNER_RATES = sizeof inner_rates / sizeof *inner_rates };

/* Variance of floor(256 p + random fraction) / 256: what the steps of a sample have in common. */
static double common_variance(double p)
{
    double fraction = 256 * p - floor(256 * p);
    return fraction * (1 - fraction) / 65536;
}

START_TEST(rate_is_the_probability)
{
    double p = rates[_i], sum = 0;
    Interp *interp = encoded(program_of(UNITS, STEPS, false), ROWS, &p, 1);
    const double *spikes = spikes_of(interp, "s");
    for (int k = 0; k < COUNT; k++)
        sum += spikes[k];
    double variance = (p * (1 - p) + (STEPS - 1) * common_variance(p)) / COUNT;
    ck_assert_msg(fabs(sum / COUNT - p) <= 4 * sqrt(variance), "p = %g: a rate of %g", p, sum / COUNT);
    interp_free(interp);
}
END_TEST

typedef struct Pairs {
    const char *what;
    const char *other;         /* stream of the second spike */
    int samples, steps, units; /* from the first spike to the second */
} Pairs;

static const Pairs pairs[] = {
    {"next step", "s", 0, 1, 0},          {"two steps later", "s", 0, 2, 0},
    {"three steps later", "s", 0, 3, 0},  {"same place in a word", "s", 0, 4, 0},
    {"next unit", "s", 0, 0, 1},          {"fifth unit", "s", 0, 0, 5},
    {"next step and unit", "s", 0, 1, 1}, {"next sample", "s", 1, 0, 0},
    {"other encoder", "z", 0, 0, 0},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

/* Correlation of the pairs of spikes; their number in *count. */
static double correlation(const Interp *interp, const Pairs *of, double p, double *count)
{
    const double *a = spikes_of(interp, "s"), *other = spikes_of(interp, of->other);
    double sum = 0;
    *count = 0;
    for (int b = 0; b + of->samples < ROWS; b++)
        for (int t = 0; t + of->steps < STEPS; t++)
            for (int n = 0; n + of->units < UNITS; n++, ++*count) {
                int second = ((b + of->samples) * STEPS + t + of->steps) * UNITS + n + of->units;
                sum += (a[(b * STEPS + t) * UNITS + n] - p) * (other[second] - p);
            }
    return sum / *count / (p * (1 - p));
}

/* Only the steps of one unit and sample have something in common, the rounding of 256 p: 0.003 at most. */
static void check_pairs(const Interp *interp, const Pairs *of, double p)
{
    double count, found = correlation(interp, of, p, &count);
    bool same_unit = of->steps > 0 && of->units == 0;
    double expected = same_unit ? common_variance(p) / (p * (1 - p)) : 0;
    ck_assert_msg(fabs(found - expected) <= 4 / sqrt(count), "%s, p = %g: correlation %g, not %g", of->what,
                  p, found, expected);
}

START_TEST(spikes_are_independent)
{
    double p = inner_rates[_i];
    Interp *interp = encoded(program_of(UNITS, STEPS, false), ROWS, &p, 1);
    for (int k = 0; k < PAIRS; k++)
        check_pairs(interp, &pairs[k], p);
    interp_free(interp);
}
END_TEST

Suite *poisson_suite(void)
{
    Suite *suite = suite_create("poisson");
    TCase *tcase = tcase_create("poisson");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_spike_is_known, 0, SIZES);
    tcase_add_loop_test(tcase, rate_is_the_probability, 0, RATES);
    tcase_add_loop_test(tcase, spikes_are_independent, 0, INNER_RATES);
    suite_add_tcase(suite, tcase);
    return suite;
}
