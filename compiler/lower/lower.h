/* Net -> Loop, internal: what all files that write kernels share. A plan (plan/plan.h) decides, and the others write
 * what it says: base/ is what every kernel is made of, spikes/ what is made of a spike stream for those that follow it,
 * maps/ has one file for each way to compute a linear map, ends/ what stands before and behind the layers. Two drivers
 * stand over these: train/, a layer at a time for all steps, and step/, where nodes feed each other through time. */
#ifndef SNNC_LOWER_H
#define SNNC_LOWER_H

#include "loop.h"
#include "lower/plan/plan.h"

/* What is made of a spike stream for the kernels that read it; -1: no such buffer. See spikes/lists.c, pieces.c,
 * times.c, pack.c. */
typedef struct SpikeBuffers {
    BufferId counts;  /* spikes of each sample, where they decide */
    BufferId busy;    /* [2]: tables were chosen for this batch, over units and over steps; -1: no choice */
    BufferId crowded; /* [2]: windows were chosen for this batch, forward and backward; -1: no choice */
    BufferId lively;  /* the same of frequencies */
    BufferId event, ends; /* units that spike, step by step; where each step's begin and the last one's end */
    BufferId piece, piece_ends; /* the same position by position */
    BufferId index;             /* five units in one index of a table */
    BufferId slot, slots;   /* of each block of tables: those that the sample needs at all, and how many */
    BufferId when;          /* five steps of one unit in one index */
    BufferId times, firsts; /* of each unit: the steps at which it is not 0, and where they begin, */
    BufferId heard;         /* and what it is then, of numbers */
    BufferId alive, alives; /* of each block of steps: the units that spike in it, and how many */
} SpikeBuffers;

typedef struct StreamBuffers {
    BufferId values;     /* -1: it is shifted, or a tile and its kernel not yet begun */
    BufferId whole;      /* all steps of a joined map, if tables made them; else -1 */
    BufferId activity;   /* numbers of its spikes; -1: not counted */
    BufferId transposed; /* of weights; -1: nobody needs W^T */
    BufferId met;        /* [positions], of a gradient: see maps/blanks.c; -1: everywhere, or not found yet */
    BufferId waves, spectrum; /* its transform along time: see maps/spectrum.c; -1: not made */
    BufferId patterns;        /* of what is looked up or tallied: see maps/patterns.c; else -1 */
    BufferId best;            /* of a gradient that is routed: see maps/route.c; else -1 */
    BufferId past;            /* its last steps, for delays: see step/past.c; -1: none */
    int described;            /* its row of Program.streams, or NONE */
    SpikeBuffers spikes;
} StreamBuffers;

typedef struct ParamBuffers {
    BufferId values;
    BufferId gradient;   /* -1: not learned */
    BufferId transposed; /* -1: nobody needs W^T */
    const Node *update;  /* NULL: not learned */
} ParamBuffers;

/* Of a map along time whose weights may be there at few taps: see maps/narrow_taps.c; -1: no such buffer. */
typedef struct NarrowBuffers {
    BufferId begins;  /* [inputs][outputs, whole tiles]: how much later each synapse is first heard */
    BufferId windows; /* [tile][input][output][NARROW_TAPS]: its weights from there on */
    BufferId chosen;  /* [1]: these are all that there are, and are followed in this batch */
} NarrowBuffers;

typedef struct Lower {
    Arena *arena;
    const Net *net;
    const Plan *plan;
    Program *program;
    Phase phase;
    Kernel *kernel;         /* the one being filled */
    StreamBuffers *streams; /* by StreamId */
    ParamBuffers *params;   /* by ParamId */
    BufferId *scalars;      /* by number in Net.scalars: of one number */
    NarrowBuffers *narrow;  /* by node, of maps */
    int *layers;            /* by node, of a program that only predicts: in Program.layers, or NONE */
    int layer;              /* of the kernels that are being written; NONE: they belong to all */
} Lower;

/* How a position is read by a window: the window's number, its place in its row, the tap's number. */
typedef struct Routed {
    LoopExpr *window, *place, *tap;
} Routed;

/* How what a map makes is looked up at a position of its outputs, in a tile of channels: the sum of one entry of the table of
 * each part of the weights. What flows back is added to such entries. See maps/patterns.c. */
typedef struct Lookup {
    BufferId patterns; /* [parts][steps][positions] */
    BufferId sums;     /* [tiles][entries][channels of a tile]; tallies: [slices][entries][channels] */
    LoopExpr *position, *tile; /* or the slice */
    int parts;
    const int *starts; /* of each part's entries */
} Lookup;

/* Some units of a layer, for some samples of the batch: what a kernel works on while it is in a cache. */
typedef struct Tile {
    int width;            /* units, */
    LoopExpr *units;      /* of which it has these, from the first on; NULL: all */
    LoopExpr *item;       /* its number */
    LoopExpr *from;       /* its first unit */
    LoopExpr *b0;         /* its first sample; NULL: it has one only */
    StreamId whole;       /* the stream of which all steps are stored, in StreamBuffers.whole; or NONE */
    const Lookup *lookup; /* a tile is some channels of a position of what is looked up; else NULL */
    const Routed *routed; /* a tile is the position of what flows back through windows; else NULL */
} Tile;

/* Where code is emitted: sample b, time step t (NULL outside time). Units are counted from the first of the tile, or of
 * the part of it that the code is about. */
typedef struct Site {
    LoopBlock *into;
    LoopExpr *b, *t;
    const Tile *tile; /* NULL: all units */
    LoopExpr *first;  /* of the part, in the tile; NULL: 0 */
    int segment;      /* the first step of those that are being emitted: see delay_edge */
} Site;

static inline const Stream *stream_of(const Lower *lower, StreamId stream)
{
    return &lower->net->streams.at[stream];
}

static inline int stream_size(const Lower *lower, StreamId stream)
{
    return shape_size(lower->net->streams.at[stream].shape);
}

/* The units that its buffer has room for. */
static inline int stream_room(const Lower *lower, StreamId stream)
{
    return lower->plan->streams[stream].room;
}

/* Values of a unit in a sample: one outside time. */
static inline int steps_of(const Lower *lower, StreamId stream)
{
    return lower->plan->streams[stream].steps;
}

static inline const NodePlan *plan_of(const Lower *lower, const Node *node)
{
    return &lower->plan->nodes[node - lower->net->nodes.at];
}

/* The step that is made, where all nodes go through time together. */
static inline LoopExpr *step_now(const Lower *lower)
{
    return loop_load(lower->program, lower->program->step, 0, NULL);
}

/* The same; else that of the site. */
static inline LoopExpr *step_at(const Lower *lower, const Site *site)
{
    return lower->net->stepwise ? step_now(lower) : site->t;
}

static inline bool leaves_out(const Lower *lower, Optimisation optimisation)
{
    return is_without(lower->plan->options.without, optimisation);
}

#endif
