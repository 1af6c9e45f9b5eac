/* AST -> Net: what is built. The messages about wrong models are tested by tests/errors.sh. */
#include "agree.h"
#include "built.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *build_suite(void);

START_TEST(feed_forward)
{
    Built *built =
        build_text("model m {\n data idx\n time 25 steps of 2 ms\n"
                   " input = poisson(image)\n"
                   " hidden = input -> dense(800) -> lif(tau = 4 ms)\n"
                   " digit = hidden -> dense(10, bias) -> lif()\n"
                   " predict argmax(rate(digit))\n"
                   " train { loss cross_entropy(rate(digit), label) optimizer adam(step(0.01, every = 3))"
                   " batch 64 epochs 7 seed 5 clip_norm 2 } }");
    const Net *net = built->net;
    ck_assert_int_eq(net->steps, 25);
    ck_assert(net->dt == 2);
    ck_assert_str_eq(net->name, "m");
    ck_assert_int_eq(find_param(net, "w_hidden")->shape.dims[0], 784);
    ck_assert_int_eq(find_param(net, "w_hidden")->shape.dims[1], 800);
    ck_assert(find_param(net, "w_hidden")->matrix);
    const Body *body = &find_param(net, "b_digit")->init->body;
    ck_assert_int_eq(body->code.count, 3);
    ck_assert_int_eq(body->code.at[2].op, OP_UNIFORM);
    ck_assert(body->code.at[0].number == -1 / sqrt(800) && body->code.at[1].number == 1 / sqrt(800));
    ck_assert_int_eq(find_stream(net, "hidden")->kind, STREAM_SPIKES);
    ck_assert_int_eq(find_stream(net, "hidden_dense")->kind, STREAM_REALS);
    ck_assert_int_eq(count_nodes(net, NODE_REDUCE), 1); /* shared by predict and loss */
    ck_assert_int_eq(count_nodes(net, NODE_ACTIVITY), 2);
    ck_assert(net->training.lr == 0.01 && net->training.rate == 0);
    ck_assert_str_eq(net->scalars.at[0].name, "rate");
    ck_assert_int_eq(net->training.batch, 64);
    ck_assert_int_eq(net->training.epochs, 7);
    ck_assert(net->training.seed == 5 && net->training.clip_norm == 2);
    built_free(built);
}
END_TEST

START_TEST(recurrent)
{
    Built *built = build_text("model m {\n data idx(shape = [7], classes = 3, temporal)\n time 9 steps\n"
                              " h = (image -> dense(6)) + (h[-1] -> dense(6)) + (o[-2] -> dense(6)) -> lif\n"
                              " o = h -> dense(3) -> li()\n d = h[-1] + 0 * h\n"
                              " predict argmax(max(o)) }");
    const Net *net = built->net;
    ck_assert_int_eq(count_nodes(net, NODE_DELAY), 2); /* h[-1] is one node */
    const Node *one = find_node(net, "h_delay"), *two = find_node(net, "h_delay_2");
    ck_assert_str_eq(net->streams.at[one->in].name, "h");
    ck_assert_int_eq(one->steps, 1);
    ck_assert_int_eq(net->streams.at[one->out].kind, STREAM_SPIKES);
    ck_assert_str_eq(net->streams.at[two->in].name, "o");
    ck_assert_int_eq(two->steps, 2);
    ck_assert_int_eq(net->streams.at[two->out].kind, STREAM_REALS);
    ck_assert_int_eq(net->streams.at[two->out].shape.dims[0], 3);
    ck_assert_int_eq(find_param(net, "w_h_3")->shape.dims[0], 3);
    ck_assert_int_eq(net->nodes.at[net->nodes.count - 1].kind, NODE_ACTIVITY);
    built_free(built);
}
END_TEST

/* The stream and its past are spikes, so `rate` counts them and `where` chooses by them. */
START_TEST(data_of_spikes)
{
    Built *built =
        build_text("model m {\n data idx(shape = [7], classes = 7, temporal, spikes)\n time 9 steps\n"
                   " a = where(image[-1], 2, image)\n b = a -> if()\n"
                   " predict argmax(rate(image) + rate(b)) }");
    const Net *net = built->net;
    ck_assert(net->data.spikes && net->data.temporal);
    ck_assert_int_eq(find_stream(net, "image")->kind, STREAM_SPIKES);
    ck_assert(find_stream(net, "image")->steps);
    ck_assert_int_eq(find_stream(net, "a_delay")->kind, STREAM_SPIKES);
    const Node *a = find_node(net, "a");
    ck_assert_int_eq(a->body.code.at[a->outs.at[0].value].op, OP_MIX);
    built_free(built);
    built =
        build_text("model m {\n data idx(shape = [7], classes = 7, temporal, spikes = false)\n time 9 steps\n"
                   " predict argmax(mean(image)) }");
    ck_assert(!built->net->data.spikes);
    ck_assert_int_eq(find_stream(built->net, "image")->kind, STREAM_REALS);
    built_free(built);
}
END_TEST

START_TEST(blocks)
{
    Built *built = build_text("let n = 4\nblock layer(x, size, unit) = x -> dense(size) -> unit\n"
                              "model m {\n data idx(classes = 4)\n time 5 steps\n"
                              " block twice(x) = layer(layer(x, 2 * n, lif), n, unit = if(detach_reset))\n"
                              " a = image -> twice()\n predict argmax(rate(a)) }");
    const Net *net = built->net;
    ck_assert_int_eq(find_param(net, "w_a")->shape.dims[1], 8);
    ck_assert_int_eq(find_param(net, "w_a_2")->shape.dims[1], 4);
    ck_assert_str_eq(find_node(net, "a_lif")->name, "lif");
    ck_assert_str_eq(find_node(net, "a")->name, "if");
    ck_assert(!find_stream(net, "a_dense")->steps);
    ck_assert(find_stream(net, "a")->steps);
    built_free(built);
}
END_TEST

/* A block sends out one of its equations as it is: the stream is called as what the block makes, others as they are there. */
START_TEST(block_results)
{
    Built *built = build_text("block held(x) {\n inner = x -> dense(4) -> li\n spikes = inner -> if\n"
                              " output = spikes\n }\n"
                              "model m {\n data idx(classes = 4)\n time 5 steps\n"
                              " a = image -> held\n b = a -> held -> dense(4)\n predict argmax(mean(b)) }");
    const Net *net = built->net;
    ck_assert_str_eq(find_node(net, "a")->name, "if");
    ck_assert_str_eq(find_node(net, "a_inner")->name, "li");
    ck_assert_str_eq(find_node(net, "b_spikes")->name, "if");
    built_free(built);
}
END_TEST

static char *printed_net(const char *definition)
{
    Arena *arena = arena_new();
    Built *built = build_text(
        arena_printf(arena,
                     "block of(x, f) = x -> f\nblock layer(x, n, unit = lif) = x -> dense(n) -> unit\n"
                     "model m {\n data idx(classes = 4)\n time 5 steps\n let k = 0.5\n"
                     " h = image -> poisson -> dense(4) -> lif\n w = h -> dense(4) -> li\n a = %s\n"
                     " predict argmax(a) }",
                     definition));
    Out *out = out_new(built->arena);
    net_print(out, built->net, 0, built->net->nodes.count);
    char *text = strdup(out_text(out));
    built_free(built);
    arena_free(arena);
    return text;
}

/* The left side of `->` is the first argument of a function, and both spellings build the same. */
START_TEST(both_spellings)
{
    static const char *const pairs[][2] = {
        {"mean(w)", "w -> mean"},
        {"rate(h)", "h -> rate()"},
        {"sum(w)", "w -> of(sum)"},
        {"last(w)", "w -> of(last())"},
        {"max(max(w, 0.5))", "w -> max(k) -> max"},
        {"rate(poisson(mean(w)))", "w -> mean -> poisson -> rate"},
        {"mean(exp(tanh(2 * w)))", "2 * w -> tanh -> exp() -> mean"},
        {"mean(exp(tanh(w)) + 1)", "(w -> tanh -> exp) + 1 -> mean"},
        {"rate(step(w - 1, atan(2)))", "w - 1 -> step(atan(2)) -> rate"},
        {"mean(where(h, detach(w), 0))", "h -> where(w -> detach, 0) -> mean"},
        {"mean(min(w[-1], w))", "w[-1] -> min(w) -> mean"},
        {"sigmoid(sum(latency(mean(h))))", "h -> mean -> latency -> sum -> sigmoid"},
        {"rate(layer(h, 4))", "h -> layer(4) -> rate"},
        {"rate(h -> layer(4) -> layer(4) -> layer(4))", "h -> repeat(3, layer(4)) -> rate"},
        {"mean(tanh(w))", "w -> repeat(0.5 * 2, tanh) -> mean"},
        {"rate(h -> dense(4) -> lif -> dense(4) -> lif)", "h -> repeat(2, dense(4) -> lif) -> rate"},
        {"mean(h[-1] -> dense(4) -> tanh -> li)", "h[-1] -> of(dense(4) -> tanh) -> of(of(li)) -> mean"},
        {"rate(h -> of(lif) -> of(lif))", "h -> of(repeat(2, lif)) -> rate"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *call = printed_net(pairs[i][0]), *chain = printed_net(pairs[i][1]);
        ck_assert_str_eq(call, chain);
        free(call);
        free(chain);
    }
}
END_TEST

/* A definition of the same name is meant before a function, and a stage given to a block before both. */
START_TEST(functions_as_stages)
{
    Built *built = build_text("block tanh(x) = x -> dense(4) -> lif\nblock of(x, exp) = x -> exp\n"
                              "model m {\n data idx(classes = 4)\n time 5 steps\n"
                              " a = image -> tanh\n b = a -> of(lif)\n"
                              " predict (b -> rate) + (a -> rate) -> argmax\n"
                              " train { loss a -> mean -> cross_entropy(label) } }");
    const Net *net = built->net;
    ck_assert_str_eq(find_node(net, "a")->name, "lif");
    ck_assert_str_eq(find_node(net, "b")->name, "lif");
    ck_assert_int_eq(count_nodes(net, NODE_PREDICT), 1);
    ck_assert_int_eq(count_nodes(net, NODE_LOSS), 1);
    built_free(built);
}
END_TEST

START_TEST(parameters)
{
    Built *built = build_text("neuron mine(k = 3) {\n param g per neuron = k / 2\n param q = 1\n"
                              " state v = -1\n v = v + g * input * q\n spike = step(v, erf)\n }\n"
                              "model m {\n data idx(classes = 6)\n time 5 steps\n"
                              " a = image -> dense([2, 3], init = 0.25) -> mine(5) -> plif(tau0 = 3)\n"
                              " predict argmax(rate(a)) }");
    const Net *net = built->net;
    const Param *each = find_param(net, "mine_g_a");
    ck_assert_int_eq(each->shape.ndim, 2);
    ck_assert(first_value(each) == 2.5);
    ck_assert_int_eq(find_param(net, "mine_q_a")->shape.ndim, 0);
    ck_assert(first_value(find_param(net, "plif_w_a")) == -log(2));
    ck_assert(first_value(find_param(net, "w_a")) == 0.25);
    ck_assert(find_node(net, "a_mine")->states.at[0].initial == -1);
    built_free(built);
}
END_TEST

/* A plain number takes the unit that the constant was written in. */
START_TEST(override_units)
{
    static const char text[] =
        "let rest = -0.065 V\nlet tau = 2 * 10 ms\nlet rate = 50 Hz\nmodel m {\n data idx(classes = 7)\n "
        "time 9 steps of 1 ms\n"
        " a = image * (rest / 1 mV + 100 * tau / 1 ms + 10000 * rate / 1 kHz)\n b = a -> dense(7) -> lif()\n"
        " predict argmax(rate(b)) }";
    static const char *const defines[] = {"rest=-0.07", "tau=3", "rate=20"};
    for (int count = 0; count <= 3; count += 3) {
        Built *built = build_with(text, defines, count);
        ck_assert_int_eq(built->diag.errors, 0);
        const Node *map = find_node(built->net, "a");
        double factor;
        ck_assert(body_is_const(&map->body, map->body.code.at[map->outs.at[0].value].b, &factor));
        ck_assert_double_eq_tol(factor, count ? -70 + 300 + 200 : -65 + 2000 + 500, 1e-9);
        built_free(built);
    }
}
END_TEST

START_TEST(overrides)
{
    static const char text[] =
        "let n = 5\nmodel m {\n data idx(classes = n)\n let tau = 10 ms\n let flag = false\n"
        " time n steps of 1 ms\n let twice = 2 * tau\n"
        " a = image -> dense(n) -> lif(tau = twice, soft_reset = flag)\n"
        " predict argmax(rate(a)) }";
    static const char *const defines[] = {"n = 3 + 4", "tau=3", "flag=true", "tau = 300 us * 10"};
    Built *built = build_with(text, defines, 4);
    ck_assert_int_eq(built->diag.errors, 0);
    ck_assert_int_eq(built->net->steps, 7);
    ck_assert_int_eq(find_stream(built->net, "a")->shape.dims[0], 7);
    const Node *node = find_node(built->net, "a");
    Run run = run_start(node);
    run.inputs[0] = 12; /* v = 12 / 6 = 2: a spike, minus the threshold */
    ck_assert(run_step(&run, node) == 1);
    ck_assert_double_eq_tol(run.states[0], 1, 1e-12);
    built_free(built);
}
END_TEST

/* Firing rates are told of neurons, and of formulas that make spikes: not of choices among spikes, of what has no time or is
 * the same for all samples, or of losses. */
START_TEST(rates_of_formulas)
{
    Built *built =
        build_text("model m {\n data idx(shape = [7], classes = 3, temporal)\n time 9 steps\n"
                   " a = image -> dense(6) -> psn\n"
                   " b = step((a -> dense(6, synapse = binary)) - 0.5, atan(2))\n"
                   " c = max(a, b) * a[-1] -> dense(3) -> li\n"
                   " d = step(mean(c) - 1, atan(2))\n"
                   " predict argmax(mean(c) + d)\n"
                   " train { loss mse(mean(c), label) + mean(step(c - 3, atan(2)), over = all) } }");
    const Net *net = built->net;
    ck_assert_int_eq(built->diag.errors, 0);
    const char *told = "";
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_ACTIVITY)
            told = arena_printf(net->arena, "%s %s", told, net->streams.at[net->nodes.at[n].in].name);
    ck_assert_str_eq(told, " a b");
    built_free(built);
}
END_TEST

Suite *build_suite(void)
{
    Suite *suite = suite_create("build");
    TCase *net = tcase_create("net");
    tcase_add_test(net, feed_forward);
    tcase_add_test(net, recurrent);
    tcase_add_test(net, data_of_spikes);
    tcase_add_test(net, blocks);
    tcase_add_test(net, block_results);
    tcase_add_test(net, both_spellings);
    tcase_add_test(net, functions_as_stages);
    tcase_add_test(net, parameters);
    tcase_add_test(net, rates_of_formulas);
    tcase_add_test(net, overrides);
    tcase_add_test(net, override_units);
    suite_add_tcase(suite, net);
    return suite;
}
