/* Recordings of sound: a file a sample, see snn_recordings.h. */
#ifndef SNN_WAV_H
#define SNN_WAV_H

#include "snn_dataset.h"

extern const SnnFormat snn_wav;

#endif
