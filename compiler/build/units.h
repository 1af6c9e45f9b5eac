/* Units of numbers: exponents of time and voltage. Included by build.h. */
#ifndef SNNC_UNITS_H
#define SNNC_UNITS_H

#include "../arena.h"

#include <stdbool.h>

/* Exponents; the base units are ms and mV. {0, 0} is a plain number. */
typedef struct Unit {
    int time, voltage;
} Unit;

extern const Unit unit_plain, unit_time, unit_rate, unit_voltage;

bool unit_equal(Unit a, Unit b);
Unit unit_product(Unit a, Unit b, int sign); /* a * b^sign */
/* "ms" -> {1, 0}, *scale = 1; NULL: plain. False if there is no such unit. */
bool unit_parse(const char *text, Unit *unit, double *scale);
/* For messages: "a time (ms)", "a plain number", "ms^2 mV^-1". */
const char *unit_text(Arena *arena, Unit unit);

#endif
