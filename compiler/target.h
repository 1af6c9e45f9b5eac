/* What programs are made for: the rows of targets.def. */
#ifndef SNNC_TARGET_H
#define SNNC_TARGET_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum TargetSystem { TARGET_OWN, TARGET_OTHER, TARGET_NONE } TargetSystem;

/* See targets.def for what the members mean. */
typedef struct TargetRow {
    const char *name, *triple, *cpu, *features;
    int bits, reals, memory;
    TargetSystem system;
    const char *compiler, *options, *notes;
} TargetRow;

extern const TargetRow targets[];
extern const int target_count;

/* The row of this name, or NULL. Without --target it is the first one, native. */
const TargetRow *find_target(const char *name);
/* The name that begins with this, or is closest to it; NULL: none is close. */
const char *closest_target(const char *name);

/* The options of the C compiler for this target, in the order of a command line. */
const char *target_c_options(Arena *arena, const TargetRow *target);
/* Those that an executable takes besides, each behind a blank: what is for another machine stands alone. */
const char *target_program_options(const TargetRow *target);
/* Whether there is this library, as "-lz", for programs of the target. */
bool target_has_library(const TargetRow *target, const char *library);
/* "512 MiB"; "" where there is no limit. */
const char *target_memory_text(Arena *arena, const TargetRow *target);

/* Prints all of them as a table. */
void print_targets(Arena *arena);

#endif
