/* The writer: indentation, blank lines, and files that are whole or untouched. */
#include "out.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *out_suite(void);

static Arena *arena;
static Out *out;
static char folder[32];

static void setup(void)
{
    arena = arena_new();
    out = out_new(arena);
    strcpy(folder, "/tmp/snnc-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    ck_assert_int_eq(rmdir(folder), 0); /* fails if a temporary file was left */
    arena_free(arena);
}

START_TEST(indentation)
{
    out_open(out, "struct %s", "net");
    out_line(out, "float v[%d];", 3);
    out_open(out, "union");
    out_line(out, "int i;");
    out_close(out, " u;");
    out_close(out, ";");
    out_indent(out, 1);
    out_line(out, "deeper");
    out_indent(out, -5);
    out_line(out, "edge");
    ck_assert_str_eq(out_text(out), "struct net {\n"
                                    "    float v[3];\n"
                                    "    union {\n"
                                    "        int i;\n"
                                    "    } u;\n"
                                    "};\n"
                                    "    deeper\n"
                                    "edge\n");
    ck_assert_uint_eq(out_length(out), strlen(out_text(out)));
}
END_TEST

START_TEST(open_without_words)
{
    out_open(out, "%s", "");
    out_close(out, "");
    ck_assert_str_eq(out_text(out), "{\n}\n");
}
END_TEST

START_TEST(blank_lines)
{
    out_blank(out);
    out_open(out, "if (x)");
    out_blank(out);
    out_line(out, "a");
    out_blank(out);
    out_blank(out);
    out_line(out, "b");
    out_blank(out);
    out_close(out, "");
    out_blank(out);
    out_raw(out, "raw\n\n", 5);
    out_blank(out);
    out_line(out, "c");
    out_blank(out);
    ck_assert_str_eq(out_text(out), "if (x) {\n    a\n\n    b\n}\n\nraw\n\nc\n");
}
END_TEST

START_TEST(an_empty_line_has_no_blanks)
{
    out_open(out, "f");
    out_line(out, "%s", "");
    out_close(out, "");
    ck_assert_str_eq(out_text(out), "f {\n\n}\n");
}
END_TEST

START_TEST(long_texts)
{
    for (int i = 0; i < 10000; i++)
        out_line(out, "%09d", i);
    ck_assert_uint_eq(out_length(out), 100000);
    ck_assert_int_eq(strncmp(out_text(out) + 99990, "000009999\n", 11), 0);
}
END_TEST

static const char *in_folder(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static void expect_content(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    ck_assert_uint_eq(length, strlen(expected));
    ck_assert_str_eq(text, expected);
}

START_TEST(saving_makes_and_replaces)
{
    const char *error = NULL, *path = in_folder("a.c");
    out_line(out, "one");
    ck_assert(out_save(out, arena, path, &error));
    expect_content(path, "one\n");
    ck_assert_int_eq(chmod(path, 0640), 0);
    out_line(out, "two");
    ck_assert(out_save(out, arena, path, &error));
    expect_content(path, "one\ntwo\n");
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
    unlink(path);
}
END_TEST

START_TEST(saving_through_a_link)
{
    const char *error = NULL, *target = in_folder("target"), *link = in_folder("link");
    out_line(out, "one");
    ck_assert(out_save(out, arena, target, &error));
    ck_assert_int_eq(symlink("target", link), 0);
    out_line(out, "two");
    ck_assert(out_save(out, arena, link, &error));
    expect_content(target, "one\ntwo\n");
    struct stat status;
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    unlink(link);
    unlink(target);
}
END_TEST

START_TEST(saving_to_a_device)
{
    const char *error = NULL;
    out_line(out, "gone");
    ck_assert(out_save(out, arena, "/dev/null", &error));
    struct stat status;
    ck_assert_int_eq(stat("/dev/null", &status), 0);
    ck_assert(S_ISCHR(status.st_mode));
    ck_assert(!out_save(out, arena, "/dev/full", &error));
    ck_assert_str_eq(error, "cannot write (/dev/full): No space left on device");
}
END_TEST

START_TEST(saving_fails)
{
    const char *error = NULL, *path = in_folder("none/a.c");
    out_line(out, "one");
    ck_assert(!out_save(out, arena, path, &error));
    ck_assert_str_eq(
        error,
        arena_printf(arena, "cannot write (%s): No such file or directory; make its folder first", path));
    ck_assert(!out_save(out, arena, folder, &error));
    ck_assert_str_eq(error, arena_printf(arena, "not a regular file (%s): give the name of a file", folder));
}
END_TEST

Suite *out_suite(void)
{
    Suite *suite = suite_create("out");
    TCase *tcase = tcase_create("out");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, indentation);
    tcase_add_test(tcase, open_without_words);
    tcase_add_test(tcase, blank_lines);
    tcase_add_test(tcase, an_empty_line_has_no_blanks);
    tcase_add_test(tcase, long_texts);
    tcase_add_test(tcase, saving_makes_and_replaces);
    tcase_add_test(tcase, saving_through_a_link);
    tcase_add_test(tcase, saving_to_a_device);
    tcase_add_test(tcase, saving_fails);
    suite_add_tcase(suite, tcase);
    return suite;
}
