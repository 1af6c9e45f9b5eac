/* Linear maps and the gradients of their weights: what the drivers ask of this folder. */
#ifndef SNNC_LINEAR_H
#define SNNC_LINEAR_H

#include "lower/base/matrix.h"

/* A map, or the gradient of its weights or bias, in the kernel that computes it. */
typedef struct Linear {
    const Node *node;
    const NodePlan *plan;
    Matrix matrix;  /* the weights, or where their gradient is summed: all or a tile */
    BufferId sums;  /* of a few rows at a time; -1: not needed */
    BufferId table; /* -1: not needed */
    BufferId few;   /* of a map with a gate: [1], few neurons of this batch are near; -1: as if they were */
} Linear;

/* Kernels that list or pack its input, if that is to be, or measure its gate. */
void linear_prepare(Lower *lower, Linear *linear);
/* Rows that are summed at a time. */
int sums_rows(const Lower *lower, const Linear *linear);
/* The local tables of a kernel whose tiles have this width. */
BufferId table_buffer(Lower *lower, const char *name, int width);

/* What unit j of the site starts from: the bias or 0. */
LoopExpr *map_start(Lower *lower, const Node *map, Site site, LoopExpr *j);
/* The map's outputs at every step of the site's sample, into its out stream. */
void emit_map(Lower *lower, const Linear *map, Site site);
/* The same for samples b0 .. b1-1 of streams outside time, some of them together. */
void emit_map_once(Lower *lower, const Linear *map, Site site, LoopExpr *b0, LoopExpr *b1);
/* The same, by tables, for the samples b0 .. b1-1 of the tile. */
void emit_map_tables(Lower *lower, const Linear *map, Site site, LoopExpr *b0, LoopExpr *b1);

/* Adds what the site's sample contributes to the gradient of the weights; outside time what samples b0 .. b1-1 do. */
void emit_weight_grad(Lower *lower, const Linear *gradient, Site site, LoopExpr *b0, LoopExpr *b1);
/* The same, by tables. */
void emit_weight_grad_tables(Lower *lower, const Linear *gradient, Site site);

/* A kernel that lays the map's weights out tile by tile, [tiles][inputs][width], for emit_step_map. */
Matrix tiled_weights(Lower *lower, const Node *map);
/* The map's outputs at the site's step for samples b0 .. b1-1: where all of them go through time together. */
void emit_step_map(Lower *lower, const Linear *map, Site site, LoopExpr *b0, LoopExpr *b1);

/* Whole kernels. */
void lower_bias_grad(Lower *lower, const Node *node);
void lower_transposed(Lower *lower, ParamId weight);

#endif
