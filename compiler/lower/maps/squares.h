/* Convolutions by 3 x 3 taps with fewer products (Winograd's F(2 x 2, 3 x 3)). Outputs are made in squares of 2 x 2, each of the
 * 4 x 4 inputs that they read. Along an axis, outputs y and inputs d of a square are
 *
 *   y0 = m0 + m1 + m2    m0 = (d0 - d2) g0                    m1 = (d1 + d2) (g0 + g1 + g2) / 2
 *   y1 = m1 - m2 - m3    m3 = (d1 - d3) g2                    m2 = (d2 - d1) (g0 - g1 + g2) / 2
 *
 * and along both, there are 16 products for each channel that is read and made, not 36. So inputs and weights are spread to
 * 16 planes, each plane is a product of matrices, and what these make is gathered again. */
#ifndef SNNC_SQUARES_H
#define SNNC_SQUARES_H

#include "lower/base/walk.h"

enum {
    SQUARE_MADE = 2,
    SQUARE_TAPS = 3,
    SQUARE_READ = SQUARE_MADE + SQUARE_TAPS - 1,
    SQUARE_PLANES = SQUARE_READ * SQUARE_READ
};

/* Along one axis, of SQUARE_MADE, SQUARE_TAPS or SQUARE_READ values. */
typedef void Transform(Lower *lower, LoopExpr *const *from, LoopExpr **to);

/* Along both: of from x from values, row by row, to x to. */
void transform(Lower *lower, LoopBlock *into, Transform *along, int from, int to, LoopExpr **values);
/* A local of the innermost loop for each value. */
void settle(Lower *lower, LoopBlock *into, const char *name, LoopExpr **values, int count);

/* An axis of a map, or its transpose, or a gradient: extents; output o reads inputs from o - before on; squares along it. */
typedef struct Side {
    int in, out, before, squares;
} Side;

/* Rows of squares first .. first + count - 1, of those of all steps of a sample, and what channels i0 .. i0 + channels - 1 of
 * `all` have there. */
typedef struct Squares {
    const Node *node;
    Site site;
    Walk samples; /* at most `together`, whose squares follow each other; without: the site's */
    int together;
    bool in_time;
    Side y, x;
    int channels, all;
    LoopExpr *i0; /* NULL: all channels */
    LoopExpr *first;
    int count;
    BufferId box; /* [SQUARE_READ][positions x channels]: what a row of squares reads, with zeros around it */
    BufferId planes; /* [SQUARE_PLANES][squares][channels] */
} Squares;

/* Of a node in so many steps, or outside time: 0. */
Squares squares_of(const Node *node, int steps, int channels, int all);
/* Squares that planes have room for: one too many, so that planes do not begin at the same place of a cache. */
int squares_room(const Squares *squares);
/* Squares of a sample that are in the planes. */
int squares_count(const Squares *squares);
/* Rows of squares of a sample. */
int square_rows(const Squares *squares, int steps);
/* Adds its buffers, and writes zeros to all of the box. */
void squares_begin(Lower *lower, Squares *squares, LoopBlock *into);

/* Of a row of squares: where it is in its step, and the number of its first square among those of the planes. */
typedef struct SquareRow {
    Site site;
    LoopExpr *y, *square;
} SquareRow;

SquareRow for_square_rows(Lower *lower, const Squares *squares, LoopBlock *into);
/* What a row of squares reads goes to the planes. */
void spread_row(Lower *lower, const Squares *squares, const SquareRow *row);

#endif
