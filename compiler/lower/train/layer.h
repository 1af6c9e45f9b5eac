/* Kernels of whole layers, for all steps: see layer.c. */
#ifndef SNNC_LAYER_H
#define SNNC_LAYER_H

#include "lower/lower.h"

/* The kernel of a node that has a LayerPlan: a scan with all that is computed with it, or a linear map or gradients
 * that stand alone. */
void lower_layer(Lower *lower, const Node *node);
/* The optimiser on one parameter. */
void lower_update(Lower *lower, const Node *node);
/* The kernel that a gradient starts from. */
void lower_zeroed(Lower *lower, ParamId param);

#endif
