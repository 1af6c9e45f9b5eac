/* Maps back to neurons of which only some are near their threshold: see gate.c. */
#ifndef SNNC_GATE_H
#define SNNC_GATE_H

#include "lower/maps/linear.h"

/* Kernels that measure the batch and choose; the buffer that tells, or -1. */
BufferId gate_prepare(Lower *lower, const Node *map);
/* The block that runs if few neurons are near, or if many are; NULL: none. */
LoopBlock *if_few(Lower *lower, const Linear *map, LoopBlock *into, bool few);
/* The map's outputs at the site's sample and step: a dot product for each unit that is near, else 0. */
void emit_gated(Lower *lower, const Linear *map, Site site);

#endif
