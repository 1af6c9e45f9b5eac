/* What the user sees while a network trains. */
#ifndef SNN_PROGRESS_H
#define SNN_PROGRESS_H

#include "snn_epoch.h"

typedef struct SnnProgress {
    bool quiet, terminal;
    int first, epoch, epochs; /* of this run, the one that runs, the last one, from 1 */
    int64_t samples;          /* of an epoch */
    double opened, began, shown;
} SnnProgress;

double snn_seconds(void); /* of a clock that never goes back */
/* `epoch` is the first one of this run. */
void snn_progress_open(SnnProgress *progress, bool quiet, int epoch, int epochs, int64_t samples);
void snn_progress_epoch(SnnProgress *progress, int epoch);
void snn_progress_batch(SnnProgress *progress, int64_t done, double loss);
void snn_progress_end(SnnProgress *progress, const SnnModel *model, const SnnEpoch *epoch);
/* Removes a half-drawn bar, so that a message can be printed. */
void snn_progress_clear(SnnProgress *progress);

#endif
