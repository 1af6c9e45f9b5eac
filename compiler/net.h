/* What the model means: a graph of streams over (batch, time, space), forward and, after the pass
 * `differentiate`, backward. Nodes stand in execution order, except that a DELAY may read a stream that
 * a later node makes: such a cycle is a recurrent group and runs step by step (see schedule.h).
 *
 * Axes: a stream goes over the batch, over time and over the axes of its shape (see shape.h): it holds
 * size = dims[0] * ... values per sample and time step. Of an axis that it lacks, the value is the same all along it:
 * a stream without steps has one value per sample, the same at all steps. How many steps a stream has is its own: those that
 * meet in one node have as many; only copies and maps along time go from one number to another. */
#ifndef SNNC_NET_H
#define SNNC_NET_H

#include "adjacency.h"
#include "node.h"
#include "out.h"
#include "shape.h"
#include "unique.h"

typedef enum StreamKind {
    STREAM_SPIKES, /* 0 or 1 */
    STREAM_REALS,
} StreamKind;

typedef struct Stream {
    const char *name; /* unique among streams: the model's name for it where it has one */
    StreamKind kind;
    bool batched; /* has a value for each sample; else one for all of them */
    int steps;    /* values along time; 0: it lacks that axis, and is the same at all steps */
    Shape shape;
    int node;   /* the node that makes it; NONE once it is fused away or unused */
    bool keep;  /* somebody wants to look at it: no pass may remove it */
    bool inner; /* made within a block of the library on the way to its result */
    bool saved; /* made for the backward pass only */
    bool trace; /* says only whether something was not finite: see pass/watch.c */
    Span span;
} Stream;

/* An array of weights, learned or frozen. Those of maps, and what makes them, are stored [taps...][inputs][outputs];
 * checkpoints hold them the way PyTorch does, [outputs][inputs][taps...]. */
typedef struct Param {
    const char *name; /* unique among parameters */
    Shape shape;      /* ndim 0: one number */
    /* What it starts from: outs[0].value of a body that reads nothing, and may draw random numbers. */
    const Node *init;
    double orthogonal; /* not 0: then what was drawn is made orthogonal, with this norm */
    const char *group; /* interned; the optimiser of that name makes its updates, if there is one */
    bool frozen;       /* the model says that it does not learn */
    bool kept;         /* a state of a memory: frozen, and changed by a KEEP */
    bool clamped;      /* after each update, it is cut to low .. high */
    double low, high;
    const double *values; /* of a Net of whole numbers: what it holds; else NULL */
    bool matrix;          /* it lies in rows of what its last dimension has */
    bool turned;          /* [..., inputs, outputs], and [outputs, inputs, ...] in a checkpoint */
    Span span;
} Param;

/* A value of a batch, the same for all its samples and units: see Net.schedule. */
typedef struct RunScalar {
    const char *name; /* unique among them and streams */
    Span span;
} RunScalar;

typedef struct Training {
    bool present; /* the model has a train block */
    int batch, epochs;
    int least_batch; /* in a smaller one, what goes over the batch would have too few values */
    double seed;
    double lr;        /* the learning rate, or the number that its schedule goes from; 0: it goes from none */
    int rate;         /* the learning rate, of Net.scalars; NONE: lr */
    double clip_norm; /* 0: none */
    double clip_value;     /* 0: none; already part of the update's body */
    const char *optimizer; /* its name, for reports */
    const char *learning;  /* "adam(lr = cosine(0.001)), clip_norm 1": all that was set */
} Training;

/* An optimiser for some of the parameters. */
typedef struct ParamGroup {
    const char *name; /* interned */
    Node optimizer;   /* as Net.optimizer */
    int rate;         /* its learning rate, of Net.scalars; NONE: a number */
    Span span;
} ParamGroup;

typedef VEC(const char *) Lines;

/* A stage, call or formula in the model's text, and in the library's, by which nodes were made. What the same text makes in
 * the same phrase is one phrase: the stages that `repeat` applies again. */
typedef struct Phrase {
    const char *binding; /* what the text is of: the name of a stream of the model, or "predict" */
    Span span;
    int outer;       /* the phrase in which it stands; NONE: it is all of the binding */
    int first, next; /* the last phrase within it, and the one before it in the same; NONE */
    int times;       /* it was made */
} Phrase;

/* What the program reads. */
typedef struct Data {
    const char *format; /* "idx" */
    const char *folder; /* default of --data; NULL if the model names none */
    Shape shape;        /* of one sample (of one step of it, if temporal) */
    bool temporal;
    bool spikes;         /* the stream of the data is of spikes; only if temporal */
    double unit;         /* its numbers are bytes, and 1 stands for so much; 0: they may be any */
    int classes;         /* of the labels; 0: it has none */
    bool label_temporal; /* a label for each step */
    bool lengths;        /* the model asks which steps a sample has: see node.present */
    Shape target;        /* of the numbers that a sample is to give; ndim 0: there are none */
    bool target_temporal;
    Lines settings; /* more that its reader must know, as "bin = 5" */
    Span span;
} Data;

typedef struct Net Net;
struct Net {
    Arena *arena;
    const Sources *sources;
    const char *name; /* of the model */
    int steps;        /* T, of what is read and of all that is not made of fewer or more */
    double dt;        /* ms; 0 where the model gives none */
    Data data;
    Training training;
    VEC(Stream) streams;
    VEC(Param) params;
    Unique stream_names, param_names;
    VEC(Phrase) phrases; /* each after the one in which it stands */
    VEC(Node) nodes;     /* forward nodes, then (from `backward` on) backward ones, then updates */
    /* The optimiser as written: one body for all parameters. `differentiate` makes one UPDATE node per
     * parameter from it. INPUT 0: gradient; INPUT 1: weight; states; outs[0].value: the new weight. */
    Node optimizer;
    VEC(ParamGroup) groups; /* whose parameters have another optimiser */
    /* Equations of where the training is, the same for all samples: they run once a batch, before all nodes.
     * outs[k].value is what scalars[k] is; every body may read that. */
    Node schedule;
    VEC(RunScalar) scalars;
    int backward; /* index of the first backward node; nodes.count where there is none */
    int updates;  /* index of the first UPDATE node */
    /* What tests and predictions run: forward nodes alone, over the same parameters and run scalars, by the pass
     * `evaluate`. NULL: they run the forward nodes of this one. */
    Net *evaluated;
    bool evaluated_alike; /* it computes what forward nodes do, in case their kernels add in another order */
    bool stepwise; /* of one that only predicts: a sample goes through it step by step, see stepwise.h */
    const char *whole_why; /* or why it does not; else NULL */
    bool whole;            /* likewise: all its numbers are whole, see pass/quantize.h */
    double data_unit;      /* then 1 of the data stands for so much, */
    Lines notes;           /* and this is to be said of them */
    /* The model as text, by net_describe: what its results depend on, and what only its training does. */
    Lines network_text, training_text;
    Lines drawing; /* the same as a picture, by net_draw */
};

/* Over the batch; named `name`, or with a number behind it where another one meets it (see unique.h). */
StreamId net_stream(Net *net, const char *name, StreamKind kind, int steps, Shape shape, Span span);
/* How a parameter is stored: a matrix as rows of what its last dimension has, any other as one row. */
int param_columns(const Param *param);
int param_rows(const Param *param);
/* It starts at 0, unless somebody says otherwise. */
ParamId net_param(Net *net, const char *name, Shape shape, Span span);
/* This number, at the start of all its elements. */
void param_starts_at(const Net *net, Param *param, double number);
/* The shape of weights: axes without names are called inputs and outputs, and those before by rank. */
Shape shape_of_weights(Shape shape);
/* The values of the parameter as a stream over such axes. */
StreamId net_weights(Net *net, ParamId param, Span span);
/* Appends the node, and sets the producer of its outputs. */
int net_add(Net *net, Node node);
/* The scan makes the stream, too. */
void net_add_out(Net *net, int scan, StreamId stream, Val value);

const Node *net_loss(const Net *net); /* NULL: none */
/* What the node's numbers are told as: "accuracy" of a class with a score for each label, at each step if labels are of steps;
 * NULL: they are not. */
const char *net_metric(const Net *net, const Node *node);
/* By parameter: whether training changes it, so it has an UPDATE. One that the loss does not reach, or only through
 * `detach`, is as frozen as one of which the model says so: it has neither a gradient nor states of the optimiser. */
bool *learned_params(const Net *net);
/* Whether there is such a parameter, and the model lets it learn. */
bool param_may_learn(const Net *net, ParamId param);
/* By stream: whether parameters that may learn are before it, with or without `detach` between. */
bool *streams_behind_params(const Net *net);
/* How many steps the scan runs at; 0: once for all of them. */
int scan_steps(const Net *net, const Node *scan);
/* Of another number of steps than the model has: " in 6 steps"; else "". */
const char *own_steps_text(const Net *net, StreamId stream);
/* Whether the copy goes from so many steps to others: then its piece is along time, of which a stream without steps has the
 * places one after the other. Else it is of each step. */
bool copy_in_time(const Net *net, const Node *copy);
/* Whether it runs for each sample; else once, over what is the same for all of them. */
bool scan_is_batched(const Net *net, const Node *scan);
/* The first stream that it makes of each sample; NONE: it makes sums over samples alone. */
StreamId scan_of_sample(const Net *net, const Node *scan);
/* The units that the scan runs over. */
Shape scan_units(const Net *net, const Node *scan);
/* Whether all that it reads and makes goes over just these units; parameters may also be of the whole layer. */
bool scan_is_even(const Net *net, const Node *scan);
/* It goes on to run over what it runs over now, whatever it will read. */
void scan_fix(const Net *net, Node *scan);
/* Whether a result of the scan is a sum: over time, over units, over the batch; over any of these. */
bool scan_sums_steps(const Net *net, const Node *scan, StreamId out);
bool scan_sums_units(const Net *net, const Node *scan, StreamId out);
bool scan_sums_samples(const Net *net, const Node *scan, StreamId out);
bool scan_sums(const Net *net, const Node *scan, StreamId out);
/* "time", or "y, x": what `whole` has and `part` lacks. */
const char *net_axes_reduced(const Net *net, StreamId whole, StreamId part);
/* Whether the two go over the same axes. */
bool same_axes(const Net *net, StreamId a, StreamId b);

/* A sum over the batch, or what counts its samples, that a prediction depends on, NULL if there is none: it would be
 * another in other company. */
const Node *net_shared_prediction(const Net *net);

/* By stream: the nodes that read it, in their order, each once; until the Net changes. */
Adjacency net_readers(const Net *net);
/* The one node that reads the stream; NONE if there is none, or several. */
int only_reader(const Adjacency *readers, StreamId stream);

void net_print(Out *out, const Net *net, int first, int last); /* nodes first .. last-1 with their bodies */

/* What is shown of a step: all of it, without its antiderivative, or what a forward run needs. */
typedef enum EquationDetail { EQUATION_ALL, EQUATION_SLOPES, EQUATION_VALUES } EquationDetail;
/* The equations of a scan or an update, one a line, inputs and parameters named as in the neuron. */
Lines net_equations(const Net *net, const Node *node, EquationDetail detail);
/* The first values of a parameter in terms of the equations before: "uniform(-0.5, 0.5)". */
const char *net_init_text(const Net *net, const Param *param);
const char *net_node_text(const Net *net, const Node *node); /* "h_dense: reals [3] = dense(image, w_h)" */
/* Fills net->network_text and net->training_text. To be called on what `build` made: then they do not depend on
 * optimisations. They hold no places and no paths; equations that an earlier layer has are not repeated. */
void net_describe(Net *net);
/* Fills net->drawing with an SVG of what `build` made, line by line: layers with their shapes and parameters, and what
 * leads from one to another. */
void net_draw(Net *net);
/* NULL, or what is wrong (an internal error of the pass that ran last). */
const char *net_verify(const Net *net);

#endif
