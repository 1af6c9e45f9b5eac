/* What a scan must keep of its forward run so that its adjoint can recompute the rest. */
#ifndef SNNC_CUT_H
#define SNNC_CUT_H

#include "net.h"

/* needed[v]: values of the forward body that the adjoint uses. Sets saved[v] for a cheapest set of
 * values from which all of them can be recomputed within one time step, given the parameters: a
 * minimum vertex cut between the step's sources (states and inputs) and the needed values. */
void cheapest_saves(const Net *net, const Node *scan, const bool *needed, bool *saved);

#endif
