/* Lists of the steps at which units are not 0, unit by unit, of spikes or numbers. They are made once for a batch.
 *
 *   times[b][firsts[b][i] .. firsts[b][i + 1] - 1]   the steps of unit i of sample b
 *
 * The list of a unit begins where the one before it ends, so that to go through those of all units reads memory in its order: they
 * are read for tile after tile. What numbers are then stands in lists of the same form. */
#include "lower/spikes/times.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/base/walk.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"

static bool has_values(const Lower *lower, StreamId stream)
{
    return stream_of(lower, stream)->kind != STREAM_SPIKES;
}

static void add_buffers(Lower *lower, StreamId stream)
{
    SpikeBuffers *lists = &lower->streams[stream].spikes;
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), steps = steps_of(lower, stream), all = units * steps,
        ends = units + 1;
    lists->times = named_buffer(lower, "times_of", name, index_type(steps), BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->times].sparse = true;
    lists->firsts = named_buffer(lower, "firsts_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &ends);
    buffer_about(lower, lists->times,
                 arena_printf(lower->arena, "room for %d steps of %d units", steps, units));
    buffer_about(lower, lists->firsts, "where the list of each unit begins, and the last one's end");
    if (!has_values(lower, stream))
        return;
    lists->heard = named_buffer(lower, "heard_of", name, TYPE_F32, BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->heard].sparse = true;
    buffer_about(lower, lists->heard, "what they are then");
}

/* Each step goes to the end of the list, which moves on if the unit is not 0 then: no branch says that, as it could not be foreseen.
 * What is behind the end stays in the room of the sample, since there are no more of them than steps. */
static void emit_step(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr *end)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *value = load_number(lower, stream, site, i);
    value = loop_local(lower, site.into, "value", value);
    store2(lower, site.into, lists->times, site.b, end, site.t, false);
    if (has_values(lower, stream))
        store2(lower, site.into, lists->heard, site.b, end, value, false);
    LoopExpr *busy = as_bit(lower, op2(lower, OP_NE, value, loop_float(lower->arena, 0)));
    loop_set(lower->arena, site.into, end->var, op2(lower, OP_ADD, end, busy));
}

static void emit_lists(Lower *lower, StreamId stream, Site site)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    int count = stream_size(lower, stream);
    LoopExpr *end = declare_local(lower, site.into, "end", num(lower, 0));
    LoopStmt *units = for_range(lower, site.into, "i", count);
    LoopExpr *i = loop_variable(lower, units);
    store2(lower, &units->body, lists->firsts, site.b, i, end, false);
    Site inner = site;
    inner.into = &units->body;
    inner = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, stream)}, inner);
    emit_step(lower, stream, inner, i, end);
    store2(lower, site.into, lists->firsts, site.b, num(lower, count), end, false);
}

/* The block that runs where any node reads the stream's lists in this batch. */
static LoopBlock *if_read(Lower *lower, StreamId stream, LoopBlock *into)
{
    LoopExpr *read = NULL;
    for (int n = 0; n < lower->net->updates; n++) {
        const Node *node = &lower->net->nodes.at[n];
        const NodePlan *plan = plan_of(lower, node);
        if (node->in != stream || !plan->taps || (plan->frequencies && !plan->choice))
            continue;
        LoopExpr *follows = follows_inputs(lower, node);
        if (!follows)
            return into;
        read = read ? op2(lower, OP_OR, read, follows) : follows;
    }
    return read ? &loop_if(lower->arena, into, read)->body : into;
}

void times_prepare(Lower *lower, StreamId stream)
{
    if (lower->streams[stream].spikes.times >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    add_buffers(lower, stream);
    Site site = kernel_samples(lower, "list_times_of", name,
                               arena_printf(lower->arena, "%s: when each unit is not 0", name), (Span){0, 0});
    site.into = if_read(lower, stream, site.into);
    emit_lists(lower, stream, site);
}

LoopExpr *times_from(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr **end)
{
    BufferId firsts = lower->streams[stream].spikes.firsts;
    *end = loop_local(lower, site.into, "end",
                      load2(lower, firsts, site.b, op2(lower, OP_ADD, i, num(lower, 1))));
    return loop_local(lower, site.into, "from", load2(lower, firsts, site.b, i));
}

LoopExpr *time_at(Lower *lower, StreamId stream, Site site, LoopExpr *e)
{
    return loop_local(lower, site.into, "t", load2(lower, lower->streams[stream].spikes.times, site.b, e));
}

LoopExpr *heard_at(Lower *lower, StreamId stream, Site site, LoopExpr *e)
{
    if (!has_values(lower, stream))
        return NULL;
    return loop_local(lower, site.into, "x", load2(lower, lower->streams[stream].spikes.heard, site.b, e));
}

LoopStmt *loop_times(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr **e)
{
    LoopExpr *end, *from = times_from(lower, stream, site, i, &end);
    LoopStmt *loop = for_bounds(lower, site.into, "e", from, end);
    *e = loop_variable(lower, loop);
    return loop;
}
