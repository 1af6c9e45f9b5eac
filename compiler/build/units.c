/* Units of constants and equations: exponents of time (in ms) and voltage (in mV). */
#include "build.h"

#include <stdlib.h>

const Unit unit_plain = {0, 0};
const Unit unit_time = {1, 0};
const Unit unit_rate = {-1, 0};
const Unit unit_voltage = {0, 1};

typedef struct NamedUnit {
    const char *text;
    Unit unit;
    double scale;
} NamedUnit;

static const NamedUnit named_units[] = {
#define UNIT(text, time, voltage, scale) {text, {time, voltage}, scale},
#define UNIT_WORD(text, unit)
#include "units.def"
#undef UNIT
#undef UNIT_WORD
};

bool unit_equal(Unit a, Unit b)
{
    return a.time == b.time && a.voltage == b.voltage;
}

Unit unit_product(Unit a, Unit b, int sign)
{
    return (Unit){a.time + sign * b.time, a.voltage + sign * b.voltage};
}

bool unit_parse(const char *text, Unit *unit, double *scale)
{
    *unit = unit_plain;
    *scale = 1;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof named_units / sizeof named_units[0]; i++) {
        if (strcmp(named_units[i].text, text) == 0) {
            *unit = named_units[i].unit;
            *scale = named_units[i].scale;
            return true;
        }
    }
    return false;
}

static const char *power_text(Arena *arena, const char *base, int exponent)
{
    if (exponent == 0)
        return "";
    return exponent == 1 ? base : arena_printf(arena, "%s^%d", base, exponent);
}

const char *unit_text(Arena *arena, Unit unit)
{
    if (unit_equal(unit, unit_plain))
        return "a plain number";
    if (unit_equal(unit, unit_time))
        return "a time (ms)";
    if (unit_equal(unit, unit_rate))
        return "a rate (Hz)";
    if (unit_equal(unit, unit_voltage))
        return "a voltage (mV)";
    const char *time = power_text(arena, "ms", unit.time);
    const char *voltage = power_text(arena, "mV", unit.voltage);
    return arena_printf(arena, "a value in %s%s%s", time, *time && *voltage ? " " : "", voltage);
}
