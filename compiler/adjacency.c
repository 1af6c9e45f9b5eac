#include "adjacency.h"

Adjacency adjacency_of(Arena *arena, const Edges *edges, int count)
{
    Adjacency lists = {NEW_ARRAY(arena, int, count + 1), NEW_ARRAY(arena, int, edges->count / 2 + 1)};
    int *filled = NEW_ARRAY(arena, int, count + 1);
    for (int e = 0; e < edges->count; e += 2)
        lists.first[edges->at[e] + 1]++;
    for (int k = 0; k < count; k++)
        lists.first[k + 1] += lists.first[k];
    for (int e = 0; e < edges->count; e += 2) {
        int from = edges->at[e];
        lists.to[lists.first[from] + filled[from]++] = edges->at[e + 1];
    }
    return lists;
}
