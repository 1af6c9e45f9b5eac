#ifndef SNNC_DESCRIBE_H
#define SNNC_DESCRIBE_H

#include "lower/lower.h"

/* Fills the program's tables for the runtime: parameters (with buffers for the optimiser's states),
 * streams, data, training. Needs the buffers of parameters and streams. */
void describe_program(Lower *lower);

#endif
