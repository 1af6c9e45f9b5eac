/* Lists of inference: those of flags, and those that are given in any order, are what LIST of the Loop IR means. */
#include "../../compiler/loop.h"
#include "snn_given.h"
#include "snn_random.h"

#include <check.h>

Suite *rt_given_suite(void);

enum { MOST = 800, SLACK = 8, GUARD = 7, DENSITIES = 6 };

typedef struct Lists {
    uint8_t flags[MOST];
    uint16_t expected[MOST], events[MOST + 1], list[MOST + SLACK + 1];
    int32_t some;
} Lists;

/* Hardly a flag is set, or more and more of them. */
static void set_flags(Lists *lists, int count, int density)
{
    lists->some = 0;
    for (int i = 0; i < count; i++) {
        uint32_t random = snn_random((uint32_t)(count * DENSITIES + density), (uint32_t)i);
        lists->flags[i] = (int)(random >> 8) % 64 < density * density;
        if (lists->flags[i] != 0)
            lists->events[lists->some++] = (uint16_t)i;
    }
    for (int turn = 0, listed = 0; turn < count; turn++) {
        int position = loop_list_position(count, turn);
        if (lists->flags[position] != 0)
            lists->expected[listed++] = (uint16_t)position;
    }
}

static void expect_list(const Lists *lists, int count, const char *what)
{
    for (int e = 0; e < lists->some; e++)
        if (lists->list[e] != lists->expected[e])
            ck_abort_msg("%s: %d flags, number %d of the list: not %d", what, count, e, lists->expected[e]);
    ck_assert_int_eq(lists->list[count + SLACK], GUARD);
}

START_TEST(lists_of_flags)
{
    static Lists lists;
    static const float rows[MOST][4];
    for (int density = 0; density < DENSITIES; density++)
        for (int count = 1; count <= MOST; count++) {
            set_flags(&lists, count, density);
            lists.list[count + SLACK] = GUARD;
            ck_assert_int_eq(snn_list16(lists.list, lists.flags, count), lists.some);
            expect_list(&lists, count, "flags");
            ck_assert_int_eq(snn_list16_ahead(lists.list, lists.flags, count, rows, sizeof rows[0]),
                             lists.some);
            expect_list(&lists, count, "flags, with rows");
        }
}
END_TEST

#ifdef SNN_LIST_BYTES

/* As a caller may have them. */
static void turn_round(Lists *lists, int step)
{
    for (int e = 0; e + step < lists->some; e++) {
        uint16_t event = lists->events[e];
        lists->events[e] = lists->events[e + step];
        lists->events[e + step] = event;
    }
}

static void expect_given(Lists *lists, int count)
{
    lists->list[count + SLACK] = GUARD;
    bool taken = snn_given16(lists->list, lists->events, lists->some, count, NULL, 0);
    ck_assert(taken == (lists->some <= SNN_GIVEN_MOST));
    if (taken)
        expect_list(lists, count, "given");
}

START_TEST(lists_that_are_given)
{
    static Lists lists;
    for (int density = 0; density < DENSITIES; density++)
        for (int count = 1; count <= MOST; count++) {
            set_flags(&lists, count, density);
            for (int step = 0; step < 4; step++) {
                turn_round(&lists, step);
                expect_given(&lists, count);
            }
        }
}
END_TEST

/* What is there twice, or not at all, is for others. */
START_TEST(lists_that_are_refused)
{
    static Lists lists;
    for (int count = 2; count <= MOST; count++) {
        set_flags(&lists, count, 1);
        if (lists.some == 0)
            lists.events[lists.some++] = 1;
        lists.list[count + SLACK] = GUARD;
        lists.events[lists.some] = lists.events[lists.some / 2];
        ck_assert(!snn_given16(lists.list, lists.events, lists.some + 1, count, NULL, 0));
        lists.events[lists.some] = (uint16_t)count;
        ck_assert(!snn_given16(lists.list, lists.events, lists.some + 1, count, NULL, 0));
        lists.events[lists.some] = UINT16_MAX;
        ck_assert(!snn_given16(lists.list, lists.events, lists.some + 1, count, NULL, 0));
        ck_assert_int_eq(lists.list[count + SLACK], GUARD);
    }
}
END_TEST

#endif

Suite *rt_given_suite(void)
{
    Suite *suite = suite_create("rt_given");
    TCase *tcase = tcase_create("given");
    tcase_add_test(tcase, lists_of_flags);
#ifdef SNN_LIST_BYTES
    tcase_add_test(tcase, lists_that_are_given);
    tcase_add_test(tcase, lists_that_are_refused);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
