/* The runtime's text in what is written: each file once, with those that it includes in the place of their lines of
 * #include. */
#ifndef SNNC_PASTE_H
#define SNNC_PASTE_H

#include "out.h"
#include "parts.h"

typedef struct Paste {
    Out *out;
    bool *done; /* by index in embedded_files: those that stand there */
} Paste;

Paste paste_begin(Arena *arena, Out *out);
/* What the system's headers are to declare: before all else. */
void paste_defines(Paste *paste);
void paste_file(Paste *paste, int file);
/* All sources among the parts, and so what is left of the headers. */
void paste_sources(Paste *paste, const Parts *parts);

#endif
