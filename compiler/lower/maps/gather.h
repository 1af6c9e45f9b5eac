/* Rows of positions of what a map with windows makes, or its transpose, and what each row reads: the loops around kernels
 * of convolutions. A row is all positions along the last axis that has a window. */
#ifndef SNNC_GATHER_H
#define SNNC_GATHER_H

#include "lower/maps/view.h"

typedef struct Gather {
    const Node *node;
    Site site;
    int axes;      /* that have windows */
    int ins, outs; /* channels */
    int groups, made,
        depth; /* of channels, one after the other; channels that each makes, and that each of these reads */
    bool
        spread; /* but so narrow ones are made side by side, as if they were one, with copies of what they read */
    View view[MAX_DIMS];
    LoopExpr *q[MAX_DIMS];                   /* of the axes before the last, */
    LoopExpr *from[MAX_DIMS], *to[MAX_DIMS]; /* and the taps by which they read what is there */
    LoopExpr *row;                           /* number of the row */
    int steps;                               /* at a time, from the site's on, of who makes several; else 1 */
    BufferId box; /* [rows that are read][positions x channels], of who copies what a row reads */
} Gather;

Gather gather_of(const Node *node);
/* Of what a box holds of one position. */
int box_channels(const Gather *gather);
/* The channel of a position that channel j, which is made, reads as its channel i, where groups are spread. */
LoopExpr *spread_channel(Lower *lower, const Gather *gather, LoopExpr *i, LoopExpr *j);
/* Enters the loops over rows, one remainder of a stride after the other. */
void for_rows(Lower *lower, Gather *gather);
/* Along the last axis. */
const View *last_view(const Gather *gather);
/* The number of position q of the row. */
LoopExpr *row_position(Lower *lower, const Gather *gather, LoopExpr *q);
/* The first unit of channel j0 at position q of the row. */
LoopExpr *row_unit(Lower *lower, const Gather *gather, LoopExpr *q, LoopExpr *j0);

/* A row that is read: its place among those that a row of windows may read, its number in the stream, that of the taps
 * by which it is read. */
typedef struct Read {
    LoopExpr *slot, *row, *tap;
    LoopExpr *first; /* whether no other one is before it; NULL: none is */
    LoopBlock *into;
} Read;

/* Enters the loops over what the row reads. */
Read for_reads(Lower *lower, const Gather *gather, LoopBlock *into);
/* The most rows that any row reads. */
int most_reads(Lower *lower, const Gather *gather);

/* Where taps that are next to each other read positions that are: of each row that position q reads, the first one by its
 * window, which may be beyond the edge; those that are there. */
typedef struct Section {
    LoopExpr *lowest, *from, *to;
} Section;

Section section_of(Lower *lower, const Gather *gather, LoopBlock *into, LoopExpr *q);
/* A unit's number in the row that is read, less this, is that of its row of weights: see tiles.h. */
LoopExpr *section_shift(Lower *lower, const Gather *gather, const Section *section, const Read *read);

/* As a local, so that bounds of loops are short: compilers leave out the marks of others. */
LoopExpr *settled(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);

#endif
