/* What is made of parameters alone, as weights by formulas and tiles of weights, is made once: in the initial phase, whose
 * results are constants. */
#include "loop_look.h"
#include "passes.h"

typedef struct Freezing {
    Program *program;
    bool *constant; /* by buffer */
    int *makers;    /* by buffer: launches that store to it */
    bool fixed;     /* so far, of the kernel that is looked at */
    BufferSet made; /* by it */
} Freezing;

static bool is_local(const Freezing *freezing, BufferId buffer)
{
    return freezing->program->buffers.at[buffer].role == BUFFER_LOCAL;
}

static void look_at(void *context, BufferId *buffer, Access access)
{
    Freezing *freezing = context;
    bool own = is_local(freezing, *buffer) || freezing->made.has[*buffer];
    if (access == ACCESS_LOAD)
        freezing->fixed = freezing->fixed && (own || freezing->constant[*buffer]);
}

static void look_for_made(void *context, BufferId *buffer, Access access)
{
    Freezing *freezing = context;
    if (access == ACCESS_LOAD || access == ACCESS_HINT || is_local(freezing, *buffer)
        || freezing->made.has[*buffer])
        return;
    freezing->made.has[*buffer] = true;
    vec_push(freezing->program->arena, &freezing->made.list, *buffer);
}

static void find_made(Freezing *freezing, const Launch *launch)
{
    buffer_set_clear(&freezing->made);
    loop_visit(&freezing->program->kernels.at[launch->kernel].body, look_for_made, freezing);
}

static void count_makers(Freezing *freezing, Phase phase)
{
    const Launches *launches = &freezing->program->phases[phase];
    for (int i = 0; i < launches->count; i++) {
        find_made(freezing, &launches->at[i]);
        for (int k = 0; k < freezing->made.list.count; k++)
            freezing->makers[freezing->made.list.at[k]]++;
    }
}

static void look_for_draws(void *context, LoopExpr *expr)
{
    Freezing *freezing = context;
    freezing->fixed = freezing->fixed && expr->kind != LOOP_KEY;
}

static bool is_fixed(Freezing *freezing, const Launch *launch)
{
    const LoopBlock *body = &freezing->program->kernels.at[launch->kernel].body;
    find_made(freezing, launch);
    freezing->fixed = freezing->made.list.count > 0;
    for (int k = 0; k < freezing->made.list.count; k++) {
        BufferId made = freezing->made.list.at[k];
        bool given =
            freezing->program->buffers.at[made].role == BUFFER_OUTPUT || made == freezing->program->step;
        freezing->fixed = freezing->fixed && !given && freezing->makers[made] == 1;
    }
    loop_visit(body, look_at, freezing);
    loop_visit_exprs(body, look_for_draws, freezing);
    return freezing->fixed;
}

static void freeze_phase(Freezing *freezing, Phase phase)
{
    Program *program = freezing->program;
    Launches *launches = &program->phases[phase];
    int kept = 0;
    for (int i = 0; i < launches->count; i++) {
        Launch launch = launches->at[i];
        if (!is_fixed(freezing, &launch)) {
            launches->at[kept++] = launch;
            continue;
        }
        vec_push(program->arena, &program->phases[PHASE_INIT], launch);
        for (int k = 0; k < freezing->made.list.count; k++)
            freezing->constant[freezing->made.list.at[k]] = true;
    }
    launches->count = kept;
}

void freeze_kernels(Program *program)
{
    Arena *arena = program->arena;
    Freezing freezing = {.program = program,
                         .constant = NEW_ARRAY(arena, bool, program->buffers.count + 1),
                         .makers = NEW_ARRAY(arena, int, program->buffers.count + 1),
                         .made = buffer_set(arena, program)};
    for (BufferId b = 0; b < program->buffers.count; b++)
        freezing.constant[b] = program->buffers.at[b].role == BUFFER_PARAM;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        count_makers(&freezing, phase);
    for (Phase phase = PHASE_BEGIN; phase < PHASE_COUNT; phase++)
        freeze_phase(&freezing, phase);
}
