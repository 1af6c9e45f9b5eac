/* Where a training is, for what its schedules say. */
#ifndef SNN_CLOCK_H
#define SNN_CLOCK_H

#include "snn.h"
#include "snn_safetensors.h"

/* The epoch of so many, and the batch in it of so many, both from 0. */
void snn_clock_set(SnnRun *run, int epoch, int epochs, int batch, int batches);
/* The last batch of the training that made these weights; of weights from elsewhere, of one as the model has it. */
void snn_clock_load(const SnnTensors *file, const SnnModel *model);

#endif
