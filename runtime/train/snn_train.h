/* `train`: epochs of shuffled batches, a validation and a checkpoint after each, a test at the end. */
#ifndef SNN_TRAIN_H
#define SNN_TRAIN_H

#include "snn.h"

SnnCommand snn_train;

#endif
