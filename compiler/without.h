/* The optimisations that `--without` leaves out. The program computes the same without them, but for rounding. */
#ifndef SNNC_WITHOUT_H
#define SNNC_WITHOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Optimisation {
#define OPTIMISATION(id, name, about) OPTIMISATION_##id,
#include "optimisations.def"
#undef OPTIMISATION
    OPTIMISATION_COUNT
} Optimisation;

/* A set of optimisations: bit 1 << Optimisation. 0, the default, leaves nothing out. */
typedef uint64_t Without;
_Static_assert(OPTIMISATION_COUNT <= 64, "a bit each");
#define WITHOUT(id) ((Without)1 << OPTIMISATION_##id)

bool is_without(Without without, Optimisation optimisation);
const char *optimisation_name(Optimisation optimisation);
/* Adds the optimisation whose name are the `length` characters at `name`; false if there is none. */
bool without_add(Without *without, const char *name, size_t length);

#endif
