/* What is quickly made of what is there anyway is made once more where the backward phase reads it, instead of being kept from the
 * forward phase on: as long as, at the time at which most memory is in use, there is something that only waits to be read. Of those
 * the largest is next. A launch of the backward phase makes it, the same as in the forward phase, in the same buffer; meanwhile
 * others may stand in its place. (Chen et al., "Training deep nets with sublinear memory cost", 2016, for what costs next to
 * nothing.) */
#include "loop_look.h"
#include "passes.h"

#include <stdlib.h>

/* What a launch of a phase does with a buffer. */
typedef struct Touch {
    int launch;
    bool stores;
} Touch;

typedef VEC(Touch) Touches;

typedef struct Again {
    Program *program;
    int64_t least;                 /* bytes that are worth it */
    LoopUses *uses;                /* by kernel */
    Touches *touches[PHASE_COUNT]; /* of the forward and backward phase: by buffer */
    const Life *lives;
    int forward, backward; /* times of the first launches of these phases, */
    int end;               /* and behind the last one of them */
} Again;

/* A launch of the forward phase, and of which one that reads what it makes it is to come again right before. Its buffer waits
 * between the times `last` and `resumed`. */
typedef struct Choice {
    int made, read; /* -1: none */
    int last, resumed;
    BufferId buffer;
    int64_t bytes;
} Choice;

typedef VEC(Choice) Choices;

/* ---- what launches do ---- */

static BufferId given_for(const Again *again, const Launch *launch, BufferId id)
{
    const Kernel *kernel = &again->program->kernels.at[launch->kernel];
    for (int i = 0; i < kernel->given.count; i++)
        if (kernel->given.at[i] == id)
            return launch->given.at[i];
    return id;
}

static void find_touches(Again *again, Phase phase)
{
    Program *program = again->program;
    const Launches *launches = &program->phases[phase];
    Touches *found = again->touches[phase] = NEW_ARRAY(program->arena, Touches, program->buffers.count + 1);
    for (int i = 0; i < launches->count; i++) {
        const LoopUses *uses = &again->uses[launches->at[i].kernel];
        for (int u = 0; u < uses->count; u++) {
            BufferId id = given_for(again, &launches->at[i], uses->at[u].buffer);
            vec_push(program->arena, &found[id], ((Touch){i, uses->at[u].stores}));
        }
    }
}

/* ---- what may be made again ---- */

/* The only buffer that the launch makes, or -1. */
static BufferId made_by(const Again *again, const Launch *launch)
{
    const LoopUses *uses = &again->uses[launch->kernel];
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
    const Touches *touches = &again->touches[phase][id];
    int first = -1;
    for (int i = 0; i < touches->count; i++) {
        if (touches->at[i].launch < from)
            continue;
        if (touches->at[i].stores)
            return -1;
        if (first < 0)
            first = touches->at[i].launch;
    }
    return first;
}

static bool is_there(const Again *again, BufferId id, int time)
{
    const Life *life = &again->lives[id];
    return life->always || life_has(life, time);
}

static bool is_changed_by(const Again *again, Phase phase, int from, int end, BufferId id)
{
    const Touches *touches = &again->touches[phase][id];
    bool changed = false;
    for (int i = 0; i < touches->count && !changed; i++) {
        int launch = touches->at[i].launch;
        changed = touches->at[i].stores && launch >= from && launch < end
                  && !again->program->phases[phase].at[launch].again;
    }
    return changed;
}

/* Whether all that the launch, number `made` forward, reads is there before number `read` backward, and is what it was. */
static bool reads_the_same(const Again *again, int made, int read, BufferId output)
{
    const Launches *forward = &again->program->phases[PHASE_FORWARD];
    const Launch *launch = &forward->at[made];
    const LoopUses *uses = &again->uses[launch->kernel];
    bool same = true;
    for (int i = 0; i < uses->count && same; i++) {
        BufferId id = given_for(again, launch, uses->at[i].buffer);
        if (id == output || buffer_is_of_kernel(&again->program->buffers.at[id]))
            continue;
        same = is_there(again, id, again->backward + read)
               && !is_changed_by(again, PHASE_FORWARD, made + 1, forward->count, id)
               && !is_changed_by(again, PHASE_BACKWARD, 0, read, id);
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
    const Launch *launch = &program->phases[PHASE_FORWARD].at[made];
    const Choice none = {.made = -1, .read = -1};
    BufferId id = launch->quick ? made_by(again, launch) : -1;
    if (id < 0 || again->lives[id].always || again->lives[id].resumed > 0
        || bytes_of(program, id) < again->least)
        return none;
    const Touches *forward = &again->touches[PHASE_FORWARD][id];
    int last = forward->at[forward->count - 1].launch, read = first_reader(again, PHASE_BACKWARD, 0, id);
    while (read > 0 && program->phases[PHASE_BACKWARD].at[read].joined)
        read--;
    if (read < 0 || first_reader(again, PHASE_FORWARD, made + 1, id) < 0
        || !reads_the_same(again, made, read, id))
        return none;
    return (Choice){made, read, again->forward + last, again->backward + read, id, bytes_of(program, id)};
}

/* The largest first, and of equals what is made last. */
static int compare_choices(const void *a, const void *b)
{
    const Choice *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return y->made - x->made;
}

static Choices find_choices(const Again *again)
{
    Choices choices = {0};
    for (int i = 0; i < again->program->phases[PHASE_FORWARD].count; i++) {
        Choice choice = choice_of(again, i);
        if (choice.made >= 0)
            vec_push(again->program->arena, &choices, choice);
    }
    if (choices.count > 0)
        qsort(choices.at, (size_t)choices.count, sizeof choices.at[0], compare_choices);
    return choices;
}

/* ---- the pass ---- */

/* Between both times, the first and the last one too. */
static void add_bytes(int64_t *changes, int end, int first, int last, int64_t bytes)
{
    if (first < end && first <= last) {
        changes[first] += bytes;
        changes[last < end ? last + 1 : end] -= bytes;
    }
}

/* By time. Evaluations may need more, but keep nothing. */
static int64_t *bytes_in_use(const Again *again)
{
    const Program *program = again->program;
    int64_t *used = NEW_ARRAY(program->arena, int64_t, again->end + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Life *life = &again->lives[b];
        if (life->always || life->first < 0 || program->buffers.at[b].sparse)
            continue;
        add_bytes(used, again->end, life->first, life->last, bytes_of(program, b));
        if (life->resumed > 0)
            add_bytes(used, again->end, life->paused + 1, life->resumed - 1, -bytes_of(program, b));
    }
    for (int t = 1; t < again->end; t++)
        used[t] += used[t - 1];
    return used;
}

static int time_of_peak(const int64_t *used, int end)
{
    int peak = 0;
    for (int t = 0; t < end; t++)
        peak = used[t] > used[peak] ? t : peak;
    return peak;
}

/* By buffer: what choices that were taken make, and what they read. */
typedef struct Taken {
    Choices choices;
    bool *made, *read;
} Taken;

/* Whether what one makes is what another is made of: then it has to look again at what is there when. */
static bool meets_taken(const Again *again, const Choice *choice, const Taken *taken)
{
    const Launch *launch = &again->program->phases[PHASE_FORWARD].at[choice->made];
    const LoopUses *uses = &again->uses[launch->kernel];
    bool meets = taken->read[choice->buffer];
    for (int i = 0; i < uses->count && !meets; i++)
        meets = taken->made[given_for(again, launch, uses->at[i].buffer)];
    return meets;
}

static void take(const Again *again, const Choice *choice, Taken *taken)
{
    const Launch *launch = &again->program->phases[PHASE_FORWARD].at[choice->made];
    const LoopUses *uses = &again->uses[launch->kernel];
    for (int i = 0; i < uses->count; i++)
        taken->read[given_for(again, launch, uses->at[i].buffer)] = true;
    taken->made[choice->buffer] = true;
    vec_push(again->program->arena, &taken->choices, *choice);
}

/* Of the choices those that wait at the peak, which moves as they go. */
static Choices take_choices(const Again *again, const Choices *choices)
{
    Arena *arena = again->program->arena;
    int buffers = again->program->buffers.count + 1;
    Taken taken = {.made = NEW_ARRAY(arena, bool, buffers), .read = NEW_ARRAY(arena, bool, buffers)};
    int64_t *used = bytes_in_use(again);
    int peak = time_of_peak(used, again->end);
    for (int i = 0; i < choices->count; i++) {
        const Choice *choice = &choices->at[i];
        if (choice->last >= peak || peak >= choice->resumed || meets_taken(again, choice, &taken))
            continue;
        take(again, choice, &taken);
        for (int t = choice->last + 1; t < choice->resumed; t++)
            used[t] -= choice->bytes;
        peak = time_of_peak(used, again->end);
    }
    return taken.choices;
}

static void launch_again(Program *program, const Choices *choices)
{
    const Launches old = program->phases[PHASE_BACKWARD];
    Launches *backward = &program->phases[PHASE_BACKWARD];
    *backward = (Launches){0};
    for (int i = 0; i < old.count; i++) {
        for (int c = 0; c < choices->count; c++)
            if (choices->at[c].read == i) {
                Launch launch = program->phases[PHASE_FORWARD].at[choices->at[c].made];
                launch.again = true;
                vec_push(program->arena, backward, launch);
            }
        vec_push(program->arena, backward, old.at[i]);
    }
}

void make_again(Program *program, int64_t least)
{
    Again again = {.program = program, .least = least, .uses = loop_uses(program->arena, program)};
    again.forward = program->phases[PHASE_INIT].count;
    again.backward = again.forward + program->phases[PHASE_FORWARD].count;
    Choices taken;
    do {
        again.end = again.backward + program->phases[PHASE_BACKWARD].count;
        again.lives = loop_lives(program->arena, program);
        find_touches(&again, PHASE_FORWARD);
        find_touches(&again, PHASE_BACKWARD);
        Choices choices = find_choices(&again);
        taken = take_choices(&again, &choices);
        launch_again(program, &taken);
    } while (taken.count > 0);
}
