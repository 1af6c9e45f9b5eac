/* Hash tables: what was put in is found, whatever else is there. */
#include "table.h"

#include <check.h>
#include <stdlib.h>

Suite *table_suite(void);

START_TEST(names_are_found)
{
    enum { COUNT = 3000 };
    Arena *arena = arena_new();
    Table table = {0};
    ck_assert_int_eq(table_find_name(&table, "x"), TABLE_NONE);
    for (int i = 0; i < COUNT; i++)
        table_put_name(arena, &table, arena_printf(arena, "x%d", i), i);
    for (int i = 0; i < COUNT; i += 3)
        table_put_name(arena, &table, arena_printf(arena, "x%d", i), -i - 2);
    ck_assert_int_eq(table.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(table_find_name(&table, arena_printf(arena, "x%d", i)), i % 3 ? i : -i - 2);
    ck_assert_int_eq(table_find_name(&table, ""), TABLE_NONE);
    ck_assert_int_eq(table_find_name(&table, "x3000"), TABLE_NONE);
    arena_free(arena);
}
END_TEST

/* Keys are told apart by all their bytes, and by their length. */
START_TEST(keys_are_bytes)
{
    static const int keys[][2] = {{0, 0}, {0, 1}, {1, 0}, {256, 0}};
    Arena *arena = arena_new();
    Table table = {0};
    for (int i = 0; i < 4; i++)
        table_put(arena, &table, keys[i], sizeof keys[i], i);
    table_put(arena, &table, keys[0], sizeof(int), 4);
    for (int i = 0; i < 4; i++) {
        int copy[2] = {keys[i][0], keys[i][1]};
        ck_assert_int_eq(table_find(&table, copy, sizeof copy), i);
    }
    ck_assert_int_eq(table_find(&table, keys[1], sizeof(int)), 4);
    arena_free(arena);
}
END_TEST

Suite *table_suite(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_add_test(tcase, names_are_found);
    tcase_add_test(tcase, keys_are_bytes);
    suite_add_tcase(suite, tcase);
    return suite;
}
