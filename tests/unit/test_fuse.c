/* Scans that become one: which do, and that nothing else changes. */
#include "agree.h"

#include <check.h>

Suite *fuse_suite(void);

#define WITHOUT_FUSE (WITHOUT(FUSE))
#define MODEL(layers, result)                                                          \
    "neuron learned(k = 0.6) { param w per neuron = k\n param g = 0.9\n state v = 0\n" \
    "    v = w * v + g * input\n output = tanh(v) }\n"                                 \
    "neuron held() { state v = 0.5\n v = 0.5 * v + detach(v) * input\n output = v }\n" \
    "model m {\n"                                                                      \
    "    data idx(shape = [6], classes = 3, temporal)\n"                               \
    "    time 7 steps\n"                                                               \
    "    a = image -> dense(3) -> lif(threshold = 0.1)\n" layers "\n"                  \
    "    predict argmax(" result ")\n"                                                 \
    "    train { loss cross_entropy(" result ", label) optimizer sgd(0.1) }\n"         \
    "}\n"

typedef struct Case {
    const char *text;
    int forward, backward; /* scans that are left */
    int sums;              /* means and sums that are left */
} Case;

static const Case cases[] = {
    {MODEL("o = a -> li()", "mean(o)"), 1, 1, 0},
    {MODEL("o = a -> li() -> held() -> li(4)", "sum(o)"), 1, 1, 0},
    {MODEL("o = a -> plif(threshold = 0.2) -> plif(tau0 = 3, threshold = 0.1)", "mean(o)"), 1, 1, 1},
    {MODEL("o = a -> learned() -> learned(0.8)", "mean(o)"), 1, 1, 0},
    {MODEL("o = image -> dense(3) -> learned() -> alif(threshold = 0.1, detach_reset)\n"
           "r = o + a -> learned()",
           "sum(r)"),
     1, 1, 0},
    {MODEL("o = a -> dense(3) -> li()", "mean(o)"), 1, 1, 0},
    {MODEL("b = a -> dense(3) -> li()\n c = a -> dense(3) -> li(4)\n r = mean(b) + sum(c)", "r"), 2, 2, 0},
    {MODEL("b = a -> li()\n c = a -> lif(5, threshold = 0.1)\n r = mean(b) + last(b) - max(c)", "r"), 2, 2,
     0},
    {MODEL("o = a -> li()", "max(o)"), 1, 1, 0},
    {MODEL("o = a -> dense(3) -> lif(threshold = 0.1)", "rate(o)"), 2, 2, 1},
    /* the map that adds up the gradients of b */
    {MODEL("b = image -> dense(3, bias)\n c = b -> lif(threshold = 0.1)\n o = a * b + c -> li()", "mean(o)"),
     1, 1, 0},
    /* what the second reads beside comes from between them */
    {MODEL("b = image -> dense(3) -> li()\n o = a + 2 * b -> lif(threshold = 0.1)", "mean(o)"), 1, 1, 1},
    {MODEL("b = image -> dense(3, bias)\n c = b -> dense(3)\n o = a * b + c -> li()", "mean(o)"), 1, 2, 0},
    /* or from the first: */
    {MODEL("o = a + 0.5 * a[-1] -> li()", "mean(o)"), 2, 2, 0},
    {MODEL("o = a + (a -> dense(3)) -> li()", "mean(o)"), 2, 2, 0},
    {MODEL("b = a -> li()\n o = b + 0.1 * sum(b) -> li()", "mean(o)"), 2, 2, 0},
    {MODEL("o = a * mean(a) -> li()", "mean(o)"), 2, 2, 1},
    /* recurrent groups */
    {MODEL("b = (a -> dense(3)) + (b[-1] -> dense(3)) -> lif(threshold = 0.1)\n o = b -> dense(3) -> li()",
           "mean(o)"),
     2, 2, 0},
    {MODEL("b = a + (b[-1] -> dense(3)) -> li() -> lif(threshold = 0.1)\n o = b -> li()", "max(o)"), 1, 1, 0},
    {MODEL("b = a + 0.5 * o[-1] -> li()\n o = b -> lif(threshold = 0.1)\n r = mean(b) + rate(o)", "r"), 2, 1,
     1},
    {MODEL("b = a + (b[-1] -> dense(3)) -> lif(threshold = 0.1)\n"
           "c = b + (c[-2] -> dense(3)) -> lif(threshold = 0.2)",
           "rate(c)"),
     2, 2, 1},
    /* what depends on a group's past may stand before the group */
    {MODEL("y = h[-1] -> dense(3)\n h = a + (h[-1] -> dense(3)) -> li()\n o = h + y -> li()", "mean(o)"), 2,
     3, 0},
    /* and stays behind that past where it has been moved with it */
    {MODEL("f = a -> dense(3) -> li()\n x = g[-1] -> dense(3)\n"
           "g = (image -> dense(3)) + (g[-1] -> dense(3)) -> li()\n"
           "s = f + x -> li()\n r = g + x -> li()\n o = mean(r) + mean(s)",
           "o"),
     5, 4, 0},
};

static int scans(const Net *net, int first, int last)
{
    int count = 0;
    for (int n = first; n < last; n++)
        count += net->nodes.at[n].kind == NODE_SCAN;
    return count;
}

static int sums(const Net *net)
{
    int count = 0;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        count += node->kind == NODE_REDUCE && (node->reduce == REDUCE_MEAN || node->reduce == REDUCE_SUM);
    }
    return count;
}

START_TEST(the_same_numbers)
{
    Arena *arena = arena_new();
    const Compilation *fused = compiled_without(arena, cases[_i].text, 0);
    expect_agreement(compiled_without(arena, cases[_i].text, WITHOUT_FUSE), fused);
    int forward = scans(fused->net, 0, fused->net->backward);
    int backward = scans(fused->net, fused->net->backward, fused->net->updates);
    ck_assert_msg(forward == cases[_i].forward && backward == cases[_i].backward
                      && sums(fused->net) == cases[_i].sums,
                  "%d scans, %d backward, %d sums:\n%s", forward, backward, sums(fused->net), cases[_i].text);
    arena_free(arena);
}
END_TEST

/* ---- nets by hand ---- */

static const Span nowhere = {0, 0};

static Net *new_net(Arena *arena)
{
    Net *net = NEW(arena, Net);
    *net = (Net){.arena = arena, .name = "test", .steps = 4, .data = {.classes = 2}};
    return net;
}

/* x = number (+ what is read, if anything) + the state, if there is one */
static StreamId add_scan(Net *net, StreamId in, bool state, bool reverse)
{
    Node node = node_new(NODE_SCAN, nowhere);
    node.name = "test";
    node.reverse = reverse;
    Val value = body_const(net->arena, &node.body, 0.5);
    if (in != NONE) {
        vec_push(net->arena, &node.ins, in);
        value = body_op2(net->arena, &node.body, OP_ADD, value,
                         body_leaf(net->arena, &node.body, OP_INPUT, 0, "in"));
    }
    if (state) {
        Val old = body_leaf(net->arena, &node.body, OP_STATE, 0, "v");
        value = body_op2(net->arena, &node.body, OP_ADD, value, old);
        vec_push(net->arena, &node.states, ((State){"v", 0, value}));
    }
    StreamId out = net_stream(net, "x", STREAM_REALS, net->steps, (Shape){.ndim = 1, .dims = {2}}, nowhere);
    vec_push(net->arena, &node.outs, ((ScanOut){out, value}));
    net_add(net, node);
    return out;
}

static void add_loss(Net *net, StreamId in)
{
    Node reduce = node_new(NODE_REDUCE, nowhere), loss = node_new(NODE_LOSS, nowhere);
    reduce.in = in;
    reduce.reduce = REDUCE_SUM;
    reduce.out = loss.in = net_stream(net, "sum", STREAM_REALS, 0, (Shape){.ndim = 1, .dims = {2}}, nowhere);
    net_add(net, reduce);
    net_add(net, loss);
    net->backward = net->updates = net->nodes.count;
}

static int scans_after(Net *net)
{
    ck_assert_pstr_eq(net_verify(net), NULL);
    fuse_scans(net);
    ck_assert_pstr_eq(net_verify(net), NULL);
    return scans(net, 0, net->nodes.count);
}

START_TEST(directions_stay)
{
    Arena *arena = arena_new();
    Net *net = new_net(arena);
    add_loss(net, add_scan(net, add_scan(net, NONE, true, false), _i == 0, true));
    ck_assert_int_eq(scans_after(net), _i == 0 ? 2 : 1); /* only a map follows anybody */
    arena_free(arena);
}
END_TEST

START_TEST(phases_stay)
{
    Arena *arena = arena_new();
    Net *net = new_net(arena);
    StreamId x = add_scan(net, NONE, true, false);
    add_loss(net, x);
    StreamId y = add_scan(net, x, true, false);
    net->streams.at[y].keep = true;
    net->updates = net->nodes.count;
    ck_assert_int_eq(scans_after(net), 2);
    arena_free(arena);
}
END_TEST

/* The sum of something that is the same at all steps still counts every step. */
START_TEST(every_step_counts)
{
    Arena *arena = arena_new();
    Net *net = new_net(arena);
    add_loss(net, add_scan(net, add_scan(net, NONE, false, false), false, false));
    ck_assert_int_eq(scans_after(net), 1);
    ck_assert_int_eq(net->nodes.count, 2);
    ck_assert_int_eq(scan_steps(net, &net->nodes.at[0]), net->steps);
    arena_free(arena);
}
END_TEST

Suite *fuse_suite(void)
{
    Suite *suite = suite_create("fuse");
    TCase *tcase = tcase_create("fuse");
    tcase_add_loop_test(tcase, the_same_numbers, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(tcase, directions_stay, 0, 2);
    tcase_add_test(tcase, phases_stay);
    tcase_add_test(tcase, every_step_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
