/* Recordings of spikes in HDF5 files, as the Spiking Heidelberg Digits and Spiking Speech Commands have them:
 * `spikes/times` in seconds and `spikes/units`, a row a sample, and `labels`. */
#ifndef SNN_SHD_H
#define SNN_SHD_H

#include "snn_dataset.h"

extern const SnnFormat snn_shd;

#endif
