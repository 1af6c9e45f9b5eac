/* Memory of an arena, and the arrays that live in it. */
#include "arena.h"
#include "vec.h"

#include <check.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

Suite *arena_suite(void);

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    Arena *arena = arena_new();
    unsigned char *blocks[200];
    size_t sizes[200];
    for (int i = 0; i < 200; i++) {
        sizes[i] = (size_t)(i * i * 7 % 5000);
        blocks[i] = arena_alloc(arena, sizes[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            ck_assert_uint_eq(blocks[i][j], 0);
            blocks[i][j] = (unsigned char)i;
        }
    }
    for (int i = 0; i < 200; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_uint_eq(blocks[i][j], (unsigned char)i);
    }
    arena_free(arena);
}
END_TEST

START_TEST(one_block_may_be_large)
{
    Arena *arena = arena_new();
    size_t size = 10 * 1024 * 1024;
    char *large = arena_alloc(arena, size);
    large[0] = large[size - 1] = 'x';
    char *small = arena_alloc(arena, 1);
    ck_assert_int_eq(small[0], 0);
    arena_free(arena);
    arena_free(NULL);
}
END_TEST

START_TEST(texts)
{
    Arena *arena = arena_new();
    ck_assert_str_eq(arena_strndup(arena, "hidden", 3), "hid");
    ck_assert_str_eq(arena_strndup(arena, "", 0), "");
    ck_assert_str_eq(arena_printf(arena, "%s_%d", "w", 12), "w_12");
    ck_assert_uint_eq(strlen(arena_printf(arena, "%0*d", 100000, 7)), 100000);
    arena_free(arena);
}
END_TEST

START_TEST(vec_keeps_its_elements)
{
    Arena *arena = arena_new();
    VEC(int) numbers = {0};
    for (int i = 0; i < 10000; i++)
        vec_push(arena, &numbers, i * 3);
    ck_assert_int_eq(numbers.count, 10000);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(numbers.at[i], i * 3);
    arena_free(arena);
}
END_TEST

Suite *arena_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(tcase, one_block_may_be_large);
    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, vec_keeps_its_elements);
    suite_add_tcase(suite, tcase);
    return suite;
}
