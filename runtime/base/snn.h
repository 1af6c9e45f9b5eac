/* The runtime of a generated program: everything about it that does not depend on the network.
 * The program holds the kernels and an SnnModel that describes them; snn_main() does the rest.
 * Compiled and tested by itself, and pasted into every program. See STYLE.md. */
#ifndef SNN_H
#define SNN_H

#include "snn_error.h"
#include "snn_launch.h"
#include "snn_memory.h"
#include "snn_threads.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A product and a sum are two roundings, on every processor. And GCC would jam two turns of a loop into its inner
 * loop before it makes vectors of that one, and then makes none: a loop over the active inputs around one over the
 * outputs becomes ten times slower. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("no-loop-unroll-and-jam", "fp-contract=off")
#if defined(__s390__) /* else, with -std=c11, its floats are doubles until they are stored */
#pragma GCC optimize("excess-precision=fast")
#endif
#endif

/* Stands before a loop none of whose iterations touches what another one stores: it may be vectorised
 * without checks. Clang sees as much from `restrict`; for it a pragma would be a demand, with a warning at
 * -O1. Results do not depend on it. A short loop, of eight turns at most, GCC would write out turn by turn
 * before it looks for vectors. */
#if defined(__GNUC__) && !defined(__clang__)
#define SNN_INDEPENDENT _Pragma("GCC ivdep")
#define SNN_INDEPENDENT_SHORT _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#else
#define SNN_INDEPENDENT
#define SNN_INDEPENDENT_SHORT
#endif

/* ---- what the kernels read ------------------------------------------------------------------------ */

/* Values that change from batch to batch; set by the runtime before the kernels run. */
typedef struct SnnRun {
    int32_t rows; /* samples in this batch */
    uint32_t seed;
    uint32_t epoch; /* from 0; SNN_TEST_EPOCH in a test, SNN_INIT_EPOCH before a training */
    float lr;       /* learning rate, or the number that its schedule goes from */
    float step;     /* updates made, this one included: 1, 2, ... */
    float scale;    /* factor of every gradient: clipping by norm, else 1 */
    /* Where the training is, for schedules; in a test, where it was at the end. */
    float epoch_now, epochs, batch_now, batches; /* the epoch, and the batch in it, count from 0 */
    float training; /* 1 while the network learns, 0 while it only tells what it has learned */
} SnnRun;

enum {
    SNN_MAX_DIMS = 5,
    SNN_MAX_STATES = 16,
    SNN_MAX_METRICS = 16,
    SNN_MAX_BATCH = 1 << 20,
    SNN_MAX_EPOCHS = 1000000
};
#define SNN_TEST_EPOCH 0xFFFFFFFFu

/* ---- the program as data -------------------------------------------------------------------------- *
 *
 * A program is kernels and constants: an SnnModel named `description` with all that it points to, and a main() that hands a
 * copy of it to snn_main(). Whatever makes a program, in C or not, makes these.
 *
 * Its arrays hang at a struct, the net: an SnnRun, and behind it a pointer for each array. A place is where in the net a
 * pointer stands, in bytes; 0, where the SnnRun is, stands for no array. snn_model_open() takes the memory, and sets the
 * members that are said to be set by it. */

/* An array of weights, its gradient and the optimiser's states of it, all of the same size. */
typedef struct SnnParam {
    const char *name;  /* "w_hidden" */
    const char *about; /* "dense(800)" */
    int line;          /* of the model's file */
    int ndim;          /* 0: one number */
    int dims[SNN_MAX_DIMS];
    bool matrix; /* stored [taps...][in][out] here, [out][in][taps...] in a checkpoint */
    bool kept;   /* not learned, but changed with every batch: what a memory of the model knows */
    struct {
        size_t value;
        size_t gradient; /* 0: frozen, not learned; then there are no states either */
        size_t state[SNN_MAX_STATES];
    } at; /* places */
    int states;
    const char *state_name[SNN_MAX_STATES];
    float *value, *gradient, *state[SNN_MAX_STATES]; /* set when the model is opened */
} SnnParam;

/* A layer's stream, for reports: where NaN came from, firing rates, `info`. */
typedef struct SnnStream {
    const char *name;  /* "hidden" */
    const char *about; /* "lif(tau = 2)" */
    int line;          /* of the model's file */
    int size;          /* units */
    int steps;         /* 0 in a program: as many as the model has; set when it is opened */
    bool spikes;
    bool saved;     /* no layer: kept for backward() only */
    bool evaluated; /* of evaluate(), not of forward() */
    bool part;      /* no layer: of a later row, or of the loss */
    struct {
        size_t values;   /* of forward: [batch][steps][size + padding] (or without steps), 0 where not kept */
        size_t activity; /* [batch] spikes of each sample, 0 unless spikes */
        size_t fired;    /* as values, of bytes: 1 where a unit fires; 0 where spikes are not kept */
    } at;                /* places of floats, but for fired */
    int padding;         /* what stands there means nothing */
    int64_t per_sample;  /* elements of values per sample */
    int64_t operations;  /* synaptic operations (multiply-adds) per sample, dense */
    const float *values, *activity; /* set when the model is opened */
    const uint8_t *fired;
} SnnStream;

/* Numbers that are finite after every forward(), or evaluate() if its stream is of that, or something went wrong. A
 * neuron that compares NaN stays silent, so nothing else need show it. */
typedef struct SnnWatch {
    int stream;        /* of the layer: index into streams */
    const char *state; /* "v", as the sample leaves it; NULL: what the layer compares, infinity as NaN */
    size_t at;         /* place of floats: [batch][per_sample] */
    int padding;       /* of each row of the layer's size in them, as of its own values */
    int64_t per_sample;
    const float *values; /* set when the model is opened */
} SnnWatch;

/* What `predict` says of a sample: numbers, and which is the largest of them if a class is what it says. */
typedef struct SnnPrediction {
    const char *name; /* as the model calls it, or "" */
    int size;         /* numbers */
    int steps;        /* for each of which it says something; 0: once for all of them */
    struct {
        size_t values;    /* float[batch][steps][size], or [batch][size] */
        size_t predicted; /* int32_t[batch][steps], or [batch]; 0 unless it is a class */
    } at;                 /* places */
    const float *values;  /* set when the model is opened */
    const int32_t *predicted;
} SnnPrediction;

/* How well the network does, beside the loss: a number for each sample, whose mean is told. */
typedef struct SnnMetric {
    const char *name; /* "accuracy" */
    size_t at; /* place of float[batch]; 0: 1 where the class of this prediction is the label, else 0; where
                  it says one for each step, how many of those that have a label are right */
    int prediction;
    const float *values; /* set when the model is opened */
} SnnMetric;

/* What to read. */
typedef struct SnnData {
    const struct SnnFormat *format; /* how it is stored: &snn_idx */
    const char *folder;             /* default folder or NULL */
    int ndim;                       /* of one sample as stored: [steps,] dims... */
    int dims[SNN_MAX_DIMS + 1];
    int classes;     /* of labels; 0: there are none */
    int label_steps; /* labels of a sample, one for each step; 0: one for all of it */
    int target_ndim; /* of the numbers that a sample is to give, in the same way; 0: there are none */
    int target_dims[SNN_MAX_DIMS + 1];
    const char *const *settings; /* more that the reader must know, as "bin = 5"; ended by NULL, or NULL */
} SnnData;

/* What there are many of. */
typedef struct SnnTables {
    const SnnBuffer *buffers; /* all arrays of the net */
    size_t buffer_count;
    const SnnParam *params;
    const SnnStream *streams; /* in forward order */
    const SnnWatch *watches;  /* in forward order */
    const SnnPrediction *predictions;
    const SnnMetric *metrics;
    int param_count, stream_count, watch_count, prediction_count, metric_count;
} SnnTables;

/* Places of what is handed over with a batch. */
typedef struct SnnPlaces {
    size_t input;   /* float[batch][dims of data]; 0 where data are spikes or the network sees none */
    size_t spikes;  /* uint8_t, the same, of 0 and 1; 0 where data are reals or the network sees none */
    size_t label;   /* int32_t[batch], or [batch][label_steps]; 0 where data have no classes */
    size_t target;  /* float[batch][dims of targets]; 0 where nothing looks at them */
    size_t present; /* uint8_t[batch][steps]: 1 at steps that the sample has; 0 where nothing looks at them */
    size_t sample;  /* int32_t[batch], number of the sample in its data set: for random numbers */
    size_t loss;    /* float[batch]; 0 unless the model trains */
    size_t rate;    /* float: the learning rate of this batch, made in forward(); 0: SnnRun.lr is */
} SnnPlaces;

typedef struct SnnModel SnnModel;
typedef struct SnnOptions SnnOptions; /* the command line */

/* A command: returns the exit status, with the error set unless that is 0. */
typedef int SnnCommand(SnnModel *model, const SnnOptions *options, SnnError *error);

struct SnnModel {
    const char *name;    /* "fashion_mnist" */
    const char *version; /* of snnc */
    const char *source;  /* "model.snn" */
    int steps;
    float dt; /* ms that a step lasts, 0: not said */
    SnnData data;
    /* What the program can do: snn_train, snn_test, snn_predict, snn_info, snn_report. What it cannot, since the model has no
     * train block or no `predict`, is NULL: then the program need not have that part of the runtime. A model has one of
     * the two at least. */
    SnnCommand *train, *test, *predict, *info, *report;
    int batch, epochs; /* defaults of the train block */
    int least_batch;   /* a smaller one has too few values for what goes over it; 0: none is too small */
    uint32_t seed;
    float lr; /* learning rate, or what its schedule goes from; 0: that is no number that stands alone */
    float clip_norm;       /* 0: none */
    const char *optimizer; /* "adam"; NULL unless it trains */
    /* "adam(lr = cosine(0.001)), clip_norm 1": all that was set; NULL unless it trains. */
    const char *learning;
    /* The model as lines of text, each list ended by NULL: what its results depend on, and what only its
     * training does. Checkpoints hold both. */
    const char *const *network, *const *training;
    const char *const *drawing; /* SVG, some lines each, for reports, ended by NULL; NULL: none */

    SnnTables tables;
    SnnPlaces at;
    size_t net_bytes;                       /* of the net */
    void (*init)(void *net, SnnPool *pool); /* first values of parameters and states; in SNN_INIT_EPOCH */
    void (*forward)(void *net, SnnPool *pool);
    void (*backward)(void *net, SnnPool *pool); /* sets the gradients, overwrites streams' values */
    bool
        whole; /* backward() does what forward() does first, so need not follow it: samples go both ways one by one */
    void (*update)(void *net, SnnPool *pool);
    void (*evaluate)(void *net, SnnPool *pool); /* what tests and predictions run; NULL: forward */
    /* NULL, or sets those for this processor, when the model is opened. */
    void (*choose)(SnnModel *model);

    /* Bytes of a data set's samples that memory may hold: more are in a file; 0: all. Set by the command line. */
    size_t room;
    /* Set when the model is opened. */
    void *net;
    SnnMemory memory; /* of the net's arrays, but the sparse ones */
    SnnRun *run;
    float *input;
    uint8_t *spikes;
    int32_t *label, *sample;
    float *target;
    uint8_t *present;
    float *loss;
    const float *rate;
    bool evaluated; /* the batch in the net was run by evaluate(), not by forward() */
    SnnParam *params;
    SnnStream *streams;
    SnnWatch *watches;
    SnnPrediction *predictions;
    SnnMetric *metrics;
    int param_count, stream_count, watch_count, prediction_count, metric_count;
};

#endif
