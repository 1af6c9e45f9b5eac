/* The order of nodes, and which of them must run together. The nets have streams and delays only: what
 * the nodes compute does not matter here. */
#include "schedule.h"

#include <check.h>

Suite *schedule_suite(void);

static Arena *arena;
static Net net;

static void setup(void)
{
    arena = arena_new();
    net = (Net){.arena = arena, .steps = 5};
}

static void teardown(void)
{
    arena_free(arena);
}

static StreamId stream(const char *name)
{
    return net_stream(&net, name, STREAM_REALS, 1, (Shape){.ndim = 1, .dims = {3}}, (Span){0, 0});
}

static int source(StreamId out)
{
    Node node = node_new(NODE_DATA, (Span){0, 0});
    node.out = out;
    return net_add(&net, node);
}

static int delay(StreamId in, int steps, StreamId out)
{
    Node node = node_new(NODE_DELAY, (Span){0, 0});
    node.in = in;
    node.steps = steps;
    node.out = out;
    return net_add(&net, node);
}

/* A scan of one or two inputs. */
static int scan(StreamId a, StreamId b, StreamId out)
{
    Node node = node_new(NODE_SCAN, (Span){0, 0});
    vec_push(arena, &node.ins, a);
    if (b != NONE)
        vec_push(arena, &node.ins, b);
    vec_push(arena, &node.outs, ((ScanOut){out, 0}));
    return net_add(&net, node);
}

/* `expected`: nodes as digits, groups in brackets: "01[235]4". */
static void expect_schedule(int first, int last, const char *expected)
{
    Schedule schedule = schedule_nodes(arena, &net, first, last);
    const char *text = "";
    for (int i = 0; i < schedule.count; i++) {
        const Part *part = &schedule.at[i];
        text = arena_printf(arena, "%s%s", text, part->recurrent ? "[" : "");
        for (int k = 0; k < part->count; k++)
            text = arena_printf(arena, "%s%d", text, part->nodes[k]);
        text = arena_printf(arena, "%s%s", text, part->recurrent ? "]" : "");
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(nothing)
{
    expect_schedule(0, 0, "");
}
END_TEST

START_TEST(a_chain)
{
    StreamId a = stream("a"), b = stream("b"), c = stream("c");
    source(a);
    scan(a, NONE, b);
    scan(b, NONE, c);
    expect_schedule(0, 3, "012");
    expect_schedule(1, 3, "12");
    expect_schedule(1, 2, "1");
}
END_TEST

/* A delay of what an earlier node made closes nothing. */
START_TEST(a_delay_is_no_group)
{
    StreamId a = stream("a"), late = stream("late"), b = stream("b");
    source(a);
    delay(a, 2, late);
    scan(a, late, b);
    expect_schedule(0, 3, "012");
}
END_TEST

START_TEST(a_group)
{
    StreamId a = stream("a"), h = stream("h"), past = stream("past"), out = stream("out");
    source(a);
    delay(h, 1, past);
    scan(a, past, h);
    scan(h, NONE, out);
    expect_schedule(0, 4, "0[12]3");
}
END_TEST

/* What stands between the nodes of a group, but does not belong to it, runs before or after. */
START_TEST(strangers_in_a_group)
{
    StreamId a = stream("a"), h = stream("h"), past = stream("past"), before = stream("before"),
             after = stream("after");
    source(a);
    delay(h, 1, past);
    scan(a, NONE, before);
    scan(past, NONE, after);
    scan(before, past, h);
    expect_schedule(0, 5, "02[14]3");
}
END_TEST

START_TEST(two_groups)
{
    StreamId a = stream("a"), h = stream("h"), past_h = stream("past_h"), k = stream("k"),
             past_k = stream("past_k");
    source(a);
    delay(h, 1, past_h);
    delay(k, 1, past_k);
    scan(a, past_h, h);
    scan(h, past_k, k);
    expect_schedule(0, 5, "0[13][24]");
}
END_TEST

/* Two loops that share a node are one group. */
START_TEST(one_group_of_two_loops)
{
    StreamId a = stream("a"), h = stream("h"), past = stream("past"), k = stream("k"), back = stream("back");
    source(a);
    delay(h, 1, past);
    delay(k, 3, back);
    scan(past, back, h);
    scan(h, a, k);
    expect_schedule(0, 5, "0[1234]");
}
END_TEST

START_TEST(a_node_that_feeds_itself)
{
    StreamId a = stream("a");
    delay(a, 1, a);
    expect_schedule(0, 1, "[0]");
}
END_TEST

Suite *schedule_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tcase = tcase_create("schedule");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing);
    tcase_add_test(tcase, a_chain);
    tcase_add_test(tcase, a_delay_is_no_group);
    tcase_add_test(tcase, a_group);
    tcase_add_test(tcase, strangers_in_a_group);
    tcase_add_test(tcase, two_groups);
    tcase_add_test(tcase, one_group_of_two_loops);
    tcase_add_test(tcase, a_node_that_feeds_itself);
    suite_add_tcase(suite, tcase);
    return suite;
}
