/* A node of a Net: what kinds there are (nodes.def), and what one refers to. */
#ifndef SNNC_NODE_H
#define SNNC_NODE_H

#include "body.h"
#include "map.h"
#include "shape.h"
#include "source.h"
#include "vec.h"

/* References by a node; NONE where it has none. */
typedef int StreamId; /* index into Net.streams */
typedef int ParamId;  /* index into Net.params */
enum { NONE = -1 };

typedef enum NodeKind {
#define NODE(id, name, phase, in, aux, out, weight, bias, equations, steps, adjoint) NODE_##id,
#include "nodes.def"
#undef NODE
    NODE_KIND_COUNT
} NodeKind;

typedef enum NodePhase {
    NODE_PHASE_FORWARD,
    NODE_PHASE_EITHER,
    NODE_PHASE_BACKWARD,
    NODE_PHASE_UPDATE
} NodePhase;

typedef enum Reference { REFERENCE_NO, REFERENCE_YES, REFERENCE_MAY } Reference;

/* A row of nodes.def. */
typedef struct NodeFacts {
    const char *name;
    NodePhase phase;
    Reference in, aux, out, weight, bias;
    bool equations;
    bool stepwise;
} NodeFacts;

const NodeFacts *node_facts(NodeKind kind);
const char *node_kind_name(NodeKind kind);

typedef enum ReduceKind {
    REDUCE_MEAN,
    REDUCE_SUM,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_LAST,
    REDUCE_ARGMAX, /* the number of the first that is greatest; it has no derivative */
    REDUCE_COUNT
} ReduceKind;

typedef enum LossKind {
    LOSS_CROSS_ENTROPY, /* -log softmax(in)[label] */
    LOSS_MSE,           /* mean over classes of (in - onehot(label))^2 */
    LOSS_VALUE,         /* in: what a formula says */
    LOSS_COUNT
} LossKind;

const char *reduce_name(ReduceKind kind); /* as in the language */
/* Whether it is about one of the values, which its gradient belongs to; else about all. */
bool reduce_picks(ReduceKind kind);
/* Whether it compares values to find that. */
bool reduce_compares(ReduceKind kind);
const char *loss_name(LossKind kind);

/* A state of a scan: carried from step to step, one value per unit. */
typedef struct State {
    const char *name;
    double initial;
    Val next; /* its value at the end of the step */
} State;

/* A stream that a scan writes at every step, for every unit of every sample. One that lacks an axis which the scan goes
 * over takes the sum over it (the gradient of an input that is the same all along it). */
typedef struct ScanOut {
    StreamId stream;
    Val value;
} ScanOut;

/* A sum over batch and time, and over the axes of the units that the parameter lacks. */
typedef struct ScanGrad {
    ParamId param;
    Val value;
} ScanGrad;

/* How a COPY goes along one axis: out[o][j][i] = in[o][j + from][i], where there is no such j 0, or of one that joins two streams
 * (from = 0) aux[o][j - in][i]; o and i stand for the axes around it. One that changes the shape only copies all of one axis. */
typedef struct Extract {
    int outer, in, out, inner, from;
} Extract;

typedef struct Node {
    NodeKind kind;
    StreamId in, aux, out;
    ParamId weight, bias;
    const AxisMap *map; /* MAP, POOL and their gradients: what the forward node computes, */
    bool transposed;    /* or its transpose */
    bool of_loss;       /* made for the formula of the loss */
    bool target;        /* DATA: what a sample is to give, not the sample */
    bool present;       /* DATA: 1 at the steps that a sample has, 0 behind them */
    bool class;         /* PREDICT: the class of the largest, and the numbers; else the numbers alone */
    bool held;          /* DATA: values recorded by another run, not the data set's */
    bool each_step;     /* REDUCE, PICK_GRAD: over units, step by step; else over time */
    int steps;          /* DELAY */
    double factor; /* of a Net of whole numbers. POISSON, LATENCY: in * factor / 2^shift is in 65536ths; */
                   /* PREDICT: what 1 of its numbers stands for */
    int shift;
    Extract piece; /* COPY */
    ReduceKind reduce;
    LossKind loss;
    /* of kinds with equations; of PREDICT or NULL, and of METRIC: as the model names it */
    const char *name;    /* of the neuron: "lif"; or what the node is for in a dump */
    bool formula;        /* SCAN: of streams, as in `a + b`, not a neuron */
    VEC(StreamId) ins;   /* OP_INPUT index; repeated along axes that they lack; none for an UPDATE */
    VEC(ParamId) params; /* OP_PARAM index; repeated like them */
    VEC(State) states;   /* OP_STATE index; none: a pointwise map */
    VEC(ScanOut) outs;   /* of an UPDATE one, without a stream */
    VEC(ScanGrad) grads;
    bool reverse; /* runs from the last step to the first */
    int each_of;  /* runs at each of so many steps even where no stream of it has them: the adjoint of a
                                 scan that does, whose sums over time would else count one step; 0: of its streams' */
    bool batched; /* runs for each sample even where no stream of it is of samples: likewise */
    Shape units;  /* it runs over these even where no stream of it has them all: an adjoint again;
                                 ndim 0: over those of its streams */
    Body body;
    int phrase;  /* of the text, that `build` made it by: index into Net.phrases, or NONE */
    int forward; /* of a node made by differentiate: the node it belongs to, else NONE */
    Span span;   /* what the user wrote for it */
} Node;

/* A node with all references NONE. */
Node node_new(NodeKind kind, Span span);

/* The streams that the node reads, k = 0 .. node_read_count - 1, and those that it makes; some may be NONE. */
int node_read_count(const Node *node);
StreamId node_read(const Node *node, int k);
int node_made_count(const Node *node);
StreamId node_made(const Node *node, int k);

bool node_makes(const Node *node, StreamId stream);

/* Whether it can run one step at a time: its kind can, and no map or reduction of it goes over time. */
bool node_is_stepwise(const Node *node);
/* Whether it can be part of a recurrent group: it can run one step at a time, or is a map of this step and others, before it
 * or, transposed, behind it. */
bool node_may_loop(const Node *node);
/* What it is called in messages: a map, as in the language. */
const char *node_title(const Node *node);

#endif
