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

/* A place, named by the first buffer that stood there. */
typedef struct Room {
    int kind; /* only buffers of one kind may meet in a place */
    int64_t bytes;
    int number; /* of the place, in the order in which they were opened */
    BufferId first;
} Room;
typedef VEC(Room) Rooms;

typedef struct Places {
    Program *program;
    bool by_type;
    int opened;
    Rooms free;     /* sorted */
    Rooms *leaving; /* by time: what becomes free after it */
    int now;        /* what left before is free */
} Places;

/* Born at the same time, the larger first: it finds the place that is large enough. */
static int by_birth(const void *a, const void *b)
{
    const Born *x = a, *y = b;
    if (x->life.first != y->life.first)
        return x->life.first - y->life.first;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : x->buffer - y->buffer;
}

static int kind_of(const Places *places, const Buffer *buffer)
{
    return buffer->per_sample | buffer->sparse << 1 | (places->by_type ? (int)buffer->type << 2 : 0);
}

static bool is_before(const Room *a, const Room *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->bytes != b->bytes ? a->bytes < b->bytes : a->number < b->number;
}

/* Where it stands among those that are free, or would. */
static int position(const Places *places, Room room)
{
    int from = 0, to = places->free.count;
    while (from < to) {
        int middle = (from + to) / 2;
        if (is_before(&places->free.at[middle], &room))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void set_free(Places *places, Room room)
{
    int at = position(places, room);
    vec_push(places->program->arena, &places->free, room);
    Room *there = places->free.at + at;
    memmove(there + 1, there, sizeof room * (size_t)(places->free.count - 1 - at));
    *there = room;
}

static void advance(Places *places, int now)
{
    for (; places->now < now; places->now++)
        for (int i = 0; i < places->leaving[places->now].count; i++)
            set_free(places, places->leaving[places->now].at[i]);
}

static bool is_kind(const Places *places, int at, int kind)
{
    return at >= 0 && at < places->free.count && places->free.at[at].kind == kind;
}

/* Of equal ones the first that was opened; a new one if none is free. */
static Room take(Places *places, const Born *born)
{
    int kind = kind_of(places, &places->program->buffers.at[born->buffer]);
    int at = position(places, (Room){.kind = kind, .bytes = born->bytes});
    if (!is_kind(places, at, kind) && is_kind(places, at - 1, kind))
        at = position(places, (Room){.kind = kind, .bytes = places->free.at[at - 1].bytes});
    if (!is_kind(places, at, kind))
        return (Room){kind, born->bytes, places->opened++, born->buffer};
    Room taken = places->free.at[at];
    places->free.count--;
    memmove(places->free.at + at, places->free.at + at + 1, sizeof taken * (size_t)(places->free.count - at));
    return taken;
}

static void settle(Places *places, const Born *born)
{
    advance(places, born->life.first);
    Room room = take(places, born);
    places->program->buffers.at[born->buffer].place = room.first;
    if (room.bytes < born->bytes)
        room.bytes = born->bytes;
    vec_push(places->program->arena, &places->leaving[born->life.last], room);
}

static int launch_count(const Program *program)
{
    int count = 0;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        count += program->phases[phase].count;
    return count;
}

void place_buffers(Program *program, bool by_type)
{
    Arena *arena = program->arena;
    int count = program->buffers.count, mortals = 0;
    const Life *lives = loop_lives(arena, program);
    Places places = {.program = program, .by_type = by_type};
    places.leaving = NEW_ARRAY(arena, Rooms, launch_count(program) + 1);
    Born *born = NEW_ARRAY(arena, Born, count + 1);
    for (BufferId b = 0; b < count; b++)
        if (!lives[b].always)
            born[mortals++] = (Born){b, lives[b], buffer_bytes(&program->buffers.at[b])};
    qsort(born, (size_t)mortals, sizeof *born, by_birth);
    for (int i = 0; i < mortals; i++)
        settle(&places, &born[i]);
}
