/* The parts of the runtime that a program consists of: those that it needs, and those that they need. It is their lines of
 * #include that say so: whoever includes snn_x.h needs x.c, if there is one in the same folder. */
#ifndef SNNC_PARTS_H
#define SNNC_PARTS_H

#include "arena.h"
#include "loop.h"
#include "target.h"

enum { MOST_LIBRARIES = 4 };

typedef struct Parts {
    bool *files;                           /* by their index in embedded_files */
    const char *libraries[MOST_LIBRARIES]; /* "-lm", in the order of a link line; NULL behind the last */
} Parts;

Parts parts_of(Arena *arena, const Program *program);
/* " -lm -lpthread": those that there are for the target, as they end a command. */
const char *parts_libraries(Arena *arena, const Parts *parts, const TargetRow *target);
/* The header that declares it. */
const char *need_header(Need need);

/* The index in embedded_files of the runtime's file of this name, in whatever folder; -1 if there is none. */
int runtime_file(const char *name, size_t length);
/* The file whose name stands in a line of #include "..."; -1 for any other line. */
int runtime_included(const char *line);

#endif
