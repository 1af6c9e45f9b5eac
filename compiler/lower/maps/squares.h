/* Convolutions by 3 x 3 taps with fewer products (Winograd's minimal filtering; Lavin and Gray 2016). Outputs are made in
 * squares, each of the inputs that they read. Along an axis, what a square reads and the weights are spread to planes, each plane
 * is multiplied, and what these make is gathered to outputs: two of them by 4 products instead of 6, F(2, 3), or four by 6 instead
 * of 12, F(4, 3). With a stride of 2, two outputs read even positions by two taps and odd ones by one: 5 products instead
 * of 6; and four positions of its transpose, too. Along both axes, there are as many products as these make together for each
 * channel that is read and made: for F(4, 3) 36, not 144. So each plane is a product of matrices. */
#ifndef SNNC_SQUARES_H
#define SNNC_SQUARES_H

#include "lower/base/walk.h"

enum {
    SQUARE_TAPS = 3,
    SQUARE_MOST = 6 /* along an axis, of what is made, read, and of planes */
};

/* Along one axis. */
typedef void Transform(Lower *lower, LoopBlock *into, LoopExpr *const *from, LoopExpr **to);

/* How outputs are made along an axis. Square number s makes s * made .. and reads from s * step on. */
typedef struct SquareForm {
    int made, step, read, planes;
    Transform *spread_inputs;  /* of `read` values `planes`, */
    Transform *spread_weights; /* of SQUARE_TAPS */
    Transform *gather_outputs; /* of `planes` values `made` */
    Transform *spread_outputs; /* the transposes of how outputs are gathered, */
    Transform *gather_weights; /* and weights are spread; NULL: no gradients of weights are made like this */
} SquareForm;

/* By an axis of a map, or of its transpose; `made` outputs of the map, if its stride is 1. */
const SquareForm *square_form(const MapAxis *axis, bool transposed, int made);

/* Along both axes: of so many values so many. */
typedef struct Along {
    Transform *way;
    int from, to;
} Along;

/* Where values come from and go to: place (y, x) of channel i. */
typedef struct Places {
    LoopExpr *(*load)(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *i);
    void (*store)(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *i,
                  LoopExpr *value);
    const void *of;
} Places;

/* Of `width` channels: column by column, then row by row. */
void transform(Lower *lower, LoopBlock *into, const Along along[2], int width, const Places *places);

/* An axis of a map, or its transpose, or a gradient: extents; the first square reads inputs from -before on; squares along it. */
typedef struct Side {
    const SquareForm *form;
    int in, out, before, squares;
} Side;

/* Rows of squares first .. first + rows - 1, of those of all steps of a sample, and what channels i0 .. i0 + channels - 1 of
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
    LoopExpr *first, *rows;
    int most_rows;   /* that there may be */
    BufferId box;    /* [read][positions x channels]: what a row of squares reads, with zeros around it */
    BufferId planes; /* [planes][squares x channels]: see planes_buffer */
} Squares;

/* Of a node in so many steps, or outside time: 0. */
Squares squares_of(Lower *lower, const Node *node, int steps, int channels, int all);
int square_planes(const Squares *squares);
/* Outputs of a square, and an array of them, of so many channels each. */
int square_outputs(const Squares *squares);
BufferId outputs_buffer(Lower *lower, const Squares *squares, const char *name, int channels);
/* Rows of squares of a sample. */
int square_rows(const Squares *squares, int steps);
/* Squares that are in the planes. */
LoopExpr *squares_count(Lower *lower, const Squares *squares);
/* [planes][squares][channels], but with so much room behind each plane that they do not begin at the same place of a cache. */
BufferId planes_buffer(Lower *lower, const Squares *squares, const char *name, int channels);
/* Of such a buffer: square q, channel i in plane f. */
LoopExpr *load_plane(Lower *lower, BufferId planes, int channels, LoopExpr *f, LoopExpr *q, LoopExpr *i);
void store_plane(Lower *lower, LoopBlock *into, BufferId planes, int channels, LoopExpr *f, LoopExpr *q,
                 LoopExpr *i, LoopExpr *value, bool add);
/* Adds its buffers, and writes zeros to all of the box. */
void squares_begin(Lower *lower, Squares *squares, LoopBlock *into);

/* Of a row of squares: where it is in its step, and the number of its first square among those of the planes. */
typedef struct SquareRow {
    Site site;
    LoopExpr *y, *square;
} SquareRow;

SquareRow for_square_rows(Lower *lower, const Squares *squares, LoopBlock *into);
/* What rows of squares read goes to the planes. */
void spread_squares(Lower *lower, const Squares *squares, LoopBlock *into);
/* Zeros behind the last one, for who goes through them up to SQUARES_TOGETHER at a time. */
void pad_squares(Lower *lower, const Squares *squares, LoopBlock *into);
/* Output y, x of the square x0 of a row, from channel j0 on: its first unit, and the block that runs if it is there: the last square
 * may have some too many. */
typedef struct SquareOutput {
    LoopExpr *y, *x, *unit;
    LoopBlock *there;
} SquareOutput;

SquareOutput for_square_outputs(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                                LoopExpr *x0, int channels, LoopExpr *j0);
/* Of an array of outputs. */
LoopExpr *output_number(Lower *lower, const Squares *squares, LoopExpr *y, LoopExpr *x);
LoopExpr *plane_number(Lower *lower, const Squares *squares, LoopExpr *y, LoopExpr *x);

#endif
