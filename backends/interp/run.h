/* `snnc --run`: one batch through the interpreter, forward and backward. */
#ifndef SNNC_RUN_H
#define SNNC_RUN_H

#include "interp.h"

#include "snn_safetensors.h"

typedef struct RunOptions {
    const char *inputs;       /* safetensors with `input` and `label`; NULL: random */
    const char *weights;      /* a checkpoint; NULL: as initialised */
    const char *save;         /* write there instead of printing */
    const char *const *print; /* buffers by name, "all", or none: loss and predictions */
    int print_count;
    int rows; /* of a random batch; 0: the default */
    unsigned seed;
    Precision precision;
} RunOptions;

/* Sets all parameters. False after a message: one is missing, of another size, or not finite. */
bool run_fill_params(Interp *interp, const SnnTensors *file, const char *path);
/* Sets inputs and parameters. False after a message. */
Interp *run_prepare(const Program *program, const RunOptions *options, int default_rows);
/* The mean of the samples' losses. */
double run_loss(const Interp *interp);
/* False after a message. */
bool interpret(const Program *program, const RunOptions *options);

#endif
