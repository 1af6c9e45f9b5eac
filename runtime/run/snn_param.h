/* Facts about parameters. */
#ifndef SNN_PARAM_H
#define SNN_PARAM_H

#include "snn.h"

int64_t snn_param_size(const SnnParam *param);
bool snn_param_learns(const SnnParam *param);

#endif
