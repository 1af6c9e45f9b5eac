/* Dense maps behind means, sums and last values over time: where they go there, and that nothing else changes. */
#include "agree.h"

#include <check.h>

Suite *commute_suite(void);

#define WITHOUT_COMMUTE (WITHOUT(COMMUTE))
#define WITHOUT_FUSE (WITHOUT(FUSE))
#define MODEL_OF(data, layers, result)                                                             \
    "neuron shifted() { state v = 0.5\n v = 0.5 * v + input\n output = v }\n"                      \
    "neuron bent() { state v = 0\n v = 0.5 * v + input\n output = tanh(v) }\n"                     \
    "neuron difference() { state v = 0\n output = 2 * (input - v) - input / 4\n v = -(-input) }\n" \
    "neuron learned() { param w = 0.7\n state v = 0\n v = w * v + input\n output = v }\n"          \
    "model m {\n"                                                                                  \
    "    data idx(shape = [6], classes = 3, temporal" data ")\n"                                   \
    "    time 7 steps\n" layers "\n"                                                               \
    "    predict argmax(" result ")\n"                                                             \
    "    train { loss cross_entropy(" result ", label) optimizer sgd(0.1) }\n"                     \
    "}\n"
#define MODEL(layers, result) MODEL_OF("", "h = image -> dense(5) -> lif(threshold = 0.1)\n" layers, result)

typedef struct Case {
    const char *text;
    int moved; /* dense maps that run once */
} Case;

static const Case cases[] = {
    {MODEL("o = h -> dense(3) -> li()", "mean(o)"), 1},
    {MODEL("o = h -> dense(3) -> li(tau = 3, decay_input = false)", "sum(o)"), 1},
    {MODEL("o = h -> dense(3) -> li()", "last(o)"), 1},
    {MODEL("o = h -> dense(3)", "mean(o)"), 1},
    {MODEL("o = h -> dense(3) -> difference", "sum(o)"), 1},
    {MODEL("o = -0.5 * (h -> dense(3) -> li(3)) -> li()", "mean(o)"), 1},
    {MODEL("g = h[-1] -> dense(4)\n o = g -> dense(3) -> li()", "mean(o)"), 2},
    {MODEL("a = h -> dense(3) -> li()\n b = h -> dense(3) -> li(4)", "mean(a) + last(b)"), 2},
    {MODEL("r = (image -> dense(4)) + (r[-1] -> dense(4)) -> lif(threshold = 0.1)\n"
           "o = (r -> dense(3) -> li()) + (h -> dense(3))",
           "mean(o)"),
     0},
    {MODEL("r = (h -> dense(4)) + (r[-1] -> dense(4)) -> lif(threshold = 0.1)\n o = r -> dense(3) -> li()",
           "mean(o)"),
     1},
    {MODEL_OF(", spikes", "o = image -> dense(3) -> li()", "mean(o)"), 1},
    {MODEL_OF("", "o = image -> dense(3) -> li()", "sum(o)"), 1},
    {MODEL("o = h -> dense(3, bias)", "mean(o)"), 1},
    {MODEL("o = h -> dense(3, bias)", "last(o)"), 1},
    /* what must stay: */
    {MODEL("o = h -> dense(3, bias)", "sum(o)"), 0},
    {MODEL("o = h -> dense(3, bias) -> li()", "mean(o)"), 0},
    {MODEL("o = h -> dense(3) -> li()", "max(o)"), 0},
    {MODEL("o = h -> dense([x = 9]) -> avg_pool(3) -> li()", "mean(o)"), 0}, /* nine units for three */
    {MODEL("o = h -> dense([x = 9]) -> avg_pool(3)", "mean(o)"), 2},
    {MODEL("o = h -> dense(3) -> lif(threshold = 0.1)", "rate(o)"), 0},
    {MODEL("o = h -> dense(3) -> shifted", "mean(o)"), 0},
    {MODEL("o = h -> dense(3) -> bent", "mean(o)"), 0},
    {MODEL("o = h -> dense(3) -> learned", "mean(o)"), 0},
    {MODEL("o = 1 + (h -> dense(3) -> li())", "mean(o)"), 0},
    {MODEL("d = h -> dense(3)\n o = detach(d) + d -> li()", "mean(o)"), 0},
    {MODEL("o = h -> dense(3) -> li()", "mean(o) + last(o)"), 0},
    {MODEL("d = h -> dense(3)\n o = d -> li()", "mean(o) + last(d)"), 0},
    {MODEL("o = (mean(h) -> dense(3)) -> li()", "mean(o)"), 1}, /* it ran once already */
};

static int run_once(const Net *net)
{
    int count = 0;
    for (int n = 0; n < net->backward; n++)
        count += net->nodes.at[n].kind == NODE_MAP && !net->streams.at[net->nodes.at[n].out].steps;
    return count;
}

START_TEST(the_same_numbers)
{
    Arena *arena = arena_new();
    const Compilation *moved = compiled_without(arena, cases[_i].text, 0);
    expect_agreement(compiled_without(arena, cases[_i].text, WITHOUT_COMMUTE), moved);
    ck_assert_int_eq(run_once(moved->net), cases[_i].moved);
    arena_free(arena);
}
END_TEST

static bool has_stream(const Program *program, const char *name)
{
    for (int s = 0; s < program->streams.count; s++)
        if (strcmp(program->streams.at[s].name, name) == 0)
            return true;
    return false;
}

static int64_t operations(const Program *program)
{
    int64_t sum = 0;
    for (int s = 0; s < program->streams.count; s++)
        sum += program->streams.at[s].operations;
    return sum;
}

/* What is no longer computed is not reported, and what is computed once is counted once. */
START_TEST(the_report_follows)
{
    Arena *arena = arena_new();
    const char *text = cases[0].text;
    const Program *before = compiled_without(arena, text, WITHOUT_COMMUTE | WITHOUT_FUSE)->program;
    const Program *after = compiled_without(arena, text, WITHOUT_FUSE)->program;
    ck_assert(has_stream(before, "o") && has_stream(before, "o_dense"));
    ck_assert(!has_stream(after, "o") && !has_stream(after, "o_dense"));
    ck_assert(has_stream(after, "o_mean") && has_stream(after, "h_li_mean"));
    ck_assert_int_eq(operations(before), 7 * (6 * 5 + 5 * 3));
    ck_assert_int_eq(operations(after), 7 * 6 * 5 + 5 * 3);
    arena_free(arena);
}
END_TEST

/* A stream that somebody wants to see is still made. */
START_TEST(a_kept_stream_stays)
{
    static const char *const names[] = {"o", "o_dense"};
    Arena *arena = arena_new();
    GoldenText model = {"kept", cases[0].text};
    Compilation *c = golden_compilation(arena, &model);
    c->keep = &names[_i];
    c->keep_count = 1;
    ck_assert(has_stream(golden_program(c, model.name), names[_i]));
    arena_free(arena);
}
END_TEST

/* A parameter for every output would not fit the inputs, even where nobody reads it. */
START_TEST(parameters_stay_with_their_units)
{
    Arena *arena = arena_new();
    const char *text = "neuron spare() { param w per neuron = 1\n state v = 0\n v = v / 2 + input\n"
                       "output = v + 0 * w }\n"
                       "model m { data idx(shape = [6], classes = 3, temporal) time 7 steps\n"
                       "o = image -> dense(3) -> spare()\n predict argmax(mean(o)) }";
    ck_assert_int_eq(run_once(compiled_without(arena, text, 0)->net), 0);
    arena_free(arena);
}
END_TEST

START_TEST(one_step_is_left_alone)
{
    Arena *arena = arena_new();
    const char *text = "model m { data idx(shape = [6], classes = 3, temporal) time 1 steps\n"
                       "o = image -> dense(3) -> li()\n predict argmax(mean(o)) }";
    ck_assert_int_eq(run_once(compiled_without(arena, text, 0)->net), 0);
    arena_free(arena);
}
END_TEST

Suite *commute_suite(void)
{
    Suite *suite = suite_create("commute");
    TCase *tcase = tcase_create("commute");
    tcase_add_loop_test(tcase, the_same_numbers, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, the_report_follows);
    tcase_add_loop_test(tcase, a_kept_stream_stays, 0, 2);
    tcase_add_test(tcase, parameters_stay_with_their_units);
    tcase_add_test(tcase, one_step_is_left_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
