/* Tables as text: a sample a row, or a step a row. */
#ifndef SNN_CSV_H
#define SNN_CSV_H

#include "snn_dataset.h"

extern const SnnFormat snn_csv;

#endif
