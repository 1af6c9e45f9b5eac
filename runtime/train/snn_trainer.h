/* One training. */
#ifndef SNN_TRAINER_H
#define SNN_TRAINER_H

#include "snn_progress.h"
#include "snn_selection.h"

typedef struct SnnTrainer {
    SnnModel *model;
    const SnnOptions *options;
    char default_path[4096];
    SnnTarget target;    /* of the checkpoints */
    SnnTarget best;      /* of those of the best epochs */
    char *best_path;     /* its path */
    SnnTensors *resumed; /* while the training opens: the checkpoint that it goes on from */
    SnnSession session;
    bool opened;
    SnnSplit data;
    SnnState state;
    int32_t *order;
    double *activity; /* of each stream in this epoch */
    SnnProgress progress;
    FILE *log;
    char *history;  /* its lines, for a report of a training that has none; NULL: none yet */
    bool watch;     /* for SIGINT */
    bool tested;    /* the weights that are in the network now, */
    SnnScore score; /* with this result */
} SnnTrainer;

/* Reads data and weights and claims the files that will be written; the trainer has its model and options, the rest
 * is 0. To be closed after a failure, too. */
bool snn_trainer_open(SnnTrainer *trainer, SnnError *error);
bool snn_trainer_close(SnnTrainer *trainer, SnnError *error);
/* Says under which name a save of this target has kept an older file, if it has. */
void snn_trainer_note_kept(const SnnTrainer *trainer, SnnTarget *target);

#endif
