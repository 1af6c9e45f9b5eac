/* Neurons that look up sums of weights for what a window may have, and whose adjoints add to tallies of what it had: what a map
 * and a gradient of its weights would make. */
#include "agree.h"

#include <check.h>

Suite *lookups_suite(void);

typedef struct Case {
    const char *stages;
    Kernels kernels;
    int unroll; /* 0: as snnc chooses */
} Case;

/* One tile of channels, several, a rest alone and behind others; strides, dilations, biases, one axis and three; steps some at a
 * time; a norm that is part of the weights in tests. */
static const Case cases[] = {
    {"conv(16, kernel = 3, pad = same) -> lif(threshold = 0.3)", KERNELS_AUTO, 0},
    {"conv(64, kernel = [2, 4], stride = [1, 2], bias) -> lif(threshold = 0.3)", KERNELS_AUTO, 2},
    {"conv(48, kernel = 2, dilation = 2) -> tanh", KERNELS_AUTO, 0},
    {"reshape([z = 3, y = 3, x = 11]) -> conv(5, kernel = 2, pad = 1) -> lif(threshold = 0.3)", KERNELS_TABLE,
     3},
    {"reshape([x = 99, c = 1]) -> conv(70, kernel = 5, stride = 3) -> lif(threshold = 0.3)", KERNELS_TABLE,
     0},
    {"conv(16, kernel = 3) -> batch_norm -> lif(threshold = 0.3)", KERNELS_AUTO, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

static Compilation *compiled(Arena *arena, const char *stages, LowerOptions lower)
{
    const char *text = arena_printf(arena,
                                    "model lookups {\n"
                                    "    data idx(shape = [9, 11], classes = 3, temporal)\n"
                                    "    time 5 steps\n"
                                    "    x = poisson(0.4 + 0 * image)\n"
                                    "    o = x -> %s -> dense(3)\n"
                                    "    predict argmax(mean(o))\n"
                                    "    train { loss cross_entropy(mean(o), label) }\n"
                                    "}\n",
                                    stages);
    return compiled_with(arena, text, lower);
}

static int kernels_called(const Compilation *c, const char *start)
{
    int count = 0;
    for (int k = 0; k < c->program->kernels.count; k++)
        count += strncmp(c->program->kernels.at[k].name, start, strlen(start)) == 0;
    return count;
}

/* In training: tests add in the order of inference, which makes all sums. */
static int convolutions(const Compilation *c)
{
    int count = 0;
    for (int i = 0; i < c->program->phases[PHASE_FORWARD].count; i++) {
        const Launch *launch = &c->program->phases[PHASE_FORWARD].at[i];
        count += strncmp(c->program->kernels.at[launch->kernel].name, "conv_", 5) == 0;
    }
    return count;
}

START_TEST(neurons_look_sums_up)
{
    Arena *arena = arena_new();
    LowerOptions lower = {.kernels = cases[_i].kernels, .unroll = cases[_i].unroll}, without = lower;
    without.without = WITHOUT(LOOKUPS);
    const Compilation *fast = compiled(arena, cases[_i].stages, lower);
    const Compilation *general = compiled(arena, cases[_i].stages, without);
    bool norm =
        strstr(cases[_i].stages, "batch_norm") != NULL; /* reads the sums more than once, but not in tests */
    ck_assert_int_eq(convolutions(fast), norm);
    ck_assert_int_eq(convolutions(general), 1);
    expect_agreement(fast, general);
    arena_free(arena);
}
END_TEST

/* What is no neuron reads sums that are made, as adjoints do, and neurons of few channels, unless tables are asked for. */
START_TEST(others_read_sums_that_are_made)
{
    static const char *const made[] = {"conv(16, kernel = 3) -> max_pool(2) -> lif",
                                       "conv(9, kernel = 3) -> lif", "conv(16, kernel = 3) -> plif"};
    Arena *arena = arena_new();
    ck_assert_int_eq(convolutions(compiled(arena, made[_i], (LowerOptions){0})), 1);
    arena_free(arena);
}
END_TEST

/* Some channels and many; some steps at a time; where the windows of a maximum have the gradients, and where few positions meet
 * spikes, or all are gone through; more than one sample in a slice. */
static const Case tallied[] = {
    {"conv(16, kernel = 3, pad = same) -> lif(threshold = 0.3)", KERNELS_AUTO, 2},
    {"conv(64, kernel = [2, 4], stride = [1, 2]) -> lif(threshold = 0.3) -> max_pool(2)", KERNELS_AUTO, 0},
    {"reshape([z = 3, y = 3, x = 11]) -> conv(5, kernel = 2, pad = 1) -> tanh", KERNELS_TABLE, 0},
    {"reshape([x = 99, c = 1]) -> conv(35, kernel = 5, stride = 3) -> lif(threshold = 0.3)", KERNELS_TABLE,
     3},
};
enum { TALLIED = sizeof tallied / sizeof *tallied };

START_TEST(adjoints_add_to_tallies)
{
    Arena *arena = arena_new();
    const Case *one = &tallied[_i / 2];
    Without blanks = _i % 2 ? WITHOUT(BLANKS) : 0;
    LowerOptions lower = {.kernels = one->kernels, .unroll = one->unroll, .without = blanks}, general = lower;
    general.without |= WITHOUT(TALLIES);
    const Compilation *fast = compiled(arena, one->stages, lower);
    const Compilation *other = compiled(arena, one->stages, general);
    ck_assert_int_eq(kernels_called(fast, "gradient_w_o"), kernels_called(other, "gradient_w_o") - 1);
    expect_agreement(fast, other);
    arena_free(arena);
}
END_TEST

/* Where more than the weights needs what flows back, or events alone are asked for, it is kept. */
START_TEST(others_read_gradients_that_are_kept)
{
    static const Case kept[] = {{"conv(16, kernel = 3, bias) -> lif", KERNELS_AUTO, 0},
                                {"conv(16, kernel = 3) -> lif", KERNELS_EVENT, 0},
                                {"conv(9, kernel = 3) -> lif", KERNELS_AUTO, 0}};
    Arena *arena = arena_new();
    LowerOptions lower = {.kernels = kept[_i].kernels}, without = lower;
    without.without = WITHOUT(TALLIES);
    ck_assert_int_eq(compiled(arena, kept[_i].stages, lower)->program->kernels.count,
                     compiled(arena, kept[_i].stages, without)->program->kernels.count);
    arena_free(arena);
}
END_TEST

Suite *lookups_suite(void)
{
    Suite *suite = suite_create("lookups");
    TCase *tcase = tcase_create("lookups");
    tcase_add_loop_test(tcase, others_read_sums_that_are_made, 0, 3);
    tcase_add_loop_test(tcase, neurons_look_sums_up, 0, CASES);
    tcase_add_loop_test(tcase, adjoints_add_to_tallies, 0, 2 * TALLIED);
    tcase_add_loop_test(tcase, others_read_gradients_that_are_kept, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
