/* The command line of snnc. */
#ifndef SNNC_OPTIONS_H
#define SNNC_OPTIONS_H

#include "passes.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum Action {
    ACTION_COMPILE, /* to output */
    ACTION_CHECK,   /* say what the model is: without an output */
    ACTION_EMIT,    /* one stage as text, to output (default: standard output) */
    ACTION_RUN,     /* interpret */
    ACTION_GRADCHECK,
    ACTION_INFER,   /* write a program that only predicts */
    ACTION_PROGRAM, /* make the program and run it at once */
    ACTION_SHOW,    /* the source of a definition */
    ACTION_PASSES,  /* list them */
    ACTION_TARGETS  /* list them */
} Action;

typedef VEC(const char *) Names;

/* What is run at once is soon to begin: -O3 takes twice as long as -O2, for a few percent. */
enum { MOST_OPTIMIZE = 3, QUICK_OPTIMIZE = 2 };

typedef struct Options {
    Action action;
    const char *model;  /* "-": standard input */
    char **words;       /* behind the model, for its program, ended by NULL */
    const char *output; /* -o, or NULL */
    const char *emit;   /* "ast", "net", "adjoint", "loop", "svg" or what a backend writes, as "c" */
    const char *show;
    const char *dump_after;
    const TargetRow *target;
    const char *backend, *cc; /* for what is linked; or NULL */
    int optimize;             /* 0 to MOST_OPTIMIZE */
    bool soft_float;          /* floats by a library where the target has no unit for them */
    LowerOptions lower;
    bool no_runtime;
    bool single_file;           /* of inference */
    int selftest;               /* samples of its self-test */
    const char *report, *rates; /* of it, or NULL */
    const char *data;           /* folder of a test set to measure it on, or NULL; */
    int samples;                /* of which so many at most; */
    const char *predictions;    /* of these, or NULL */
    int64_t flash, ram;         /* bytes that it may take; -1: any number */
    bool no_warnings, strict;
    Names defines; /* NAME=VALUE each */
    /* run and gradcheck */
    const char *inputs, *weights, *save;
    Names print;
    int rows; /* 0: as the inputs say */
    unsigned seed;
    bool single;
} Options;

/* As long as the interpreter takes no more than a moment for them. */
enum { DEFAULT_SELFTEST = 2, MOST_SELFTEST = 100 };

/* The interpreter takes a minute or two for these of the first example, on one processor. */
enum { DEFAULT_SAMPLES = 200 };

#define SNNC_VERSION "0.1.0"

/* As --quantize has it. */
const char *quantize_name(Quantize kind);
/* Exits with a message for a wrong command line (status 2), and after --help and --version. */
Options options_parse(Arena *arena, int argc, char **argv);

#endif
