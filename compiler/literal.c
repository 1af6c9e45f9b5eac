#include "literal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Powers of ten outside of these bounds are written with an exponent. */
enum { LEAST_FIXED = -4, MOST_FIXED = 8 };
static const double whole_below = 1e9; /* whole numbers without one: spikes, mostly */

static bool reads_back(const char *text, double value, bool single)
{
    return single ? (double)strtof(text, NULL) == value : strtod(text, NULL) == value;
}

/* The fewest significant digits that read back to the value: more of them lie no farther away. */
static int digits_needed(double value, bool single)
{
    char text[LITERAL_SIZE];
    int least = 1, most = single ? 9 : 17;
    while (least < most) {
        int digits = (least + most) / 2;
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (reads_back(text, value, single))
            most = digits;
        else
            least = digits + 1;
    }
    return least;
}

/* 1e-05 -> 1e-5, 1e+20 -> 1e20 */
static void shorten_exponent(char *text)
{
    char *to = strchr(text, 'e') + 1;
    const char *from = to;
    if (*from == '-')
        *to++ = *from++;
    else if (*from == '+')
        from++;
    while (from[0] == '0' && from[1] != '\0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

static void print_finite(char buffer[LITERAL_SIZE], double value, bool single)
{
    if (fabs(value) < whole_below && floor(value) == value) {
        snprintf(buffer, LITERAL_SIZE, "%s%d", value == 0 && signbit(value) ? "-" : "", (int)value);
        return;
    }
    int digits = digits_needed(value, single);
    snprintf(buffer, LITERAL_SIZE, "%.*e", digits - 1, value);
    int power = atoi(strchr(buffer, 'e') + 1), decimals = digits - 1 - power;
    if (power < LEAST_FIXED || power > MOST_FIXED)
        shorten_exponent(buffer);
    else
        snprintf(buffer, LITERAL_SIZE, "%.*f", decimals > 0 ? decimals : 0, value);
}

const char *literal_float(char buffer[LITERAL_SIZE], float value)
{
    if (isnan(value))
        return strcpy(buffer, "NAN");
    if (isinf(value))
        return strcpy(buffer, value < 0 ? "-INFINITY" : "INFINITY");
    print_finite(buffer, (double)value, true);
    return strcat(buffer, strpbrk(buffer, ".e") == NULL ? ".0f" : "f");
}

const char *literal_number(char buffer[LITERAL_SIZE], double value)
{
    if (isnan(value))
        return strcpy(buffer, "nan");
    if (isinf(value))
        return strcpy(buffer, value < 0 ? "-inf" : "inf");
    print_finite(buffer, value, false);
    return buffer;
}
