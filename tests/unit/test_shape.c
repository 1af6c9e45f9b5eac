/* Axes and their names. */
#include "intern.h"
#include "shape.h"

#include <check.h>

Suite *shape_suite(void);

static Shape of_rank(int ndim)
{
    return (Shape){.ndim = ndim, .dims = {2, 3, 4, 5}};
}

START_TEST(rank_tells_names)
{
    ck_assert_ptr_eq(shape_axis(of_rank(1), 0), name_c);
    ck_assert_ptr_eq(shape_axis(of_rank(2), 0), name_y);
    ck_assert_ptr_eq(shape_axis(of_rank(2), 1), name_x);
    ck_assert_ptr_eq(shape_axis(of_rank(3), 2), name_c);
    ck_assert_ptr_eq(shape_axis(of_rank(4), 0), name_z);
    ck_assert_int_eq(shape_find(of_rank(4), name_c), 3);
    ck_assert_int_eq(shape_find(of_rank(2), name_c), -1);
}
END_TEST

START_TEST(axes_are_compared_by_name)
{
    Shape image = {.ndim = 3, .dims = {5, 5, 3}}, channel = {.ndim = 1, .dims = {3}};
    Shape row = {.ndim = 1, .dims = {5}, .axes = {name_x}},
          column = {.ndim = 1, .dims = {5}, .axes = {name_y}};
    Shape turned = {.ndim = 2, .dims = {3, 5}, .axes = {name_c, name_x}}, one = {0};
    ck_assert(shape_within(channel, image) && shape_within(row, image) && shape_within(one, image));
    ck_assert(!shape_within(image, channel));
    ck_assert_msg(!shape_within(turned, image), "the order differs");
    ck_assert_msg(!shape_within((Shape){.ndim = 1, .dims = {4}}, image), "the extent differs");
    ck_assert(!shape_equal(row, column) && shape_equal(row, row) && shape_equal(one, one));
}
END_TEST

START_TEST(merged)
{
    Shape tap = {.ndim = 1, .dims = {5}, .axes = {name_x}}, one = {0}, both;
    Shape matrix = {.ndim = 2, .dims = {3, 4}, .axes = {name_inputs, name_outputs}};
    Shape gain = {.ndim = 1, .dims = {4}, .axes = {name_outputs}}, other = gain;
    Shape kernel = {.ndim = 3, .dims = {5, 3, 4}, .axes = {name_x, name_inputs, name_outputs}};
    ck_assert(shape_merge(matrix, tap, &both) && shape_equal(both, kernel));
    ck_assert(shape_merge(tap, matrix, &both) && shape_equal(both, kernel));
    ck_assert(shape_merge(gain, kernel, &both) && shape_equal(both, kernel));
    ck_assert(shape_merge(one, gain, &both) && shape_equal(both, gain));
    other.dims[0] = 3;
    ck_assert_msg(!shape_merge(matrix, other, &both), "the extent differs");
    ck_assert_msg(
        !shape_merge((Shape){.ndim = 5, .dims = {1, 1, 1, 1, 1}}, (Shape){.ndim = 1, .dims = {2}}, &both),
        "too many axes");
}
END_TEST

START_TEST(texts)
{
    Arena *arena = arena_new();
    Shape named = {.ndim = 2, .dims = {40, 3}, .axes = {name_x, name_c}};
    ck_assert_str_eq(shape_text(arena, of_rank(3)), "[2, 3, 4]");
    ck_assert_str_eq(shape_text(arena, of_rank(0)), "[]");
    ck_assert_str_eq(shape_text(arena, named), "[x = 40, c = 3]");
    arena_free(arena);
}
END_TEST

Suite *shape_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tcase = tcase_create("shape");
    tcase_add_test(tcase, rank_tells_names);
    tcase_add_test(tcase, axes_are_compared_by_name);
    tcase_add_test(tcase, merged);
    tcase_add_test(tcase, texts);
    suite_add_tcase(suite, tcase);
    return suite;
}
