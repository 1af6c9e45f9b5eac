/* The exact form of messages, their limit, and suggestions of names. */
#include "diag.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *diag_suite(void);

static Arena *arena;
static Sources sources;
static Diag diag;
static char *text;
static size_t size;

static void setup(void)
{
    arena = arena_new();
    sources = (Sources){.arena = arena};
    diag = (Diag){.sources = &sources, .out = open_memstream(&text, &size)};
    ck_assert_ptr_nonnull(diag.out);
}

static void teardown(void)
{
    fclose(diag.out);
    free(text);
    arena_free(arena);
}

static void expect(const char *expected)
{
    fflush(diag.out);
    ck_assert_str_eq(text, expected);
}

static void add_line(const char *line)
{
    source_add(&sources, "model.snn", line, (uint32_t)strlen(line));
}

START_TEST(error_note_and_hint)
{
    add_line("model m {\n    hidden = input -> lfi(tau = 2)\n}\n");
    diag_error(&diag, RULE_SYNTAX, (Span){33, 36}, "unknown neuron `%s`", "lfi");
    diag_hint(&diag, "did you mean `%s`?", "lif");
    diag_note(&diag, (Span){7, 8}, "in this model");
    expect("model.snn:2:23: error: unknown neuron `lfi` [syntax]\n"
           "        hidden = input -> lfi(tau = 2)\n"
           "                          ^~~\n"
           "    hint: did you mean `lif`?\n"
           "model.snn:1:7: note: in this model\n"
           "    model m {\n"
           "          ^\n");
}
END_TEST

/* Warnings are counted apart, are errors if so asked, or are not there at all. */
START_TEST(warnings)
{
    add_line("let a = 2");
    diag_warning(&diag, RULE_UNUSED, (Span){5, 6}, "`%s` is not used", "a");
    diag_hint(&diag, "use it");
    ck_assert_int_eq(diag.errors, 0);
    diag.strict = true;
    diag_warning(&diag, RULE_UNUSED, (Span){5, 6}, "so");
    ck_assert_int_eq(diag.errors, 1);
    diag.no_warnings = true;
    diag_warning(&diag, RULE_UNUSED, (Span){5, 6}, "not shown");
    diag_hint(&diag, "nor is this");
    diag_finish(&diag);
    expect("model.snn:1:5: warning: `a` is not used [unused]\n"
           "    let a = 2\n"
           "        ^\n"
           "    hint: use it\n"
           "model.snn:1:5: error: so [unused]\n"
           "    let a = 2\n"
           "        ^\n"
           "1 error, 1 warning\n");
}
END_TEST

START_TEST(tabs_are_copied)
{
    add_line("\tx\t= 3");
    diag_error(&diag, RULE_SYNTAX, (Span){6, 7}, "m");
    expect("model.snn:1:6: error: m [syntax]\n    \tx\t= 3\n    \t \t  ^\n");
}
END_TEST

START_TEST(wide_characters_count_once)
{
    add_line("\"\xC3\xA9\xE2\x86\x92\" x");
    diag_error(&diag, RULE_SYNTAX, (Span){9, 10}, "m");
    diag_error(&diag, RULE_SYNTAX, (Span){1, 8}, "n");
    expect("model.snn:1:9: error: m [syntax]\n    \"\xC3\xA9\xE2\x86\x92\" x\n         ^\n"
           "model.snn:1:1: error: n [syntax]\n    \"\xC3\xA9\xE2\x86\x92\" x\n    ^~~~\n");
}
END_TEST

START_TEST(control_bytes_are_not_printed)
{
    add_line("a\033[2Jb\rc");
    diag_error(&diag, RULE_SYNTAX, (Span){1, 2}, "m");
    expect("model.snn:1:1: error: m [syntax]\n    a?[2Jb?c\n    ^\n");
}
END_TEST

START_TEST(a_caret_ends_with_its_line)
{
    add_line("ab(\n  c)\n");
    diag_error(&diag, RULE_SYNTAX, (Span){2, 9}, "m");
    diag_error(&diag, RULE_SYNTAX, (Span){4, 4}, "end");
    expect("model.snn:1:2: error: m [syntax]\n    ab(\n     ^~\n"
           "model.snn:1:4: error: end [syntax]\n    ab(\n       ^\n");
}
END_TEST

START_TEST(long_lines_are_shortened)
{
    char line[1001];
    memset(line, 'a', 1000);
    line[1000] = '\0';
    memcpy(line + 500, "here", 4);
    add_line(line);
    diag_error(&diag, RULE_SYNTAX, (Span){501, 505}, "m");
    char expected[300];
    snprintf(expected, sizeof expected, "model.snn:1:501: error: m [syntax]\n    %.160s\n%*s^~~~\n",
             line + 440, 64, "");
    expect(expected);
}
END_TEST

START_TEST(without_a_place)
{
    diag_error(&diag, RULE_SYNTAX, (Span){0, 0}, "no model");
    expect("snnc: error: no model [syntax]\n");
}
END_TEST

START_TEST(only_so_many_are_shown)
{
    for (int i = 1; i <= DIAG_LIMIT + 5; i++) {
        diag_error(&diag, RULE_SYNTAX, (Span){0, 0}, "%d", i);
        diag_hint(&diag, "h");
    }
    diag_finish(&diag);
    fflush(diag.out);
    ck_assert_int_eq(diag.errors, 25);
    ck_assert_ptr_nonnull(strstr(text, "error: 20 [syntax]\n    hint: h\n25 errors (20 shown)\n"));
    ck_assert_ptr_null(strstr(text, "error: 21"));
}
END_TEST

START_TEST(finishing)
{
    diag_finish(&diag);
    expect("");
    diag.errors = 1;
    diag_finish(&diag);
    diag.errors = 20;
    diag_finish(&diag);
    expect("1 error\n20 errors\n");
}
END_TEST

START_TEST(rules_have_distinct_names)
{
    for (int i = 0; i < RULE_COUNT; i++) {
        ck_assert_str_ne(rule_name((Rule)i), "");
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(rule_name((Rule)i), rule_name((Rule)j));
    }
}
END_TEST

typedef struct ClosestRow {
    const char *name, *closest; /* NULL: none is close */
} ClosestRow;

static const ClosestRow closest[] = {
    {"lfi", "lif"},
    {"LIF", "lif"},
    {"LFI", "lif"},
    {"Dropout", "dropout"},
    {"lif2", "lif"},
    {"pilf", "plif"},
    {"denss", "dense"},
    {"droput", "dropout"},
    {"dropot", "dropout"},
    {"dropouttt", "dropout"},
    {"crossentropy", "cross_entropy"},
    {"if", "if"},
    {"x", NULL},
    {"", NULL},
    {"banana", NULL},
};

START_TEST(closest_names)
{
    static const char *const names[] = {"lif", "plif", "dense", "dropout", "cross_entropy", "if"};
    const char *found = closest_name(closest[_i].name, names, 6);
    if (closest[_i].closest == NULL)
        ck_assert_ptr_null(found);
    else
        ck_assert_str_eq(found, closest[_i].closest);
}
END_TEST

START_TEST(names_may_be_long)
{
    char name[1000];
    memset(name, 'x', sizeof name);
    name[999] = '\0';
    const char *names[] = {name, "lif"};
    ck_assert_ptr_null(closest_name(name, names, 2));
    ck_assert_str_eq(closest_name("lfi", names, 2), "lif");
    name[64] = '\0';
    ck_assert_str_eq(closest_name(name, names, 1), name);
    ck_assert_ptr_null(closest_name("lif", NULL, 0));
}
END_TEST

Suite *diag_suite(void)
{
    Suite *suite = suite_create("diag");
    TCase *tcase = tcase_create("diag");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, error_note_and_hint);
    tcase_add_test(tcase, warnings);
    tcase_add_test(tcase, tabs_are_copied);
    tcase_add_test(tcase, wide_characters_count_once);
    tcase_add_test(tcase, control_bytes_are_not_printed);
    tcase_add_test(tcase, a_caret_ends_with_its_line);
    tcase_add_test(tcase, long_lines_are_shortened);
    tcase_add_test(tcase, without_a_place);
    tcase_add_test(tcase, only_so_many_are_shown);
    tcase_add_test(tcase, finishing);
    tcase_add_test(tcase, rules_have_distinct_names);
    tcase_add_loop_test(tcase, closest_names, 0, sizeof closest / sizeof closest[0]);
    tcase_add_test(tcase, names_may_be_long);
    suite_add_tcase(suite, tcase);
    return suite;
}
