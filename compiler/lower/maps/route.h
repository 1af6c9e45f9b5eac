/* Gradients of maxima that are read where the windows have them: see route.c. */
#ifndef SNNC_ROUTE_H
#define SNNC_ROUTE_H

#include "lower/lower.h"

/* Channels of a position. */
int route_channels(const Node *node);
/* Enters the loops over all positions that windows read, where the reader of the gradient goes through them; the number of the
 * position. */
LoopExpr *for_routes(Lower *lower, const Node *node, Site *site, Routed *routed);

#endif
