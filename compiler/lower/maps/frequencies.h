/* Maps along time by frequencies: see frequencies.c and frequency_gradient.c. */
#ifndef SNNC_FREQUENCIES_H
#define SNNC_FREQUENCIES_H

#include "lower/lower.h"

/* The gradient of the weights, by kernels of its own; in batches for which frequencies were not chosen, that of taps.h. */
void frequency_gradient(Lower *lower, const Node *node);

#endif
