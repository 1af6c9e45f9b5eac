/* Recordings of event cameras: a file a sample, in a folder for each class, or named with their classes in labels.txt. */
#ifndef SNN_EVENTS_H
#define SNN_EVENTS_H

#include "snn_dataset.h"

extern const SnnFormat snn_events;

#endif
