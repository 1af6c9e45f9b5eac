/* Gradients of the weights of convolutions. Of one tap, those of some inputs and some outputs are summed together, in
 * registers, over all positions of all rows; then they are added. Of transposed maps, inputs are the gradients of what these make,
 * and outputs what these read: if that is spikes, they become numbers, step by step, as sums in registers want them. So does what
 * narrow groups of channels read, which are summed side by side. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/gather.h"
#include "lower/maps/rows.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->windows && linear->plan->role == ROLE_MAP_GRAD;
}

/* A tap, and where there are outputs that read inputs by it. */
typedef struct Tap {
    const Linear *linear;
    Site site;
    Walk walk;
    LoopExpr *item;                          /* of slices of the inputs; NULL: all */
    int axes;                                /* that have windows */
    const MapAxis *axis;                     /* the first of them */
    LoopExpr *k[MAX_DIMS];                   /* the tap, by axis, */
    LoopExpr *from[MAX_DIMS], *to[MAX_DIMS]; /* and the outputs */
    LoopExpr *number;                        /* of the tap */
    Gather gather;                           /* its channels */
    BufferId numbers;                        /* [outputs]: those of the step; -1: they are numbers */
    BufferId copies; /* [positions][channels]: what outputs of narrow groups read at the step; -1: none */
} Tap;

/* Inputs i0 .. i0 + count - 1 by outputs j0 .. j0 + width - 1. */
typedef struct Block {
    const Tap *tap;
    LoopExpr *i0, *j0;
    LoopExpr *read; /* the first channel that its group reads */
    int count, width;
    BufferId sums;
} Block;

/* Those that meet inputs. */
static void for_taps(Lower *lower, Tap *tap)
{
    tap->number = num(lower, 0);
    for (int a = 0; a < tap->axes; a++) {
        int from, to;
        axis_met(&tap->axis[a], &from, &to);
        LoopStmt *loop = for_bounds(lower, tap->site.into, "tap", num(lower, from), num(lower, to));
        tap->site.into = &loop->body;
        tap->k[a] = loop_variable(lower, loop);
        tap->number = scaled_plus(lower, tap->number, tap->axis[a].taps, tap->k[a]);
        tap_outputs(lower, tap->site.into, &tap->axis[a], tap->k[a], &tap->from[a], &tap->to[a]);
    }
    tap->number = loop_local(lower, tap->site.into, "row",
                             op2(lower, OP_MUL, tap->number, num(lower, tap->gather.depth)));
}

/* ---- sums ---- */

/* Of input r of the block at a position whose channels begin at `first`: in a register for all outputs. */
static LoopExpr *emit_input(Lower *lower, const Block *block, Site site, LoopExpr *first, int r)
{
    LoopExpr *x =
        load_stream(lower, block->tap->linear->node->in, site, op2(lower, OP_ADD, first, num(lower, r)));
    return loop_local(lower, site.into, arena_printf(lower->arena, "x%d", r),
                      loop_cast(lower->arena, TYPE_F32, x));
}

/* The sums += what one position contributes: one input after the other, so that it is in a register only for its own products,
 * and the gradients for all. */
static void emit_position(Lower *lower, const Block *block, Site site, LoopExpr *input, LoopExpr *output)
{
    const Tap *tap = block->tap;
    const Gather *gather = &tap->gather;
    LoopExpr *first =
        gather->spread
            ? scaled_plus(lower, scaled_plus(lower, input, gather->depth, block->i0), gather->outs, block->j0)
            : scaled_plus(lower, input, gather->ins, op2(lower, OP_ADD, block->read, block->i0));
    first = loop_local(lower, site.into, "in", first);
    output = loop_local(lower, site.into, "out", scaled_plus(lower, output, gather->outs, block->j0));
    for (int r = 0; r < block->count; r++) {
        LoopExpr *x = gather->spread ? NULL : emit_input(lower, block, site, first, r);
        LoopStmt *loop = for_units(lower, site.into, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *at = op2(lower, OP_ADD, output, j);
        LoopExpr *g = tap->numbers < 0 ? load_stream(lower, tap->linear->node->aux, site, at)
                                       : load1(lower, tap->numbers, at);
        if (gather->spread)
            x = load1(lower, tap->copies,
                      op2(lower, OP_ADD, op2(lower, OP_ADD, first, num(lower, r * gather->outs)), j));
        store_product(lower, &loop->body, block->sums, 2, (LoopExpr *[]){num(lower, r), j}, x, g);
    }
}

static void emit_positions(Lower *lower, const Block *block, LoopBlock *into)
{
    const Tap *tap = block->tap;
    LoopExpr *input = num(lower, 0), *output = num(lower, 0);
    Site site = tap->site;
    site.into = into;
    site = walk_rows(lower, tap->walk, site);
    for (int a = 0; a < tap->axes; a++) {
        const MapAxis *axis = &tap->axis[a];
        LoopStmt *loop = for_bounds(lower, site.into, axis->name, tap->from[a], tap->to[a]);
        LoopExpr *o = loop_variable(lower, loop);
        LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_MUL, o, num(lower, axis->stride)),
                           scaled_plus(lower, tap->k[a], axis->dilation, num(lower, -axis->before)));
        input = scaled_plus(lower, input, axis->in, at);
        output = scaled_plus(lower, output, axis->out, o);
        site.into = &loop->body;
    }
    emit_position(lower, block, site, input, output);
}

static void emit_block(Lower *lower, const Block *block, LoopBlock *into)
{
    const Tap *tap = block->tap;
    zero_sums(lower, into, block->sums, block->count, block->width);
    emit_positions(lower, block, into);
    for (int r = 0; r < block->count; r++) {
        LoopExpr *i = op2(lower, OP_ADD, op2(lower, OP_ADD, tap->number, block->i0), num(lower, r));
        LoopStmt *loop = for_units(lower, into, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop);
        matrix_store(lower, &loop->body, &tap->linear->matrix, i, op2(lower, OP_ADD, block->j0, j),
                     load2(lower, block->sums, num(lower, r), j), true);
    }
}

/* So many blocks of inputs, from i0 on; of a slice, its share. */
static void emit_blocks(Lower *lower, Block block, LoopBlock *into, int i0, int blocks)
{
    if (blocks == 0)
        return;
    LoopExpr *item = block.tap->item, *from = num(lower, 0), *to = num(lower, blocks);
    if (item) {
        from = slice_begin(lower, blocks, item);
        to = slice_begin(lower, blocks, op2(lower, OP_ADD, item, num(lower, 1)));
    }
    LoopStmt *loop = for_bounds(lower, into, "block", from, to);
    LoopExpr *i = scaled_plus(lower, loop_variable(lower, loop), block.count, num(lower, i0));
    block.i0 = loop_local(lower, &loop->body, "i0", i);
    emit_block(lower, &block, &loop->body);
}

/* Outputs from j0 on, as many as their sums with up to `most` inputs, from channel `read` on. */
static void emit_outputs(Lower *lower, const Tap *tap, LoopBlock *into, LoopExpr *j0, LoopExpr *read,
                         int width, int most)
{
    Parts parts = even_parts(tap->gather.depth, most);
    const char *name = weight_name(lower->net, tap->linear->node);
    Block block = {tap, NULL, j0, read, parts.size, width, sums_buffer(lower, name, parts.size, width)};
    emit_blocks(lower, block, into, 0, parts.large);
    block.count--;
    emit_blocks(lower, block, into, parts.large * parts.size, parts.small);
}

/* All outputs of a group, up to `width` at a time. */
static void emit_group(Lower *lower, const Tap *tap, LoopBlock *into, LoopExpr *group, int width, int most)
{
    int made = tap->gather.made, blocks = made / width, rest = made % width;
    LoopExpr *read = op2(lower, OP_MUL, group, num(lower, tap->gather.depth));
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, into, "outputs", blocks);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, width));
        j0 = loop_local(lower, &loop->body, "j0", scaled_plus(lower, group, made, j0));
        emit_outputs(lower, tap, &loop->body, j0, read, width, most);
    }
    if (rest > 0)
        emit_outputs(lower, tap, into, scaled_plus(lower, group, made, num(lower, blocks * width)), read,
                     rest, most);
}

static void emit_tap(Lower *lower, const Tap *tap, LoopBlock *into, int width, int most)
{
    LoopExpr *group = num(lower, 0);
    if (tap->gather.groups > 1) {
        LoopStmt *loop = for_range(lower, into, "group", tap->gather.groups);
        group = loop_variable(lower, loop);
        into = &loop->body;
    }
    emit_group(lower, tap, into, group, width, most);
}

/* Whether what a sample has at all steps does not stay in a cache, where taps and blocks of a slice of the inputs read it again and
 * again. Then those of each step are summed by themselves. */
static bool goes_by_steps(const Lower *lower, const AxisMap *map, Walk walk)
{
    int64_t numbers = (int64_t)walk.steps * (map_inputs(map) + map_outputs(map));
    return walk.steps > 1 && numbers > done_from(lower->plan->options, TOGETHER_MOST);
}

static bool are_numbers(const Lower *lower, StreamId stream)
{
    BufferId values = lower->streams[stream].values;
    return values < 0 || lower->program->buffers.at[values].type == TYPE_F32;
}

static BufferId copy_numbers(Lower *lower, const Node *node, Site site)
{
    int outputs = map_outputs(node->map);
    BufferId numbers = named_buffer(lower, "numbers_of", stream_of(lower, node->aux)->name, TYPE_F32,
                                    BUFFER_LOCAL, false, 1, &outputs);
    LoopStmt *loop = for_units(lower, site.into, "n", outputs);
    site.into = &loop->body;
    LoopExpr *n = loop_variable(lower, loop), *value = load_stream(lower, node->aux, site, n);
    store1(lower, site.into, numbers, n, loop_cast(lower->arena, TYPE_F32, value), false);
    return numbers;
}

/* What each output's channels read. */
static BufferId copy_inputs(Lower *lower, const Node *node, const Gather *gather, Site site)
{
    int positions = map_inputs(node->map) / gather->ins, numbers = positions * box_channels(gather);
    BufferId copies = named_buffer(lower, "copies_of", stream_of(lower, node->in)->name, TYPE_F32,
                                   BUFFER_LOCAL, false, 1, &numbers);
    LoopStmt *loop_p = for_range(lower, site.into, "position", positions);
    LoopStmt *loop_i = for_range(lower, &loop_p->body, "i", gather->depth);
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", gather->outs);
    LoopExpr *p = loop_variable(lower, loop_p), *i = loop_variable(lower, loop_i),
             *j = loop_variable(lower, loop_j);
    LoopExpr *unit = scaled_plus(lower, p, gather->ins, spread_channel(lower, gather, i, j));
    LoopExpr *place = scaled_plus(lower, scaled_plus(lower, p, gather->depth, i), gather->outs, j);
    site.into = &loop_j->body;
    LoopExpr *value = load_stream(lower, node->in, site, unit);
    store1(lower, site.into, copies, place, loop_cast(lower->arena, TYPE_F32, value), false);
    return copies;
}

static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    const AxisMap *map = linear->node->map;
    LoopExpr *item = linear->plan->layer->cut == CUT_INPUTS ? site.tile->item : NULL;
    site.tile = NULL;
    note_gradient(lower, linear, site.into, ", tap by tap");
    bool numbers = are_numbers(lower, linear->node->aux);
    Gather gather = gather_of(linear->node);
    if (!numbers || gather.spread || (item && goes_by_steps(lower, map, walk))) {
        site = walk_rows(lower, walk, site);
        walk = (Walk){NULL, NULL, 0};
    }
    Tap tap = {.linear = linear,
               .site = site,
               .walk = walk,
               .item = item,
               .axes = map->count - 1,
               .axis = map->space,
               .gather = gather,
               .numbers = numbers ? -1 : copy_numbers(lower, linear->node, site),
               .copies = gather.spread ? copy_inputs(lower, linear->node, &gather, site) : -1};
    for_taps(lower, &tap);
    if (tap.gather.made < WINDOW_NARROW_WIDTH) {
        emit_tap(lower, &tap, tap.site.into, WINDOW_WIDTH, WINDOW_MOST);
        return;
    }
    emit_tap(lower, &tap, if_wide(lower, tap.site.into, true), WINDOW_WIDTH, WINDOW_MOST);
    emit_tap(lower, &tap, if_wide(lower, tap.site.into, false), WINDOW_NARROW_WIDTH, WINDOW_NARROW_MOST);
}

const MapKernel by_window_sums = {.serves = serves, .gradient = gradient};
