#ifndef SNNC_LOWER_EXTREME_H
#define SNNC_LOWER_EXTREME_H

#include "lower/lower.h"

/* How a value compares with another that it takes the place of. */
Op extreme_op(const Node *node);
/* At one step of a sample: what is picked of units (REDUCE), or its gradient at the unit that was (PICK_GRAD). */
void emit_extreme(Lower *lower, const Node *node, Site site);

#endif
