/* A backend: spells the Loop IR in the language of a target. One row in backends/backends.def. */
#ifndef SNNC_BACKEND_H
#define SNNC_BACKEND_H

#include "loop.h"
#include "out.h"
#include "target.h"

typedef struct BackendOptions {
    const char *version; /* of snnc */
    const char *command; /* options that shaped the output, for its first comment; no paths */
    const char
        *file;    /* that is written, for the same, without folders and its ending; NULL: the model's name */
    const TargetRow *target; /* NULL: this machine */
    bool runtime; /* a whole program, with its runtime; else the kernels alone */
} BackendOptions;

typedef struct Backend {
    const char *name; /* of --emit */
    const char *about;
    void (*emit)(const Program *program, const BackendOptions *options, Out *out);
} Backend;

#endif
