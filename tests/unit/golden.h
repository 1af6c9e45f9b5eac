/* The recorded cases of tests/golden/torch (see its README.md), for the suites that compile them. */
#ifndef SNNC_GOLDEN_H
#define SNNC_GOLDEN_H

#include "interp.h"
#include "pipeline.h"
#include "snn_safetensors.h"

enum {
    GOLDEN_CASES = 747,
    GOLDEN_MAPS = 255,
    GOLDEN_PARALLEL = 15,
    GOLDEN_NORMS = 13,
    GOLDEN_DELAYS = 28,
    GOLDEN_SPACINGS = 13,
    GOLDEN_MIXED = 49,
    GOLDEN_STEPS = 353,
    GOLDEN_OPTIMIZERS = 8
};

typedef struct GoldenText {
    const char *name;
    const char *text; /* a model file, or an optimizer's call */
} GoldenText;

typedef struct Golden {
    Arena *arena;
    VEC(GoldenText) cases, optimizers;
    SnnTensors *arrays;
} Golden;

/* Reads all files of record.py. Fails the running test if one is missing or does not read. */
Golden *golden_open(void);
/* The same of maps.py, without optimizers; of parallel.py; of norms.py; of delays.py; of spacings.py; of mixed.py; of steps.py. */
Golden *golden_open_maps(void);
Golden *golden_open_parallel(void);
Golden *golden_open_norms(void);
Golden *golden_open_delays(void);
Golden *golden_open_spacings(void);
Golden *golden_open_mixed(void);
Golden *golden_open_steps(void);
void golden_close(Golden *golden);

/* The array `case/prefix``name`. Fails the running test if there is none. */
const SnnTensor *golden_array(const Golden *golden, const char *of, const char *prefix, const char *name);
/* A gradient as we store it: of weights [taps][inputs][outputs], recorded as [outputs][inputs][taps]. In the golden's arena. */
double *golden_gradient(const Golden *golden, const char *of, const LoopParam *param);
/* An element, in row-major order, of an F32 or I32 array. */
double golden_number(const SnnTensor *array, size_t index);

/* A compilation of the text, not yet begun. Everything lives in the arena. */
Compilation *golden_compilation(Arena *arena, const GoldenText *golden);
/* Runs all passes. Fails the running test, with the messages, if the text has mistakes. */
Program *golden_program(Compilation *compilation, const char *name);

/* The recorded batch and parameters of a case, ready to run: to be freed with interp_free. */
Interp *golden_batch(const Golden *golden, const char *name, const Program *program, Precision precision);

#endif
