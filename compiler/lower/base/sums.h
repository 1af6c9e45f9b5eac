/* What a scan sums over the batch, over steps and over units. Its results are its outs, then its grads, by number s. */
#ifndef SNNC_SUMS_H
#define SNNC_SUMS_H

#include "lower/base/scan.h"

int result_count(const Node *node);
const char *result_name(const Lower *lower, const Node *node, int s);
Val result_value(const Node *node, int s);
bool sums_steps(const Lower *lower, const Node *node, int s);
bool sums_units(const Lower *lower, const Node *node, int s);
/* Over which axes a sample keeps sums of result s: its own, and those of the innermost loop where the batch is summed anyway,
 * so that units next to each other never add to the same number. */
Shape part_shape(const Lower *lower, const Node *node, int s);

/* So many values per sample, or per step of one (steps 0: outside time), of which the last `padding` mean nothing. */
BufferId scan_buffer(Lower *lower, const Node *node, const char *prefix, const char *name, int steps,
                     int room, int padding);
/* A value for each unit of the scan. */
BufferId per_unit_buffer(Lower *lower, const Node *node, const char *prefix, const char *name, int steps);
/* What each sample adds to result s; -1: it is no sum over the batch. */
BufferId find_partials(Lower *lower, const Node *node, int s);

/* Result s for unit n of its part_shape. */
void store_result(Lower *lower, const Node *node, const ScanState *state, int s, Site site, LoopExpr *n,
                  LoopExpr *value, bool add);
/* The sums over the batch, once their parts are made. */
void lower_partials(Lower *lower, const Node *node, const ScanState *state);

#endif
