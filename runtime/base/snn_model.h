/* From a program's tables to a network in memory. */
#ifndef SNN_MODEL_H
#define SNN_MODEL_H

#include "snn.h"

/* Takes memory for `batch` samples and sets in a copy of the program's SnnModel what is not constant. False if there is
 * not enough memory: then, too, it is to be closed. */
bool snn_model_open(SnnModel *model, size_t batch);
void snn_model_close(SnnModel *model);

#endif
