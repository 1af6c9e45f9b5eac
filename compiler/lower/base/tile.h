/* How a layer is cut into tiles. */
#ifndef SNNC_TILE_H
#define SNNC_TILE_H

#include "lower/lower.h"

enum {
    CHUNK_ROWS = 800,     /* samples x steps that share one making of tables */
    LOCAL_MOST = 1 << 16, /* elements of a tile's array of one stream */
    SLICES = 8            /* of the batch, for gradients of layers that are too narrow to cut */
};

/* Units of a tile; all of them where the layer is too narrow, or no tile divides it. */
int tile_width(int units);
/* Samples that a tile's kernel takes at a time where tables may serve. */
int chunk_samples(const Lower *lower);
/* By stream: none is local to the tile. */
BufferId *no_local_streams(const Lower *lower);
/* Whether a scan's layer is wide enough to be cut. */
bool tile_cuts(const Lower *lower, const Node *scan);
/* Whether tiles of this scan's streams are small enough to be local. */
bool tile_fits(const Lower *lower, const Node *scan);

#endif
