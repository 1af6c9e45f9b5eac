/* NaN anywhere in a network is seen: whatever a neuron does with it, something that the runtime looks at is
 * not finite; and what most neurons do with it costs nothing. */
#include "agree.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *watch_suite(void);

enum { STEPS = 12, INPUTS = 4, ROWS = 2 };

#define MODEL(layers, result)                                                  \
    "model m {\n"                                                              \
    "    data idx(shape = [4], classes = 4, temporal)\n"                       \
    "    time 12 steps\n" layers "\n"                                          \
    "    predict argmax(" result ")\n"                                         \
    "    train { loss cross_entropy(" result ", label) optimizer sgd(0.1) }\n" \
    "}\n"
#define NEURON(neuron) MODEL("h = image -> dense(4) -> " neuron, "sum(h)")
#define OWN(equations) "neuron own() { state v = 0\n" equations " }\n" NEURON("own")
#define ABOVE "neuron above() { spike = step(input - 0.4, triangle(2)) }\n"

typedef struct Case {
    const char *text;
    int traces; /* outputs that are there only for this: 0 costs nothing */
} Case;

static const Case cases[] = {
    {NEURON("lif()"), 0},
    {NEURON("lif(soft_reset, surrogate = triangle)"), 0},
    {NEURON("if()"), 0},
    {NEURON("plif()"), 0},
    {NEURON("cuba_lif()"), 0},
    {NEURON("alif(detach_reset)"), 0},
    {NEURON("li()"), 0},
    {ABOVE NEURON("above"), 1},
    {OWN("v = 2 * input\n spike = step(v - 0.8, triangle(2))"), 1},
    {OWN("v = v + input\n spike = step(v - 1, triangle(2))\n v = where(v < 1, v, 0)"), 1},
    {OWN("v = 0.9 * v + max(input, 0)\n output = min(v, 1)"), 1},
    {OWN("state q = 0\n v = 0.5 * v + where(q > 1, 0, input)\n spike = step(v - 0.5, triangle(2))\n"
         " q = where(spike, 3, q - 1)"),
     1},
    {MODEL("h = step((image -> dense(4)) - 0.3, triangle)", "sum(h)"), 1},
    {MODEL("h = image -> dense(4) -> lif() -> lif(threshold = 0.3)", "sum(h)"), 0},
    {MODEL("r = (image -> dense(4)) + (r[-1] -> dense(4)) -> lif()\n h = r -> dense(4) -> li()", "max(h)"),
     0},
    {ABOVE MODEL("r = (image -> dense(4)) + (r[-1] -> dense(4)) -> above\n h = r -> dense(4) -> lif()",
                 "sum(h)"),
     1},
    {MODEL("c = image -> dense(4)\n h = poisson(sigmoid(c)) -> dense(4) -> lif()", "sum(h)"), 0},
    {MODEL("h = tanh(image -> dense(4))", "max(h)"), 0},
    {MODEL("h = tanh(image -> reshape([4, 1])) -> max_pool([2, 1]) -> dense(4) -> lif()", "sum(h)"), 0},
    {MODEL("h = max(tanh(image -> reshape([2, 2])), over = x) -> dense(4) -> lif()", "sum(h)"), 0},
};

/* Whether the runtime would say so: in what it watches, in the scores or in the losses. */
static bool is_seen(const Interp *interp)
{
    const Program *program = interp->program;
    bool finite = true;
    for (int i = -2; i < program->watches.count; i++) {
        BufferId buffer = i == -2   ? program->predictions.at[0].values
                          : i == -1 ? program->loss
                                    : program->watches.at[i].values;
        for (size_t k = 0; k < interp_count(interp, buffer); k++)
            finite = finite && isfinite(interp->buffers[buffer][k]);
    }
    return !finite;
}

static int count_traces(const Net *net)
{
    int count = 0;
    for (int s = 0; s < net->streams.count; s++)
        count += net->streams.at[s].trace;
    return count;
}

/* NaN in one number of one sample at one step, which may be the first or the last. */
START_TEST(is_found)
{
    static const int at[] = {0, 5, STEPS - 1};
    Arena *arena = arena_new();
    const Compilation *c = compiled_without(arena, cases[_i].text, 0);
    RunOptions options = {.rows = ROWS, .seed = 3, .precision = PRECISION_SINGLE};
    Interp *interp = run_prepare(c->program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    ck_assert_int_eq(count_traces(c->net), cases[_i].traces);
    interp_run(interp, PHASE_FORWARD);
    ck_assert_msg(!is_seen(interp), "%s: finite numbers are called NaN", cases[_i].text);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double *number = &interp->buffers[c->program->input][(STEPS + at[i]) * INPUTS + 2], old = *number;
        *number = NAN;
        interp_run(interp, PHASE_FORWARD);
        ck_assert_msg(is_seen(interp), "%s: NaN at step %d is not seen", cases[_i].text, at[i]);
        *number = old;
        interp_run(interp, PHASE_FORWARD);
        ck_assert_msg(!is_seen(interp), "%s: NaN stays", cases[_i].text);
    }
    interp_free(interp);
    arena_free(arena);
}
END_TEST

Suite *watch_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tcase = tcase_create("watch");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, is_found, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    return suite;
}
