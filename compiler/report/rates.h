/* How often streams spike, as a trainer has measured it. */
#ifndef SNNC_RATES_H
#define SNNC_RATES_H

#include "arena.h"
#include "vec.h"

#include <stdbool.h>

typedef struct Rate {
    const char *stream;
    double rate; /* spikes a unit and step, 0 .. 1 */
} Rate;

typedef struct Rates {
    const char *path;
    VEC(Rate) list;
} Rates;

/* The last "firing_rate": {...} of a file: of a log of `train --log`, or by `test --rates`. NULL with *error set, in the
 * arena. */
const Rates *rates_read(Arena *arena, const char *path, const char **error);
/* Negative: it is not there. */
double rate_of(const Rates *rates, const char *stream);

#endif
