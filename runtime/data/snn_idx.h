/* IDX files, as MNIST has them. */
#ifndef SNN_IDX_H
#define SNN_IDX_H

#include "snn_dataset.h"

extern const SnnFormat snn_idx;

#endif
