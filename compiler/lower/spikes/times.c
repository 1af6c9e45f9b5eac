/* Lists of the steps at which units are not 0, unit by unit, of spikes or numbers. They are made once for a batch.
 *
 *   times[b][i * steps .. i * steps + counts[b][i] - 1]   the steps of unit i of sample b
 *
 * What numbers are then stands next to each other in lists of the same form: as they are read for tile after tile, they would come
 * from all over memory each time. */
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
    int units = stream_size(lower, stream), steps = steps_of(lower, stream), all = units * steps;
    lists->times = named_buffer(lower, "times_of", name, index_type(steps), BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->times].sparse = true;
    lists->counted = named_buffer(lower, "counts_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &units);
    buffer_about(lower, lists->times,
                 arena_printf(lower->arena, "%d units with room for %d steps each", units, steps));
    buffer_about(lower, lists->counted, "how many of them each unit has");
    if (!has_values(lower, stream))
        return;
    lists->heard = named_buffer(lower, "heard_of", name, TYPE_F32, BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->heard].sparse = true;
    buffer_about(lower, lists->heard, "what they are then");
}

static LoopExpr *first_of(Lower *lower, StreamId stream, LoopExpr *i)
{
    return op2(lower, OP_MUL, i, num(lower, steps_of(lower, stream)));
}

static void emit_unit(Lower *lower, StreamId stream, Site site, LoopExpr *i)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *value = loop_cast(lower->arena, TYPE_F32, load_stream(lower, stream, site, i));
    LoopExpr *busy = op2(lower, OP_NE, value, loop_float(lower->arena, 0));
    LoopBlock *into = &loop_if(lower->arena, site.into, busy)->body;
    LoopExpr *count = loop_local(lower, into, "count", load2(lower, lists->counted, site.b, i));
    LoopExpr *e = loop_local(lower, into, "e", op2(lower, OP_ADD, first_of(lower, stream, i), count));
    store2(lower, into, lists->times, site.b, e, site.t, false);
    if (has_values(lower, stream))
        store2(lower, into, lists->heard, site.b, e, value, false);
    store2(lower, into, lists->counted, site.b, i, op2(lower, OP_ADD, count, num(lower, 1)), false);
}

/* A node whose choice says in which batches the stream's lists are read; NULL: they may be in all. */
static const Node *reader_of(const Lower *lower, StreamId stream)
{
    const Node *reader = NULL;
    for (int n = 0; n < lower->net->updates; n++) {
        const Node *node = &lower->net->nodes.at[n];
        const NodePlan *plan = plan_of(lower, node);
        if (node->in != stream || !plan->taps || (plan->frequencies && !plan->choice))
            continue;
        if (plan->narrow || !plan->choice)
            return NULL;
        reader = node;
    }
    return reader;
}

void times_prepare(Lower *lower, StreamId stream)
{
    if (lower->streams[stream].spikes.times >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    add_buffers(lower, stream);
    Site site = kernel_samples(lower, "list_times_of", name,
                               arena_printf(lower->arena, "%s: when each unit is not 0", name), (Span){0, 0});
    const Node *reader = reader_of(lower, stream);
    if (reader)
        site.into = if_chosen(lower, reader, site, false);
    LoopStmt *zeros = for_units(lower, site.into, "i", stream_size(lower, stream));
    store2(lower, &zeros->body, lower->streams[stream].spikes.counted, site.b, loop_variable(lower, zeros),
           num(lower, 0), false);
    site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, stream)}, site);
    LoopStmt *units = for_range(lower, site.into, "i", stream_size(lower, stream));
    site.into = &units->body;
    emit_unit(lower, stream, site, loop_variable(lower, units));
}

LoopExpr *times_count(Lower *lower, StreamId stream, Site site, LoopExpr *i, LoopExpr **from)
{
    *from = loop_local(lower, site.into, "e0", first_of(lower, stream, i));
    return loop_local(lower, site.into, "count",
                      load2(lower, lower->streams[stream].spikes.counted, site.b, i));
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
    LoopExpr *from, *count = times_count(lower, stream, site, i, &from);
    LoopStmt *loop = for_bounds(lower, site.into, "e", num(lower, 0), count);
    *e = op2(lower, OP_ADD, from, loop_variable(lower, loop));
    return loop;
}
