/* Typed growable arrays that live in an arena:
 *     VEC(int) numbers = {0};
 *     vec_push(arena, &numbers, 42);
 *     for (int i = 0; i < numbers.count; i++) use(numbers.at[i]);
 * Growing moves the elements: keep indices, not pointers, across a push. */
#ifndef SNNC_VEC_H
#define SNNC_VEC_H

#include "arena.h"

#include <string.h>

#define VEC(Type)     \
    struct {          \
        Type *at;     \
        int count;    \
        int capacity; \
    }

/* The new capacity's storage with the old elements copied in. */
void *vec_grow(Arena *arena, const void *old, int count, int *capacity, size_t element);

#define vec_push(arena, v, value)                                                                    \
    ((v)->count == (v)->capacity                                                                     \
         ? (void)((v)->at = vec_grow((arena), (v)->at, (v)->count, &(v)->capacity, sizeof *(v)->at)) \
         : (void)0,                                                                                  \
     (v)->at[(v)->count++] = (value))

#endif
