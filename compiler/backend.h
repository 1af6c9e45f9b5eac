/* A backend: spells the Loop IR in the language of a target. Rows in backends/backends.def. */
#ifndef SNNC_BACKEND_H
#define SNNC_BACKEND_H

#include "loop.h"
#include "out.h"
#include "target.h"

typedef struct BackendOptions {
    const char *version; /* of snnc */
    const char *command; /* options that shaped the output, for its first comment; no paths */
    /* That is written, for the same, without folders and its ending; NULL: the model's name. */
    const char *file;
    const TargetRow *target; /* NULL: this machine */
    bool runtime;            /* a whole program, with its runtime; else the kernels alone */
    const char *form;        /* "c", "o": one of the backend's */
    int optimize;            /* 0 to 3, where the backend does so itself */
} BackendOptions;

/* The files of inference. */
typedef struct InferFiles {
    Out *header, *source, *weights;
} InferFiles;

typedef struct Backend {
    const char *name;
    const char *linked; /* the form that a C compiler makes an executable of */
    bool library;       /* it is linked with the runtime as a library */
    /* False with *error set, in the program's arena. */
    bool (*emit)(const Program *program, const BackendOptions *options, Out *out, const char **error);
    /* Runs the program in this process, as its main() would be called; the options ask for the linked form. The same; NULL:
     * it cannot. */
    bool (*run)(const Program *program, const BackendOptions *options, int argc, char **argv, int *status,
                const char **error);
    /* Writes a program that only predicts, all of it to header and source if `single`. The same; NULL: it cannot. */
    bool (*infer)(const Program *program, const BackendOptions *options, bool single, InferFiles *files,
                  const char **error);
} Backend;

/* What can be written. */
typedef struct Form {
    const char *name;    /* for --emit */
    const char *ending;  /* of its files, without the dot; "": none */
    const char *backend; /* that writes it; NULL: the C compiler makes it of what either writes */
    const char *options; /* of the C compiler */
} Form;

/* NULL: there is none. */
const Form *form_named(const char *name);
const Form *form_of_ending(const char *ending);
/* What --emit takes of them, as "c, ll"; all endings, as ".c, .ll". */
const char *form_names(Arena *arena);
const char *form_endings(Arena *arena);

/* Whether it is installed is another matter. */
bool backend_is_known(const char *name);
/* All of them, as "c, llvm". */
const char *backend_names(Arena *arena);
/* One that is known. NULL with *error set, in the arena: it is not installed, or not of this snnc. */
const Backend *backend_find(Arena *arena, const char *name, const char **error);
/* Where a file that belongs to snnc stands, as "snnc-llvm.so"; NULL if it is missing. */
const char *own_file(Arena *arena, const char *name);

#endif
