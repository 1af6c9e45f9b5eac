/* Kernels over streams that are the same for all samples: what makes weights, and what their gradients become. */
#ifndef SNNC_WEIGHTS_H
#define SNNC_WEIGHTS_H

#include "lower/lower.h"

/* A scan over such streams. */
void lower_weights(Lower *lower, const Node *scan);
/* The parameter becomes the stream. */
void lower_keep(Lower *lower, const Node *node);
void lower_param_grad(Lower *lower, const Node *node);
/* What the gradient of such a stream starts from, where maps add to it. */
void lower_zeroed_weights(Lower *lower, StreamId gradient);

#endif
