/* Lists of the units that spike, position by position, so that those in a window of a row are one piece of the list, which
 * windows share. They are made once for a batch.
 *
 *   event[b][ends[b][t * P + p] .. ends[b][t * P + p + 1] - 1]   what spikes at position p, of P, at step t,
 *
 * each as its channel, in the order of LIST. */
#include "lower/spikes/pieces.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/base/walk.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"

static RowShape row_shape(const Lower *lower, StreamId stream)
{
    return lower->plan->streams[stream].row;
}

static int row_count(const Lower *lower, StreamId stream)
{
    RowShape row = row_shape(lower, stream);
    return stream_size(lower, stream) / (row.positions * row.channels);
}

static void add_buffers(Lower *lower, StreamId stream)
{
    SpikeBuffers *lists = &lower->streams[stream].spikes;
    const char *name = stream_of(lower, stream)->name;
    RowShape row = row_shape(lower, stream);
    int steps = steps_of(lower, stream), all = list_room(steps * stream_size(lower, stream)),
        ends = steps * row_count(lower, stream) * row.positions + 1;
    lists->piece =
        named_buffer(lower, "pieces_of", name, index_type(row.channels), BUFFER_SCRATCH, true, 1, &all);
    lower->program->buffers.at[lists->piece].sparse = true;
    lists->piece_ends = named_buffer(lower, "piece_ends_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &ends);
    buffer_about(lower, lists->piece, "channels that spike, position by position");
    buffer_about(lower, lists->piece_ends, "where each position's events begin, and the last one's end");
}

/* The place of a position in `ends`, at the site's step. */
static LoopExpr *end_of(Lower *lower, StreamId stream, Site site, LoopExpr *row, LoopExpr *position)
{
    RowShape shape = row_shape(lower, stream);
    LoopExpr *place =
        op2(lower, OP_MUL, row_step(lower, site), num(lower, row_count(lower, stream) * shape.positions));
    place = op2(lower, OP_ADD, place, op2(lower, OP_MUL, row, num(lower, shape.positions)));
    return op2(lower, OP_ADD, place, position);
}

/* The channels that spike at position x of a row. */
static void emit_position(Lower *lower, StreamId stream, Site site, LoopExpr *count, LoopExpr *row,
                          LoopExpr *x)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    RowShape shape = row_shape(lower, stream);
    LoopExpr *position = op2(lower, OP_ADD, op2(lower, OP_MUL, row, num(lower, shape.positions)), x);
    LoopExpr *first =
        loop_local(lower, site.into, "first", op2(lower, OP_MUL, position, num(lower, shape.channels)));
    LoopExpr *flags = load_stream(lower, stream, site, first);
    if (flags->kind == LOOP_LOAD) /* else the stream is delayed and has not begun */
        loop_list(lower->program, site.into, count->var, lists->piece, 2, (LoopExpr *[]){site.b, count},
                  flags, shape.channels);
}

static void emit_pieces(Lower *lower, StreamId stream, Site site)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    RowShape shape = row_shape(lower, stream);
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    LoopExpr *zero = num(lower, 0);
    store2(lower, site.into, lists->piece_ends, site.b, zero, zero, false);
    site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, stream)}, site);
    LoopStmt *rows = for_range(lower, site.into, "row", row_count(lower, stream));
    LoopStmt *positions = for_range(lower, &rows->body, "x", shape.positions);
    LoopExpr *row = loop_variable(lower, rows), *x = loop_variable(lower, positions);
    site.into = &positions->body;
    emit_position(lower, stream, site, count, row, x);
    LoopExpr *end = end_of(lower, stream, site, row, op2(lower, OP_ADD, x, num(lower, 1)));
    store2(lower, site.into, lists->piece_ends, site.b, end, count, false);
}

void pieces_prepare(Lower *lower, StreamId stream)
{
    if (lower->streams[stream].spikes.piece >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    add_buffers(lower, stream);
    Site site = kernel_samples(lower, "list_pieces_of", name,
                               arena_printf(lower->arena, "%s: what spikes, position by position", name),
                               (Span){0, 0});
    emit_pieces(lower, stream, site);
}

Piece piece_of(Lower *lower, StreamId stream, Site site, LoopExpr *row, LoopExpr *from, LoopExpr *to)
{
    const SpikeBuffers *lists = &lower->streams[stream].spikes;
    LoopExpr *start = loop_local(lower, site.into, "ends", end_of(lower, stream, site, row, num(lower, 0)));
    from = load2(lower, lists->piece_ends, site.b, op2(lower, OP_ADD, start, from));
    to = load2(lower, lists->piece_ends, site.b, op2(lower, OP_ADD, start, to));
    return (Piece){lists->piece, site.b, loop_local(lower, site.into, "e0", from),
                   loop_local(lower, site.into, "e1", to)};
}
