/* The list of nodes while it is edited: order, phases and what refers to nodes. */
#include "pass/edit.h"

#include <check.h>

Suite *edit_suite(void);

static const Span nowhere = {0, 0};
static Arena *arena;
static Net *net;

/* Forward nodes 0 .. 3, backward ones 4 and 5, of 1 and 2; an update 6. Node n makes stream n. */
static void start(void)
{
    static const int forward[] = {NONE, NONE, NONE, NONE, 1, 2, NONE};
    arena = arena_new();
    net = NEW(arena, Net);
    *net = (Net){.arena = arena, .name = "test", .steps = 1, .backward = 4, .updates = 6};
    for (int n = 0; n < 7; n++) {
        Node node = node_new(NODE_MAP, nowhere);
        node.steps = n; /* tells which one it was */
        node.forward = forward[n];
        node.out = net_stream(net, "s", STREAM_REALS, 0, (Shape){.ndim = 1, .dims = {1}}, nowhere);
        net_add(net, node);
    }
}

static void end(void)
{
    arena_free(arena);
}

/* `order`: the nodes by their old numbers. */
static void expect(const char *order, int backward, int updates)
{
    int count = (int)strlen(order);
    ck_assert_int_eq(net->nodes.count, count);
    ck_assert_int_eq(net->backward, backward);
    ck_assert_int_eq(net->updates, updates);
    for (int n = 0; n < count; n++) {
        const Node *node = &net->nodes.at[n];
        ck_assert_int_eq(node->steps, order[n] - '0');
        ck_assert_int_eq(net->streams.at[node->out].node, n);
        if (node->forward != NONE)
            ck_assert_int_eq(net->nodes.at[node->forward].steps, node->steps - 3);
    }
}

START_TEST(nothing_changes)
{
    NetEdit edit = edit_start(net);
    edit_finish(&edit);
    expect("0123456", 4, 6);
}
END_TEST

START_TEST(nodes_move)
{
    NetEdit edit = edit_start(net);
    edit_move_behind(&edit, 0, 2);
    edit_move_before(&edit, 3, 1);
    edit_move_behind(&edit, 4, 5);
    ck_assert_int_eq(edit.first, 3);
    ck_assert_int_eq(edit_next(&edit, 0), 5);
    edit_finish(&edit);
    expect("3120546", 4, 6);
}
END_TEST

START_TEST(nodes_go)
{
    NetEdit edit = edit_start(net);
    edit_drop(&edit, 0);
    edit_drop(&edit, 1);
    edit_drop(&edit, 6);
    edit_finish(&edit);
    ck_assert_int_eq(net->streams.at[1].node, NONE);
    ck_assert_int_eq(net->nodes.at[2].forward, NONE); /* it was of node 1 */
    net->nodes.at[2].forward = NONE;
    expect("2345", 2, 4);
}
END_TEST

/* One that has taken in another may be taken in. */
START_TEST(nodes_merge)
{
    NetEdit edit = edit_start(net);
    edit_merge(&edit, 2, 1);
    edit_merge(&edit, 1, 0);
    edit_merge(&edit, 5, 4);
    edit_finish(&edit);
    ck_assert_int_eq(net->streams.at[1].node, 0);
    ck_assert_int_eq(net->streams.at[2].node, 0);
    ck_assert_int_eq(net->streams.at[5].node, 2);
    ck_assert_int_eq(net->nodes.at[2].forward, 0);
    net->nodes.at[2].forward = NONE;
    expect("0346", 2, 3);
}
END_TEST

START_TEST(nodes_come)
{
    net->nodes.count = net->backward = net->updates = 4;
    NetEdit edit = edit_start(net);
    for (int k = 8; k > 6; k--) {
        Node node = node_new(NODE_DATA, nowhere);
        node.steps = k;
        node.out =
            net_stream(net, "held", STREAM_REALS, net->steps, (Shape){.ndim = 1, .dims = {1}}, nowhere);
        edit_add_first(&edit, node);
    }
    edit_finish(&edit);
    expect("780123", 6, 6);
}
END_TEST

Suite *edit_suite(void)
{
    Suite *suite = suite_create("edit");
    TCase *tcase = tcase_create("edit");
    tcase_add_checked_fixture(tcase, start, end);
    tcase_add_test(tcase, nothing_changes);
    tcase_add_test(tcase, nodes_move);
    tcase_add_test(tcase, nodes_go);
    tcase_add_test(tcase, nodes_merge);
    tcase_add_test(tcase, nodes_come);
    suite_add_tcase(suite, tcase);
    return suite;
}
