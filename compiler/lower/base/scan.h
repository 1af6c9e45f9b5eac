/* Scans: neurons, their adjoints, pointwise maps. */
#ifndef SNNC_SCAN_H
#define SNNC_SCAN_H

#include "lower/base/equations.h"
#include "lower/base/nest.h"

/* A scan inside a group: its states live in buffers between the steps. Those of a forward scan are there at the
 * end, for the runtime to see whether they are finite. */
typedef struct ScanState {
    BufferId *states; /* by state; -1: in registers only */
    /* By result, outs then grads: of a sum over the batch, what each sample adds to it, per unit; of an uneven scan per
     * value, or some parts of it. -1: it is no such sum. */
    BufferId *partials;
    /* By result, where all nodes go through time together: of a sum over time that is made of rounds of several steps, the
     * rounds that are over, if it is no sum over units, too, and the one that is not, per unit. -1: none. */
    BufferId *rounds, *round;
} ScanState;

ScanState scan_buffers(Lower *lower, const Node *node, bool states_in_buffers);
void emit_scan_start(Lower *lower, const Node *node, const ScanState *state, Site site);
/* Steps from .. from+count-1 in the scan's direction; unroll marks the time loop. */
void emit_scan_steps(Lower *lower, const Node *node, const ScanState *state, Site site, LoopExpr *from,
                     int count, bool keep_states);
/* All steps of a scan, for one sample; its buffers are made before. */
ScanState scan_prepare(Lower *lower, const Node *node);
void emit_scan(Lower *lower, const Node *node, const ScanState *state, Site site);
/* Sets inputs and parameters of the node's equations, for the unit of the nest at the site. */
void scan_leaves(Lower *lower, const Node *node, Equations *equations, Site site, const Nest *nest);

#endif
