/* Convolutions of spikes. The events of the positions of a row that a window reads are one piece of a list, which the windows
 * share; each adds a row of weights to sums that stay in registers. */
#include "lower/spikes/pieces.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->pieces && linear->plan->role == ROLE_MAP;
}

static void prepare(Lower *lower, Linear *linear)
{
    if (linear->plan->choice)
        choice_prepare(lower, linear->node->in, RIVAL_WINDOWS);
    pieces_prepare(lower, linear->node->in);
    linear->tiles = weight_tiles(lower, linear->node);
}

static LoopBlock *branch(Lower *lower, const Linear *linear, LoopBlock *into, bool chosen)
{
    return !chosen && !linear->plan->choice ? NULL : if_chosen(lower, linear->node, into, !chosen);
}

/* Channels of a tile, at one position of a row: [PIECE_CHAINS][width] sums. */
typedef struct Position {
    const Linear *map;
    const Gather *gather;
    LoopExpr *tile, *q;
    Section section;
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

/* The row of weights of event e + k; behind the piece's last event, that of zeros. */
static LoopExpr *weight_row(Lower *lower, const Position *at, const Piece *piece, LoopExpr *e, int k,
                            LoopExpr *shift)
{
    e = op2(lower, OP_ADD, e, num(lower, k));
    LoopExpr *row = op2(lower, OP_SUB, load2(lower, piece->event, piece->b, e), shift);
    if (k == 0)
        return row;
    int zeros = lower->program->buffers.at[at->map->tiles].dims[1] - 1;
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, e, piece->to), row, num(lower, zeros));
}

static void emit_piece(Lower *lower, const Position *at, LoopBlock *into, const Piece *piece, LoopExpr *shift)
{
    LoopExpr *events = op2(lower, OP_SUB, piece->to, piece->from);
    LoopExpr *rounds = op2(lower, OP_DIV, op2(lower, OP_ADD, events, num(lower, PIECE_CHAINS - 1)),
                           num(lower, PIECE_CHAINS));
    LoopStmt *loop = for_bounds(lower, into, "k", num(lower, 0), rounds);
    LoopExpr *e = loop_local(lower, &loop->body, "e",
                             scaled_plus(lower, loop_variable(lower, loop), PIECE_CHAINS, piece->from));
    LoopExpr *row[PIECE_CHAINS];
    for (int k = 0; k < PIECE_CHAINS; k++)
        row[k] = loop_local(lower, &loop->body, arena_printf(lower->arena, "i%d", k),
                            weight_row(lower, at, piece, e, k, shift));
    for (int k = 0; k < PIECE_CHAINS; k++) {
        LoopStmt *add = for_units(lower, &loop->body, "j", at->width);
        LoopExpr *j = loop_variable(lower, add);
        store2(lower, &add->body, at->sums, num(lower, k), j, weight(lower, at, row[k], j), true);
    }
}

static void emit_events_of(Lower *lower, const Position *at, LoopBlock *into)
{
    const Gather *gather = at->gather;
    Read read = for_reads(lower, gather, into);
    Site site = gather->site;
    site.into = read.into;
    LoopExpr *row = loop_local(lower, read.into, "row", read.row);
    Piece piece = piece_of(lower, gather->node->in, site, row, at->section.from, at->section.to);
    emit_piece(lower, at, read.into, &piece, section_shift(lower, gather, &at->section, &read));
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
    LoopStmt *loop = for_bounds(lower, gather.site.into, node->map->space[gather.axes - 1].name,
                                num(lower, 0), last_view(&gather)->count);
    LoopExpr *q = loop_variable(lower, loop);
    LoopBlock *into = &loop->body;
    Position at = {map,
                   &gather,
                   tile,
                   q,
                   section_of(lower, &gather, into, q),
                   width,
                   sums_buffer(lower, stream_of(lower, node->out)->name, PIECE_CHAINS, width)};
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

const MapKernel by_pieces = {serves, prepare, branch, forward, NULL, 0};
