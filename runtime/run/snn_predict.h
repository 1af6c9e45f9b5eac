/* `predict`: what a trained network says of samples, as CSV. */
#ifndef SNN_PREDICT_H
#define SNN_PREDICT_H

#include "snn.h"

SnnCommand snn_predict;

#endif
