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
    uint32_t epoch; /* from 0; SNN_TEST_EPOCH in a test */
    float lr;       /* learning rate of this update */
    float step;     /* updates made, this one included: 1, 2, ... */
    float scale;    /* factor of every gradient: clipping by norm, else 1 */
} SnnRun;

enum { SNN_MAX_DIMS = 4, SNN_MAX_STATES = 16 };
#define SNN_TEST_EPOCH 0xFFFFFFFFu

/* ---- the program as data -------------------------------------------------------------------------- */

/* An array of weights, its gradient and the optimiser's states of it, all of the same size. */
typedef struct SnnParam {
    const char *name;  /* "w_hidden" */
    const char *about; /* "dense(800)" */
    int line;          /* of the model's file */
    int ndim;          /* 0: one number */
    int dims[SNN_MAX_DIMS];
    bool matrix; /* stored [in][out] here, [out][in] in a checkpoint */
    float *value;
    float *gradient; /* NULL: frozen, not learned; then there are no states either */
    int states;
    float *state[SNN_MAX_STATES];
    const char *state_name[SNN_MAX_STATES];
    float state_init[SNN_MAX_STATES];
    float init; /* uniform in -init .. init, or, if constant, the value itself */
    bool constant;
} SnnParam;

/* A layer's stream, for reports: where NaN came from, firing rates, `info`. */
typedef struct SnnStream {
    const char *name;  /* "hidden" */
    const char *about; /* "lif(tau = 2)" */
    int line;          /* of the model's file */
    int size;          /* units */
    bool spikes;
    bool saved;            /* no layer: kept for backward() only */
    const float *values;   /* of forward: [batch][steps][size] (or [batch][size]), NULL where not kept */
    int64_t per_sample;    /* elements of values per sample */
    const float *activity; /* [batch] spikes of each sample, NULL unless spikes */
    int64_t operations;    /* synaptic operations (multiply-adds) per sample, dense */
} SnnStream;

/* Numbers that are finite after every forward(), or something went wrong. A neuron that compares NaN stays silent,
 * so nothing else need show it. */
typedef struct SnnWatch {
    int stream;          /* of the layer: index into streams */
    const char *state;   /* "v", as the sample leaves it; NULL: what the layer compares, infinity as NaN */
    const float *values; /* [batch][per_sample] */
    int64_t per_sample;
} SnnWatch;

typedef enum SnnScheduleKind { SNN_CONSTANT, SNN_STEP, SNN_COSINE, SNN_ONE_CYCLE } SnnScheduleKind;

typedef struct SnnSchedule {
    SnnScheduleKind kind;
    float lr;    /* the base (constant, step, cosine) or the maximum (one cycle) */
    float gamma; /* step: lr * gamma^floor(epoch / every) */
    int every;
    bool per_batch; /* moves with every batch instead of every epoch */
} SnnSchedule;

/* What to read. */
typedef struct SnnData {
    const struct SnnFormat *format; /* how it is stored: &snn_idx */
    const char *folder;             /* default folder or NULL */
    int ndim;                       /* of one sample as stored: [steps,] dims... */
    int dims[SNN_MAX_DIMS + 1];
    int classes;
} SnnData;

/* Memory of the network's arrays, beside weights, gradients and optimiser states. */
typedef struct SnnBytes {
    int64_t once, sample; /* what there is once, and for each sample of a batch */
    int64_t lists_once,
        lists_sample; /* the same of lists, made for the worst case: pages nobody touches are free */
} SnnBytes;

typedef struct SnnModel SnnModel;
typedef struct SnnOptions SnnOptions; /* the command line */

/* A command: returns the exit status, with the error set unless that is 0. */
typedef int SnnCommand(SnnModel *model, const SnnOptions *options, SnnError *error);

struct SnnModel {
    const char *name;    /* "fashion_mnist" */
    const char *version; /* of snnc */
    const char *source;  /* "model.snn" */
    int steps;
    SnnData data;
    /* What the program can do: snn_train, snn_test, snn_predict, snn_info. What it cannot, since the model has no
     * train block or no `predict`, is NULL: then the program need not have that part of the runtime. A model has one of
     * the two at least. */
    SnnCommand *train, *test, *predict, *info;
    int batch, epochs; /* defaults of the train block */
    uint32_t seed;
    SnnSchedule schedule;
    float clip_norm;       /* 0: none */
    const char *optimizer; /* "adam"; NULL unless it trains */
    /* The model as lines of text, each list ended by NULL: what its results depend on, and what only its
     * training does. Checkpoints hold both. */
    const char *const *network, *const *training;

    SnnBytes bytes;

    /* Made by the generated program in open(). */
    size_t net_bytes; /* sizeof the struct of all buffers, allocated by the runtime, zeroed */
    bool (*open)(SnnModel *model, void *net, int batch); /* takes memory, fills what follows */
    void (*close)(void *net);                            /* also after an open() that failed half-way */
    void (*forward)(void *net, SnnPool *pool);
    void (*backward)(void *net, SnnPool *pool); /* zeroes the gradients first, overwrites streams' values */
    void (*update)(void *net, SnnPool *pool);

    SnnRun *run;        /* inside net */
    SnnMemory *memory;  /* the same: where its arrays are, but lists; NULL if that is not known */
    float *input;       /* [batch][dims of data]; NULL where data are spikes or the network sees none */
    uint8_t *spikes;    /* the same, of 0 and 1; NULL where data are reals or the network sees none */
    int32_t *label;     /* [batch] */
    int32_t *sample;    /* [batch] number of the sample in its data set: for random numbers */
    float *loss;        /* [batch]; NULL unless the model trains */
    int32_t *predicted; /* [batch]; NULL unless it predicts */
    float *scores;      /* [batch][classes]; the same */
    int param_count, stream_count, watch_count;
    SnnParam *params;
    SnnStream *streams; /* in forward order */
    SnnWatch *watches;  /* in forward order */
};

#endif
