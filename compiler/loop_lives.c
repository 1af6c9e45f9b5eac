/* When buffers are alive. */
#include "loop_look.h"

#include <stdlib.h>

typedef struct Collector {
    Arena *arena;
    LoopUses uses;
    int *number; /* by buffer: its use, from 1 on; 0: none yet */
} Collector;

static void collect(void *context, BufferId *buffer, Access access)
{
    Collector *collector = context;
    if (access == ACCESS_HINT)
        return;
    int *number = &collector->number[*buffer];
    if (*number == 0) {
        vec_push(collector->arena, &collector->uses, ((LoopUse){*buffer, access == ACCESS_STORE, false}));
        *number = collector->uses.count;
    }
    collector->uses.at[*number - 1].stores |= access != ACCESS_LOAD;
}

LoopUses *loop_uses(Arena *arena, const Program *program)
{
    LoopUses *uses = NEW_ARRAY(arena, LoopUses, program->kernels.count + 1);
    int *number = NEW_ARRAY(arena, int, program->buffers.count + 1);
    for (int k = 0; k < program->kernels.count; k++) {
        Collector collector = {.arena = arena, .number = number};
        loop_visit(&program->kernels.at[k].body, collect, &collector);
        uses[k] = collector.uses;
        for (int i = 0; i < uses[k].count; i++)
            number[uses[k].at[i].buffer] = 0;
    }
    return uses;
}

static void use(Life *life, int time, bool makes)
{
    if (life->first < 0) {
        life->first = time;
        life->always |= !makes;
    }
    life->last = time;
}

/* `time`: when its run begins, of `count` launches: samples are at all of these at any time. `instead`: by buffer: what
 * stands in its place in this launch. */
static void launch_lives(const Program *program, const Launch *launch, const LoopUses *uses, int time,
                         int count, BufferId *instead, Life *lives)
{
    const Kernel *kernel = &program->kernels.at[launch->kernel];
    for (int i = 0; i < kernel->given.count; i++)
        instead[kernel->given.at[i]] = launch->given.at[i];
    for (int i = 0; i < uses->count; i++) {
        Life *life = &lives[instead[uses->at[i].buffer]];
        if (launch->again && uses->at[i].makes) {
            life->paused = life->last;
            life->resumed = time;
        }
        use(life, time, uses->at[i].makes);
        life->last = time + count - 1;
    }
}

static void until(Life *lives, BufferId buffer, int time)
{
    if (buffer >= 0 && lives[buffer].last < time)
        lives[buffer].last = time;
}

/* After a forward phase, or what tests run, the runtime looks for NaN, and at the learning rate, */
static void compared(const Program *program, bool evaluated, int time, Life *lives)
{
    for (int w = 0; w < program->watches.count; w++)
        if (program->streams.at[program->watches.at[w].stream].evaluated == evaluated)
            until(lives, program->watches.at[w].values, time);
    until(lives, program->rate, time);
}

/* and where NaN came from. */
static void looked_at(const Program *program, bool evaluated, int time, Life *lives)
{
    for (int s = 0; s < program->streams.count; s++)
        if (program->streams.at[s].evaluated == evaluated)
            until(lives, program->streams.at[s].values, time);
    compared(program, evaluated, time, lives);
}

static bool may_share(const Buffer *buffer)
{
    return !buffer->keep && (buffer->role == BUFFER_STREAM || buffer->role == BUFFER_SCRATCH);
}

/* What comes from `time` on runs more than once. */
static bool leads_into(const Life *life, int time)
{
    return life->first < time && life->last >= time;
}

Life *loop_lives(Arena *arena, const Program *program)
{
    int count = program->buffers.count, time = 0, batches = program->phases[PHASE_INIT].count, steps = 0;
    Life *lives = NEW_ARRAY(arena, Life, count + 1);
    BufferId *instead = NEW_ARRAY(arena, BufferId, count + 1);
    const LoopUses *uses = loop_uses(arena, program);
    for (BufferId b = 0; b < count; b++) {
        lives[b] = (Life){.first = -1, .last = -1, .always = !may_share(&program->buffers.at[b])};
        instead[b] = b;
    }
    for (Phase phase = 0; phase < PHASE_COUNT; phase++) {
        const Launches *launches = &program->phases[phase];
        if (phase == PHASE_STEP)
            steps = time;
        for (int i = 0, joined = 0; i < launches->count; i += joined, time += joined) {
            joined = loop_run(launches, i);
            for (int k = i; k < i + joined; k++)
                launch_lives(program, &launches->at[k], &uses[launches->at[k].kernel], time, joined, instead,
                             lives);
        }
        if (phase == PHASE_FORWARD || (phase == PHASE_EVALUATE && launches->count > 0))
            looked_at(program, phase == PHASE_EVALUATE, time - 1, lives);
        if (phase == PHASE_BACKWARD && program->whole)
            compared(program, false, time - 1, lives);
    }
    for (BufferId b = 0; b < count; b++)
        lives[b].always |=
            lives[b].first < 0 || leads_into(&lives[b], batches) || leads_into(&lives[b], steps);
    return lives;
}

bool life_has(const Life *life, int time)
{
    return life->first <= time && time <= life->last && (time <= life->paused || time >= life->resumed);
}

bool lives_meet(const Life *a, const Life *b)
{
    bool meet = a->first <= b->last && b->first <= a->last;
    if (!meet
        || (a->resumed == 0
            && b->resumed == 0)) /* so it is with nearly all, and of deep networks many are asked */
        return meet;
    meet = false;
    for (int i = 0; i < 2; i++) {
        const Life *one = i == 0 ? a : b, *other = i == 0 ? b : a;
        meet = meet || life_has(one, other->first) || (other->resumed > 0 && life_has(one, other->resumed));
    }
    return meet;
}

LoopRoom *loop_rooms(Arena *arena, const Program *program)
{
    LoopRoom *rooms = NEW_ARRAY(arena, LoopRoom, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        LoopRoom *room = &rooms[buffer->place];
        int64_t *bytes = buffer->per_sample ? &room->each_sample : &room->whole;
        if (!buffer_is_of_kernel(buffer) && *bytes < buffer_bytes(buffer))
            *bytes = buffer_bytes(buffer);
    }
    return rooms;
}

int64_t room_bytes(LoopRoom room, int64_t samples)
{
    return room.each_sample * samples > room.whole ? room.each_sample * samples : room.whole;
}

/* ---- verifier ---- */

typedef struct Tenant {
    BufferId buffer;
    Life life;
} Tenant;

static int by_birth(const void *a, const void *b)
{
    const Tenant *x = a, *y = b;
    return x->life.first != y->life.first ? x->life.first - y->life.first : x->buffer - y->buffer;
}

/* Of a buffer that shares its place: NULL, or what is wrong with it. */
static const char *verify_place(const Program *program, BufferId id, const Life *lives)
{
    const Buffer *buffer = &program->buffers.at[id];
    bool there = buffer->place >= 0 && buffer->place < program->buffers.count;
    const Buffer *place = there ? &program->buffers.at[buffer->place] : NULL;
    if (!place || place->place != buffer->place)
        return arena_printf(program->arena, "`%s` stands in place %d, which is none", buffer->name,
                            buffer->place);
    if ((program->predicts && buffer->per_sample != place->per_sample) || buffer->sparse != place->sparse
        || buffer_is_of_kernel(buffer) || buffer_is_of_kernel(place) || lives[id].always
        || lives[buffer->place].always)
        return arena_printf(program->arena, "`%s` cannot stand in the place of `%s`", buffer->name,
                            place->name);
    return NULL;
}

/* No two are in a place at the same time. */
static const char *verify_tenants(const Program *program, const Tenant *tenants, int count)
{
    Arena *arena = program->arena;
    typedef VEC(const Tenant *) Together;
    Together *places = NEW_ARRAY(arena, Together, program->buffers.count + 1);
    for (int i = 0; i < count; i++) {
        Together *there = &places[program->buffers.at[tenants[i].buffer].place];
        for (int k = 0; k < there->count; k++)
            if (lives_meet(&there->at[k]->life, &tenants[i].life))
                return arena_printf(arena, "`%s` and `%s` stand in one place at the same time",
                                    program->buffers.at[there->at[k]->buffer].name,
                                    program->buffers.at[tenants[i].buffer].name);
        vec_push(arena, there, &tenants[i]);
    }
    return NULL;
}

static bool shares_places(const Program *program)
{
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (program->buffers.at[b].place != b)
            return true;
    return false;
}

const char *places_verify(const Program *program)
{
    if (!shares_places(program))
        return NULL;
    Arena *arena = program->arena;
    const Life *lives = loop_lives(arena, program);
    Tenant *tenants = NEW_ARRAY(arena, Tenant, program->buffers.count + 1);
    int count = 0;
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const char *wrong = program->buffers.at[b].place == b ? NULL : verify_place(program, b, lives);
        if (wrong)
            return wrong;
        if (!lives[b].always)
            tenants[count++] = (Tenant){b, lives[b]};
    }
    qsort(tenants, (size_t)count, sizeof *tenants, by_birth);
    return verify_tenants(program, tenants, count);
}
