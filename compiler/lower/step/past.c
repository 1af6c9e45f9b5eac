#include "lower/step/past.h"

#include "lower/base/code.h"
#include "lower/base/extreme.h"
#include "lower/base/streams.h"

/* A kernel for the one sample, in another phase than that of its surroundings. */
static Site begin_in(Lower *lower, Phase phase, const char *verb, const char *name, const char *about,
                     Span span)
{
    Site site = kernel_samples_in(lower, phase, verb, name, about, span);
    site.t = num(lower, 0);
    return site;
}

/* ---- delays: a ring of so many steps as the longest delay of a stream has ---- */

static int longest_delay(const Lower *lower, StreamId stream)
{
    int longest = 0;
    for (int n = 0; n < lower->net->nodes.count; n++) {
        const Node *node = &lower->net->nodes.at[n];
        if (node->kind == NODE_DELAY && node->in == stream && node->steps > longest)
            longest = node->steps;
    }
    return longest;
}

static LoopExpr *zero_of(Lower *lower, BufferId buffer)
{
    return lower->program->buffers.at[buffer].type == TYPE_F32 ? loop_float(lower->arena, 0) : num(lower, 0);
}

/* What has not been yet is 0. */
static void reset_ring(Lower *lower, StreamId stream, BufferId ring, int slots)
{
    const char *name = stream_of(lower, stream)->name;
    Site site = begin_in(lower, PHASE_RESET, "forget", name, arena_printf(lower->arena, "%s: no past", name),
                         stream_of(lower, stream)->span);
    LoopStmt *loop = for_range(lower, site.into, "slot", slots);
    LoopStmt *units = for_units(lower, &loop->body, "n", stream_size(lower, stream));
    store2(lower, &units->body, ring, loop_variable(lower, loop), loop_variable(lower, units),
           zero_of(lower, ring), false);
}

static BufferId ring_of(Lower *lower, StreamId stream)
{
    BufferId *ring = &lower->streams[stream].past;
    int dims[2] = {longest_delay(lower, stream), stream_size(lower, stream)};
    if (*ring >= 0)
        return *ring;
    Type type = stream_of(lower, stream)->kind == STREAM_SPIKES ? TYPE_U8 : TYPE_F32;
    *ring =
        named_buffer(lower, "past_of", stream_of(lower, stream)->name, type, BUFFER_SCRATCH, false, 2, dims);
    buffer_about(lower, *ring, arena_printf(lower->arena, "a ring of %d steps", dims[0]));
    reset_ring(lower, stream, *ring, dims[0]);
    return *ring;
}

/* Where the step `ago` steps before this one is, at most as many as there are slots: those of step t are at t mod slots. */
static LoopExpr *slot_before(Lower *lower, LoopBlock *into, int slots, int ago)
{
    if (slots == 1)
        return num(lower, 0);
    LoopExpr *t = loop_local(lower, into, "t", op2(lower, OP_ADD, step_now(lower), num(lower, slots - ago)));
    LoopExpr *rounds = op2(lower, OP_DIV, t, num(lower, slots));
    return loop_local(lower, into, "slot",
                      op2(lower, OP_SUB, t, op2(lower, OP_MUL, rounds, num(lower, slots))));
}

void lower_recall(Lower *lower, const Node *delay)
{
    BufferId ring = ring_of(lower, delay->in);
    int slots = lower->program->buffers.at[ring].dims[0];
    const char *name = stream_of(lower, delay->out)->name;
    Site site =
        begin_in(lower, lower->phase, "recall", name,
                 arena_printf(lower->arena, "%s: %s, %d step%s ago", name, stream_of(lower, delay->in)->name,
                              delay->steps, delay->steps == 1 ? "" : "s"),
                 delay->span);
    LoopExpr *slot = slot_before(lower, site.into, slots, delay->steps);
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, delay->out));
    LoopExpr *n = loop_variable(lower, loop);
    site.into = &loop->body;
    store_stream(lower, delay->out, site, n, load2(lower, ring, slot, n), false);
}

static void remember(Lower *lower, StreamId stream)
{
    BufferId ring = lower->streams[stream].past;
    const char *name = stream_of(lower, stream)->name;
    Site site =
        begin_in(lower, lower->phase, "remember", name,
                 arena_printf(lower->arena, "%s: for later steps", name), stream_of(lower, stream)->span);
    LoopExpr *slot = slot_before(lower, site.into, lower->program->buffers.at[ring].dims[0], 0);
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, stream));
    LoopExpr *n = loop_variable(lower, loop);
    store2(lower, &loop->body, ring, slot, n, load_stream(lower, stream, site, n), false);
}

void lower_remember(Lower *lower)
{
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        if (lower->streams[s].past >= 0)
            remember(lower, s);
    kernel_begin(lower, "next_step", NULL, "the number of the next step", (Span){0, 0}, 1);
    loop_store(lower->program, &lower->kernel->body, lower->program->step, 0, NULL, num(lower, 1), true);
}

void lower_first_step(Lower *lower)
{
    kernel_begin(lower, "first_step", NULL, "the sample begins", (Span){0, 0}, 1);
    loop_store(lower->program, &lower->kernel->body, lower->program->step, 0, NULL, num(lower, 0), false);
}

/* ---- over time ---- */

static LoopExpr *for_units_of(Lower *lower, Site *site, StreamId stream)
{
    LoopStmt *loop = for_units(lower, site->into, "n", stream_size(lower, stream));
    site->into = &loop->body;
    return loop_variable(lower, loop);
}

/* The first one is the greatest, or the least, so far, whatever it is. */
static LoopExpr *beyond(Lower *lower, const Node *reduce, Site site, LoopExpr *n, LoopExpr *x)
{
    x = loop_local(lower, site.into, "x", x);
    LoopExpr *top = load_stream(lower, reduce->out, site, n);
    LoopExpr *first = op2(lower, OP_EQ, step_now(lower), num(lower, 0));
    return loop_op(lower->arena, OP_SELECT,
                   op2(lower, OP_OR, first, is_beyond(lower, extreme_op(reduce), x, top)), x, top);
}

static void emit_mean(Lower *lower, const Node *reduce, BufferId sum)
{
    const char *name = stream_of(lower, reduce->out)->name;
    Site site = begin_in(lower, PHASE_RESULT, "divide", name,
                         arena_printf(lower->arena, "%s: mean over time", name), reduce->span);
    LoopExpr *n = for_units_of(lower, &site, reduce->out);
    LoopExpr *steps = loop_float(lower->arena, lower->net->steps);
    store_stream(lower, reduce->out, site, n, op2(lower, OP_DIV, load1(lower, sum, n), steps), false);
}

static void emit_running(Lower *lower, const Node *reduce, Site site, LoopExpr *n, BufferId sum)
{
    LoopExpr *x = load_number(lower, reduce->in, site, n);
    if (sum >= 0)
        store1(lower, site.into, sum, n, x, true);
    else if (reduce->reduce == REDUCE_SUM)
        store_stream(lower, reduce->out, site, n, x, true);
    else
        store_stream(lower, reduce->out, site, n,
                     reduce_compares(reduce->reduce) ? beyond(lower, reduce, site, n, x) : x, false);
}

void lower_running(Lower *lower, const Node *reduce)
{
    const char *name = stream_of(lower, reduce->out)->name;
    int units = stream_size(lower, reduce->out);
    BufferId sum = reduce->reduce == REDUCE_MEAN
                       ? named_buffer(lower, "sum_of", name, TYPE_F32, BUFFER_SCRATCH, false, 1, &units)
                       : -1;
    Site start = begin_in(lower, PHASE_RESET, "start", name, name, reduce->span);
    LoopExpr *n = for_units_of(lower, &start, reduce->out), *zero = loop_float(lower->arena, 0);
    if (sum >= 0)
        store1(lower, start.into, sum, n, zero, false);
    else
        store_stream(lower, reduce->out, start, n, zero, false);
    Site site = begin_in(lower, lower->phase, "reduce", name,
                         arena_printf(lower->arena, "%s: %s over time of %s", name,
                                      reduce_name(reduce->reduce), stream_of(lower, reduce->in)->name),
                         reduce->span);
    n = for_units_of(lower, &site, reduce->out);
    emit_running(lower, reduce, site, n, sum);
    if (sum >= 0)
        emit_mean(lower, reduce, sum);
}
