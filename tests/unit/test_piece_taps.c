/* Convolutions of spikes by one tap after the other: the sums of the general kernel, but for rounding. */
#include "agree.h"

#include <check.h>

Suite *piece_taps_suite(void);

/* So many weights that those of a tile are not in a cache: a tile and a rest, some samples together, and one at a time; strides,
 * dilations, biases, windows beyond edges, of one axis and of three. */
static const char *const stages[] = {
    "dense([y = 3, x = 2, c = 229]) -> lif(threshold = %g) -> conv(33, kernel = 3, pad = 1, bias)",
    "dense([y = 3, x = 4, c = 15]) -> lif(threshold = %g) -> conv(32, kernel = 12, pad = [7, 6], stride = "
    "[2, 3])",
    "dense([x = 8, c = 29]) -> lif(threshold = %g) -> conv(7, kernel = 71, pad = 35)",
    "dense([z = 2, y = 6, x = 1, c = 23]) -> lif(threshold = %g) -> conv(33, kernel = [2, 9, 5], dilation = "
    "[1, 2, 1], pad = [1, 9, 2], bias)",
    "dense([y = 2, x = 2, c = 15]) -> lif(threshold = %g) -> conv(1, kernel = 12, pad = [62, 6])",
};
enum { STAGES = sizeof stages / sizeof *stages };

static Compilation *compiled(Arena *arena, const char *stage, double threshold, Without without)
{
    const char *text = arena_printf(arena,
                                    "model taps {\n"
                                    "    data idx(shape = [9, 11], classes = 3, temporal)\n"
                                    "    time 3 steps\n"
                                    "    x = poisson(0.4 + 0 * image)\n"
                                    "    o = x -> %s -> tanh -> dense(3)\n"
                                    "    predict argmax(mean(o))\n"
                                    "    train { loss cross_entropy(mean(o), label) }\n"
                                    "}\n",
                                    arena_printf(arena, stage, threshold));
    return compiled_with(arena, text, (LowerOptions){.kernels = KERNELS_AUTO, .without = without});
}

static int sums_of_all(const Compilation *c)
{
    int count = 0;
    for (BufferId b = 0; b < c->program->buffers.count; b++)
        count += strncmp(c->program->buffers.at[b].name, "made_of", 7) == 0;
    return count;
}

/* Few neurons fire, or so many that windows are faster for each sample. */
static const double thresholds[] = {0.3, -3};
enum { THRESHOLDS = sizeof thresholds / sizeof *thresholds };

START_TEST(single_taps_agree)
{
    Arena *arena = arena_new();
    const char *stage = stages[_i / THRESHOLDS];
    double threshold = thresholds[_i % THRESHOLDS];
    Without other = WITHOUT(TAPWISE) | WITHOUT(PIECES) | WITHOUT(WINDOWS);
    const Compilation *fast = compiled(arena, stage, threshold, 0);
    const Compilation *general = compiled(arena, stage, threshold, other);
    ck_assert_int_gt(sums_of_all(fast), 0);
    ck_assert_int_eq(sums_of_all(general), 0);
    expect_agreement(fast, general);
    arena_free(arena);
}
END_TEST

START_TEST(can_be_left_out)
{
    Arena *arena = arena_new();
    ck_assert_int_eq(sums_of_all(compiled(arena, stages[0], thresholds[0], WITHOUT(TAPWISE))), 0);
    arena_free(arena);
}
END_TEST

Suite *piece_taps_suite(void)
{
    Suite *suite = suite_create("piece_taps");
    TCase *tcase = tcase_create("piece_taps");
    tcase_add_loop_test(tcase, single_taps_agree, 0, STAGES * THRESHOLDS);
    tcase_add_test(tcase, can_be_left_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
