/* The pipeline: one table of passes, from which --emit, --dump-after and --passes follow. */
#ifndef SNNC_PIPELINE_H
#define SNNC_PIPELINE_H

#include "ast.h"
#include "diag.h"
#include "loop.h"
#include "net.h"
#include "passes.h"

typedef enum Stage { STAGE_TEXT, STAGE_AST, STAGE_NET, STAGE_LOOP } Stage;

typedef struct Compilation {
    Arena *arena;
    Sources sources;
    Diag diag;
    /* options */
    Define *defines;
    int define_count;
    LowerOptions lower;
    const char *const *keep; /* streams that no pass may remove */
    int keep_count;
    bool smooth; /* steps replaced by their antiderivatives: for gradcheck */
    Held held;
    const char *dump_after; /* a pass, "all" or NULL: written to stderr */
    const char *weights;    /* for --infer: the file of trained weights */
    /* For --infer, by who can read the weights: the clock of compilation->program. */
    void (*set_clock)(struct Compilation *compilation);
    /* The same, by who can run programs: the constants of compilation->program get their values. False: it said why. */
    bool (*make_constants)(struct Compilation *compilation);
    /* results so far */
    const Source *text;
    File *library, *file;
    Net *net;
    Program *program;
    const Program *floats; /* for --quantize: the program in reals, with its constants; NULL before */
    const char *differs;   /* in what the weights are another model's, or NULL */
} Compilation;

typedef struct Pass {
    const char *name;
    Stage from, to;
    bool (*run)(Compilation *compilation); /* false: mistakes were reported */
    const char *guarantees;                /* what holds afterwards */
    bool for_inference; /* without --infer it is left out, and nothing is to be verified again */
} Pass;

extern const Pass passes[];
extern const int pass_count;

/* The last pass whose result --emit=ast|net|adjoint|loop|svg shows; NULL for another name. */
const char *emit_pass(const char *emit);

/* Ready to compile compilation->text; false if the standard library does not parse. */
Compilation *compilation_new(Arena *arena, FILE *messages);
/* Runs the passes up to and including `last` (NULL: all). False if the model has mistakes, which were
 * reported. A verifier's complaint is an internal error: it names the pass and exits. */
bool compile(Compilation *compilation, const char *last);
/* The same from the pass `first` on, of what the passes before it have left. */
bool compile_from(Compilation *compilation, const char *first, const char *last);
/* Prints what the pass left: the AST, the Net or the Loop IR. */
void print_stage(const Compilation *compilation, const Pass *pass, Out *out);
const Pass *find_pass(const char *name); /* NULL if there is none */

#endif
