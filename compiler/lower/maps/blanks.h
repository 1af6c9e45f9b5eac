/* Positions where a gradient of weights meets no spike: see blanks.c. */
#ifndef SNNC_BLANKS_H
#define SNNC_BLANKS_H

#include "lower/lower.h"

/* Kernels that find them for a gradient, unless they are found already or there are none. */
void blanks_prepare(Lower *lower, StreamId gradient);
/* The block in which something is done at a position, of one of its steps or of all: `into`, or one that runs only where the
 * gradient is met. */
LoopBlock *if_met(Lower *lower, StreamId gradient, LoopExpr *b, LoopBlock *into, LoopExpr *position);
/* Channels of a position. */
int met_channels(const Lower *lower, StreamId gradient);

#endif
