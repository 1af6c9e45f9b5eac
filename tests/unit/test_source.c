/* Offsets to places, and reading files. */
#include "source.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *source_suite(void);

static Arena *arena;
static Sources sources;

static void setup(void)
{
    arena = arena_new();
    sources = (Sources){.arena = arena};
}

static void teardown(void)
{
    arena_free(arena);
}

static const Source *add(const char *path, const char *text)
{
    return source_add(&sources, path, text, (uint32_t)strlen(text));
}

static void expect_place(uint32_t offset, const char *path, int line, int column, const char *text)
{
    Place place = source_place(&sources, offset);
    ck_assert_ptr_nonnull(place.source);
    ck_assert_str_eq(place.source->path, path);
    ck_assert_int_eq(place.line, line);
    ck_assert_int_eq(place.column, column);
    ck_assert_int_eq(place.line_length, (int)strlen(text));
    ck_assert_int_eq(strncmp(place.line_text, text, strlen(text)), 0);
}

START_TEST(places)
{
    uint32_t a = add("a", "one\ntwo\r\n\nfour")->base;
    uint32_t b = add("b", "")->base;
    uint32_t c = add("c", "x\n")->base;
    ck_assert_uint_eq(a, 1);
    expect_place(a, "a", 1, 1, "one");
    expect_place(a + 3, "a", 1, 4, "one");
    expect_place(a + 4, "a", 2, 1, "two");
    expect_place(a + 7, "a", 2, 4, "two");
    expect_place(a + 9, "a", 3, 1, "");
    expect_place(a + 13, "a", 4, 4, "four");
    expect_place(a + 14, "a", 4, 5, "four"); /* the end of the text */
    expect_place(b, "b", 1, 1, "");
    expect_place(c, "c", 1, 1, "x");
    expect_place(c + 2, "c", 2, 1, "");
}
END_TEST

START_TEST(no_place)
{
    ck_assert_ptr_null(source_place(&sources, 0).source);
    add("a", "text");
    ck_assert_ptr_null(source_place(&sources, 0).source);
    ck_assert_ptr_null(source_place(&sources, 1000).source);
}
END_TEST

/* A new file with these bytes; its path is static. */
static const char *write_file(const char *bytes, size_t length, size_t times)
{
    static char path[] = "/tmp/snnc-unit-XXXXXX";
    strcpy(path + sizeof path - 7, "XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    for (size_t i = 0; i < times; i++)
        ck_assert_int_eq(write(file, bytes, length), (ssize_t)length);
    close(file);
    return path;
}

START_TEST(reading)
{
    const char *error = NULL, *path = write_file("a\0b\n", 4, 1);
    const Source *source = source_read(&sources, path, &error);
    ck_assert_ptr_nonnull(source);
    ck_assert_uint_eq(source->length, 4);
    ck_assert_mem_eq(source->text, "a\0b\n", 5);
    ck_assert_str_eq(source->path, path);
    unlink(path);
}
END_TEST

START_TEST(reading_what_is_longer_than_a_buffer)
{
    const char *error = NULL, *path = write_file("0123456789", 10, 10000);
    const Source *source = source_read(&sources, path, &error);
    ck_assert_ptr_nonnull(source);
    ck_assert_uint_eq(source->length, 100000);
    for (uint32_t i = 0; i < source->length; i++)
        ck_assert_int_eq(source->text[i], '0' + (int)(i % 10));
    unlink(path);
}
END_TEST

START_TEST(reading_fails)
{
    const char *error = NULL;
    ck_assert_ptr_null(source_read(&sources, "/nowhere/model.snn", &error));
    ck_assert_str_eq(error, "cannot read (/nowhere/model.snn): No such file or directory");
    ck_assert_ptr_null(source_read(&sources, "/tmp", &error));
    ck_assert_str_eq(error, "cannot read (/tmp): Is a directory");
    ck_assert_ptr_null(source_read(&sources, "/dev/zero", &error));
    ck_assert_str_eq(error, "`/dev/zero` is larger than 16 MiB: is it a model?");
    ck_assert_int_eq(sources.files.count, 0);
}
END_TEST

Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tcase = tcase_create("source");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, places);
    tcase_add_test(tcase, no_place);
    tcase_add_test(tcase, reading);
    tcase_add_test(tcase, reading_what_is_longer_than_a_buffer);
    tcase_add_test(tcase, reading_fails);
    suite_add_tcase(suite, tcase);
    return suite;
}
