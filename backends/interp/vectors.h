/* Samples, and what is predicted of them, for a program that only predicts: by these, it finds out whether it computes the same
 * wherever it runs. */
#ifndef SNNC_VECTORS_H
#define SNNC_VECTORS_H

#include "interp.h"

/* So many random samples, but for those whose predictions are not finite, of a program whose constants have values. False
 * after a message. */
bool make_vectors(Program *program, int count);

#endif
