/* What the text of a random model is written with: for random_text.c, random_steps.c for streams of other steps than the
 * model's, and random_ends.c for what the model says last. */
#ifndef SNNC_RANDOM_WRITER_H
#define SNNC_RANDOM_WRITER_H

#include "random_models.h"

enum { SOME_LAYERS = 4, MAX_LAYERS = 20, MAX_STREAMS = 2 + MAX_LAYERS, BROAD = 1009 };

typedef struct NamedStream {
    const char *name;
    int size;
    bool temporal;
    bool bounded; /* spikes: may come back as input of an earlier layer without growing */
    bool looked;  /* its past was read above: then its shape has to be told by its own definition */
} NamedStream;

/* w = weights([inputs, outputs]) */
typedef struct NamedWeights {
    int inputs, outputs;
} NamedWeights;

enum { MAX_WEIGHTS = 3 };

typedef struct Writer {
    FILE *out;
    Dice dice;
    Dice names;   /* of streams; apart, so that the models do not depend on it */
    Dice ends;    /* whether a model is deep, predicts, has parts that the loss does not reach: apart, too */
    Dice inits;   /* initial values, weights with names: apart, too */
    Dice maps;    /* connections with windows: apart, too */
    Dice broad;   /* whether it has one broad layer: apart, too */
    Dice axes;    /* what goes by way of streams with several axes: apart, too */
    Dice modes;   /* what tests do not do: apart, too */
    Dice norms;   /* apart, too */
    Dice goals;   /* targets of numbers, metrics, parts of a loss: apart, too */
    Dice delays;  /* of each weight in loops: apart, too */
    Dice spans;   /* lengths of samples, labels of steps: apart, too */
    Dice strides; /* streams of more or fewer steps: apart, too */
    int aside;    /* units of what a stream of other steps leaves; 0: there is none */
    bool target, target_temporal, lengths, label_temporal;
    int steps;
    double dt_ms; /* 0: no time units */
    int classes, layers;
    bool wide;
    bool deep; /* many thin layers */
    bool flat; /* images have one dimension */
    NamedStream streams[MAX_STREAMS];
    int stream_count;
    const NeuronKind *kinds[MAX_LAYERS];
    int first_layer; /* index of its stream */
    NamedWeights weights[MAX_WEIGHTS];
    int weight_count;
    int inputs;       /* of the connection that is written next; 0: not known */
    char result[200]; /* what is predicted, where it has more parts */
    bool last;        /* layer: it has weights of its own that learn, so that something does */
} Writer;

static inline bool chance(Writer *w, int percent)
{
    return dice_chance(&w->dice, percent);
}

/* ` -> conv(4, kernel = 2, stride = 2, along = time) -> ...` of what has all steps, and back to as many. */
void write_detour(Writer *w);
/* `aside`: so many values that never change, of a layer with other steps than the model's. */
void write_aside(Writer *w, const NamedStream *source, int size);
/* What it predicts, its metrics, and its training, for a batch of so many samples. */
void write_results_of(Writer *w, int rows);

#endif
