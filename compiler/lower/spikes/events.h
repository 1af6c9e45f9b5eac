/* Lists of the units that spike, and linear maps that follow them: see events.c and product.c. */
#ifndef SNNC_EVENTS_H
#define SNNC_EVENTS_H

#include "lower/lower.h"

/* A matrix of inputs by outputs, or a tile of its columns: element (i, j) is buffer[outer][i][column + j]. */
typedef struct Matrix {
    BufferId buffer;
    LoopExpr *outer;  /* NULL: the buffer has two dimensions */
    LoopExpr *column; /* NULL: 0 */
} Matrix;

LoopExpr *matrix_load(Lower *lower, const Matrix *matrix, LoopExpr *i, LoopExpr *j);
void matrix_store(Lower *lower, LoopBlock *into, const Matrix *matrix, LoopExpr *i, LoopExpr *j,
                  LoopExpr *value, bool add);

/* Elements of a buffer in which so many units may be listed. */
int list_room(int units);
/* For numbers below `limit`. */
Type index_type(int limit);

/* Whether maps of this stream go by its events: it has spikes, over time. */
bool follows_events(const Lower *lower, StreamId stream);
/* A kernel that lists the events of a spike stream, unless they are listed already. */
void events_prepare(Lower *lower, StreamId stream);
/* The buffers for it; false: the stream has them. Who makes them lists the site's sample, step after step. */
bool list_buffers(Lower *lower, StreamId stream);
void emit_list_start(Lower *lower, StreamId stream, Site site);
void emit_list_step(Lower *lower, StreamId stream, Site site);

/* What unit j of the site starts from: the bias or 0. */
LoopExpr *map_start(Lower *lower, const Node *dense, Site site, LoopExpr *j);
/* The map's outputs at every step of the site's sample, into its out stream. */
void emit_map(Lower *lower, const Node *dense, const Matrix *weights, BufferId sums, Site site);
/* The same for samples b0 .. b1-1 of streams outside time, some of them together. */
void emit_map_once(Lower *lower, const Node *dense, const Matrix *weights, BufferId sums, Site site,
                   LoopExpr *b0, LoopExpr *b1);
/* Adds what the site's sample contributes to the gradient of the weights; outside time what samples b0 .. b1-1 do. */
void emit_weight_grad(Lower *lower, const Node *node, const Matrix *gradient, BufferId sums, Site site,
                      LoopExpr *b0, LoopExpr *b1);
/* A kernel that lays the map's weights out tile by tile, [tiles][inputs][width], for emit_step_map. */
Matrix tiled_weights(Lower *lower, const Node *dense);
/* The map's outputs at the site's step for samples b0 .. b1-1: where all of them go through time together. */
void emit_step_map(Lower *lower, const Node *dense, Matrix tiles, Site site, LoopExpr *b0, LoopExpr *b1);
/* The local sums of so many rows at a time; emit_map and emit_weight_grad want sums_rows(). */
BufferId sums_buffer(Lower *lower, const char *name, int rows, int width);
/* Of the stream that goes into a map. */
int sums_rows(const Lower *lower, StreamId in);

#endif
