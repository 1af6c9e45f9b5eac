/* Dense maps of many weights, for all steps of one sample: of a block of inputs and a part of the outputs, weights stay in the
 * first cache while the events of that block are added at every step. Events of a list come block by block, so each sum is made
 * in the order of the list. Where so few inputs spike that a block has hardly any event in a step, rows are added step by step. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

typedef struct Blocks {
    const Linear *map;
    BufferId ends; /* [steps][blocks + 1]: where a block's events begin, and the last one's end */
    BufferId sums; /* of a part */
    int count;     /* of blocks */
    int width;     /* of a part */
} Blocks;

static bool serves(const Linear *linear)
{
    return linear->plan->event_blocks > 0;
}

static void prepare(Lower *lower, Linear *linear)
{
    lists_prepare(lower, linear->node->in);
}

static int block_count(const Lower *lower, const Linear *linear)
{
    return loop_list_columns(stream_size(lower, linear->node->in)) / LOOP_LIST_BLOCK + 1;
}

/* Of all steps of the sample there are so many events that blocks are worth it. */
static LoopBlock *branch(Lower *lower, const Linear *linear, Site site, bool chosen)
{
    const SpikeBuffers *lists = &lower->streams[linear->node->in].spikes;
    int steps = linear->plan->steps, least = BLOCK_EVENTS * block_count(lower, linear) * steps;
    LoopExpr *events = load2(lower, lists->ends, site.b, num(lower, steps));
    return &loop_if(lower->arena, site.into, op2(lower, chosen ? OP_GE : OP_LT, events, num(lower, least)))
                ->body;
}

/* The block that unit i is of: eight neighbours of each of eight rows; the last one is of what stands behind these rows. */
static LoopExpr *block_of(Lower *lower, const Blocks *blocks, LoopExpr *i)
{
    int columns = loop_list_columns(stream_size(lower, blocks->map->node->in));
    LoopExpr *row = op2(lower, OP_DIV, i, num(lower, columns));
    LoopExpr *column = op2(lower, OP_SUB, i, op2(lower, OP_MUL, row, num(lower, columns)));
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, row, num(lower, LOOP_LIST_ROWS)),
                   op2(lower, OP_DIV, column, num(lower, LOOP_LIST_BLOCK)), num(lower, blocks->count - 1));
}

/* Where each block's events of the step end: behind its last one, which comes last; with none, where those of the block before do.
 * Nothing that was stored is read for the next event: a processor would wait for it. */
static void emit_ends(Lower *lower, const Blocks *blocks, Site site)
{
    const SpikeBuffers *lists = &lower->streams[blocks->map->node->in].spikes;
    LoopExpr *one = num(lower, 1);
    LoopStmt *zeros = for_bounds(lower, site.into, "k", one, num(lower, blocks->count + 1));
    store2(lower, &zeros->body, blocks->ends, site.t, loop_variable(lower, zeros), num(lower, 0), false);
    LoopExpr *begin = load2(lower, lists->ends, site.b, site.t);
    LoopExpr *end = load2(lower, lists->ends, site.b, op2(lower, OP_ADD, site.t, one));
    store2(lower, site.into, blocks->ends, site.t, num(lower, 0), begin, false);
    LoopStmt *events = for_bounds(lower, site.into, "e", begin, end);
    LoopExpr *e = loop_variable(lower, events);
    LoopExpr *i = loop_local(lower, &events->body, "i", load2(lower, lists->event, site.b, e));
    LoopExpr *next = op2(lower, OP_ADD, block_of(lower, blocks, i), one);
    store2(lower, &events->body, blocks->ends, site.t, next, op2(lower, OP_ADD, e, one), false);
    LoopStmt *loop = for_range(lower, site.into, "k", blocks->count);
    LoopExpr *k = loop_variable(lower, loop);
    next = op2(lower, OP_ADD, k, one);
    LoopExpr *last =
        op2(lower, OP_MAX, load2(lower, blocks->ends, site.t, k), load2(lower, blocks->ends, site.t, next));
    store2(lower, &loop->body, blocks->ends, site.t, next, last, false);
}

/* Adds the events of block k to the part of the outputs that begins at `first`. */
static void emit_block(Lower *lower, const Blocks *blocks, Site site, LoopExpr *k, LoopExpr *first)
{
    const Linear *map = blocks->map;
    StreamId out = map->node->out;
    LoopExpr *zero = num(lower, 0), *next = op2(lower, OP_ADD, k, num(lower, 1));
    LoopStmt *loop = for_units(lower, site.into, "j", blocks->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *sum = load_stream(lower, out, site, op2(lower, OP_ADD, first, j));
    store2(lower, &loop->body, blocks->sums, zero, j, sum, false);
    LoopStmt *events = for_bounds(lower, site.into, "e", load2(lower, blocks->ends, site.t, k),
                                  load2(lower, blocks->ends, site.t, next));
    LoopExpr *event =
        load2(lower, lower->streams[map->node->in].spikes.event, site.b, loop_variable(lower, events));
    LoopExpr *i = loop_local(lower, &events->body, "i", event);
    loop = for_units(lower, &events->body, "j", blocks->width);
    j = loop_variable(lower, loop);
    store2(lower, &loop->body, blocks->sums, zero, j,
           matrix_load(lower, &map->matrix, i, op2(lower, OP_ADD, first, j)), true);
    loop = for_units(lower, site.into, "j", blocks->width);
    j = loop_variable(lower, loop);
    site.into = &loop->body;
    store_stream(lower, out, site, op2(lower, OP_ADD, first, j), load2(lower, blocks->sums, zero, j), false);
}

static Blocks make_blocks(Lower *lower, const Linear *map)
{
    const char *name = stream_of(lower, map->node->out)->name;
    Blocks blocks = {.map = map, .count = block_count(lower, map), .width = map->plan->event_blocks};
    int dims[2] = {map->plan->steps, blocks.count + 1};
    blocks.ends = named_buffer(lower, "block_ends_of", name, TYPE_I32, BUFFER_LOCAL, false, 2, dims);
    blocks.sums = sums_buffer(lower, name, 1, blocks.width);
    return blocks;
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Blocks blocks = make_blocks(lower, map);
    int width = stream_size(lower, map->node->out);
    if (walk.b0) {
        site = walk_samples(lower, walk, site);
        site.into = branch(lower, map, site, true);
    }
    note_map(lower, map, site.into, ", block by block of the events");
    Site step = walk_steps(lower, walk, site);
    Rows rows = {.map = map, .count = 1, .width = width, .in_place = true};
    emit_sums_start(lower, &rows, step);
    emit_ends(lower, &blocks, step);
    LoopStmt *over_blocks = for_range(lower, site.into, "block", blocks.count);
    LoopStmt *parts = for_range(lower, &over_blocks->body, "part", width / blocks.width);
    LoopExpr *first = loop_local(lower, &parts->body, "first",
                                 op2(lower, OP_MUL, loop_variable(lower, parts), num(lower, blocks.width)));
    site.into = &parts->body;
    emit_block(lower, &blocks, walk_steps(lower, walk, site), loop_variable(lower, over_blocks), first);
}

const MapKernel by_event_blocks = {
    .serves = serves, .prepare = prepare, .branch = branch, .forward = forward, .asks = true};
