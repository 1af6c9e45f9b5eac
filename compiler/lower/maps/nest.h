/* The loops around what a map does: over positions of its outputs, and over the taps that each reads its inputs by. */
#ifndef SNNC_MAP_NEST_H
#define SNNC_MAP_NEST_H

#include "lower/lower.h"

/* Inside of them. */
typedef struct MapNest {
    const AxisMap *map;
    Site site;
    LoopExpr *out_t, *in_t;       /* steps; NULL outside time */
    LoopExpr *out, *in;           /* the first units there */
    LoopExpr *tap;                /* its number, or that of the input step where time is mixed */
    LoopExpr *position[MAX_DIMS]; /* of the outputs, by axis */
    LoopExpr *constant;           /* what each input counts there, where the map has no weights */
    bool back;                    /* from the inputs at the site's step to the outputs that read them */
} MapNest;

/* The axis whose units lie next to each other, inside all loops: not part of a position. NULL: none. */
const MapAxis *inner_axis(const AxisMap *map);
/* a * factor + b; b may be NULL. */
LoopExpr *scaled(Lower *lower, LoopExpr *a, int factor, LoopExpr *b);
/* At the site's step; without one, over all steps of a map that goes over time. */
MapNest for_positions(Lower *lower, const AxisMap *map, Site site);
/* What follows stands where there is an input. */
MapNest for_taps(Lower *lower, MapNest nest);

#endif
