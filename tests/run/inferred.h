/* How kws.h takes samples, as -D says (see ways.sh): -DDRAWS: it draws random numbers; -DTEMPORAL: each step has data of its own;
 * -DSPIKES: as spikes; -DLENGTHS: how many steps they have; -DBYTES: in whole numbers, as the bytes of the files. */
#ifndef INFERRED_H
#define INFERRED_H

#include "kws.h"

#ifdef TEMPORAL
enum { VALUES = KWS_STEPS * KWS_INPUTS };
#define INPUTS(values) ((const Input(*)[KWS_INPUTS])(values)) /* kws_run() of some values */
#else
enum { VALUES = KWS_INPUTS };
#define INPUTS(values) (values)
#endif
#ifdef DRAWS
#define SAMPLE(number) , number
#else
#define SAMPLE(number)
#endif
#if defined SPIKES || defined BYTES
typedef uint8_t Input;
#else
typedef float Input;
#endif

#endif
