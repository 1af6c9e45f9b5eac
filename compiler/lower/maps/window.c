/* Convolutions of reals, and their transposes: what a row of outputs reads is copied into a box, with zeros around it, so
 * that all of the row is alike. The sums of some positions times some channels are made together, in registers, over
 * the taps and then the channels that are read: in the order in which their definition adds them. Where rows are short,
 * those of some steps are made together, by weights that are read once. Of transposed maps, weights are laid out anew, so that
 * those of a tile of channels are next to each other; where those of all tiles do not stay in a cache, all samples go through
 * one tile after the other. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->windows && linear->plan->role == ROLE_MAP;
}

static void prepare(Lower *lower, Linear *linear)
{
    const NodePlan *plan = linear->plan;
    if (linear->tiles < 0 && !plan->winograd && !plan->sparse && linear->node->transposed)
        linear->tiles = weight_tiles(lower, linear->node);
}

/* ---- some steps at a time ---- */

/* As many as leave none over. */
static int steps_together(Lower *lower, const Gather *gather, Walk walk)
{
    View view =
        view_of(lower, &gather->node->map->space[gather->axes - 1], gather->node->transposed, num(lower, 0));
    for (int steps = WINDOW_MOST / view.most_count; steps > 1 && walk.steps; steps--)
        if (walk.steps % steps == 0)
            return steps;
    return 1;
}

/* At one of them. */
static Site step_site(Lower *lower, const Gather *gather, LoopExpr *step)
{
    Site site = gather->site;
    if (gather->steps > 1)
        site.t = op2(lower, OP_ADD, site.t, step);
    return site;
}

/* The place in the box of what a row reads at one of them. */
static LoopExpr *step_slot(Lower *lower, const Gather *gather, LoopExpr *step, LoopExpr *slot)
{
    return gather->steps > 1 ? scaled_plus(lower, step, most_reads(lower, gather), slot) : slot;
}

/* ---- what a row reads ---- */

static void add_box(Lower *lower, Gather *gather)
{
    View view =
        view_of(lower, &gather->node->map->space[gather->axes - 1], gather->node->transposed, num(lower, 0));
    int dims[2] = {gather->steps * most_reads(lower, gather), view_extent(&view) * box_channels(gather)};
    gather->box = named_buffer(lower, "box_of", stream_of(lower, gather->node->in)->name, TYPE_F32,
                               BUFFER_LOCAL, false, 2, dims);
}

/* All of it, the rows that nothing reads, too: so compilers see that nothing is read that was not written. */
static void emit_zeros(Lower *lower, const Gather *gather)
{
    const Buffer *box = &lower->program->buffers.at[gather->box];
    LoopStmt *rows = for_range(lower, gather->site.into, "m", box->dims[0]);
    LoopStmt *loop = for_units(lower, &rows->body, "n", box->dims[1]);
    store2(lower, &loop->body, gather->box, loop_variable(lower, rows), loop_variable(lower, loop),
           loop_float(lower->arena, 0), false);
}

/* Values number from .. to-1 of the row, from `offset` on, are copied to the box. */
static void emit_values(Lower *lower, const Gather *gather, const Read *read, Site site, LoopExpr *from,
                        LoopExpr *to, LoopExpr *offset)
{
    LoopStmt *loop = for_bounds(lower, read->into, "n", from, to);
    loop->independent = true;
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *value = load_stream(lower, gather->node->in, site, op2(lower, OP_ADD, offset, n));
    store2(lower, &loop->body, gather->box, read->slot, n, loop_cast(lower->arena, TYPE_F32, value), false);
}

/* The same of positions from .. to-1, for each channel that is made what it reads: first of its group all. */
static void emit_spread(Lower *lower, const Gather *gather, const Read *read, Site site, LoopExpr *from,
                        LoopExpr *to, LoopExpr *offset)
{
    LoopStmt *positions = for_bounds(lower, read->into, "n", from, to);
    LoopExpr *n = loop_variable(lower, positions);
    LoopStmt *reads = for_range(lower, &positions->body, "i", gather->depth);
    LoopStmt *loop = for_units(lower, &reads->body, "j", gather->outs);
    LoopExpr *i = loop_variable(lower, reads), *j = loop_variable(lower, loop);
    LoopExpr *unit = scaled_plus(lower, n, gather->ins, spread_channel(lower, gather, i, j));
    LoopExpr *value = load_stream(lower, gather->node->in, site, op2(lower, OP_ADD, offset, unit));
    LoopExpr *place = scaled_plus(lower, scaled_plus(lower, n, gather->depth, i), gather->outs, j);
    store2(lower, &loop->body, gather->box, read->slot, place, loop_cast(lower->arena, TYPE_F32, value),
           false);
}

static void emit_box(Lower *lower, const Gather *gather)
{
    const View *view = last_view(gather);
    LoopExpr *lowest = view_lowest(lower, view), *zero = num(lower, 0), *all = num(lower, view_extent(view));
    LoopExpr *from = clamped(lower, op2(lower, OP_SUB, zero, lowest), zero, all);
    LoopExpr *to = clamped(lower, op2(lower, OP_SUB, num(lower, view->in), lowest), zero, all);
    bool as_is = !gather->spread || (gather->depth == 1 && gather->outs == gather->ins);
    LoopExpr *ins = num(lower, gather->ins), *each = as_is ? ins : num(lower, 1);
    from = settled(lower, gather->site.into, "from", op2(lower, OP_MUL, from, each));
    to = settled(lower, gather->site.into, "to", op2(lower, OP_MUL, to, each));
    emit_zeros(lower, gather);
    LoopBlock *into = gather->site.into;
    LoopExpr *step = NULL;
    if (gather->steps > 1) {
        LoopStmt *loop = for_range(lower, into, "step", gather->steps);
        step = loop_variable(lower, loop);
        into = &loop->body;
    }
    Read read = for_reads(lower, gather, into);
    read.slot = step_slot(lower, gather, step, read.slot);
    LoopExpr *offset = op2(lower, OP_MUL, scaled_plus(lower, read.row, view->in, lowest), ins);
    (as_is ? emit_values : emit_spread)(lower, gather, &read, step_site(lower, gather, step), from, to,
                                        loop_local(lower, read.into, "offset", offset));
}

/* ---- tiles of a row ---- */

/* Positions q0 .. q0 + count - 1 of channels j0 .. j0 + width - 1, at each of the steps: from `offset` on of a tile of so many
 * channels as weights are laid out by. */
typedef struct Block {
    const Gather *gather;
    const Linear *linear;
    LoopExpr *tile, *q0, *j0, *offset;
    LoopExpr *made, *read; /* the tile's first channel, and the first one that its group reads */
    int count, width;
    BufferId sums; /* [steps x count][width] */
} Block;

static int rows_of(const Block *tile)
{
    return tile->gather->steps * tile->count;
}

/* Weight j of the block, for one channel that is read, by tap `tap` of row number `row` of taps along the last axis. */
static LoopExpr *weight(Lower *lower, const Block *tile, LoopExpr *row, LoopExpr *tap, LoopExpr *i,
                        LoopExpr *j)
{
    const Gather *gather = tile->gather;
    const Node *node = gather->node;
    if (tile->linear->tiles >= 0) {
        LoopExpr *place[3] = {tile->tile, tile_row(lower, gather, row, tap, i),
                              op2(lower, OP_ADD, tile->offset, j)};
        return loop_load(lower->program, tile->linear->tiles, 3, place);
    }
    BufferId weights = weights_of(lower, node);
    tap = scaled_plus(lower, row, node->map->space[gather->axes - 1].taps, tap);
    j = op2(lower, OP_ADD, tile->j0, j);
    return node->transposed ? load2(lower, weights, i, scaled_plus(lower, tap, gather->outs, j))
                            : load2(lower, weights, scaled_plus(lower, tap, gather->depth, i), j);
}

static void emit_starts(Lower *lower, const Block *tile, LoopBlock *into)
{
    ParamId bias = tile->gather->node->bias;
    for (int p = 0; p < rows_of(tile); p++) {
        LoopStmt *loop = for_units(lower, into, "j", tile->width);
        LoopExpr *j = loop_variable(lower, loop), *value = loop_float(lower->arena, 0);
        if (bias != NONE)
            value = load1(lower, lower->params[bias].values, op2(lower, OP_ADD, tile->j0, j));
        store2(lower, &loop->body, tile->sums, num(lower, p), j, value, false);
    }
}

/* Row p of the sums += what it reads of channel i, from `place` of the box on, by the weights of the tap. One row after the other,
 * so that what it reads is in a register only for its own products, and the weights for all. */
static void emit_row_product(Lower *lower, const Block *tile, const Read *read, LoopBlock *into,
                             LoopExpr *place, LoopExpr *tap, LoopExpr *i, int p)
{
    const Gather *gather = tile->gather;
    int ahead = p % tile->count * last_view(gather)->stride * box_channels(gather);
    LoopExpr *from = gather->spread ? scaled_plus(lower, i, gather->outs, tile->j0) : i;
    LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_ADD, place, from), num(lower, ahead));
    LoopExpr *slot = step_slot(lower, gather, num(lower, p / tile->count), read->slot);
    LoopExpr *x = load2(lower, gather->box, slot, at);
    if (!gather->spread)
        x = loop_local(lower, into, arena_printf(lower->arena, "x%d", p), x);
    LoopStmt *loop = for_units(lower, into, "j", tile->width);
    LoopExpr *j = loop_variable(lower, loop);
    if (gather->spread)
        x = load2(lower, gather->box, slot, op2(lower, OP_ADD, at, j));
    store_product(lower, &loop->body, tile->sums, 2, (LoopExpr *[]){num(lower, p), j}, x,
                  weight(lower, tile, read->tap, tap, i, j));
}

/* By tap m, of positions first .. end-1 of the tile. */
static void emit_tap(Lower *lower, const Block *tile, const Read *read, LoopBlock *into, LoopExpr *m,
                     int first, int end)
{
    const Gather *gather = tile->gather;
    const View *view = last_view(gather);
    LoopExpr *place = op2(lower, OP_SUB, view_read(lower, view, tile->q0, m), view_lowest(lower, view));
    place = scaled_plus(lower, place, box_channels(gather), tile->read);
    place = loop_local(lower, into, "place", place);
    LoopExpr *tap = loop_local(lower, into, "tap", view_tap(lower, view, m));
    LoopStmt *inputs = for_range(lower, into, "i", gather->depth);
    LoopExpr *i = loop_variable(lower, inputs);
    for (int p = 0; p < rows_of(tile); p++)
        if (p % tile->count >= first && p % tile->count < end)
            emit_row_product(lower, tile, read, &inputs->body, place, tap, i, p);
}

/* Taps from .. to-1, one after the other. */
static void emit_taps(Lower *lower, const Block *tile, const Read *read, LoopExpr *from, LoopExpr *to,
                      int first, int end)
{
    LoopStmt *taps = for_bounds(lower, read->into, "m", from, to);
    emit_tap(lower, tile, read, &taps->body, loop_variable(lower, taps), first, end);
}

/* A tile that is a whole row: by each tap, of the positions only that read what is there by it. */
static void emit_taps_of_row(Lower *lower, const Block *tile, const Read *read)
{
    const View *view = last_view(tile->gather);
    int taps = view->most_taps, first, end, next_first, next_end;
    for (int m = 0, next; m < taps; m = next) {
        view_positions(view, m, &first, &end);
        for (next = m + 1; next < taps; next++) {
            view_positions(view, next, &next_first, &next_end);
            if (next_first != first || next_end != end)
                break;
        }
        if (first < end)
            emit_taps(lower, tile, read, num(lower, m), num(lower, next), first, end);
    }
}

static void emit_sums(Lower *lower, const Block *tile, LoopBlock *into)
{
    const View *view = last_view(tile->gather);
    Read read = for_reads(lower, tile->gather, into);
    LoopExpr *from = num(lower, 0), *to = view->taps;
    if (view_is_fixed(view) && tile->count == view->most_count && view->most_taps <= WINDOW_TAPS) {
        emit_taps_of_row(lower, tile, &read);
        return;
    }
    if (view_is_fixed(view))
        view_met(lower, view, &from, &to);
    emit_taps(lower, tile, &read, from, to, 0, tile->count);
}

static void emit_ends(Lower *lower, const Block *tile, LoopBlock *into)
{
    const Gather *gather = tile->gather;
    for (int p = 0; p < rows_of(tile); p++) {
        Site site = step_site(lower, gather, num(lower, p / tile->count));
        LoopExpr *q = op2(lower, OP_ADD, tile->q0, num(lower, p % tile->count));
        LoopExpr *unit = loop_local(lower, into, "unit", row_unit(lower, gather, q, tile->j0));
        LoopStmt *loop = for_units(lower, into, "j", tile->width);
        LoopExpr *j = loop_variable(lower, loop);
        site.into = &loop->body;
        store_stream(lower, gather->node->out, site, op2(lower, OP_ADD, unit, j),
                     load2(lower, tile->sums, num(lower, p), j), false);
    }
}

/* Tiles of so many positions, from q0 on. */
static void emit_tiles(Lower *lower, Block tile, LoopBlock *into, LoopExpr *q0, LoopExpr *tiles)
{
    if (tiles->kind == LOOP_NUMBER && tiles->number == 0)
        return;
    LoopStmt *loop = for_bounds(lower, into, "tile", num(lower, 0), tiles);
    LoopExpr *q = scaled_plus(lower, loop_variable(lower, loop), tile.count, q0);
    tile.q0 = loop_local(lower, &loop->body, "q0", q);
    emit_starts(lower, &tile, &loop->body);
    emit_sums(lower, &tile, &loop->body);
    emit_ends(lower, &tile, &loop->body);
}

/* The row's channels of a block. Rows that a phase may have one position less of end with single ones. */
static void emit_channels(Lower *lower, Block block, LoopBlock *into, int most)
{
    const Gather *gather = block.gather;
    const View *view = last_view(gather);
    Parts parts = even_parts(view->most_count, most > gather->steps ? most / gather->steps : 1);
    block.count = parts.size;
    block.sums = sums_buffer(lower, stream_of(lower, gather->node->out)->name, gather->steps * parts.size,
                             block.width);
    LoopExpr *large = num(lower, parts.large), *small = num(lower, parts.small);
    bool even = view->count->kind == LOOP_NUMBER;
    if (!even)
        large = loop_local(lower, into, "tiles", op2(lower, OP_DIV, view->count, num(lower, parts.size)));
    LoopExpr *done = op2(lower, OP_MUL, large, num(lower, parts.size));
    emit_tiles(lower, block, into, num(lower, 0), large);
    block.count = even ? parts.size - 1 : 1;
    emit_tiles(lower, block, into, done, even ? small : op2(lower, OP_SUB, view->count, done));
}

static void emit_part(Lower *lower, Block block, LoopBlock *into, LoopExpr *offset, int width)
{
    block.offset = offset;
    block.j0 = settled(lower, into, "j0", op2(lower, OP_ADD, block.made, offset));
    block.width = width;
    emit_channels(lower, block, into, WINDOW_NARROW_MOST);
}

/* The row's channels of a tile, where registers are few: so many at a time. */
static void emit_narrow(Lower *lower, const Block *tile, LoopBlock *into)
{
    int parts = tile->width / WINDOW_NARROW_WIDTH, rest = tile->width % WINDOW_NARROW_WIDTH;
    LoopStmt *loop = for_range(lower, into, "part", parts);
    LoopExpr *offset = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, WINDOW_NARROW_WIDTH));
    emit_part(lower, *tile, &loop->body, loop_local(lower, &loop->body, "offset", offset),
              WINDOW_NARROW_WIDTH);
    if (rest > 0)
        emit_part(lower, *tile, into, num(lower, parts * WINDOW_NARROW_WIDTH), rest);
}

/* The row's channels of a tile, as much at a time as registers hold. */
static void emit_tile(Lower *lower, Block block, LoopBlock *into)
{
    block.j0 = settled(lower, into, "j0", block.made);
    block.offset = num(lower, 0);
    if (block.width < WINDOW_NARROW_WIDTH) {
        emit_channels(lower, block, into, WINDOW_MOST);
        return;
    }
    emit_channels(lower, block, if_wide(lower, into, true), WINDOW_MOST);
    emit_narrow(lower, &block, if_wide(lower, into, false));
}

/* ---- the map ---- */

/* Enters the loops over samples, steps and rows; what a row reads is in its box there. */
static Gather enter_rows(Lower *lower, Gather gather, Walk walk, LoopBlock *into)
{
    gather.site.into = into;
    gather.site = walk_together(lower, walk, gather.steps, walk_samples(lower, walk, gather.site));
    for_rows(lower, &gather);
    emit_box(lower, &gather);
    return gather;
}

/* Of a group, tile number `tile`. */
static void emit_tile_of(Lower *lower, const Linear *linear, Gather gather, Walk walk, LoopBlock *into,
                         LoopExpr *group, LoopExpr *tile, int width)
{
    if (linear->plan->by_tiles) {
        gather = enter_rows(lower, gather, walk, into);
        into = gather.site.into;
    }
    Block block = {.gather = &gather, .linear = linear, .width = width};
    block.tile = scaled_plus(lower, group, (gather.made + WINDOW_WIDTH - 1) / WINDOW_WIDTH, tile);
    block.made = scaled_plus(lower, group, gather.made, op2(lower, OP_MUL, tile, num(lower, WINDOW_WIDTH)));
    block.read = op2(lower, OP_MUL, group, num(lower, gather.depth));
    emit_tile(lower, block, into);
}

static void emit_group(Lower *lower, const Linear *linear, Gather gather, Walk walk, LoopBlock *into,
                       LoopExpr *group)
{
    int tiles = gather.made / WINDOW_WIDTH, rest = gather.made % WINDOW_WIDTH;
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, into, "block", tiles);
        emit_tile_of(lower, linear, gather, walk, &loop->body, group, loop_variable(lower, loop),
                     WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_tile_of(lower, linear, gather, walk, into, group, num(lower, tiles), rest);
}

static void forward(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    site.tile = NULL;
    Gather gather = gather_of(linear->node);
    gather.steps = steps_together(lower, &gather, walk);
    gather.site = site;
    add_box(lower, &gather);
    note_map(lower, linear, site.into, ", row by row, some positions at a time");
    if (!linear->plan->by_tiles)
        gather = enter_rows(lower, gather, walk, site.into);
    LoopBlock *into = gather.site.into;
    LoopExpr *group = num(lower, 0);
    if (gather.groups > 1) {
        LoopStmt *loop = for_range(lower, into, "group", gather.groups);
        group = loop_variable(lower, loop);
        into = &loop->body;
    }
    emit_group(lower, linear, gather, walk, into, group);
}

const MapKernel by_windows = {.serves = serves, .prepare = prepare, .forward = forward};
