/* Linear maps within a recurrent group: a few samples at one step. */
#ifndef SNNC_STEP_MAP_H
#define SNNC_STEP_MAP_H

#include "lower/maps/linear.h"

/* Its weights laid out tile by tile, [tiles][inputs][width], by a kernel before the group's; of a map that hears the past,
 * [tiles][taps x inputs][width]. */
Linear step_map_of(Lower *lower, const Node *map);
/* The map's outputs at the site's step for the samples of the walk. */
void emit_step_map(Lower *lower, const Linear *map, Site site, Walk samples);

#endif
