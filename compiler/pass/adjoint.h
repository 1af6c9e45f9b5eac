/* The adjoint of one scan: a scan that runs the other way in time, derived from the equations. */
#ifndef SNNC_ADJOINT_H
#define SNNC_ADJOINT_H

#include "net.h"

typedef VEC(StreamId) StreamList;

/* Appends the adjoint of node `scan` to the net.
 *   wild_streams:     by stream, whether it may hold what is not finite (finite.h)
 *   out_gradients[k]: streams whose sum is the gradient of outs[k] (as many lists as outs)
 *   wanted[i]:        whether the gradient of ins[i] is needed; gradients[i] receives its stream,
 *                     or NONE where it is zero
 * Values of the forward run that the adjoint needs become outputs of the forward scan. */
void adjoin_equations(Net *net, int scan, const bool *wild_streams, const StreamList *out_gradients,
                      const bool *wanted, StreamId *gradients);

#endif
