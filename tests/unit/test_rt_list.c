/* Lists of flags: that those of the runtime are what LIST of the Loop IR means, for every number of flags. */
#include "../../compiler/loop.h"
#include "snn_list.h"
#include "snn_random.h"

#include <check.h>
#include <stdlib.h>

Suite *rt_list_suite(void);

enum { MOST = 70000, GUARD = 7, DENSITIES = 5 };

typedef struct Lists {
    uint8_t flags[MOST];
    uint16_t narrow[MOST + SNN_LIST_SLACK + 1];
    int32_t wide[MOST + SNN_LIST_SLACK + 1];
} Lists;

/* A part of the flags, from none to all of them, is set. */
static void set_flags(Lists *lists, int count, int density)
{
    for (int i = 0; i < count; i++) {
        uint32_t random = snn_random((uint32_t)(count * DENSITIES + density), (uint32_t)i);
        lists->flags[i] = (int)(random >> 8) % (DENSITIES - 1) < density;
    }
}

static void expect_lists(Lists *lists, int count)
{
    int end = count + SNN_LIST_SLACK, listed = 0;
    lists->narrow[end] = GUARD;
    lists->wide[end] = GUARD;
    int some = snn_list32(lists->wide, lists->flags, count);
    bool narrow = count <= UINT16_MAX + 1;
    ck_assert(!narrow || snn_list16(lists->narrow, lists->flags, count) == some);
    for (int turn = 0; turn < count; turn++) {
        int position = loop_list_position(count, turn);
        if (lists->flags[position] == 0)
            continue;
        ck_assert_int_lt(listed, some);
        if (lists->wide[listed] != position || (narrow && lists->narrow[listed] != position))
            ck_abort_msg("%d flags, number %d of the list: not %d", count, listed, position);
        listed++;
    }
    ck_assert_int_eq(listed, some);
    ck_assert(lists->narrow[end] == GUARD && lists->wide[end] == GUARD);
}

START_TEST(lists_are_those_of_the_loop_ir)
{
    Lists *lists = malloc(sizeof *lists);
    for (int density = 0; density < DENSITIES; density++) {
        for (int count = 1; count < 300; count++) {
            set_flags(lists, count, density);
            expect_lists(lists, count);
        }
        for (int count = 784; count < MOST; count = count * 3 + 11) {
            set_flags(lists, count, density);
            expect_lists(lists, count);
        }
        set_flags(lists, MOST, density);
        expect_lists(lists, MOST);
    }
    free(lists);
}
END_TEST

/* A list may begin anywhere in a row, and what stands before it stays. */
START_TEST(lists_are_appended)
{
    const uint8_t flags[40] = {[0] = 1, [9] = 1, [39] = 1};
    uint16_t list[3 + 3 + SNN_LIST_SLACK] = {1, 2, 3};
    int32_t count = 3;
    count += snn_list16(list + count, flags, 40);
    ck_assert_int_eq(count, 6);
    ck_assert(list[0] == 1 && list[1] == 2 && list[2] == 3);
    ck_assert_int_eq(list[3] + list[4] + list[5], 0 + 9 + 39);
}
END_TEST

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

START_TEST(every_position_has_one_turn)
{
    int order[2000];
    for (int count = 1; count <= 2000; count += count < 300 ? 1 : 17) {
        for (int turn = 0; turn < count; turn++)
            order[turn] = loop_list_position(count, turn);
        qsort(order, (size_t)count, sizeof *order, by_number);
        for (int turn = 0; turn < count; turn++)
            ck_assert_int_eq(order[turn], turn);
    }
}
END_TEST

Suite *rt_list_suite(void)
{
    Suite *suite = suite_create("rt_list");
    TCase *tcase = tcase_create("rt_list");
    tcase_add_test(tcase, lists_are_those_of_the_loop_ir);
    tcase_add_test(tcase, lists_are_appended);
    tcase_add_test(tcase, every_position_has_one_turn);
    suite_add_tcase(suite, tcase);
    return suite;
}
