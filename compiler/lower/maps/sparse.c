/* Convolutions turned round, of gradients that are 0 for most neurons: behind a maximum over windows, for all that were not
 * the greatest at any step. For some steps at a time those that are not are listed, position by position, with their
 * gradients next to each other; each adds a row of weights times these to the sums of as many steps, which stay in
 * registers, or, where the weights of a row of taps stay in a cache, while one such row is gone through. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/maps/blanks.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->sparse;
}

static void prepare(Lower *lower, Linear *linear)
{
    blanks_prepare(lower, linear->node->out);
    linear->tiles = weight_tiles(lower, linear->node);
}

/* Steps t0 .. t0 + steps - 1, and the arrays that hold what is not 0 in them. */
typedef struct Sparse {
    const Linear *map;
    Gather gather;
    LoopExpr *t0;
    int steps;
    BufferId some; /* of one position, by channel: 1 if it is not 0 at all steps, else 0 */
    BufferId unit,
        ends; /* of all positions: numbers in the row; where each position's begin, and the last one's end */
    BufferId values; /* [.][steps] */
} Sparse;

static Sparse sparse_of(Lower *lower, const Linear *map)
{
    const Node *node = map->node;
    const char *name = stream_of(lower, node->in)->name;
    Sparse sparse = {.map = map, .gather = gather_of(node)};
    int units = stream_size(lower, node->in), ins = sparse.gather.ins, ends = units / ins + 1,
        room = list_room(units), values[2] = {units, SPARSE_STEPS};
    sparse.some = named_buffer(lower, "some_of", name, TYPE_U8, BUFFER_LOCAL, false, 1, &ins);
    sparse.unit = named_buffer(lower, "units_of", name, index_type(units), BUFFER_LOCAL, false, 1, &room);
    sparse.ends = named_buffer(lower, "unit_ends_of", name, TYPE_I32, BUFFER_LOCAL, false, 1, &ends);
    sparse.values = named_buffer(lower, "values_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, values);
    return sparse;
}

static LoopExpr *value(Lower *lower, const Sparse *sparse, Site site, int step, LoopExpr *unit)
{
    site.t = op2(lower, OP_ADD, sparse->t0, num(lower, step));
    return load_stream(lower, sparse->gather.node->in, site, unit);
}

/* ---- what is not 0 ---- */

/* From unit `first` on: some[i] = 1 where a sum of absolute values is not 0, which is so if one of them is not. */
static void emit_some(Lower *lower, const Sparse *sparse, Site site, LoopExpr *first)
{
    LoopStmt *loop = for_units(lower, site.into, "i", sparse->gather.ins);
    LoopExpr *i = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, first, i), *all = NULL;
    for (int s = 0; s < sparse->steps; s++) {
        LoopExpr *size = loop_op(lower->arena, OP_ABS, value(lower, sparse, site, s, unit), NULL, NULL);
        all = all ? op2(lower, OP_ADD, all, size) : size;
    }
    LoopExpr *some = op2(lower, OP_NE, all, loop_float(lower->arena, 0));
    store1(lower, &loop->body, sparse->some, i, as_bit(lower, some), false);
}

/* Of position x of the row whose first unit is `row`. */
static void emit_position(Lower *lower, const Sparse *sparse, Site site, LoopExpr *row, LoopExpr *position,
                          LoopExpr *x, LoopExpr *all)
{
    LoopExpr *ins = num(lower, sparse->gather.ins);
    emit_some(lower, sparse, site, loop_local(lower, site.into, "first", op2(lower, OP_MUL, position, ins)));
    LoopExpr *from = loop_local(lower, site.into, "from", all);
    loop_list(lower->program, site.into, all->var, sparse->unit, 1, &all,
              load1(lower, sparse->some, num(lower, 0)), sparse->gather.ins);
    LoopStmt *loop = for_bounds(lower, site.into, "e", from, all);
    LoopExpr *e = loop_variable(lower, loop);
    LoopExpr *unit = op2(lower, OP_ADD, load1(lower, sparse->unit, e), op2(lower, OP_MUL, x, ins));
    unit = loop_local(lower, &loop->body, "i", unit);
    store1(lower, &loop->body, sparse->unit, e, unit, false);
    unit = op2(lower, OP_ADD, row, unit);
    for (int s = 0; s < sparse->steps; s++)
        store2(lower, &loop->body, sparse->values, e, num(lower, s), value(lower, sparse, site, s, unit),
               false);
    store1(lower, site.into, sparse->ends, op2(lower, OP_ADD, position, num(lower, 1)), all, false);
}

static void emit_lists(Lower *lower, const Sparse *sparse, Site site)
{
    int positions =
        view_of(lower, &sparse->gather.node->map->space[sparse->gather.axes - 1], true, num(lower, 0)).in;
    int rows = stream_size(lower, sparse->gather.node->in) / (positions * sparse->gather.ins);
    LoopExpr *all = declare_local(lower, site.into, "all", num(lower, 0));
    store1(lower, site.into, sparse->ends, num(lower, 0), num(lower, 0), false);
    LoopStmt *loop_row = for_range(lower, site.into, "row", rows);
    LoopStmt *loop_x = for_range(lower, &loop_row->body, "x", positions);
    LoopExpr *row = loop_variable(lower, loop_row), *x = loop_variable(lower, loop_x);
    site.into = &loop_x->body;
    LoopExpr *position = loop_local(lower, site.into, "position", scaled_plus(lower, row, positions, x));
    row = op2(lower, OP_MUL, row, num(lower, positions * sparse->gather.ins));
    emit_position(lower, sparse, site, row, position, x, all);
}

/* ---- sums ---- */

/* Channels j0 .. j0 + width - 1 of a tile, at position q of a row and `steps` steps from `step` on. */
typedef struct Block {
    const Sparse *sparse;
    LoopExpr *tile, *j0, *q;
    Section section;
    int width, step, steps;
    BufferId sums; /* [steps][width] */
} Block;

/* Of those that a row of windows reads, units e0 .. e1-1. */
static void emit_units(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *e0, LoopExpr *e1,
                       LoopExpr *shift)
{
    const Sparse *sparse = block->sparse;
    LoopStmt *loop = for_bounds(lower, into, "e", e0, e1);
    LoopExpr *e = loop_variable(lower, loop), *x[SPARSE_STEPS];
    LoopExpr *row =
        loop_local(lower, &loop->body, "i", op2(lower, OP_SUB, load1(lower, sparse->unit, e), shift));
    for (int s = 0; s < block->steps; s++)
        x[s] = loop_local(lower, &loop->body, arena_printf(lower->arena, "x%d", s),
                          load2(lower, sparse->values, e, num(lower, block->step + s)));
    LoopStmt *add = for_units(lower, &loop->body, "j", block->width);
    LoopExpr *j = loop_variable(lower, add);
    LoopExpr *place[3] = {block->tile, row, op2(lower, OP_ADD, block->j0, j)};
    LoopExpr *w = loop_local(lower, &add->body, "w", loop_load(lower->program, sparse->map->tiles, 3, place));
    for (int s = 0; s < block->steps; s++)
        store_product(lower, &add->body, block->sums, 2, (LoopExpr *[]){num(lower, s), j}, x[s], w);
}

/* Of a row that is read, what the window has there. */
static void emit_read(Lower *lower, const Block *block, const Read *read)
{
    const Gather *gather = &block->sparse->gather;
    LoopExpr *start = op2(lower, OP_MUL, read->row, num(lower, last_view(gather)->in));
    start = loop_local(lower, read->into, "start", start);
    LoopExpr *e0 = load1(lower, block->sparse->ends, op2(lower, OP_ADD, start, block->section.from));
    LoopExpr *e1 = load1(lower, block->sparse->ends, op2(lower, OP_ADD, start, block->section.to));
    LoopExpr *shift = section_shift(lower, gather, &block->section, read);
    e0 = loop_local(lower, read->into, "e0", e0);
    emit_units(lower, block, read->into, e0, loop_local(lower, read->into, "e1", e1), shift);
}

/* What is made, of channel j at the site's position and step number `step` of the block's. */
static LoopExpr *made_unit(Lower *lower, const Block *block, LoopExpr *unit, LoopExpr *j, int step,
                           Site *site)
{
    site->t = op2(lower, OP_ADD, block->sparse->t0, num(lower, block->step + step));
    return op2(lower, OP_ADD, unit, j);
}

static LoopExpr *first_unit(Lower *lower, const Block *block, LoopBlock *into)
{
    LoopExpr *j0 = op2(lower, OP_ADD, op2(lower, OP_MUL, block->tile, num(lower, WINDOW_WIDTH)), block->j0);
    return loop_local(lower, into, "unit", row_unit(lower, &block->sparse->gather, block->q, j0));
}

/* What is made by the rows before, if there are any, goes to the sums. */
static void emit_begins(Lower *lower, const Block *block, const Read *read, LoopExpr *unit)
{
    Site site = block->sparse->gather.site;
    StreamId out = block->sparse->gather.node->out;
    zero_sums(lower, &loop_if(lower->arena, read->into, read->first)->body, block->sums, block->steps,
              block->width);
    LoopBlock *later =
        &loop_if(lower->arena, read->into, loop_op(lower->arena, OP_NOT, read->first, NULL, NULL))->body;
    for (int s = 0; s < block->steps; s++) {
        LoopStmt *loop = for_units(lower, later, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop), *at = made_unit(lower, block, unit, j, s, &site);
        site.into = &loop->body;
        store2(lower, &loop->body, block->sums, num(lower, s), j, load_stream(lower, out, site, at), false);
    }
}

static void emit_ends(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *unit)
{
    Site site = block->sparse->gather.site;
    for (int s = 0; s < block->steps; s++) {
        LoopStmt *loop = for_units(lower, into, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop), *at = made_unit(lower, block, unit, j, s, &site);
        site.into = &loop->body;
        store_stream(lower, block->sparse->gather.node->out, site, at,
                     load2(lower, block->sums, num(lower, s), j), false);
    }
}

/* Enters the loop over the positions of a row where something is asked for. */
static LoopBlock *for_positions(Lower *lower, Block *block, LoopBlock *into)
{
    const Gather *gather = &block->sparse->gather;
    LoopStmt *loop = for_bounds(lower, into, "x", num(lower, 0), last_view(gather)->count);
    block->q = loop_variable(lower, loop);
    return if_met(lower, gather->node->out, gather->site.b, &loop->body,
                  row_position(lower, gather, block->q));
}

/* Of all steps the next ones, up to so many at a time; false: there are no more. */
static bool next_steps(Block *block, Parts parts)
{
    block->step += block->steps;
    block->steps = block->step < parts.large * parts.size ? parts.size : parts.size - 1;
    return block->step < block->sparse->steps;
}

/* Each position by all that it reads. */
static void emit_positions(Lower *lower, Block block, LoopBlock *into, Parts parts)
{
    into = for_positions(lower, &block, into);
    block.section = section_of(lower, &block.sparse->gather, into, block.q);
    while (next_steps(&block, parts)) {
        zero_sums(lower, into, block.sums, block.steps, block.width);
        Read read = for_reads(lower, &block.sparse->gather, into);
        emit_read(lower, &block, &read);
        emit_ends(lower, &block, into, first_unit(lower, &block, into));
    }
}

/* All positions by one row of taps after the other, whose weights stay in the first cache meanwhile. */
static void emit_by_taps(Lower *lower, Block block, LoopBlock *into, Parts parts)
{
    Read read = for_reads(lower, &block.sparse->gather, into);
    read.into = for_positions(lower, &block, read.into);
    block.section = section_of(lower, &block.sparse->gather, read.into, block.q);
    LoopExpr *unit = first_unit(lower, &block, read.into);
    while (next_steps(&block, parts)) {
        emit_begins(lower, &block, &read, unit);
        emit_read(lower, &block, &read);
        emit_ends(lower, &block, read.into, unit);
    }
}

/* All rows, of `width` channels of a tile and up to so many steps at a time. */
static void emit_rows(Lower *lower, const Sparse *sparse, LoopBlock *into, LoopExpr *tile, LoopExpr *j0,
                      int width, int most)
{
    Sparse own = *sparse;
    own.gather.site.into = into;
    for_rows(lower, &own.gather);
    Parts parts = even_parts(own.steps, most);
    const char *name = stream_of(lower, own.gather.node->out)->name;
    Block block = {.sparse = &own,
                   .tile = tile,
                   .j0 = j0,
                   .width = width,
                   .sums = sums_buffer(lower, name, parts.size, width)};
    if (own.map->plan->sparse_rows)
        emit_by_taps(lower, block, own.gather.site.into, parts);
    else
        emit_positions(lower, block, own.gather.site.into, parts);
}

/* `width` channels of a tile, as much at a time as registers hold. */
static void emit_channels(Lower *lower, const Sparse *sparse, LoopBlock *into, LoopExpr *tile, int width)
{
    LoopExpr *zero = num(lower, 0);
    if (width < WINDOW_NARROW_WIDTH) {
        emit_rows(lower, sparse, into, tile, zero, width, SPARSE_STEPS);
        return;
    }
    emit_rows(lower, sparse, if_wide(lower, into, true), tile, zero, width, SPARSE_STEPS);
    LoopBlock *narrow = if_wide(lower, into, false);
    LoopStmt *parts = for_range(lower, narrow, "part", width / WINDOW_NARROW_WIDTH);
    LoopExpr *j0 =
        loop_local(lower, &parts->body, "j1",
                   op2(lower, OP_MUL, loop_variable(lower, parts), num(lower, WINDOW_NARROW_WIDTH)));
    emit_rows(lower, sparse, &parts->body, tile, j0, WINDOW_NARROW_WIDTH, SPARSE_NARROW_STEPS);
    if (width % WINDOW_NARROW_WIDTH > 0)
        emit_rows(lower, sparse, narrow, tile, num(lower, width / WINDOW_NARROW_WIDTH * WINDOW_NARROW_WIDTH),
                  width % WINDOW_NARROW_WIDTH, SPARSE_NARROW_STEPS);
}

static void emit_block(Lower *lower, Sparse sparse, LoopBlock *into, LoopExpr *t0, int steps)
{
    int outs = sparse.gather.outs, tiles = outs / WINDOW_WIDTH, rest = outs % WINDOW_WIDTH;
    sparse.t0 = t0;
    sparse.steps = steps;
    sparse.gather.site.into = into;
    emit_lists(lower, &sparse, sparse.gather.site);
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, into, "tile", tiles);
        emit_channels(lower, &sparse, &loop->body, loop_variable(lower, loop), WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_channels(lower, &sparse, into, num(lower, tiles), rest);
}

static void emit_blocks(Lower *lower, const Sparse *sparse, LoopBlock *into, int t0, int steps, int blocks)
{
    if (blocks == 0)
        return;
    LoopStmt *loop = for_range(lower, into, "block", blocks);
    LoopExpr *first = scaled_plus(lower, loop_variable(lower, loop), steps, num(lower, t0));
    emit_block(lower, *sparse, &loop->body, loop_local(lower, &loop->body, "t0", first), steps);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", of neurons that have a gradient");
    Sparse sparse = sparse_of(lower, map);
    sparse.gather.site = site;
    Parts parts = even_parts(walk.steps, SPARSE_STEPS);
    emit_blocks(lower, &sparse, site.into, 0, parts.size, parts.large);
    emit_blocks(lower, &sparse, site.into, parts.large * parts.size, parts.size - 1, parts.small);
}

const MapKernel by_sparse = {.serves = serves, .prepare = prepare, .forward = forward};
