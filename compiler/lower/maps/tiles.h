/* Weights of convolutions, laid out for kernels that make sums of WINDOW_WIDTH channels: those of the channels of one such
 * tile are next to each other, in rows of a tap and a channel that is read: of a map, which goes by columns, taps along the
 * last axis outermost; of a transposed one innermost, in the order of what they read. Behind them there is a row of zeros. */
#ifndef SNNC_TILES_H
#define SNNC_TILES_H

#include "lower/maps/gather.h"

/* A kernel that lays them out; [tiles][rows + 1][WINDOW_WIDTH]. */
BufferId weight_tiles(Lower *lower, const Node *node);
/* The row of a tile by which channel i is read, by tap `tap` of row number `row` of taps along the last axis. */
LoopExpr *tile_row(Lower *lower, const Gather *gather, LoopExpr *row, LoopExpr *tap, LoopExpr *i);

#endif
