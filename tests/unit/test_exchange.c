/* Maps along time before maps that make more units: where they go there, and that nothing else changes. */
#include "agree.h"

#include <check.h>

Suite *exchange_suite(void);

#define WITHOUT_EXCHANGE (WITHOUT(EXCHANGE))
#define MODEL_OF(data, layers)                                           \
    "model m {\n"                                                        \
    "    data idx(" data ", classes = 3, temporal)\n"                    \
    "    time 7 steps\n" layers "\n"                                     \
    "    o = h -> dense(3) -> li()\n"                                    \
    "    predict argmax(mean(o))\n"                                      \
    "    train { loss cross_entropy(mean(o), label) optimizer sgd(0.1) " \
    "}\n"                                                                \
    "}\n"
#define MODEL(layers) MODEL_OF("shape = [6]", layers)

typedef struct Case {
    const char *text;
    bool exchanged; /* a map along time stands before one over units */
} Case;

#define MIX "dense(steps, along = time, bias = 0.1)"

static const Case cases[] = {
    {MODEL("h = tanh(image -> dense(20) -> " MIX ")"), true},
    {MODEL("h = tanh(image -> dense(20, bias) -> " MIX ")"), true},
    {MODEL("h = tanh(image -> dense(20, bias) -> dense(steps, along = time))"), true},
    {MODEL("h = tanh(image -> dense(20) -> dense(steps, along = time))"), true},
    {MODEL("h = tanh(image -> dense(20, bias) -> dense(steps, along = time, synapse = weight_norm, bias))"),
     true},
    {MODEL("h = tanh(image -> dense(20, bias) -> conv(kernel = 3, along = time, bias = 0.1))"), true},
    {MODEL("g = image -> dense(6) -> li()\n h = tanh(g -> dense(20, bias) -> " MIX ")"), true},
    {MODEL("h = tanh(image -> dense(20, bias) -> " MIX " -> dense(40) -> " MIX ")"), true},
    {MODEL_OF("shape = [4, 4, 1]", "h = tanh(image -> conv(3, 2, pad = same, bias) -> " MIX ")"), true},
    {MODEL_OF("shape = [4, 4, 1]", "h = tanh(image -> upsample(2) -> " MIX ")"), true},
    /* what must stay: */
    {MODEL("h = tanh(image -> dense(5, bias) -> " MIX ")"), false},                    /* fewer units */
    {MODEL("h = tanh(image -> lif(threshold = 0.1) -> dense(20) -> " MIX ")"), false}, /* spikes */
    {MODEL_OF("shape = [6], spikes", "h = tanh(image -> dense(20) -> " MIX ")"), false},
    {MODEL("d = image -> dense(20)\n h = tanh(d + (d -> dense(steps, along = time)))"), false},
    {MODEL_OF("shape = [60]", "h = tanh(image -> dense(70, bias) -> " MIX ")"), false}, /* hardly more */
};

static bool is_first(const Net *net, const Node *time)
{
    bool first = false;
    for (int n = 0; n < net->backward; n++)
        first = first || (net->nodes.at[n].kind == NODE_MAP && net->nodes.at[n].in == time->out);
    return first;
}

/* Whether a map over units reads what a map along time makes. */
static bool is_exchanged(const Net *net)
{
    bool exchanged = false;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        bool time = node->kind == NODE_MAP && node->map->time.reach != REACH_SAME;
        exchanged = exchanged || (time && is_first(net, node));
    }
    return exchanged;
}

START_TEST(the_same_numbers)
{
    Arena *arena = arena_new();
    const Compilation *exchanged = compiled_without(arena, cases[_i].text, 0);
    expect_agreement(compiled_without(arena, cases[_i].text, WITHOUT_EXCHANGE), exchanged);
    ck_assert_int_eq(is_exchanged(exchanged->net), cases[_i].exchanged);
    arena_free(arena);
}
END_TEST

Suite *exchange_suite(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tcase = tcase_create("exchange");
    tcase_add_loop_test(tcase, the_same_numbers, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
