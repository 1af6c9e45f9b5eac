/* What an epoch has shown. */
#ifndef SNN_EPOCH_H
#define SNN_EPOCH_H

#include "snn_session.h"

typedef struct SnnEpoch {
    int number; /* from 1 */
    SnnScore train, validation, test;
    bool validated, tested, best; /* the best so far */
    double seconds, lr;
    const double *activity; /* spikes of each stream, over all training samples */
    int64_t samples;
} SnnEpoch;

#endif
