/* Lists of the units that spike: see lists.c. */
#ifndef SNNC_LISTS_H
#define SNNC_LISTS_H

#include "lower/lower.h"

/* Elements of a buffer in which so many units may be listed. */
int list_room(int units);
/* For numbers below `limit`. */
Type index_type(int limit);

/* A kernel that lists the events of a spike stream, unless they are listed already. */
void lists_prepare(Lower *lower, StreamId stream);
/* The buffers for it; false: the stream has them. Who makes them lists the site's sample, step after step. */
bool list_buffers(Lower *lower, StreamId stream);
void emit_list_start(Lower *lower, StreamId stream, Site site);
void emit_list_step(Lower *lower, StreamId stream, Site site);
/* A loop over the units that spike at the site. */
LoopStmt *loop_events(Lower *lower, StreamId stream, Site site, LoopExpr **unit);
/* The same, `count` of them at a time, as long as there are: units[0 .. count - 1]. *left is where those begin in the list that
 * are left. */
LoopStmt *loop_events_together(Lower *lower, StreamId stream, Site site, int count, LoopExpr **units,
                               LoopExpr **left);

#endif
