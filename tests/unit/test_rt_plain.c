/* What kernels call that run without anything beside them: lists of flags are those that LIST of the Loop IR means. */
#include "../../compiler/loop.h"
#include "snn_plain.h"
#include "snn_random.h"

#include <check.h>
#include <stdlib.h>

Suite *rt_plain_suite(void);

enum { MOST = 3000, DENSITIES = 5 };

static void expect_list(int count, int density)
{
    uint8_t *flags = malloc((size_t)count); /* so that nothing beside them is read */
    uint16_t *narrow = malloc(sizeof *narrow * (size_t)(count + LOOP_LIST_SLACK)); /* nor written */
    int32_t *wide = malloc(sizeof *wide * (size_t)(count + LOOP_LIST_SLACK));
    int listed = 0;
    for (int i = 0; i < count; i++)
        flags[i] =
            (int)(snn_random((uint32_t)(count * DENSITIES + density), (uint32_t)i) >> 8) % (DENSITIES - 1)
            < density;
    int some = snn_list32(wide, flags, count);
    ck_assert_int_eq(snn_list16(narrow, flags, count), some);
    for (int turn = 0; turn < count; turn++) {
        int position = loop_list_position(count, turn);
        if (flags[position] == 0)
            continue;
        ck_assert_int_lt(listed, some);
        if (wide[listed] != position || narrow[listed] != position)
            ck_abort_msg("%d flags, number %d of the list: not %d", count, listed, position);
        listed++;
    }
    ck_assert_int_eq(listed, some);
    free(wide);
    free(narrow);
    free(flags);
}

START_TEST(lists_are_those_of_the_loop_ir)
{
    for (int density = 0; density < DENSITIES; density++) {
        for (int count = 1; count < 300; count++)
            expect_list(count, density);
        for (int count = 784; count < MOST; count += 97)
            expect_list(count, density);
    }
}
END_TEST

/* Which block the position is of; those behind the rows are the last one. */
static int block_of(int count, int position)
{
    int columns = loop_list_columns(count);
    return position < LOOP_LIST_ROWS * columns ? position % columns / LOOP_LIST_BLOCK
                                               : columns / LOOP_LIST_BLOCK;
}

START_TEST(lists_go_block_by_block)
{
    for (int count = 1; count < MOST; count++)
        for (int turn = 1; turn < count; turn++) {
            int before = block_of(count, loop_list_position(count, turn - 1));
            int now = block_of(count, loop_list_position(count, turn));
            ck_assert_int_le(before, now);
        }
}
END_TEST

START_TEST(the_next_flag_is_found_wherever_it_is)
{
    for (int from = 0; from < 20; from++)
        for (int to = from; to < 20; to++)
            for (int set = from; set <= to; set++) {
                uint8_t *flags = calloc(20, 1);
                if (set < to)
                    flags[set] = 1;
                if (from > 0)
                    flags[from - 1] = 1;
                ck_assert_int_eq(snn_next(flags, from, to), set);
                free(flags);
            }
}
END_TEST

Suite *rt_plain_suite(void)
{
    Suite *suite = suite_create("rt_plain");
    TCase *tcase = tcase_create("plain");
    tcase_add_test(tcase, lists_are_those_of_the_loop_ir);
    tcase_add_test(tcase, lists_go_block_by_block);
    tcase_add_test(tcase, the_next_flag_is_found_wherever_it_is);
    suite_add_tcase(suite, tcase);
    return suite;
}
