/* What is drawn at random for a training. */
#ifndef SNN_DRAW_H
#define SNN_DRAW_H

#include "snn_session.h"

/* The order of the training samples in one epoch: a function of seed and epoch. */
void snn_draw_order(int32_t *order, int32_t count, uint32_t seed, uint32_t epoch);

#endif
