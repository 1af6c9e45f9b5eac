/* Convolutions of spikes by one row of taps after the other: the sums of the general kernel, but for rounding. */
#include "agree.h"

#include <check.h>

Suite *piece_rows_suite(void);

/* More channels than a tile has: two tiles together, one alone and a rest; strides, dilations, biases, windows beyond edges, of
 * one axis and of three, a row of one tap. */
static const char *const stages[] = {
    "conv(12, kernel = 2) -> lif(threshold = 0.3) -> conv(100, kernel = 3, pad = same, bias)",
    "conv(9, kernel = [2, 4]) -> lif(threshold = 0.3) -> conv(64, kernel = 3, pad = [2, 0], stride = [2, 1])",
    "reshape([x = 17, c = 12]) -> conv(8, kernel = 2) -> lif(threshold = 0.3) -> conv(33, kernel = 4, pad = "
    "5, stride = 3)",
    "reshape([z = 3, y = 4, x = 17, c = 1]) -> conv(10, kernel = 2, bias) -> lif(threshold = 0.3) -> "
    "conv(70, kernel = [2, 1, "
    "3], dilation = [1, 2, 1])",
    "conv(30, kernel = [1, 4], pad = 1) -> lif(threshold = 0.3) -> conv(65, kernel = [5, 1], stride = [3, "
    "2])",
};
enum { STAGES = sizeof stages / sizeof *stages };

static Compilation *compiled(Arena *arena, const char *stage, Kernels kernels, Without without)
{
    const char *text = arena_printf(
        arena,
        "model rows {\n"
        "    data idx(shape = [9, 11], classes = 3, temporal)\n"
        "    time 3 steps\n"
        "    x = poisson(0.4 + 0 * image)\n"
        "    o = x -> dense([y = 6, x = 17, c = 2]) -> lif(threshold = 0.1) -> %s -> tanh -> dense(3)\n"
        "    predict argmax(mean(o))\n"
        "    train { loss cross_entropy(mean(o), label) }\n"
        "}\n",
        stage);
    return compiled_with(arena, text, (LowerOptions){.kernels = kernels, .without = without});
}

static int lists(const Compilation *c)
{
    int count = 0;
    for (BufferId b = 0; b < c->program->buffers.count; b++)
        count += strncmp(c->program->buffers.at[b].name, "rows_of", 7) == 0;
    return count;
}

START_TEST(rows_of_taps_agree)
{
    Arena *arena = arena_new();
    Without rows = WITHOUT(ROWS);
    const Compilation *fast = compiled(arena, stages[_i], KERNELS_AUTO, 0);
    const Compilation *general =
        compiled(arena, stages[_i], KERNELS_AUTO, rows | WITHOUT(PIECES) | WITHOUT(WINDOWS));
    ck_assert_int_eq(lists(fast), 1);
    ck_assert_int_eq(lists(general), 0);
    expect_agreement(fast, general);
    arena_free(arena);
}
END_TEST

/* Inference follows events alone, and has to add in the order of trainers that do. */
START_TEST(who_asks_for_events_has_their_order)
{
    Arena *arena = arena_new();
    ck_assert_int_eq(lists(compiled(arena, stages[0], KERNELS_EVENT, 0)), 0);
    ck_assert_int_eq(lists(compiled(arena, stages[0], KERNELS_AUTO, WITHOUT(ROWS))), 0);
    arena_free(arena);
}
END_TEST

Suite *piece_rows_suite(void)
{
    Suite *suite = suite_create("piece_rows");
    TCase *tcase = tcase_create("piece_rows");
    tcase_add_loop_test(tcase, rows_of_taps_agree, 0, STAGES);
    tcase_add_test(tcase, who_asks_for_events_has_their_order);
    suite_add_tcase(suite, tcase);
    return suite;
}
