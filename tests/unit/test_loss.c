/* Losses with kernels of their own are what the library says of them, and only those of the library are. */
#include "agree.h"

#include <check.h>

Suite *loss_suite(void);

#define MODEL(before, loss)                                       \
    before "model m {\n"                                          \
           "    data idx(shape = [6], classes = 3)\n"             \
           "    time 7 steps\n"                                   \
           "    h = image -> dense(10) -> lif(threshold = 0.1)\n" \
           "    o = h -> dense(3) -> li\n"                        \
           "    predict argmax(mean(o))\n"                        \
           "    train { loss " loss "  optimizer sgd(0.1) }\n"    \
           "}\n"
#define DOUBLED "block mse(x, target) = 2 * mean((x - target) ^ 2, over = space)\n"

static const struct {
    const char *known, *formula; /* the second as its equations say */
} pairs[] = {
    {MODEL("", "mse(mean(o), label)"), MODEL("", "mse(mean(o), target = label)")},
    {MODEL("", "cross_entropy(mean(o), label)"), MODEL("", "cross_entropy(mean(o), label, smoothing = 0)")},
    {MODEL("", "mse(step(mean(o), atan(2)), label)"),
     MODEL("", "mse(step(mean(o), atan(2)), target = label)")},
    {MODEL("", "cross_entropy(step(mean(o), atan(2)), label)"),
     MODEL("", "-sum(label * log_softmax(step(mean(o), atan(2))), over = c)")},
    {MODEL("", "max(o) -> cross_entropy(label)"), MODEL("", "-sum(label * log_softmax(max(o)), over = c)")},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

START_TEST(kernels_are_the_equations)
{
    Arena *arena = arena_new();
    const Compilation *known = compiled_without(arena, pairs[_i].known, 0),
                      *formula = compiled_without(arena, pairs[_i].formula, 0);
    ck_assert_int_ne(net_loss(known->net)->loss, LOSS_VALUE);
    ck_assert_int_eq(net_loss(formula->net)->loss, LOSS_VALUE);
    expect_agreement(known, formula);
    arena_free(arena);
}
END_TEST

/* A model's own definition hides the library's. */
START_TEST(own_losses)
{
    Arena *arena = arena_new();
    const Compilation *own = compiled_without(arena, MODEL(DOUBLED, "mse(mean(o), label)"), 0),
                      *formula = compiled_without(arena, MODEL("", "2 * mse(mean(o), label)"), 0);
    ck_assert_int_eq(net_loss(own->net)->loss, LOSS_VALUE);
    expect_agreement(own, formula);
    arena_free(arena);
}
END_TEST

Suite *loss_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *tcase = tcase_create("loss");
    tcase_add_loop_test(tcase, kernels_are_the_equations, 0, PAIRS);
    tcase_add_test(tcase, own_losses);
    suite_add_tcase(suite, tcase);
    return suite;
}
