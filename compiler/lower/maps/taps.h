/* Maps along time that mix all units, as kernels see them: see taps.c and frequencies.c. */
#ifndef SNNC_TAPS_H
#define SNNC_TAPS_H

#include "lower/maps/linear.h"

/* The map, and how what it makes, or of a gradient the outputs, is cut into tiles of units. */
typedef struct Taps {
    const Node *node;
    int steps, taps, ins, outs;
    int units, width, tiles;
} Taps;

Taps taps_of(const Node *node);
/* The first unit of a tile of so many. */
LoopExpr *taps_first(Lower *lower, LoopBlock *into, LoopExpr *tile, int width);
/* How many there are of `units`: a tile may reach beyond the last one. */
LoopExpr *taps_count(Lower *lower, LoopBlock *into, LoopExpr *j0, int units, int width);
/* A loop over from .. to-1, whose turns are independent. */
LoopStmt *taps_some(Lower *lower, LoopBlock *into, LoopExpr *from, LoopExpr *to);
/* The row of the weights by which an input is heard so many steps later: the last tap is now. */
LoopExpr *taps_row(Lower *lower, const Taps *taps, LoopExpr *later, LoopExpr *i);
/* rows[t][j] = unit j0 + j of a stream, at all steps. */
void taps_copy(Lower *lower, const Taps *taps, Site site, StreamId stream, BufferId rows, LoopExpr *j0,
               LoopExpr *count);
/* Kernels that must run before those of a map, once; of a transposed one, linear->tiles are [tile][how much later][output][unit]. */
void taps_prepare(Lower *lower, Linear *linear);
/* An element of the sums becomes greater by the value, times what is heard: see times.h. */
void taps_add_heard(Lower *lower, LoopBlock *into, BufferId sums, int count, LoopExpr *const *place,
                    LoopExpr *x, LoopExpr *value);
/* What an input, `unit` of the sample, contributes to sums of number i, at `count` steps that stand from e on in its list. */
typedef void TapsTimes(Lower *lower, const void *context, Site site, LoopExpr *i, LoopExpr *unit, LoopExpr *e,
                       int count);
/* At all steps of its list: some of them together as long as there are so many, then half as many. */
void taps_times(Lower *lower, StreamId in, Site site, LoopExpr *i, LoopExpr *unit, TapsTimes *emit,
                const void *context);
/* The gradient of the weights, by inputs that are not 0; where frequencies may be chosen, in batches for which they were not. */
void taps_gradient(Lower *lower, const Node *node);

#endif
