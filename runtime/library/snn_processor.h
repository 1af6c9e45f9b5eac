/* Which processor this is, for programs that have kernels for several: see snn_level.h. */
#ifndef SNN_PROCESSOR_H
#define SNN_PROCESSOR_H

#include <stdint.h>

/* 4 or 3: the kernels of x86-64-v4 or v3 can run; 1: those for any processor. SNN_BEST_LEVEL in the environment says that
 * less is there: for tests. */
int32_t snn_processor(void);

#endif
