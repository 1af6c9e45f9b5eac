/* Whether what is predicted stays as it is behind a sample's last step. */
#include "agree.h"
#include "stepwise.h"

#include <check.h>

Suite *early_suite(void);

typedef struct Case {
    const char *predicted;
    bool ends;
} Case;

/* a: a layer of neurons; b: formulas of it */
static const Case cases[] = {
    {"sum(a, where = present)", true},
    {"mean(b, where = present)", true},
    {"last(b, where = present)", true},
    {"last(a, where = present) + 3 * mean(b, where = present)", true},
    {"sum(where(present, b, 0))", true},
    {"mean(where(present, b, 0))", true},
    {"sum(0.5 * where(present, b, 0) + where(present, a, 0))", true},
    {"sum(where(present, 0.1 * a, 0)) / 2", true},
    /* what comes behind counts: */
    {"sum(b)", false},
    {"mean(a)", false},
    {"last(b)", false},
    {"max(b)", false},
    {"sum(where(present, b, 1))", false},
    {"sum(where(present, b, -1e-30))", false},
    {"sum(where(present, 0, b))", false},
    {"sum(where(present, b, 0) - 1)", false},
    {"mean(a, where = present) + mean(b)", false},
    /* whether it does depends on numbers, or is not asked: */
    {"sum(present * b)", false},
    {"max(b, where = present)", false},
};

START_TEST(ends_with_the_sample)
{
    Arena *arena = arena_new();
    const char *text =
        arena_printf(arena,
                     "model m {\n"
                     "    data npy(shape = 6, classes = 3, temporal)\n"
                     "    time 7 steps\n"
                     "    a = sample -> dense(3) -> lif\n"
                     "    b = a -> dense(3) -> li\n"
                     "    predict argmax(%s)\n"
                     "    train { loss cross_entropy(mean(b, where = present), label) optimizer sgd(0.1) }\n"
                     "}\n",
                     cases[_i].predicted);
    Net *net = infer_net(compiled_without(arena, text, 0)->net, false);
    ck_assert_msg(net->stepwise, "%s", cases[_i].predicted);
    ck_assert_msg(ends_with_sample(net) == cases[_i].ends, "%s", cases[_i].predicted);
    arena_free(arena);
}
END_TEST

Suite *early_suite(void)
{
    Suite *suite = suite_create("early");
    TCase *tcase = tcase_create("early");
    tcase_add_loop_test(tcase, ends_with_the_sample, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    return suite;
}
