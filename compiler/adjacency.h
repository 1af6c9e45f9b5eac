/* Lists by number, 0 .. count - 1, as the edges of a graph by where they start: made at once, in linear time. */
#ifndef SNNC_ADJACENCY_H
#define SNNC_ADJACENCY_H

#include "vec.h"

typedef VEC(int) Edges; /* from, to, from, to, ... */

/* The edges from k lead to to[first[k]] .. to[first[k + 1] - 1], in the order of the pairs. */
typedef struct Adjacency {
    int *first, *to;
} Adjacency;

Adjacency adjacency_of(Arena *arena, const Edges *edges, int count);

#endif
