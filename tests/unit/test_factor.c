/* Maps of multiples of spikes: where they become multiples of maps of spikes, and that nothing else changes. */
#include "agree.h"

#include <check.h>

Suite *factor_suite(void);

#define WITHOUT_FACTOR (WITHOUT(FACTOR))
#define WITHOUT_COMMUTE (WITHOUT(COMMUTE)) /* which moves maps away from spikes */
#define MODEL(layers)                                                              \
    "model m {\n"                                                                  \
    "    data idx(shape = [6], classes = 3)\n"                                     \
    "    time 7 steps\n"                                                           \
    "    schedule rising = 1 + epoch\n"                                            \
    "    h = image -> dense([x = 5, c = 2]) -> lif(threshold = 0.1)\n" layers "\n" \
    "    predict argmax(mean(o))\n"                                                \
    "    train { loss cross_entropy(mean(o), label) optimizer sgd(0.1) }\n"        \
    "}\n"

static const struct {
    const char *text;
    int moved; /* maps that spikes drive in place of their multiples */
} cases[] = {
    {MODEL("o = 0.3 * h -> dense(3) -> li"), 1},
    {MODEL("o = h * -0.3 -> dense(3) -> lif(threshold = -0.2)"), 1},
    {MODEL("o = h / 2 -> conv(4, kernel = 3) -> lif(threshold = 0.1) -> dense(3) -> li"), 1},
    {MODEL("o = h -> dropout(0.2) -> dense(3) -> li"), 1},
    {MODEL("o = h -> dropout(0.2, same = none) -> dense(3) -> li"), 1},
    {MODEL("o = (0.3 * h -> dense(3)) + (h[-2] -> dropout -> dense(3)) -> li"), 2},
    {MODEL("g = 0.3 * h\n o = (g -> dense(3)) * (g -> dense(3)) + mean(g, over = space) -> li"), 2},
    {MODEL("o = (h -> dropout(0.2) -> dense(3)) + (o[-1] -> dense(3)) -> lif(threshold = 0.1)"), 1},
    {MODEL("o = 0.3 * h -> dense(3, bias = 0.1) -> li"), 1},
    {MODEL("o = h -> dropout(0.2) -> conv(4, kernel = 3, bias = 0.1) -> lif(threshold = 0.1) -> dense(3) -> "
           "li"),
     1},
    {MODEL("g = 0.3 * h -> dense(3, bias = 0.1)\n o = (g -> lif(threshold = 0.1)) + (g -> li) -> li"), 1},
    {MODEL("o = (h -> dropout(0.2) -> dense(3, bias = 0.1)) + (o[-1] -> dense(3)) -> lif(threshold = 0.1)"),
     1},
    /* what must stay: */
    {MODEL("o = h -> dense(3) -> li"), 0},
    {MODEL("o = 0.3 * h -> dense(7, along = time, bias = 0.1) -> dense(3) -> li"), 0},
    {MODEL("o = 0.3 * tanh(h) -> dense(3) -> li"), 0},
    {MODEL("o = 0.3 * h + 0.1 -> dense(3) -> li"), 0},
    {MODEL("o = rising * h -> dense(3) -> li"), 0},
    {MODEL("o = 0.3 * (h -> dense(3)) -> li"), 0},
    {MODEL("o = 0.3 * h -> dense(3)"), 0}, /* a mean reads it */
    {MODEL("o = 0.3 * h -> dense([y = 2, x = 3]) -> conv(3, kernel = 2) -> li -> dense(3) -> li"), 0},
};
enum { CASES = sizeof cases / sizeof *cases };

static int spike_maps(const Net *net)
{
    int count = 0;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        count += node->kind == NODE_MAP && net->streams.at[node->in].kind == STREAM_SPIKES;
    }
    return count;
}

START_TEST(same_numbers)
{
    Arena *arena = arena_new();
    const Compilation *with = compiled_without(arena, cases[_i].text, WITHOUT_COMMUTE);
    const Compilation *without = compiled_without(arena, cases[_i].text, WITHOUT_COMMUTE | WITHOUT_FACTOR);
    ck_assert_int_eq(spike_maps(with->net) - spike_maps(without->net), cases[_i].moved);
    expect_agreement(with, without);
    arena_free(arena);
}
END_TEST

Suite *factor_suite(void)
{
    Suite *suite = suite_create("factor");
    TCase *tcase = tcase_create("factor");
    tcase_add_loop_test(tcase, same_numbers, 0, CASES);
    suite_add_tcase(suite, tcase);
    return suite;
}
