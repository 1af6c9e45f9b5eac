/* What parameters are like: before a training, and now. */
#ifndef SNN_SPREAD_H
#define SNN_SPREAD_H

#include "snn_session.h"

/* A histogram for each parameter, what the seed begins with as an outline. The parameters are as they were afterwards; the
 * optimiser's states are not. False without memory. */
bool snn_spread_write(FILE *page, SnnSession *session, uint32_t seed);

#endif
