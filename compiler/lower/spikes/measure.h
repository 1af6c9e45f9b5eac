/* Counts that choose between kernels: see measure.c. */
#ifndef SNNC_MEASURE_H
#define SNNC_MEASURE_H

#include "lower/lower.h"

/* How many of so many steps are looked at, and a loop over these: its site. */
int measured_count(int steps);
Site measured_steps(Lower *lower, Site site, int steps);
/* Begins the kernel measure_NAME. The site becomes a sample and a step, of so many, that are looked at; what is added to the
 * variable returned goes to counts[sample]. `what` begins the kernel's comment: "spikes of". */
LoopExpr *measure_kernel(Lower *lower, const char *name, const char *what, BufferId counts, int steps,
                         Site *site);
/* The sum of all counts, and the number of things that were looked at, `units` at each sample and step. */
LoopExpr *measured_total(Lower *lower, LoopBlock *into, BufferId counts, int steps, int units,
                         LoopExpr **all);

#endif
