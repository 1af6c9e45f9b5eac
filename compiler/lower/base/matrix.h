/* Weights and their gradients, or a tile of them, and the sums that products are made in. */
#ifndef SNNC_MATRIX_H
#define SNNC_MATRIX_H

#include "lower/lower.h"

/* A matrix of inputs by outputs, or a part of it: element (i, j) is buffer[outer][row + i][column + j]. */
typedef struct Matrix {
    BufferId buffer;
    LoopExpr *outer;  /* NULL: the buffer has two dimensions */
    LoopExpr *column; /* NULL: 0 */
    LoopExpr *row;    /* NULL: 0 */
} Matrix;

LoopExpr *matrix_load(Lower *lower, const Matrix *matrix, LoopExpr *i, LoopExpr *j);
void matrix_store(Lower *lower, LoopBlock *into, const Matrix *matrix, LoopExpr *i, LoopExpr *j,
                  LoopExpr *value, bool add);
/* to[i][j] = (or +=) from[i][j] for so many rows, and the columns of the tile; from NULL: 0. What stands behind the
 * tile's last unit becomes 0, or nothing is added to it. */
void matrix_copy(Lower *lower, LoopBlock *into, const Matrix *to, const Matrix *from, int rows,
                 const Tile *tile, bool add);

/* Where a weight is in the buffer of those that a map reads, or in that of their gradient: the number of indices. */
int weight_place(const Lower *lower, const Node *node, LoopExpr *row, LoopExpr *column, LoopExpr *place[2]);
/* Whether the node reads the transpose of its weights, which is made where the backward phase begins. */
bool reads_transposed(const Lower *lower, const Node *node);
/* The matrix that a map reads: its weights, or their transpose. Weights lie [inputs][outputs], so that inner loops run
 * over outputs, contiguous. */
BufferId weights_of(const Lower *lower, const Node *map);
/* The weights themselves, of a map or its transpose, and what a gradient of some is added to. */
BufferId weight_values(const Lower *lower, const Node *map);
BufferId weight_gradient(const Lower *lower, const Node *gradient);

/* The local sums of so many rows at a time. */
BufferId sums_buffer(Lower *lower, const char *name, int rows, int width);
/* The first `width` of each of them start at 0. */
void zero_sums(Lower *lower, LoopBlock *into, BufferId sums, int rows, int width);

#endif
