/* Spikes as indices of subset-sum tables: see pack.c, and maps/table.c. */
#ifndef SNNC_PACK_H
#define SNNC_PACK_H

#include "lower/lower.h"

/* A kernel that packs the input of a DENSE over five units, of a WEIGHT_GRAD over five steps, unless it is packed. */
void pack_prepare(Lower *lower, const Node *node);

/* Blocks of `tables` tables for so many units or steps; in the last one some may be missing. */
int block_count(int units, int tables);

#endif
