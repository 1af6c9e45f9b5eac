/* Numbers as text: exact spelling, and every text reads back to its number. */
#include "literal.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Suite *literal_suite(void);

typedef struct FloatRow {
    float value;
    const char *text;
} FloatRow;

static const FloatRow floats[] = {
    {0.0f, "0.0f"},
    {-0.0f, "-0.0f"},
    {1.0f, "1.0f"},
    {-2.0f, "-2.0f"},
    {0.1f, "0.1f"},
    {100.0f, "100.0f"},
    {16777216.0f, "16777216.0f"},
    {1e10f, "1e10f"},
    {1e-5f, "1e-5f"},
    {0.0001f, "0.0001f"},
    {1.0f / 3.0f, "0.33333334f"},
    {FLT_MAX, "3.4028235e38f"},
    {-FLT_MIN, "-1.1754944e-38f"},
    {FLT_TRUE_MIN, "1e-45f"},
    {INFINITY, "INFINITY"},
    {-INFINITY, "-INFINITY"},
    {NAN, "NAN"},
};

START_TEST(float_text)
{
    char buffer[LITERAL_SIZE];
    ck_assert_str_eq(literal_float(buffer, floats[_i].value), floats[_i].text);
}
END_TEST

typedef struct NumberRow {
    double value;
    const char *text;
} NumberRow;

static const NumberRow numbers[] = {
    {0, "0"},
    {25, "25"},
    {-3, "-3"},
    {0.1, "0.1"},
    {10.05, "10.05"},
    {0.001, "0.001"},
    {1e-5, "1e-5"},
    {123456789, "123456789"},
    {1e9, "1e9"},
    {1e300, "1e300"},
    {1.0 / 3.0, "0.3333333333333333"},
    {DBL_MAX, "1.7976931348623157e308"},
    {DBL_TRUE_MIN, "5e-324"},
    {HUGE_VAL, "inf"},
    {-HUGE_VAL, "-inf"},
};

START_TEST(number_text)
{
    char buffer[LITERAL_SIZE];
    ck_assert_str_eq(literal_number(buffer, numbers[_i].value), numbers[_i].text);
}
END_TEST

/* The bits of floats, far apart by a step that shares no factor with 2^32. */
START_TEST(floats_read_back)
{
    char buffer[LITERAL_SIZE];
    uint32_t bits = 0;
    for (int i = 0; i < 50000; i++, bits += 2654435761u) {
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        literal_float(buffer, value);
        ck_assert_uint_lt(strlen(buffer), LITERAL_SIZE);
        ck_assert_ptr_nonnull(strpbrk(buffer, ".e"));
        char *end;
        float back = strtof(buffer, &end);
        ck_assert_str_eq(end, "f");
        ck_assert_int_eq(memcmp(&back, &value, sizeof value), 0);
    }
}
END_TEST

START_TEST(numbers_read_back)
{
    char buffer[LITERAL_SIZE];
    uint64_t bits = 0;
    for (int i = 0; i < 50000; i++, bits += 11400714819323198485u) {
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        double back = strtod(literal_number(buffer, value), NULL);
        ck_assert_int_eq(memcmp(&back, &value, sizeof value), 0);
    }
}
END_TEST

Suite *literal_suite(void)
{
    Suite *suite = suite_create("literal");
    TCase *tcase = tcase_create("literal");
    tcase_add_loop_test(tcase, float_text, 0, sizeof floats / sizeof floats[0]);
    tcase_add_loop_test(tcase, number_text, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_test(tcase, floats_read_back);
    tcase_add_test(tcase, numbers_read_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
