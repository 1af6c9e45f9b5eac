/* Names: one pointer for equal texts, that of the language's own name if it is one. */
#include "intern.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *intern_suite(void);

START_TEST(equal_texts_are_one_name)
{
    enum { COUNT = 500 };
    Arena *arena = arena_new();
    Interned names = {0};
    const char *first[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const char *text = arena_printf(arena, "x%d", i);
        first[i] = intern(arena, &names, text, strlen(text));
        ck_assert_str_eq(first[i], text);
    }
    for (int i = 0; i < COUNT; i++) {
        const char *text = arena_printf(arena, "x%d and more", i);
        ck_assert_ptr_eq(intern(arena, &names, text, strcspn(text, " ")), first[i]);
        ck_assert_ptr_ne(intern(arena, &names, text, strlen(text)), first[i]);
    }
    arena_free(arena);
}
END_TEST

START_TEST(the_language_has_names)
{
    Arena *arena = arena_new();
    Interned names = {0};
#define NAME(id, text) ck_assert_ptr_eq(intern(arena, &names, text " ", sizeof text - 1), name_##id);
#include "names.def"
#undef NAME
    ck_assert_ptr_ne(intern(arena, &names, "dens", 4), name_dense);
    ck_assert_ptr_ne(intern(arena, &names, "Dense", 5), name_dense);
    arena_free(arena);
}
END_TEST

Suite *intern_suite(void)
{
    Suite *suite = suite_create("intern");
    TCase *tcase = tcase_create("intern");
    tcase_add_test(tcase, equal_texts_are_one_name);
    tcase_add_test(tcase, the_language_has_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
