/* What the rows of a product are: samples times steps. Each stage of a network makes a row of outputs from a row of
 * inputs, for every sample at every step; a kernel does some of them, in an order of its own. */
#ifndef SNNC_WALK_H
#define SNNC_WALK_H

#include "lower/lower.h"

typedef struct Walk {
    LoopExpr *b0, *b1; /* samples b0 .. b1-1; NULL: the site's */
    int steps;         /* steps 0 .. steps-1; 0: the site's, or outside time */
} Walk;

/* Loops over the walk's samples, over its steps, or over both; the site of one. */
Site walk_samples(Lower *lower, Walk walk, Site site);
Site walk_steps(Lower *lower, Walk walk, Site site);
/* The first of each so many steps, which are worked on together; of one, each. */
Site walk_together(Lower *lower, Walk walk, int together, Site site);
Site walk_rows(Lower *lower, Walk walk, Site site);
/* The site's step; 0 outside time, where a sample has one row. */
LoopExpr *row_step(Lower *lower, Site site);

#endif
