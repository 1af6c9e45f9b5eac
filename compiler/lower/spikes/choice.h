/* Which kernels run in this batch, or for a sample: see choice.c. */
#ifndef SNNC_CHOICE_H
#define SNNC_CHOICE_H

#include "lower/lower.h"

/* What is faster than lists of events where many units spike: in dense maps, in convolutions, along time. */
typedef enum Rival { RIVAL_TABLES, RIVAL_WINDOWS, RIVAL_FREQUENCIES } Rival;

/* Kernels that measure a stream and choose, unless they are there already. */
void choice_prepare(Lower *lower, StreamId stream, Rival rival);
/* The block that runs if the rival, or windows for the site's sample, were chosen for the node, or were not; the site's if it has
 * no choice. */
LoopBlock *if_chosen(Lower *lower, const Node *node, Site site, bool rival);
/* Whether the network learns and more than this part of a stream's units are not 0 in this batch: of one that choice_prepare has
 * measured. */
LoopExpr *spikes_above(Lower *lower, LoopBlock *into, StreamId stream, double activity);
/* The block that runs where few taps are followed, or are not: the same if the node has no choice of these. See
 * maps/narrow_taps.c. */
LoopBlock *if_narrow(Lower *lower, const Node *node, LoopBlock *into, bool narrow);
/* Of a map along time, or its gradient, where frequencies may be chosen: whether in this batch it follows, one by one, inputs that
 * are not 0. NULL: it always may, or what decides is not known yet. */
LoopExpr *follows_inputs(Lower *lower, const Node *node);
/* The block that runs if tables were chosen for the stream, or were not: over units, or over steps. */
LoopBlock *if_busy(Lower *lower, StreamId stream, bool over_steps, LoopBlock *into, bool tables);
/* The block that lists a stream's events: runs unless nobody would read them. */
LoopBlock *if_listed(Lower *lower, StreamId stream, LoopBlock *into);

#endif
