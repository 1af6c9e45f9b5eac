/* Net -> Loop, internal. One file per family of nodes; a node that may stand in a recurrent group has a
 * function that emits its work for one sample and one time step. */
#ifndef SNNC_LOWER_H
#define SNNC_LOWER_H

#include "loop.h"
#include "net.h"
#include "passes.h"

/* What is made of a spike stream for the kernels that read it; -1: no such buffer. See events.c, pack.c. */
typedef struct SpikeStream {
    BufferId busy; /* [2]: tables were chosen for this batch, over units and over steps; -1: no choice */
    BufferId event, ends; /* units that spike, step by step; where each step's begin and the last one's end */
    BufferId index;       /* five units in one index of a table */
    BufferId slot, slots; /* of each block of tables: those that the sample needs at all, and how many */
    BufferId when;        /* five steps of one unit in one index */
    BufferId alive, alives; /* of each block of steps: the units that spike in it, and how many */
} SpikeStream;

typedef struct Lower {
    Arena *arena;
    const Net *net;
    Program *program;
    Kernel *kernel; /* the one being filled */
    Phase phase;
    int unroll;           /* of --unroll: 0 to choose, UNROLL_FULL or a factor */
    BufferId *streams;    /* by StreamId; -1: no buffer */
    BufferId *activity;   /* by StreamId: numbers of its spikes; -1: not counted */
    int *described;       /* by StreamId: its row in program->streams; NONE: the runtime does not know it */
    BufferId *whole;      /* by StreamId: all steps of a joined map, if tables made them; else -1 */
    BufferId *values;     /* by ParamId */
    BufferId *gradients;  /* by ParamId; -1: not learned */
    BufferId *transposed; /* by ParamId; -1: nobody needs W^T */
    Kernels kernels;      /* of --kernels */
    Without without;      /* of --without */
    SpikeStream *spikes;  /* by StreamId */
    int *host;            /* by node: the scan in whose kernel it is computed, or NONE; see layer.c */
    bool *local;          /* by StreamId: lives in one kernel only, as a tile */
    int *group;           /* by node: the number of its recurrent group, or 0 */
    int *joined;          /* by node: the group whose steps make this map from its events, or 0 */
    int *slots;           /* by StreamId: steps kept of a stream that only its group reads; 0: all */
    bool *shifted;        /* by StreamId: delayed within a group, and read where the delay reads */
    int segment;          /* first step of the segment that is being emitted: see delay_edge */
    bool *tiled;          /* by StreamId: laid out [batch][tiles][steps][width], since only tiles are read */
    struct Gate *
        *gates;      /* by node: of a map back to neurons of which few are near their threshold; or NULL */
    StreamId *place; /* by StreamId: the stream whose values it overwrites, once they are read; or NONE */
} Lower;

/* Some units of a layer, for some samples of the batch: what a kernel works on while it is in a cache. */
typedef struct Tile {
    int width;       /* units */
    LoopExpr *item;  /* its number */
    LoopExpr *from;  /* its first unit */
    LoopExpr *b0;    /* its first sample; NULL: it has one only */
    BufferId *local; /* by StreamId: the tiles of a local stream, [tiles][samples][steps][width], or -1 */
} Tile;

/* Where code is emitted: sample b, time step t (NULL outside time). Units are counted from the tile's first. */
typedef struct Site {
    LoopBlock *into;
    LoopExpr *b, *t;
    const Tile *tile; /* NULL: all units */
} Site;

/* A kernel over the samples of the batch (items 0) or over 0 .. items-1; `name` is of the model, or NULL. */
void kernel_begin(Lower *lower, const char *verb, const char *name, const char *about, Span origin,
                  int items);
/* The loop over the kernel's items; `name` of its variable. */
LoopStmt *kernel_items(Lower *lower, const char *name);

LoopStmt *for_range(Lower *lower, LoopBlock *into, const char *name, int count);
/* The same, over units (or elements) that do not touch each other: the loops that vectorise. */
LoopStmt *for_units(Lower *lower, LoopBlock *into, const char *name, int count);
/* name = from .. to-1 */
LoopStmt *for_bounds(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to);
/* A loop over from .. to-1, `size` at a time; the body does *first .. *end-1. */
LoopStmt *for_chunks(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to, int size,
                     LoopExpr **first, LoopExpr **end);
LoopExpr *loop_variable(Lower *lower, const LoopStmt *loop);
/* A local value: `const float name = value`; returns the reference to it. */
LoopExpr *loop_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);
/* The same for a value of the model's equations; NULL if they have no name for it. */
LoopExpr *model_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);

LoopExpr *num(Lower *lower, int number);
LoopExpr *op2(Lower *lower, Op op, LoopExpr *a, LoopExpr *b);
LoopExpr *declare_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);
LoopExpr *load1(Lower *lower, BufferId buffer, LoopExpr *i);
LoopExpr *load2(Lower *lower, BufferId buffer, LoopExpr *i, LoopExpr *j);
void store1(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *value, bool add);
void store2(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *j, LoopExpr *value,
            bool add);
/* Units of the stream that the site works on: the tile's, or all. */
int site_width(const Lower *lower, Site site, StreamId stream);
/* The unit's number in the layer, for unit n of the site. */
LoopExpr *unit_of(Lower *lower, Site site, LoopExpr *n);
/* `name` is of the model, or NULL; dims outermost first. */
BufferId named_buffer(Lower *lower, const char *prefix, const char *name, Type type, BufferRole role,
                      bool per_sample, int ndim, const int *dims);
/* Says to readers what a buffer holds. */
void buffer_about(Lower *lower, BufferId buffer, const char *about);
/* The value of unit n of a stream at the site; t is left out for a stream that is not temporal. */
LoopExpr *load_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n);
void store_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *value, bool add);

const Stream *stream_of(const Lower *lower, StreamId stream);
int stream_size(const Lower *lower, StreamId stream);

/* The matrix that a map reads: its weights, or their transpose. */
BufferId weights_of(const Lower *lower, const Node *map);
/* A delay gives what its input had, on one side of this step (0 .. T), and zeros on the other. Loops over time are
 * split there, into segments, instead of asking for t at every step: gcc 12.2 at -O3 vectorises such a question wrongly. */
int delay_edge(const Lower *lower, const Node *node);
/* What the delay gives at the site, which lies in lower->segment. */
LoopExpr *load_delayed(Lower *lower, const Node *node, Site site, LoopExpr *n);
void emit_delay(Lower *lower, const Node *node, Site site);
/* All steps of one sample. */
void emit_poisson(Lower *lower, const Node *node, Site site);
void emit_latency(Lower *lower, const Node *node, Site site);

/* Leaves no kernel more than LOOP_MOST_LOCAL bytes of local arrays. Each belongs to one kernel. */
void spill_locals(Program *program);

/* Whole kernels. */
void lower_bias_grad(Lower *lower, const Node *node);
void lower_transposed(Lower *lower, ParamId weight);
void lower_reduce(Lower *lower, const Node *node);
void lower_pick_grad(Lower *lower, const Node *node);
void lower_loss(Lower *lower, const Node *node);
void lower_loss_grad(Lower *lower, const Node *node);
void lower_predict(Lower *lower, const Node *node);
void lower_activity(Lower *lower, const Node *node);
void lower_update(Lower *lower, const Node *node);
/* Nodes that feed each other through delays: one loop over time (see schedule.h). */
void lower_group(Lower *lower, const int *nodes, int count);

/* A scan inside a group: its states live in buffers between the steps. Those of a forward scan are there at the
 * end, for the runtime to see whether they are finite. */
typedef struct ScanState {
    BufferId *states;   /* by state; -1: in registers only */
    BufferId *partials; /* by grads entry: sum over time, per sample and unit */
} ScanState;

/* What the runtime looks at after a forward phase: see watch.c. */
void watch_scan_states(Lower *lower, const Node *scan, const ScanState *state);
void watch_streams(Lower *lower);

ScanState scan_buffers(Lower *lower, const Node *node, bool states_in_buffers);
void emit_scan_start(Lower *lower, const Node *node, const ScanState *state, Site site);
/* Steps from .. from+count-1 in the scan's direction; unroll marks the time loop. */
void emit_scan_steps(Lower *lower, const Node *node, const ScanState *state, Site site, LoopExpr *from,
                     int count, bool keep_states);
/* All steps of a scan, for one sample; its buffers are made before. */
ScanState scan_prepare(Lower *lower, const Node *node);
void emit_scan(Lower *lower, const Node *node, const ScanState *state, Site site);
/* Sets inputs and parameters of the node's equations, for unit n at the site. */
struct Equations;
void scan_leaves(Lower *lower, const Node *node, struct Equations *equations, Site site, LoopExpr *n);
const char *scan_name(const Lower *lower, const Node *node);
int scan_units(const Lower *lower, const Node *node);
void lower_partials(Lower *lower, const Node *node, const ScanState *state);

#endif
