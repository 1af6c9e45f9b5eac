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
    REST = 8,    /* bytes for units that are left, twice as many if need be */
    PARTS = 2,   /* of a layer: most of it, and these */
    SLACK = BITS /* room behind a list: the bits of a byte are written whole */
};

/* Units whose bits are packed: bit k of byte w is that of unit first + k * stride + w. */
typedef struct Packing {
    int first, stride, bits;
    BufferId bytes;
} Packing;

Type index_type(int limit)
{
    return limit <= 65536 ? TYPE_U16 : TYPE_I32;
}

/* The layer in two parts, or one; a few units may be in none. */
static int split(int units, Packing parts[PARTS])
{
    int lanes = LANES;
    if (units < LEAST)
        return 0;
    while (lanes * BITS > units)
        lanes /= 2;
    parts[0] = (Packing){0, units / (BITS * lanes) * lanes, BITS, -1};
    int first = parts[0].stride * BITS, stride = units - first < REST * (BITS + 1) ? REST : 2 * REST;
    parts[1] = (Packing){first, stride, (units - first) / stride, -1};
    return parts[1].bits > 1 ? 2 : 1;
}

/* positions[byte][0 .. ones[byte] - 1] = the bits that are set in the byte. What stands behind them is of no use. */
void positions_prepare(Lower *lower, int units)
{
    int dims[2] = {BYTES, BITS}, bytes = BYTES;
    if (units < LEAST || lower->positions >= 0)
        return;
    lower->positions = named_buffer(lower, "positions", NULL, TYPE_U16, BUFFER_SCRATCH, false, 2, dims);
    lower->ones = named_buffer(lower, "ones", NULL, TYPE_U8, BUFFER_SCRATCH, false, 1, &bytes);
    buffer_about(lower, lower->positions, "of every byte: the bits that are set,");
    buffer_about(lower, lower->ones, "and how many these are");
    kernel_begin(lower, "positions_of_bits", NULL, "of every byte: the bits that are set, and how many",
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

/* An array of the kernel that makes the list. */
static BufferId list_array(Lower *lower, const List *list, const char *prefix, Type type, int count)
{
    const char *name = lower->program->buffers.at[list->buffer].name;
    return named_buffer(lower, prefix, name, type, BUFFER_LOCAL, false, 1, &count);
}

/* Bit by bit, from the last to the first: each loop runs over contiguous units, so it vectorises. */
static void emit_bytes(Lower *lower, const List *list, const Packing *part)
{
    LoopStmt *start = for_units(lower, list->into, "w", part->stride);
    store1(lower, &start->body, part->bytes, loop_variable(lower, start), num(lower, 0), false);
    LoopStmt *bits = for_range(lower, list->into, "k", part->bits);
    bits->down = true;
    LoopExpr *above = op2(lower, OP_MUL, loop_variable(lower, bits), num(lower, part->stride));
    LoopStmt *loop = for_units(lower, &bits->body, "w", part->stride);
    LoopExpr *w = loop_variable(lower, loop), *byte = load1(lower, part->bytes, w);
    LoopExpr *unit = op2(lower, OP_ADD, op2(lower, OP_ADD, w, num(lower, part->first)), above);
    LoopExpr *x = list->bit(lower, list->context, unit), *twice = op2(lower, OP_ADD, byte, byte);
    store1(lower, &loop->body, part->bytes, w, op2(lower, OP_ADD, twice, x), false);
}

/* filled[0 .. *count - 1] = the bytes that are not 0: in speech data, hardly one of ten. */
static BufferId emit_filled(Lower *lower, const List *list, const Packing *part, LoopExpr **count)
{
    BufferId filled = list_array(lower, list, "filled_of", index_type(part->stride), part->stride);
    *count = declare_local(lower, list->into, "some", num(lower, 0));
    LoopStmt *loop = for_range(lower, list->into, "w", part->stride);
    LoopExpr *w = loop_variable(lower, loop);
    store1(lower, &loop->body, filled, *count, w, false);
    LoopExpr *is_filled = op2(lower, OP_NE, load1(lower, part->bytes, w), num(lower, 0));
    loop_set(lower->arena, &loop->body, (*count)->var,
             op2(lower, OP_ADD, *count, loop_cast(lower->arena, TYPE_I32, is_filled)));
    return filled;
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
static void emit_positions(Lower *lower, const List *list, const Packing *part)
{
    LoopExpr *some;
    BufferId filled = emit_filled(lower, list, part, &some);
    LoopStmt *loop_f = for_bounds(lower, list->into, "f", num(lower, 0), some);
    LoopExpr *w = loop_local(lower, &loop_f->body, "w", load1(lower, filled, loop_variable(lower, loop_f)));
    LoopExpr *byte = loop_local(lower, &loop_f->body, "byte", load1(lower, part->bytes, w));
    LoopExpr *first = op2(lower, OP_ADD, w, num(lower, part->first));
    LoopStmt *loop_k = for_units(lower, &loop_f->body, "k", BITS);
    LoopExpr *k = loop_variable(lower, loop_k);
    LoopExpr *above = op2(lower, OP_MUL, load2(lower, lower->positions, byte, k), num(lower, part->stride));
    store_unit(lower, list, &loop_k->body, op2(lower, OP_ADD, list->count, k),
               op2(lower, OP_ADD, first, above));
    advance(lower, list, &loop_f->body, load1(lower, lower->ones, byte));
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
    Packing parts[PARTS];
    int count = split(list->units, parts), packed = 0;
    for (int p = 0; p < count; p++) {
        parts[p].bytes = list_array(lower, list, "bytes_of", TYPE_U8, parts[p].stride);
        emit_bytes(lower, list, &parts[p]);
        packed += parts[p].stride * parts[p].bits;
    }
    for (int p = 0; p < count; p++)
        emit_positions(lower, list, &parts[p]);
    if (packed < list->units)
        emit_append(lower, list, packed, list->units);
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
    buffer_about(lower, lists->event,
                 arena_printf(lower->arena, "room for %d steps of %d units, and %d behind them",
                              lower->net->steps, stream_size(lower, stream), SLACK));
    buffer_about(lower, lists->ends, "where each step's events begin, and the last one's end");
    return true;
}

void events_prepare(Lower *lower, StreamId stream)
{
    if (!list_buffers(lower, stream))
        return;
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, "list", name,
                 arena_printf(lower->arena, "%s: the units that spike, step by step", name), (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    Site site = {if_listed(lower, stream, &loop_b->body), loop_variable(lower, loop_b), NULL, NULL};
    emit_list_start(lower, stream, site);
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    emit_list_step(lower, stream, site);
}
