/* How often layers fire. */
#ifndef SNN_FIRING_H
#define SNN_FIRING_H

#include "snn_epoch.h"
#include "snn_options.h"

/* Spikes a step and unit of a stream in an epoch; -1 where they are not counted. */
double snn_firing_rate(const SnnModel *model, int stream, const SnnEpoch *epoch);
/* Names the layers that never fired in this epoch, or at every step. */
void snn_firing_warn(const SnnModel *model, const SnnOptions *options, const SnnEpoch *epoch);

#endif
