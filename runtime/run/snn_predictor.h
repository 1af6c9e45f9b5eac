/* What `test` and `predict` begin with: a network with weights, and samples for it. */
#ifndef SNN_PREDICTOR_H
#define SNN_PREDICTOR_H

#include "snn_options.h"
#include "snn_session.h"

typedef struct SnnPredictor {
    SnnSession session;
    SnnDataset data;
    uint32_t seed;
} SnnPredictor;

bool snn_predictor_open(SnnPredictor *predictor, SnnModel *model, const SnnOptions *options, SnnError *error);
void snn_predictor_close(SnnPredictor *predictor);
/* Says what the network made of finite weights; always false. */
bool snn_predictor_not_finite(const SnnPredictor *predictor, SnnError *error);

#endif
