/* Parameters that the loss has no derivative by are frozen: no optimiser touches them. */
#include "pipeline.h"

#include <check.h>

Suite *frozen_suite(void);

/* The names of the parameters that are learned, with a blank before each. */
static const char *learned_of(Arena *arena, const char *text)
{
    Compilation *c = compilation_new(arena, stderr);
    c->text = source_add(&c->sources, "model.snn", text, (uint32_t)strlen(text));
    ck_assert(compile(c, "differentiate"));
    const char *names = "";
    for (int n = c->net->updates; n < c->net->nodes.count; n++)
        names = arena_printf(arena, "%s %s", names, c->net->params.at[c->net->nodes.at[n].weight].name);
    return names;
}

#define MODEL(neuron, layers)                                                     \
    neuron "model m { data idx(shape = [3], classes = 2)\n time 5 steps\n"        \
           "h = (image -> dense(3)) + (h[-1] -> dense(3)) -> lif()\n" layers "\n" \
           "train { loss mse(sum(o), label)\n optimizer adamw } }"

#define NEURON(equations) "neuron n() { state v = 0\n state a = 0\n param p = 1\n" equations " }\n"

static const struct {
    const char *text, *learned;
} models[] = {
    {MODEL("", "o = h -> dense(2) -> li()"), " w_h w_h_2 w_o"},
    /* a loop reaches itself, but the loss does not reach it */
    {MODEL("", "o = detach(h) -> dense(2) -> li()"), " w_o"},
    {MODEL("",
           "g = (detach(h) -> dense(3)) + (detach(g[-1]) -> dense(3)) -> lif()\n o = g -> dense(2) -> li()"),
     " w_g w_g_2 w_o"},
    {MODEL("", "g = h + (k[-1] -> dense(3)) -> lif()\n k = g -> dense(3) -> lif()\n"
               "o = detach(k) + 0 * h -> dense(2) -> li()"),
     " w_o"},
    {MODEL("", "o = (h -> dense(2)) + (where(h > 0, 1, 0) -> dense(2)) -> li()"), " w_h w_h_2 w_o w_o_2"},
    {MODEL("", "o = where(h > 0, 1, 0) -> dense(2) -> li()"), " w_o"},
    /* a state that changes itself */
    {MODEL(NEURON("a = p * a + input\n v = v + input - detach(a)\n output = v"), "o = h -> dense(2) -> n()"),
     " w_h w_h_2 w_o"},
    {MODEL(NEURON("a = p * a + input\n v = v + input - a\n output = v"), "o = h -> dense(2) -> n()"),
     " w_h w_h_2 w_o n_p_o"},
    {MODEL(NEURON("v = a * input\n a = p * a + 1\n output = v"), "o = h -> dense(2) -> n()"),
     " w_h w_h_2 w_o n_p_o"},
    /* a sum that nothing reads, as it is taken times 0 */
    {MODEL("",
           "o = h -> dense(2) -> li()\n metric most = max(mean(o), over = c) + 0 * sum(mean(o), over = c)"),
     " w_h w_h_2 w_o"},
};

START_TEST(what_the_loss_does_not_reach_is_frozen)
{
    Arena *arena = arena_new();
    ck_assert_str_eq(learned_of(arena, models[_i].text), models[_i].learned);
    arena_free(arena);
}
END_TEST

Suite *frozen_suite(void)
{
    Suite *suite = suite_create("frozen");
    TCase *tcase = tcase_create("models");
    tcase_add_loop_test(tcase, what_the_loss_does_not_reach_is_frozen, 0, sizeof models / sizeof *models);
    suite_add_tcase(suite, tcase);
    return suite;
}
