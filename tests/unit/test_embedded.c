/* What is built into the compiler equals the files it was made from. Runs in the repository's root. */
#include "embedded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *embedded_suite(void);

/* The repository's path of an embedded file. */
static FILE *open_original(const char *path)
{
    char original[200];
    const char *folder = strncmp(path, "library/", 8) == 0 ? "compiler/" : "";
    snprintf(original, sizeof original, "%s%s", folder, path);
    return fopen(original, "rb");
}

START_TEST(files_are_whole)
{
    ck_assert_int_gt(embedded_count, 0);
    for (int i = 0; i < embedded_count; i++) {
        const Embedded *file = &embedded_files[i];
        FILE *original = open_original(file->path);
        ck_assert_msg(original != NULL, "%s", file->path);
        char *text = malloc(file->length + 1);
        ck_assert_ptr_nonnull(text);
        ck_assert_uint_eq(fread(text, 1, file->length + 1, original), file->length);
        ck_assert_mem_eq(text, file->text, file->length);
        ck_assert_int_eq(file->text[file->length], '\0');
        free(text);
        fclose(original);
    }
}
END_TEST

START_TEST(files_are_sorted_and_found)
{
    for (int i = 0; i < embedded_count; i++) {
        ck_assert_ptr_eq(embedded_find(embedded_files[i].path), &embedded_files[i]);
        if (i > 0)
            ck_assert_int_lt(strcmp(embedded_files[i - 1].path, embedded_files[i].path), 0);
    }
    ck_assert_ptr_nonnull(embedded_find("runtime/base/snn.h"));
    ck_assert_ptr_null(embedded_find("snn.h"));
}
END_TEST

Suite *embedded_suite(void)
{
    Suite *suite = suite_create("embedded");
    TCase *tcase = tcase_create("embedded");
    tcase_add_test(tcase, files_are_whole);
    tcase_add_test(tcase, files_are_sorted_and_found);
    suite_add_tcase(suite, tcase);
    return suite;
}
