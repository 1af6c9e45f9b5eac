/* The model as text: the same for the same model, compact, and without what results do not depend on. */
#include "net.h"
#include "golden.h"
#include "pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *describe_suite(void);

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static Net *build(const char *layers, const char *training)
{
    const char *text =
        arena_printf(arena,
                     "model m {\n data idx(shape = [4], classes = 3)\n time 5 steps of 1 ms\n%s\n"
                     " predict argmax(rate(out))\n"
                     " train { loss mse(rate(out), label) %s }\n}\n",
                     layers, training);
    Compilation *c = golden_compilation(arena, &(GoldenText){"model", text});
    ck_assert(compile(c, "fuse"));
    return c->net;
}

static const char *joined(const Lines *lines)
{
    const char *text = "";
    for (int i = 0; i < lines->count; i++)
        text = arena_printf(arena, "%s%s\n", text, lines->at[i]);
    return text;
}

static void expect(const Net *a, const Net *b, bool same_network, bool same_training)
{
    const char *one = joined(&a->network_text), *other = joined(&b->network_text);
    ck_assert_msg((strcmp(one, other) == 0) == same_network, "%s----\n%s", one, other);
    one = joined(&a->training_text);
    other = joined(&b->training_text);
    ck_assert_msg((strcmp(one, other) == 0) == same_training, "%s----\n%s", one, other);
}

#define PLAIN " out = image -> dense(3) -> lif(tau = 2)"

START_TEST(lines_of_a_model)
{
    const Net *net = build(PLAIN, "");
    ck_assert_str_eq(joined(&net->network_text), "5 time steps, 3 classes\n"
                                                 "param w_out: [4, 3]\n"
                                                 "image: reals [4] = data\n"
                                                 "out_dense: reals [3] = dense(image, w_out)\n"
                                                 "out: spikes [3] in time = lif(out_dense)\n"
                                                 "out: state v = 0\n"
                                                 "out: v = v[-1] + (input - v[-1]) * 0.5\n"
                                                 "out: spike = step(v - 1)\n"
                                                 "out: v_2 = mix(spike, 0, v)\n"
                                                 "out: out = spike\n"
                                                 "out: next v = v_2\n"
                                                 "out_rate: reals [3] = mean over time of out\n"
                                                 "predicted = argmax(out_rate)\n");
}
END_TEST

/* How it is written, and where, is nothing that a checkpoint remembers. */
START_TEST(places_and_spelling)
{
    expect(build(PLAIN, ""),
           build("\n\n # words\n let two = 1 + 1\n out = image -> dense(3)\n -> lif(tau = two)", ""), true,
           true);
    expect(build(PLAIN, ""), build(PLAIN, "batch 7 epochs 3 seed 4"), true, true);
}
END_TEST

START_TEST(what_results_depend_on)
{
    expect(build(PLAIN, ""), build(" out = image -> dense(3) -> lif(tau = 30)", ""), false, true);
    expect(build(PLAIN, ""), build(" out = poisson(image) -> dense(3) -> lif(tau = 2)", ""), false, true);
}
END_TEST

START_TEST(what_training_depends_on)
{
    expect(build(PLAIN, ""), build(" out = image -> dense(3) -> lif(tau = 2, surrogate = triangle(2))", ""),
           true, false);
    expect(build(PLAIN, ""), build(PLAIN, "optimizer sgd(lr = 0.1)"), true, false);
    expect(build(PLAIN, ""), build(PLAIN, "clip_norm 1"), true, false);
    expect(build(PLAIN, "optimizer adam(lr = 0.1)"), build(PLAIN, "optimizer adam(lr = cosine(0.1))"), true,
           false);
}
END_TEST

static Net *build_layers(int count)
{
    const char *layers = " h0 = image -> dense(4) -> lif()\n";
    for (int i = 1; i < count; i++)
        layers = arena_printf(arena, "%s h%d = h%d -> dense(4) -> lif()\n", layers, i, i - 1);
    return build(arena_printf(arena, "%s out = h%d -> dense(3) -> lif()", layers, count - 1), "");
}

/* A layer like another one is three lines, however many equations it has. */
START_TEST(equal_layers_stand_there_once)
{
    const Net *few = build_layers(2), *many = build_layers(12);
    ck_assert_int_eq(many->network_text.count - few->network_text.count, 10 * 3);
    ck_assert_int_eq(many->training_text.count - few->training_text.count, 10);
    ck_assert_ptr_nonnull(
        strstr(joined(&many->network_text), "h11: spikes [4] in time = lif(h11_dense), as h0\n"));
}
END_TEST

/* Layers are what the model says, without what blocks of the library make on their way, and without the loss. They have all
 * parameters, each once: also those that a synapse or a norm uses twice. Those of a norm stand where its neuron does, or, if
 * that is part of a mean, where its map does. */
START_TEST(parameters_of_layers)
{
    const GoldenText text = {"model",
                             "model m {\n data idx(shape = [4], classes = 3)\n time 5 steps\n"
                             " a = image -> dense(6, bias, synapse = weight_norm) -> batch_norm -> plif\n"
                             " b = a -> dense(5) -> layer_norm -> lif\n"
                             " c = b -> concat(b[-1]) -> dense(3, bias) -> batch_norm -> li\n"
                             " out = c -> dense(3, synapse = weight_standard) -> softmax\n"
                             " predict argmax(mean(out))\n"
                             " train { loss cross_entropy(mean(out), label, smoothing = 0.1) }\n}\n"};
    const Program *program = golden_program(golden_compilation(arena, &text), text.name);
    const char *layers = "";
    for (int s = 0; s < program->streams.count; s++) {
        const LoopStream *layer = &program->streams.at[s];
        if (!layer->saved && !layer->part && !layer->evaluated)
            layers = arena_printf(arena, "%s %s %lld", layers, layer->name, (long long)layer->parameters);
    }
    ck_assert_str_eq(layers, " image 0 a_dense 36 a 13 b_dense 30 b 10 c_delay 0 c_concat 0 c_dense 33 c 6"
                             " out_dense 9 out 0 out_mean 0");
}
END_TEST

/* Of inference: what goes along time as along an axis has one row, with the units of a step. */
START_TEST(layers_along_time)
{
    const GoldenText text = {
        "model", "model m {\n data idx(shape = [4], classes = 3, temporal)\n time 6 steps\n"
                 " a = image -> dense(6) -> conv(5, kernel = 3, stride = 2, along = time) -> lif\n"
                 " b = a -> conv_transpose(7, kernel = 2, stride = 2, along = time, bias) -> lif\n"
                 " out = b -> dense(3)\n predict argmax(mean(out))\n}\n"};
    Compilation *c = golden_compilation(arena, &text);
    c->lower.infer = true;
    const Program *program = golden_program(c, text.name);
    const char *layers = "";
    for (int l = 0; l < program->layers.count; l++)
        if (program->layers.at[l].parameters > 0)
            layers = arena_printf(arena, "%s, %d units %d", layers, program->layers.at[l].units,
                                  (int)program->layers.at[l].parameters);
    ck_assert_str_eq(layers, ", 6 units 24, 5 units 90, 7 units 77, 3 units 21");
}
END_TEST

Suite *describe_suite(void)
{
    Suite *suite = suite_create("describe");
    TCase *tests = tcase_create("describe");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_of_a_model);
    tcase_add_test(tests, places_and_spelling);
    tcase_add_test(tests, what_results_depend_on);
    tcase_add_test(tests, what_training_depends_on);
    tcase_add_test(tests, equal_layers_stand_there_once);
    tcase_add_test(tests, parameters_of_layers);
    tcase_add_test(tests, layers_along_time);
    suite_add_tcase(suite, tests);
    return suite;
}
