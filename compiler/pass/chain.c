/* Launches over the samples that follow each other are joined, so that each sample goes through all of them before the next
 * one does, where that makes large arrays between them small: what is made and read by them alone needs no place for each
 * sample but one for each thread, and is still in a cache when it is read. What stands between them and has nothing to do
 * with samples goes before them, or behind. Where something large goes from the forward phase to the backward phase, the
 * latter does all of the former, too: then samples go forward and backward before the next one. */
#include "loop_look.h"
#include "passes.h"
#include "lower/tuned.h"

/* What a kernel does with one of its buffers. */
typedef struct Use {
    BufferId buffer;
    bool stores;
    bool makes;     /* it stores before it loads */
    bool by_sample; /* what belongs to the kernel's sample, and nothing else */
} Use;

typedef struct Uses {
    bool over; /* all that the kernel is is a loop over samples */
    VEC(Use) list;
} Uses;

typedef enum Part { PART_BEFORE, PART_SAMPLES, PART_AFTER, PART_COUNT } Part;

/* Where a launch of a phase goes. */
typedef struct Spot {
    int block; /* launches that may be divided so; no launch leaves its block */
    Part part;
} Spot;

/* What a phase does with a buffer. */
typedef struct Visit {
    int block;       /* that all launches over samples which touch it are of, by sample; NONE: not so */
    int first, last; /* of these; last NONE: nobody touches it */
    bool makes;      /* the first one does not read what was there before */
} Visit;

typedef struct Phased {
    Launches *launches;
    Spot *spots;   /* by launch */
    Visit *visits; /* by buffer */
} Phased;

/* What launches of the block so far do with a buffer, but for those before. */
typedef struct Touch {
    int block; /* that this is about */
    bool touched[PART_COUNT], stored[PART_COUNT];
    bool loose; /* not all of those over samples by sample */
} Touch;

typedef struct Chain {
    Arena *arena;
    Program *program;
    int64_t least;     /* bytes of an array of a sample */
    const Uses *uses;  /* by kernel */
    const Life *lives; /* by buffer, as are the following */
    bool *watched;     /* by the runtime */
    bool *stays;       /* has one place for each thread */
} Chain;

/* ---- what kernels do ---- */

typedef struct Look {
    Arena *arena;
    Uses uses;
    int *number; /* by buffer: its use, from 1 on; 0: none yet */
    VarId sample;
} Look;

static void look_at(void *context, BufferId *buffer, Access access)
{
    Look *look = context;
    int *number = &look->number[*buffer];
    if (access == ACCESS_HINT)
        return;
    if (*number == 0) {
        vec_push(look->arena, &look->uses.list, ((Use){*buffer, false, access == ACCESS_STORE, true}));
        *number = look->uses.list.count;
    }
    look->uses.list.at[*number - 1].stores |= access != ACCESS_LOAD;
}

static void look_at_index(const Look *look, BufferId buffer, LoopExpr *const *index, int count)
{
    bool is_sample = count > 0 && index[0]->kind == LOOP_VAR && index[0]->var == look->sample;
    if (look->number[buffer] > 0)
        look->uses.list.at[look->number[buffer] - 1].by_sample &= is_sample;
}

static void look_at_load(void *context, LoopExpr *expr)
{
    if (expr->kind == LOOP_LOAD)
        look_at_index(context, expr->buffer, expr->args, expr->nargs);
}

static void look_at_stores(const Look *look, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if (loop_has_element(stmt))
            look_at_index(look, stmt->buffer, stmt->index, stmt->nindex);
        look_at_stores(look, &stmt->body);
    }
}

/* The loop over the samples that is all of the kernel, or NULL. */
static const LoopStmt *loop_of(const Kernel *kernel)
{
    const LoopStmt *loop = kernel->body.count == 1 ? kernel->body.at[0] : NULL;
    bool over = loop && loop->kind == LOOP_FOR && !loop->down && !loop->value && loop->from->kind == LOOP_VAR
                && loop->from->var == kernel->first && loop->to->kind == LOOP_VAR
                && loop->to->var == kernel->last;
    return over ? loop : NULL;
}

static const Uses *uses_of_kernels(Arena *arena, const Program *program)
{
    Uses *uses = NEW_ARRAY(arena, Uses, program->kernels.count + 1);
    int *number = NEW_ARRAY(arena, int, program->buffers.count + 1);
    for (int k = 0; k < program->kernels.count; k++) {
        const Kernel *kernel = &program->kernels.at[k];
        const LoopStmt *loop = loop_of(kernel);
        Look look = {.arena = arena, .number = number, .sample = loop ? loop->var : -1};
        loop_visit(&kernel->body, look_at, &look);
        loop_visit_exprs(&kernel->body, look_at_load, &look);
        look_at_stores(&look, &kernel->body);
        look.uses.over = loop && kernel->given.count == 0;
        uses[k] = look.uses;
        for (int i = 0; i < look.uses.list.count; i++)
            number[look.uses.list.at[i].buffer] = 0;
    }
    return uses;
}

/* In the launch, not in its kernel, which may be given another one. */
static BufferId buffer_in(const Chain *chain, const Launch *launch, const Use *use)
{
    const Kernel *kernel = &chain->program->kernels.at[launch->kernel];
    for (int i = 0; i < kernel->given.count; i++)
        if (kernel->given.at[i] == use->buffer)
            return launch->given.at[i];
    return use->buffer;
}

/* ---- blocks ---- */

static bool meets(const Touch *touch, Part part, const Use *use)
{
    return touch->stored[part] || (touch->touched[part] && use->stores);
}

/* Where the launch may go, in the block that the touches are about; PART_COUNT: nowhere, the next one begins with it. */
static Part part_of(const Chain *chain, const Launch *launch, const Touch *touches, int block)
{
    const Uses *uses = &chain->uses[launch->kernel];
    bool over = launch->over_rows && uses->over, before = true, after = false;
    for (int i = 0; i < uses->list.count; i++) {
        const Use *use = &uses->list.at[i];
        BufferId b = buffer_in(chain, launch, use);
        const Touch *touch = &touches[b];
        if (touch->block != block)
            continue;
        bool apart = chain->program->buffers.at[b].per_sample && use->by_sample && !touch->loose;
        bool samples = meets(touch, PART_SAMPLES, use);
        after |= meets(touch, PART_AFTER, use) || (over && samples && !apart);
        before &= !samples;
    }
    if (over)
        return after ? PART_COUNT : PART_SAMPLES;
    return before && !after ? PART_BEFORE : PART_AFTER;
}

static void touch(const Chain *chain, const Launch *launch, Touch *touches, Spot spot)
{
    const Uses *uses = &chain->uses[launch->kernel];
    for (int i = 0; i < uses->list.count; i++) {
        const Use *use = &uses->list.at[i];
        Touch *touch = &touches[buffer_in(chain, launch, use)];
        if (touch->block != spot.block)
            *touch = (Touch){.block = spot.block};
        touch->touched[spot.part] = true;
        touch->stored[spot.part] |= use->stores;
        touch->loose |= spot.part == PART_SAMPLES && !use->by_sample;
    }
}

static void visit(const Chain *chain, Phased *phase, int i)
{
    const Launch *launch = &phase->launches->at[i];
    const Uses *uses = &chain->uses[launch->kernel];
    Spot spot = phase->spots[i];
    for (int k = 0; k < uses->list.count; k++) {
        const Use *use = &uses->list.at[k];
        Visit *visit = &phase->visits[buffer_in(chain, launch, use)];
        bool fits = spot.part == PART_SAMPLES && use->by_sample;
        if (visit->last == NONE)
            *visit = (Visit){fits ? spot.block : NONE, i, i, use->makes};
        visit->block = fits && visit->block == spot.block ? spot.block : NONE;
        visit->last = i;
    }
}

static Phased phased(const Chain *chain, Launches *launches)
{
    int buffers = chain->program->buffers.count + 1;
    Phased phase = {launches, NEW_ARRAY(chain->arena, Spot, launches->count + 1),
                    NEW_ARRAY(chain->arena, Visit, buffers)};
    Touch *touches = NEW_ARRAY(chain->arena, Touch, buffers);
    for (BufferId b = 0; b < buffers; b++)
        phase.visits[b].last = NONE;
    for (int i = 0, block = 1; i < launches->count; i++) {
        const Launch *launch = &launches->at[i];
        Part part = part_of(chain, launch, touches, block);
        if (part == PART_COUNT) {
            block++;
            part = PART_SAMPLES;
        }
        phase.spots[i] = (Spot){block, part};
        touch(chain, launch, touches, phase.spots[i]);
        visit(chain, &phase, i);
    }
    return phase;
}

/* ---- what stays ---- */

static bool may_stay(const Chain *chain, BufferId id)
{
    const Buffer *buffer = &chain->program->buffers.at[id];
    bool scratch = buffer->role == BUFFER_STREAM || buffer->role == BUFFER_SCRATCH;
    return scratch && buffer->per_sample && !buffer->keep && !chain->watched[id] && !chain->lives[id].always
           && buffer_bytes(buffer) >= chain->least;
}

static bool is_of_block(const Visit *visit)
{
    return visit->block != NONE && visit->makes;
}

/* Whether it could have one place for each thread: in each phase some launches that may be joined make it, and read it. */
static bool stays(const Chain *chain, const Phased *phases, BufferId b)
{
    bool stays = may_stay(chain, b), passes = false;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++) {
        const Visit *visit = &phases[phase].visits[b];
        stays = stays && (visit->last == NONE || is_of_block(visit));
        passes |= visit->last != NONE && visit->first < visit->last;
    }
    return stays && passes;
}

/* Nobody can look at its numbers afterwards, as at the arrays of tiles; spikes are there if the batch has one sample. */
static void put_in_one_place(Program *program, BufferId b)
{
    program->buffers.at[b].sparse = true;
    for (int s = 0; s < program->streams.count; s++)
        if (program->streams.at[s].values == b && program->buffers.at[b].type == TYPE_F32)
            program->streams.at[s].values = -1;
}

/* ---- the order of launches ---- */

/* Whether launch i of a phase and the one over samples before it are between those that pass something on. */
static bool *find_joined(const Chain *chain, const Phased *phase)
{
    int count = phase->launches->count;
    bool *joined = NEW_ARRAY(chain->arena, bool, count + 1);
    for (BufferId b = 0; b < chain->program->buffers.count; b++) {
        const Visit *visit = &phase->visits[b];
        for (int i = visit->first + 1; chain->stays[b] && i <= visit->last; i++)
            joined[i] = true;
    }
    return joined;
}

static bool is_any_joined(const Phased *phase, const bool *joined, int first, int end)
{
    for (int i = first; i < end; i++)
        if (joined[i] && phase->spots[i].part == PART_SAMPLES)
            return true;
    return false;
}

/* The launches of a block, part by part. */
static void order_block(const Chain *chain, const Phased *phase, const bool *joined, int first, int end,
                        Launches *into)
{
    for (Part part = 0; part < PART_COUNT; part++)
        for (int i = first; i < end; i++) {
            if (phase->spots[i].part != part)
                continue;
            Launch launch = phase->launches->at[i];
            launch.joined = part == PART_SAMPLES && joined[i];
            vec_push(chain->arena, into, launch);
        }
}

static void order_phase(const Chain *chain, const Phased *phase)
{
    Launches ordered = {0};
    const bool *joined = find_joined(chain, phase);
    for (int i = 0, end = 0; i < phase->launches->count; i = end) {
        while (end < phase->launches->count && phase->spots[end].block == phase->spots[i].block)
            end++;
        if (is_any_joined(phase, joined, i, end))
            order_block(chain, phase, joined, i, end, &ordered);
        else
            for (int k = i; k < end; k++)
                vec_push(chain->arena, &ordered, phase->launches->at[k]);
    }
    *phase->launches = ordered;
}

/* ---- kernels ---- */

static void place_load(void *context, LoopExpr *expr)
{
    const Chain *chain = context;
    if (expr->kind == LOOP_LOAD && chain->stays[expr->buffer])
        expr->args[0] = loop_place(chain->arena);
}

static void place_stores(const Chain *chain, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmt *stmt = block->at[i];
        if (loop_has_element(stmt) && chain->stays[stmt->buffer])
            stmt->index[0] = loop_place(chain->arena);
        place_stores(chain, &stmt->body);
    }
}

/* ---- forward and backward ---- */

/* It may be run twice: it changes nothing that it begins from. */
static bool is_repeatable(const Chain *chain, const Launches *launches)
{
    for (int i = 0; i < launches->count; i++) {
        const Launch *launch = &launches->at[i];
        const Uses *uses = &chain->uses[launch->kernel];
        for (int k = 0; k < uses->list.count; k++) {
            BufferRole role = chain->program->buffers.at[buffer_in(chain, launch, &uses->list.at[k])].role;
            if (uses->list.at[k].stores && (role == BUFFER_PARAM || role == BUFFER_MOMENT))
                return false;
        }
    }
    return true;
}

static Launches *both_phases(const Chain *chain)
{
    Launches *both = NEW(chain->arena, Launches);
    for (Phase phase = PHASE_FORWARD; phase <= PHASE_BACKWARD; phase++)
        for (int i = 0; i < chain->program->phases[phase].count; i++) {
            Launch launch = chain->program->phases[phase].at[i];
            const Launch *from = &chain->program->phases[phase].at[i];
            launch.given.at = NULL;
            launch.given.count = launch.given.capacity = 0;
            for (int k = 0; k < from->given.count; k++)
                vec_push(chain->arena, &launch.given, from->given.at[k]);
            vec_push(chain->arena, both, launch);
        }
    return both;
}

/* Whether something large goes from one phase to the other, and could stay if they were one. */
static bool gains(const Chain *chain, const Phased *both, int forward)
{
    for (BufferId b = 0; b < chain->program->buffers.count; b++) {
        const Visit *visit = &both->visits[b];
        if (visit->last >= forward && visit->first < forward && is_of_block(visit) && may_stay(chain, b))
            return true;
    }
    return false;
}

static void make_whole(const Chain *chain)
{
    Program *program = chain->program;
    Launches *both = both_phases(chain);
    if (!program->learns || !is_repeatable(chain, &program->phases[PHASE_FORWARD]))
        return;
    Phased phase = phased(chain, both);
    if (!gains(chain, &phase, program->phases[PHASE_FORWARD].count))
        return;
    program->phases[PHASE_BACKWARD] = *both;
    program->whole = true;
}

/* ---- all phases ---- */

static void watch(Chain *chain, BufferId buffer)
{
    if (buffer >= 0)
        chain->watched[buffer] = true;
}

/* What the runtime reads after a batch. */
static void find_watched(Chain *chain)
{
    const Program *program = chain->program;
    for (int w = 0; w < program->watches.count; w++)
        watch(chain, program->watches.at[w].values);
    for (int i = 0; i < program->predictions.count; i++)
        watch(chain, program->predictions.at[i].values);
    for (int i = 0; i < program->metrics.count; i++)
        watch(chain, program->metrics.at[i].values);
}

void chain_kernels(Program *program, bool small)
{
    Arena *arena = program->arena;
    int buffers = program->buffers.count + 1;
    Chain chain = {.arena = arena,
                   .program = program,
                   .least = small ? 0 : CHAIN_LEAST,
                   .uses = uses_of_kernels(arena, program),
                   .lives = loop_lives(arena, program),
                   .watched = NEW_ARRAY(arena, bool, buffers),
                   .stays = NEW_ARRAY(arena, bool, buffers)};
    Phased phases[PHASE_COUNT];
    find_watched(&chain);
    make_whole(&chain);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        phases[phase] = phased(&chain, &program->phases[phase]);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        chain.stays[b] = stays(&chain, phases, b);
        if (chain.stays[b])
            put_in_one_place(program, b);
    }
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        order_phase(&chain, &phases[phase]);
    for (int k = 0; k < program->kernels.count; k++) {
        loop_visit_exprs(&program->kernels.at[k].body, place_load, &chain);
        place_stores(&chain, &program->kernels.at[k].body);
    }
}
