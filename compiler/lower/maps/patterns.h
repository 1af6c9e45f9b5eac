/* Convolutions by patterns of spikes whose sums their only reader looks up, and gradients that who makes what they multiply adds
 * to tallies: see patterns.c. */
#ifndef SNNC_PATTERNS_H
#define SNNC_PATTERNS_H

#include "lower/maps/linear.h"

/* Enters the loops over all positions, and over their whole tiles of channels or those that are left, for a reader that goes
 * through them: the tile is what it reads of a position. False: there are none. */
bool for_lookups(Lower *lower, const Linear *map, bool rest, Site *site, Tile *tile, Lookup *lookup);

/* Of a gradient: how many tallies each channel has. */
int tally_entries(const Node *gradient);
/* The patterns of the site's sample. */
void emit_tally_patterns(Lower *lower, const Linear *gradient, Site site);
/* Where what flows back to a position is added. */
Lookup tally_at(Lower *lower, const Linear *gradient, LoopExpr *position);
/* A kernel behind: the gradient becomes greater by what the tallies of all slices say. */
void lower_tallies(Lower *lower, const Linear *gradient);

#endif
