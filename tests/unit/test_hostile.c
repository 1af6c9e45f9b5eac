/* No text disturbs the parser: deep nesting, every prefix of a file, copies with random changes. */
#include "unit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *hostile_suite(void);

typedef struct DeepRow {
    const char *open, *middle, *close;
    int times;
    bool accepted;
} DeepRow;

/* clang-format off */
static const DeepRow deep[] = {
    {"(", "1", ")", 200, true},
    {"(", "1", ")", 10000, false},
    {"(", "", "", 100000, false},
    {"[", "", "]", 900, true},
    {"[", "", "]", 2000, false},
    {"f(", "1", ")", 900, true},
    {"f(", "1", ")", 2000, false},
    {"f(a=", "1", ")", 10000, false},
    {"-", "1", "", 900, true},
    {"-", "1", "", 2000, false},
    {"not ", "1", "", 100000, false},
    {"2^", "1", "", 10000, false},
    {"", "1", "+1", 900, true},
    {"", "1", "+1", 100000, false},
    {"", "x", "->f", 900, true},
    {"", "x", "->f", 5000, false},
    {"{", "", "}", 10000, false},
};
/* clang-format on */

START_TEST(deep_nesting)
{
    const DeepRow *row = &deep[_i];
    Arena *arena = arena_new();
    Out *out = out_new(arena);
    out_raw(out, "let a = ", 8);
    for (int i = 0; i < row->times; i++)
        out_raw(out, row->open, strlen(row->open));
    out_raw(out, row->middle, strlen(row->middle));
    for (int i = 0; i < row->times; i++)
        out_raw(out, row->close, strlen(row->close));
    Parsed *parsed = parse_text(out_text(out), out_length(out));
    if (row->accepted) {
        expect_round_trip(parsed);
    } else {
        ck_assert_int_eq(parsed->errors, 1);
        print_of(parsed);
    }
    parsed_free(parsed);
    arena_free(arena);
}
END_TEST

/* Whatever the text: it is either right, and survives its print, or something is said about it. */
static void expect_sane(const char *text, size_t length)
{
    Parsed *parsed = parse_text(text, length);
    ck_assert(parsed->errors > 0 || !parsed->file->damaged);
    if (parsed->errors == 0)
        expect_round_trip(parsed);
    else
        ck_assert_int_eq(strncmp(parsed->messages, "model.snn:", 10), 0);
    print_of(parsed);
    parsed_free(parsed);
}

START_TEST(every_prefix)
{
    size_t model = (size_t)(strstr(sample_text, "model") - sample_text);
    for (size_t length = 0; length <= strlen(sample_text); length++) {
        char *copy = malloc(length + 1); /* its own block, so that the sanitizer sees a read behind it */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, sample_text, length);
        copy[length] = '\0';
        expect_sane(copy, length);
        if (length > model && length < strlen(sample_text)) {
            Parsed *parsed = parse_text(copy, length);
            ck_assert_int_eq(parsed->errors, 1);
            parsed_free(parsed);
        }
        free(copy);
    }
}
END_TEST

/* Replaces, drops or inserts at a random place; returns the new length. */
static size_t mutate(char *text, size_t length, unsigned *seed)
{
    static const char *const parts[] = {"(",  ")",   "{",    "}",        "[",    "->",      "=",
                                        ",",  " - ", "\n",   "model ",   "9",    "neuron ", "1e999",
                                        "\"", "#",   "\xFF", "\xC3\xA9", "not ", "let "};
    size_t at = random_below(seed, (unsigned)length);
    switch (random_below(seed, 3)) {
    case 0: text[at] = (char)random_below(seed, 256); return length;
    case 1: memmove(text + at, text + at + 1, length - at - 1); return length - 1;
    default: {
        const char *part = parts[random_below(seed, sizeof parts / sizeof parts[0])];
        size_t size = strlen(part);
        memmove(text + at + size, text + at, length - at);
        memcpy(text + at, part, size);
        return length + size;
    }
    }
}

START_TEST(mutated_copies)
{
    unsigned seed = (unsigned)_i + 1;
    for (int i = 0; i < 250; i++) {
        size_t length = strlen(sample_text);
        char *copy = malloc(length + 100);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, sample_text, length);
        for (int changes = 1 + i % 6; changes > 0; changes--)
            length = mutate(copy, length, &seed);
        copy[length] = '\0';
        expect_sane(copy, length);
        free(copy);
    }
}
END_TEST

/* Each of many mistakes takes time of its own only: with their square, these texts would take minutes. */
static const char *const repeated[] = {"@",
                                       "@\n",
                                       "x @\n",
                                       "x =\n",
                                       "f(x\n",
                                       "(\n",
                                       "{",
                                       "}",
                                       ")",
                                       "{\n",
                                       "\"",
                                       "/*",
                                       ";\n",
                                       "\xFF",
                                       "x\xE2\x86\x92\n",
                                       "if c {\n",
                                       "let a b\n",
                                       "model m {\n",
                                       "neuron n() {\n",
                                       "let a = (\nlet b = 2\n",
                                       "1.",
                                       "a.",
                                       "1 a\n"};

START_TEST(many_mistakes)
{
    enum { LENGTH = 400000 };
    const char *part = repeated[_i];
    size_t size = strlen(part);
    char *text = malloc(LENGTH);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = part[i % size];
    text[LENGTH - 1] = '\0';
    Parsed *parsed = parse_text(text, LENGTH - 1);
    ck_assert_int_gt(parsed->errors, 0);
    parsed_free(parsed);
    free(text);
}
END_TEST

/* Of the parser, mistakes take closers that the scanner has counted: the end still comes. */
static const char *const lost_closers[] = {"model m\noptimizer 1 } {", "model m {\nneuron 1 } {",
                                           "model m {\ntrain {\nneuron 1 } } {", "neuron n() {\nneuron 1 } {",
                                           "model m {\nsurrogate ( } } } {"};

START_TEST(the_end_comes)
{
    expect_sane(lost_closers[_i], strlen(lost_closers[_i]));
}
END_TEST

Suite *hostile_suite(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("hostile");
    tcase_add_loop_test(tcase, deep_nesting, 0, (int)(sizeof deep / sizeof deep[0]));
    tcase_add_test(tcase, every_prefix);
    tcase_add_loop_test(tcase, mutated_copies, 0, 8);
    tcase_add_loop_test(tcase, the_end_comes, 0, (int)(sizeof lost_closers / sizeof lost_closers[0]));
    tcase_add_loop_test(tcase, many_mistakes, 0, (int)(sizeof repeated / sizeof repeated[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
