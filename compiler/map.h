/* How a linear map goes from inputs to outputs, axis by axis: over time, and over the space axes that its streams have,
 * the channel last. An output is the sum of the inputs that it reaches along every axis, each times a weight; positions
 * share weights, so there is one for each tap of the windows, each input and each output of the axis that is mixed.
 * Dense connections, convolutions, pools and mixing along time are rows of this table; a transposed map takes what a
 * map's outputs are to what its inputs are, by the same weights. */
#ifndef SNNC_MAP_H
#define SNNC_MAP_H

#include "arena.h"
#include "room.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum Reach {
    REACH_SAME,   /* an output reads its own position */
    REACH_WINDOW, /* output o reads inputs o * stride + k * dilation - before, k = 0 .. taps-1: a tap each */
    REACH_ALL     /* an output reads all inputs, or those of its group; the last space axis, or time */
} Reach;

typedef struct MapAxis {
    const char *name; /* "x" */
    Reach reach;
    int in, out;                        /* extents; of time, 0 where it is SAME: all steps that there are */
    int taps, stride, dilation, before; /* WINDOW */
    bool linear; /* of a map without weights: a tap counts 1 / stride less a position from the middle */
} MapAxis;

/* What a window reads outside of its inputs. */
typedef enum MapEdge {
    EDGE_ZERO,     /* 0 */
    EDGE_REPLICATE /* the nearest input */
} MapEdge;

typedef struct AxisMap {
    const char *name; /* as in the language: "dense" */
    MapAxis time;
    int count; /* of space axes */
    MapAxis space[MAX_DIMS];
    int groups; /* of the space axis that is ALL: the outputs of each read its inputs only */
    MapEdge edge;
    double constant; /* where the node has no weight: each one's value, before axes that are linear */
} AxisMap;

/* Each of the outputs reads each of the inputs, at every step. */
AxisMap map_dense(int inputs, int outputs);
/* The steps of each unit are combined, in the same way for all units. */
AxisMap map_in_time(const char *name, int units, MapAxis time);
/* Whether it is no more than that: what products with a matrix compute. */
bool map_is_dense(const AxisMap *map);
/* Outputs of a window along an axis with `padding` at both ends together; not positive where it does not fit. */
int window_outputs(int in, int taps, int stride, int dilation, int padding);

/* Of a window along an axis: outputs read inputs that are there by taps *from .. *to-1, by none before or behind these. */
void axis_met(const MapAxis *axis, int *from, int *to);
/* The same of all windows over space, taps counted with the outermost axis first. */
void map_met(const AxisMap *map, int *from, int *to);

/* Units of a sample at one step. */
int map_inputs(const AxisMap *map);
int map_outputs(const AxisMap *map);
/* Whether each step of it is made of inputs of this step and of some before it, and of no later ones. */
bool map_is_causal(const AxisMap *map);
/* The same by weights of its own for each of an output's inputs: as delays do. */
bool map_reads_past(const AxisMap *map);
/* Weights as they are stored: rows are taps, outermost axis first, times inputs of a group; columns are outputs. */
int map_rows(const AxisMap *map);
int map_columns(const AxisMap *map);
/* The same with an axis for each window, one for inputs and one for outputs, where some are mixed. Their number. PyTorch
 * has [outputs, inputs, windows...] of this. */
int map_weight_dims(const AxisMap *map, int dims[MAX_DIMS]);
/* What these are called: as the axes of windows are, `inputs` and `outputs`. */
void map_weight_axes(const AxisMap *map, const char *axes[MAX_DIMS]);
/* Whether outputs are sums over inputs of a space axis, not only over windows and time. */
bool map_mixes_space(const AxisMap *map);
/* Whether each input of a map with windows is read by one tap of one of them. */
bool map_reads_once(const AxisMap *map);
/* The axis that is ALL, or NULL. */
const MapAxis *map_mixed(const AxisMap *map);
/* Of outputs, each of which has all channels. */
int map_positions(const AxisMap *map);
/* Of the map or its transpose: one for each output of the axis that is mixed; 0: one for all. */
int map_biases(const AxisMap *map, bool transposed);
/* Multiply-adds of a sample in so many steps, without edges. */
int64_t map_operations(const AxisMap *map, int steps);
/* Its axes, for dumps: "2: 3 taps by 2 from -1, 1: same". Empty for one that is dense. */
const char *map_text(Arena *arena, const AxisMap *map);
/* NULL, or what no map can be. */
const char *map_fault(const AxisMap *map);

#endif
