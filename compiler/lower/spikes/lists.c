/* Lists of events: which units of a stream spike at each step. They are made once for a batch and read by
 * every kernel that follows the stream, so that silent units cost nothing.
 *
 *   event[b][ends[b][t] .. ends[b][t + 1] - 1]   the units that spike at step t of sample b */
#include "lower/spikes/lists.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/spikes/choice.h"

Type index_type(int limit)
{
    return limit <= 65536 ? TYPE_U16 : TYPE_I32;
}

int list_room(int units)
{
    return units + LOOP_LIST_SLACK;
}

void emit_list_start(Lower *lower, StreamId stream, Site site)
{
    store2(lower, site.into, lower->streams[stream].spikes.ends, site.b, num(lower, 0), num(lower, 0), false);
}

void emit_list_step(Lower *lower, StreamId stream, Site site)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *count = declare_local(lower, site.into, "count", load2(lower, lists->ends, site.b, site.t));
    LoopExpr *flags = load_stream(lower, stream, site, num(lower, 0));
    if (flags->kind == LOOP_LOAD) /* else the stream is delayed and has not begun */
        loop_list(lower->program, site.into, count->var, lists->event, 2, (LoopExpr *[]){site.b, count},
                  flags, stream_size(lower, stream));
    store2(lower, site.into, lists->ends, site.b, op2(lower, OP_ADD, site.t, num(lower, 1)), count, false);
}

bool list_buffers(Lower *lower, StreamId stream)
{
    SpikeBuffers *lists = &lower->streams[stream].spikes;
    if (lists->event >= 0)
        return false;
    const char *name = stream_of(lower, stream)->name;
    int all = list_room(steps_of(lower, stream) * stream_size(lower, stream)),
        ends = steps_of(lower, stream) + 1;
    lists->event = named_buffer(lower, "events_of", name, index_type(stream_size(lower, stream)),
                                BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->event].sparse = true;
    lists->ends = named_buffer(lower, "ends_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &ends);
    buffer_about(lower, lists->event,
                 arena_printf(lower->arena, "room for %d steps of %d units, and %d behind them",
                              steps_of(lower, stream), stream_size(lower, stream), LOOP_LIST_SLACK));
    buffer_about(lower, lists->ends, "where each step's events begin, and the last one's end");
    return true;
}

void lists_prepare(Lower *lower, StreamId stream)
{
    if (!list_buffers(lower, stream))
        return;
    const char *name = stream_of(lower, stream)->name;
    const char *about = arena_printf(lower->arena, "%s: the units that spike, step by step", name);
    Site site = kernel_samples(lower, "list", name, about, (Span){0, 0});
    site.into = if_listed(lower, stream, site.into);
    emit_list_start(lower, stream, site);
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, stream));
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    emit_list_step(lower, stream, site);
}

LoopStmt *loop_events(Lower *lower, StreamId stream, Site site, LoopExpr **unit)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *end = load2(lower, lists->ends, site.b, op2(lower, OP_ADD, site.t, num(lower, 1)));
    LoopStmt *loop = for_bounds(lower, site.into, "e", load2(lower, lists->ends, site.b, site.t), end);
    *unit =
        loop_local(lower, &loop->body, "i", load2(lower, lists->event, site.b, loop_variable(lower, loop)));
    return loop;
}

LoopStmt *loop_events_together(Lower *lower, StreamId stream, Site site, int count, LoopExpr **units,
                               LoopExpr **left)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *begin = loop_local(lower, site.into, "begin", load2(lower, lists->ends, site.b, site.t));
    LoopExpr *end = load2(lower, lists->ends, site.b, op2(lower, OP_ADD, site.t, num(lower, 1)));
    LoopExpr *rounds = loop_local(lower, site.into, "rounds",
                                  op2(lower, OP_DIV, op2(lower, OP_SUB, end, begin), num(lower, count)));
    LoopStmt *loop = for_bounds(lower, site.into, "round", num(lower, 0), rounds);
    LoopExpr *first =
        op2(lower, OP_ADD, begin, op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, count)));
    for (int k = 0; k < count; k++)
        units[k] = loop_local(lower, &loop->body, "i",
                              load2(lower, lists->event, site.b, op2(lower, OP_ADD, first, num(lower, k))));
    *left = op2(lower, OP_ADD, begin, op2(lower, OP_MUL, rounds, num(lower, count)));
    return loop;
}
