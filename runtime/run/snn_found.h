/* What `info` says of the files of a data set. */
#ifndef SNN_FOUND_H
#define SNN_FOUND_H

#include "snn_dataset.h"

/* Bytes that the sets take in memory; 0 where there is none, or it is of no use. */
typedef struct SnnFound {
    int64_t train, test;
} SnnFound;

/* Reads the data in the folder and prints what they are, or what is wrong with them; of no data nothing. */
SnnFound snn_found(const SnnModel *model, const char *folder);

#endif
