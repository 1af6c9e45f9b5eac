/* Whether lists of events, or tables or windows are faster depends on how many units spike: a function of this batch
 * alone. */
#include "lower/spikes/choice.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/spikes/measure.h"
#include "lower/tuned.h"

static void emit_count(Lower *lower, StreamId stream, BufferId counts)
{
    const char *name = stream_of(lower, stream)->name;
    Site site = {0};
    LoopExpr *spikes = measure_kernel(lower, name, "spikes of", counts, steps_of(lower, stream), &site);
    LoopStmt *loop_n = for_range(lower, site.into, "n", stream_size(lower, stream));
    LoopExpr *value = load_stream(lower, stream, site, loop_variable(lower, loop_n));
    if (value->type == TYPE_F32)
        value = as_bit(lower, op2(lower, OP_NE, value, loop_float(lower->arena, 0)));
    loop_set(lower->arena, &loop_n->body, spikes->var, op2(lower, OP_ADD, spikes, value));
}

/* What replaces lists of events. */
typedef struct Crossover {
    const char *what, *flag; /* the latter begins the name of the flags */
    double activity[2];      /* from which on it is faster: forward, backward */
} Crossover;

static const Crossover crossovers[] = {
    [RIVAL_TABLES] = {"tables", "busy", {TABLE_ACTIVITY_FORWARD, TABLE_ACTIVITY_BACKWARD}},
    [RIVAL_WINDOWS] = {"windows", "crowded", {WINDOW_ACTIVITY_FORWARD, WINDOW_ACTIVITY_BACKWARD}},
    [RIVAL_FREQUENCIES] = {"frequencies", "lively", {FREQUENCY_ACTIVITY, FREQUENCY_ACTIVITY}},
};

static BufferId *flags_of(Lower *lower, StreamId stream, Rival rival)
{
    SpikeBuffers *spikes = &lower->streams[stream].spikes;
    switch (rival) {
    case RIVAL_TABLES: return &spikes->busy;
    case RIVAL_WINDOWS: return &spikes->crowded;
    case RIVAL_FREQUENCIES: return &spikes->lively;
    }
    return NULL;
}

static void emit_choice(Lower *lower, StreamId stream, const Crossover *crossover, BufferId counts,
                        BufferId flags)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, "choose", name,
                 arena_printf(lower->arena,
                              "is %s %s enough for %s, forward and backward? By this batch alone", name,
                              crossover->flag, crossover->what),
                 (Span){0, 0}, 1);
    LoopStmt *loop_k = kernel_items(lower, "k");
    LoopExpr *all, *spikes = measured_total(lower, &loop_k->body, counts, steps_of(lower, stream),
                                            stream_size(lower, stream), &all);
    for (int use = 0; use < 2; use++) {
        LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, crossover->activity[use]), all);
        loop_comment(lower->arena, &loop_k->body,
                     arena_printf(lower->arena, "%s: %s are faster where more than %g %% of the units spike",
                                  use ? "backward" : "forward", crossover->what,
                                  100 * crossover->activity[use]));
        LoopExpr *choice =
            loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, spikes, limit), num(lower, 1), num(lower, 0));
        store1(lower, &loop_k->body, flags, num(lower, use), choice, false);
    }
}

static LoopBlock *if_flag(Lower *lower, BufferId flags, bool backward, LoopBlock *into, bool set)
{
    LoopExpr *flag = load1(lower, flags, num(lower, backward));
    return &loop_if(lower->arena, into, op2(lower, set ? OP_NE : OP_EQ, flag, num(lower, 0)))->body;
}

LoopBlock *if_busy(Lower *lower, StreamId stream, bool over_steps, LoopBlock *into, bool tables)
{
    return if_flag(lower, lower->streams[stream].spikes.busy, over_steps, into, tables);
}

LoopBlock *if_chosen(Lower *lower, const Node *node, LoopBlock *into, bool rival)
{
    const NodePlan *plan = plan_of(lower, node);
    if (!plan->choice)
        return into;
    Rival tried = plan->dense ? RIVAL_TABLES : plan->taps ? RIVAL_FREQUENCIES : RIVAL_WINDOWS;
    BufferId flags = *flags_of(lower, node->in, tried);
    return if_flag(lower, flags, plan->role == ROLE_MAP_GRAD, into, rival);
}

LoopBlock *if_listed(Lower *lower, StreamId stream, LoopBlock *into)
{
    /* Where maps use tables, so do gradients. */
    return lower->plan->streams[stream].all_choose ? if_busy(lower, stream, false, into, false) : into;
}

static BufferId counts_of(Lower *lower, StreamId stream)
{
    SpikeBuffers *spikes = &lower->streams[stream].spikes;
    if (spikes->counts < 0) {
        spikes->counts = named_buffer(lower, "spikes_of", stream_of(lower, stream)->name, TYPE_I32,
                                      BUFFER_SCRATCH, true, 0, NULL);
        buffer_about(lower, spikes->counts, "in every fourth sample, at every fourth step");
        emit_count(lower, stream, spikes->counts);
    }
    return spikes->counts;
}

void choice_prepare(Lower *lower, StreamId stream, Rival rival)
{
    const Crossover *crossover = &crossovers[rival];
    BufferId *flags = flags_of(lower, stream, rival);
    if (*flags >= 0)
        return;
    int uses = 2;
    BufferId counts = counts_of(lower, stream);
    *flags = named_buffer(lower, crossover->flag, stream_of(lower, stream)->name, TYPE_I32, BUFFER_SCRATCH,
                          false, 1, &uses);
    buffer_about(
        lower, *flags,
        arena_printf(lower->arena, "forward and backward: %s are faster for this batch", crossover->what));
    emit_choice(lower, stream, crossover, counts, *flags);
}
