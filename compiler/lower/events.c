/* Lists of events: which units of a stream spike at each step. They are made once for a batch and read by
 * every kernel that follows the stream, so that silent units cost nothing.
 *
 *   event[b][ends[b][t] .. ends[b][t + 1] - 1]   the units that spike at step t of sample b */
#include "events.h"
#include "pack.h"

enum {
    BITS = 8,    /* of a byte of bits */
    BYTES = 256, /* that there are */
    LANES = 16,  /* bytes that are packed in one go; fewer for small layers, */
    LEAST = 32,  /* units; and none for still smaller ones */
    SLACK = BITS /* room behind a list: the bits of a byte are written whole */
};

Type index_type(int limit)
{
    return limit <= 65536 ? TYPE_U16 : TYPE_I32;
}

/* How many bytes hold the bits of a layer, but for a rest of units. */
static int byte_stride(int units)
{
    int lanes = LANES;
    while (lanes * BITS > units)
        lanes /= 2;
    return units < LEAST ? 0 : units / (BITS * lanes) * lanes;
}

/* positions[byte][0 .. ones[byte] - 1] = the bits that are set in the byte. What stands behind them is of no use. */
void positions_prepare(Lower *lower, int units)
{
    int dims[2] = {BYTES, BITS}, bytes = BYTES;
    if (byte_stride(units) == 0 || lower->positions >= 0)
        return;
    lower->positions = named_buffer(lower, "positions", "bits", TYPE_U16, BUFFER_SCRATCH, false, 2, dims);
    lower->ones = named_buffer(lower, "ones", "bits", TYPE_U8, BUFFER_SCRATCH, false, 1, &bytes);
    kernel_begin(lower, "positions_of_bits", "of every byte: the bits that are set, and how many",
                 (Span){0, 0}, BYTES);
    LoopStmt *loop = kernel_items(lower, "byte");
    LoopExpr *byte = loop_variable(lower, loop);
    LoopExpr *count = declare_local(lower, &loop->body, "count", num(lower, 0));
    LoopExpr *left = declare_local(lower, &loop->body, "left", byte);
    LoopStmt *bits = for_range(lower, &loop->body, "k", BITS);
    store2(lower, &bits->body, lower->positions, byte, count, loop_variable(lower, bits), false);
    LoopExpr *half = loop_local(lower, &bits->body, "half", op2(lower, OP_DIV, left, num(lower, 2)));
    LoopExpr *bit = op2(lower, OP_SUB, left, op2(lower, OP_MUL, half, num(lower, 2)));
    loop_set(lower->arena, &bits->body, count->var, op2(lower, OP_ADD, count, bit));
    loop_set(lower->arena, &bits->body, left->var, half);
    store1(lower, &loop->body, lower->ones, byte, count, false);
}

int list_room(int units)
{
    return units + SLACK;
}

/* bytes[w] = the bits of units w, w + stride, ...: packing runs over contiguous units, so it vectorises. */
static void emit_bytes(Lower *lower, const List *list, int stride, BufferId bytes)
{
    for (int k = BITS - 1; k >= 0; k--) {
        LoopStmt *loop = for_units(lower, list->into, "w", stride);
        LoopExpr *w = loop_variable(lower, loop), *byte = load1(lower, bytes, w);
        LoopExpr *x = list->bit(lower, list->context, op2(lower, OP_ADD, w, num(lower, k * stride)));
        LoopExpr *twice = op2(lower, OP_ADD, byte, byte);
        store1(lower, &loop->body, bytes, w, k < BITS - 1 ? op2(lower, OP_ADD, twice, x) : x, false);
    }
}

static void store_unit(Lower *lower, const List *list, LoopBlock *into, LoopExpr *at, LoopExpr *unit)
{
    list->place[list->dims - 1] = at;
    loop_store(lower->program, into, list->buffer, list->dims, list->place, unit, false);
}

static void advance(Lower *lower, const List *list, LoopBlock *into, LoopExpr *by)
{
    loop_set(lower->arena, into, list->count->var, op2(lower, OP_ADD, list->count, by));
}

/* The units of each byte: all eight places are written, so many are kept as there are bits. */
static void emit_positions(Lower *lower, const List *list, int stride, BufferId bytes)
{
    LoopStmt *loop_w = for_range(lower, list->into, "w", stride);
    LoopExpr *w = loop_variable(lower, loop_w);
    LoopExpr *byte = loop_local(lower, &loop_w->body, "byte", load1(lower, bytes, w));
    LoopStmt *loop_k = for_units(lower, &loop_w->body, "k", BITS);
    LoopExpr *k = loop_variable(lower, loop_k);
    LoopExpr *above = op2(lower, OP_MUL, load2(lower, lower->positions, byte, k), num(lower, stride));
    store_unit(lower, list, &loop_k->body, op2(lower, OP_ADD, list->count, k), op2(lower, OP_ADD, w, above));
    advance(lower, list, &loop_w->body, load1(lower, lower->ones, byte));
}

/* Units from .. to-1, one by one. */
static void emit_append(Lower *lower, const List *list, int from, int to)
{
    LoopStmt *loop = for_bounds(lower, list->into, "i", num(lower, from), num(lower, to));
    LoopExpr *i = loop_variable(lower, loop);
    store_unit(lower, list, &loop->body, list->count, i);
    advance(lower, list, &loop->body, list->bit(lower, list->context, i));
}

void emit_compress(Lower *lower, const List *list)
{
    int stride = byte_stride(list->units);
    if (stride > 0) {
        BufferId bytes = named_buffer(lower, "bytes_of", lower->program->buffers.at[list->buffer].name,
                                      TYPE_U8, BUFFER_LOCAL, false, 1, &stride);
        emit_bytes(lower, list, stride, bytes);
        emit_positions(lower, list, stride, bytes);
    }
    if (stride * BITS < list->units)
        emit_append(lower, list, stride * BITS, list->units);
}

LoopExpr *spike_bit(Lower *lower, const void *context, LoopExpr *i)
{
    const Row *row = context;
    return load_stream(lower, row->stream, row->site, i);
}

void emit_list_start(Lower *lower, StreamId stream, Site site)
{
    store2(lower, site.into, lower->spikes[stream].ends, site.b, num(lower, 0), num(lower, 0), false);
}

void emit_list_step(Lower *lower, StreamId stream, Site site)
{
    const SpikeStream *lists = &lower->spikes[stream];
    LoopExpr *count = declare_local(lower, site.into, "count", load2(lower, lists->ends, site.b, site.t));
    Row row = {stream, site};
    emit_compress(lower, &(List){site.into, stream_size(lower, stream), spike_bit, &row, lists->event, 2,
                                 (LoopExpr *[2]){site.b, NULL}, count});
    store2(lower, site.into, lists->ends, site.b, op2(lower, OP_ADD, site.t, num(lower, 1)), count, false);
}

bool list_buffers(Lower *lower, StreamId stream)
{
    SpikeStream *lists = &lower->spikes[stream];
    if (lists->event >= 0)
        return false;
    positions_prepare(lower, stream_size(lower, stream));
    const char *name = stream_of(lower, stream)->name;
    int all = list_room(lower->net->steps * stream_size(lower, stream)), ends = lower->net->steps + 1;
    lists->event = named_buffer(lower, "events_of", name, index_type(stream_size(lower, stream)),
                                BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->event].sparse = true;
    lists->ends = named_buffer(lower, "ends_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &ends);
    return true;
}

void events_prepare(Lower *lower, StreamId stream)
{
    if (!list_buffers(lower, stream))
        return;
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, arena_printf(lower->arena, "list_%s", name),
                 arena_printf(lower->arena, "%s: the units that spike, step by step", name), (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    Site site = {if_listed(lower, stream, &loop_b->body), loop_variable(lower, loop_b), NULL, NULL};
    emit_list_start(lower, stream, site);
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    emit_list_step(lower, stream, site);
}
