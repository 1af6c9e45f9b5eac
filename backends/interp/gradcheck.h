/* `snnc --gradcheck`: is the derived adjoint the derivative of the smoothed network? */
#ifndef SNNC_GRADCHECK_H
#define SNNC_GRADCHECK_H

#include "run.h"

/* record: the smoothed network with its adjoint; replay: the same with detached values read from the
 * streams "held_N" of record's run. Compares the gradient of every parameter with differences of the loss, in double
 * precision, and prints a line a parameter: ok, WRONG, too small to check, or at a kink. False if one is wrong, or if
 * the loss is not finite.
 *
 * An entry is wrong if it differs by more than GRADCHECK_LIMIT of the parameter's largest and more than what the
 * differences are uncertain by, and ok if they are certain to GRADCHECK_PRECISION of the largest at least. */
bool gradcheck(const Program *record, const Program *replay, const RunOptions *options);

#define GRADCHECK_LIMIT 1e-6
#define GRADCHECK_PRECISION 1e-4

#endif
