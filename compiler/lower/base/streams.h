/* Where the values of streams are. */
#ifndef SNNC_STREAMS_H
#define SNNC_STREAMS_H

#include "lower/lower.h"

/* Says how many units the tile has, in a layer of so many. */
void count_units(Lower *lower, Tile *tile, LoopBlock *into, int units);
/* Units of the stream that the site works on: the tile's, or all. */
int site_width(const Lower *lower, Site site, StreamId stream);
/* How many the node runs for: those of the batch, or one that stands for all. */
LoopExpr *samples_of(Lower *lower, const NodePlan *node);
/* The unit's number in the layer, for unit n of the site. */
LoopExpr *unit_of(Lower *lower, Site site, LoopExpr *n);
/* In the buffer of a stream that is the same for all samples, or one of that size: it has a row of units for each step, or is
 * outside time a matrix, whose last axis is the columns; the buffer may be flat. Returns the number of indices. */
int shared_element(Lower *lower, StreamId stream, BufferId buffer, LoopExpr *row, LoopExpr *column,
                   LoopExpr **index);
/* The value of unit n of a stream at the site; t is left out for a stream that is not temporal. */
LoopExpr *load_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n);
/* The same as a float, whatever it is. */
LoopExpr *load_number(Lower *lower, StreamId stream, Site site, LoopExpr *n);
void store_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *value, bool add);
/* It becomes greater by a * b. */
void store_stream_product(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *a, LoopExpr *b);

/* A delay gives what its input had, on one side of this step (0 .. T), and zeros on the other. Loops over time are
 * split there, into segments, instead of asking for t at every step: gcc 12.2 at -O3 vectorises such a question wrongly
 * where it stands in a loop over units. */
int delay_edge(const Lower *lower, const Node *node);
/* What the delay gives for all units at the site, which lies in site.segment, unless the plan says that it is asked. */
void emit_delay(Lower *lower, const Node *node, Site site);

/* What a COPY takes, at the site; of one along time, at all of its steps. */
void emit_copy(Lower *lower, const Node *node, Site site);

#endif
