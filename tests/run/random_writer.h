/* What the text of a random model is written with: for random_text.c, and random_ends.c for what the model says last. */
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
    Dice names;  /* of streams; apart, so that the models do not depend on it */
    Dice ends;   /* whether a model is deep, predicts, has parts that the loss does not reach: apart, too */
    Dice inits;  /* initial values, weights with names: apart, too */
    Dice maps;   /* connections with windows: apart, too */
    Dice broad;  /* whether it has one broad layer: apart, too */
    Dice axes;   /* what goes by way of streams with several axes: apart, too */
    Dice modes;  /* what tests do not do: apart, too */
    Dice norms;  /* apart, too */
    Dice goals;  /* targets of numbers, metrics, parts of a loss: apart, too */
    Dice delays; /* of each weight in loops: apart, too */
    Dice spans;  /* lengths of samples, labels of steps: apart, too */
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
    int inputs; /* of the connection that is written next; 0: not known */
    bool last;  /* layer: it has weights of its own that learn, so that something does */
} Writer;

static inline bool chance(Writer *w, int percent)
{
    return dice_chance(&w->dice, percent);
}

/* What it predicts, its metrics, and its training, for a batch of so many samples. */
void write_results_of(Writer *w, int rows);

#endif
