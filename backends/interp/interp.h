/* Evaluates the Loop IR directly: slow, obvious, the oracle of the other backends. In double precision
 * it is the reference; in single precision it rounds after every operation, so its results are those of generated
 * programs bit for bit (without contraction). A function that defines an operation is run in single precision only. */
#ifndef SNNC_INTERP_H
#define SNNC_INTERP_H

#include "arena.h"
#include "loop_look.h"

typedef enum Precision { PRECISION_DOUBLE, PRECISION_SINGLE } Precision;

typedef VEC(BufferId) BufferIds;

typedef struct Interp {
    const Program *program;
    Precision precision;
    int rows;             /* samples in the batch */
    uint32_t seed, epoch; /* of the random numbers */
    uint32_t
        shaken; /* DOUBLE: 0, or a random number: results are moved as they may be off in single precision */
    double scalars[SCALAR_COUNT]; /* ROWS is rows; the others are those of a training's first batch */
    double *
        *buffers; /* by BufferId: [rows][dims] or [dims], every type as double; of a GIVEN one, another's */
    double *vars; /* of the running kernel, or the function that it calls */
    double **frames; /* by function: its variables */
    int given;       /* its launch's number */
    BufferIds *made; /* by time: what the launch makes, see loop_lives */
} Interp;

/* All buffers zero; what a launch makes (see loop_lives) is NaN before it does. NULL if there is not enough memory. Free
 * with interp_free. */
Interp *interp_new(const Program *program, int rows, Precision precision);
/* One sample's, of a program whose buffers have their constants. NULL if there is not enough memory. */
Interp *interp_of_constants(const Program *program);
void interp_free(Interp *interp);

/* Elements in a buffer that mean something, and where the k-th of them is: of one row, or without padding, at
 * buffers[buffer][k]. */
size_t interp_count(const Interp *interp, BufferId buffer);
double *interp_at(const Interp *interp, BufferId buffer, size_t k);

/* One of the program's functions, of as many arguments as it has parameters. */
double interp_call(Interp *interp, int function, const double *args);

/* Runs the launches of one phase; the initial one in SNN_INIT_EPOCH, all others in interp->epoch. */
void interp_run(Interp *interp, Phase phase);

#endif
