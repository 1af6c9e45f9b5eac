/* Encoders: a Poisson spike's probability, and that spikes know nothing of each other; latencies. */
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

static BufferId buffer_of(const Interp *interp, const char *stream)
{
    BufferId buffer = loop_find(interp->program, stream);
    ck_assert_int_ge(buffer, 0);
    return buffer;
}

/* Of a stream without padding. */
static const double *spikes_of(const Interp *interp, const char *stream)
{
    BufferId buffer = buffer_of(interp, stream);
    ck_assert_int_eq(interp->program->buffers.at[buffer].padding, 0);
    return interp->buffers[buffer];
}

/* ---- spike by spike ---- */

static uint32_t draw(int b, int stream, int n)
{
    return snn_random(snn_key(7, 3, (uint32_t)b, (uint32_t)stream), (uint32_t)n);
}

/* What encode.c promises, in whole numbers. `encoder` 0 or 1, of a run of `steps` steps. */
static bool expected_spike(double p, int encoder, int steps, int b, int t, int n)
{
    int blocks = (steps + 3) / 4, from = encoder * (blocks + steps);
    uint32_t byte = draw(b, from + t / 4, n) >> (24 - 8 * (t % 4)) & 255;
    uint32_t more = draw(b, from + blocks + t, n) >> 8;
    return (double)byte * 0x1p24 + (double)more < p * 0x1p32;
}

typedef struct Sizes {
    int units, steps, rows;
    bool temporal;
} Sizes;

/* Complete and incomplete blocks of four steps, and parts of 2048 units. */
static const Sizes sizes[] = {
    {30, 1, 3, false}, {30, 3, 3, false}, {30, 4, 3, false},   {30, 11, 3, false},  {1, 8, 30, false},
    {30, 1, 3, true},  {30, 6, 3, true},  {2048, 9, 2, false}, {4096, 5, 2, false}, {4099, 6, 2, true},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(every_spike_is_known)
{
    static const double values[] = {
        0.3,    1 / 255.0,        0,           1,     0x1p-24, 0.5,         1 - 0x1p-24, -1,      2,
        0.001,  1.5 / 256,        -0.0,        1e-30, NAN,     INFINITY,    -INFINITY,   0.9,     254 / 255.0,
        0x1p-8, 0x1p-8 + 0x1p-31, 1 + 0x1p-23, 1e30,  -1e30,   255.5 / 256, 255 / 256.0, 0x1p-149};
    enum { VALUES = sizeof values / sizeof *values };
    Sizes size = sizes[_i];
    Interp *interp = encoded(program_of(size.units, size.steps, size.temporal), size.rows, values, VALUES);
    const double *image = interp->buffers[interp->program->input];
    for (int encoder = 0; encoder < 2; encoder++) {
        BufferId buffer = buffer_of(interp, encoder ? "z" : "s");
        for (int k = 0; k < size.rows * size.steps * size.units; k++) {
            int n = k % size.units, t = k / size.units % size.steps, b = k / size.units / size.steps;
            double p = image[size.temporal ? k : b * size.units + n];
            double spike = *interp_at(interp, buffer, (size_t)k);
            ck_assert_msg(spike == (double)expected_spike(p, encoder, size.steps, b, t, n),
                          "encoder %d, sample %d, step %d, unit %d: %g for p = %g", encoder, b, t, n, spike,
                          p);
        }
    }
    interp_free(interp);
}
END_TEST

/* ---- statistics ----
 *
 * Each bound is four standard deviations of what it bounds, for independent spikes: the seed is fixed, so a test
 * either passes or does not, and of the hundred or so compared here none is expected outside. */

enum { UNITS = 40, STEPS = 25, ROWS = 400, COUNT = ROWS * STEPS * UNITS };

static const double rates[] = {0, 1e-4, 1e-3, 1 / 256.0, 0.004, 1.5 / 256, 0.01, 0.1, 0.5, 0.999, 1};
static const double moving_rates[] = {0.004, 0.1};
static const double inner_rates[] = {0.004, 0.01, 0.29, 0.5, 0.9};
enum {
    RATES = sizeof rates / sizeof *rates,
    MOVING_RATES = sizeof moving_rates / sizeof *moving_rates,
    INNER_RATES = sizeof inner_rates / sizeof *inner_rates
};

static void check_near(const char *what, double p, double found, double expected, double deviation)
{
    ck_assert_msg(fabs(found - expected) <= 4 * deviation, "p = %g: %s %g, not %g within 4 times %g", p, what,
                  found, expected, deviation);
}

typedef struct Counts {
    double mean, variance, silent; /* of the spikes of one unit in one sample; the part that has none */
} Counts;

static Counts count_spikes(const Interp *interp, int rows, int steps, int units)
{
    const double *spikes = spikes_of(interp, "s");
    double sum = 0, squares = 0, silent = 0, trains = rows * units;
    for (int b = 0; b < rows; b++)
        for (int n = 0; n < units; n++) {
            double count = 0;
            for (int t = 0; t < steps; t++)
                count += spikes[(b * steps + t) * units + n];
            sum += count;
            squares += count * count;
            silent += count == 0;
        }
    double mean = sum / trains;
    return (Counts){mean, squares / trains - mean * mean, silent / trains};
}

/* Counts are binomial: their mean, their variance, and how many are 0. A coder that shares some of its random
 * bits between the steps of a sample has the right mean and too large a variance. */
static void check_counts(double p, bool temporal)
{
    enum { LONG = 250, FEW = 50, TRAINS = FEW * UNITS };
    Interp *interp = encoded(program_of(UNITS, LONG, temporal), FEW, &p, 1);
    Counts found = count_spikes(interp, FEW, LONG, UNITS);
    double variance = LONG * p * (1 - p), silent = pow(1 - p, LONG);
    double fourth = variance * (1 + 3 * variance * (LONG - 2) / LONG); /* central moment of a binomial */
    check_near("a mean count of", p, found.mean, LONG * p, sqrt(variance / TRAINS));
    check_near("a variance of counts of", p, found.variance, variance,
               sqrt((fourth - variance * variance) / TRAINS) + variance / TRAINS);
    check_near("silent trains:", p, found.silent, silent, sqrt(silent * (1 - silent) / TRAINS));
    interp_free(interp);
}

START_TEST(counts_are_binomial)
{
    check_counts(rates[_i], false);
}
END_TEST

START_TEST(counts_of_moving_rates_are_binomial)
{
    check_counts(moving_rates[_i], true);
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
static double correlation(const double *a, const double *other, const Pairs *of, double p, double *count)
{
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

static void check_pairs(const double *a, const double *other, const Pairs *of, double p)
{
    double count, found = correlation(a, other, of, p, &count);
    check_near(of->what, p, found, 0, 1 / sqrt(count));
}

START_TEST(spikes_are_independent)
{
    static const Pairs same = {"next epoch", "s", 0, 0, 0};
    double p = inner_rates[_i];
    const Program *program = program_of(UNITS, STEPS, false);
    Interp *interp = encoded(program, ROWS, &p, 1), *next = encoded(program, ROWS, &p, 1);
    for (int k = 0; k < PAIRS; k++)
        check_pairs(spikes_of(interp, "s"), spikes_of(interp, pairs[k].other), &pairs[k], p);
    next->epoch++;
    interp_run(next, PHASE_FORWARD);
    check_pairs(spikes_of(interp, "s"), spikes_of(next, "s"), &same, p);
    interp_free(interp);
    interp_free(next);
}
END_TEST

/* ---- latency ---- */

/* The larger, the earlier; nothing for what is not above 0. */
START_TEST(latency_is_earlier_for_more)
{
    static const struct {
        double x;
        int step; /* of the one spike; -1: there is none */
    } expected[] = {{0, -1},      {-0.0, -1}, {-0.5, -1}, {-1e12, -1},  {-INFINITY, -1}, {NAN, -1},
                    {1e-30, 100}, {0.01, 99}, {0.5, 50},  {0.996, 0},   {0.99, 1},       {1, 0},
                    {1.1, 0},     {1e12, 0},  {3e38, 0},  {INFINITY, 0}};
    enum { VALUES = sizeof expected / sizeof *expected, LONG = 101 };
    double values[VALUES];
    for (int k = 0; k < VALUES; k++)
        values[k] = expected[k].x;
    GoldenText model = {"latency", "model latency {\n"
                                   "    data idx(shape = [16], classes = 2)\n"
                                   "    time 101 steps\n"
                                   "    s = latency(image)\n"
                                   "    o = s -> dense(2) -> li\n"
                                   "    predict argmax(sum(o))\n"
                                   "}\n"};
    ck_assert_int_eq(VALUES, 16);
    const Program *program = golden_program(golden_compilation(arena, &model), model.name);
    Interp *interp = encoded(program, 1, values, VALUES);
    const double *spikes = spikes_of(interp, "s");
    for (int k = 0; k < LONG * VALUES; k++)
        ck_assert_msg(spikes[k] == (k / VALUES == expected[k % VALUES].step), "x = %g: %g at step %d",
                      expected[k % VALUES].x, spikes[k], k / VALUES);
    interp_free(interp);
}
END_TEST

Suite *poisson_suite(void)
{
    Suite *suite = suite_create("poisson");
    TCase *tcase = tcase_create("poisson");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_spike_is_known, 0, SIZES);
    tcase_add_loop_test(tcase, counts_are_binomial, 0, RATES);
    tcase_add_loop_test(tcase, counts_of_moving_rates_are_binomial, 0, MOVING_RATES);
    tcase_add_loop_test(tcase, spikes_are_independent, 0, INNER_RATES);
    tcase_add_test(tcase, latency_is_earlier_for_more);
    suite_add_tcase(suite, tcase);
    return suite;
}
