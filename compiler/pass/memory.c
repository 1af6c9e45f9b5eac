/* Buffers whose lives do not meet stand in one place. In the order of the launches each takes a place that is free:
 * of those that are large enough the smallest, else the largest, which grows. */
#include "loop.h"
#include "passes.h"

#include <stdlib.h>

typedef struct Born {
    BufferId buffer;
    Life life;
    int64_t bytes;
} Born;

typedef struct Places {
    Program *program;
    int64_t *room;       /* by buffer: of the place that it was the first to have */
    int *ends;           /* by buffer: when the last that stands there ends */
    VEC(BufferId) first; /* in each place */
} Places;

/* Born at the same time, the larger first: it finds the place that is large enough. */
static int by_birth(const void *a, const void *b)
{
    const Born *x = a, *y = b;
    if (x->life.first != y->life.first)
        return x->life.first - y->life.first;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : x->buffer - y->buffer;
}

static bool may_meet(const Buffer *a, const Buffer *b)
{
    return a->per_sample == b->per_sample && a->sparse == b->sparse;
}

static bool is_better(int64_t room, int64_t best, int64_t bytes)
{
    return room >= bytes ? best < bytes || room < best : best < bytes && room > best;
}

/* The buffer in whose place it may stand; itself, if there is no such place. */
static BufferId free_place(const Places *places, const Born *born)
{
    const Buffer *buffers = places->program->buffers.at;
    BufferId best = -1;
    for (int i = 0; i < places->first.count; i++) {
        BufferId first = places->first.at[i];
        bool free =
            places->ends[first] < born->life.first && may_meet(&buffers[first], &buffers[born->buffer]);
        if (free && (best < 0 || is_better(places->room[first], places->room[best], born->bytes)))
            best = first;
    }
    return best < 0 ? born->buffer : best;
}

static void settle(Places *places, const Born *born)
{
    Buffer *buffer = &places->program->buffers.at[born->buffer];
    buffer->place = free_place(places, born);
    if (buffer->place == born->buffer)
        vec_push(places->program->arena, &places->first, born->buffer);
    if (places->room[buffer->place] < born->bytes)
        places->room[buffer->place] = born->bytes;
    places->ends[buffer->place] = born->life.last;
}

void place_buffers(Program *program)
{
    Arena *arena = program->arena;
    int count = program->buffers.count, mortals = 0;
    const Life *lives = loop_lives(arena, program);
    Places places = {program, NEW_ARRAY(arena, int64_t, count + 1), NEW_ARRAY(arena, int, count + 1), {0}};
    Born *born = NEW_ARRAY(arena, Born, count + 1);
    for (BufferId b = 0; b < count; b++)
        if (!lives[b].always)
            born[mortals++] = (Born){b, lives[b], buffer_bytes(&program->buffers.at[b])};
    qsort(born, (size_t)mortals, sizeof *born, by_birth);
    for (int i = 0; i < mortals; i++)
        settle(&places, &born[i]);
}
