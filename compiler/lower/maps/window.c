/* Convolutions of reals, and their transposes: what a row of outputs reads is copied into a box, with zeros around it, so
 * that all of the row is alike. The sums of some positions times some channels are made together, in registers, over
 * the taps and then the channels that are read: in the order in which their definition adds them. Where rows are short,
 * those of some steps are made together, by weights that are read once. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/gather.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->windows && linear->plan->role == ROLE_MAP;
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

static Site walk_together(Lower *lower, const Gather *gather, Walk walk, Site site)
{
    if (gather->steps == 1)
        return walk_steps(lower, walk, site);
    LoopStmt *loop = for_range(lower, site.into, "part", walk.steps / gather->steps);
    site.into = &loop->body;
    site.t = loop_local(lower, site.into, "t0",
                        op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, gather->steps)));
    return site;
}

/* ---- what a row reads ---- */

static void add_box(Lower *lower, Gather *gather)
{
    View view =
        view_of(lower, &gather->node->map->space[gather->axes - 1], gather->node->transposed, num(lower, 0));
    int dims[2] = {gather->steps * most_reads(lower, gather), view_extent(&view) * gather->ins};
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

/* box[slot][from .. to-1] = values from `offset` on */
static void emit_values(Lower *lower, const Gather *gather, const Read *read, Site site, LoopExpr *from,
                        LoopExpr *to, LoopExpr *offset)
{
    LoopStmt *loop = for_bounds(lower, read->into, "n", from, to);
    loop->independent = true;
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *value = load_stream(lower, gather->node->in, site, op2(lower, OP_ADD, offset, n));
    store2(lower, &loop->body, gather->box, read->slot, n, loop_cast(lower->arena, TYPE_F32, value), false);
}

static void emit_box(Lower *lower, const Gather *gather)
{
    const View *view = last_view(gather);
    LoopExpr *lowest = view_lowest(lower, view), *zero = num(lower, 0), *all = num(lower, view_extent(view));
    LoopExpr *from = clamped(lower, op2(lower, OP_SUB, zero, lowest), zero, all);
    LoopExpr *to = clamped(lower, op2(lower, OP_SUB, num(lower, view->in), lowest), zero, all);
    LoopExpr *ins = num(lower, gather->ins);
    from = settled(lower, gather->site.into, "from", op2(lower, OP_MUL, from, ins));
    to = settled(lower, gather->site.into, "to", op2(lower, OP_MUL, to, ins));
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
    emit_values(lower, gather, &read, step_site(lower, gather, step), from, to,
                loop_local(lower, read.into, "offset", offset));
}

/* ---- tiles of a row ---- */

/* Positions q0 .. q0 + count - 1 of channels j0 .. j0 + width - 1, at each of the steps. */
typedef struct Block {
    const Gather *gather;
    LoopExpr *q0, *j0;
    int count, width;
    BufferId sums; /* [steps x count][width] */
} Block;

static int rows_of(const Block *tile)
{
    return tile->gather->steps * tile->count;
}

/* Weight j of the tile, for one channel that is read. */
static LoopExpr *weight(Lower *lower, const Block *tile, LoopExpr *tap, LoopExpr *i, LoopExpr *j)
{
    const Node *node = tile->gather->node;
    BufferId weights = weights_of(lower, node);
    j = op2(lower, OP_ADD, tile->j0, j);
    return node->transposed ? load2(lower, weights, i, scaled_plus(lower, tap, tile->gather->outs, j))
                            : load2(lower, weights, scaled_plus(lower, tap, tile->gather->ins, i), j);
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

/* By tap m, of positions first .. end-1 of the tile. */
static void emit_tap(Lower *lower, const Block *tile, const Read *read, LoopBlock *into, LoopExpr *m,
                     int first, int end)
{
    const Gather *gather = tile->gather;
    const View *view = last_view(gather);
    LoopExpr *place = view_read(lower, view, tile->q0, m), *x[WINDOW_MOST];
    place = op2(lower, OP_SUB, place, view_lowest(lower, view));
    place = loop_local(lower, into, "place", op2(lower, OP_MUL, place, num(lower, gather->ins)));
    int last = gather->node->map->space[gather->axes - 1].taps;
    LoopExpr *tap =
        loop_local(lower, into, "tap", scaled_plus(lower, read->tap, last, view_tap(lower, view, m)));
    LoopStmt *inputs = for_range(lower, into, "i", gather->ins);
    LoopExpr *i = loop_variable(lower, inputs);
    for (int p = 0; p < rows_of(tile); p++) {
        int q = p % tile->count, ahead = q * view->stride * gather->ins;
        if (q < first || q >= end)
            continue;
        LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_ADD, place, i), num(lower, ahead));
        LoopExpr *slot = step_slot(lower, gather, num(lower, p / tile->count), read->slot);
        x[p] = loop_local(lower, &inputs->body, arena_printf(lower->arena, "x%d", p),
                          load2(lower, gather->box, slot, at));
    }
    LoopStmt *loop = for_units(lower, &inputs->body, "j", tile->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *w = loop_local(lower, &loop->body, "w", weight(lower, tile, tap, i, j));
    for (int p = 0; p < rows_of(tile); p++)
        if (p % tile->count >= first && p % tile->count < end)
            store_product(lower, &loop->body, tile->sums, 2, (LoopExpr *[]){num(lower, p), j}, x[p], w);
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

/* The row's channels j0 .. j0 + width - 1. Rows that a phase may have one position less of end with single ones. */
static void emit_channels(Lower *lower, const Gather *gather, LoopBlock *into, LoopExpr *j0, int width,
                          int most)
{
    const View *view = last_view(gather);
    Parts parts = even_parts(view->most_count, most > gather->steps ? most / gather->steps : 1);
    BufferId sums =
        sums_buffer(lower, stream_of(lower, gather->node->out)->name, gather->steps * parts.size, width);
    Block tile = {gather, NULL, j0, parts.size, width, sums};
    LoopExpr *large = num(lower, parts.large), *small = num(lower, parts.small);
    bool even = view->count->kind == LOOP_NUMBER;
    if (!even)
        large = loop_local(lower, into, "tiles", op2(lower, OP_DIV, view->count, num(lower, parts.size)));
    LoopExpr *done = op2(lower, OP_MUL, large, num(lower, parts.size));
    emit_tiles(lower, tile, into, num(lower, 0), large);
    tile.count = even ? parts.size - 1 : 1;
    emit_tiles(lower, tile, into, done, even ? small : op2(lower, OP_SUB, view->count, done));
}

/* The row, up to so many positions of `width` channels at a time. */
static void emit_row(Lower *lower, const Gather *gather, LoopBlock *into, int width, int most)
{
    int blocks = gather->outs / width, rest = gather->outs % width;
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, into, "block", blocks);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, width));
        emit_channels(lower, gather, &loop->body, loop_local(lower, &loop->body, "j0", j0), width, most);
    }
    if (rest > 0)
        emit_channels(lower, gather, into, num(lower, blocks * width), rest, most);
}

/* As much at a time as registers hold. */
static void emit_rows(Lower *lower, const Gather *gather)
{
    LoopBlock *into = gather->site.into;
    emit_box(lower, gather);
    if (gather->outs < WINDOW_NARROW_WIDTH) {
        emit_row(lower, gather, into, WINDOW_WIDTH, WINDOW_MOST);
        return;
    }
    LoopExpr *lanes = loop_lanes(lower->arena), *wide = num(lower, WIDE_LANES);
    emit_row(lower, gather, &loop_if(lower->arena, into, op2(lower, OP_GE, lanes, wide))->body, WINDOW_WIDTH,
             WINDOW_MOST);
    emit_row(lower, gather, &loop_if(lower->arena, into, op2(lower, OP_LT, lanes, wide))->body,
             WINDOW_NARROW_WIDTH, WINDOW_NARROW_MOST);
}

static void forward(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    site.tile = NULL;
    Gather gather = gather_of(linear->node);
    gather.steps = steps_together(lower, &gather, walk);
    add_box(lower, &gather);
    site = walk_samples(lower, walk, site);
    note_map(lower, linear, site.into, ", row by row, some positions at a time");
    gather.site = walk_together(lower, &gather, walk, site);
    for_rows(lower, &gather);
    emit_rows(lower, &gather);
}

const MapKernel by_windows = {.serves = serves, .forward = forward};
