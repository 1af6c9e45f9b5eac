/* Gradients where there is a choice, or where a formula of calculus gives no number: ties, corners, powers of 0, and
 * branches of a `where` that are not taken. Each formula is of two learned parameters, a and b. */
#include "golden.h"

#include <check.h>
#include <math.h>

Suite *corners_suite(void);

typedef struct Corner {
    const char *formula;
    double a, b;   /* the parameters' values */
    double da, db; /* the formula's derivatives */
} Corner;

static const Corner corners[] = {
    /* Equal operands of max and min share. */
    {"max(a, b)", 0.25, 0.25, 0.5, 0.5},
    {"min(a, b)", 0.25, 0.25, 0.5, 0.5},
    {"max(a, b)", 0.5, 0.25, 1, 0},
    {"max(a, b)", 0.25, 0.5, 0, 1},
    {"min(a, b)", 0.5, 0.25, 0, 1},
    {"min(a, b)", 0.25, 0.5, 1, 0},
    {"max(a, a) + b", 0.25, 0.25, 1, 1},
    {"max(a, 0) + b", 0, 0.25, 0.5, 1},
    {"min(max(a, 0), 0.5) + b", 0.5, 0.25, 0.5, 1},
    {"max(max(a, b), a)", 0.25, 0.25, 0.75, 0.25},
    {"abs(a) + b", 0, 0.25, 0, 1},
    {"max(3 * a, -a) + b", 0, 0.25, 1, 1},
    /* Powers, as PyTorch has them. */
    {"a ^ b", 0, 2, 0, 0},
    {"a ^ b", 0, 1, 1, 0},
    {"a ^ b", 0, 0, 0, 0},
    {"a ^ b", 0.5, 2, 1, 0.25 * -0.69314718055994531},
    {"a ^ b", 0.5, 0, 0, -0.69314718055994531},
    {"a ^ b", -2, 3, 12, NAN},
    {"a ^ 2 + b", 0, 0.25, 0, 1},
    {"a ^ 17 + b", 0, 0.25, 0, 1},
    {"a ^ 2.5 + b", 0, 0.25, 0, 1},
    {"3 ^ b + a", 0, 0, 1, 1.0986122886681098},
    {"sqrt(a) + b", 0, 0.25, INFINITY, 1},
    /* The branch that is not taken adds nothing. */
    {"where(a > 0, log(a), b)", 0, 0.25, 0, 1},
    {"where(a > 0, log(a), b)", -1, 0.25, 0, 1},
    {"where(a > 0, b, log(a))", 0.5, 0.25, 0, 1},
    {"where(a > 0, sqrt(a), b)", 0, 0.25, 0, 1},
    {"where(a > 0, sqrt(a) * b, b)", 0, 0.25, 0, 1},
    {"where(a != 0, b / a, 2 * b)", 0, 0.25, 0, 2},
    {"where(a != 0, 1 / (a * b), 2 * b)", 0, 0.25, 0, 2},
    {"where(a > 0, a ^ b, b)", -1, 0.5, 0, 1},
    {"where(b < 1, exp(1000 * b), a)", 0.25, 1000, 1, 0},
    {"where(b < 1, expm1(1000 * b) * a, a)", 0.25, 1000, 1, 0},
    {"where(b < 1, b ^ 16 * a, a)", 0.25, 1e8, 1, 0},
    {"where(a > 0, tanh(log(a)), b)", -1, 0.25, 0, 1},
    {"where(a > 0, b * log(a), b)", 0, 0.25, 0, 1},
    {"where(a > 0, max(log(a), -abs(log(a))), b)", -1, 0.25, 0, 1},
    {"where(a > 0, where(b > 0, log(a) / b, sqrt(b)), a + b)", -1, 0, 1, 1},
    {"where(a > 0, step(log(a), atan(2)), b)", -1, 0.25, 0, 1},
    {"where(a > 0, log(a), b) + log(2 * b)", -1, 0.25, 0, 5},
    {"where(a > 1, log(a), log(a) + b)", 0.5, 0.25, 2, 1},
    /* So does that of a spike; what the spike chose between then is not known, and its surrogate has no say. */
    {"where(step(a - 1, atan(2)), b, log(-a))", 1, 0.25, 0, 1},
    {"where(step(a - 1, atan(2)), log(a), b)", 0, 0.25, 0, 1},
    {"where(step(a - 1, atan(2)), b, 0.5)", 1, 0.25, -0.25, 1},
    {"where(step(a - 1, atan(2)), log(a), b)", 1, 0.25, 1 - 0.25, 0},
};
enum { CORNERS = sizeof corners / sizeof *corners };

static Program *program_of(Arena *arena, const char *formula)
{
    GoldenText text = {"corners", arena_printf(arena,
                                               "neuron of_two() {\n"
                                               "    param a = 0.3\n"
                                               "    param b = 0.7\n"
                                               "    output = input + (%s) - 3\n"
                                               "}\n"
                                               "model corners {\n"
                                               "    data idx(shape = [1], classes = 1)\n"
                                               "    time 1 steps\n"
                                               "    o = image -> of_two\n"
                                               "    predict argmax(last(o))\n"
                                               "    train { loss mse(last(o), label) }\n"
                                               "}\n",
                                               formula)};
    return golden_program(golden_compilation(arena, &text), text.name);
}

/* The loss is (score - 1)^2, the score never 1. */
static double derivative(const Interp *interp, int param)
{
    BufferId gradient = interp->program->params.at[param].gradient;
    double score = interp->buffers[interp->program->predictions.at[0].values][0];
    ck_assert_msg(isfinite(score), "the score is %g", score);
    return gradient < 0 ? 0 : interp->buffers[gradient][0] / (2 * (score - 1));
}

static void expect(double found, double expected, Precision precision, const char *of, const Corner *corner)
{
    double limit = (precision == PRECISION_SINGLE ? 2e-6 : 1e-12) * fmax(1, fabs(expected));
    bool same = isfinite(expected) ? fabs(found - expected) <= limit
                                   : isnan(expected) == isnan(found) && (isnan(found) || found == expected);
    ck_assert_msg(same, "%s at a = %g, b = %g: d/d%s is %.9g, not %.9g", corner->formula, corner->a,
                  corner->b, of, found, expected);
}

static void check_corner(const Corner *corner, Precision precision)
{
    Arena *arena = arena_new();
    const Program *program = program_of(arena, corner->formula);
    ck_assert_int_eq(program->params.count, 2);
    Interp *interp = interp_new(program, 1, precision);
    ck_assert_ptr_nonnull(interp);
    interp->buffers[program->params.at[0].value][0] = (double)(float)corner->a;
    interp->buffers[program->params.at[1].value][0] = (double)(float)corner->b;
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    expect(derivative(interp, 0), corner->da, precision, "a", corner);
    expect(derivative(interp, 1), corner->db, precision, "b", corner);
    interp_free(interp);
    arena_free(arena);
}

START_TEST(corner)
{
    check_corner(&corners[_i], PRECISION_DOUBLE);
    check_corner(&corners[_i], PRECISION_SINGLE);
}
END_TEST

/* ---- across streams: what is not taken by one neuron was made by another ---- */

#define ACROSS(definitions, streams)                                                 \
    definitions "model across {\n"                                                   \
                "    data idx(shape = [2], classes = 2, temporal)\n"                 \
                "    time 3 steps\n"                                                 \
                "    h = image -> dense(2)\n" streams "    predict argmax(sum(o))\n" \
                "    train { loss cross_entropy(sum(o), label) }\n"                  \
                "}\n"

#define SCALED "neuron scaled() { param k = 2  output = where(input > 0, k * input, 0) }\n"
#define REMEMBERS                                        \
    "neuron remembers() {\n"                             \
    "    param k = 2\n"                                  \
    "    state last = 0\n"                               \
    "    output = where(last > -100, k * last, input)\n" \
    "    last   = log(input)\n"                          \
    "}\n"

static const char *const across[] = {
    /* Two readers: log(h) stays a stream of its own, and so does its past. */
    ACROSS("", "    x = log(h)\n"
               "    o = where(h > 0, x, h) + where(h > 1, x, h)\n"),
    ACROSS("",
           "    x = log(h)\n"
           "    o = where(h > 0, x * h, h) + where(h[-1] > 1, x[-1] * h, h) + where(h[-1] > 0, x[-1], h)\n"),
    ACROSS(SCALED, "    x = 1 / h\n"
                   "    o = (where(h > 0, x, h) -> scaled) + where(h > 0, tanh(x), h)\n"),
    ACROSS(REMEMBERS, "    o = h -> remembers\n"),
    ACROSS("", "    x = last(1 / h)\n"
               "    y = where(last(h) > 0, x * last(h), last(h))\n"
               "    o = h + y + where(last(h) > 0, x, last(h))\n"),
};

/* The data are 0 at some steps: there h is 0, log(h) and 1 / h are infinite. Its past is 0, too, at first. */
START_TEST(finite_across_streams)
{
    Arena *arena = arena_new();
    GoldenText text = {"across", across[_i]};
    const Program *program = golden_program(golden_compilation(arena, &text), text.name);
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    static const double image[] = {0, 0, 1, 0.5, 0, 0};
    for (int k = 0; k < 6; k++)
        interp->buffers[program->input][k] = image[k];
    for (int p = 0; p < program->params.count; p++)
        for (size_t k = 0; k < interp_count(interp, program->params.at[p].value); k++)
            interp->buffers[program->params.at[p].value][k] = 0.5 + 0.25 * (double)k;
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    double largest = 0;
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *param = &program->params.at[p];
        for (size_t k = 0; param->gradient >= 0 && k < interp_count(interp, param->gradient); k++) {
            double g = interp->buffers[param->gradient][k];
            ck_assert_msg(isfinite(g), "the gradient of %s is %g", param->name, g);
            largest = fmax(largest, fabs(g));
        }
    }
    ck_assert_double_gt(largest, 1e-3);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

/* ---- windows: nothing is below minus infinity, and NaN stays ---- */

START_TEST(infinity_in_a_window)
{
    GoldenText text = {"pools", "model pools {\n"
                                "    data idx(shape = [x = 6], classes = 3)\n"
                                "    time 1 steps\n"
                                "    predict argmax(image -> max_pool(2))\n"
                                "}\n"};
    static const double image[] = {-INFINITY, -INFINITY, -INFINITY, -5, 2, NAN};
    Arena *arena = arena_new();
    const Program *program = golden_program(golden_compilation(arena, &text), text.name);
    Interp *interp = interp_new(program, 1, PRECISION_DOUBLE);
    memcpy(interp->buffers[program->input], image, sizeof image);
    interp_run(interp, PHASE_FORWARD);
    const double *scores = interp->buffers[program->predictions.at[0].values];
    ck_assert(scores[0] == -INFINITY && scores[1] == -5 && isnan(scores[2]));
    interp_free(interp);
    arena_free(arena);
}
END_TEST

Suite *corners_suite(void)
{
    Suite *suite = suite_create("corners");
    TCase *tcase = tcase_create("corners");
    tcase_add_loop_test(tcase, corner, 0, CORNERS);
    tcase_add_test(tcase, infinity_in_a_window);
    tcase_add_loop_test(tcase, finite_across_streams, 0, (int)(sizeof across / sizeof *across));
    suite_add_tcase(suite, tcase);
    return suite;
}
