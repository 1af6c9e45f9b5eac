/* Buffers of the network: zeroed and aligned for the widest vectors. */
#ifndef SNN_MEMORY_H
#define SNN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNN_ALIGN = 64,
    SNN_SPARSE = 4 /* of a sparse buffer, one byte in so many is counted as used */
};

void *snn_alloc(size_t count, size_t size); /* zeroed, SNN_ALIGN-aligned; NULL when there is none left */
void snn_free(void *memory);

/* Where buffers stand one behind the other, all to be released together. Starts as {0}. */
typedef struct SnnMemory {
    struct SnnBlock *blocks; /* the last one first */
    char *at;                /* free memory in it, and how much */
    size_t left;
    size_t full; /* bytes of the other blocks' pages, up to what was taken last */
} SnnMemory;

void *snn_take(SnnMemory *memory, size_t count, size_t size); /* as snn_alloc */
void snn_release(SnnMemory *memory);
/* What it takes when all of it is used: whole pages. */
size_t snn_memory_bytes(const SnnMemory *memory);

/* What a pointer in a struct points to. */
typedef struct SnnBuffer {
    size_t at; /* of the pointer in the struct */
    size_t each_sample,
        whole; /* bytes for each sample of the batch, and in all: it has the greater of both; if both are 0, it
                                * stands in the place of another */
    bool sparse;  /* much of it may never be used: it has pages of its own */
    size_t place; /* of the other pointer in the struct */
} SnnBuffer;

/* Bytes in a batch of so many samples; SIZE_MAX if no memory can have so many. */
size_t snn_buffer_bytes(const SnnBuffer *buffer, size_t rows);

/* Sets the pointers in `net`; false if there is not enough memory: then, too, they are to be closed. */
bool snn_open_buffers(void *net, SnnMemory *memory, size_t rows, const SnnBuffer *buffers, size_t count);
void snn_close_buffers(void *net, SnnMemory *memory, const SnnBuffer *buffers, size_t count);

#endif
