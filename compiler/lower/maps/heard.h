/* What a map along time hears at one step, within a recurrent group: see lower/step/. */
#ifndef SNNC_HEARD_H
#define SNNC_HEARD_H

#include "lower/maps/linear.h"

/* A step that is heard: where its inputs are, and the map with the rows of the weights by which they are. */
typedef struct Heard {
    Site site;
    Linear map;
} Heard;

/* Inside the loop over the steps that the map hears at the site's, from the first to the last: those of the past, of a transposed
 * map those of the future. One that has no past hears this step alone, without a loop. */
Heard for_heard(Lower *lower, const Linear *map, Site site);

#endif
