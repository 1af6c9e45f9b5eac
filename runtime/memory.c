/* Buffers of the network: zeroed and aligned for the widest vectors. */
#include "snn.h"

#include <stdlib.h>
#include <string.h>

/* The system hands out pages that are zero already, when they are touched first: buffers that are made for
 * the worst case cost what is used of them. In front of the aligned memory stands where it came from. */
void *snn_alloc(size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - 2 * SNN_ALIGN) / size)
        return NULL;
    char *memory = calloc(count * size + 2 * SNN_ALIGN, 1);
    if (memory == NULL)
        return NULL;
    char *aligned = memory + 2 * SNN_ALIGN - (uintptr_t)memory % SNN_ALIGN;
    memcpy(aligned - sizeof memory, &memory, sizeof memory);
    return aligned;
}

void snn_free(void *memory)
{
    char *from;
    if (memory == NULL)
        return;
    memcpy(&from, (char *)memory - sizeof from, sizeof from);
    free(from);
}
