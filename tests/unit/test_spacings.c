/* Kernels of few weights whose places learn: where these are in tests, and that they stay within the kernel. */
#include "golden.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *spacings_suite(void);

enum { ROWS = 2, HIGH = 3, WIDE = 4, OUTPUTS = 3, ELEMENTS = 2 };

static const Program *program_of(Arena *arena, const char *synapse)
{
    GoldenText model = {"spaced", arena_printf(arena,
                                               "model spaced {\n"
                                               "    data idx(shape = [5, 6], classes = 3)\n"
                                               "    time 1 steps\n"
                                               "    y = image -> conv(3, kernel = [3, 4], pad = 1%s)\n"
                                               "    out = mean(tanh(y), over = [y, x])\n"
                                               "    predict argmax(out)\n"
                                               "    train { loss mse(out, label)\n"
                                               "            optimizer sgd(1e5) }\n"
                                               "}\n",
                                               synapse)};
    return golden_program(golden_compilation(arena, &model), model.name);
}

static Interp *prepared(const Program *program)
{
    RunOptions options = {.rows = ROWS, .seed = 2, .precision = PRECISION_SINGLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    return interp;
}

static double *values_of(const Interp *interp, const char *name)
{
    const Program *program = interp->program;
    for (int p = 0; p < program->params.count; p++)
        if (strcmp(program->params.at[p].name, name) == 0)
            return interp->buffers[program->params.at[p].value];
    ck_abort_msg("there is no parameter `%s`", name);
    return NULL;
}

/* Where learned places are in tests: the nearest tap, of two the even one. */
static const struct {
    double learned;
    int whole;
} roundings[] = {{0, 0}, {0.25, 0}, {0.5, 0}, {0.75, 1}, {1.5, 2}, {2, 2}};
enum { ROUNDINGS = sizeof roundings / sizeof roundings[0] };

/* The elements of an output begin at different roundings; both may be at one tap. */
static void place(const Interp *spaced, const Interp *plain)
{
    double *weight = values_of(spaced, "weight_y"), *down = values_of(spaced, "down_y");
    double *along = values_of(spaced, "along_y"), *kernel = values_of(plain, "w_y");
    for (int k = 0; k < HIGH * WIDE * OUTPUTS; k++)
        kernel[k] = 0;
    for (int k = 0; k < ELEMENTS * OUTPUTS; k++) {
        int row = k % ROUNDINGS, column = (5 * k + 3) % ROUNDINGS;
        weight[k] = sin(k + 1.0);
        down[k] = roundings[row].learned;
        along[k] = roundings[column].learned;
        kernel[(roundings[row].whole * WIDE + roundings[column].whole) * OUTPUTS + k % OUTPUTS] += weight[k];
    }
}

/* In tests, and in training once they are settled. */
static const struct {
    const char *synapse;
    Phase phase;
} whole[] = {{", synapse = spaced(2)", PHASE_EVALUATE},
             {", synapse = spaced(2, settled = epoch >= 0)", PHASE_FORWARD}};
enum { WHOLE = sizeof whole / sizeof whole[0] };

START_TEST(rounded)
{
    Arena *arena = arena_new();
    Interp *spaced = prepared(program_of(arena, whole[_i].synapse));
    Interp *plain = prepared(program_of(arena, ""));
    place(spaced, plain);
    interp_run(spaced, whole[_i].phase);
    interp_run(plain, PHASE_FORWARD);
    BufferId a = spaced->program->predictions.at[0].values, b = plain->program->predictions.at[0].values;
    for (size_t k = 0; k < interp_count(spaced, a); k++)
        ck_assert_msg(fabs(*interp_at(spaced, a, k) - *interp_at(plain, b, k)) <= 1e-6,
                      "score %zu is %.9g, not %.9g", k, *interp_at(spaced, a, k), *interp_at(plain, b, k));
    interp_free(spaced);
    interp_free(plain);
    arena_free(arena);
}
END_TEST

static int count_at_ends(const double *places, int last)
{
    int at_ends = 0;
    for (int k = 0; k < ELEMENTS * OUTPUTS; k++) {
        ck_assert_msg(places[k] >= 0 && places[k] <= last, "a place of %.9g, and the last one is %d",
                      places[k], last);
        at_ends += places[k] == 0 || places[k] == last;
    }
    return at_ends;
}

START_TEST(within_the_kernel)
{
    Arena *arena = arena_new();
    Interp *interp = prepared(program_of(arena, ", synapse = spaced(2, width = 1)"));
    ck_assert_int_lt(count_at_ends(values_of(interp, "down_y"), HIGH - 1), ELEMENTS * OUTPUTS);
    for (Phase p = PHASE_FORWARD; p <= PHASE_UPDATE; p++)
        interp_run(interp, p);
    ck_assert_int_gt(count_at_ends(values_of(interp, "down_y"), HIGH - 1), 0);
    ck_assert_int_gt(count_at_ends(values_of(interp, "along_y"), WIDE - 1), 0);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

Suite *spacings_suite(void)
{
    Suite *suite = suite_create("spacings");
    TCase *tcase = tcase_create("spacings");
    tcase_add_loop_test(tcase, rounded, 0, WHOLE);
    tcase_add_test(tcase, within_the_kernel);
    suite_add_tcase(suite, tcase);
    return suite;
}
