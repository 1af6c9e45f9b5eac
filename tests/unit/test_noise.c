/* Random numbers in formulas: how they are distributed, what they depend on, and dropout. */
#include "agree.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *noise_suite(void);

enum { ROWS = 4, UNITS = 500, STEPS = 10 };

static const Program *program_of(Arena *arena, const char *streams)
{
    GoldenText model = {"noise", arena_printf(arena,
                                              "neuron shaken(std = 0.5) {\n"
                                              "    state v = 0\n"
                                              "    v      = 0 * v + normal(0, std) + 0 * input\n"
                                              "    output = v\n"
                                              "}\n"
                                              "model noise {\n"
                                              "    data idx(shape = [500], classes = 3)\n"
                                              "    time 10 steps\n"
                                              "    x = 0 * image + poisson(0 * image) + 0.75\n"
                                              "%s"
                                              "    predict argmax(mean(out -> dense(3)))\n"
                                              "    train { loss mse(mean(out -> dense(3)), label) }\n"
                                              "}\n",
                                              streams)};
    Compilation *c = golden_compilation(arena, &model);
    static const char *const keep[] = {"out"};
    c->keep = keep;
    c->keep_count = 1;
    return golden_program(c, model.name);
}

/* out, [rows][steps or 1][units]. */
static double *values_of(Arena *arena, const char *streams, uint32_t seed, uint32_t epoch, Phase phase)
{
    const Program *program = program_of(arena, streams);
    RunOptions options = {.rows = ROWS, .seed = seed, .precision = PRECISION_SINGLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    interp->epoch = epoch;
    interp->buffers[program->sample][1] = 77;
    interp_run(interp, phase);
    BufferId out = loop_find(program, phase == PHASE_EVALUATE ? "evaluated_out" : "out");
    ck_assert_int_ge(out, 0);
    size_t count = interp_count(interp, out);
    double *values = NEW_ARRAY(arena, double, count + 1);
    for (size_t k = 0; k < count; k++)
        values[k] = *interp_at(interp, out, k);
    values[count] = (double)count;
    interp_free(interp);
    return values;
}

static double *forward(Arena *arena, const char *streams)
{
    return values_of(arena, streams, 3, 1, PHASE_FORWARD);
}

static bool same(const double *a, const double *b, size_t count)
{
    return memcmp(a, b, sizeof *a * count) == 0;
}

/* ---- distributions ---- */

static const struct {
    const char *streams;
    double mean, variance;
} rows[] = {
    {"    out = x + uniform(0, 1)\n", 1.25, 1.0 / 12},
    {"    out = x + uniform(-2, 4)\n", 1.75, 3},
    {"    out = x + uniform(-0.5, 0.5) + uniform(-0.5, 0.5)\n", 0.75, 1.0 / 6},
    {"    out = x * uniform(1, 1 + x / 0.75)\n", 1.125, 0.5625 / 12},
    {"    out = x -> shaken\n", 0, 0.25},
    {"    out = x -> shaken(std = uniform(1, 1))\n", 0, 1},
    {"    out = x + normal(1, 0.1)\n", 1.75, 0.01},
    {"    out = x -> dropout\n", 0.75, 0.5625},
    {"    out = x -> dropout(0.2, same = none)\n", 0.75, 0.5625 * 0.25},
};
enum { DISTRIBUTIONS = sizeof rows / sizeof rows[0] };

/* Six standard deviations of both. */
START_TEST(distributions)
{
    Arena *arena = arena_new();
    const double *values = forward(arena, rows[_i].streams);
    int count = ROWS * STEPS * UNITS,
        independent = strstr(rows[_i].streams, "dropout\n") ? count / STEPS : count;
    double mean = 0, variance = 0, wanted = rows[_i].variance;
    for (int k = 0; k < count; k++)
        mean += values[k] / count;
    for (int k = 0; k < count; k++)
        variance += (values[k] - mean) * (values[k] - mean) / count;
    ck_assert_double_eq_tol(mean, rows[_i].mean, 6 * sqrt(wanted / independent));
    ck_assert_double_eq_tol(variance, wanted, 6 * wanted * sqrt(3.0 / independent));
    arena_free(arena);
}
END_TEST

/* How much what samples, units and steps draw has in common: nothing. */
START_TEST(independence)
{
    Arena *arena = arena_new();
    const double *values = forward(arena, "    out = x + uniform(-1, 1) - 0.75\n");
    const int lags[] = {1, 2, 7, UNITS, UNITS + 1, STEPS * UNITS};
    for (size_t l = 0; l < sizeof lags / sizeof *lags; l++) {
        double sum = 0;
        int count = ROWS * STEPS * UNITS - lags[l];
        for (int k = 0; k < count; k++)
            sum += values[k] * values[k + lags[l]] / count;
        ck_assert_double_eq_tol(sum, 0, 6 * (1.0 / 3) / sqrt(count));
    }
    arena_free(arena);
}
END_TEST

/* ---- what they depend on ---- */

START_TEST(keys)
{
    static const char *const text = "    out = x + uniform(0, 1)\n";
    Arena *arena = arena_new();
    const double *values = forward(arena, text);
    size_t row = STEPS * UNITS, all = ROWS * row;
    ck_assert(same(values, values_of(arena, text, 3, 1, PHASE_FORWARD), all));
    ck_assert(!same(values, values_of(arena, text, 4, 1, PHASE_FORWARD), row));
    ck_assert(!same(values, values_of(arena, text, 3, 2, PHASE_FORWARD), row));
    ck_assert(!same(values, values + row, row));
    /* What else is drawn, before or behind, changes nothing; another name does. */
    ck_assert(same(values,
                   forward(arena, "    a = x + uniform(0, 1)\n"
                                  "    out = x + uniform(0, 1)\n"
                                  "    b = poisson(a / 2) + uniform(0, 1)\n"),
                   all));
    ck_assert(!same(values, forward(arena, "    a = x + uniform(0, 1)\n    out = a + 1e-9\n"), row));
    ck_assert(!same(
        values, forward(arena, "    out = x + uniform(0, 1) + 0 * uniform(0, 1) + uniform(0, 1e-3)\n"), row));
    arena_free(arena);
}
END_TEST

/* Along `same` axes, and only there. */
START_TEST(shared)
{
    static const struct {
        const char *same;
        int step, unit; /* the next one of these is equal: 1, differs: 0 */
    } axes[] = {{"none", 0, 0},      {"time", 1, 0},  {"c", 0, 1},
                {"[time, c]", 1, 1}, {"space", 0, 1}, {"all", 1, 1}};
    for (size_t k = 0; k < sizeof axes / sizeof *axes; k++) {
        Arena *arena = arena_new();
        const double *values =
            forward(arena, arena_printf(arena, "    out = x + uniform(0, 1, same = %s)\n", axes[k].same));
        ck_assert_int_eq(values[0] == values[UNITS], axes[k].step);
        ck_assert_int_eq(values[0] == values[1], axes[k].unit);
        ck_assert_double_ne(values[0], values[STEPS * UNITS]);
        arena_free(arena);
    }
}
END_TEST

/* ---- dropout ---- */

START_TEST(dropped)
{
    Arena *arena = arena_new();
    static const char *const text = "    out = x -> dropout(0.2)\n";
    const double *values = forward(arena, text), *tested = values_of(arena, text, 3, 1, PHASE_EVALUATE);
    int zeros = 0;
    for (int k = 0; k < ROWS * STEPS * UNITS; k++) {
        ck_assert(values[k] == 0 || values[k] == (double)(float)(0.75f * 1.25f));
        ck_assert_double_eq(tested[k], 0.75);
        zeros += values[k] == 0;
        if (k >= UNITS && k / (STEPS * UNITS) == (k - UNITS) / (STEPS * UNITS))
            ck_assert_double_eq(values[k], values[k - UNITS]); /* all steps of a sample alike */
    }
    ck_assert_double_eq_tol(zeros / (double)(ROWS * STEPS * UNITS), 0.2, 6 * sqrt(0.16 / (ROWS * UNITS)));
    arena_free(arena);
}
END_TEST

/* Of p = 0. */
START_TEST(nothing_is_left)
{
    Arena *arena = arena_new();
    const Program *none = program_of(arena, "    out = (x -> li -> dropout(0, same = none)) + 1\n");
    const Program *never = program_of(arena, "    out = (x -> li) + 1\n");
    ck_assert_int_eq(none->kernels.count, never->kernels.count);
    ck_assert_int_eq(none->buffers.count, never->buffers.count);
    ck_assert_int_eq(none->phases[PHASE_EVALUATE].count, 0);
    arena_free(arena);
}
END_TEST

Suite *noise_suite(void)
{
    Suite *suite = suite_create("noise");
    TCase *tcase = tcase_create("noise");
    tcase_add_loop_test(tcase, distributions, 0, DISTRIBUTIONS);
    tcase_add_test(tcase, independence);
    tcase_add_test(tcase, keys);
    tcase_add_test(tcase, shared);
    tcase_add_test(tcase, dropped);
    tcase_add_test(tcase, nothing_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
