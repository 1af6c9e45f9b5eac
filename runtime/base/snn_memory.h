/* Buffers of the network: zeroed and aligned for the widest vectors. */
#ifndef SNN_MEMORY_H
#define SNN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNN_ALIGN = 64 };

void *snn_alloc(size_t count, size_t size); /* zeroed, SNN_ALIGN-aligned; NULL when there is none left */
void snn_free(void *memory);

/* Where buffers stand one behind the other, all to be released together. Starts as {0}. */
typedef struct SnnMemory {
    struct SnnBlock *blocks; /* the last one first */
    char *at;                /* free memory in it, and how much */
    size_t left;
} SnnMemory;

void *snn_take(SnnMemory *memory, size_t count, size_t size); /* as snn_alloc */
void snn_release(SnnMemory *memory);

#endif
