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
    general.without = 1u << OPTIMISATION_WINDOWS | 1u << OPTIMISATION_PIECES;
    expect_agreement(compiled_with(arena, text, fast), compiled_with(arena, text, general));
    arena_free(arena);
}
END_TEST

Suite *recurrent_suite(void)
{
    Suite *suite = suite_create("recurrent");
    TCase *tcase = tcase_create("recurrent");
    tcase_add_loop_test(tcase, convolutions_agree, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
