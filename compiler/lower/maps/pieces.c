/* Convolutions of spikes. What a row of windows reads are some rows of positions, or columns of as many positions each: their
 * events are listed column by column, so that those of a window are one piece of the list, which all windows of the row
 * share. Each adds a row of weights to sums that stay in registers. */
#include "lower/spikes/pieces.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    const NodePlan *plan = linear->plan;
    return plan->pieces && !plan->piece_rows && !plan->piece_taps && plan->role == ROLE_MAP;
}

void piece_lists_prepare(Lower *lower, const Linear *linear)
{
    if (linear->plan->choice)
        choice_prepare(lower, linear->node->in, RIVAL_WINDOWS);
    pieces_prepare(lower, linear->node->in);
}

void piece_map_prepare(Lower *lower, Linear *linear)
{
    piece_lists_prepare(lower, linear);
    linear->tiles = weight_tiles(lower, linear->node);
}

LoopBlock *piece_branch(Lower *lower, const Linear *linear, Site site, bool chosen)
{
    return !chosen && !linear->plan->choice ? NULL : if_chosen(lower, linear->node, site, !chosen);
}

/* ---- columns ---- */

/* Of the rows that a row of windows reads. */
typedef struct Columns {
    BufferId event,
        ends;  /* by column: what spikes, as its number of all units of columns; where its events begin */
    int units; /* of a column, where all rows are there */
} Columns;

static Columns columns_of(Lower *lower, const Gather *gather)
{
    const char *name = stream_of(lower, gather->node->in)->name;
    int in = gather->node->map->space[gather->axes - 1].in, units = most_reads(lower, gather) * gather->ins;
    int room = in * units + gather->ins, ends = in + 1;
    BufferId event =
        named_buffer(lower, "columns_of", name, index_type(in * units), BUFFER_LOCAL, false, 1, &room);
    return (Columns){
        event, named_buffer(lower, "column_ends_of", name, TYPE_I32, BUFFER_LOCAL, false, 1, &ends), units};
}

/* The events of position x of a row that is read. As many as could be are copied, and those that are not there are
 * overwritten by what follows: loops of a few turns cost more than vectors. */
static void emit_column(Lower *lower, const Gather *gather, const Columns *columns, const Read *read,
                        LoopExpr *x, LoopExpr *count)
{
    Site site = gather->site;
    site.into = read->into;
    LoopExpr *row = loop_local(lower, read->into, "row", read->row);
    Piece piece = piece_of(lower, gather->node->in, site, row, x, op2(lower, OP_ADD, x, num(lower, 1)));
    LoopExpr *before = op2(lower, OP_MUL, x, num(lower, columns->units));
    before = loop_local(lower, read->into, "before", scaled_plus(lower, read->tap, gather->ins, before));
    LoopStmt *loop = for_units(lower, read->into, "k", gather->ins);
    LoopExpr *k = loop_variable(lower, loop);
    LoopExpr *unit = load2(lower, piece.event, piece.b, op2(lower, OP_ADD, piece.from, k));
    store1(lower, &loop->body, columns->event, op2(lower, OP_ADD, count, k), op2(lower, OP_ADD, unit, before),
           false);
    LoopExpr *events = op2(lower, OP_SUB, piece.to, piece.from);
    loop_set(lower->arena, read->into, count->var, op2(lower, OP_ADD, count, events));
}

static void emit_columns(Lower *lower, const Gather *gather, const Columns *columns)
{
    LoopBlock *into = gather->site.into;
    LoopExpr *count = declare_local(lower, into, "count", num(lower, 0));
    store1(lower, into, columns->ends, num(lower, 0), num(lower, 0), false);
    emit_defined(lower, gather->site, columns->event);
    LoopStmt *loop = for_range(lower, into, "column", gather->node->map->space[gather->axes - 1].in);
    LoopExpr *x = loop_variable(lower, loop);
    Read read = for_reads(lower, gather, &loop->body);
    emit_column(lower, gather, columns, &read, x, count);
    store1(lower, &loop->body, columns->ends, op2(lower, OP_ADD, x, num(lower, 1)), count, false);
}

/* ---- sums ---- */

/* Channels of a tile, at one position of a row: [PIECE_CHAINS][width] sums. */
typedef struct Position {
    const Linear *map;
    const Gather *gather;
    const Columns *columns;
    LoopExpr *tile, *q;
    int width;
    BufferId sums;
} Position;

static LoopExpr *weight(Lower *lower, const Position *at, LoopExpr *row, LoopExpr *j)
{
    return loop_load(lower->program, at->map->tiles, 3, (LoopExpr *[]){at->tile, row, j});
}

static void emit_starts(Lower *lower, const Position *at, LoopBlock *into)
{
    LoopExpr *j0 = op2(lower, OP_MUL, at->tile, num(lower, WINDOW_WIDTH));
    ParamId bias = at->gather->node->bias;
    for (int k = 0; k < PIECE_CHAINS; k++) {
        LoopStmt *loop = for_units(lower, into, "j", at->width);
        LoopExpr *j = loop_variable(lower, loop), *value = loop_float(lower->arena, 0);
        if (bias != NONE && k == 0)
            value = load1(lower, lower->params[bias].values, op2(lower, OP_ADD, j0, j));
        store2(lower, &loop->body, at->sums, num(lower, k), j, value, false);
    }
}

/* The row of weights of event e + k; behind the last event, that of zeros. */
static LoopExpr *weight_row(Lower *lower, const Position *at, LoopExpr *e, int k, LoopExpr *end,
                            LoopExpr *shift)
{
    e = op2(lower, OP_ADD, e, num(lower, k));
    LoopExpr *row = op2(lower, OP_SUB, load1(lower, at->columns->event, e), shift);
    if (k == 0)
        return row;
    int zeros = lower->program->buffers.at[at->map->tiles].dims[1] - 1;
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, e, end), row, num(lower, zeros));
}

static void emit_events_of(Lower *lower, const Position *at, LoopBlock *into)
{
    Section section = section_of(lower, at->gather, into, at->q);
    LoopExpr *from = loop_local(lower, into, "e0", load1(lower, at->columns->ends, section.from));
    LoopExpr *end = loop_local(lower, into, "e1", load1(lower, at->columns->ends, section.to));
    LoopExpr *shift =
        loop_local(lower, into, "shift", op2(lower, OP_MUL, section.lowest, num(lower, at->columns->units)));
    LoopExpr *events = op2(lower, OP_SUB, end, from);
    LoopExpr *rounds = op2(lower, OP_DIV, op2(lower, OP_ADD, events, num(lower, PIECE_CHAINS - 1)),
                           num(lower, PIECE_CHAINS));
    LoopStmt *loop = for_bounds(lower, into, "k", num(lower, 0), rounds);
    LoopExpr *e = loop_local(lower, &loop->body, "e",
                             scaled_plus(lower, loop_variable(lower, loop), PIECE_CHAINS, from));
    LoopExpr *row[PIECE_CHAINS];
    for (int k = 0; k < PIECE_CHAINS; k++)
        row[k] = loop_local(lower, &loop->body, arena_printf(lower->arena, "i%d", k),
                            weight_row(lower, at, e, k, end, shift));
    for (int k = 0; k < PIECE_CHAINS; k++) {
        LoopStmt *add = for_units(lower, &loop->body, "j", at->width);
        LoopExpr *j = loop_variable(lower, add);
        store2(lower, &add->body, at->sums, num(lower, k), j, weight(lower, at, row[k], j), true);
    }
}

static void emit_end(Lower *lower, const Position *at, LoopBlock *into)
{
    const Gather *gather = at->gather;
    LoopExpr *j0 = op2(lower, OP_MUL, at->tile, num(lower, WINDOW_WIDTH));
    LoopExpr *unit = loop_local(lower, into, "unit", row_unit(lower, gather, at->q, j0));
    LoopStmt *loop = for_units(lower, into, "j", at->width);
    LoopExpr *j = loop_variable(lower, loop), *sum = load2(lower, at->sums, num(lower, 0), j);
    for (int k = 1; k < PIECE_CHAINS; k++)
        sum = op2(lower, OP_ADD, sum, load2(lower, at->sums, num(lower, k), j));
    Site site = gather->site;
    site.into = &loop->body;
    store_stream(lower, gather->node->out, site, op2(lower, OP_ADD, unit, j), sum, false);
}

/* All rows, of the channels of one tile, whose weights stay in a cache meanwhile. */
static void emit_tile(Lower *lower, const Linear *map, Site site, LoopExpr *tile, int width)
{
    const Node *node = map->node;
    Gather gather = gather_of(node);
    gather.site = walk_steps(lower, (Walk){NULL, NULL, map->plan->steps}, site);
    for_rows(lower, &gather);
    Columns columns = columns_of(lower, &gather);
    emit_columns(lower, &gather, &columns);
    LoopStmt *loop = for_bounds(lower, gather.site.into, node->map->space[gather.axes - 1].name,
                                num(lower, 0), last_view(&gather)->count);
    LoopBlock *into = &loop->body;
    Position at = {.map = map,
                   .gather = &gather,
                   .columns = &columns,
                   .tile = tile,
                   .q = loop_variable(lower, loop),
                   .width = width,
                   .sums = sums_buffer(lower, stream_of(lower, node->out)->name, PIECE_CHAINS, width)};
    emit_starts(lower, &at, into);
    emit_events_of(lower, &at, into);
    emit_end(lower, &at, into);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Gather gather = gather_of(map->node);
    int tiles = gather.outs / WINDOW_WIDTH, rest = gather.outs % WINDOW_WIDTH;
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", event by event");
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, site.into, "tile", tiles);
        Site inner = site;
        inner.into = &loop->body;
        emit_tile(lower, map, inner, loop_variable(lower, loop), WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_tile(lower, map, site, num(lower, tiles), rest);
}

const MapKernel by_pieces = {
    .serves = serves, .prepare = piece_map_prepare, .branch = piece_branch, .forward = forward};
