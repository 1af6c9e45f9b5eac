/* What is quickly made of what is there anyway is made once more where the backward phase reads it, instead of being kept from the
 * forward phase on: as long as, at the time at which most memory is in use, there is something that only waits to be read. Of those
 * the largest is next. A launch of the backward phase makes it, the same as in the forward phase, in the same buffer; meanwhile
 * others may stand in its place. (Chen et al., "Training deep nets with sublinear memory cost", 2016, for what costs next to
 * nothing.) */
#include "loop.h"
#include "passes.h"

/* What a kernel does with one of its buffers. */
typedef struct Use {
    BufferId buffer;
    bool loads, stores;
} Use;

typedef VEC(Use) Uses;

typedef struct Again {
    Program *program;
    int64_t least; /* bytes that are worth it */
    Uses *uses;    /* by kernel */
    const Life *lives;
    int forward, backward; /* times of the first launches of these phases */
    int peak;              /* at which most memory is in use */
} Again;

/* A launch of the forward phase, and of which one that reads what it makes it is to come again right before. */
typedef struct Choice {
    int made, read; /* -1: none */
    int64_t bytes;
} Choice;

/* ---- what launches do ---- */

typedef struct Look {
    Arena *arena;
    Uses uses;
    int *number; /* by buffer: its use, from 1 on; 0: none yet */
} Look;

static void look_at(void *context, BufferId *buffer, Access access)
{
    Look *look = context;
    if (access == ACCESS_HINT)
        return;
    if (look->number[*buffer] == 0) {
        vec_push(look->arena, &look->uses, ((Use){.buffer = *buffer}));
        look->number[*buffer] = look->uses.count;
    }
    Use *use = &look->uses.at[look->number[*buffer] - 1];
    use->loads |= access == ACCESS_LOAD;
    use->stores |= access != ACCESS_LOAD;
}

static Uses *uses_of_kernels(Arena *arena, Program *program)
{
    Uses *uses = NEW_ARRAY(arena, Uses, program->kernels.count + 1);
    int *number = NEW_ARRAY(arena, int, program->buffers.count + 1);
    for (int k = 0; k < program->kernels.count; k++) {
        Look look = {.arena = arena, .number = number};
        loop_visit(&program->kernels.at[k].body, look_at, &look);
        uses[k] = look.uses;
        for (int i = 0; i < uses[k].count; i++)
            number[uses[k].at[i].buffer] = 0;
    }
    return uses;
}

static BufferId given_for(const Again *again, const Launch *launch, BufferId id)
{
    const Kernel *kernel = &again->program->kernels.at[launch->kernel];
    for (int i = 0; i < kernel->given.count; i++)
        if (kernel->given.at[i] == id)
            return launch->given.at[i];
    return id;
}

static bool touches(const Again *again, const Launch *launch, BufferId id, bool stores)
{
    const Uses *uses = &again->uses[launch->kernel];
    bool touched = false;
    for (int i = 0; i < uses->count && !touched; i++)
        touched = given_for(again, launch, uses->at[i].buffer) == id && (!stores || uses->at[i].stores);
    return touched;
}

/* ---- what may be made again ---- */

/* The only buffer that the launch makes, or -1. */
static BufferId made_by(const Again *again, const Launch *launch)
{
    const Uses *uses = &again->uses[launch->kernel];
    BufferId made = -1;
    int stored = 0;
    for (int i = 0; i < uses->count; i++) {
        BufferId id = given_for(again, launch, uses->at[i].buffer);
        if (!uses->at[i].stores || buffer_is_of_kernel(&again->program->buffers.at[id]))
            continue;
        made = id;
        stored++;
    }
    return stored == 1 ? made : -1;
}

/* The launch of the phase that is the first to touch the buffer, or -1: none, or one that is not the first changes it. */
static int first_reader(const Again *again, Phase phase, int from, BufferId id)
{
    const Launches *launches = &again->program->phases[phase];
    int first = -1;
    for (int i = from; i < launches->count; i++) {
        if (touches(again, &launches->at[i], id, true))
            return -1;
        if (first < 0 && touches(again, &launches->at[i], id, false))
            first = i;
    }
    return first;
}

static bool is_there(const Again *again, BufferId id, int time)
{
    const Life *life = &again->lives[id];
    return life->always || life_has(life, time);
}

static bool is_changed_by(const Again *again, const Launches *launches, int from, int end, BufferId id)
{
    bool changed = false;
    for (int i = from; i < end && !changed; i++)
        changed = !launches->at[i].again && touches(again, &launches->at[i], id, true);
    return changed;
}

/* Whether all that the launch, number `made` forward, reads is there before number `read` backward, and is what it was. */
static bool reads_the_same(const Again *again, int made, int read, BufferId output)
{
    const Launches *forward = &again->program->phases[PHASE_FORWARD],
                   *backward = &again->program->phases[PHASE_BACKWARD];
    const Launch *launch = &forward->at[made];
    const Uses *uses = &again->uses[launch->kernel];
    bool same = true;
    for (int i = 0; i < uses->count && same; i++) {
        BufferId id = given_for(again, launch, uses->at[i].buffer);
        if (id == output || buffer_is_of_kernel(&again->program->buffers.at[id]))
            continue;
        same = is_there(again, id, again->backward + read)
               && !is_changed_by(again, forward, made + 1, forward->count, id)
               && !is_changed_by(again, backward, 0, read, id);
    }
    return same;
}

static int64_t bytes_of(const Program *program, BufferId id)
{
    const Buffer *buffer = &program->buffers.at[id];
    return buffer_bytes(buffer) * (buffer->per_sample && program->batch > 0 ? program->batch : 1);
}

/* Launch number `made` of the forward phase, if it is worth it. */
static Choice choice_of(const Again *again, int made)
{
    const Program *program = again->program;
    const Launches *forward = &program->phases[PHASE_FORWARD];
    const Launch *launch = &forward->at[made];
    const Choice none = {-1, -1, 0};
    BufferId id = launch->quick ? made_by(again, launch) : -1;
    if (id < 0 || again->lives[id].always || again->lives[id].resumed > 0
        || bytes_of(program, id) < again->least)
        return none;
    int last = made;
    for (int i = made + 1; i < forward->count; i++)
        last = touches(again, &forward->at[i], id, false) ? i : last;
    int read = first_reader(again, PHASE_BACKWARD, 0, id);
    while (read > 0 && program->phases[PHASE_BACKWARD].at[read].joined)
        read--;
    bool waits = read >= 0 && again->forward + last < again->peak && again->peak < again->backward + read
                 && first_reader(again, PHASE_FORWARD, made + 1, id) >= 0;
    return waits && reads_the_same(again, made, read, id) ? (Choice){made, read, bytes_of(program, id)}
                                                          : none;
}

/* ---- the pass ---- */

/* Of those before `end`: evaluations may need more, but keep nothing. */
static int time_of_peak(const Program *program, const Life *lives, int end)
{
    int peak = 0;
    int64_t *used = NEW_ARRAY(program->arena, int64_t, end + 1);
    for (BufferId b = 0; b < program->buffers.count; b++)
        for (int t = lives[b].first; !lives[b].always && t <= lives[b].last && t < end; t++)
            if (!program->buffers.at[b].sparse && life_has(&lives[b], t))
                used[t] += bytes_of(program, b);
    for (int t = 0; t < end; t++)
        peak = used[t] > used[peak] ? t : peak;
    return peak;
}

static void launch_again(Program *program, const Choice *choice)
{
    Launches *backward = &program->phases[PHASE_BACKWARD];
    Launch launch = program->phases[PHASE_FORWARD].at[choice->made];
    launch.again = true;
    vec_push(program->arena, backward, launch);
    memmove(&backward->at[choice->read + 1], &backward->at[choice->read],
            (size_t)(backward->count - 1 - choice->read) * sizeof launch);
    backward->at[choice->read] = launch;
}

void make_again(Program *program, int64_t least)
{
    Again again = {.program = program, .least = least, .uses = uses_of_kernels(program->arena, program)};
    again.forward = program->phases[PHASE_INIT].count;
    again.backward = again.forward + program->phases[PHASE_FORWARD].count;
    for (;;) {
        Choice best = {-1, -1, 0};
        again.lives = loop_lives(program->arena, program);
        again.peak =
            time_of_peak(program, again.lives, again.backward + program->phases[PHASE_BACKWARD].count);
        for (int i = 0; i < program->phases[PHASE_FORWARD].count; i++) {
            Choice choice = choice_of(&again, i);
            best = choice.bytes > 0 && choice.bytes >= best.bytes ? choice : best;
        }
        if (best.made < 0)
            return;
        launch_again(program, &best);
    }
}
