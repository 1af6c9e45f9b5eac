/* Maps along time that mix all units, as delays do: each output sums its inputs of some steps. Inputs that are not 0 are
 * followed: each adds its weights for all taps, which are next to each other, to as many steps of some outputs, which stay
 * in a cache. Gradients of the weights are the same sums turned round. Back to the inputs go products of some steps at a
 * time. */
#include "lower/maps/taps.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/times.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->taps && (!linear->plan->frequencies || linear->plan->choice);
}

Taps taps_of(const Node *node)
{
    const AxisMap *map = node->map;
    Taps taps = {node, map->time.in, map->time.taps, map->space[0].in, map->space[0].out, 0, 0, 0};
    bool turned = node->kind == NODE_MAP && node->transposed;
    taps.units = turned ? taps.ins : taps.outs;
    Parts parts = even_parts(taps.units, turned ? STEPS_WIDTH : TAPS_WIDTH);
    taps.width = parts.size;
    taps.tiles = parts.large + parts.small;
    return taps;
}

LoopExpr *taps_first(Lower *lower, LoopBlock *into, LoopExpr *tile, int width)
{
    return loop_local(lower, into, "j0", op2(lower, OP_MUL, tile, num(lower, width)));
}

LoopExpr *taps_count(Lower *lower, LoopBlock *into, LoopExpr *j0, int units, int width)
{
    LoopExpr *all = num(lower, width);
    if (units % width == 0)
        return all;
    return loop_local(lower, into, "width", least(lower, op2(lower, OP_SUB, num(lower, units), j0), all));
}

static LoopExpr *first_unit(Lower *lower, const Taps *taps, LoopBlock *into, LoopExpr *tile)
{
    return taps_first(lower, into, tile, taps->width);
}

static LoopExpr *count_of(Lower *lower, const Taps *taps, LoopBlock *into, LoopExpr *j0)
{
    return taps_count(lower, into, j0, taps->units, taps->width);
}

LoopStmt *taps_some(Lower *lower, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    LoopStmt *loop = for_bounds(lower, into, "j", from, to);
    loop->independent = true;
    return loop;
}

LoopExpr *taps_row(Lower *lower, const Taps *taps, LoopExpr *later, LoopExpr *i)
{
    return scaled_plus(lower, op2(lower, OP_SUB, num(lower, taps->taps - 1), later), taps->ins, i);
}

/* Some steps of a sample with room for what comes later: [steps + taps - 1][units]. */
static BufferId rows_buffer(Lower *lower, const Taps *taps, StreamId stream, int units)
{
    int dims[2] = {taps->steps + taps->taps - 1, units};
    return named_buffer(lower, "rows_of", stream_of(lower, stream)->name, TYPE_F32, BUFFER_LOCAL, false, 2,
                        dims);
}

static void zero_rows(Lower *lower, LoopBlock *into, BufferId rows, int from)
{
    const Buffer *buffer = &lower->program->buffers.at[rows];
    LoopStmt *steps = for_bounds(lower, into, "t", num(lower, from), num(lower, buffer->dims[0]));
    LoopStmt *loop = for_units(lower, &steps->body, "j", buffer->dims[1]);
    store2(lower, &loop->body, rows, loop_variable(lower, steps), loop_variable(lower, loop),
           loop_float(lower->arena, 0), false);
}

void taps_copy(Lower *lower, const Taps *taps, Site site, StreamId stream, BufferId rows, LoopExpr *j0,
               LoopExpr *count)
{
    site = walk_steps(lower, (Walk){NULL, NULL, taps->steps}, site);
    LoopStmt *loop = taps_some(lower, site.into, num(lower, 0), count);
    LoopExpr *j = loop_variable(lower, loop);
    site.into = &loop->body;
    LoopExpr *value = load_stream(lower, stream, site, op2(lower, OP_ADD, j0, j));
    store2(lower, site.into, rows, site.t, j, loop_cast(lower->arena, TYPE_F32, value), false);
}

/* ---- weights, tile by tile ---- */

/* Of a tile, element [outer][inner][j], of outer and inner indices that are inputs and steps, or steps and outputs. */
static void emit_tile(Lower *lower, const Taps *taps, LoopBlock *into, BufferId tiles, LoopExpr *tile)
{
    const Node *node = taps->node;
    LoopExpr *place[2], *j0 = first_unit(lower, taps, into, tile), *count = count_of(lower, taps, into, j0);
    const char *outer = node->transposed ? "later" : "i", *inner = node->transposed ? "o" : "later";
    LoopStmt *loop_a = for_range(lower, into, outer, lower->program->buffers.at[tiles].dims[1]);
    LoopStmt *loop_b = for_range(lower, &loop_a->body, inner, lower->program->buffers.at[tiles].dims[2]);
    LoopExpr *a = loop_variable(lower, loop_a), *b = loop_variable(lower, loop_b);
    LoopStmt *loop = taps_some(lower, &loop_b->body, num(lower, 0), count);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, j0, j);
    int n = node->transposed ? weight_place(lower, node, taps_row(lower, taps, a, unit), b, place)
                             : weight_place(lower, node, taps_row(lower, taps, b, a), unit, place);
    loop_store(lower->program, &loop->body, tiles, 4, (LoopExpr *[]){tile, a, b, j},
               loop_load(lower->program, weight_values(lower, node), n, place), false);
    if (count->kind == LOOP_NUMBER)
        return;
    LoopStmt *zeros = taps_some(lower, &loop_b->body, count, num(lower, taps->width));
    loop_store(lower->program, &zeros->body, tiles, 4,
               (LoopExpr *[]){tile, a, b, loop_variable(lower, zeros)}, loop_float(lower->arena, 0), false);
}

void taps_prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    Taps taps = taps_of(node);
    const char *name = weight_name(lower->net, node);
    bool turned = node->transposed;
    if (linear->tiles >= 0)
        return;
    int dims[4] = {taps.tiles, turned ? taps.taps : taps.ins, turned ? taps.outs : taps.taps, taps.width};
    linear->tiles = named_buffer(lower, "tiles_of", name, TYPE_F32, BUFFER_SCRATCH, false, 4, dims);
    kernel_begin(lower, turned ? "turn" : "tile", name,
                 arena_printf(lower->arena, "%s: weights of %d units next to each other", name, taps.width),
                 node->span, taps.tiles);
    LoopStmt *items = kernel_items(lower, "tile");
    LoopBlock *into = if_narrow(lower, node, &items->body, false);
    emit_tile(lower, &taps, into, linear->tiles, loop_variable(lower, items));
    if (!turned && (!linear->plan->frequencies || linear->plan->choice))
        times_prepare(lower, node->in);
}

/* ---- events ---- */

void taps_add_heard(Lower *lower, LoopBlock *into, BufferId sums, int count, LoopExpr *const *place,
                    LoopExpr *x, LoopExpr *value)
{
    if (x)
        store_product(lower, into, sums, count, place, x, value);
    else
        loop_store(lower->program, into, sums, count, place, value, true);
}

void taps_times(Lower *lower, StreamId in, Site site, LoopExpr *i, LoopExpr *unit, TapsTimes *emit,
                const void *context)
{
    LoopExpr *end, *from = times_from(lower, in, site, unit, &end);
    for (int together = TAPS_TIMES; together > 0; together /= 2) {
        LoopExpr *groups = op2(lower, OP_DIV, op2(lower, OP_SUB, end, from), num(lower, together));
        groups = loop_local(lower, site.into, "groups", groups);
        LoopStmt *loop = for_bounds(lower, site.into, "group", num(lower, 0), groups);
        Site inner = site;
        inner.into = &loop->body;
        LoopExpr *e = scaled_plus(lower, loop_variable(lower, loop), together, from);
        emit(lower, context, inner, i, unit, loop_local(lower, inner.into, "e", e), together);
        if (together > 1)
            from = loop_local(lower, site.into, "left", scaled_plus(lower, groups, together, from));
    }
}

/* ---- maps ---- */

/* The rows += what input i contributes. */
static void emit_input(Lower *lower, const Taps *taps, const Linear *map, Site site, LoopExpr *tile,
                       LoopExpr *i, BufferId rows)
{
    LoopExpr *e;
    site.into = &loop_times(lower, taps->node->in, site, i, &e)->body;
    site.t = time_at(lower, taps->node->in, site, e);
    LoopExpr *x = heard_at(lower, taps->node->in, site, e);
    LoopStmt *later = for_range(lower, site.into, "later", taps->taps);
    LoopExpr *k = loop_variable(lower, later);
    LoopStmt *loop = for_units(lower, &later->body, "j", taps->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *w = loop_load(lower->program, map->tiles, 4, (LoopExpr *[]){tile, i, k, j});
    taps_add_heard(lower, &loop->body, rows, 2, (LoopExpr *[]){op2(lower, OP_ADD, site.t, k), j}, x, w);
}

static void store_rows(Lower *lower, const Taps *taps, Site site, BufferId rows, LoopExpr *j0,
                       LoopExpr *count)
{
    ParamId bias = taps->node->bias;
    site = walk_steps(lower, (Walk){NULL, NULL, taps->steps}, site);
    LoopStmt *loop = taps_some(lower, site.into, num(lower, 0), count);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, j0, j);
    LoopExpr *value = load2(lower, rows, site.t, j);
    if (bias != NONE)
        value = op2(lower, OP_ADD, value, load1(lower, lower->params[bias].values, unit));
    site.into = &loop->body;
    store_stream(lower, taps->node->out, site, unit, value, false);
}

static void emit_map(Lower *lower, const Linear *map, Site site)
{
    Taps taps = taps_of(map->node);
    note_map(lower, map, site.into, ", all taps of an input that is not 0");
    BufferId rows = rows_buffer(lower, &taps, taps.node->out, taps.width);
    LoopStmt *tiles = for_range(lower, site.into, "tile", taps.tiles);
    site.into = &tiles->body;
    LoopExpr *tile = loop_variable(lower, tiles), *j0 = first_unit(lower, &taps, site.into, tile);
    LoopExpr *count = count_of(lower, &taps, site.into, j0);
    zero_rows(lower, site.into, rows, 0);
    LoopStmt *inputs = for_range(lower, site.into, "i", taps.ins);
    Site inner = site;
    inner.into = &inputs->body;
    emit_input(lower, &taps, map, inner, tile, loop_variable(lower, inputs), rows);
    store_rows(lower, &taps, site, rows, j0, count);
}

/* ---- back to the inputs ---- */

/* Steps t0 .. t0 + count - 1 of the units of a tile: [count][width] sums. */
typedef struct Made {
    const Taps *taps;
    const Linear *map;
    BufferId rows, sums;
    LoopExpr *tile, *t0;
    int count;
} Made;

static void emit_products_of(Lower *lower, const Made *made, LoopBlock *into)
{
    const Taps *taps = made->taps;
    LoopExpr *x[STEPS_TOGETHER];
    LoopStmt *later = for_range(lower, into, "later", taps->taps);
    LoopStmt *outputs = for_range(lower, &later->body, "o", taps->outs);
    LoopExpr *k = loop_variable(lower, later), *o = loop_variable(lower, outputs);
    LoopExpr *at = op2(lower, OP_ADD, made->t0, k);
    for (int r = 0; r < made->count; r++)
        x[r] = loop_local(lower, &outputs->body, arena_printf(lower->arena, "x%d", r),
                          load2(lower, made->rows, op2(lower, OP_ADD, at, num(lower, r)), o));
    LoopStmt *loop = for_units(lower, &outputs->body, "j", taps->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *w =
        loop_local(lower, &loop->body, "w",
                   loop_load(lower->program, made->map->tiles, 4, (LoopExpr *[]){made->tile, k, o, j}));
    for (int r = 0; r < made->count; r++)
        store_product(lower, &loop->body, made->sums, 2, (LoopExpr *[]){num(lower, r), j}, x[r], w);
}

/* So many blocks of steps, from `first` on. */
static void emit_blocks(Lower *lower, Made made, Site site, LoopExpr *i0, LoopExpr *width, int first,
                        int blocks)
{
    if (blocks == 0)
        return;
    made.sums =
        sums_buffer(lower, stream_of(lower, made.taps->node->out)->name, made.count, made.taps->width);
    LoopStmt *loop = for_range(lower, site.into, "block", blocks);
    site.into = &loop->body;
    made.t0 = loop_local(lower, site.into, "t0",
                         scaled_plus(lower, loop_variable(lower, loop), made.count, num(lower, first)));
    zero_sums(lower, site.into, made.sums, made.count, made.taps->width);
    emit_products_of(lower, &made, site.into);
    for (int r = 0; r < made.count; r++) {
        LoopStmt *units = taps_some(lower, site.into, num(lower, 0), width);
        LoopExpr *j = loop_variable(lower, units);
        Site to = site;
        to.into = &units->body;
        to.t = op2(lower, OP_ADD, made.t0, num(lower, r));
        store_stream(lower, made.taps->node->out, to, op2(lower, OP_ADD, i0, j),
                     load2(lower, made.sums, num(lower, r), j), false);
    }
}

static void emit_turned(Lower *lower, const Linear *map, Site site)
{
    Taps taps = taps_of(map->node);
    note_map(lower, map, site.into, ", some steps at a time");
    Made made = {.taps = &taps, .map = map, .rows = rows_buffer(lower, &taps, taps.node->in, taps.outs)};
    taps_copy(lower, &taps, site, taps.node->in, made.rows, num(lower, 0), num(lower, taps.outs));
    zero_rows(lower, site.into, made.rows, taps.steps);
    LoopStmt *tiles = for_range(lower, site.into, "tile", taps.tiles);
    site.into = &tiles->body;
    made.tile = loop_variable(lower, tiles);
    LoopExpr *i0 = first_unit(lower, &taps, site.into, made.tile),
             *width = count_of(lower, &taps, site.into, i0);
    Parts parts = even_parts(taps.steps, STEPS_TOGETHER);
    made.count = parts.size;
    emit_blocks(lower, made, site, i0, width, 0, parts.large);
    made.count--;
    emit_blocks(lower, made, site, i0, width, parts.large * parts.size, parts.small);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    (map->node->transposed ? emit_turned : emit_map)(lower, map, site);
}

/* ---- gradients ---- */

/* Inputs i0 .. i0 + count - 1 by the outputs of a tile: [inputs][taps][width] sums. */
typedef struct Block {
    const Taps *taps;
    LoopExpr *i0, *count, *j0, *width;
    BufferId rows, sums;
} Block;

static void for_weights(Lower *lower, const Block *block, LoopBlock **into, LoopExpr **i, LoopExpr **k)
{
    LoopStmt *inputs = for_bounds(lower, *into, "i", num(lower, 0), block->count);
    LoopStmt *later = for_range(lower, &inputs->body, "later", block->taps->taps);
    *i = loop_variable(lower, inputs);
    *k = loop_variable(lower, later);
    *into = &later->body;
}

static void zero_block(Lower *lower, const Block *block, LoopBlock *into)
{
    LoopExpr *i, *k;
    for_weights(lower, block, &into, &i, &k);
    LoopStmt *loop = for_units(lower, into, "j", block->taps->width);
    loop_store(lower->program, &loop->body, block->sums, 3, (LoopExpr *[]){i, k, loop_variable(lower, loop)},
               loop_float(lower->arena, 0), false);
}

/* The sums of input i, which is a unit of the sample, += what it contributes at steps that stand from e on in its list. */
static void emit_some_times(Lower *lower, const void *context, Site site, LoopExpr *i, LoopExpr *unit,
                            LoopExpr *e, int count)
{
    (void)unit;
    const Block *block = context;
    StreamId in = block->taps->node->in;
    LoopExpr *t[TAPS_TIMES], *x[TAPS_TIMES];
    for (int r = 0; r < count; r++) {
        LoopExpr *at = op2(lower, OP_ADD, e, num(lower, r));
        t[r] = time_at(lower, in, site, at);
        x[r] = heard_at(lower, in, site, at);
    }
    LoopStmt *later = for_range(lower, site.into, "later", block->taps->taps);
    LoopExpr *k = loop_variable(lower, later);
    LoopStmt *loop = for_units(lower, &later->body, "j", block->taps->width);
    LoopExpr *j = loop_variable(lower, loop), *place[3] = {i, k, j};
    LoopExpr *sum = loop_load(lower->program, block->sums, 3, place);
    for (int r = 0; r < count; r++) {
        LoopExpr *g = load2(lower, block->rows, op2(lower, OP_ADD, t[r], k), j);
        sum = x[r] ? multiply_add(lower, sum, x[r], g) : op2(lower, OP_ADD, sum, g);
    }
    loop_store(lower->program, &loop->body, block->sums, 3, place, sum, false);
}

/* The sums += what a sample contributes. */
static void emit_sample(Lower *lower, const Block *block, Site site)
{
    const Node *node = block->taps->node;
    taps_copy(lower, block->taps, site, node->aux, block->rows, block->j0, block->width);
    LoopStmt *inputs = for_bounds(lower, site.into, "i", num(lower, 0), block->count);
    LoopExpr *i = loop_variable(lower, inputs);
    site.into = &inputs->body;
    LoopExpr *unit = loop_local(lower, site.into, "unit", op2(lower, OP_ADD, block->i0, i));
    taps_times(lower, node->in, site, i, unit, emit_some_times, block);
}

static void emit_totals(Lower *lower, const Block *block, LoopBlock *into)
{
    const Node *node = block->taps->node;
    LoopExpr *i, *k, *place[2];
    for_weights(lower, block, &into, &i, &k);
    LoopStmt *loop = taps_some(lower, into, num(lower, 0), block->width);
    LoopExpr *j = loop_variable(lower, loop);
    int count = weight_place(lower, node, taps_row(lower, block->taps, k, op2(lower, OP_ADD, block->i0, i)),
                             op2(lower, OP_ADD, block->j0, j), place);
    loop_store(lower->program, &loop->body, weight_gradient(lower, node), count, place,
               loop_load(lower->program, block->sums, 3, (LoopExpr *[]){i, k, j}), true);
}

void taps_gradient(Lower *lower, const Node *node)
{
    Taps taps = taps_of(node);
    const char *name = weight_name(lower->net, node);
    int blocks = (taps.ins + TAPS_INPUTS - 1) / TAPS_INPUTS,
        most = taps.ins < TAPS_INPUTS ? taps.ins : TAPS_INPUTS;
    times_prepare(lower, node->in);
    kernel_begin(lower, "gradient", name,
                 arena_printf(lower->arena, "gradient of %s, by inputs that are not 0", name), node->span,
                 taps.tiles * blocks);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, node, &items->body, false);
    into = if_chosen(lower, node, (Site){.into = into}, false);
    LoopExpr *item = loop_variable(lower, items);
    LoopExpr *tile = loop_local(lower, into, "tile", op2(lower, OP_DIV, item, num(lower, blocks)));
    LoopExpr *number = op2(lower, OP_SUB, item, op2(lower, OP_MUL, tile, num(lower, blocks)));
    Block block = {.taps = &taps, .j0 = first_unit(lower, &taps, into, tile)};
    block.i0 = loop_local(lower, into, "i0", op2(lower, OP_MUL, number, num(lower, TAPS_INPUTS)));
    block.count =
        loop_local(lower, into, "inputs",
                   least(lower, op2(lower, OP_SUB, num(lower, taps.ins), block.i0), num(lower, most)));
    block.width = count_of(lower, &taps, into, block.j0);
    block.rows = rows_buffer(lower, &taps, node->aux, taps.width);
    block.sums = named_buffer(lower, "sums_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                              (int[]){most, taps.taps, taps.width});
    zero_rows(lower, into, block.rows, 0);
    zero_block(lower, &block, into);
    LoopStmt *samples = for_bounds(lower, into, "b", num(lower, 0), loop_scalar(lower->arena, SCALAR_ROWS));
    emit_sample(lower, &block, (Site){.into = &samples->body, .b = loop_variable(lower, samples)});
    emit_totals(lower, &block, into);
}

const MapKernel by_taps = {
    .serves = serves, .prepare = taps_prepare, .forward = forward, .alone = taps_gradient};
