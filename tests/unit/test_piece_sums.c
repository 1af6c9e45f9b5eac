/* Gradients of convolutions of spikes with strides, whose positions are listed phase by phase, and maps along time, which read all
 * steps as positions: the sums of the general kernel, but for rounding. */
#include "agree.h"

#include <check.h>

Suite *piece_sums_suite(void);

/* Strides with remainders, dilations that meet all phases and some, windows beyond edges, phases without a tap, one and three axes;
 * so many phases that the general kernel serves. */
static const char *const strided[] = {
    "conv(20, kernel = [3, 4], stride = [2, 3], pad = [2, 5]) -> lif(threshold = 0.1) -> conv(33, kernel = "
    "[1, 5], stride = [1, 4], pad = [0, 2])",
    "conv(9, kernel = [4, 3], stride = [2, 3], dilation = [1, 2], pad = 2) -> lif(threshold = 0.1) -> "
    "conv(4, kernel = 3, stride = 2, dilation = 2, pad = 4)",
    "conv(9, kernel = 1, stride = [2, 3]) -> lif(threshold = 0.1) -> conv(4, kernel = 2, stride = 3, pad = "
    "3)",
    "reshape([x = 17, c = 12]) -> conv(40, kernel = 7, stride = 4, pad = 8) -> lif(threshold = 0.1)",
    "reshape([z = 3, y = 4, x = 17, c = 1]) -> conv(10, kernel = 2, stride = [1, 2, 3], pad = 1)",
};
enum { STRIDED = sizeof strided / sizeof *strided };

/* All steps are positions: of dense layers' spikes, by strides and dilations, with what is beyond both ends. */
static const char *const in_time[] = {
    "reshape([204]) -> dense(20) -> lif(threshold = 0.1) -> conv(40, kernel = 5, stride = 2, pad = 4, along "
    "= "
    "time) -> lif(threshold = 0.1) -> conv(5, kernel = 3, dilation = 2, stride = 3, pad = 4, along = time, "
    "bias)",
    "reshape([204]) -> dense(33) -> lif(threshold = 0.1) -> conv(5, kernel = 2, stride = 3, along = time, "
    "pad "
    "= valid)",
};
enum { IN_TIME = sizeof in_time / sizeof *in_time };

static Compilation *compiled(Arena *arena, const char *stages, Kernels kernels, Without without)
{
    const char *text = arena_printf(
        arena,
        "model sums {\n"
        "    data idx(shape = [9, 11], classes = 3, temporal)\n"
        "    time 17 steps\n"
        "    x = poisson(0.4 + 0 * image)\n"
        "    o = x -> dense([y = 6, x = 17, c = 2]) -> lif(threshold = 0.1) -> %s -> tanh -> dense(3)\n"
        "    predict argmax(mean(o))\n"
        "    train { loss cross_entropy(mean(o), label) }\n"
        "}\n",
        stages);
    return compiled_with(arena, text, (LowerOptions){.kernels = kernels, .without = without});
}

/* Arrays of gradients' planes: one for each kernel that goes event by event. */
static int planes(const Compilation *c)
{
    int count = 0;
    for (BufferId b = 0; b < c->program->buffers.count; b++)
        count += strncmp(c->program->buffers.at[b].name, "plane_of", 8) == 0;
    return count;
}

static void expect_the_general_sums(const char *stages, int gradients)
{
    Arena *arena = arena_new();
    Without others = WITHOUT(WINDOWS) | WITHOUT(PATCHES) | WITHOUT(PATTERNS);
    const Compilation *fast = compiled(arena, stages, KERNELS_EVENT, others);
    const Compilation *chosen = compiled(arena, stages, KERNELS_AUTO, others);
    const Compilation *general = compiled(arena, stages, KERNELS_AUTO, others | WITHOUT(PIECES));
    ck_assert_int_eq(planes(fast), gradients);
    ck_assert_int_eq(planes(general), 0);
    expect_agreement(fast, general);
    expect_agreement(chosen, general);
    arena_free(arena);
}

START_TEST(phases_agree)
{
    static const int gradients[STRIDED] = {2, 2, 2, 1, 1};
    expect_the_general_sums(strided[_i], gradients[_i]);
}
END_TEST

START_TEST(steps_as_positions_agree)
{
    expect_the_general_sums(in_time[_i], _i == 0 ? 2 : 1);
}
END_TEST

/* Each phase has code of its own. */
START_TEST(many_phases_are_not_followed)
{
    Arena *arena = arena_new();
    ck_assert_int_eq(planes(compiled(arena, "conv(9, kernel = 4, stride = 3)", KERNELS_EVENT, 0)), 1);
    ck_assert_int_eq(planes(compiled(arena, "conv(9, kernel = 4, stride = [3, 4])", KERNELS_EVENT, 0)), 0);
    arena_free(arena);
}
END_TEST

Suite *piece_sums_suite(void)
{
    Suite *suite = suite_create("piece_sums");
    TCase *tcase = tcase_create("piece_sums");
    tcase_add_loop_test(tcase, phases_agree, 0, STRIDED);
    tcase_add_loop_test(tcase, steps_as_positions_agree, 0, IN_TIME);
    tcase_add_test(tcase, many_phases_are_not_followed);
    suite_add_tcase(suite, tcase);
    return suite;
}
