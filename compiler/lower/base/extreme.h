#ifndef SNNC_LOWER_EXTREME_H
#define SNNC_LOWER_EXTREME_H

#include "lower/lower.h"

/* At one step of a sample: the maximum over units (REDUCE), or its gradient at the unit that was picked (PICK_GRAD). */
void emit_extreme(Lower *lower, const Node *node, Site site);

#endif
