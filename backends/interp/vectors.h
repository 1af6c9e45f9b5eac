/* Samples, and what is predicted of them, for a program that only predicts: by these, it finds out whether it computes the same
 * wherever it runs. */
#ifndef SNNC_VECTORS_H
#define SNNC_VECTORS_H

#include "interp.h"

/* So many random samples, but for those whose predictions are not finite. The interpreter has run the initial phase, in
 * single precision and for one sample. */
void make_vectors(Program *program, Interp *interp, int count);

#endif
