/* Names in use, and names that are free. Two names meet if they are equal but for underscores in front: targets keep
 * such names to themselves, so a backend drops the underscores. */
#ifndef SNNC_UNIQUE_H
#define SNNC_UNIQUE_H

#include "table.h"
#include "vec.h"

#include <stdbool.h>

typedef struct UniqueName {
    bool taken;
    int last; /* the last number that was tried behind it */
} UniqueName;

typedef struct UniqueChange {
    int name; /* index into names */
    UniqueName before;
} UniqueChange;

/* Zero-initialised it is empty. */
typedef struct Unique {
    VEC(UniqueName) names;
    Table stems; /* indices into names */
    VEC(UniqueChange) changes;
} Unique;

/* The name without the underscores in front of it, all but one where a digit follows. */
const char *name_stem(const char *name);

/* `base` if no name in use meets it, else base_2, base_3, ... (in the arena); in use from now on. `base` must live as
 * long as the arena. */
const char *unique_name(Arena *arena, Unique *unique, const char *base);

/* What came into use after `mark`, taken from unique_mark, is free again. */
int unique_mark(const Unique *unique);
void unique_release(Unique *unique, int mark);

#endif
