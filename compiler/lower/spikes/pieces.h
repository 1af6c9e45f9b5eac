/* Lists of the units that spike, position by position: see pieces.c. */
#ifndef SNNC_PIECES_H
#define SNNC_PIECES_H

#include "lower/lower.h"

/* The events of some positions of a row that stand next to each other, of one sample at one step. */
typedef struct Piece {
    BufferId event;
    LoopExpr *b, *from, *to; /* event[b][from .. to-1] */
} Piece;

/* A kernel that lists the events of a spike stream position by position, unless they are listed already. */
void pieces_prepare(Lower *lower, StreamId stream);
/* At the site, positions from .. to-1 of a row. */
Piece piece_of(Lower *lower, StreamId stream, Site site, LoopExpr *row, LoopExpr *from, LoopExpr *to);

#endif
