/* Which kernels serve, and which of them are left out, does not change what is computed together and where streams
 * live: so what a flag changes is what its name says. */
#include "golden.h"
#include "lower/plan/planning.h"

#include <check.h>

Suite *plan_suite(void);

/* Layers that tiles divide and one that none does without a remainder, 509; at 20 steps, its streams fit a tile of one sample but not of the
 * samples that share one making of tables. A recurrent layer with maps from spikes, and delays. */
static const char text[] =
    "model plan {\n"
    "    data idx(shape = [96], classes = 10)\n"
    "    time 20 steps\n"
    "    x = poisson(image)\n"
    "    a = x -> dense(128) -> lif(surrogate = rectangle(1))\n"
    "    b = a -> dense(509, bias) -> lif\n"
    "    c = (b -> dense(64)) + (c[-1] -> dense(64)) -> lif(surrogate = rectangle(1))\n"
    "    o = c -> dense(10) -> li\n"
    "    predict argmax(max(o))\n"
    "    train { loss cross_entropy(max(o), label) }\n"
    "}\n";

static const Net *net_of(Arena *arena, const char *model_text)
{
    GoldenText model = {"plan", model_text};
    Compilation *c = golden_compilation(arena, &model);
    ck_assert_msg(compile(c, "watch"), "the model does not compile");
    return c->net;
}

static Plan plan_with(Arena *arena, const Net *net, Kernels kernels, Without without)
{
    return make_plan(arena, net, (LowerOptions){.kernels = kernels, .without = without});
}

static void same_stream(const StreamPlan *a, const StreamPlan *b, const char *name)
{
    ck_assert_msg(a->steps == b->steps && a->tiles.width == b->tiles.width && a->room == b->room
                      && a->local == b->local && a->tiled == b->tiled && a->slots == b->slots
                      && a->shifted == b->shifted && a->place == b->place,
                  "stream %s is planned otherwise", name);
}

static void same_layer(const LayerPlan *a, const LayerPlan *b, const char *name)
{
    ck_assert_msg(!a == !b, "%s: a kernel of its own in one plan only", name);
    if (a)
        ck_assert_msg(a->cut == b->cut && a->width == b->width && a->items == b->items && a->once == b->once
                          && a->maps.count == b->maps.count && a->gradients.count == b->gradients.count,
                      "the layer of %s is planned otherwise", name);
}

static void same_plan(const Net *net, Plan a, Plan b)
{
    for (StreamId s = 0; s < net->streams.count; s++)
        same_stream(&a.streams[s], &b.streams[s], net->streams.at[s].name);
    for (int n = 0; n < net->updates; n++) {
        const NodePlan *one = &a.nodes[n], *other = &b.nodes[n];
        ck_assert_msg(one->host == other->host && one->group == other->group && one->joined == other->joined
                          && one->run == other->run && one->step_width == other->step_width,
                      "%s is planned otherwise", one->name);
        same_layer(one->layer, other->layer, one->name);
    }
}

START_TEST(kernels_change_no_plan)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, text);
    Plan both = plan_with(arena, net, KERNELS_AUTO, 0);
    same_plan(net, both, plan_with(arena, net, KERNELS_EVENT, 0));
    same_plan(net, both, plan_with(arena, net, KERNELS_TABLE, 0));
    arena_free(arena);
}
END_TEST

static const Optimisation within_kernels[] = {OPTIMISATION_SILENCE, OPTIMISATION_LOCKSTEP,
                                              OPTIMISATION_AHEAD,   OPTIMISATION_APART,
                                              OPTIMISATION_GATES,   OPTIMISATION_VECTORS};
enum { WITHIN_KERNELS = sizeof within_kernels / sizeof *within_kernels };

START_TEST(what_is_left_out_within_kernels_changes_no_plan)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, text);
    same_plan(net, plan_with(arena, net, KERNELS_AUTO, 0),
              plan_with(arena, net, KERNELS_AUTO, 1u << within_kernels[_i]));
    arena_free(arena);
}
END_TEST

static int count_gates(const Net *net, Plan plan)
{
    int count = 0;
    for (int n = 0; n < net->updates; n++)
        count += plan.nodes[n].gate != NULL;
    return count;
}

/* Else the tests above would compare nothing with nothing. */
START_TEST(the_plan_has_what_is_compared)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, text);
    Plan plan = plan_with(arena, net, KERNELS_AUTO, 0);
    int hosted = 0, joined = 0, local = 0, tiled = 0, slots = 0, shifted = 0, placed = 0;
    for (int n = 0; n < net->updates; n++) {
        hosted += plan.nodes[n].host != NONE;
        joined += plan.nodes[n].joined != 0;
    }
    for (StreamId s = 0; s < net->streams.count; s++) {
        local += plan.streams[s].local;
        tiled += plan.streams[s].tiled;
        slots += plan.streams[s].slots != 0;
        shifted += plan.streams[s].shifted;
        placed += plan.streams[s].place != NONE;
    }
    ck_assert_int_gt(hosted, 0);
    ck_assert_int_gt(joined, 0);
    ck_assert_int_gt(local, 0);
    ck_assert_int_gt(tiled, 0);
    ck_assert_int_gt(slots, 0);
    ck_assert_int_gt(shifted, 0);
    ck_assert_int_gt(placed, 0);
    ck_assert_int_gt(count_gates(net, plan), 0);
    ck_assert_int_eq(count_gates(net, plan_with(arena, net, KERNELS_AUTO, WITHOUT(GATES))), 0);
    arena_free(arena);
}
END_TEST

typedef struct Case {
    int units;
    Tiling with, without; /* a remainder */
} Case;

/* Those that whole vectors divide have no remainder; narrow ones, and those with too large a one, are not cut. */
static const Case cuts[] = {
    {10, {10, 1}, {10, 1}},    {32, {32, 1}, {32, 1}},      {33, {33, 1}, {33, 1}},
    {64, {32, 2}, {32, 2}},    {67, {67, 1}, {67, 1}},      {97, {64, 2}, {97, 1}},
    {100, {64, 2}, {100, 1}},  {128, {64, 2}, {64, 2}},     {200, {32, 7}, {200, 1}},
    {256, {64, 4}, {64, 4}},   {257, {48, 6}, {257, 1}},    {784, {32, 25}, {784, 1}},
    {800, {32, 25}, {32, 25}}, {1009, {64, 16}, {1009, 1}}, {1024, {64, 16}, {64, 16}},
};
enum { CUTS = sizeof cuts / sizeof *cuts };

static void check_cut(int units, Tiling found, Tiling expected)
{
    ck_assert_msg(found.width == expected.width && found.count == expected.count,
                  "%d units are cut into %d tiles of %d", units, found.count, found.width);
}

START_TEST(layers_are_cut_into_whole_vectors)
{
    check_cut(cuts[_i].units, tiling_of(cuts[_i].units, true), cuts[_i].with);
    check_cut(cuts[_i].units, tiling_of(cuts[_i].units, false), cuts[_i].without);
}
END_TEST

/* The last tile of 257 units has 17 of them; of data there are no more than these. */
static const char broad_text[] = "model broad {\n"
                                 "    data idx(shape = [257], classes = 10, temporal)\n"
                                 "    time 20 steps\n"
                                 "    a = image -> dense(257) -> lif\n"
                                 "    b = (a -> dense(257)) + image -> lif\n"
                                 "    c = (b -> dense(257)) + (c[-1] -> dense(257, bias)) -> lif\n"
                                 "    o = c -> dense(10) -> li\n"
                                 "    predict argmax(max(o))\n"
                                 "    train { loss cross_entropy(max(o), label) }\n"
                                 "}\n";

static int room_of(const Net *net, Plan plan, const char *name)
{
    for (StreamId s = 0; s < net->streams.count; s++)
        if (strcmp(net->streams.at[s].name, name) == 0)
            return plan.streams[s].room;
    ck_abort_msg("no stream %s", name);
}

START_TEST(streams_have_room_for_a_remainder)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, broad_text);
    Plan plan = plan_with(arena, net, KERNELS_AUTO, 0);
    ck_assert_int_eq(room_of(net, plan, "image"), 257);
    ck_assert_int_eq(room_of(net, plan, "a"), 288);
    ck_assert_int_eq(room_of(net, plan, "c"), 288);
    ck_assert_int_eq(room_of(net, plan, "o"), 10);
    for (int n = 0; n < net->updates; n++) {
        const NodePlan *node = &plan.nodes[n];
        const LayerPlan *layer = node->layer;
        if (layer && layer->scan && node->units == 257)
            ck_assert_int_eq(layer->items, strcmp(node->name, "b") == 0 && n < net->backward ? 0 : 6);
        if (node->step_width && node->units == 257)
            ck_assert_int_eq(288 % node->step_width, 0);
    }
    arena_free(arena);
}
END_TEST

/* Of steps with a function, two are written out, of those with many, one: nothing is gained, and compilers take long. */
static const char heavy_text[] = "neuron some() { state v = 0\n"
                                 "    v     = v / 2 + exp(tanh(exp(input))) ^ 1.5 + exp(tanh(v) ^ 1.3)\n"
                                 "    spike = step(v - 1, atan(2)) }\n"
                                 "neuron many() { state v = 0\n"
                                 "    w     = exp(tanh(exp(input))) ^ 1.5 + exp(tanh(v) ^ 1.3)\n"
                                 "    v     = v / 2 + exp(tanh(exp(w))) ^ 1.2 + exp(tanh(w) ^ 1.4)\n"
                                 "    spike = step(v - 1, atan(2)) }\n"
                                 "model heavy {\n"
                                 "    data idx(shape = [64], classes = 10)\n"
                                 "    time 20 steps\n"
                                 "    a = image -> dense(64) -> lif\n"
                                 "    b = a -> dense(64) -> some\n"
                                 "    c = b -> dense(64) -> many\n"
                                 "    o = c -> dense(10) -> li\n"
                                 "    predict argmax(max(o))\n"
                                 "    train { loss cross_entropy(max(o), label) }\n"
                                 "}\n";

START_TEST(few_long_steps_are_written_out)
{
    static const struct {
        const char *name;
        int run;
    } expected[] = {{"a", 5}, {"b", 2}, {"c", 1}};
    Arena *arena = arena_new();
    const Net *net = net_of(arena, heavy_text);
    Plan plan = plan_with(arena, net, KERNELS_AUTO, 0);
    int found = 0;
    for (int n = 0; n < net->backward; n++)
        for (int k = 0; k < 3; k++)
            if (plan.nodes[n].role == ROLE_SCAN && strcmp(plan.nodes[n].name, expected[k].name) == 0) {
                ck_assert_msg(plan.nodes[n].run == expected[k].run, "%s: %d steps", expected[k].name,
                              plan.nodes[n].run);
                found++;
            }
    ck_assert_int_eq(found, 3);
    arena_free(arena);
}
END_TEST

/* Of the model with these terms in its loop: how many of its delays are asked at every step. */
static int asked_delays(const char *terms)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, arena_printf(arena,
                                                "model plan {\n    data idx(shape = [8], classes = 3)\n"
                                                "    time 6 steps\n    x = poisson(image) -> dense(8)\n"
                                                "    a = x + (%s) -> lif\n    o = a -> dense(3) -> li\n"
                                                "    predict argmax(max(o))\n"
                                                "    train { loss cross_entropy(max(o), label) }\n}\n",
                                                terms));
    Plan plan = plan_with(arena, net, KERNELS_AUTO, 0);
    int asked = 0;
    for (int n = 0; n < net->updates; n++)
        asked += plan.nodes[n].asked;
    arena_free(arena);
    return asked;
}

/* Forward and backward. */
START_TEST(several_delays_are_asked)
{
    ck_assert_int_eq(asked_delays("a[-1] -> dense(8)"), 0);
    ck_assert_int_eq(asked_delays("(a[-2] -> dense(8)) + (a[-2] -> dense(8))"), 0);
    ck_assert_int_eq(asked_delays("(a[-1] -> dense(8)) + (a[-3] -> dense(8))"), 4);
}
END_TEST

/* Weights of their own or made of others: maps, one of which may be transposed, what goes back through it, and gradients. */
START_TEST(windows_serve_all_maps)
{
    static const char *const maps[] = {"conv(5, kernel = 3)", "conv(5, kernel = 3, synapse = weight_norm)",
                                       "conv_transpose(5, kernel = 3, stride = 2)",
                                       "conv_transpose(5, kernel = 3, synapse = weight_norm)"};
    Arena *arena = arena_new();
    const Net *net = net_of(arena, arena_printf(arena,
                                                "model plan {\n    data idx(shape = [6, 6], classes = 3)\n"
                                                "    time 4 steps\n"
                                                "    a = image -> conv(4, kernel = 3) -> li\n"
                                                "    b = tanh(a) -> %s -> li\n"
                                                "    predict argmax(max(b -> dense(3)))\n"
                                                "    train { loss cross_entropy(max(b -> dense(3)), label) "
                                                "}\n}\n",
                                                maps[_i]));
    Plan plan = plan_with(arena, net, KERNELS_AUTO, 0);
    int served = 0;
    for (int n = 0; n < net->updates; n++)
        served += plan.nodes[n].windows;
    ck_assert_int_eq(served, 5);
    arena_free(arena);
}
END_TEST

static int served_by_windows(Arena *arena, const Net *net, bool infer)
{
    Plan plan = make_plan(arena, net, (LowerOptions){.kernels = KERNELS_AUTO, .infer = infer});
    int served = 0;
    for (int n = 0; n < net->backward; n++)
        served += plan.nodes[n].windows;
    return served;
}

/* Of three convolutions, the last one has groups so narrow that windows copy what they read: not in inference, which is to be
 * small. */
START_TEST(windows_serve_groups)
{
    Arena *arena = arena_new();
    const Net *net = net_of(arena, "model plan {\n"
                                   "    data idx(shape = [9, 9], classes = 3)\n"
                                   "    time 4 steps\n"
                                   "    a = image -> conv(8, kernel = 3) -> li\n"
                                   "    b = tanh(a) -> conv(8, kernel = 3, groups = 2) -> li\n"
                                   "    c = tanh(b) -> conv(8, kernel = 3, groups = 8) -> li\n"
                                   "    predict argmax(max(c -> dense(3)))\n"
                                   "    train { loss cross_entropy(max(c -> dense(3)), label) }\n}\n");
    ck_assert_int_eq(served_by_windows(arena, net, false), 3);
    ck_assert_int_eq(served_by_windows(arena, net, true), 2);
    arena_free(arena);
}
END_TEST

Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_test(tcase, kernels_change_no_plan);
    tcase_add_loop_test(tcase, what_is_left_out_within_kernels_changes_no_plan, 0, WITHIN_KERNELS);
    tcase_add_test(tcase, the_plan_has_what_is_compared);
    tcase_add_loop_test(tcase, layers_are_cut_into_whole_vectors, 0, CUTS);
    tcase_add_test(tcase, streams_have_room_for_a_remainder);
    tcase_add_test(tcase, few_long_steps_are_written_out);
    tcase_add_test(tcase, several_delays_are_asked);
    tcase_add_loop_test(tcase, windows_serve_all_maps, 0, 4);
    tcase_add_test(tcase, windows_serve_groups);
    suite_add_tcase(suite, tcase);
    return suite;
}
