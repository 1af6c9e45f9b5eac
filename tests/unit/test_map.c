/* How linear maps go along axes: what they read, how their weights are stored, what no map can be. */
#include "map.h"

#include "intern.h"

#include <check.h>

Suite *map_suite(void);

static MapAxis window(const char *name, int in, int out, int taps, int stride, int before)
{
    return (MapAxis){.name = name,
                     .reach = REACH_WINDOW,
                     .in = in,
                     .out = out,
                     .taps = taps,
                     .stride = stride,
                     .dilation = 1,
                     .before = before};
}

/* [y = 6, x = 8, c = 4] to [y = 6, x = 4, c = 10]: 3 x 5 taps, by 2 along x, two groups of channels. */
static AxisMap convolution(void)
{
    return (AxisMap){.name = "conv",
                     .count = 3,
                     .space = {window(name_y, 6, 6, 3, 1, 1),
                               window(name_x, 8, 4, 5, 2, 2),
                               {.name = name_c, .reach = REACH_ALL, .in = 4, .out = 10}},
                     .groups = 2};
}

/* Seven steps become five, in each of 12 units. */
static AxisMap along_time(void)
{
    return map_in_time("conv", 12, window(name_time, 7, 5, 3, 1, 0));
}

static void expect_weights(const AxisMap *map, int rows, int columns, const char *text)
{
    int dims[MAX_DIMS];
    const char *axes[MAX_DIMS], *found = "";
    Arena *arena = arena_new();
    int count = map_weight_dims(map, dims);
    map_weight_axes(map, axes);
    for (int d = 0; d < count; d++)
        found = arena_printf(arena, "%s%s%s = %d", found, d ? ", " : "", axes[d], dims[d]);
    ck_assert_str_eq(found, text);
    ck_assert_int_eq(map_rows(map), rows);
    ck_assert_int_eq(map_columns(map), columns);
    arena_free(arena);
}

START_TEST(outputs_of_windows)
{
    ck_assert_int_eq(window_outputs(28, 3, 1, 1, 2), 28);
    ck_assert_int_eq(window_outputs(28, 3, 2, 1, 2), 14);
    ck_assert_int_eq(window_outputs(7, 3, 1, 2, 0), 3); /* taps 0, 2, 4 of 7 */
    ck_assert_int_eq(window_outputs(2, 3, 1, 1, 0), 0);
    ck_assert_int_eq(window_outputs(2, 3, 1, 1, 1), 1);
}
END_TEST

START_TEST(taps_that_meet_inputs)
{
    AxisMap map = convolution();
    MapAxis small = window(name_y, 1, 1, 3, 1, 1), half = window(name_x, 2, 1, 3, 2, 1),
            far = window(name_x, 2, 2, 5, 1, 2);
    int from, to;
    axis_met(&small, &from, &to); /* the middle */
    ck_assert_int_eq(from, 1);
    ck_assert_int_eq(to, 2);
    axis_met(&half, &from, &to); /* what is padded at its begin */
    ck_assert_int_eq(from, 1);
    ck_assert_int_eq(to, 3);
    axis_met(&far, &from, &to);
    ck_assert_int_eq(from, 1);
    ck_assert_int_eq(to, 4);
    map_met(&map, &from, &to);
    ck_assert_int_eq(from, 0);
    ck_assert_int_eq(to, 15);
    map.space[0] = small;
    map.space[1] = half;
    map_met(&map, &from, &to); /* taps (1, 1) and (1, 2) of 3 x 3 */
    ck_assert_int_eq(from, 4);
    ck_assert_int_eq(to, 6);
}
END_TEST

START_TEST(dense_maps)
{
    AxisMap map = map_dense(5, 3), grouped = map;
    ck_assert(map_is_dense(&map));
    ck_assert(map_mixes_space(&map));
    expect_weights(&map, 5, 3, "inputs = 5, outputs = 3");
    ck_assert_int_eq(map_biases(&map, false), 3);
    ck_assert_int_eq(map_biases(&map, true), 5);
    ck_assert_int_eq(map_operations(&map, 7), 7 * 5 * 3);
    grouped.groups = 5;
    ck_assert(!map_is_dense(&grouped));
}
END_TEST

START_TEST(convolutions)
{
    AxisMap map = convolution();
    ck_assert_int_eq(map_inputs(&map), 6 * 8 * 4);
    ck_assert_int_eq(map_outputs(&map), 6 * 4 * 10);
    expect_weights(&map, 3 * 5 * 2, 10, "y = 3, x = 5, inputs = 2, outputs = 10");
    ck_assert_int_eq(map_biases(&map, false), 10);
    ck_assert_int_eq(map_operations(&map, 2), 2 * (6 * 3) * (4 * 5) * (2 * 10));
    map.groups = 4; /* a kernel for each channel still mixes where there are more outputs than groups */
    ck_assert(map_mixes_space(&map));
    map.space[2].out = 4;
    ck_assert(!map_mixes_space(&map));
}
END_TEST

/* One weight for each tap: all units share it. */
START_TEST(maps_along_time)
{
    AxisMap map = along_time();
    ck_assert(!map_is_dense(&map));
    ck_assert_ptr_null(map_mixed(&map));
    ck_assert_int_eq(map_biases(&map, false), 0);
    expect_weights(&map, 3, 1, "time = 3");
    ck_assert_int_eq(map_operations(&map, 7), 5 * 3 * 12);
    map.time = (MapAxis){.name = name_time, .reach = REACH_ALL, .in = 7, .out = 7};
    ck_assert_ptr_eq(map_mixed(&map), &map.time);
    ck_assert(!map_mixes_space(&map));
    expect_weights(&map, 7, 7, "inputs = 7, outputs = 7");
}
END_TEST

START_TEST(texts)
{
    Arena *arena = arena_new();
    AxisMap map = map_dense(5, 3);
    ck_assert_str_eq(map_text(arena, &map), "");
    map = convolution();
    map.edge = EDGE_REPLICATE;
    map.space[0].dilation = 2;
    ck_assert_str_eq(map_text(arena, &map),
                     "3 taps 2 apart from -1, 5 taps by 2 from -2, 4 -> 10 in 2 groups, replicated edge");
    map = along_time();
    ck_assert_str_eq(map_text(arena, &map), "time 3 taps, same");
    map.time.linear = true;
    ck_assert_str_eq(map_text(arena, &map), "time 3 linear taps, same");
    arena_free(arena);
}
END_TEST

static void expect_fault(AxisMap map, const char *fault)
{
    ck_assert_pstr_eq(map_fault(&map), fault);
}

START_TEST(faults)
{
    AxisMap map = convolution();
    expect_fault(map, NULL);
    map.space[0].taps = 0;
    expect_fault(map, "has an empty window");
    map = convolution();
    map.space[1].out = 0;
    expect_fault(map, "has an axis without extent");
    map.space[1] = (MapAxis){.name = name_x, .reach = REACH_SAME, .in = 8, .out = 4};
    expect_fault(map, "changes the extent of an axis that it leaves");
    map = convolution();
    map.space[2].linear = true;
    expect_fault(map, "has lines without a window");
    map = convolution();
    map.groups = 3;
    expect_fault(map, "has groups that do not divide its channels");
    map.space[1].reach = REACH_ALL;
    expect_fault(map, "mixes an axis that is not the last");
}
END_TEST

Suite *map_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");
    tcase_add_test(tcase, outputs_of_windows);
    tcase_add_test(tcase, taps_that_meet_inputs);
    tcase_add_test(tcase, dense_maps);
    tcase_add_test(tcase, convolutions);
    tcase_add_test(tcase, maps_along_time);
    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, faults);
    suite_add_tcase(suite, tcase);
    return suite;
}
