/* Maps back to neurons of which only some are near their threshold: see gate.c. */
#ifndef SNNC_GATE_H
#define SNNC_GATE_H

#include "lower/lower.h"

typedef struct Gate {
    const Node *adjoint;  /* reads what the map makes, and multiplies it by */
    Val slope;            /* this value of its body, which is 0 for neurons far from their threshold */
    int later;            /* the map's step t is read at step t + later; not positive */
    BufferId few;         /* [1]: few neurons of this batch are near; -1: no choice, as if they were */
    BufferId near, list;  /* by unit, of one sample and step: is it near; those that are */
    BufferId sums, lanes; /* of a dot product; -1: its rows are too short for vectors */
} Gate;

/* Finds the gate of every map: Lower.gates. */
void gate_plan(Lower *lower);
/* Kernels that measure the batch and choose; nothing if the map has no gate. */
void gate_prepare(Lower *lower, const Node *map);
/* The block that runs if few neurons are near, or if many are; NULL: none. */
LoopBlock *if_few(Lower *lower, const Gate *gate, LoopBlock *into, bool few);
/* The map's outputs at the site's sample and step: a dot product for each unit that is near, else 0. */
void emit_gated(Lower *lower, const Node *map, Site site);

#endif
