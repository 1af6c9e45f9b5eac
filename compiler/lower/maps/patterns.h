/* Convolutions by patterns of spikes whose sums their only reader looks up: see patterns.c. */
#ifndef SNNC_PATTERNS_H
#define SNNC_PATTERNS_H

#include "lower/maps/linear.h"

/* Enters the loops over all positions, and over their whole tiles of channels or those that are left, for a reader that goes
 * through them: the tile is what it reads of a position. False: there are none. */
bool for_lookups(Lower *lower, const Linear *map, bool rest, Site *site, Tile *tile, Lookup *lookup);

#endif
