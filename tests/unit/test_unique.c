/* Names in use: who gets a number, and what meets what. */
#include "unique.h"

#include <check.h>

Suite *unique_suite(void);

static Arena *arena;
static Unique names;

static void setup(void)
{
    arena = arena_new();
    names = (Unique){0};
}

static void teardown(void)
{
    arena_free(arena);
}

static void expect_name(const char *base, const char *name)
{
    ck_assert_str_eq(unique_name(arena, &names, base), name);
}

START_TEST(the_second_gets_a_number)
{
    expect_name("h", "h");
    expect_name("h", "h_2");
    expect_name("h_2", "h_2_2");
    expect_name("h", "h_3");
    expect_name("g_2", "g_2");
    expect_name("g", "g");
    expect_name("g", "g_3");
}
END_TEST

START_TEST(underscores_in_front_make_no_difference)
{
    expect_name("h", "h");
    expect_name("__h", "__h_2");
    expect_name("_h_2", "_h_2_2");
    expect_name("h_", "h_");
    expect_name("_", "_");
    expect_name("___", "____2");
    ck_assert_str_eq(name_stem("__LINE__"), "LINE__");
    ck_assert_str_eq(name_stem("_"), "");
    ck_assert_str_eq(name_stem("__7"), "_7");
    expect_name("_7", "_7");
    expect_name("n7", "n7");
    expect_name("__7", "__7_2");
}
END_TEST

START_TEST(what_is_released_is_free_again)
{
    expect_name("h", "h");
    int outside = unique_mark(&names);
    expect_name("h", "h_2");
    int inside = unique_mark(&names);
    expect_name("h", "h_3");
    expect_name("x", "x");
    unique_release(&names, inside);
    expect_name("h", "h_3");
    expect_name("x", "x");
    unique_release(&names, outside);
    expect_name("h", "h_2");
}
END_TEST

/* Were all numbers tried from 2 on, or all names compared, this would take minutes. */
START_TEST(many_names_take_no_time)
{
    expect_name("x", "x");
    for (int i = 2; i <= 200000; i++) {
        expect_name("x", arena_printf(arena, "x_%d", i));
        const char *other = arena_printf(arena, "y%d", i);
        expect_name(other, other);
    }
}
END_TEST

Suite *unique_suite(void)
{
    Suite *suite = suite_create("unique");
    TCase *tests = tcase_create("unique");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_second_gets_a_number);
    tcase_add_test(tests, underscores_in_front_make_no_difference);
    tcase_add_test(tests, what_is_released_is_free_again);
    tcase_add_test(tests, many_names_take_no_time);
    suite_add_tcase(suite, tests);
    return suite;
}
