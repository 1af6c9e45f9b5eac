/* How the learning rate goes. */
#ifndef SNN_SCHEDULE_H
#define SNN_SCHEDULE_H

#include "snn.h"

/* The learning rate of one batch. epoch from 0 of epochs, batch from 0 of batches. */
float snn_learning_rate(const SnnSchedule *schedule, int epoch, int epochs, int batch, int batches);

#endif
