/* Where all nodes go through time together, a sum over time is made in the rounds of steps that a kernel for all steps writes
 * out one after the other: each has a sum of its own. */
#ifndef SNNC_ROUNDS_H
#define SNNC_ROUNDS_H

#include "lower/lower.h"

/* Whether the step that is made is the first, or the last, of a round of the scan. */
LoopExpr *round_begins(Lower *lower, const Node *scan, Site site);
LoopExpr *round_ends(Lower *lower, const Node *scan, Site site);

#endif
