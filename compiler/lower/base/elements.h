/* Elements of streams that are the same for all samples, as equations over several axes go through them. */
#ifndef SNNC_ELEMENTS_H
#define SNNC_ELEMENTS_H

#include "lower/lower.h"

/* A place in the units of a scan: a loop variable for each axis, and the step, if it goes over them. */
typedef struct Units {
    Shape shape;
    LoopExpr *at[MAX_DIMS], *t;
} Units;

/* The indices of the stream's element there, in its own buffer or another one of that size. Returns how many. */
int element_place(Lower *lower, const Units *units, StreamId stream, BufferId buffer, LoopExpr *index[2]);
LoopExpr *load_element(Lower *lower, const Units *units, StreamId stream);
/* What the scan's inputs are there, by index. */
LoopExpr **load_elements(Lower *lower, const Units *units, const Node *scan);
/* The same of its parameters: whole numbers are made by constants of each unit. */
LoopExpr **load_params(Lower *lower, const Units *units, const Node *scan);

#endif
