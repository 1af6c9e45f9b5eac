/* Buffers whose lives do not meet stand in one place. The largest choose first, of equals those that are needed longest: each
 * takes the first place where it meets nobody, so no place grows. (Pisarchyk and Lee, "Efficient memory management for deep neural
 * net inference", 2020: shared objects, greedy by size.) */
#include "loop_look.h"
#include "passes.h"

#include <stdlib.h>

typedef struct Born {
    BufferId buffer;
    Life life;
    int kind; /* only buffers of one kind may meet in a place */
    int64_t bytes;
} Born;

/* A place, named by the first buffer that stood there. */
typedef struct Room {
    int kind;
    BufferId first;
    VEC(Life) lives;
} Room;
typedef VEC(Room) Rooms;

static int by_size(const void *a, const void *b)
{
    const Born *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->life.last != y->life.last ? y->life.last - x->life.last : x->buffer - y->buffer;
}

/* Lists have pages of their own. Where bytes are never read as another type, what each sample has stands apart, too. */
static int kind_of(const Buffer *buffer, bool by_type)
{
    return buffer->sparse | (by_type ? buffer->per_sample << 1 | (int)buffer->type << 2 : 0);
}

static Born born_as(const Program *program, BufferId id, Life life, bool by_type)
{
    const Buffer *buffer = &program->buffers.at[id];
    int64_t times = buffer->per_sample && program->batch > 0 ? program->batch : 1;
    return (Born){id, life, kind_of(buffer, by_type), times * buffer_bytes(buffer)};
}

static bool is_free(const Room *room, const Born *born)
{
    bool free = room->kind == born->kind;
    for (int i = 0; i < room->lives.count && free; i++)
        free = !lives_meet(&room->lives.at[i], &born->life);
    return free;
}

static void settle(Program *program, Rooms *rooms, const Born *born)
{
    int at = 0;
    while (at < rooms->count && !is_free(&rooms->at[at], born))
        at++;
    if (at == rooms->count)
        vec_push(program->arena, rooms, ((Room){.kind = born->kind, .first = born->buffer}));
    program->buffers.at[born->buffer].place = rooms->at[at].first;
    vec_push(program->arena, &rooms->at[at].lives, born->life);
}

void place_buffers(Program *program, bool by_type)
{
    Arena *arena = program->arena;
    int count = program->buffers.count, mortals = 0;
    const Life *lives = loop_lives(arena, program);
    Rooms rooms = {0};
    Born *born = NEW_ARRAY(arena, Born, count + 1);
    for (BufferId b = 0; b < count; b++)
        if (!lives[b].always)
            born[mortals++] = born_as(program, b, lives[b], by_type);
    qsort(born, (size_t)mortals, sizeof *born, by_size);
    for (int i = 0; i < mortals; i++)
        settle(program, &rooms, &born[i]);
}
