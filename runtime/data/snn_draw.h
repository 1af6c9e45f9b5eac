/* What is drawn at random of data sets. */
#ifndef SNN_DRAW_H
#define SNN_DRAW_H

#include "snn_dataset.h"

/* The order of samples in one epoch: a function of seed and epoch. */
void snn_draw_order(int32_t *order, int32_t count, uint32_t seed, uint32_t epoch);
/* The same, in which all classes that there are come equally often, to one sample, and in turn: of samples that have labels, some
 * come more often than others. False without memory. */
bool snn_draw_balanced(int32_t *order, const SnnPart *part, int classes, uint32_t seed, uint32_t epoch);
/* Marks in `held` the same fraction of each class, to the nearest sample; which, `order` says. Samples without labels, or with
 * one for each step, are of one class. Returns their number, or -1 without memory. */
int32_t snn_draw_part(bool *held, const int32_t *order, const SnnDataset *data, int classes, double fraction);

#endif
