/* Whether lists of events, or what rivals them is faster depends on how many units spike: tables, and
 * transforms along time, are made for many samples, and chosen by this batch alone; windows for each sample by itself.
 * Either adds in an order of its own. What the network tells when it does not learn shall depend on the sample alone, so it
 * follows events then, as inference does. */
#include "lower/spikes/choice.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/spikes/measure.h"
#include "lower/tuned.h"

static void add_spikes(Lower *lower, StreamId stream, Site site, LoopExpr *spikes)
{
    LoopStmt *loop_n = for_range(lower, site.into, "n", stream_size(lower, stream));
    LoopExpr *value = load_stream(lower, stream, site, loop_variable(lower, loop_n));
    if (value->type == TYPE_F32)
        value = as_bit(lower, op2(lower, OP_NE, value, loop_float(lower->arena, 0)));
    loop_set(lower->arena, &loop_n->body, spikes->var, op2(lower, OP_ADD, spikes, value));
}

static void emit_count(Lower *lower, StreamId stream, BufferId counts)
{
    const char *name = stream_of(lower, stream)->name;
    Site site = {0};
    LoopExpr *spikes = measure_kernel(lower, name, "spikes of", counts, steps_of(lower, stream), &site);
    add_spikes(lower, stream, site, spikes);
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

/* Whether more than `limit` spike; forward, only where the network learns. */
static LoopExpr *is_faster(Lower *lower, int use, LoopExpr *spikes, LoopExpr *limit)
{
    LoopExpr *many = op2(lower, OP_GT, spikes, limit);
    if (use > 0)
        return many;
    LoopExpr *training = loop_scalar(lower->arena, SCALAR_TRAINING);
    return op2(lower, OP_AND, op2(lower, OP_NE, training, loop_float(lower->arena, 0)), many);
}

/* flags[use], or flags[b][use], forward and backward: for each, an activity, of `all`. */
static void emit_flags(Lower *lower, Site site, const Crossover *crossover, BufferId flags, LoopExpr *spikes,
                       LoopExpr *all)
{
    for (int use = 0; use < 2; use++) {
        LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, crossover->activity[use]), all);
        loop_comment(lower->arena, site.into,
                     arena_printf(lower->arena,
                                  "%s: %s are faster where more than %g %% of the units spike%s",
                                  use ? "backward" : "forward", crossover->what,
                                  100 * crossover->activity[use], use ? "" : "; tests follow events"));
        LoopExpr *choice = as_bit(lower, is_faster(lower, use, spikes, limit));
        if (site.b)
            store2(lower, site.into, flags, site.b, num(lower, use), choice, false);
        else
            store1(lower, site.into, flags, num(lower, use), choice, false);
    }
}

static const char *question(Lower *lower, const char *name, const Crossover *crossover, const char *by)
{
    return arena_printf(lower->arena, "is %s %s enough for %s, forward and backward? By %s alone", name,
                        crossover->flag, crossover->what, by);
}

static void choose_for_batch(Lower *lower, StreamId stream, const Crossover *crossover, BufferId counts,
                             BufferId flags)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, "choose", name, question(lower, name, crossover, "this batch"), (Span){0, 0}, 1);
    LoopStmt *loop_k = kernel_items(lower, "k");
    LoopExpr *all, *spikes = measured_total(lower, &loop_k->body, counts, steps_of(lower, stream),
                                            stream_size(lower, stream), &all);
    emit_flags(lower, (Site){.into = &loop_k->body}, crossover, flags, spikes, all);
}

static void choose_for_sample(Lower *lower, StreamId stream, const Crossover *crossover, BufferId flags)
{
    const char *name = stream_of(lower, stream)->name;
    Site site =
        kernel_samples(lower, "choose", name, question(lower, name, crossover, "each sample"), (Span){0, 0});
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    add_spikes(lower, stream, measured_steps(lower, site, steps_of(lower, stream)), count);
    LoopExpr *spikes = loop_cast(lower->arena, TYPE_F32, count);
    double all = measured_count(steps_of(lower, stream)) * (double)stream_size(lower, stream);
    emit_flags(lower, site, crossover, flags, spikes, loop_float(lower->arena, all));
}

static LoopBlock *if_flag(Lower *lower, LoopExpr *flag, LoopBlock *into, bool set)
{
    return &loop_if(lower->arena, into, op2(lower, set ? OP_NE : OP_EQ, flag, num(lower, 0)))->body;
}

LoopBlock *if_narrow(Lower *lower, const Node *node, LoopBlock *into, bool narrow)
{
    if (!plan_of(lower, node)->narrow)
        return into;
    BufferId chosen = lower->narrow[map_of(lower->net, node) - lower->net->nodes.at].chosen;
    return if_flag(lower, load1(lower, chosen, num(lower, 0)), into, narrow);
}

LoopBlock *if_busy(Lower *lower, StreamId stream, bool over_steps, LoopBlock *into, bool tables)
{
    BufferId busy = lower->streams[stream].spikes.busy;
    return if_flag(lower, load1(lower, busy, num(lower, over_steps)), into, tables);
}

LoopBlock *if_chosen(Lower *lower, const Node *node, Site site, bool rival)
{
    const NodePlan *plan = plan_of(lower, node);
    if (!plan->choice)
        return site.into;
    bool backward = node->kind == NODE_MAP_GRAD;
    Rival tried = plan->dense ? RIVAL_TABLES : plan->taps ? RIVAL_FREQUENCIES : RIVAL_WINDOWS;
    BufferId flags = *flags_of(lower, node->in, tried);
    LoopExpr *use = num(lower, backward);
    LoopExpr *flag = tried == RIVAL_WINDOWS ? load2(lower, flags, site.b, use) : load1(lower, flags, use);
    return if_flag(lower, flag, site.into, rival);
}

LoopExpr *follows_inputs(Lower *lower, const Node *node)
{
    const NodePlan *plan = plan_of(lower, node);
    BufferId flags = *flags_of(lower, node->in, RIVAL_FREQUENCIES), chosen = -1;
    if (plan->narrow)
        chosen = lower->narrow[map_of(lower->net, node) - lower->net->nodes.at].chosen;
    if (!plan->choice || flags < 0 || (plan->narrow && chosen < 0))
        return NULL;
    LoopExpr *zero = num(lower, 0), *use = num(lower, node->kind == NODE_MAP_GRAD);
    LoopExpr *follows = op2(lower, OP_EQ, load1(lower, flags, use), zero);
    return plan->narrow ? op2(lower, OP_OR, follows, op2(lower, OP_NE, load1(lower, chosen, zero), zero))
                        : follows;
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

LoopExpr *spikes_above(Lower *lower, LoopBlock *into, StreamId stream, double activity)
{
    LoopExpr *all, *spikes = measured_total(lower, into, counts_of(lower, stream), steps_of(lower, stream),
                                            stream_size(lower, stream), &all);
    return is_faster(lower, 0, spikes, op2(lower, OP_MUL, loop_float(lower->arena, activity), all));
}

void choice_prepare(Lower *lower, StreamId stream, Rival rival)
{
    const Crossover *crossover = &crossovers[rival];
    BufferId *flags = flags_of(lower, stream, rival);
    if (*flags >= 0)
        return;
    int uses = 2;
    bool each = rival == RIVAL_WINDOWS;
    BufferId counts = each ? -1 : counts_of(lower, stream);
    *flags = named_buffer(lower, crossover->flag, stream_of(lower, stream)->name, TYPE_I32, BUFFER_SCRATCH,
                          each, 1, &uses);
    buffer_about(lower, *flags,
                 arena_printf(lower->arena, "forward and backward: %s are faster for this %s",
                              crossover->what, each ? "sample" : "batch"));
    if (each)
        choose_for_sample(lower, stream, crossover, *flags);
    else
        choose_for_batch(lower, stream, crossover, counts, *flags);
}
