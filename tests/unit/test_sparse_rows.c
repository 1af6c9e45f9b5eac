/* Gradients that go back from the neurons which have one, by one row of taps after the other: the sums of each position by all
 * taps. */
#include "agree.h"
#include "out.h"

#include <check.h>

Suite *sparse_rows_suite(void);

/* A tile of channels and a rest, a rest alone; strides, dilations, windows beyond edges; three axes, rows of one tap; steps in
 * several parts. */
static const char *const stages[] = {
    "conv(34, kernel = 3, pad = same) -> lif(threshold = 0.1) -> max_pool(2)",
    "conv(9, kernel = [2, 3], pad = 2, stride = [2, 1]) -> lif(threshold = 0.1) -> max_pool(3, stride = 1)",
    "reshape([z = 3, y = 2, x = 17, c = 2]) -> conv(20, kernel = [1, 2, 4], pad = [0, 1, 1]) -> "
    "lif(threshold = 0.1) -> "
    "max_pool([1, 2, 3])",
    "conv(50, kernel = [2, 3], dilation = [2, 1], pad = 1) -> lif(threshold = 0.1) -> max_pool([1, 3]) -> "
    "conv(40, kernel = "
    "2) -> lif(threshold = 0.1) -> max_pool(2)",
    "conv(4, kernel = [3, 1], pad = 1) -> lif(threshold = 0.1) -> max_pool(2)",
};
enum { STAGES = sizeof stages / sizeof *stages };

static Compilation *compiled(Arena *arena, const char *stage, LowerOptions lower)
{
    const char *text = arena_printf(
        arena,
        "model rows {\n"
        "    data idx(shape = [9, 11], classes = 3, temporal)\n"
        "    time 11 steps\n"
        "    x = poisson(0.4 + 0 * image)\n"
        "    o = x -> dense([y = 6, x = 17, c = 2]) -> lif(threshold = 0.1) -> %s -> tanh -> dense(3)\n"
        "    predict argmax(mean(o))\n"
        "    train { loss cross_entropy(mean(o), label) }\n"
        "}\n",
        stage);
    return compiled_with(arena, text, lower);
}

/* Some sums begin with what stands where they go. */
static bool goes_by_rows(Arena *arena, const Compilation *c)
{
    Out *out = out_new(arena);
    loop_print(out, c->program);
    return strstr(out_text(out), "if not (m") != NULL;
}

START_TEST(gradients_by_rows_of_taps_agree)
{
    Arena *arena = arena_new();
    LowerOptions rows = {.kernels = KERNELS_EVENT},
                 positions = {.kernels = KERNELS_EVENT, .without = WITHOUT(ROWS)};
    const Compilation *fast = compiled(arena, stages[_i], rows);
    const Compilation *general = compiled(arena, stages[_i], positions);
    ck_assert(goes_by_rows(arena, fast));
    ck_assert(!goes_by_rows(arena, general));
    expect_agreement(fast, general);
    arena_free(arena);
}
END_TEST

/* Inputs that no output reads have a gradient of 0, which no row of taps would write. */
START_TEST(inputs_that_nobody_reads_have_no_rows)
{
    Arena *arena = arena_new();
    const char *stage = "conv(9, kernel = 2, stride = [3, 1]) -> lif(threshold = 0.1) -> max_pool([1, 2])";
    LowerOptions rows = {.kernels = KERNELS_EVENT},
                 windows = {.kernels = KERNELS_AUTO, .without = WITHOUT(SPARSE)};
    const Compilation *fast = compiled(arena, stage, rows);
    ck_assert(!goes_by_rows(arena, fast));
    expect_agreement(fast, compiled(arena, stage, windows));
    arena_free(arena);
}
END_TEST

Suite *sparse_rows_suite(void)
{
    Suite *suite = suite_create("sparse_rows");
    TCase *tcase = tcase_create("sparse_rows");
    tcase_add_loop_test(tcase, gradients_by_rows_of_taps_agree, 0, STAGES);
    tcase_add_test(tcase, inputs_that_nobody_reads_have_no_rows);
    suite_add_tcase(suite, tcase);
    return suite;
}
