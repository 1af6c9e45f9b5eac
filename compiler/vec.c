#include "vec.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void *vec_grow(Arena *arena, const void *old, int count, int *capacity, size_t element)
{
    if (*capacity > INT32_MAX / 2) {
        fprintf(stderr, "snnc: out of memory (a list of over %d elements)\n", *capacity);
        exit(EXIT_FAILURE);
    }
    *capacity = *capacity == 0 ? 8 : 2 * *capacity;
    void *grown = arena_alloc(arena, (size_t)*capacity * element);
    if (count > 0)
        memcpy(grown, old, (size_t)count * element);
    return grown;
}
