/* Linear maps as stages add them: where their windows are, and their weights. connect.c adds what window.c and weights.c
 * have read of the arguments. */
#ifndef SNNC_CONNECT_H
#define SNNC_CONNECT_H

#include "build.h"

/* The weights of a map by a stage with the arguments `weights`, `init`, `frozen`, `clamp` and `synapse`, shaped as
 * map_weight_dims says: a parameter of its own, or what it is given. False if a mistake was reported. */
bool stage_weights(Build *b, const StageUse *use, const Scope *arguments, Node *map);
/* The same of weights that the block `delay` spreads over the taps of this kernel; node->map has none along time yet, and is
 * the kernel then. */
bool delayed_weights(Build *b, const StageUse *use, const Scope *arguments, const Entry *delay,
                     const AxisMap *kernel, Node *node);
/* Of so many biases (0: one for all), which are frozen as the weights are. `init`: what they start from; NULL: as usual. */
ParamId stage_bias(Build *b, const StageUse *use, const Scope *arguments, const AxisMap *map, int biases,
                   const Entry *init);
/* A linear map with its weights, as a stage adds it. */
typedef struct Connection {
    const StageUse *use;
    const Scope *frame; /* of its arguments */
    StreamId in;
    AxisMap map;
    bool transposed;
    Shape out;
    bool fixed; /* no parameters: each weight is map.constant */
    bool bias;
    const Entry *bias_init; /* what biases start from; NULL: as usual */
    const Entry *spread;    /* a block that spreads its weights over time; NULL: none does, */
    int taps;               /* so many steps, the last of which is now */
} Connection;

/* The argument `delay`: the input of the connection becomes what it was some steps ago, or `spread` is set. False if a
 * mistake was reported. */
bool connection_delay(Build *b, Connection *connection);

/* The argument `bias`. False if a mistake was reported. */
bool connection_bias(Build *b, Connection *connection);
/* That its weights, which are those of the map, and what it makes, are not too many. */
bool check_connection(Build *b, const Connection *connection, const AxisMap *map);
Value add_connection(Build *b, const Connection *connection);
/* The greatest of each window, of spikes a spike; the connection is fixed. */
Value add_greatest(Build *b, const Connection *connection);

/* Where its weights meet values beyond the edges that are those at the edges, it reads a stream that has these. False if a
 * mistake was reported. */
bool meet_edges(Build *b, Connection *connection);
/* The stream with values of its edges before and behind: along each axis of a window, `before` of them, and `out` in all.
 * NONE if a mistake was reported. */
StreamId add_edges(Build *b, const StageUse *stage, StreamId in, AxisMap map);

/* What a stage's window goes along: all axes of its input but the channel. */
typedef struct Window {
    const char *stage;
    Span span;
    const Scope *frame; /* of its arguments */
    Shape in;
    int count;        /* of those axes */
    const char *size; /* the argument that says how large a window is */
    bool strides;     /* without an argument, the stride is the kernel */
    bool causal;      /* without one, what is before the first is the padding: it goes along time */
    bool transposed;  /* from outputs to inputs */
} Window;

bool has_channels(Shape shape);
Window window_of(const char *stage, Span span, const Scope *frame, Shape in, bool transposed);
/* The windows of the map, an axis each, from the arguments kernel, stride, pad, dilation, edge, as far as the stage has
 * them. False if a mistake was reported. */
bool read_windows(Build *b, const Window *window, AxisMap *map);
/* Causal: of a step itself and those before it. */
MapAxis window_in_time(int steps, int taps, int dilation);
/* The shape of a stream that has all steps at once, its first axis; its others, but the channel, are one. */
Shape shape_with_time(Shape shape, int steps);
/* The same window along that axis of what it is of. */
Window window_along_time(const Window *window, int steps);
/* How many steps it makes of so many: along time as it says, else as many. 0 if a mistake was reported. */
int window_steps(Build *b, const Window *window, int steps);
/* An axis for what the window does not go along, if there is some, which stays apart. */
void add_same_axes(const Window *window, AxisMap *map);
/* Of what the map, or its transpose, makes. */
Shape map_shape(const AxisMap *map, bool transposed);
/* That `along`, if it is given, is `time`. */
bool check_along(Build *b, const Scope *frame);

#endif
