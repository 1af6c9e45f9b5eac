/* Checkpoints: where a training stands, in a file. */
#ifndef SNN_CHECKPOINT_H
#define SNN_CHECKPOINT_H

#include "snn_input.h"
#include "snn_safetensors.h"
#include "snn.h"

/* Where a training stands. */
typedef struct SnnState {
    uint32_t seed;
    int batch;
    int epoch;       /* finished epochs */
    int epochs;      /* that were asked for */
    int64_t step;    /* updates */
    int32_t samples; /* of the training set */
    float lr;        /* learning rate instead of the model's, 0: that */

    int32_t learning;   /* samples that are learned from, if those are not all; else 0 */
    char validate[64];  /* a fraction of the training set ("0.1") or the name of a part; "": none */
    int32_t validating; /* samples that are validated with */
    int best; /* what says which epoch is the best, as snn_score_name counts, from 1 on; 0: nothing does */
    bool best_rises;   /* more of it is better; and, if best_epoch is not 0, */
    double best_value; /* the best so far */
    int best_epoch;    /* and where, from 1 */
    int patience;      /* epochs without a better one that end the training; 0: any number */
} SnnState;

/* Where a training writes its checkpoints. */
typedef struct SnnTarget {
    const char *path;
    bool replace;    /* whatever is there: --force */
    SnnIdentity own; /* what may be replaced: the file that was gone on with, or written last */
    char *kept;      /* the other name that a save gave to a file that was neither, to be freed; or NULL */
} SnnTarget;

/* `line`: the log's line of the last epoch, without what differs from run to run, or NULL. A checkpoint that is not
 * the target's own is not replaced: it keeps its content under another name. */
bool snn_checkpoint_save(const SnnModel *model, const SnnState *state, const char *line, SnnTarget *target,
                         SnnError *error);
/* Fails if the target's path exists and is anything but a checkpoint, or cannot be written. */
bool snn_checkpoint_check_target(const SnnTarget *target, SnnError *error);

/* What the file, at `path`, says about its training. Fails for that of another model, or of another network or
 * training (see snn_weights_differs) unless forced. */
bool snn_checkpoint_state(const SnnTensors *file, const SnnModel *model, bool force, SnnState *state,
                          const char *path, SnnError *error);

#endif
