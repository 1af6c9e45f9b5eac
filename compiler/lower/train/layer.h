/* Kernels of whole layers, for all steps: see layer.c. */
#ifndef SNNC_LAYER_H
#define SNNC_LAYER_H

#include "lower/lower.h"

/* The kernel of a node that has a LayerPlan: a scan with all that is computed with it, or a linear map or gradients
 * that stand alone. */
void lower_layer(Lower *lower, const Node *node);

#endif
