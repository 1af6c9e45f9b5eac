/* Random models: their texts, their batches, and what the interpreter makes of them. Model `number` of `seed`
 * is always the same. */
#ifndef SNNC_RANDOM_MODELS_H
#define SNNC_RANDOM_MODELS_H

#include "interp.h"
#include "passes.h"

#include <stdio.h>

/* ---- random numbers by counter (random_dice.c) ---- */

typedef struct Dice {
    uint32_t key, count;
} Dice;

Dice dice_new(uint32_t seed, uint32_t number, uint32_t purpose);
int dice_below(Dice *dice, int bound);                 /* 0 .. bound - 1 */
int dice_between(Dice *dice, int low, int high);       /* both included */
double dice_real(Dice *dice, double low, double high); /* exact in float */
bool dice_chance(Dice *dice, int percent);

/* ---- texts ---- */

typedef struct ModelText {
    char *text; /* to be freed */
    size_t length;
    int rows; /* samples of its batch */
    LowerOptions lower;
} ModelText;

ModelText model_text(uint32_t seed, uint32_t number);

/* `lif(tau = 2.5, soft_reset, surrogate = atan(3))`; dt_ms: 0, or times may be written in ms. */
typedef struct NeuronKind NeuronKind;
const NeuronKind *choose_neuron(Dice *dice);
const NeuronKind *choose_readout(Dice *dice); /* sends its membrane */
bool neuron_spikes(const NeuronKind *kind);
bool neuron_lengthy(const NeuronKind *kind); /* so that several steps of it take a compiler long */
void write_neuron(FILE *out, Dice *dice, const NeuronKind *kind, double dt_ms);
void write_surrogate(FILE *out, Dice *dice);
void write_optimizer(FILE *out, Dice *dice);
/* ` -> dense([x = 7, c = 2]) -> conv(...)`, and a connection along time. */
void write_window(FILE *out, Dice *dice);
void write_time_window(FILE *out, Dice *dice, int steps);
/* The neurons, surrogates and optimizers that the other functions name beside the standard ones. */
extern const char own_definitions[];
extern const char own_axes[];    /* blocks whose streams have different axes */
extern const char own_corners[]; /* neurons on the edge of what has a derivative */

/* ---- batches and results: files of 4-byte words, see random_batch.c and harness.c ---- */

/* Random weights, data and settings into an interpreter; the same for both precisions. */
void fill_batch(Interp *interp, uint32_t seed, uint32_t number);
bool write_batch(const Interp *interp, FILE *file);

/* One array of the results, in the order of the harness. */
typedef struct Piece {
    const char *what; /* "gradient of" */
    const char *name;
    BufferId buffer;
    size_t count;
    bool integer;
} Piece;
typedef VEC(Piece) Pieces;

Pieces result_pieces(Arena *arena, const Interp *interp);
Pieces test_pieces(Arena *arena, const Interp *interp); /* none where tests run what training does */
bool write_pieces(const Interp *interp, const Pieces *pieces, FILE *file);
/* First values and states, which end the results. */
bool write_beginning(const Interp *interp, FILE *file);
/* False, with a message about `path`, at the first word that differs from the interpreter's, after an update, and after
 * a test behind it. */
bool same_results(const Interp *interp, const Pieces *pieces, const Interp *tested, const Pieces *tests,
                  const char *path);

typedef enum Agreement { AGREE, FLIPPED, DISAGREE } Agreement;
/* Single against double precision, to 1e-4 of each array's largest. FLIPPED: another spike or prediction.
 * `report` is told of the arrays that differ; NULL for nobody. */
Agreement compare_precisions(const Interp *single, const Interp *exact, const Pieces *pieces, FILE *report);

#endif
