/* Subset-sum tables for busy spike streams: see table.c. */
#ifndef SNNC_TABLE_H
#define SNNC_TABLE_H

#include "lower.h"

/* Whether tables serve this DENSE or WEIGHT_GRAD, perhaps beside the event-driven kernel. */
bool table_use(const Lower *lower, const Node *node);
/* Kernels that measure a stream and choose, and that pack it (over five units, or over five steps) where
 * tables were chosen; once for each stream, before the first kernel that needs them. */
void table_prepare(Lower *lower, StreamId stream, bool over_steps);
/* Where the event-driven kernel of a node stands: in a branch, if tables may be chosen instead. */
LoopBlock *unless_tables(Lower *lower, const Node *node, LoopBlock *into);
void lower_dense_table(Lower *lower, const Node *dense);
void lower_weight_grad_table(Lower *lower, const Node *node);

#endif
