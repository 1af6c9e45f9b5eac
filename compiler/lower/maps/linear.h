/* Linear maps and the gradients of their weights. Several kernels can compute one: each is a file of this folder and a
 * row of the table in linear.c. */
#ifndef SNNC_LINEAR_H
#define SNNC_LINEAR_H

#include "lower/base/matrix.h"
#include "lower/base/walk.h"

struct Synapses;

/* A map, or the gradient of its weights or bias, in the kernel that computes it. */
typedef struct Linear {
    const Node *node;
    const NodePlan *plan;
    Matrix matrix;     /* the weights, or where their gradient is summed: all or a tile */
    BufferId sums;     /* of so many rows at a time as linear_rows says; -1: not needed */
    BufferId table;    /* -1: not needed */
    BufferId tiles;    /* of the weights: see maps/tiles.h; -1: not needed */
    BufferId spectrum; /* of what a map makes: see maps/frequencies.c; -1: not needed */
    BufferId spread;   /* of the weights: see maps/winograd.c; -1: not needed */
    BufferId patterns; /* sums of the weights: see maps/patterns.c; -1: not needed */
    BufferId few; /* of a map with a gate: [1], few neurons of this batch are near; -1: as if they were */
    const struct Synapses *synapses; /* by delays: see maps/recent.c; NULL: not needed */
} Linear;

typedef struct MapKernel {
    bool (*serves)(const Linear *linear);
    /* Kernels that must run before; NULL: none. */
    void (*prepare)(Lower *lower, Linear *linear);
    /* The block that runs where this kernel was chosen, for the batch or the site's sample, or was not; NULL: none. Without
     * it, always. */
    LoopBlock *(*branch)(Lower *lower, const Linear *linear, Site site, bool chosen);
    /* The map's outputs at the rows of the walk, into its out stream. */
    void (*forward)(Lower *lower, const Linear *map, Site site, Walk walk);
    /* Adds what the rows contribute to the gradient. */
    void (*gradient)(Lower *lower, const Linear *gradient, Site site, Walk walk);
    int rows;  /* that it sums at a time */
    bool asks; /* of several samples, it asks itself for which of them it was chosen */
    /* Instead, where the plan gives the node no layer: the gradient by kernels of its own. */
    void (*alone)(Lower *lower, const Node *gradient);
} MapKernel;

extern const MapKernel by_tables, by_event_blocks, by_events, by_gate, by_products, by_sums, by_patterns,
    by_piece_rows, by_piece_taps, by_pieces, by_piece_sums, by_patch_sums, by_sparse, by_winograd,
    by_winograd_sums, by_windows, by_window_sums, by_step_sums, by_steps, by_narrow, by_frequencies, by_taps,
    by_recent, by_definition;

/* With no kernel prepared: the driver chooses itself. */
Linear linear_alone(Lower *lower, const Node *node);
/* Prepares all kernels that serve it. */
Linear linear_of(Lower *lower, const Node *node);
/* The most rows that its kernels sum at a time. */
int linear_rows(const Linear *linear);
/* The map or the gradient, by the kernels that serve it. */
void emit_linear(Lower *lower, const Linear *linear, Site site, Walk walk);

/* A gradient that is in no layer, by the kernel that serves it. */
void lower_gradient_alone(Lower *lower, const Node *gradient);

/* ---- for drivers that choose themselves ---- */

/* The local tables of a kernel whose tiles have this width. */
BufferId table_buffer(Lower *lower, const char *name, int width);
/* The map at one step of one sample, from the list of its events. */
void emit_events(Lower *lower, const Linear *map, Site site);
/* The map by products, at the site's step, for samples b0 .. b1-1, `together` of them at a time. */
void emit_products(Lower *lower, const Linear *map, Site site, Walk samples, int together);

/* A maximum over windows, or its gradient, at one step of one sample. */
void emit_pool(Lower *lower, const Node *node, Site site);
void emit_pool_grad(Lower *lower, const Node *node, Site site);

/* Whole kernels. */
void lower_pool(Lower *lower, const Node *node);
void lower_bias_grad(Lower *lower, const Node *node);
/* The rest of that of a bias that all units share: one for each step, where time is mixed, or for all of them. */
void lower_shared_bias(Lower *lower, const Node *node);
/* transposed[j][i] = values[i][j] of the parameter, or of the stream, if it is not NONE: of what maps read. */
void lower_transposed(Lower *lower, ParamId param, StreamId stream);

#endif
