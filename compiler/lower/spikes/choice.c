/* Whether lists of events or tables are faster depends on how many units spike: a function of this batch alone. */
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
    loop_set(lower->arena, &loop_n->body, spikes->var,
             op2(lower, OP_ADD, spikes, load_stream(lower, stream, site, loop_variable(lower, loop_n))));
}

static void emit_choice(Lower *lower, StreamId stream, BufferId counts, BufferId busy)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, "choose", name,
                 arena_printf(lower->arena,
                              "is %s busy enough for tables, forward and backward? By this batch alone",
                              name),
                 (Span){0, 0}, 1);
    LoopStmt *loop_k = kernel_items(lower, "k");
    LoopExpr *all, *spikes = measured_total(lower, &loop_k->body, counts, steps_of(lower, stream),
                                            stream_size(lower, stream), &all);
    const double table_activity[2] = {TABLE_ACTIVITY_FORWARD, TABLE_ACTIVITY_BACKWARD};
    for (int use = 0; use < 2; use++) {
        LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, table_activity[use]), all);
        loop_comment(lower->arena, &loop_k->body,
                     arena_printf(lower->arena,
                                  "%s: tables are faster where more than %g %% of the units spike",
                                  use ? "backward" : "forward", 100 * table_activity[use]));
        LoopExpr *choice =
            loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, spikes, limit), num(lower, 1), num(lower, 0));
        store1(lower, &loop_k->body, busy, num(lower, use), choice, false);
    }
}

LoopBlock *if_busy(Lower *lower, StreamId stream, bool over_steps, LoopBlock *into, bool tables)
{
    LoopExpr *flag = load1(lower, lower->streams[stream].spikes.busy, num(lower, over_steps));
    LoopStmt *branch = loop_if(lower->arena, into, op2(lower, tables ? OP_NE : OP_EQ, flag, num(lower, 0)));
    return &branch->body;
}

LoopBlock *if_chosen(Lower *lower, const Node *node, LoopBlock *into, bool tables)
{
    if (!plan_of(lower, node)->choice)
        return into;
    return if_busy(lower, node->in, plan_of(lower, node)->role == ROLE_MAP_GRAD, into, tables);
}

LoopBlock *if_listed(Lower *lower, StreamId stream, LoopBlock *into)
{
    /* Where maps use tables, so do gradients. */
    return lower->plan->streams[stream].all_choose ? if_busy(lower, stream, false, into, false) : into;
}

void choice_prepare(Lower *lower, StreamId stream)
{
    if (lower->streams[stream].spikes.busy >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    int uses = 2;
    BufferId counts = named_buffer(lower, "spikes_of", name, TYPE_I32, BUFFER_SCRATCH, true, 0, NULL);
    emit_count(lower, stream, counts);
    BufferId busy = named_buffer(lower, "busy", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &uses);
    emit_choice(lower, stream, counts, busy);
    buffer_about(lower, counts, "in every fourth sample, at every fourth step");
    buffer_about(lower, busy, "forward and backward: tables are faster for this batch");
    lower->streams[stream].spikes.busy = busy;
}
