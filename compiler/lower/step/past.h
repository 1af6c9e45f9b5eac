/* Where all nodes go through time together, step by step: what steps leave for later ones, beside the states of neurons. */
#ifndef SNNC_PAST_H
#define SNNC_PAST_H

#include "lower/lower.h"

/* What a delay gives, of what its stream was. */
void lower_recall(Lower *lower, const Node *delay);
/* What delays will give, once all else of the step is made; and the next step's number. */
void lower_remember(Lower *lower);
/* A sum, mean, maximum, minimum or last value over time. */
void lower_running(Lower *lower, const Node *reduce);
/* Before a sample: it begins with step 0. */
void lower_first_step(Lower *lower);

#endif
