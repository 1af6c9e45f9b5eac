/* Lists of the steps at which units are not 0: see times.c. */
#ifndef SNNC_TIMES_H
#define SNNC_TIMES_H

#include "lower/lower.h"

/* A kernel that lists them, of a stream over time, unless they are listed already; in batches in which nobody reads them, it
 * lists none. */
void times_prepare(Lower *lower, StreamId stream);
/* Where the list of unit i of the site's sample begins, and *end behind its last step; each of these steps. */
LoopExpr *times_from(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr **end);
LoopExpr *time_at(Lower *lower, StreamId stream, Site site, LoopExpr *e);
/* What the unit is at that step; NULL, where spikes are followed: 1. */
LoopExpr *heard_at(Lower *lower, StreamId stream, Site site, LoopExpr *e);
/* A loop over the list of unit i of the site's sample; *e: where each stands there. */
LoopStmt *loop_times(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr **e);

#endif
