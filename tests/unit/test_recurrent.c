/* Recurrent groups: their maps read what the steps before have made, and nothing that is to come. */
#include "agree.h"

#include <check.h>

Suite *recurrent_suite(void);

/* What a group sends back to itself is not there before its steps are: nothing lists it, or counts it, ahead of them. */
START_TEST(convolutions_agree)
{
    static const char text[] = "model recurrent {\n"
                               "    data idx(shape = [5, 7, c = 2], classes = 3, temporal)\n"
                               "    time 5 steps\n"
                               "    x = poisson(0.4 + 0 * image)\n"
                               "    h = (x -> conv(8, kernel = 3, pad = same)) +\n"
                               "        (h[-1] -> conv(8, kernel = 3, pad = same)) -> lif(threshold = 0.1)\n"
                               "    o = h -> dense(3)\n"
                               "    predict argmax(mean(o))\n"
                               "    train { loss cross_entropy(mean(o), label) }\n"
                               "}\n";
    Arena *arena = arena_new();
    LowerOptions fast = {.kernels = _i ? KERNELS_EVENT : KERNELS_AUTO}, general = fast;
    general.without = WITHOUT(WINDOWS) | WITHOUT(PIECES);
    expect_agreement(compiled_with(arena, text, fast), compiled_with(arena, text, general));
    arena_free(arena);
}
END_TEST

/* Equations of a block may read their own past, and that of each other. */
START_TEST(blocks_agree_with_what_they_stand_for)
{
    static const char block[] =
        "block two(x, p, q, r) {\n"
        "    a = (x -> dense(7, weights = p)) + (b[-1] -> dense(7, weights = q)) -> lif(threshold = 0.1)\n"
        "    b = (a -> dense(7, weights = r)) + 0.2 * (a[-2] + b[-1]) -> lif(threshold = 0.1)\n"
        "    output = a + b\n"
        "}\n";
    static const char *const streams[] = {
        "o = x -> two(p, q, r) -> two(p, q, r) -> dense(3)",
        "o_a   = (x -> dense(7, weights = p)) + (o_b[-1] -> dense(7, weights = q)) -> lif(threshold = 0.1)\n"
        "o_b   = (o_a -> dense(7, weights = r)) + 0.2 * (o_a[-2] + o_b[-1]) -> lif(threshold = 0.1)\n"
        "o_a_2 = (o_a + o_b -> dense(7, weights = p)) + (o_b_2[-1] -> dense(7, weights = q)) -> "
        "lif(threshold = 0.1)\n"
        "o_b_2 = (o_a_2 -> dense(7, weights = r)) + 0.2 * (o_a_2[-2] + o_b_2[-1]) -> lif(threshold = 0.1)\n"
        "o     = o_a_2 + o_b_2 -> dense(3)\n"};
    Arena *arena = arena_new();
    LowerOptions usual = {.kernels = KERNELS_AUTO};
    const Compilation *both[2];
    for (int i = 0; i < 2; i++)
        both[i] = compiled_with(arena,
                                arena_printf(arena,
                                             "%smodel m {\n"
                                             "    data idx(shape = [7], classes = 3, temporal)\n"
                                             "    time 6 steps\n"
                                             "    p = weights([7, 7], init = uniform(0, 1))\n"
                                             "    q = weights([7, 7], init = uniform(0, 1))\n"
                                             "    r = weights([7, 7], init = uniform(0, 1))\n"
                                             "    x = poisson(image)\n"
                                             "    %s\n"
                                             "    predict argmax(mean(o))\n"
                                             "    train { loss cross_entropy(mean(o), label) }\n"
                                             "}\n",
                                             i == 0 ? block : "", streams[i]),
                                usual);
    expect_agreement(both[0], both[1]);
    arena_free(arena);
}
END_TEST

Suite *recurrent_suite(void)
{
    Suite *suite = suite_create("recurrent");
    TCase *tcase = tcase_create("recurrent");
    tcase_add_loop_test(tcase, convolutions_agree, 0, 2);
    tcase_add_test(tcase, blocks_agree_with_what_they_stand_for);
    suite_add_tcase(suite, tcase);
    return suite;
}
