/* Convolutions of reals by 3 x 3 taps, and their transposes, with fewer products: see squares.h. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/squares.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->winograd && linear->plan->role == ROLE_MAP;
}

/* ---- weights ---- */

/* The weight by which channel j that is made reads channel i by tap k, in the order of what is read. */
static LoopExpr *weight(Lower *lower, const Node *node, LoopExpr *k, LoopExpr *i, LoopExpr *j)
{
    BufferId weights = weights_of(lower, node);
    int ins = map_mixed(node->map)->in, last = SQUARE_TAPS * SQUARE_TAPS - 1;
    if (node->transposed)
        return load2(lower, weights, i, scaled_plus(lower, op2(lower, OP_SUB, num(lower, last), k), ins, j));
    return load2(lower, weights, scaled_plus(lower, k, ins, i), j);
}

static int made_channels(const Node *node)
{
    return node->transposed ? map_mixed(node->map)->in : map_mixed(node->map)->out;
}

static int read_channels(const Node *node)
{
    return node->transposed ? map_mixed(node->map)->out : map_mixed(node->map)->in;
}

static int planes_of(Lower *lower, const Node *node)
{
    Squares squares = squares_of(lower, node, 0, 1, 1);
    return square_planes(&squares);
}

/* Of so many channels, in blocks of WINDOW_NARROW_WIDTH. */
static int blocks_of(int channels)
{
    return (channels + WINDOW_NARROW_WIDTH - 1) / WINDOW_NARROW_WIDTH;
}

/* Of spread weights: [planes][blocks x channels that are read][WINDOW_NARROW_WIDTH], and room so that planes do not begin at the same
 * place of a cache. */
static LoopExpr *spread_row(Lower *lower, const Node *node, LoopExpr *block, LoopExpr *i)
{
    return scaled_plus(lower, block, read_channels(node), i);
}

/* Channel i that is read, and those of a block that are made. */
typedef struct Weights {
    const Linear *map;
    const Squares *squares;
    LoopExpr *block, *i;
} Weights;

static LoopExpr *load_weight(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *j)
{
    const Weights *weights = of;
    return weight(lower, weights->map->node, scaled_plus(lower, y, SQUARE_TAPS, x), weights->i,
                  scaled_plus(lower, weights->block, WINDOW_NARROW_WIDTH, j));
}

static void store_weight(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *j,
                         LoopExpr *value)
{
    const Weights *weights = of;
    LoopExpr *at[3] = {plane_number(lower, weights->squares, y, x),
                       spread_row(lower, weights->map->node, weights->block, weights->i), j};
    loop_store(lower->program, into, weights->map->spread, 3, at, value, false);
}

static void emit_spread_weights(Lower *lower, const Linear *linear, LoopBlock *into, LoopExpr *block,
                                LoopExpr *i, int width)
{
    Squares squares = squares_of(lower, linear->node, 0, 1, 1);
    const SquareForm *y = squares.y.form, *x = squares.x.form;
    const Along along[2] = {{y->spread_weights, SQUARE_TAPS, y->planes},
                            {x->spread_weights, SQUARE_TAPS, x->planes}};
    Weights weights = {linear, &squares, block, i};
    transform(lower, into, along, width, &(Places){load_weight, store_weight, &weights});
}

/* Of a block, or the last one. */
static void emit_spread_block(Lower *lower, const Linear *linear, LoopBlock *into, LoopExpr *block, int width)
{
    LoopStmt *loop = for_range(lower, into, "i", read_channels(linear->node));
    emit_spread_weights(lower, linear, &loop->body, block, loop_variable(lower, loop), width);
}

static void prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    const char *name = weight_name(lower->net, node);
    int outs = made_channels(node), ins = read_channels(node), planes = planes_of(lower, node);
    int dims[3] = {planes, (blocks_of(outs) * ins) | 1, WINDOW_NARROW_WIDTH};
    linear->spread = named_buffer(lower, "spread", name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims);
    const char *to = arena_printf(lower->arena, "%d planes", planes);
    buffer_about(lower, linear->spread,
                 arena_printf(lower->arena, "in %s, some channels next to each other", to));
    kernel_begin(lower, "spread", name, arena_printf(lower->arena, "%s, spread to %s", name, to), node->span,
                 blocks_of(outs));
    LoopStmt *items = kernel_items(lower, "block");
    LoopExpr *block = loop_variable(lower, items);
    LoopBlock *into = &items->body;
    int whole = outs / WINDOW_NARROW_WIDTH, rest = outs % WINDOW_NARROW_WIDTH;
    if (rest > 0) {
        LoopExpr *last = op2(lower, OP_EQ, block, num(lower, whole));
        emit_spread_block(lower, linear, &loop_if(lower->arena, into, last)->body, block, rest);
        into = &loop_if(lower->arena, into, op2(lower, OP_LT, block, num(lower, whole)))->body;
    }
    if (whole > 0)
        emit_spread_block(lower, linear, into, block, WINDOW_NARROW_WIDTH);
}

/* ---- products ---- */

typedef struct Made {
    const Linear *map;
    const Squares *squares;
    BufferId planes; /* [planes][squares x outs] */
    int outs;
} Made;

enum { MOST_PARTS = WINDOW_WIDTH / WINDOW_NARROW_WIDTH };

/* Of a plane: channels from number `block` of WINDOW_NARROW_WIDTH on, and the sums of so many squares, by such blocks. */
typedef struct Block {
    const Made *made;
    LoopExpr *plane, *block;
    int width, squares;
    BufferId sums[MOST_PARTS];
} Block;

static int part_width(const Block *block, int part)
{
    int left = block->width - part * WINDOW_NARROW_WIDTH;
    return left < WINDOW_NARROW_WIDTH ? left : WINDOW_NARROW_WIDTH;
}

/* sums[p] += what channel i has of square q, by its weights. One square after the other, so that what it has is in a register only
 * for its own products, and the weights for all. */
static void emit_row_product(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *q, LoopExpr *i,
                             int p)
{
    const Squares *squares = block->made->squares;
    LoopExpr *x = load_plane(lower, squares->planes, squares->channels, block->plane,
                             op2(lower, OP_ADD, q, num(lower, p)), i);
    x = loop_local(lower, into, arena_printf(lower->arena, "x%d", p), x);
    for (int part = 0; part < blocks_of(block->width); part++) {
        LoopStmt *loop = for_units(lower, into, "j", part_width(block, part));
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *number = op2(lower, OP_ADD, block->block, num(lower, part));
        LoopExpr *at[3] = {block->plane, spread_row(lower, block->made->map->node, number, i), j};
        LoopExpr *w = loop_load(lower->program, block->made->map->spread, 3, at);
        store_product(lower, &loop->body, block->sums[part], 2, (LoopExpr *[]){num(lower, p), j}, x, w);
    }
}

/* Sums of squares q .. go to the planes, or are added to what is there. */
static void store_sums(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *q, bool add)
{
    const Made *made = block->made;
    for (int p = 0; p < block->squares; p++)
        for (int part = 0; part < blocks_of(block->width); part++) {
            LoopStmt *loop = for_units(lower, into, "j", part_width(block, part));
            LoopExpr *j = loop_variable(lower, loop), *row = num(lower, p);
            LoopExpr *channel = scaled_plus(lower, op2(lower, OP_ADD, block->block, num(lower, part)),
                                            WINDOW_NARROW_WIDTH, j);
            store_plane(lower, &loop->body, made->planes, made->outs, block->plane,
                        op2(lower, OP_ADD, q, row), channel, load2(lower, block->sums[part], row, j), add);
        }
}

/* All squares, by channels `from` .. to - 1 of what is read. */
static void emit_matrix(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    const Squares *squares = block->made->squares;
    LoopExpr *tiles = op2(lower, OP_ADD, squares_count(lower, squares), num(lower, block->squares - 1));
    tiles = op2(lower, OP_DIV, tiles, num(lower, block->squares));
    LoopStmt *loop = for_bounds(lower, into, "tile", num(lower, 0), tiles);
    LoopExpr *q = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, block->squares));
    q = loop_local(lower, &loop->body, "q", q);
    for (int part = 0; part < blocks_of(block->width); part++)
        zero_sums(lower, &loop->body, block->sums[part], block->squares, part_width(block, part));
    LoopStmt *loop_i = for_bounds(lower, &loop->body, "i", from, to);
    for (int p = 0; p < block->squares; p++)
        emit_row_product(lower, block, &loop_i->body, q, loop_variable(lower, loop_i), p);
    if (squares->channels <= WINOGRAD_DEPTH) {
        store_sums(lower, block, &loop->body, q, false);
        return;
    }
    LoopExpr *zero = num(lower, 0);
    LoopBlock *begin = &loop_if(lower->arena, &loop->body, op2(lower, OP_EQ, from, zero))->body;
    store_sums(lower, block, begin, q, false);
    LoopBlock *later = &loop_if(lower->arena, &loop->body, op2(lower, OP_GT, from, zero))->body;
    store_sums(lower, block, later, q, true);
}

/* A block of so many channels, some of those that are read at a time. */
static void emit_block(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *plane, LoopExpr *first,
                       int width, int most)
{
    Block block = {made, plane, first, width, most, {-1, -1}};
    const char *name = stream_of(lower, made->map->node->out)->name;
    for (int part = 0; part < blocks_of(width); part++)
        block.sums[part] = sums_buffer(lower, name, most, part_width(&block, part));
    int channels = made->squares->channels;
    LoopExpr *from = num(lower, 0), *to = num(lower, channels);
    if (channels > WINOGRAD_DEPTH) {
        int parts = (channels + WINOGRAD_DEPTH - 1) / WINOGRAD_DEPTH;
        LoopStmt *loop = for_range(lower, into, "part", parts);
        into = &loop->body;
        range_part(lower, into, loop_variable(lower, loop), WINOGRAD_DEPTH, (Range){0, channels}, &from, &to);
    }
    emit_matrix(lower, &block, into, from, to);
}

/* All blocks of so many channels of all planes. */
static void emit_blocks(Lower *lower, const Made *made, LoopBlock *into, int width, int most)
{
    int blocks = made->outs / width, rest = made->outs % width;
    LoopStmt *loop = for_range(lower, into, "plane", square_planes(made->squares));
    LoopExpr *plane = loop_variable(lower, loop);
    if (blocks > 0) {
        LoopStmt *loop_b = for_range(lower, &loop->body, "block", blocks);
        LoopExpr *first = op2(lower, OP_MUL, loop_variable(lower, loop_b), num(lower, blocks_of(width)));
        emit_block(lower, made, &loop_b->body, plane, first, width, most);
    }
    if (rest > 0)
        emit_block(lower, made, &loop->body, plane, num(lower, blocks * blocks_of(width)), rest, most);
}

/* As much at a time as registers hold. */
static void multiply_planes(Lower *lower, const Made *made, LoopBlock *into)
{
    emit_blocks(lower, made, if_wide(lower, into, true), WINDOW_WIDTH, WINDOW_MOST);
    emit_blocks(lower, made, if_wide(lower, into, false), WINDOW_NARROW_WIDTH, WINDOW_NARROW_MOST);
}

/* ---- what is made ---- */

/* A square, from channel j0 on; its outputs in an array. */
typedef struct Gather {
    const Made *made;
    LoopExpr *square, *j0;
    BufferId outputs;
} Gather;

static LoopExpr *load_made(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *j)
{
    const Gather *gather = of;
    const Made *made = gather->made;
    return load_plane(lower, made->planes, made->outs, plane_number(lower, made->squares, y, x),
                      gather->square, op2(lower, OP_ADD, gather->j0, j));
}

static void store_output(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *j,
                         LoopExpr *value)
{
    const Gather *gather = of;
    const Made *made = gather->made;
    ParamId bias = made->map->node->bias;
    if (bias != NONE)
        value = op2(lower, OP_ADD, value,
                    load1(lower, lower->params[bias].values, op2(lower, OP_ADD, gather->j0, j)));
    store2(lower, into, gather->outputs, output_number(lower, made->squares, y, x), j, value, false);
}

static void emit_square(Lower *lower, const Made *made, const SquareRow *row, LoopBlock *into, LoopExpr *x0,
                        LoopExpr *j0, int width)
{
    const SquareForm *y = made->squares->y.form, *x = made->squares->x.form;
    const Along along[2] = {{y->gather_outputs, y->planes, y->made}, {x->gather_outputs, x->planes, x->made}};
    const Node *node = made->map->node;
    Gather gather = {made, loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x0)), j0,
                     outputs_buffer(lower, made->squares, stream_of(lower, node->out)->name, width)};
    transform(lower, into, along, width, &(Places){load_made, store_output, &gather});
    SquareOutput output = for_square_outputs(lower, made->squares, row, into, x0, made->outs, j0);
    LoopStmt *loop = for_units(lower, output.there, "j", width);
    LoopExpr *j = loop_variable(lower, loop);
    Site site = row->site;
    site.into = &loop->body;
    store_stream(lower, node->out, site, op2(lower, OP_ADD, output.unit, j),
                 load2(lower, gather.outputs, output_number(lower, made->squares, output.y, output.x), j),
                 false);
}

static void gather_squares(Lower *lower, const Made *made, LoopBlock *into)
{
    SquareRow row = for_square_rows(lower, made->squares, into);
    LoopStmt *loop = for_range(lower, row.site.into, "x", made->squares->x.squares);
    LoopExpr *x = loop_variable(lower, loop);
    int blocks = made->outs / WINOGRAD_WIDTH, rest = made->outs % WINOGRAD_WIDTH;
    if (blocks > 0) {
        LoopStmt *loop_b = for_range(lower, &loop->body, "block", blocks);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop_b), num(lower, WINOGRAD_WIDTH));
        j0 = loop_local(lower, &loop_b->body, "j0", j0);
        emit_square(lower, made, &row, &loop_b->body, x, j0, WINOGRAD_WIDTH);
    }
    if (rest > 0)
        emit_square(lower, made, &row, &loop->body, x, num(lower, blocks * WINOGRAD_WIDTH), rest);
}

/* ---- the map ---- */

static void emit_map(Lower *lower, Made made, const Squares *squares, LoopBlock *into)
{
    made.squares = squares;
    spread_squares(lower, squares, into);
    pad_squares(lower, squares, into);
    multiply_planes(lower, &made, into);
    gather_squares(lower, &made, into);
}

static void add_planes(Lower *lower, Made *made, Squares *squares)
{
    squares_begin(lower, squares, squares->site.into);
    made->planes = planes_buffer(lower, squares, stream_of(lower, made->map->node->out)->name, made->outs);
}

/* How many rows of squares stay in a cache. */
static int rows_together(const Squares *squares, int outs)
{
    int row = square_planes(squares) * squares->x.squares * (squares->channels + outs);
    int most = WINOGRAD_TOGETHER / row, least = SQUARES_TOGETHER / squares->x.squares;
    return most > least ? most : least + 1;
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    const Node *node = map->node;
    const LayerPlan *layer = map->plan->layer;
    int ins = read_channels(node);
    Squares squares = squares_of(lower, node, walk.steps, ins, ins);
    Made made = {.map = map, .outs = made_channels(node)};
    int all = square_rows(&squares, walk.steps);
    site.tile = NULL;
    bool together = layer && layer->together > 0 && walk.b0;
    squares.site = together ? site : walk_samples(lower, walk, site);
    note_map(lower, map, squares.site.into,
             arena_printf(lower->arena, ", by squares of %d x %d outputs", squares.y.form->made,
                          squares.x.form->made));
    if (together) {
        squares.samples = (Walk){walk.b0, walk.b1, 0};
        squares.together = layer->together;
    }
    int most = together ? all : rows_together(&squares, made.outs);
    squares.most_rows = most < all ? most : all;
    squares.first = num(lower, 0);
    squares.rows = num(lower, all);
    add_planes(lower, &made, &squares);
    LoopBlock *into = squares.site.into;
    if (most < all) {
        LoopExpr *end;
        LoopStmt *loop = for_range(lower, into, "part", (all + most - 1) / most);
        into = &loop->body;
        range_part(lower, into, loop_variable(lower, loop), most, (Range){0, all}, &squares.first, &end);
        squares.rows = loop_local(lower, into, "rows", op2(lower, OP_SUB, end, squares.first));
    }
    emit_map(lower, made, &squares, into);
}

const MapKernel by_winograd = {.serves = serves, .prepare = prepare, .forward = forward};
