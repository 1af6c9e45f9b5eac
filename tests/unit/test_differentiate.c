/* The adjoint is the gradient: whole nets are run in double precision (net_run.h), forward and backward, and
 * compared with central finite differences of the forward run. */
#include "net_run.h"
#include "passes.h"
#include "golden.h"
#include "pipeline.h"

#include "pass/cut.h"

#include <check.h>
#include <math.h>

Suite *differentiate_suite(void);

static Arena *arena;
static Net *net;
static Run run;

/* ---- gradients ---- */

static double difference(ParamId param, int i)
{
    double step = 1e-5, value = run.param[param][i], loss[2];
    for (int k = 0; k < 2; k++) {
        run.param[param][i] = value + (k ? step : -step);
        run_nodes(&run, 0, net->backward);
        loss[k] = run.loss;
    }
    run.param[param][i] = value;
    return (loss[1] - loss[0]) / (2 * step);
}

static void compute_gradients(void)
{
    run.smooth = false;
    run_nodes(&run, 0, net->backward);
    memset(run.grad, 0, sizeof run.grad);
    run_nodes(&run, net->backward, net->updates);
}

/* Compares every gradient with a finite difference; some gradient must not vanish. With `smooth` the
 * differences are those of the net in which steps are replaced. */
static void expect_differences(bool smooth)
{
    double largest = 0;
    compute_gradients();
    run.smooth = smooth;
    for (ParamId p = 0; p < net->params.count; p++)
        for (int i = 0; i < shape_size(net->params.at[p].shape); i++) {
            double expected = difference(p, i), found = run.grad[p][i];
            largest = fmax(largest, fabs(found));
            ck_assert_msg(fabs(found - expected) <= 1e-6 * fmax(1, fabs(expected)),
                          "%s[%d]: adjoint %.12g, difference %.12g", net->params.at[p].name, i, found,
                          expected);
        }
    ck_assert_double_gt(largest, 1e-3);
}

/* ---- one operation: three dense maps of the data give its operands ---- */

static void new_net(int steps)
{
    net = NEW(arena, Net);
    *net = (Net){.arena = arena,
                 .name = "test",
                 .steps = steps,
                 .data = {.classes = 2},
                 .optimizer = node_new(NODE_UPDATE, (Span){0, 0})};
    net->training.present = true;
    net->training.rate = NONE;
    Val weight = body_leaf(arena, &net->optimizer.body, OP_INPUT, 1, "weight");
    vec_push(arena, &net->optimizer.outs, ((ScanOut){NONE, weight}));
    net->optimizer.name = "none";
    memset(&run, 0, sizeof run);
    run.net = net;
}

static StreamId stream(const char *name, bool temporal, int size)
{
    return net_stream(net, name, STREAM_REALS, temporal ? net->steps : 0, (Shape){.ndim = 1, .dims = {size}},
                      (Span){0, 0});
}

static StreamId add_data(int size)
{
    Node node = node_new(NODE_DATA, (Span){0, 0});
    node.out = stream("data", true, size);
    net_add(net, node);
    return node.out;
}

static StreamId add_dense(StreamId in, int size)
{
    Node node = node_new(NODE_MAP, (Span){0, 0});
    node.in = in;
    AxisMap *map = NEW(arena, AxisMap);
    *map = map_dense(shape_size(net->streams.at[in].shape), size);
    node.map = map;
    node.weight = net_param(
        net, "w", (Shape){.ndim = 2, .dims = {shape_size(net->streams.at[in].shape), size}}, (Span){0, 0});
    param_is_drawn(net, &net->params.at[node.weight], 1);
    node.out = stream("dense", net->streams.at[in].steps, size);
    net_add(net, node);
    return node.out;
}

static StreamId add_reduce(StreamId in, ReduceKind kind)
{
    Node node = node_new(NODE_REDUCE, (Span){0, 0});
    node.in = in;
    node.reduce = kind;
    node.out = stream("reduced", false, shape_size(net->streams.at[in].shape));
    net_add(net, node);
    return node.out;
}

static void add_loss(StreamId in)
{
    Node node = node_new(NODE_LOSS, (Span){0, 0});
    node.in = in;
    net_add(net, node);
    net->backward = net->updates = net->nodes.count;
}

static Node scan_of(const StreamId *ins, int count)
{
    Node node = node_new(NODE_SCAN, (Span){0, 0});
    node.name = "test";
    for (int i = 0; i < count; i++)
        vec_push(arena, &node.ins, ins[i]);
    return node;
}

static StreamId add_scan(Node node, const char *name, Val value)
{
    StreamId out = stream(name, true, shape_size(net->streams.at[node.ins.at[0]].shape));
    vec_push(arena, &node.outs, ((ScanOut){out, value}));
    net_add(net, node);
    return out;
}

static void derive(void)
{
    ck_assert_pstr_eq(net_verify(net), NULL);
    differentiate(net);
    ck_assert_pstr_eq(net_verify(net), NULL);
    run_fill(&run);
}

/* The operation of the leaves; conditions are made of them, and operands that must be positive are squared. */
static Val apply(Op op, Body *body, Val a, Val b, Val c)
{
    if (op == OP_LOG || op == OP_SQRT || op == OP_POW || op == OP_DIV) {
        Val tenth = body_const(arena, body, 0.1);
        a = body_op2(arena, body, OP_ADD, body_op2(arena, body, OP_MUL, a, a), tenth);
        if (op == OP_DIV)
            b = body_op2(arena, body, OP_ADD, body_op2(arena, body, OP_MUL, b, b), tenth);
    }
    if (op == OP_SELECT)
        a = body_op2(arena, body, OP_LT, a, b);
    switch (op_arity(op)) {
    case 1: return body_op1(arena, body, op, a);
    case 2: return body_op2(arena, body, op, a, b);
    default: return body_op3(arena, body, op, a, b, c);
    }
}

static void operation_net(Op op)
{
    new_net(3);
    StreamId data = add_data(3), ins[3];
    for (int i = 0; i < 3; i++)
        ins[i] = add_dense(data, 2);
    Node node = scan_of(ins, 3);
    Val leaf[3];
    for (int i = 0; i < 3; i++)
        leaf[i] = body_leaf(arena, &node.body, OP_INPUT, i, NULL);
    Val value = apply(op, &node.body, leaf[0], leaf[1], leaf[2]);
    /* A factor of its own for each result, so that a wrong sign cannot hide. */
    value = body_op2(arena, &node.body, OP_MUL, value, leaf[2]);
    add_loss(add_reduce(add_scan(node, "out", value), REDUCE_SUM));
    derive();
}

static const Op differentiable[] = {
    OP_ADD, OP_SUB,  OP_MUL,  OP_DIV,     OP_NEG,  OP_ABS, OP_MIN, OP_MAX, OP_POW,   OP_EXP,    OP_EXPM1,
    OP_LOG, OP_SQRT, OP_TANH, OP_SIGMOID, OP_ATAN, OP_ERF, OP_SIN, OP_COS, OP_FLOOR, OP_SELECT, OP_FMA};
enum { DIFFERENTIABLE_COUNT = sizeof differentiable / sizeof *differentiable };

START_TEST(operation)
{
    operation_net(differentiable[_i]);
    expect_differences(false);
}
END_TEST

/* Whatever is left out above is a truth value, or no body has it, or it is of whole numbers, which are made of networks that
   only predict, or it has a test below. */
START_TEST(every_operation_has_a_test)
{
    for (int op = 0; op < OP_COUNT; op++) {
        bool listed = false;
        for (int i = 0; i < DIFFERENTIABLE_COUNT; i++)
            listed = listed || differentiable[i] == (Op)op;
        ck_assert_msg(listed != (op_is_truth((Op)op) || op_is_word((Op)op) || op == OP_RESCALE), "%s",
                      op_name((Op)op));
    }
}
END_TEST

/* ---- step, mix, detach ---- */

/* out = step(a; sigmoid'(a), sigmoid(a)) * b */
START_TEST(a_step_has_the_derivative_of_its_surrogate)
{
    new_net(3);
    StreamId data = add_data(3), ins[2] = {add_dense(data, 2), add_dense(data, 2)};
    Node node = scan_of(ins, 2);
    Val a = body_leaf(arena, &node.body, OP_INPUT, 0, "a"),
        b = body_leaf(arena, &node.body, OP_INPUT, 1, "b");
    Val s = body_op1(arena, &node.body, OP_SIGMOID, a), one = body_const(arena, &node.body, 1);
    Val slope = body_op2(arena, &node.body, OP_MUL, s, body_op2(arena, &node.body, OP_SUB, one, s));
    Val spike = body_op3(arena, &node.body, OP_STEP, a, slope, s);
    Val out = body_op2(arena, &node.body, OP_ADD, spike, b); /* linear in the step: d out / d a = slope */
    add_loss(add_reduce(add_scan(node, "out", out), REDUCE_SUM));
    derive();
    expect_differences(true);
}
END_TEST

/* The gradients of a one-step net with one unit: loss = weight * out, and each operand is p * 1. */
static void leaf_gradients(Node node, Val out, const double *operands, int count, double *gradients)
{
    net->data.classes = 1;
    add_loss(add_reduce(add_scan(node, "out", out), REDUCE_SUM));
    derive();
    for (int t = 0; t < MAX_STEPS; t++)
        run.stream[0][t][0] = 1;
    for (int p = 0; p < count; p++)
        run.param[p][0] = operands[p];
    compute_gradients();
    for (int p = 0; p < count; p++)
        gradients[p] = run.grad[p][0] / loss_weight(0);
}

static Node three_operands(Val leaf[3])
{
    new_net(1);
    StreamId data = add_data(1), ins[3];
    for (int i = 0; i < 3; i++)
        ins[i] = add_dense(data, 1);
    Node node = scan_of(ins, 3);
    for (int i = 0; i < 3; i++)
        leaf[i] = body_leaf(arena, &node.body, OP_INPUT, i, NULL);
    return node;
}

START_TEST(mix_is_linear_in_the_spike)
{
    for (int spike = 0; spike <= 1; spike++) {
        Val leaf[3];
        Node node = three_operands(leaf);
        Val out = body_op3(arena, &node.body, OP_MIX, leaf[0], leaf[1], leaf[2]);
        double gradients[3];
        leaf_gradients(node, out, (double[]){spike, 0.7, 0.2}, 3, gradients);
        ck_assert_double_eq_tol(gradients[0], 0.5, 1e-12);
        ck_assert_double_eq_tol(gradients[1], spike, 1e-12);
        ck_assert_double_eq_tol(gradients[2], 1 - spike, 1e-12);
    }
}
END_TEST

START_TEST(detach_stops_the_gradient)
{
    Val leaf[3];
    Node node = three_operands(leaf);
    Val held = body_op1(arena, &node.body, OP_DETACH, leaf[0]);
    Val out =
        body_op2(arena, &node.body, OP_ADD, body_op2(arena, &node.body, OP_MUL, held, leaf[1]), leaf[2]);
    double gradients[3];
    leaf_gradients(node, out, (double[]){0.3, 0.7, 0.2}, 3, gradients);
    ck_assert_double_eq(gradients[0], 0);
    ck_assert_double_eq_tol(gradients[1], 0.3, 1e-12);
    ck_assert_double_eq_tol(gradients[2], 1, 1e-12);
}
END_TEST

/* ---- nodes ---- */

static const ReduceKind reductions[] = {REDUCE_MEAN, REDUCE_SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_LAST};

START_TEST(reduction)
{
    new_net(5);
    StreamId a = add_dense(add_data(3), 2);
    add_loss(add_reduce(a, reductions[_i]));
    derive();
    expect_differences(false);
}
END_TEST

/* v = v * w[n] + a * k; w is one number a unit, k one for all; v starts at 0.5. */
START_TEST(a_leaky_state_with_parameters)
{
    new_net(4);
    StreamId in = add_dense(add_data(3), 2);
    Node node = scan_of(&in, 1);
    ParamId w = net_param(net, "leak", (Shape){.ndim = 1, .dims = {2}}, (Span){0, 0}),
            k = net_param(net, "gain", (Shape){0}, (Span){0, 0});
    param_starts_at(net, &net->params.at[w], 0.6);
    param_starts_at(net, &net->params.at[k], 0.9);
    vec_push(arena, &node.params, w);
    vec_push(arena, &node.params, k);
    Body *body = &node.body;
    Val state = body_leaf(arena, body, OP_STATE, 0, "v"), a = body_leaf(arena, body, OP_INPUT, 0, "a");
    Val kept = body_op2(arena, body, OP_MUL, state, body_leaf(arena, body, OP_PARAM, 0, "leak"));
    Val added = body_op2(arena, body, OP_MUL, a, body_leaf(arena, body, OP_PARAM, 1, "gain"));
    Val next = body_op2(arena, body, OP_ADD, kept, added);
    vec_push(arena, &node.states, ((State){"v", 0.5, next}));
    add_loss(add_reduce(add_scan(node, "out", body_op1(arena, body, OP_TANH, next)), REDUCE_MEAN));
    derive();
    expect_differences(false);
}
END_TEST

/* A stream that is the same at all steps receives the sum over time. */
START_TEST(a_stream_without_time)
{
    new_net(4);
    StreamId data = add_data(3), still = add_reduce(data, REDUCE_MEAN),
             ins[2] = {add_dense(data, 2), add_dense(still, 2)};
    Node node = scan_of(ins, 2);
    Val a = body_leaf(arena, &node.body, OP_INPUT, 0, "a"),
        b = body_leaf(arena, &node.body, OP_INPUT, 1, "b");
    add_loss(add_reduce(add_scan(node, "out", body_op2(arena, &node.body, OP_MUL, a, b)), REDUCE_SUM));
    derive();
    expect_differences(false);
}
END_TEST

/* out = data + still + k: the adjoint sees nothing that changes in time, and must still count every step. */
static void still_net(void)
{
    new_net(4);
    StreamId data = add_data(3), still = add_dense(add_reduce(data, REDUCE_MEAN), 3);
    Node node = scan_of((StreamId[]){data, still}, 2);
    Body *body = &node.body;
    ParamId k = net_param(net, "k", (Shape){0}, (Span){0, 0});
    vec_push(arena, &node.params, k);
    Val a = body_leaf(arena, body, OP_INPUT, 0, "a"), b = body_leaf(arena, body, OP_INPUT, 1, "b");
    Val sum = body_op2(arena, body, OP_ADD, body_op2(arena, body, OP_ADD, a, b),
                       body_leaf(arena, body, OP_PARAM, 0, "k"));
    net->data.classes = 3;
    add_loss(add_reduce(add_scan(node, "out", sum), REDUCE_SUM));
    derive();
}

START_TEST(a_gradient_that_is_the_same_at_all_steps)
{
    still_net();
    expect_differences(false);
    simplify_net(net);
    ck_assert_pstr_eq(net_verify(net), NULL);
    expect_differences(false);
}
END_TEST

/* ---- models in the language, steps made smooth ---- */

static void compiled(const char *text, const char *last, Held held, bool smooth)
{
    Compilation *c = golden_compilation(arena, &(GoldenText){"model", text});
    c->smooth = smooth;
    c->held = held;
    ck_assert(compile(c, last));
    net = c->net;
    memset(&run, 0, sizeof run);
    run.net = net;
    run_fill(&run);
}

#define MODEL(layers, score)                                                                 \
    "model m { data idx(shape = [3], classes = 2, temporal)\n time 5 steps of 1 ms\n" layers \
    "\n predict argmax(" score ")\n train { loss mse(" score ", label) } }"

static const char *const models[] = {
    MODEL("o = image -> dense(2) -> lif()", "rate(o)"),
    MODEL("o = image -> dense(2) -> lif(tau = 3, soft_reset = true, surrogate = sigmoid(3))", "sum(o)"),
    MODEL("o = image -> dense(2) -> if(reset = 0.1, surrogate = erf(2))", "sum(o)"),
    MODEL("o = image -> dense(2) -> plif(tau0 = 3)", "rate(o)"),
    MODEL("o = image -> dense(2) -> cuba_lif()", "sum(o)"),
    MODEL("o = image -> dense(2) -> alif(tau = 3)", "sum(o)"),
    MODEL("h = image -> dense(4, bias = true) -> lif()\n o = h -> dense(2) -> li(tau = 3)", "max(o)"),
    MODEL("h = image -> dense(4) -> lif()\n k = 0.5 * h + tanh(h) * h\n o = (k -> dense(2)) + (h -> "
          "dense(2)) -> li()",
          "sum(o)"),
    MODEL("h = (image -> dense(3)) + (h[-1] -> dense(3)) -> lif()\n o = h -> dense(2) -> li()", "sum(o)"),
    MODEL("h = (image -> dense(3)) + (h[-2] -> dense(3)) -> plif()\n o = (h -> dense(2)) + (o[-1] -> "
          "dense(2)) -> alif()",
          "rate(o)"),
    MODEL("h = image[-2] -> dense(3) -> lif()\n o = h[-1] -> dense(2) -> lif()", "sum(o)"),
};
enum { MODEL_COUNT = sizeof models / sizeof *models };

START_TEST(model)
{
    compiled(models[_i], "differentiate", HELD_RECORD, true);
    expect_differences(false);
}
END_TEST

/* Simplification after differentiation changes no gradient. */
START_TEST(pruned_model)
{
    compiled(models[_i], "prune", HELD_RECORD, true);
    expect_differences(false);
}
END_TEST

/* With detach: the adjoint of the run that records equals the differences of the run that replays. */
START_TEST(detached_reset)
{
    const char *text =
        MODEL("o = image -> dense(2) -> lif(tau = 3, soft_reset = true, detach_reset = true)", "sum(o)");
    compiled(text, "prune", HELD_RECORD, true);
    compute_gradients();
    static Run recorded;
    recorded = run;
    compiled(text, "prune", HELD_REPLAY, true);
    int held = 0;
    for (StreamId s = 0; s < net->streams.count; s++)
        for (StreamId from = 0; from < recorded.net->streams.count; from++)
            if (strncmp(net->streams.at[s].name, "held_", 5) == 0
                && strcmp(net->streams.at[s].name, recorded.net->streams.at[from].name) == 0) {
                memcpy(run.stream[s], recorded.stream[from], sizeof run.stream[s]);
                held++;
            } else if (strcmp(net->streams.at[s].name, "image") == 0
                       && strcmp(recorded.net->streams.at[from].name, "image") == 0) {
                memcpy(run.stream[s], recorded.stream[from], sizeof run.stream[s]);
            }
    ck_assert_int_eq(held, 1);
    for (int i = 0; i < 6; i++) {
        double expected = difference(0, i);
        ck_assert_double_eq_tol(recorded.grad[0][i], expected, 1e-6);
    }
}
END_TEST

/* ---- what a scan keeps for its adjoint ---- */

/* The names of what the first scan of the model saves for its adjoint, beside its own result. */
static const char *saved_by(const char *text_of_model)
{
    compiled(text_of_model, "prune", HELD_RECORD, false);
    const char *text = "";
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        for (int k = 1; k < node->outs.count && node->kind == NODE_SCAN; k++) {
            const Instr *instr = &node->body.code.at[node->outs.at[k].value];
            text = arena_printf(arena, "%s %s%s", text, instr->op == OP_STATE ? "state " : "", instr->name);
        }
    }
    return text;
}

START_TEST(a_lif_keeps_its_charge)
{
    ck_assert_str_eq(saved_by(MODEL("o = image -> dense(2) -> lif()", "rate(o)")), " v");
}
END_TEST

/* The derivative in w needs v before and after the charge; the latter follows from the former. */
START_TEST(a_plif_keeps_its_state)
{
    ck_assert_str_eq(saved_by(MODEL("o = image -> dense(2) -> plif()", "rate(o)")), " state v");
}
END_TEST

START_TEST(a_leaky_integrator_keeps_nothing)
{
    ck_assert_str_eq(saved_by(MODEL("o = image -> dense(2) -> li()", "sum(o)")), "");
}
END_TEST

/* c = exp(a * b), d = c + a. To have c and d: c and the input a, not a, b and everything again. */
START_TEST(cheapest_set)
{
    new_net(1);
    StreamId ins[2] = {stream("a", true, 1), stream("b", true, 1)};
    Node node = scan_of(ins, 2);
    Body *body = &node.body;
    Val a = body_leaf(arena, body, OP_INPUT, 0, "a"), b = body_leaf(arena, body, OP_INPUT, 1, "b");
    Val product = body_op2(arena, body, OP_MUL, a, b), c = body_op1(arena, body, OP_EXP, product);
    Val d = body_op2(arena, body, OP_ADD, c, a);
    vec_push(arena, &node.outs, ((ScanOut){stream("c", true, 1), c}));
    bool needed[8] = {false}, saved[8] = {false};
    needed[c] = needed[d] = true;
    cheapest_saves(net, &node, needed, saved);
    ck_assert(saved[c] && saved[a]);
    ck_assert(!saved[b] && !saved[product] && !saved[d]);
}
END_TEST

/* A truth value is never saved: its operands are. */
START_TEST(truth_values_are_recomputed)
{
    new_net(1);
    StreamId in = stream("a", true, 1);
    Node node = scan_of(&in, 1);
    Body *body = &node.body;
    Val a = body_leaf(arena, body, OP_INPUT, 0, "a"), e = body_op1(arena, body, OP_EXP, a);
    Val truth = body_op2(arena, body, OP_LT, e, body_const(arena, body, 2));
    vec_push(arena, &node.outs, ((ScanOut){stream("e", true, 1), e}));
    bool needed[8] = {false}, saved[8] = {false};
    needed[truth] = true;
    cheapest_saves(net, &node, needed, saved);
    ck_assert(saved[e] && !saved[truth] && !saved[a]);
}
END_TEST

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static TCase *gradient_case(void)
{
    TCase *tcase = tcase_create("gradients");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, operation, 0, DIFFERENTIABLE_COUNT);
    tcase_add_test(tcase, every_operation_has_a_test);
    tcase_add_test(tcase, a_step_has_the_derivative_of_its_surrogate);
    tcase_add_test(tcase, mix_is_linear_in_the_spike);
    tcase_add_test(tcase, detach_stops_the_gradient);
    tcase_add_loop_test(tcase, reduction, 0, sizeof reductions / sizeof *reductions);
    tcase_add_test(tcase, a_leaky_state_with_parameters);
    tcase_add_test(tcase, a_stream_without_time);
    tcase_add_test(tcase, a_gradient_that_is_the_same_at_all_steps);
    tcase_add_loop_test(tcase, model, 0, MODEL_COUNT);
    tcase_add_loop_test(tcase, pruned_model, 0, MODEL_COUNT);
    tcase_add_test(tcase, detached_reset);
    return tcase;
}

Suite *differentiate_suite(void)
{
    Suite *suite = suite_create("differentiate");
    suite_add_tcase(suite, gradient_case());
    TCase *tcase = tcase_create("saves");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_lif_keeps_its_charge);
    tcase_add_test(tcase, a_plif_keeps_its_state);
    tcase_add_test(tcase, a_leaky_integrator_keeps_nothing);
    tcase_add_test(tcase, cheapest_set);
    tcase_add_test(tcase, truth_values_are_recomputed);
    suite_add_tcase(suite, tcase);
    return suite;
}
