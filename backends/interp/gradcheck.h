/* `snnc --gradcheck`: is the derived adjoint the derivative of the smoothed network? */
#ifndef SNNC_GRADCHECK_H
#define SNNC_GRADCHECK_H

#include "run.h"

/* record: the smoothed network with its adjoint; replay: the same with detached values read from the
 * streams "held_N" of record's run. Compares the gradient of every parameter with central differences of
 * the loss, in double precision, and prints a line a parameter. True if all agree to GRADCHECK_LIMIT of the
 * parameter's largest gradient. */
bool gradcheck(const Program *record, const Program *replay, const RunOptions *options);

#define GRADCHECK_LIMIT 1e-6

#endif
