/* Source texts and places in them. All texts of one compilation (the standard library and the model)
 * share one space of byte offsets, so a Span needs no file number. */
#ifndef SNNC_SOURCE_H
#define SNNC_SOURCE_H

#include "intern.h"
#include "vec.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes lo .. hi-1. {0, 0} is "no place". */
typedef struct Span {
    uint32_t lo, hi;
} Span;

typedef struct Source {
    const char *path; /* as the user wrote it; "<standard library>" for the embedded one */
    const char *text; /* NUL-terminated */
    uint32_t length;
    uint32_t base;       /* offset of the first byte; the first source starts at 1 */
    VEC(uint32_t) lines; /* where each begins */
    Interned *names;     /* of the compilation */
    bool library;        /* the compiler's own */
    bool argument;       /* of the command line: its path says it all, places have no line */
} Source;

typedef struct Sources {
    Arena *arena;
    VEC(Source *) files;
    Interned *names; /* of all files; NULL before the first */
} Sources;

typedef struct Place {
    const Source *source;
    int line, column;      /* from 1; columns count bytes */
    const char *line_text; /* not terminated: see line_length */
    int line_length;
} Place;

/* Adds a text (not copied). */
Source *source_add(Sources *sources, const char *path, const char *text, uint32_t length);

/* Reads a file, or standard input for "-". NULL with *error set to a message in the arena. */
Source *source_read(Sources *sources, const char *path, const char **error);

/* Where an offset is; place.source is NULL for offset 0. */
Place source_place(const Sources *sources, uint32_t offset);
/* The text there, on one line: white space is one blank. "" for no place. */
const char *source_words(const Sources *sources, Span span);
/* Whether it is of the standard library. */
bool source_is_library(const Sources *sources, Span span);

#endif
