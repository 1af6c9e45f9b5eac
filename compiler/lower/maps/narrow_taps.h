/* Where the few taps are by which synapses are heard: see narrow_taps.c. */
#ifndef SNNC_NARROW_TAPS_H
#define SNNC_NARROW_TAPS_H

#include "lower/maps/taps.h"

/* Kernels that find them, of the weights of a map or of what a gradient is of, and choose, unless they are there already. */
void narrow_prepare(Lower *lower, const Node *node);
/* By how many steps an output hears input i later, at first; 0 of those behind the last one that a tile reaches. */
LoopExpr *narrow_begin(Lower *lower, const Node *node, LoopExpr *i, LoopExpr *unit);
/* The weight of output j of the tile, m taps behind that. */
LoopExpr *narrow_weight(Lower *lower, const Node *node, LoopExpr *i, LoopExpr *tile, LoopExpr *j,
                        LoopExpr *m);
/* Steps of a row to which windows are added: whole lines of the caches. */
int narrow_room(const Taps *taps);
/* Outputs of a tile, of so many at most, and tiles. */
Taps narrow_of(const Node *node, int width);

#endif
