/* Functions in whole numbers, and what equations may come to. */
#include "built.h"
#include "pass/quantize.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

Suite *range_suite(void);

typedef struct Case {
    Op op;
    bool second;
    double other, low, high;
    int part; /* of the greatest magnitude that it may err by: 2048, or 1024 where 48 pieces do not suffice for that */
} Case;

static const Case cases[] = {
    {OP_EXP, false, 0, -30, 0, 2048},     {OP_EXP, false, 0, -3, 4, 2048},
    {OP_LOG, false, 0, 0.05, 20, 2048},   {OP_TANH, false, 0, -8, 8, 2048},
    {OP_SIGMOID, false, 0, -12, 9, 2048}, {OP_SQRT, false, 0, 0, 50, 2048},
    {OP_ERF, false, 0, -4, 4, 2048},      {OP_ATAN, false, 0, -20, 20, 2048},
    {OP_SIN, false, 0, -3, 3, 2048},      {OP_DIV, true, 1, 0.5, 9, 2048},
    {OP_POW, false, 3, -2, 2, 1024},      {OP_POW, true, 2, -4, 3, 2048},
};

static double real(const Case *test, double x)
{
    return test->second ? op_eval(test->op, test->other, x, 0) : op_eval(test->op, x, test->other, 0);
}

/* The value at a place, of a body whose only input it is. */
static double value_at(const Body *body, Val value, double place)
{
    const Instr *instr = &body->code.at[value];
    double operands[3] = {0};
    if (instr->op == OP_CONST)
        return instr->number;
    if (instr->op == OP_INPUT)
        return place;
    for (int k = 0; k < op_value_arity(instr->op); k++)
        operands[k] = value_at(body, instr_operand(instr, k), place);
    return op_eval(instr->op, operands[0], operands[1], operands[2]);
}

/* As near as quantize.h says, and behind the ends what it is there. */
START_TEST(functions_are_near)
{
    const Case *test = &cases[_i];
    Arena *arena = arena_new();
    Body body = {0};
    Val x = body_leaf(arena, &body, OP_INPUT, 0, "x");
    WholeFunction function = {.op = test->op, .second = test->second, .other = test->other, .fraction = 14};
    Val value = quantize_function(arena, &body, x, function, (Range){test->low, test->high});
    double most = 0, scale = 16384, low = ceil(test->low * scale), high = floor(test->high * scale);
    ck_assert_int_ne(value, NO_VAL);
    for (int k = 0; k <= 1000; k++)
        most = fmax(most, fabs(real(test, (low + (high - low) * k / 1000) / scale)));
    for (int k = 0; k <= 1000; k++) {
        double place = floor(low + (high - low) * k / 1000);
        ck_assert_double_eq_tol(value_at(&body, value, place) / scale, real(test, place / scale),
                                most / test->part + 25 / scale);
    }
    ck_assert(value_at(&body, value, low - 900) == value_at(&body, value, low));
    ck_assert(value_at(&body, value, high + 900) == value_at(&body, value, high));
    arena_free(arena);
}
END_TEST

START_TEST(infinite_functions_are_refused)
{
    Arena *arena = arena_new();
    Body body = {0};
    Val x = body_leaf(arena, &body, OP_INPUT, 0, "x");
    WholeFunction inverse = {.op = OP_DIV, .second = true, .other = 1, .fraction = 14};
    WholeFunction wave = {.op = OP_SIN, .fraction = 10};
    ck_assert_int_eq(quantize_function(arena, &body, x, inverse, (Range){0, 1}), NO_VAL);
    ck_assert_int_eq(quantize_function(arena, &body, x, wave, (Range){-1000, 1000}), NO_VAL);
    arena_free(arena);
}
END_TEST

/* Halves go upwards, of negative numbers too; of 62 bits. */
START_TEST(rescaling_rounds)
{
    ck_assert_int_eq(rescaled(3, 1, 1), 2);
    ck_assert_int_eq(rescaled(-3, 1, 1), -1);
    ck_assert_int_eq(rescaled(-5, 1, 2), -1);
    ck_assert_int_eq(rescaled(-6, 1, 2), -1);
    ck_assert_int_eq(rescaled(-7, 1, 2), -2);
    ck_assert_int_eq(rescaled(7, 3, 0), 21);
    ck_assert_int_eq(rescaled(-(1 << 30), 1 << 30, 60), -1);
    ck_assert_int_eq(rescaled(1 << 30, 1 << 30, 61), 1);
}
END_TEST

/* A membrane of so many steps; x - max(x) is not above 0, and one unit of it is 0. */
START_TEST(states_and_peaks_are_known)
{
    Built *built = build_text("model m {\n data idx(shape = [6], classes = 3, temporal)\n time 3 steps\n"
                              " v = image -> dense(3) -> li(2, decay_input = false)\n"
                              " s = sum(exp(v - max(v, over = c)), over = c)\n"
                              " predict argmax(mean(v) + mean(s))\n}\n");
    const Net *net = built->net;
    int membranes = 0, peaks = 0;
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        Range inputs[4] = {{-4, 8}, {-4, 8}, {-4, 8}, {-4, 8}};
        if (node->kind != NODE_SCAN)
            continue;
        const Range *ranges = scan_ranges(net, node, inputs, NULL, 3);
        for (int k = 0; k < node->outs.count; k++) {
            StreamId greatest;
            Range range = ranges[node->outs.at[k].value];
            if (scan_peak(net, node, node->outs.at[k].value, &greatest) == 1) {
                peaks++;
                ck_assert(range.high == 1 && range.low == exp(-12));
            }
        }
        if (node->states.count > 0) {
            Range range = ranges[node->states.at[0].next];
            membranes++; /* 8 * (1 + 1/2 + 1/4) */
            ck_assert(range.low == -7 && range.high == 14);
        }
    }
    ck_assert_int_eq(membranes, 1);
    ck_assert_int_ge(peaks, 1);
    built_free(built);
}
END_TEST

/* The first scan of a model with states. */
static const Node *neurons_of(const Net *net)
{
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_SCAN && net->nodes.at[n].states.count > 0)
            return &net->nodes.at[n];
    ck_abort_msg("no neurons");
    return NULL;
}

typedef struct Bound {
    const char *neuron; /* its equation */
    double low, high;   /* of its state in 60 steps, of inputs from -4 to 8 */
} Bound;

static const Bound bounds[] = {
    {"v + (input - v) / 2", -4, 8},                      /* not (1 + 1/2)^60 */
    {"v - 0.25 * (v - 1) + input / 4", -3, 9},           /* a rest of 1 */
    {"v - v / 2 + 0.5 * input - (input - 4) / 2", 2, 4}, /* input leaves it; 2 is the first */
    {"0.5 * v + (input * input) / 64", 0, 2},
    {"0.5 * v + 0.125 * input ^ 2 / 8", 0, 2},
};

/* What is added and taken away of the same number is so much less of it. */
START_TEST(membranes_stay_between_their_inputs)
{
    const char *text = "neuron own() {\n state v = 0\n v = %s\n output = v\n}\n"
                       "model m {\n data idx(shape = [6], classes = 3, temporal)\n time 60 steps\n"
                       " predict argmax(mean(image -> dense(3) -> own))\n}\n";
    const Bound *bound = &bounds[_i];
    char model[400];
    snprintf(model, sizeof model, text, bound->neuron);
    Built *built = build_text(model);
    const Node *neurons = neurons_of(built->net);
    Range inputs[] = {{-4, 8}, {-4, 8}};
    Range range = scan_ranges(built->net, neurons, inputs, NULL, 60)[neurons->states.at[0].next];
    ck_assert_double_eq_tol(range.low, bound->low, 1e-6);
    ck_assert_double_eq_tol(range.high, bound->high, 1e-6);
    built_free(built);
}
END_TEST

Suite *range_suite(void)
{
    Suite *suite = suite_create("range");
    TCase *tests = tcase_create("range");
    tcase_add_loop_test(tests, functions_are_near, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tests, infinite_functions_are_refused);
    tcase_add_test(tests, rescaling_rounds);
    tcase_add_test(tests, states_and_peaks_are_known);
    tcase_add_loop_test(tests, membranes_stay_between_their_inputs, 0,
                        (int)(sizeof bounds / sizeof bounds[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
