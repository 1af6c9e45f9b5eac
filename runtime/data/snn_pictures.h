/* Pictures: a file a sample, see snn_recordings.h. */
#ifndef SNN_PICTURES_H
#define SNN_PICTURES_H

#include "snn_dataset.h"

extern const SnnFormat snn_pictures;

#endif
