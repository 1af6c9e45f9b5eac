/* Kernels of whole layers: a scan with the linear maps before it and the weight gradients behind it. */
#ifndef SNNC_LAYER_H
#define SNNC_LAYER_H

#include "lower/lower.h"

/* Decides which nodes are computed within a scan's kernel, and which streams need no array of their own. */
void layer_plan(Lower *lower);
/* The kernel of a node that is in no recurrent group: a scan with all that is computed with it, or a linear
 * map or a gradient that stands alone. */
void lower_layer(Lower *lower, const Node *node);

#endif
