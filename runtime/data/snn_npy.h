/* Arrays of numbers as NumPy writes them: samples, labels and targets, each in a file NPY or in an archive NPZ. */
#ifndef SNN_NPY_H
#define SNN_NPY_H

#include "snn_dataset.h"

extern const SnnFormat snn_npy;

#endif
