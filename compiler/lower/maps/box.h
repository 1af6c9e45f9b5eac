/* All that a convolution reads at a step, with zeros around it, so that its windows are all alike. */
#ifndef SNNC_BOX_H
#define SNNC_BOX_H

#include "lower/maps/view.h"

typedef struct Box {
    const Node *node;
    int axes; /* that have windows */
    const MapAxis *axis;
    int ins;              /* channels */
    int extent[MAX_DIMS]; /* by axis: what any window reads */
    BufferId buffer;      /* [positions x ins] */
} Box;

/* Of a map that is not transposed, or a gradient of one. A local array, of this type. */
Box box_of(Lower *lower, const Node *node, Type type);
void box_zeros(Lower *lower, const Box *box, LoopBlock *into);
/* What is there at the site's step: what is around it stays. */
void box_fill(Lower *lower, const Box *box, Site site);
/* How far behind the first place of a window that is which row `row` of the weights multiplies. */
int box_offset(const Box *box, int row);

#endif
