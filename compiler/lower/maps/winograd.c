/* Convolutions by 3 x 3 taps, of reals, and their transposes, with fewer products (Winograd's F(2 x 2, 3 x 3)). Outputs are made
 * in squares of 2 x 2, each of the 4 x 4 inputs that they read. Along an axis, outputs y and inputs d of a square are
 *
 *   y0 = m0 + m1 + m2    m0 = (d0 - d2) g0                    m1 = (d1 + d2) (g0 + g1 + g2) / 2
 *   y1 = m1 - m2 - m3    m3 = (d1 - d3) g2                    m2 = (d2 - d1) (g0 - g1 + g2) / 2
 *
 * and along both, there are 16 products for each channel that is read and made, not 36. So inputs and weights are spread to
 * 16 planes, each plane is a product of matrices, and what these make is gathered again. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

enum { MADE = 2, TAPS = 3, READ = MADE + TAPS - 1, PLANES = READ * READ };

static bool serves(const Linear *linear)
{
    return linear->plan->winograd && linear->plan->role == ROLE_MAP;
}

/* ---- along one axis ---- */

static LoopExpr *add(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return op2(lower, OP_ADD, a, b);
}

static LoopExpr *sub(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return op2(lower, OP_SUB, a, b);
}

/* A local of the innermost loop for each value. */
static void settle(Lower *lower, LoopBlock *into, const char *name, LoopExpr **values, int count)
{
    for (int k = 0; k < count; k++)
        values[k] = loop_local(lower, into, arena_printf(lower->arena, "%s%d", name, k), values[k]);
}

static void spread_inputs(Lower *lower, LoopExpr *const d[READ], LoopExpr *to[READ])
{
    to[0] = sub(lower, d[0], d[2]);
    to[1] = add(lower, d[1], d[2]);
    to[2] = sub(lower, d[2], d[1]);
    to[3] = sub(lower, d[1], d[3]);
}

static void spread_weights(Lower *lower, LoopExpr *const g[TAPS], LoopExpr *to[READ])
{
    LoopExpr *outer = add(lower, g[0], g[2]), *half = loop_float(lower->arena, 0.5);
    to[0] = g[0];
    to[1] = op2(lower, OP_MUL, add(lower, outer, g[1]), half);
    to[2] = op2(lower, OP_MUL, sub(lower, outer, g[1]), half);
    to[3] = g[2];
}

static void gather_outputs(Lower *lower, LoopExpr *const m[READ], LoopExpr *to[MADE])
{
    to[0] = add(lower, add(lower, m[0], m[1]), m[2]);
    to[1] = sub(lower, sub(lower, m[1], m[2]), m[3]);
}

/* ---- along both ---- */

typedef void Transform(Lower *lower, LoopExpr *const *from, LoopExpr **to);

/* Of from x from values, row by row, to x to. */
static void transform(Lower *lower, LoopBlock *into, Transform *along, int from, int to, LoopExpr **values)
{
    LoopExpr *columns[READ * READ], *line[READ], *made[READ];
    for (int x = 0; x < from; x++) {
        for (int y = 0; y < from; y++)
            line[y] = values[y * from + x];
        along(lower, line, made);
        for (int y = 0; y < to; y++)
            columns[y * from + x] = made[y];
    }
    settle(lower, into, "c", columns, to * from);
    for (int y = 0; y < to; y++)
        along(lower, columns + (ptrdiff_t)y * from, values + (ptrdiff_t)y * to);
}

/* ---- weights ---- */

/* The weight by which channel j that is made reads channel i by tap k, in the order of what is read. */
static LoopExpr *weight(Lower *lower, const Node *node, int k, LoopExpr *i, LoopExpr *j)
{
    BufferId weights = weights_of(lower, node);
    int ins = map_mixed(node->map)->in, all = TAPS * TAPS;
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
    int dims[4] = {blocks_of(node), PLANES, read_channels(node), WINDOW_WIDTH};
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
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop_j), *values[PLANES];
    for (int k = 0; k < TAPS * TAPS; k++)
        values[k] = weight(lower, node, k, i, op2(lower, OP_ADD, j0, j));
    settle(lower, &loop_j->body, "g", values, TAPS * TAPS);
    transform(lower, &loop_j->body, spread_weights, TAPS, READ, values);
    for (int f = 0; f < PLANES; f++)
        loop_store(lower->program, &loop_j->body, linear->spread, 4,
                   (LoopExpr *[]){block, num(lower, f), i, j}, values[f], false);
}

/* ---- squares ---- */

typedef struct Side {
    int in, out, before, squares; /* extents; output o reads inputs from o - before on */
} Side;

/* Rows of squares first .. first + count - 1, of those of all steps of a sample. */
typedef struct Squares {
    const Linear *map;
    Site site;
    bool in_time;
    Side y, x;
    int ins, outs, count;
    LoopExpr *first;
    BufferId box;    /* [READ][positions x channels]: what a row of squares reads, with zeros around it */
    BufferId planes; /* [PLANES][squares][ins] of what is read, */
    BufferId made;   /* [PLANES][squares][WINDOW_WIDTH] of what is made */
} Squares;

static Side side_of(const Node *node, int a)
{
    const MapAxis *axis = &node->map->space[a];
    bool turned = node->transposed;
    Side side = {.in = turned ? axis->out : axis->in,
                 .out = turned ? axis->in : axis->out,
                 .before = turned ? TAPS - 1 - axis->before : axis->before};
    side.squares = (side.out + MADE - 1) / MADE;
    return side;
}

static int positions_of(const Squares *squares)
{
    return squares->x.squares * MADE + TAPS - 1;
}

static void add_buffers(Lower *lower, Squares *squares)
{
    const char *in = stream_of(lower, squares->map->node->in)->name,
               *out = stream_of(lower, squares->map->node->out)->name;
    int all = squares->count * squares->x.squares, box[2] = {READ, positions_of(squares) * squares->ins},
        planes[3] = {PLANES, all, squares->ins}, made[3] = {PLANES, all, WINDOW_WIDTH};
    squares->box = named_buffer(lower, "box_of", in, TYPE_F32, BUFFER_LOCAL, false, 2, box);
    squares->planes = named_buffer(lower, "planes_of", in, TYPE_F32, BUFFER_LOCAL, false, 3, planes);
    squares->made = named_buffer(lower, "planes_of", out, TYPE_F32, BUFFER_LOCAL, false, 3, made);
}

/* Of a row of squares, its number among those of the part. */
typedef struct Row {
    Site site;
    LoopExpr *y, *square; /* its number in the plane, of its first square among those of the part */
} Row;

static Row for_rows(Lower *lower, const Squares *squares, LoopBlock *into)
{
    LoopStmt *loop = for_range(lower, into, "row", squares->count);
    LoopExpr *row = loop_variable(lower, loop), *rows = num(lower, squares->y.squares);
    LoopExpr *y = loop_local(lower, &loop->body, "y", op2(lower, OP_ADD, squares->first, row));
    Row made = {
        .site = squares->site, .y = y, .square = op2(lower, OP_MUL, row, num(lower, squares->x.squares))};
    made.site.into = &loop->body;
    if (squares->in_time) {
        made.site.t = loop_local(lower, &loop->body, "t", op2(lower, OP_DIV, y, rows));
        made.y = loop_local(lower, &loop->body, "y", sub(lower, y, op2(lower, OP_MUL, made.site.t, rows)));
    }
    return made;
}

/* ---- what is read ---- */

static void emit_numbers(Lower *lower, LoopBlock *into, BufferId box, LoopExpr *m, LoopExpr *from,
                         LoopExpr *to)
{
    LoopStmt *loop = for_bounds(lower, into, "n", from, to);
    loop->independent = true;
    store2(lower, &loop->body, box, m, loop_variable(lower, loop), loop_float(lower->arena, 0), false);
}

/* Row m of the box: that of the stream, or zeros where there is none; what is beside it stays. */
static void emit_box_row(Lower *lower, const Squares *squares, const Row *row, LoopBlock *into, LoopExpr *m)
{
    int ins = squares->ins, beyond = squares->x.in + squares->x.before;
    int count = beyond < positions_of(squares) ? beyond : positions_of(squares);
    LoopExpr *from = num(lower, squares->x.before * ins), *to = num(lower, count * ins);
    LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_MUL, row->y, num(lower, MADE)),
                       op2(lower, OP_SUB, m, num(lower, squares->y.before)));
    at = loop_local(lower, into, "at", at);
    LoopExpr *in = op2(lower, OP_AND, op2(lower, OP_GE, at, num(lower, 0)),
                       op2(lower, OP_LT, at, num(lower, squares->y.in)));
    LoopExpr *is_in = loop_local(lower, into, "inside", as_bit(lower, in));
    emit_numbers(lower, &loop_if(lower->arena, into, op2(lower, OP_EQ, is_in, num(lower, 0)))->body,
                 squares->box, m, from, to);
    into = &loop_if(lower->arena, into, op2(lower, OP_NE, is_in, num(lower, 0)))->body;
    LoopExpr *offset = scaled_plus(lower, at, squares->x.in * ins, num(lower, -squares->x.before * ins));
    offset = loop_local(lower, into, "offset", offset);
    LoopStmt *loop = for_bounds(lower, into, "n", from, to);
    loop->independent = true;
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *value = load_stream(lower, squares->map->node->in, row->site, op2(lower, OP_ADD, offset, n));
    store2(lower, &loop->body, squares->box, m, n, loop_cast(lower->arena, TYPE_F32, value), false);
}

/* Square number x of the row, to the planes. */
static void emit_spread(Lower *lower, const Squares *squares, const Row *row, LoopBlock *into, LoopExpr *x)
{
    LoopExpr *first = op2(lower, OP_MUL, x, num(lower, MADE * squares->ins)), *values[PLANES];
    LoopExpr *square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    LoopStmt *loop = for_units(lower, into, "i", squares->ins);
    LoopExpr *i = loop_variable(lower, loop), *at = op2(lower, OP_ADD, first, i);
    for (int k = 0; k < PLANES; k++)
        values[k] = load2(lower, squares->box, num(lower, k / READ),
                          op2(lower, OP_ADD, at, num(lower, k % READ * squares->ins)));
    settle(lower, &loop->body, "d", values, PLANES);
    transform(lower, &loop->body, spread_inputs, READ, READ, values);
    for (int f = 0; f < PLANES; f++)
        loop_store(lower->program, &loop->body, squares->planes, 3, (LoopExpr *[]){num(lower, f), square, i},
                   values[f], false);
}

static void emit_reads(Lower *lower, const Squares *squares, LoopBlock *into)
{
    Row row = for_rows(lower, squares, into);
    LoopStmt *loop_m = for_range(lower, row.site.into, "m", READ);
    emit_box_row(lower, squares, &row, &loop_m->body, loop_variable(lower, loop_m));
    LoopStmt *loop_x = for_range(lower, row.site.into, "x", squares->x.squares);
    emit_spread(lower, squares, &row, &loop_x->body, loop_variable(lower, loop_x));
}

/* ---- products ---- */

/* Channels from j0 on, of a block of WINDOW_WIDTH. */
typedef struct Block {
    const Squares *squares;
    LoopExpr *block, *j0;
    int width;
} Block;

/* made[f][q0 .. q0 + count - 1] = planes[f][...] by the weights of the plane, `tiles` times. */
static void emit_matrix(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *f, int q0, int count,
                        int tiles)
{
    const Squares *squares = block->squares;
    if (tiles == 0)
        return;
    BufferId sums = sums_buffer(lower, stream_of(lower, squares->map->node->out)->name, count, block->width);
    LoopStmt *loop = for_range(lower, into, "tile", tiles);
    LoopExpr *q = scaled_plus(lower, loop_variable(lower, loop), count, num(lower, q0)), *x[WINDOW_MOST];
    q = loop_local(lower, &loop->body, "q", q);
    zero_sums(lower, &loop->body, sums, count, block->width);
    LoopStmt *loop_i = for_range(lower, &loop->body, "i", squares->ins);
    LoopExpr *i = loop_variable(lower, loop_i);
    for (int p = 0; p < count; p++) {
        LoopExpr *place[3] = {f, op2(lower, OP_ADD, q, num(lower, p)), i};
        x[p] = loop_local(lower, &loop_i->body, arena_printf(lower->arena, "x%d", p),
                          loop_load(lower->program, squares->planes, 3, place));
    }
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", block->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *at[4] = {block->block, f, i, op2(lower, OP_ADD, block->j0, j)};
    LoopExpr *w =
        loop_local(lower, &loop_j->body, "w", loop_load(lower->program, squares->map->spread, 4, at));
    for (int p = 0; p < count; p++)
        store_product(lower, &loop_j->body, sums, 2, (LoopExpr *[]){num(lower, p), j}, x[p], w);
    for (int p = 0; p < count; p++) {
        LoopStmt *end = for_units(lower, &loop->body, "j", block->width);
        LoopExpr *k = loop_variable(lower, end);
        LoopExpr *place[3] = {f, op2(lower, OP_ADD, q, num(lower, p)), op2(lower, OP_ADD, block->j0, k)};
        loop_store(lower->program, &end->body, squares->made, 3, place, load2(lower, sums, num(lower, p), k),
                   false);
    }
}

/* All planes, up to so many squares at a time. */
static void emit_planes(Lower *lower, const Block *block, LoopBlock *into, int most)
{
    Parts parts = even_parts(block->squares->count * block->squares->x.squares, most);
    LoopStmt *loop = for_range(lower, into, "plane", PLANES);
    LoopExpr *f = loop_variable(lower, loop);
    emit_matrix(lower, block, &loop->body, f, 0, parts.size, parts.large);
    emit_matrix(lower, block, &loop->body, f, parts.large * parts.size, parts.size - 1, parts.small);
}

/* A block of so many channels, as much at a time as registers hold. */
static void emit_block(Lower *lower, const Squares *squares, LoopBlock *into, LoopExpr *block, int width)
{
    LoopExpr *lanes = loop_lanes(lower->arena), *wide = num(lower, WIDE_LANES), *zero = num(lower, 0);
    Block all = {squares, block, zero, width};
    if (width < WINDOW_NARROW_WIDTH) {
        emit_planes(lower, &all, into, WINDOW_MOST);
        return;
    }
    emit_planes(lower, &all, &loop_if(lower->arena, into, op2(lower, OP_GE, lanes, wide))->body, WINDOW_MOST);
    LoopBlock *narrow = &loop_if(lower->arena, into, op2(lower, OP_LT, lanes, wide))->body;
    for (int j0 = 0; j0 < width; j0 += WINDOW_NARROW_WIDTH) {
        int left = width - j0;
        Block part = {squares, block, num(lower, j0),
                      left < WINDOW_NARROW_WIDTH ? left : WINDOW_NARROW_WIDTH};
        emit_planes(lower, &part, narrow, WINDOW_NARROW_MOST);
    }
}

/* ---- what is made ---- */

/* The block that runs where output k of a square is there: the last square may have one too many. */
static LoopBlock *if_there(Lower *lower, const Side *side, LoopBlock *into, LoopExpr *position, int k)
{
    if (k == 0 || side->out % MADE == 0)
        return into;
    return &loop_if(lower->arena, into, op2(lower, OP_LT, position, num(lower, side->out)))->body;
}

/* outputs[k][j] = what position k of the square has of channel j of the block. */
static BufferId emit_gather(Lower *lower, const Squares *squares, LoopBlock *into, LoopExpr *square,
                            LoopExpr *j0, int width)
{
    ParamId bias = squares->map->node->bias;
    BufferId outputs =
        sums_buffer(lower, stream_of(lower, squares->map->node->out)->name, MADE * MADE, width);
    LoopStmt *loop = for_units(lower, into, "j", width);
    LoopExpr *j = loop_variable(lower, loop), *values[PLANES];
    for (int f = 0; f < PLANES; f++)
        values[f] = loop_load(lower->program, squares->made, 3, (LoopExpr *[]){num(lower, f), square, j});
    settle(lower, &loop->body, "m", values, PLANES);
    transform(lower, &loop->body, gather_outputs, READ, MADE, values);
    for (int k = 0; k < MADE * MADE; k++) {
        if (bias != NONE)
            values[k] = add(lower, values[k], load1(lower, lower->params[bias].values, add(lower, j0, j)));
        store2(lower, &loop->body, outputs, num(lower, k), j, values[k], false);
    }
    return outputs;
}

static void emit_square(Lower *lower, const Squares *squares, const Row *row, LoopBlock *into, LoopExpr *x,
                        LoopExpr *block, int width)
{
    LoopExpr *square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    LoopExpr *j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, block, num(lower, WINDOW_WIDTH)));
    BufferId outputs = emit_gather(lower, squares, into, square, j0, width);
    for (int k = 0; k < MADE * MADE; k++) {
        LoopExpr *at_y = scaled_plus(lower, row->y, MADE, num(lower, k / MADE)),
                 *at_x = scaled_plus(lower, x, MADE, num(lower, k % MADE));
        LoopBlock *there = if_there(lower, &squares->y, into, at_y, k / MADE);
        there = if_there(lower, &squares->x, there, at_x, k % MADE);
        LoopExpr *unit =
            scaled_plus(lower, scaled_plus(lower, at_y, squares->x.out, at_x), squares->outs, j0);
        unit = loop_local(lower, there, "unit", unit);
        LoopStmt *loop = for_units(lower, there, "j", width);
        LoopExpr *j = loop_variable(lower, loop);
        Site site = row->site;
        site.into = &loop->body;
        store_stream(lower, squares->map->node->out, site, op2(lower, OP_ADD, unit, j),
                     load2(lower, outputs, num(lower, k), j), false);
    }
}

static void emit_made(Lower *lower, const Squares *squares, LoopBlock *into, LoopExpr *block, int width)
{
    emit_block(lower, squares, into, block, width);
    Row row = for_rows(lower, squares, into);
    LoopStmt *loop_x = for_range(lower, row.site.into, "x", squares->x.squares);
    emit_square(lower, squares, &row, &loop_x->body, loop_variable(lower, loop_x), block, width);
}

/* ---- the map ---- */

/* `parts` parts of so many rows of squares, from row `first` on. */
static void emit_parts(Lower *lower, Squares squares, int first, int parts)
{
    int blocks = squares.outs / WINDOW_WIDTH, rest = squares.outs % WINDOW_WIDTH;
    if (parts == 0)
        return;
    LoopStmt *loop = for_range(lower, squares.site.into, "part", parts);
    squares.first =
        loop_local(lower, &loop->body, "first",
                   scaled_plus(lower, loop_variable(lower, loop), squares.count, num(lower, first)));
    emit_reads(lower, &squares, &loop->body);
    if (blocks > 0) {
        LoopStmt *loop_j = for_range(lower, &loop->body, "block", blocks);
        emit_made(lower, &squares, &loop_j->body, loop_variable(lower, loop_j), WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_made(lower, &squares, &loop->body, num(lower, blocks), rest);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    const Node *node = map->node;
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", by squares of 2 x 2 outputs");
    Squares squares = {.map = map,
                       .site = site,
                       .in_time = walk.steps > 0,
                       .y = side_of(node, 0),
                       .x = side_of(node, 1),
                       .ins = read_channels(node),
                       .outs = made_channels(node)};
    int rows = (walk.steps > 0 ? walk.steps : 1) * squares.y.squares;
    int most = WINOGRAD_TOGETHER / (PLANES * squares.ins * squares.x.squares);
    Parts parts = even_parts(rows, most > 1 ? most : 1);
    squares.count = parts.size;
    add_buffers(lower, &squares);
    LoopStmt *lines = for_range(lower, site.into, "m", READ);
    emit_numbers(lower, &lines->body, squares.box, loop_variable(lower, lines), num(lower, 0),
                 num(lower, positions_of(&squares) * squares.ins));
    emit_parts(lower, squares, 0, parts.large);
    squares.count--;
    emit_parts(lower, squares, parts.large * parts.size, parts.small);
}

const MapKernel by_winograd = {.serves = serves, .prepare = prepare, .forward = forward};
