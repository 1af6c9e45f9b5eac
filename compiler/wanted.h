/* What is to be written, of all that the command line says about it. */
#ifndef SNNC_WANTED_H
#define SNNC_WANTED_H

#include "backend.h"
#include "options.h"

typedef struct Wanted {
    const char *output;  /* path */
    const Form *form;    /* NULL: a stage of the compiler, as --emit names it */
    const char *backend; /* that makes it, or what it is linked of; NULL for a stage */
} Wanted;

/* A file is what its ending says, or --emit; standard output, pipes and devices take C unless --emit says another. False
 * after a message: no such form, or what was said does not fit together. */
bool find_wanted(Arena *arena, const Options *options, Wanted *wanted);

/* "x" of "folder/x.c"; NULL of what has no ending that is known, and of NULL. */
const char *output_stem(Arena *arena, const char *path);

#endif
