/* Whether the numbers of a network are still numbers. */
#ifndef SNN_HEALTH_H
#define SNN_HEALTH_H

#include "snn_session.h"

/* Euclidean norm of all gradients together. */
double snn_gradient_norm(const SnnModel *model);
bool snn_finite(const void *floats, int64_t count); /* of any alignment; true for NULL */
/* False if the batch in the network left NaN or infinity: in its layers, scores or losses. */
bool snn_forward_is_finite(const SnnSession *session);
bool snn_gradients_are_finite(const SnnModel *model);
bool snn_params_are_finite(const SnnModel *model);
/* Names the first parameter, layer, score, loss or gradient that is not finite, after a forward():
 * "NaN in the state `v` of `hidden` (lif, model.snn:5), sample 17". */
void snn_describe_non_finite(const SnnModel *model, SnnError *where);
/* What to do about it where no update is to blame. */
#define SNN_ADVICE_EQUATIONS \
    "look in the equations for a division by 0, and for a log, sqrt or power of what is not positive"

#endif
