/* A pool of threads. */
#ifndef SNN_THREADS_H
#define SNN_THREADS_H

#include <stdint.h>

typedef struct SnnPool SnnPool;

/* A kernel does the items first .. last-1 of its work; items are independent, so results do not depend
 * on who does which. */
typedef void SnnKernel(void *context, int32_t first, int32_t last);

SnnPool *snn_pool_open(int threads); /* NULL when threads cannot be started */
void snn_pool_close(SnnPool *pool);
/* Divides 0 .. count-1 among the threads and waits for all. */
void snn_parallel(SnnPool *pool, SnnKernel *kernel, void *context, int32_t count);

#endif
