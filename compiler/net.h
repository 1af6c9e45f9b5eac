/* What the model means: a graph of streams over (batch, time, space), forward and, after the pass
 * `differentiate`, backward. Nodes stand in execution order, except that a DELAY may read a stream that
 * a later node makes: such a cycle is a recurrent group and runs step by step (see schedule.h).
 *
 * Shapes: a stream holds size = dims[0] * ... values per sample and time step; a stream that is not
 * temporal has one value per sample, the same at all steps. */
#ifndef SNNC_NET_H
#define SNNC_NET_H

#include "body.h"
#include "out.h"
#include "room.h"
#include "source.h"
#include "unique.h"
#include "vec.h"

typedef enum StreamKind {
    STREAM_SPIKES, /* 0 or 1 */
    STREAM_REALS,
} StreamKind;

typedef struct Shape {
    int ndim;
    int dims[MAX_DIMS];
} Shape;

typedef struct Stream {
    const char *name; /* unique among streams: the model's name for it where it has one */
    StreamKind kind;
    bool temporal;
    Shape shape;
    int node;   /* the node that makes it; NONE once it is fused away or unused */
    bool keep;  /* somebody wants to look at it: no pass may remove it */
    bool saved; /* made for the backward pass only */
    bool trace; /* says only whether something was not finite: see pass/watch.c */
    Span span;
} Stream;

typedef enum InitKind {
    INIT_CONSTANT, /* number */
    INIT_UNIFORM   /* uniform in -number .. number */
} InitKind;

/* An array of weights, learned or frozen. Matrices of `dense` are stored [inputs][outputs]; checkpoints hold
 * them the way PyTorch does, [outputs][inputs]. */
typedef struct Param {
    const char *name; /* unique among parameters */
    Shape shape;      /* ndim 0: one number */
    InitKind init;
    double number;
    bool matrix; /* of a dense: transposed in a checkpoint */
    Span span;
} Param;

/* A reference to a stream by a node. */
typedef int StreamId; /* index into Net.streams */
typedef int ParamId;  /* index into Net.params */
enum { NONE = -1 };

typedef enum NodeKind {
    /* made by `build` */
    NODE_DATA,    /* out                     given from outside: the data, or held values (gradcheck) */
    NODE_POISSON, /* in -> out               a spike with probability `in`, at each step */
    NODE_LATENCY, /* in -> out               a spike at step floor((1 - min(in, 1)) (T - 1) + 0.5), if in > 0 */
    NODE_DENSE,   /* in, weight, bias -> out out = in W + bias;  transposed: out = in W^T */
    NODE_SCAN,    /* ins, params, states, body -> outs; see Scan */
    NODE_DELAY,   /* in -> out               out[t] = in[t - steps], 0 outside; steps < 0 looks ahead */
    NODE_REDUCE,   /* in, reduce -> out       over time */
    NODE_LOSS,     /* in, loss                one number per sample, against the label */
    NODE_PREDICT,  /* in                      argmax over space: the predicted class and the scores */
    NODE_ACTIVITY, /* in                      number of spikes per sample, for the log */
    /* made by `differentiate` */
    NODE_LOSS_GRAD,   /* in, loss -> out         d(mean loss over the batch) / d in */
    NODE_PICK_GRAD,   /* in = gradient of a maximum or last value, aux = the reduced stream -> out (temporal):
                       the gradient at the step that was picked (the first maximum), 0 elsewhere */
    NODE_WEIGHT_GRAD, /* in = x, aux = gradient of the output: grad(weight)[i][j] += sum x[i] g[j] */
    NODE_BIAS_GRAD,   /* in = gradient of the output: grad(bias)[j] += sum g[j] */
    NODE_UPDATE,      /* the optimiser on one parameter: see Scan; ins[] is empty, INPUT 0 is the gradient,
                       INPUT 1 the parameter's value, outs[0] the new value */
    NODE_KIND_COUNT
} NodeKind;

typedef enum ReduceKind { REDUCE_MEAN, REDUCE_SUM, REDUCE_MAX, REDUCE_LAST } ReduceKind;

typedef enum LossKind {
    LOSS_CROSS_ENTROPY, /* -log softmax(in)[label] */
    LOSS_MSE,           /* mean over classes of (in - onehot(label))^2 */
    LOSS_COUNT
} LossKind;

/* A state of a scan: carried from step to step, one value per unit. */
typedef struct State {
    const char *name;
    double initial;
    Val next; /* its value at the end of the step */
} State;

/* A stream that a scan writes at every step. A stream that is not temporal takes the sum over time
 * (the gradient of an input that is the same at all steps). */
typedef struct ScanOut {
    StreamId stream;
    Val value;
} ScanOut;

/* A sum over batch and time (and over units for a parameter of the whole layer). */
typedef struct ScanGrad {
    ParamId param;
    Val value;
} ScanGrad;

typedef struct Node {
    NodeKind kind;
    StreamId in, aux, out; /* NONE where unused; they and ins, outs are all streams a node touches */
    ParamId weight, bias;  /* NONE where unused */
    bool transposed;       /* DENSE */
    bool held;             /* DATA: values recorded by another run, not the data set's */
    int steps;             /* DELAY */
    ReduceKind reduce;
    LossKind loss;
    /* SCAN and UPDATE */
    const char *name;    /* of the neuron: "lif"; or what the node is for in a dump */
    bool formula;        /* SCAN: of streams, as in `a + b`, not a neuron */
    VEC(StreamId) ins;   /* OP_INPUT index; all of one shape */
    VEC(ParamId) params; /* OP_PARAM index; shape = the units' shape, or ndim 0 */
    VEC(State) states;   /* OP_STATE index; none: a pointwise map */
    VEC(ScanOut) outs;
    VEC(ScanGrad) grads;
    bool reverse; /* runs from the last step to the first */
    bool in_time; /* runs at every step even where no stream of it is temporal: the adjoint of a
                                 scan that does, whose sums over time would else count one step */
    Body body;
    int forward; /* of a node made by differentiate: the node it belongs to, else NONE */
    Span span;   /* what the user wrote for it */
} Node;

/* How the learning rate goes; e is the epoch from 0, E the number of epochs. */
typedef enum ScheduleKind {
    SCHEDULE_CONSTANT,  /* lr */
    SCHEDULE_STEP,      /* lr * gamma^floor(e / every) */
    SCHEDULE_COSINE,    /* lr * (1 + cos(pi e / E)) / 2 */
    SCHEDULE_ONE_CYCLE, /* torch.optim.lr_scheduler.OneCycleLR(max_lr = lr), cosine, defaults */
    SCHEDULE_COUNT
} ScheduleKind;

typedef struct Training {
    bool present; /* the model has a train block */
    int batch, epochs;
    double seed;
    ScheduleKind schedule;
    double lr, gamma;
    int every;             /* SCHEDULE_STEP: epochs */
    bool per_batch;        /* the schedule moves with every batch instead of every epoch */
    double clip_norm;      /* 0: none */
    double clip_value;     /* 0: none; already part of the update's body */
    const char *optimizer; /* its name, for reports */
} Training;

typedef VEC(const char *) Lines;

/* What the program reads. */
typedef struct Data {
    const char *format; /* "idx" */
    const char *folder; /* default of --data; NULL if the model names none */
    Shape shape;        /* of one sample (of one step of it, if temporal) */
    bool temporal;
    bool spikes; /* the stream of the data is of spikes; only if temporal */
    int classes;
    Span span;
} Data;

typedef struct Net {
    Arena *arena;
    const Sources *sources;
    const char *name; /* of the model */
    int steps;        /* T */
    double dt;        /* ms; 0 where the model gives none */
    Data data;
    Training training;
    VEC(Stream) streams;
    VEC(Param) params;
    Unique stream_names, param_names;
    VEC(Node) nodes; /* forward nodes, then (from `backward` on) backward ones, then updates */
    /* The optimiser as written: one body for all parameters. `differentiate` makes one UPDATE node per
     * parameter from it. INPUT 0: gradient; INPUT 1: weight; states; outs[0].value: the new weight. */
    Node optimizer;
    int backward; /* index of the first backward node; nodes.count where there is none */
    int updates;  /* index of the first UPDATE node */
    /* The model as text, by net_describe: what its results depend on, and what only its training does. */
    Lines network_text, training_text;
} Net;

int shape_size(Shape shape); /* product of the dims; 1 for ndim 0 */
bool shape_equal(Shape a, Shape b);
const char *shape_text(Arena *arena, Shape shape); /* "[28, 28]" */

/* Named `name`, or with a number behind it where another one meets it (see unique.h). */
StreamId net_stream(Net *net, const char *name, StreamKind kind, bool temporal, Shape shape, Span span);
ParamId net_param(Net *net, const char *name, Shape shape, Span span);
/* A node with all references NONE; appended by net_add, which also sets the producer of its outputs. */
Node node_new(NodeKind kind, Span span);
int net_add(Net *net, Node node);

/* Whether training changes the parameter: it has an UPDATE. One that the loss does not reach, or only through
 * `detach`, is frozen: it has neither a gradient nor states of the optimiser. */
bool param_is_learned(const Net *net, ParamId param);
/* By stream: whether parameters are before it, with or without `detach` between. */
bool *streams_behind_params(const Net *net);
/* Whether the scan runs at every step; else once for all of them. */
bool scan_in_time(const Net *net, const Node *scan);
bool node_reads(const Node *node, StreamId stream);
/* The one node that reads the stream; NONE if there is none, or several. */
int net_only_reader(const Net *net, StreamId stream);
bool node_writes(const Node *node, StreamId stream);

const char *node_kind_name(NodeKind kind);
const char *loss_name(LossKind kind); /* as in the language */
const char *schedule_name(ScheduleKind kind);
void net_print(Out *out, const Net *net, int first, int last); /* nodes first .. last-1 with their bodies */

/* What is shown of a step: all of it, without its antiderivative, or what a forward run needs. */
typedef enum EquationDetail { EQUATION_ALL, EQUATION_SLOPES, EQUATION_VALUES } EquationDetail;
/* The equations of a scan or an update, one a line, inputs and parameters named as in the neuron. */
Lines net_equations(const Net *net, const Node *node, EquationDetail detail);
const char *net_node_text(const Net *net, const Node *node); /* "h_dense: reals [3] = dense(image, w_h)" */
/* Fills net->network_text and net->training_text. To be called on what `build` made: then they do not depend on
 * optimisations. They hold no places and no paths; equations that an earlier layer has are not repeated. */
void net_describe(Net *net);
/* NULL, or what is wrong (an internal error of the pass that ran last). */
const char *net_verify(const Net *net);

#endif
