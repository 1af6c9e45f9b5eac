/* Which samples a training learns from, and which of its epochs is the best. */
#ifndef SNN_SELECTION_H
#define SNN_SELECTION_H

#include "snn_checkpoint.h"
#include "snn_dataset.h"
#include "snn_epoch.h"
#include "snn_options.h"

/* Sets what the command line says of validation and the best epoch, in a new state and in one from a checkpoint. */
bool snn_selection_begin(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error);
bool snn_selection_resume(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error);

/* The data of a training. */
typedef struct SnnSplit {
    SnnDataset train, validation, tests; /* as they are in files; empty where there is no such part */
    int32_t *samples;                    /* of `train`: those to learn from, then those held back */
    SnnPart learn, validate, test;       /* the last two of count 0 where there are none */
} SnnSplit;

/* Reads what the options and the state ask for. The split starts as {0}, and is to be closed after a failure, too.
 * In a new state the numbers of samples are set; in that of a resumed training they are compared. */
bool snn_split_open(SnnSplit *split, SnnState *state, const SnnModel *model, const SnnOptions *options,
                    SnnError *error);
/* Says which samples of which files are for what, and which are for nothing. */
void snn_split_say(const SnnSplit *split, const SnnState *state, const SnnOptions *options);
void snn_split_close(SnnSplit *split);

/* Notes the epoch if it is the best so far, and says whether. */
bool snn_best_update(SnnState *state, const SnnModel *model, const SnnEpoch *epoch);
/* Whether patience is at its end. */
bool snn_best_is_stale(const SnnState *state);
const char *snn_best_name(const SnnModel *model, const SnnState *state); /* "accuracy" */
const char *snn_best_set(const SnnState *state);                         /* "validation" or "training" */
/* NAME.best.safetensors for NAME.safetensors, to be freed; NULL without memory. */
char *snn_best_path(const char *path);
bool snn_best_is_path(const char *path); /* it ends like those */

#endif
