/* Delays of each weight: where they are in tests, and that they stay within their bounds. */
#include "agree.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *delays_suite(void);

enum { ROWS = 3, LONGEST = 6 };

static const Program *program_of(Arena *arena, const char *delay)
{
    GoldenText model = {"late", arena_printf(arena,
                                             "block hat(x) = max(1 - x ^ 2, 0)\n"
                                             "schedule vanishing = 0.01 * epoch\n"
                                             "model late {\n"
                                             "    data idx(shape = [5], classes = 4, temporal)\n"
                                             "    time 9 steps\n"
                                             "    out = image -> dense(4, delay = %s)\n"
                                             "    predict argmax(sum(tanh(out)))\n"
                                             "    train { loss mse(sum(tanh(out)), label)\n"
                                             "            optimizer sgd(100) }\n"
                                             "}\n",
                                             delay)};
    return golden_program(golden_compilation(arena, &model), model.name);
}

static const LoopParam *param_of(const Program *program, const char *name)
{
    for (int p = 0; p < program->params.count; p++)
        if (strcmp(program->params.at[p].name, name) == 0)
            return &program->params.at[p];
    return NULL;
}

/* Delays of all weights are `first`, 1 more, ..., and begin again behind LONGEST. NAN: they stay as they are. */
static Interp *ran(const Program *program, double first, Phase phase, Phase last)
{
    RunOptions options = {.rows = ROWS, .seed = 2, .precision = PRECISION_SINGLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    const LoopParam *weight = param_of(program, "w_out"), *delay = param_of(program, "delay_out");
    for (size_t k = 0; k < interp_count(interp, weight->value); k++)
        interp->buffers[weight->value][k] = sin((double)k);
    for (size_t k = 0; delay && !isnan(first) && k < interp_count(interp, delay->value); k++)
        interp->buffers[delay->value][k] = first + (double)(k % LONGEST);
    for (Phase p = phase; p <= last; p++)
        interp_run(interp, p);
    return interp;
}

static void same_scores(const Interp *a, const Interp *b, const char *what)
{
    BufferId of_a = a->program->predictions.at[0].values, of_b = b->program->predictions.at[0].values;
    for (size_t k = 0; k < interp_count(a, of_a); k++)
        ck_assert_msg(fabs(*interp_at(a, of_a, k) - *interp_at(b, of_b, k)) <= 1e-6,
                      "%s: score %zu is %.9g, not %.9g", what, k, *interp_at(a, of_a, k),
                      *interp_at(b, of_b, k));
}

static const struct {
    double learned, whole; /* of the first weight, and where it is in tests */
} roundings[] = {{0, 0}, {0.25, 0}, {0.499999, 0}, {0.500001, 1}, {0.75, 1}, {1, 1}};
enum { ROUNDINGS = sizeof roundings / sizeof roundings[0] };

START_TEST(rounded)
{
    Arena *arena = arena_new();
    Interp *tests =
        ran(program_of(arena, "learned(max = 6)"), roundings[_i].learned, PHASE_EVALUATE, PHASE_EVALUATE);
    Interp *whole = ran(program_of(arena, "random(0, 6)"), roundings[_i].whole, PHASE_FORWARD, PHASE_FORWARD);
    same_scores(tests, whole, "rounded");
    interp_free(tests);
    interp_free(whole);
    arena_free(arena);
}
END_TEST

/* 0.5 is 0, 1.5 is 2, 2.5 is 2, and so on. */
START_TEST(rounded_to_even)
{
    Arena *arena = arena_new();
    const Program *random = program_of(arena, "random(0, 6)");
    Interp *tests = ran(program_of(arena, "learned(max = 6)"), 0.5, PHASE_EVALUATE, PHASE_EVALUATE);
    Interp *whole = ran(random, NAN, PHASE_FORWARD, PHASE_FORWARD);
    const LoopParam *delay = param_of(random, "delay_out");
    for (size_t k = 0; k < interp_count(whole, delay->value); k++)
        whole->buffers[delay->value][k] = (double)((k % LONGEST + 1) / 2 * 2);
    interp_run(whole, PHASE_FORWARD);
    same_scores(tests, whole, "rounded to even");
    interp_free(tests);
    interp_free(whole);
    arena_free(arena);
}
END_TEST

/* One for all of 2, and 2 for each. */
START_TEST(same_for_all)
{
    Arena *arena = arena_new();
    const Program *random = program_of(arena, "random(2, 2)");
    Interp *all = ran(program_of(arena, "2"), NAN, PHASE_FORWARD, PHASE_FORWARD);
    Interp *each = ran(random, NAN, PHASE_FORWARD, PHASE_FORWARD);
    same_scores(all, each, "2 for all");
    interp_free(all);
    interp_free(each);
    arena_free(arena);
}
END_TEST

START_TEST(within_bounds)
{
    Arena *arena = arena_new();
    const Program *program = program_of(arena, "learned(max = 6)");
    Interp *interp = ran(program, 0.5, PHASE_FORWARD, PHASE_UPDATE);
    const LoopParam *delay = param_of(program, "delay_out");
    int at_ends = 0;
    for (size_t k = 0; k < interp_count(interp, delay->value); k++) {
        double value = interp->buffers[delay->value][k];
        ck_assert_msg(value >= 0 && value <= LONGEST, "a delay of %.9g", value);
        at_ends += value == 0 || value == LONGEST;
    }
    ck_assert_int_gt(at_ends, 0);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

static const char *const shrunk[] = {
    "learned(max = 6, learn_width)",
    "learned(max = 6, bump = triangle, width = 1, learn_width)",
    "learned(max = 6, bump = hat, width = 1, learn_width)",
    "learned(max = 6, width = vanishing)",
    "learned(max = 6, bump = triangle, width = vanishing)",
};
enum { SHRUNK = sizeof shrunk / sizeof shrunk[0] };

static void set_all(const Interp *interp, const LoopParam *param, double first, int period)
{
    for (size_t k = 0; param && k < interp_count(interp, param->value); k++)
        interp->buffers[param->value][k] = first + (double)(k % (size_t)period);
}

/* However narrow a bump has become, it reaches a step on either side of half-way, so that weight and delay learn. */
START_TEST(half_way_between)
{
    Arena *arena = arena_new();
    const Program *program = program_of(arena, shrunk[_i]);
    Interp *interp = ran(program, 0.49, PHASE_FORWARD, PHASE_BACKWARD);
    const LoopParam *delay = param_of(program, "delay_out");
    set_all(interp, param_of(program, "spread_out"), 0.01, 1);
    for (Phase p = PHASE_FORWARD; p <= PHASE_UPDATE; p++)
        interp_run(interp, p);
    set_all(interp, delay, 0.49, LONGEST);
    set_all(interp, param_of(program, "w_out"), 0.1, 1);
    for (Phase p = PHASE_FORWARD; p <= PHASE_BACKWARD; p++)
        interp_run(interp, p);
    const char *const learning[] = {"w_out", "delay_out"};
    for (int i = 0; i < 2; i++) {
        BufferId gradient = param_of(program, learning[i])->gradient;
        for (size_t k = 0; k < interp_count(interp, gradient); k++)
            ck_assert_msg(*interp_at(interp, gradient, k) != 0, "%s: nothing learns %s, synapse %zu",
                          shrunk[_i], learning[i], k);
    }
    interp_free(interp);
    arena_free(arena);
}
END_TEST

/* Lines of a model whose maps along time have several tiles, a remainder, biases, inputs that are no spikes. */
static const char *const fast[] = {
    "    h = poisson(0.3 + 0 * image) -> dense(70, delay = learned(max = 4, width = 1.5)) -> lif(threshold = "
    "0.1)\n"
    "    o = h -> dense(5, bias, delay = learned(max = 2, per = inputs)) -> li\n",
    "    h = image -> dense(33, bias = 0.2, delay = learned(max = 10, width = 3)) -> lif(threshold = 0.1)\n"
    "    o = h -> dense(5, delay = random(0, 3)) -> li\n",
    "    h = image -> conv(3, kernel = 4, along = time) -> conv(36, kernel = 1, along = time) -> "
    "lif(threshold = 0.1)\n"
    "    k = weights([2, 36, 36])\n"
    "    g = h -> conv(36, kernel = 2, along = time, weights = k) -> lif(threshold = 0.1)\n"
    "    o = g -> conv(36, kernel = 2, along = time, weights = k) -> dense(5) -> li\n",
    "    h = image -> dense(33, bias = 0.2, delay = learned(max = 10)) -> lif(threshold = 0.1)\n"
    "    g = h -> dense(7, delay = learned(max = 9, bump = triangle, width = 1)) -> lif(threshold = 0.1)\n"
    "    o = g -> dense(35, bias, delay = learned(max = 10, per = outputs)) -> dense(5) -> li\n",
    "    h = (image -> dense(70)) + (h[-1] -> dense(70, bias = 0.1, delay = learned(max = 6, width = 2))) -> "
    "lif(threshold = 0.1)\n"
    "    o = (h -> dense(5)) + (o[-2] -> dense(5, delay = random(0, 2))) -> li\n",
};
enum { FAST = sizeof fast / sizeof fast[0] };

START_TEST(fast_and_naive_agree)
{
    Arena *arena = arena_new();
    const char *text = arena_printf(arena,
                                    "model late {\n"
                                    "    data idx(shape = [19], classes = 5, temporal)\n"
                                    "    time 11 steps\n"
                                    "%s"
                                    "    predict argmax(mean(o))\n"
                                    "    train { loss cross_entropy(mean(o), label) }\n"
                                    "}\n",
                                    fast[_i]);
    const Compilation *naive = compiled_without(arena, text, WITHOUT(TAPS));
    expect_agreement(compiled_without(arena, text, 0), naive);
    /* back by frequencies, however few steps there are; by few taps of each synapse, however few there are in all */
    expect_agreement(compiled_with(arena, text, (LowerOptions){.kernels = KERNELS_TABLE}), naive);
    expect_agreement(compiled_with(arena, text, (LowerOptions){.kernels = KERNELS_EVENT}), naive);
    arena_free(arena);
}
END_TEST

enum { MANY = 17 }; /* samples: sums of gradients go through parts of them, the last of which is not whole */

/* Bumps of `all` but one synapse as wide as that, forward and backward. */
static Interp *ran_with_bumps(const Compilation *compilation, double all, double one)
{
    RunOptions options = {.rows = MANY, .seed = 2, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(compilation->program, &options, MANY);
    ck_assert_ptr_nonnull(interp);
    const LoopParam *spread = param_of(compilation->program, "spread_h");
    size_t count = interp_count(interp, spread->value);
    for (size_t k = 0; k < count; k++)
        interp->buffers[spread->value][k] = k == count / 2 ? one : all;
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static void same_gradients(const Interp *a, const Interp *b)
{
    for (int p = 0; p < a->program->params.count; p++) {
        BufferId of_a = a->program->params.at[p].gradient, of_b = b->program->params.at[p].gradient;
        double largest = 0, worst = 0;
        for (size_t k = 0; of_a >= 0 && k < interp_count(a, of_a); k++) {
            largest = fmax(largest, fabs(*interp_at(a, of_a, k)));
            worst = fmax(worst, fabs(*interp_at(a, of_a, k) - *interp_at(b, of_b, k)));
        }
        ck_assert_msg(of_a < 0 || (largest > 0 && worst <= 1e-10 * largest), "%s differs by %g of %g",
                      a->program->params.at[p].name, worst, largest);
    }
}

static const struct {
    double all, one;
    bool narrow;
} bumps[] = {{4, 4, false}, {0.5, 4, false}, {0.5, 0.5, true}};
enum { BUMPS = sizeof bumps / sizeof bumps[0] };

/* The same program goes by frequencies while any bump is too wide for a window, and by few taps as soon as none is. */
START_TEST(chosen_by_width)
{
    const char *text =
        "model shrinking {\n"
        "    data idx(shape = [32], classes = 5, temporal)\n"
        "    time 24 steps\n"
        "    h = poisson(0.1 + 0 * image)\n"
        "        -> dense(24, delay = learned(max = 20, learn_width = true)) -> lif(threshold = 0.05)\n"
        "    out = mean(h -> dense(5) -> li)\n"
        "    predict argmax(out)\n"
        "    train { loss cross_entropy(out, label) }\n"
        "}\n";
    Arena *arena = arena_new();
    const Compilation *both = compiled_without(arena, text, 0);
    Interp *chosen = ran_with_bumps(both, bumps[_i].all, bumps[_i].one);
    Interp *other =
        ran_with_bumps(compiled_without(arena, text, WITHOUT(NARROW)), bumps[_i].all, bumps[_i].one);
    BufferId narrow = loop_find(both->program, "narrow_h_learns");
    ck_assert_int_ge(loop_find(both->program, "spectrum_of_h_dense"), 0);
    ck_assert_int_ge(narrow, 0);
    ck_assert_double_eq(*interp_at(chosen, narrow, 0), bumps[_i].narrow);
    same_scores(chosen, other, "few taps and frequencies");
    same_gradients(chosen, other);
    interp_free(chosen);
    interp_free(other);
    arena_free(arena);
}
END_TEST

Suite *delays_suite(void)
{
    Suite *suite = suite_create("delays");
    TCase *tcase = tcase_create("delays");
    tcase_add_loop_test(tcase, rounded, 0, ROUNDINGS);
    tcase_add_test(tcase, rounded_to_even);
    tcase_add_test(tcase, same_for_all);
    tcase_add_test(tcase, within_bounds);
    tcase_add_loop_test(tcase, half_way_between, 0, SHRUNK);
    tcase_add_loop_test(tcase, fast_and_naive_agree, 0, FAST);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("choice");
    tcase_add_loop_test(tcase, chosen_by_width, 0, BUMPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
