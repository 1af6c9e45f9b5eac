/* Names: of equal texts there is one pointer in a compilation, so names are compared by pointer. */
#ifndef SNNC_INTERN_H
#define SNNC_INTERN_H

#include "table.h"
#include "vec.h"

/* Zero-initialised it holds the names of the language. */
typedef struct Interned {
    Table numbers; /* into texts */
    VEC(const char *) texts;
} Interned;

const char *intern(Arena *arena, Interned *names, const char *text, size_t length);

#define NAME(id, text) extern const char name_##id[];
#include "names.def"
#undef NAME

#endif
