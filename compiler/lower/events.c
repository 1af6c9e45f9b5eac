/* Lists of events: which units of a stream spike at each step. They are made once for a batch and read by
 * every kernel that follows the stream, so that silent units cost nothing.
 *
 *   event[b][ends[b][t] .. ends[b][t + 1] - 1]   the units that spike at step t of sample b */
#include "events.h"
#include "pack.h"

enum { WORD = 32, LANES = 16 /* words that are packed in one go */ };

Type index_type(int limit)
{
    return limit <= 65536 ? TYPE_U16 : TYPE_I32;
}

/* words[w] = the bits of units w, w + stride, ...: packing runs over contiguous units, so it vectorises. */
static void emit_words(Lower *lower, LoopBlock *into, int units, int stride, BitOf *bit, const void *context,
                       BufferId words)
{
    for (int k = 0; k * stride < units; k++) {
        int count = units - k * stride < stride ? units - k * stride : stride;
        LoopStmt *loop = for_units(lower, into, "w", count);
        LoopExpr *w = loop_variable(lower, loop);
        LoopExpr *x = bit(lower, context, op2(lower, OP_ADD, w, num(lower, k * stride)));
        LoopExpr *shifted =
            op2(lower, OP_MUL, loop_cast(lower->arena, TYPE_U32, x), loop_word(lower->arena, 1u << k));
        store1(lower, &loop->body, words, w,
               k ? op2(lower, OP_ADD, load1(lower, words, w), shifted) : shifted, false);
    }
}

void emit_compress(Lower *lower, LoopBlock *into, int units, BitOf *bit, const void *context, BufferId list,
                   int dims, LoopExpr **place, LoopExpr *count)
{
    int stride = (units + WORD * LANES - 1) / (WORD * LANES) * LANES;
    stride = stride < units ? stride : units;
    BufferId words = named_buffer(lower, "words_of", lower->program->buffers.at[list].name, TYPE_U32,
                                  BUFFER_LOCAL, false, 1, &stride);
    emit_words(lower, into, units, stride, bit, context, words);
    LoopStmt *loop_w = for_range(lower, into, "w", stride);
    LoopExpr *w = loop_variable(lower, loop_w);
    LoopExpr *left = declare_local(lower, &loop_w->body, "left", load1(lower, words, w));
    VarId k = loop_var(lower->arena, lower->kernel, "k", TYPE_I32);
    LoopStmt *bits = loop_bits(lower->arena, &loop_w->body, k, left);
    LoopExpr *unit = op2(lower, OP_ADD, w,
                         op2(lower, OP_MUL, loop_ref(lower->arena, lower->kernel, k), num(lower, stride)));
    place[dims - 1] = count;
    loop_store(lower->program, &bits->body, list, dims, place, unit, false);
    loop_set(lower->arena, &bits->body, count->var, op2(lower, OP_ADD, count, num(lower, 1)));
}

void emit_append(Lower *lower, LoopBlock *into, int units, BitOf *bit, const void *context, BufferId list,
                 LoopExpr *count)
{
    LoopStmt *loop = for_range(lower, into, "i", units);
    LoopExpr *i = loop_variable(lower, loop);
    store1(lower, &loop->body, list, count, i, false);
    loop_set(lower->arena, &loop->body, count->var, op2(lower, OP_ADD, count, bit(lower, context, i)));
}

LoopExpr *spike_bit(Lower *lower, const void *context, LoopExpr *i)
{
    const Row *row = context;
    return load_stream(lower, row->stream, row->site, i);
}

static void emit_list(Lower *lower, StreamId stream, Site site)
{
    const SpikeStream *lists = &lower->spikes[stream];
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    site.t = loop_variable(lower, loop_t);
    store2(lower, &loop_t->body, lists->ends, site.b, site.t, count, false);
    Row row = {stream, site};
    LoopExpr *place[2] = {site.b, NULL};
    emit_compress(lower, &loop_t->body, stream_size(lower, stream), spike_bit, &row, lists->event, 2, place,
                  count);
    store2(lower, site.into, lists->ends, site.b, num(lower, lower->net->steps), count, false);
}

void events_prepare(Lower *lower, StreamId stream)
{
    SpikeStream *lists = &lower->spikes[stream];
    if (lists->event >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    int all = lower->net->steps * stream_size(lower, stream), ends = lower->net->steps + 1;
    lists->event = named_buffer(lower, "events_of", name, index_type(stream_size(lower, stream)),
                                BUFFER_SCRATCH, true, 1, &all);
    lists->ends = named_buffer(lower, "ends_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &ends);
    kernel_begin(lower, arena_printf(lower->arena, "list_%s", name),
                 arena_printf(lower->arena, "%s: the units that spike, step by step", name), (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    emit_list(lower, stream,
              (Site){if_listed(lower, stream, &loop_b->body), loop_variable(lower, loop_b), NULL, NULL});
}
