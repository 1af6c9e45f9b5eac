/* Which kernels serve, and which of them are left out, does not change what is computed together and where streams
 * live: so what a flag changes is what its name says. */
#include "golden.h"
#include "lower/plan/plan.h"

#include <check.h>

Suite *plan_suite(void);

/* Layers that tiles divide and one that none does, 509; at 20 steps, its streams fit a tile of one sample but not of the
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

static const Net *net_of(Arena *arena)
{
    GoldenText model = {"plan", text};
    Compilation *c = golden_compilation(arena, &model);
    ck_assert_msg(compile(c, "watch"), "the model does not compile");
    return c->net;
}

static Plan plan_with(Arena *arena, const Net *net, Kernels kernels, Without without)
{
    return make_plan(arena, net, (LowerOptions){0, kernels, without});
}

static void same_stream(const StreamPlan *a, const StreamPlan *b, const char *name)
{
    ck_assert_msg(a->steps == b->steps && a->width == b->width && a->local == b->local && a->tiled == b->tiled
                      && a->slots == b->slots && a->shifted == b->shifted && a->place == b->place,
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
    const Net *net = net_of(arena);
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
    const Net *net = net_of(arena);
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
    const Net *net = net_of(arena);
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
    ck_assert_int_eq(count_gates(net, plan_with(arena, net, KERNELS_AUTO, 1u << OPTIMISATION_GATES)), 0);
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
    suite_add_tcase(suite, tcase);
    return suite;
}
