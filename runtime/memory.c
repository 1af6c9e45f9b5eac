/* Buffers of the network: zeroed and aligned for the widest vectors. */
#include "snn.h"

#include <stdlib.h>
#include <string.h>

void *snn_alloc(size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - SNN_ALIGN) / size)
        return NULL;
    size_t bytes = count * size;
    bytes = bytes == 0 ? SNN_ALIGN : (bytes + SNN_ALIGN - 1) / SNN_ALIGN * SNN_ALIGN;
    void *memory = aligned_alloc(SNN_ALIGN, bytes);
    return memory == NULL ? NULL : memset(memory, 0, bytes);
}

void snn_free(void *memory)
{
    free(memory);
}
