/* What is decided about a Net before the first kernel is written: a record for each stream, one for each node. They are
 * made once, by the files of this folder, and constant from then on: who writes kernels asks them, and decides
 * nothing. */
#ifndef SNNC_PLAN_H
#define SNNC_PLAN_H

#include "passes.h"
#include "schedule.h"

/* How units are cut: all tiles have one width. Where it does not divide the units, the last tile has a remainder of
 * them, and streams have room for whole tiles all the same: what stands behind the last unit is computed with the
 * others and means nothing. */
typedef struct Tiling {
    int width, count; /* of a tile; of tiles. One: not cut */
} Tiling;

static inline int tiling_room(Tiling tiling)
{
    return tiling.width * tiling.count;
}

/* How the units of a stream lie in space, as a convolution goes through them. */
typedef struct RowShape {
    int positions, channels; /* of a row; channels of one position */
} RowShape;

typedef struct StreamPlan {
    int steps;       /* values of a unit in a sample: T, or 1 outside time */
    Tiling tiles;    /* if its layer is cut */
    int room;        /* units that its buffer has room for: where a layer is cut, all of its tiles */
    bool events;     /* it has spikes, over time: dense maps of it follow them */
    RowShape row;    /* of convolutions that follow them; 0: there are none */
    bool all_choose; /* every kernel that reads it chooses between events and tables */
    bool local;      /* lives in one kernel only, as a tile */
    bool tiled;      /* laid out [batch][tiles][steps][width], since only tiles are read */
    int slots;       /* steps that are kept of a stream which only its group reads; 0: all */
    bool drawn;      /* of random numbers: kept nowhere, drawn where it is read */
    bool
        routed; /* a maximum's gradient: kept nowhere, read from that of the windows where an adjoint reads it */
    bool looked;  /* a map's: kept nowhere, looked up in tables where a scan reads it */
    bool tallied; /* a gradient's: kept nowhere, added up by patterns of spikes where an adjoint makes it */
    bool shifted; /* delayed within a group, and read where the delay reads */
    const Node *met; /* the only reader of a gradient that is of use only where spikes are met; or NULL */
    StreamId place;  /* the stream whose values it overwrites, once they are read; or NONE */
    bool taken;      /* another one overwrites it */
} StreamPlan;

/* Sparse gradients: what a map sends back to neurons of which few are near their threshold. See maps/gate.c. */
typedef struct GatePlan {
    const Node *adjoint; /* reads what the map makes, and multiplies it by */
    Val slope;           /* this value of its body, which is 0 for neurons far from their threshold */
    int later;           /* the map's step t is read at step t + later; not positive */
    bool measured;       /* in a batch where many neurons are near, the whole product runs instead */
} GatePlan;

typedef enum Cut {
    CUT_UNITS,   /* items are tiles */
    CUT_SAMPLES, /* items are samples */
    CUT_ORDERED, /* the same, in order within each slice of the batch, which has sums of its own, */
    CUT_SLICES,  /* or items are these slices, */
    CUT_INPUTS   /* or of the channels that a gradient is by: there is but one sum for each weight */
} Cut;

typedef VEC(const Node *) Nodes;

/* What a node is to a layer. */
typedef enum Role {
    ROLE_NONE, /* it has kernels of its own */
    ROLE_MAP,
    ROLE_SCAN,
    ROLE_MAP_GRAD,
    ROLE_BIAS_GRAD
} Role;

/* What one kernel computes together: a scan with the linear maps before it and the gradients behind it, or some of
 * these alone. */
typedef struct LayerPlan {
    const Node *scan; /* NULL: none */
    Nodes maps;
    Nodes gradients; /* of weights and biases */
    const Node
        *looked; /* the map of its own, the only one, that the scan looks up position by position; or NULL */
    const Node *tallied; /* the gradient of its own, the only one, to whose tallies the scan adds; or NULL */
    Cut cut;
    int width; /* units of a tile, or all */
    int items; /* tiles or slices; of what is the same for all samples, 1; 0: samples */
    int chunk; /* samples at a time that share one making of tables; 0: its maps use none */
    int together; /* samples whose part of a gradient is summed before it is added, or whose maps read weights once */
    bool table; /* a map or a gradient uses tables */
    bool once;  /* but products of streams outside time, or gradients that go through time themselves */
} LayerPlan;

typedef struct NodePlan {
    const char *name; /* that its kernels are called after */
    Role role;
    StreamId stream;  /* whose units it goes through; or NONE */
    int units, steps; /* that it works on: all outputs; T, or 1 outside time */
    Tiling tiles;     /* if these are cut; what it works on has room for all of them */
    bool dense;       /* a map of all units or a gradient of one: what fast kernels, layers and groups know */
    bool shared;      /* a map or a gradient of what is the same for all samples: it runs for one */
    bool in_time;     /* it runs at every step; else once */
    bool even;        /* a scan: all that it reads and makes goes over its units: see base/nest.h */
    int group;        /* the number of its recurrent group, or 0 */
    bool cyclic;      /* it would be in one, if not all nodes went through time together */
    bool asked;       /* a delay in a group: whether its past is there is asked at every step */
    int joined;       /* the group whose steps make this map from its events, or 0 */
    int host;         /* the node in whose kernel it is computed, or NONE */
    const LayerPlan *layer; /* what its own kernel computes; NULL: it has none, or another kind of kernel */
    bool tables;            /* a map or a gradient that tables may serve, */
    bool listed;            /* or lists of events: for both, */
    int event_part;         /* outputs whose sums registers hold, of one sample; 0: they do not */
    int event_blocks;       /* outputs at a time of a map whose events go block by block; 0: they do not */
    bool windows;           /* a map or a gradient that kernels of windows serve, */
    bool by_tiles;          /* one tile of channels after the other, each for all samples, */
    bool winograd;          /* or those with fewer products, by squares of */
    int squares[2];         /* so many outputs along y and x; */
    bool patterns;          /* a map by tables of the patterns of spikes that windows read, */
    bool pieces;            /* or those that follow events position by position, */
    bool by_inputs;         /* a gradient of so many weights that its inputs are cut, not the batch, */
    bool piece_rows;        /* a map, one row of taps after the other, */
    bool piece_taps;        /* or one tap after the other, for some samples, */
    bool patches;           /* or those that multiply by all that a window reads, */
    bool sparse;            /* or those that follow neurons with a gradient, */
    bool sparse_rows;       /* one row of taps after the other */
    bool steps_shared;      /* a map along time that all units share, or its gradient */
    bool taps;              /* a map along time that mixes all units, or its gradient; */
    bool frequencies;       /* one for which transforms along time pay */
    bool narrow;            /* one whose weights may be there at few taps next to each other; */
    bool recent;            /* or such a map where all nodes go through time together, */
    bool past;              /* or in a recurrent group */
    bool choice;            /* the activity of each batch decides; false: there is no choice */
    const GatePlan *gate;   /* NULL: none */
    int step_width;         /* a map in a group: outputs at a time */
    const Node *route;      /* a scan: of a maximum's gradient that it reads as it is routed; or NULL */
    StreamId met; /* a scan: all it makes, if that has a meaning only where spikes are met; or NONE */
    int run;      /* a scan: steps that are written out one after the other */
    bool
        watched; /* a scan: whether its states are finite is found sample by sample, so that the runtime needs
                     none of them */
} NodePlan;

typedef struct Plan {
    LowerOptions options;
    const StreamPlan *streams; /* by StreamId */
    const NodePlan *nodes;     /* by node */
    const Tiling *params;      /* by ParamId: of the units that one has a value for each of */
    const Schedule *phases;    /* by Phase; a recurrent part begins with the maps that join it */
} Plan;

/* The size from which on something is done that pays from `size` on: see LowerOptions. */
static inline int64_t done_from(LowerOptions options, int64_t size)
{
    return options.small ? 0 : size;
}

/* Of the weights that a map reads, or of which a gradient is: a parameter or a stream. */
const char *weight_name(const Net *net, const Node *node);
/* Of weights that are a stream made as `where(there, weight, 0)`: the value `there` of its maker's body; else NO_VAL. Weights
 * that are not there are 0, and no gradient flows back through them. */
Val weight_condition(const Net *net, StreamId weights);
/* The map of whose weights a node makes the gradient, or itself. */
const Node *map_of(const Net *net, const Node *node);
/* Whether a forward node is served by kernels that may add in another order than inference does. */
bool plan_changes_order(const Plan *plan, const Net *net);
/* Lives in the arena, as the Net does. */
Plan make_plan(Arena *arena, const Net *net, LowerOptions options);

#endif
