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

/* ---- along one axis ---- */

static void spread_weights(Lower *lower, LoopExpr *const g[SQUARE_TAPS], LoopExpr *to[SQUARE_READ])
{
    LoopExpr *outer = op2(lower, OP_ADD, g[0], g[2]), *half = loop_float(lower->arena, 0.5);
    to[0] = g[0];
    to[1] = op2(lower, OP_MUL, op2(lower, OP_ADD, outer, g[1]), half);
    to[2] = op2(lower, OP_MUL, op2(lower, OP_SUB, outer, g[1]), half);
    to[3] = g[2];
}

static void gather_outputs(Lower *lower, LoopExpr *const m[SQUARE_READ], LoopExpr *to[SQUARE_MADE])
{
    to[0] = op2(lower, OP_ADD, op2(lower, OP_ADD, m[0], m[1]), m[2]);
    to[1] = op2(lower, OP_SUB, op2(lower, OP_SUB, m[1], m[2]), m[3]);
}

/* ---- weights ---- */

/* The weight by which channel j that is made reads channel i by tap k, in the order of what is read. */
static LoopExpr *weight(Lower *lower, const Node *node, int k, LoopExpr *i, LoopExpr *j)
{
    BufferId weights = weights_of(lower, node);
    int ins = map_mixed(node->map)->in, all = SQUARE_TAPS * SQUARE_TAPS;
    return node->transposed ? load2(lower, weights, i, op2(lower, OP_ADD, num(lower, (all - 1 - k) * ins), j))
                            : load2(lower, weights, op2(lower, OP_ADD, num(lower, k * ins), i), j);
}

static int made_channels(const Node *node)
{
    return node->transposed ? map_mixed(node->map)->in : map_mixed(node->map)->out;
}

static int read_channels(const Node *node)
{
    return node->transposed ? map_mixed(node->map)->out : map_mixed(node->map)->in;
}

static int blocks_of(const Node *node)
{
    return (made_channels(node) + WINDOW_WIDTH - 1) / WINDOW_WIDTH;
}

static LoopExpr *block_width(Lower *lower, const Node *node, LoopBlock *into, LoopExpr *j0)
{
    LoopExpr *width = num(lower, WINDOW_WIDTH);
    if (made_channels(node) % WINDOW_WIDTH == 0)
        return width;
    LoopExpr *left = op2(lower, OP_SUB, num(lower, made_channels(node)), j0);
    return loop_local(lower, into, "width", least(lower, left, width));
}

static void prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    const char *name = weight_name(lower->net, node);
    int dims[4] = {blocks_of(node), SQUARE_PLANES, read_channels(node), WINDOW_WIDTH};
    linear->spread = named_buffer(lower, "spread", name, TYPE_F32, BUFFER_SCRATCH, false, 4, dims);
    buffer_about(lower, linear->spread, "some channels next to each other, in 16 planes");
    kernel_begin(lower, "spread", name, arena_printf(lower->arena, "%s, spread to 16 planes", name),
                 node->span, dims[0]);
    LoopStmt *items = kernel_items(lower, "block");
    LoopExpr *block = loop_variable(lower, items);
    LoopExpr *j0 = loop_local(lower, &items->body, "j0", op2(lower, OP_MUL, block, num(lower, WINDOW_WIDTH)));
    LoopExpr *width = block_width(lower, node, &items->body, j0);
    LoopStmt *loop_i = for_range(lower, &items->body, "i", dims[2]);
    LoopStmt *loop_j = for_bounds(lower, &loop_i->body, "j", num(lower, 0), width);
    loop_j->independent = true;
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop_j), *values[SQUARE_PLANES];
    for (int k = 0; k < SQUARE_TAPS * SQUARE_TAPS; k++)
        values[k] = weight(lower, node, k, i, op2(lower, OP_ADD, j0, j));
    settle(lower, &loop_j->body, "g", values, SQUARE_TAPS * SQUARE_TAPS);
    transform(lower, &loop_j->body, spread_weights, SQUARE_TAPS, SQUARE_READ, values);
    for (int f = 0; f < SQUARE_PLANES; f++)
        loop_store(lower->program, &loop_j->body, linear->spread, 4,
                   (LoopExpr *[]){block, num(lower, f), i, j}, values[f], false);
}

/* ---- products ---- */

/* What is made of squares: of a block of WINDOW_WIDTH channels in all planes, or of all channels, plane by plane. */
typedef struct Made {
    const Linear *map;
    const Squares *squares;
    BufferId planes; /* [SQUARE_PLANES][squares][channels] */
    int outs;
    bool by_planes;
} Made;

/* Channels from j0 on, of a block. */
typedef struct Block {
    const Made *made;
    LoopExpr *block, *j0;
    int width;
    LoopExpr *plane; /* NULL: all of them */
} Block;

/* Where channel j of a block is in the planes. */
static LoopExpr *column_of(Lower *lower, const Made *made, LoopExpr *block, LoopExpr *j)
{
    return made->by_planes ? scaled_plus(lower, block, WINDOW_WIDTH, j) : j;
}

/* sums[p] += what channel i has of square q in the plane, by its weights. One square after the other, so that what it has is in
 * a register only for its own products, and the weights for all. */
static void emit_row_product(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *f, LoopExpr *q,
                             LoopExpr *i, BufferId sums, int p)
{
    const Made *made = block->made;
    LoopExpr *x = loop_load(lower->program, made->squares->planes, 3, (LoopExpr *[]){f, q, i});
    x = loop_local(lower, into, arena_printf(lower->arena, "x%d", p), x);
    LoopStmt *loop = for_units(lower, into, "j", block->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *at[4] = {block->block, f, i, op2(lower, OP_ADD, block->j0, j)};
    LoopExpr *w = loop_load(lower->program, made->map->spread, 4, at);
    store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, p), j}, x, w);
}

/* made[f][q0 .. q0 + count - 1] = planes[f][...] by the weights of the plane, `tiles` times. */
static void emit_matrix(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *f, LoopExpr *q0,
                        int count, int tiles)
{
    const Made *made = block->made;
    if (tiles == 0)
        return;
    BufferId sums = sums_buffer(lower, stream_of(lower, made->map->node->out)->name, count, block->width);
    LoopStmt *loop = for_range(lower, into, "tile", tiles);
    LoopExpr *q = scaled_plus(lower, loop_variable(lower, loop), count, q0);
    q = loop_local(lower, &loop->body, "q", q);
    zero_sums(lower, &loop->body, sums, count, block->width);
    LoopStmt *loop_i = for_range(lower, &loop->body, "i", made->squares->channels);
    LoopExpr *i = loop_variable(lower, loop_i);
    for (int p = 0; p < count; p++)
        emit_row_product(lower, block, &loop_i->body, f, op2(lower, OP_ADD, q, num(lower, p)), i, sums, p);
    for (int p = 0; p < count; p++) {
        LoopStmt *end = for_units(lower, &loop->body, "j", block->width);
        LoopExpr *k = loop_variable(lower, end);
        LoopExpr *column = column_of(lower, made, block->block, op2(lower, OP_ADD, block->j0, k));
        LoopExpr *place[3] = {f, op2(lower, OP_ADD, q, num(lower, p)), column};
        loop_store(lower->program, &end->body, made->planes, 3, place, load2(lower, sums, num(lower, p), k),
                   false);
    }
}

/* A plane, up to so many squares of each sample at a time. */
static void emit_plane(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *f, int most)
{
    const Squares *squares = block->made->squares;
    Parts parts = even_parts(squares_count(squares), most);
    LoopExpr *q0 = num(lower, 0);
    if (squares->samples.b0) {
        LoopExpr *samples = op2(lower, OP_SUB, squares->samples.b1, squares->samples.b0);
        LoopStmt *loop = for_bounds(lower, into, "sample", num(lower, 0), samples);
        into = &loop->body;
        q0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, squares_count(squares)));
        q0 = loop_local(lower, into, "q0", q0);
    }
    emit_matrix(lower, block, into, f, q0, parts.size, parts.large);
    q0 = op2(lower, OP_ADD, q0, num(lower, parts.large * parts.size));
    emit_matrix(lower, block, into, f, q0, parts.size - 1, parts.small);
}

/* The block's plane, or all. */
static void emit_planes(Lower *lower, const Block *block, LoopBlock *into, int most)
{
    if (block->plane) {
        emit_plane(lower, block, into, block->plane, most);
        return;
    }
    LoopStmt *loop = for_range(lower, into, "plane", SQUARE_PLANES);
    emit_plane(lower, block, &loop->body, loop_variable(lower, loop), most);
}

/* A block of so many channels, as much at a time as registers hold. */
static void emit_block(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *block, int width,
                       LoopExpr *plane)
{
    LoopExpr *lanes = loop_lanes(lower->arena), *wide = num(lower, WIDE_LANES), *zero = num(lower, 0);
    Block all = {made, block, zero, width, plane};
    if (width < WINDOW_NARROW_WIDTH) {
        emit_planes(lower, &all, into, WINDOW_MOST);
        return;
    }
    emit_planes(lower, &all, &loop_if(lower->arena, into, op2(lower, OP_GE, lanes, wide))->body, WINDOW_MOST);
    LoopBlock *narrow = &loop_if(lower->arena, into, op2(lower, OP_LT, lanes, wide))->body;
    for (int j0 = 0; j0 < width; j0 += WINDOW_NARROW_WIDTH) {
        int left = width - j0;
        Block part = {made, block, num(lower, j0), left < WINDOW_NARROW_WIDTH ? left : WINDOW_NARROW_WIDTH,
                      plane};
        emit_planes(lower, &part, narrow, WINDOW_NARROW_MOST);
    }
}

/* ---- what is made ---- */

/* The block that runs where output k of a square is there: the last square may have one too many. */
static LoopBlock *if_there(Lower *lower, const Side *side, LoopBlock *into, LoopExpr *position, int k)
{
    if (k == 0 || side->out % SQUARE_MADE == 0)
        return into;
    return &loop_if(lower->arena, into, op2(lower, OP_LT, position, num(lower, side->out)))->body;
}

/* outputs[k][j] = what position k of the square has of channel j of the block. */
static BufferId emit_gather(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *square,
                            LoopExpr *block, LoopExpr *j0, int width)
{
    ParamId bias = made->map->node->bias;
    BufferId outputs =
        sums_buffer(lower, stream_of(lower, made->map->node->out)->name, SQUARE_MADE * SQUARE_MADE, width);
    LoopStmt *loop = for_units(lower, into, "j", width);
    LoopExpr *j = loop_variable(lower, loop), *values[SQUARE_PLANES];
    for (int f = 0; f < SQUARE_PLANES; f++)
        values[f] = loop_load(lower->program, made->planes, 3,
                              (LoopExpr *[]){num(lower, f), square, column_of(lower, made, block, j)});
    settle(lower, &loop->body, "m", values, SQUARE_PLANES);
    transform(lower, &loop->body, gather_outputs, SQUARE_READ, SQUARE_MADE, values);
    for (int k = 0; k < SQUARE_MADE * SQUARE_MADE; k++) {
        LoopExpr *unit = op2(lower, OP_ADD, j0, j);
        if (bias != NONE)
            values[k] = op2(lower, OP_ADD, values[k], load1(lower, lower->params[bias].values, unit));
        store2(lower, &loop->body, outputs, num(lower, k), j, values[k], false);
    }
    return outputs;
}

static void emit_square(Lower *lower, const Made *made, const SquareRow *row, LoopBlock *into, LoopExpr *x,
                        LoopExpr *block, int width)
{
    const Side *sides[2] = {&made->squares->y, &made->squares->x};
    LoopExpr *square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    LoopExpr *j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, block, num(lower, WINDOW_WIDTH)));
    BufferId outputs = emit_gather(lower, made, into, square, block, j0, width);
    for (int k = 0; k < SQUARE_MADE * SQUARE_MADE; k++) {
        LoopExpr *at_y = scaled_plus(lower, row->y, SQUARE_MADE, num(lower, k / SQUARE_MADE)),
                 *at_x = scaled_plus(lower, x, SQUARE_MADE, num(lower, k % SQUARE_MADE));
        LoopBlock *there = if_there(lower, sides[0], into, at_y, k / SQUARE_MADE);
        there = if_there(lower, sides[1], there, at_x, k % SQUARE_MADE);
        LoopExpr *unit = scaled_plus(lower, scaled_plus(lower, at_y, sides[1]->out, at_x), made->outs, j0);
        unit = loop_local(lower, there, "unit", unit);
        LoopStmt *loop = for_units(lower, there, "j", width);
        LoopExpr *j = loop_variable(lower, loop);
        Site site = row->site;
        site.into = &loop->body;
        store_stream(lower, made->map->node->out, site, op2(lower, OP_ADD, unit, j),
                     load2(lower, outputs, num(lower, k), j), false);
    }
}

static void emit_made(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *block, int width,
                      LoopExpr *plane)
{
    if (!made->by_planes || plane)
        emit_block(lower, made, into, block, width, plane);
    if (plane)
        return;
    SquareRow row = for_square_rows(lower, made->squares, into);
    LoopStmt *loop = for_range(lower, row.site.into, "x", made->squares->x.squares);
    emit_square(lower, made, &row, &loop->body, loop_variable(lower, loop), block, width);
}

/* Of all blocks, what is made in a plane, or, if there is none, of the squares. */
static void emit_blocks(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *plane)
{
    int blocks = made->outs / WINDOW_WIDTH, rest = made->outs % WINDOW_WIDTH;
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, into, "block", blocks);
        emit_made(lower, made, &loop->body, loop_variable(lower, loop), WINDOW_WIDTH, plane);
    }
    if (rest > 0)
        emit_made(lower, made, into, num(lower, blocks), rest, plane);
}

/* ---- the map ---- */

/* `parts` parts of so many rows of squares, from row `first` on. */
static void emit_parts(Lower *lower, Made made, Squares squares, int first, int parts)
{
    if (parts == 0)
        return;
    LoopStmt *loop = for_range(lower, squares.site.into, "part", parts);
    LoopExpr *row = scaled_plus(lower, loop_variable(lower, loop), squares.count, num(lower, first));
    squares.first = loop_local(lower, &loop->body, "first", row);
    made.squares = &squares;
    SquareRow read = for_square_rows(lower, &squares, &loop->body);
    spread_row(lower, &squares, &read);
    emit_blocks(lower, &made, &loop->body, NULL);
}

static void add_planes(Lower *lower, Made *made, const Squares *squares, int channels)
{
    int dims[3] = {SQUARE_PLANES, squares_room(squares), channels};
    made->planes = named_buffer(lower, "planes_of", stream_of(lower, made->map->node->out)->name, TYPE_F32,
                                BUFFER_LOCAL, false, 3, dims);
}

/* Some samples, plane by plane, so that they read the weights of each once. */
static void emit_together(Lower *lower, Made made, Squares squares, Walk walk)
{
    squares.samples = (Walk){walk.b0, walk.b1, 0};
    squares.together = made.map->plan->layer->together;
    squares.first = num(lower, 0);
    squares.count = square_rows(&squares, walk.steps);
    squares_begin(lower, &squares, squares.site.into);
    add_planes(lower, &made, &squares, made.outs);
    made.squares = &squares;
    made.by_planes = true;
    SquareRow read = for_square_rows(lower, &squares, squares.site.into);
    spread_row(lower, &squares, &read);
    LoopStmt *planes = for_range(lower, squares.site.into, "plane", SQUARE_PLANES);
    emit_blocks(lower, &made, &planes->body, loop_variable(lower, planes));
    emit_blocks(lower, &made, squares.site.into, NULL);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    const Node *node = map->node;
    const LayerPlan *layer = map->plan->layer;
    int ins = read_channels(node);
    Squares squares = squares_of(node, walk.steps, ins, ins);
    Made made = {.map = map, .outs = made_channels(node)};
    site.tile = NULL;
    bool together = layer && layer->together > 0 && walk.b0;
    squares.site = together ? site : walk_samples(lower, walk, site);
    note_map(lower, map, squares.site.into, ", by squares of 2 x 2 outputs");
    if (together) {
        emit_together(lower, made, squares, walk);
        return;
    }
    int most = WINOGRAD_TOGETHER / (SQUARE_PLANES * ins * squares.x.squares);
    Parts parts = even_parts(square_rows(&squares, walk.steps), most > 1 ? most : 1);
    squares.count = parts.size;
    squares_begin(lower, &squares, squares.site.into);
    add_planes(lower, &made, &squares, WINDOW_WIDTH);
    emit_parts(lower, made, squares, 0, parts.large);
    squares.count--;
    emit_parts(lower, made, squares, parts.large * parts.size, parts.small);
}

const MapKernel by_winograd = {.serves = serves, .prepare = prepare, .forward = forward};
