/* Maps along time whose synapses have few taps each, and gradients of their weights: each input that is not 0 adds a window of
 * weights to steps of an output that are next to each other, from where the synapse begins on; see narrow_taps.c. So steps of an
 * output stand in a row here, in order of time. Outputs are summed in the order of taps.c and recent.c, and are the same to the
 * bit. */
#include "lower/maps/frequencies.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/narrow_taps.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/times.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->narrow;
}

static void prepare(Lower *lower, Linear *linear)
{
    narrow_prepare(lower, linear->node);
    times_prepare(lower, linear->node->in);
}

static LoopBlock *branch(Lower *lower, const Linear *linear, Site site, bool chosen)
{
    return if_narrow(lower, linear->node, site.into, chosen);
}

/* ---- rows of steps, one for each output of a tile ---- */

static BufferId rows_buffer(Lower *lower, const Taps *taps, StreamId stream)
{
    return named_buffer(lower, "rows_of", stream_of(lower, stream)->name, TYPE_F32, BUFFER_LOCAL, false, 2,
                        (int[]){taps->width, narrow_room(taps)});
}

static void zero_rows(Lower *lower, const Taps *taps, LoopBlock *into, BufferId rows)
{
    LoopStmt *units = for_range(lower, into, "j", taps->width);
    LoopStmt *steps = for_units(lower, &units->body, "t", narrow_room(taps));
    store2(lower, &steps->body, rows, loop_variable(lower, units), loop_variable(lower, steps),
           loop_float(lower->arena, 0), false);
}

/* Some outputs, j0 .. j0 + count - 1. */
typedef struct Tiled {
    const Taps *taps;
    const Node *node;
    LoopExpr *tile, *j0, *count;
    BufferId rows;
} Tiled;

static Tiled tiled_at(Lower *lower, const Taps *taps, LoopBlock *into, LoopExpr *tile, BufferId rows)
{
    Tiled tiled = {.taps = taps, .node = taps->node, .tile = tile, .rows = rows};
    tiled.j0 = taps_first(lower, into, tile, taps->width);
    tiled.count = taps_count(lower, into, tiled.j0, taps->outs, taps->width);
    return tiled;
}

/* ---- the map ---- */

/* The rows += what input i contributes. */
static void emit_input(Lower *lower, const Tiled *tiled, Site site, LoopExpr *i)
{
    const Node *node = tiled->node;
    LoopExpr *e;
    site.into = &loop_times(lower, node->in, site, i, &e)->body;
    site.t = time_at(lower, node->in, site, e);
    LoopExpr *x = heard_at(lower, node->in, site, e);
    LoopStmt *units = for_range(lower, site.into, "j", tiled->taps->width);
    LoopExpr *j = loop_variable(lower, units);
    LoopExpr *at = op2(lower, OP_ADD, site.t, narrow_begin(lower, node, i, op2(lower, OP_ADD, tiled->j0, j)));
    at = loop_local(lower, &units->body, "at", at);
    LoopStmt *loop = for_units(lower, &units->body, "m", NARROW_TAPS);
    LoopExpr *m = loop_variable(lower, loop);
    taps_add_heard(lower, &loop->body, tiled->rows, 2, (LoopExpr *[]){j, op2(lower, OP_ADD, at, m)}, x,
                   narrow_weight(lower, node, i, tiled->tile, j, m));
}

static void store_rows(Lower *lower, const Tiled *tiled, Site site)
{
    const Node *node = tiled->node;
    site = walk_steps(lower, (Walk){NULL, NULL, tiled->taps->steps}, site);
    LoopStmt *loop = taps_some(lower, site.into, num(lower, 0), tiled->count);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, tiled->j0, j);
    LoopExpr *value = load2(lower, tiled->rows, j, site.t);
    if (node->bias != NONE)
        value = op2(lower, OP_ADD, value, load1(lower, lower->params[node->bias].values, unit));
    site.into = &loop->body;
    store_stream(lower, node->out, site, unit, value, false);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Taps taps = narrow_of(map->node, NARROW_WIDTH);
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", few taps of an input that is not 0");
    BufferId rows = rows_buffer(lower, &taps, map->node->out);
    LoopStmt *tiles = for_range(lower, site.into, "tile", taps.tiles);
    site.into = &tiles->body;
    Tiled tiled = tiled_at(lower, &taps, site.into, loop_variable(lower, tiles), rows);
    zero_rows(lower, &taps, site.into, rows);
    LoopStmt *inputs = for_range(lower, site.into, "i", taps.ins);
    Site inner = site;
    inner.into = &inputs->body;
    emit_input(lower, &tiled, inner, loop_variable(lower, inputs));
    store_rows(lower, &tiled, site);
}

/* ---- the gradient ---- */

/* Inputs i0 .. i0 + count - 1 by the outputs of a tile: [inputs][width][NARROW_TAPS] sums, of some samples, then of all. */
typedef struct Block {
    Tiled tiled;
    LoopExpr *i0, *count;
    BufferId sums, totals;
} Block;

/* A loop over inputs of the block. */
static LoopBlock *for_inputs(Lower *lower, const Block *block, LoopBlock *into, LoopExpr **i, LoopExpr **unit)
{
    LoopStmt *inputs = for_bounds(lower, into, "i", num(lower, 0), block->count);
    *i = loop_variable(lower, inputs);
    *unit = loop_local(lower, &inputs->body, "unit", op2(lower, OP_ADD, block->i0, *i));
    return &inputs->body;
}

/* Elements of the block, each of which becomes a value. */
static LoopBlock *for_elements(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *place[3])
{
    LoopStmt *inputs = for_bounds(lower, into, "i", num(lower, 0), block->count);
    LoopStmt *units = for_range(lower, &inputs->body, "j", block->tiled.taps->width);
    LoopStmt *loop = for_units(lower, &units->body, "m", NARROW_TAPS);
    place[0] = loop_variable(lower, inputs);
    place[1] = loop_variable(lower, units);
    place[2] = loop_variable(lower, loop);
    return &loop->body;
}

static void zero_block(Lower *lower, const Block *block, LoopBlock *into, BufferId sums)
{
    LoopExpr *place[3];
    into = for_elements(lower, block, into, place);
    loop_store(lower->program, into, sums, 3, place, loop_float(lower->arena, 0), false);
}

static void add_to_totals(Lower *lower, const Block *block, LoopBlock *into)
{
    LoopExpr *place[3];
    into = for_elements(lower, block, into, place);
    loop_store(lower->program, into, block->totals, 3, place,
               loop_load(lower->program, block->sums, 3, place), true);
}

/* With x times g, or g. */
static LoopExpr *add_part(Lower *lower, LoopExpr *part, LoopExpr *x, LoopExpr *g)
{
    return x ? multiply_add(lower, part, x, g) : op2(lower, OP_ADD, part, g);
}

/* The sums of input i += what it contributes, which is summed before, as long sums round more. */
static void emit_some_times(Lower *lower, const void *context, Site site, LoopExpr *i, LoopExpr *unit,
                            LoopExpr *e, int count)
{
    const Block *block = context;
    const Node *node = block->tiled.node;
    LoopExpr *t[TAPS_TIMES], *x[TAPS_TIMES], *at[TAPS_TIMES];
    for (int r = 0; r < count; r++) {
        LoopExpr *event = op2(lower, OP_ADD, e, num(lower, r));
        t[r] = time_at(lower, node->in, site, event);
        x[r] = heard_at(lower, node->in, site, event);
    }
    LoopStmt *units = for_range(lower, site.into, "j", block->tiled.taps->width);
    LoopExpr *j = loop_variable(lower, units);
    LoopExpr *begin = loop_local(lower, &units->body, "begin",
                                 narrow_begin(lower, node, unit, op2(lower, OP_ADD, block->tiled.j0, j)));
    for (int r = 0; r < count; r++)
        at[r] = loop_local(lower, &units->body, "at", op2(lower, OP_ADD, t[r], begin));
    LoopStmt *loop = for_units(lower, &units->body, "m", NARROW_TAPS);
    LoopExpr *m = loop_variable(lower, loop), *place[3] = {i, j, m};
    LoopExpr *part = NULL;
    for (int r = 0; r < count; r++) {
        LoopExpr *g = load2(lower, block->tiled.rows, j, op2(lower, OP_ADD, at[r], m));
        part = part ? add_part(lower, part, x[r], g) : x[r] ? op2(lower, OP_MUL, x[r], g) : g;
    }
    LoopExpr *sum = op2(lower, OP_ADD, loop_load(lower->program, block->sums, 3, place), part);
    loop_store(lower->program, &loop->body, block->sums, 3, place, sum, false);
}

/* rows[j][t] = the gradient of output j0 + j. */
static void copy_rows(Lower *lower, const Tiled *tiled, Site site)
{
    site = walk_steps(lower, (Walk){NULL, NULL, tiled->taps->steps}, site);
    LoopStmt *loop = taps_some(lower, site.into, num(lower, 0), tiled->count);
    LoopExpr *j = loop_variable(lower, loop);
    site.into = &loop->body;
    LoopExpr *value = load_stream(lower, tiled->node->aux, site, op2(lower, OP_ADD, tiled->j0, j));
    store2(lower, site.into, tiled->rows, j, site.t, loop_cast(lower->arena, TYPE_F32, value), false);
}

/* The sums += what a sample contributes. */
static void emit_sample(Lower *lower, const Block *block, Site site)
{
    LoopExpr *i, *unit;
    copy_rows(lower, &block->tiled, site);
    site.into = for_inputs(lower, block, site.into, &i, &unit);
    taps_times(lower, block->tiled.node->in, site, i, unit, emit_some_times, block);
}

/* What is there goes to the gradient. */
static void emit_totals(Lower *lower, const Block *block, LoopBlock *into)
{
    const Tiled *tiled = &block->tiled;
    LoopExpr *i, *unit, *place[2];
    into = for_inputs(lower, block, into, &i, &unit);
    LoopStmt *units = for_bounds(lower, into, "j", num(lower, 0), tiled->count);
    LoopExpr *j = loop_variable(lower, units);
    LoopExpr *begin = loop_local(lower, &units->body, "begin",
                                 narrow_begin(lower, tiled->node, unit, op2(lower, OP_ADD, tiled->j0, j)));
    LoopStmt *loop = for_range(lower, &units->body, "m", NARROW_TAPS);
    LoopExpr *m = loop_variable(lower, loop);
    LoopExpr *later = loop_local(lower, &loop->body, "later", op2(lower, OP_ADD, begin, m));
    LoopExpr *is = op2(lower, OP_LT, later, num(lower, tiled->taps->taps));
    LoopBlock *inside = &loop_if(lower->arena, &loop->body, is)->body;
    int count = weight_place(lower, tiled->node, taps_row(lower, tiled->taps, later, unit),
                             op2(lower, OP_ADD, tiled->j0, j), place);
    loop_store(lower->program, inside, weight_gradient(lower, tiled->node), count, place,
               loop_load(lower->program, block->totals, 3, (LoopExpr *[]){i, j, m}), true);
}

/* All samples, some after the other: long sums round more. */
static void emit_samples(Lower *lower, const Block *block, LoopBlock *into)
{
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    LoopExpr *parts = op2(lower, OP_DIV, op2(lower, OP_ADD, rows, num(lower, NARROW_SAMPLES - 1)),
                          num(lower, NARROW_SAMPLES));
    LoopStmt *loop = for_bounds(lower, into, "part", num(lower, 0), loop_local(lower, into, "parts", parts));
    into = &loop->body;
    LoopExpr *b0 = loop_local(lower, into, "b0",
                              op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, NARROW_SAMPLES)));
    LoopExpr *end =
        loop_local(lower, into, "b1", least(lower, op2(lower, OP_ADD, b0, num(lower, NARROW_SAMPLES)), rows));
    zero_block(lower, block, into, block->sums);
    LoopStmt *samples = for_bounds(lower, into, "b", b0, end);
    emit_sample(lower, block, (Site){.into = &samples->body, .b = loop_variable(lower, samples)});
    add_to_totals(lower, block, into);
}

static void emit_gradient(Lower *lower, const Node *node)
{
    Taps taps = narrow_of(node, NARROW_SUM_WIDTH);
    const char *name = weight_name(lower->net, node);
    int blocks = (taps.ins + NARROW_INPUTS - 1) / NARROW_INPUTS,
        most = taps.ins < NARROW_INPUTS ? taps.ins : NARROW_INPUTS;
    kernel_begin(
        lower, "gradient", name,
        arena_printf(lower->arena, "gradient of %s, by inputs that are not 0, few taps of each", name),
        node->span, taps.tiles * blocks);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, node, &items->body, true);
    LoopExpr *item = loop_variable(lower, items);
    LoopExpr *tile = loop_local(lower, into, "tile", op2(lower, OP_DIV, item, num(lower, blocks)));
    LoopExpr *number = op2(lower, OP_SUB, item, op2(lower, OP_MUL, tile, num(lower, blocks)));
    Block block = {.tiled = tiled_at(lower, &taps, into, tile, rows_buffer(lower, &taps, node->aux))};
    block.i0 = loop_local(lower, into, "i0", op2(lower, OP_MUL, number, num(lower, NARROW_INPUTS)));
    block.count =
        loop_local(lower, into, "inputs",
                   least(lower, op2(lower, OP_SUB, num(lower, taps.ins), block.i0), num(lower, most)));
    int dims[3] = {most, taps.width, NARROW_TAPS};
    block.sums = named_buffer(lower, "sums_of", name, TYPE_F32, BUFFER_LOCAL, false, 3, dims);
    block.totals = named_buffer(lower, "totals_of", name, TYPE_F32, BUFFER_LOCAL, false, 3, dims);
    zero_rows(lower, &taps, into, block.tiled.rows);
    zero_block(lower, &block, into, block.totals);
    emit_samples(lower, &block, into);
    emit_totals(lower, &block, into);
}

/* In batches in which few taps are not followed, by the kernel that serves it else. */
static void gradient_alone(Lower *lower, const Node *node)
{
    narrow_prepare(lower, node);
    times_prepare(lower, node->in);
    (plan_of(lower, node)->frequencies ? frequency_gradient : taps_gradient)(lower, node);
    emit_gradient(lower, node);
}

const MapKernel by_narrow = {
    .serves = serves, .prepare = prepare, .branch = branch, .forward = forward, .alone = gradient_alone};
