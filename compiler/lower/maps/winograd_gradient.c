/* Gradients of the weights of convolutions by 3 x 3 taps, with fewer products: see squares.h. What a square reads is spread to
 * planes as forward, the gradients of its outputs by the transpose of how these are gathered; in each plane, the sums of
 * the products of both, over all squares of the batch, are the gradient of the spread weights, and give that of the weights.
 * An item is all of this, of some channels that are read by some that are made: one thread makes each sum, in one order. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/squares.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->winograd && linear->node->kind == NODE_MAP_GRAD;
}

/* ---- along one axis ---- */

/* The transposes of how outputs are gathered, and of how weights are spread. */
static void spread_outputs(Lower *lower, LoopExpr *const y[SQUARE_MADE], LoopExpr *to[SQUARE_READ])
{
    to[0] = y[0];
    to[1] = op2(lower, OP_ADD, y[0], y[1]);
    to[2] = op2(lower, OP_SUB, y[0], y[1]);
    to[3] = op2(lower, OP_SUB, loop_float(lower->arena, 0), y[1]);
}

static void gather_weights(Lower *lower, LoopExpr *const u[SQUARE_READ], LoopExpr *to[SQUARE_TAPS])
{
    LoopExpr *half = loop_float(lower->arena, 0.5);
    LoopExpr *even = op2(lower, OP_MUL, op2(lower, OP_ADD, u[1], u[2]), half);
    to[0] = op2(lower, OP_ADD, u[0], even);
    to[1] = op2(lower, OP_MUL, op2(lower, OP_SUB, u[1], u[2]), half);
    to[2] = op2(lower, OP_ADD, even, u[3]);
}

/* ---- gradients of outputs ---- */

/* Channels i0 .. of what is read, in `squares`, by j0 .. j0 + width - 1 of what is made. */
typedef struct Block {
    const Squares *squares;
    LoopExpr *j0;
    int width, outs;
    BufferId planes; /* [SQUARE_PLANES][squares][width], of the gradients of outputs */
    BufferId total;  /* [SQUARE_PLANES][channels][width] */
} Block;

/* outputs[k][j] = the gradient of output k of a square; 0 where it has none. */
static void emit_outputs(Lower *lower, const Block *block, const SquareRow *row, LoopBlock *into, LoopExpr *x,
                         BufferId outputs)
{
    const Side *sides[2] = {&block->squares->y, &block->squares->x};
    zero_sums(lower, into, outputs, SQUARE_MADE * SQUARE_MADE, block->width);
    for (int k = 0; k < SQUARE_MADE * SQUARE_MADE; k++) {
        LoopExpr *at[2] = {scaled_plus(lower, row->y, SQUARE_MADE, num(lower, k / SQUARE_MADE)),
                           scaled_plus(lower, x, SQUARE_MADE, num(lower, k % SQUARE_MADE))};
        LoopBlock *there = into;
        for (int a = 0; a < 2; a++)
            if (sides[a]->out % SQUARE_MADE)
                there =
                    &loop_if(lower->arena, there, op2(lower, OP_LT, at[a], num(lower, sides[a]->out)))->body;
        LoopExpr *unit =
            scaled_plus(lower, scaled_plus(lower, at[0], sides[1]->out, at[1]), block->outs, block->j0);
        unit = loop_local(lower, there, "unit", unit);
        LoopStmt *loop = for_units(lower, there, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *value =
            load_stream(lower, block->squares->node->aux, row->site, op2(lower, OP_ADD, unit, j));
        store2(lower, &loop->body, outputs, num(lower, k), j, loop_cast(lower->arena, TYPE_F32, value),
               false);
    }
}

static void spread_gradients(Lower *lower, const Block *block, const SquareRow *row)
{
    const char *name = stream_of(lower, block->squares->node->aux)->name;
    LoopStmt *loop_x = for_range(lower, row->site.into, "x", block->squares->x.squares);
    LoopBlock *into = &loop_x->body;
    LoopExpr *x = loop_variable(lower, loop_x), *values[SQUARE_PLANES];
    LoopExpr *square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    BufferId outputs = sums_buffer(lower, name, SQUARE_MADE * SQUARE_MADE, block->width);
    emit_outputs(lower, block, row, into, x, outputs);
    LoopStmt *loop = for_units(lower, into, "j", block->width);
    LoopExpr *j = loop_variable(lower, loop);
    for (int k = 0; k < SQUARE_MADE * SQUARE_MADE; k++)
        values[k] = load2(lower, outputs, num(lower, k), j);
    settle(lower, &loop->body, "y", values, SQUARE_MADE * SQUARE_MADE);
    transform(lower, &loop->body, spread_outputs, SQUARE_MADE, SQUARE_READ, values);
    for (int f = 0; f < SQUARE_PLANES; f++)
        loop_store(lower->program, &loop->body, block->planes, 3, (LoopExpr *[]){num(lower, f), square, j},
                   values[f], false);
}

/* ---- sums ---- */

/* Of a plane: some channels that are made, as many as registers hold. */
typedef struct Columns {
    LoopExpr *f, *j0;
    int width;
} Columns;

/* sums[r] += what channel i has of square q in the plane, by the gradients there. */
static void emit_row_product(Lower *lower, const Block *block, LoopBlock *into, const Columns *columns,
                             LoopExpr *q, LoopExpr *i, BufferId sums, int r)
{
    LoopExpr *x = loop_load(lower->program, block->squares->planes, 3, (LoopExpr *[]){columns->f, q, i});
    x = loop_local(lower, into, arena_printf(lower->arena, "x%d", r), x);
    LoopStmt *loop = for_units(lower, into, "j", columns->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *place[3] = {columns->f, q, op2(lower, OP_ADD, columns->j0, j)};
    store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x,
                  loop_load(lower->program, block->planes, 3, place));
}

/* `parts` parts of so many channels that are read, from `first` on: their sums go to registers and back. */
static void emit_sums(Lower *lower, const Block *block, LoopBlock *into, const Columns *columns, int first,
                      int count, int parts)
{
    if (parts == 0)
        return;
    const Squares *squares = block->squares;
    LoopExpr *f = columns->f;
    BufferId sums = sums_buffer(lower, weight_name(lower->net, squares->node), count, columns->width);
    LoopStmt *loop = for_range(lower, into, "part", parts);
    LoopExpr *i = scaled_plus(lower, loop_variable(lower, loop), count, num(lower, first));
    i = loop_local(lower, &loop->body, "i", i);
    for (int back = 0; back < 2; back++) {
        for (int r = 0; r < count; r++) {
            LoopStmt *move = for_units(lower, &loop->body, "j", columns->width);
            LoopExpr *j = loop_variable(lower, move);
            LoopExpr *place[3] = {f, op2(lower, OP_ADD, i, num(lower, r)),
                                  op2(lower, OP_ADD, columns->j0, j)};
            if (back)
                loop_store(lower->program, &move->body, block->total, 3, place,
                           load2(lower, sums, num(lower, r), j), false);
            else
                store2(lower, &move->body, sums, num(lower, r), j,
                       loop_load(lower->program, block->total, 3, place), false);
        }
        if (back)
            break;
        LoopStmt *loop_q = for_range(lower, &loop->body, "q", squares->count * squares->x.squares);
        LoopExpr *q = loop_variable(lower, loop_q);
        for (int r = 0; r < count; r++)
            emit_row_product(lower, block, &loop_q->body, columns, q, op2(lower, OP_ADD, i, num(lower, r)),
                             sums, r);
    }
}

/* Some columns of a plane, by sums of up to so many channels that are read. */
static void emit_columns(Lower *lower, const Block *block, LoopBlock *into, const Columns *columns, int most)
{
    Parts channels = even_parts(block->squares->channels, most);
    emit_sums(lower, block, into, columns, 0, channels.size, channels.large);
    emit_sums(lower, block, into, columns, channels.large * channels.size, channels.size - 1, channels.small);
}

/* All planes, up to `width` columns at a time. */
static void emit_planes(Lower *lower, const Block *block, LoopBlock *into, int width, int most)
{
    int parts = block->width / width, rest = block->width % width;
    LoopStmt *planes = for_range(lower, into, "plane", SQUARE_PLANES);
    LoopExpr *f = loop_variable(lower, planes);
    if (parts > 0) {
        LoopStmt *loop = for_range(lower, &planes->body, "columns", parts);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, width));
        Columns columns = {f, loop_local(lower, &loop->body, "column", j0), width};
        emit_columns(lower, block, &loop->body, &columns, most);
    }
    if (rest > 0)
        emit_columns(lower, block, &planes->body, &(Columns){f, num(lower, parts * width), rest}, most);
}

/* As much at a time as registers hold. */
static void emit_all(Lower *lower, const Block *block, LoopBlock *into)
{
    if (block->width < WINDOW_NARROW_WIDTH) {
        emit_planes(lower, block, into, WINDOW_WIDTH, WINDOW_MOST);
        return;
    }
    LoopExpr *lanes = loop_lanes(lower->arena), *wide = num(lower, WIDE_LANES);
    emit_planes(lower, block, &loop_if(lower->arena, into, op2(lower, OP_GE, lanes, wide))->body,
                WINDOW_WIDTH, WINDOW_MOST);
    emit_planes(lower, block, &loop_if(lower->arena, into, op2(lower, OP_LT, lanes, wide))->body,
                WINDOW_NARROW_WIDTH, WINDOW_NARROW_MOST);
}

/* `parts` parts of so many rows of squares of a sample, from row `first` on. */
static void emit_parts(Lower *lower, Block block, Squares squares, int first, int parts)
{
    if (parts == 0)
        return;
    LoopStmt *loop = for_range(lower, squares.site.into, "part", parts);
    LoopExpr *at = scaled_plus(lower, loop_variable(lower, loop), squares.count, num(lower, first));
    squares.first = loop_local(lower, &loop->body, "first", at);
    block.squares = &squares;
    SquareRow row = for_square_rows(lower, &squares, &loop->body);
    spread_row(lower, &squares, &row);
    spread_gradients(lower, &block, &row);
    emit_all(lower, &block, &loop->body);
}

/* ---- the gradient ---- */

static void emit_total(Lower *lower, const Block *block, LoopBlock *into, bool zero)
{
    const Node *node = block->squares->node;
    int ins = map_mixed(node->map)->in;
    LoopStmt *loop_i = for_range(lower, into, "i", block->squares->channels);
    LoopStmt *loop = for_units(lower, &loop_i->body, "j", block->width);
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop), *values[SQUARE_PLANES];
    for (int f = 0; f < SQUARE_PLANES; f++) {
        LoopExpr *place[3] = {num(lower, f), i, j};
        if (zero)
            loop_store(lower->program, &loop->body, block->total, 3, place, loop_float(lower->arena, 0),
                       false);
        else
            values[f] = loop_load(lower->program, block->total, 3, place);
    }
    if (zero)
        return;
    settle(lower, &loop->body, "u", values, SQUARE_PLANES);
    transform(lower, &loop->body, gather_weights, SQUARE_READ, SQUARE_TAPS, values);
    LoopExpr *row = op2(lower, OP_ADD, block->squares->i0, i), *column = op2(lower, OP_ADD, block->j0, j);
    for (int k = 0; k < SQUARE_TAPS * SQUARE_TAPS; k++) {
        LoopExpr *place[2];
        int count = weight_place(lower, node, op2(lower, OP_ADD, num(lower, k * ins), row), column, place);
        loop_store(lower->program, &loop->body, weight_gradient(lower, node), count, place, values[k], true);
    }
}

static void add_buffers(Lower *lower, Block *block, const Squares *squares)
{
    const char *name = weight_name(lower->net, squares->node);
    int planes[3] = {SQUARE_PLANES, squares_room(squares), block->width},
        total[3] = {SQUARE_PLANES, squares->channels, block->width};
    block->planes = named_buffer(lower, "planes_of", stream_of(lower, squares->node->aux)->name, TYPE_F32,
                                 BUFFER_LOCAL, false, 3, planes);
    block->total = named_buffer(lower, "planes_of", name, TYPE_F32, BUFFER_LOCAL, false, 3, total);
}

/* Of so many channels, those of an item: whole blocks of what registers hold, up to `most`. */
static int part_of(int all, int most)
{
    int part = all < WINDOW_WIDTH ? all : WINDOW_WIDTH;
    while (2 * part <= most && all % (2 * part) == 0)
        part *= 2;
    return part;
}

static void lower_gradient(Lower *lower, const Node *node)
{
    const NodePlan *plan = plan_of(lower, node);
    int ins = map_mixed(node->map)->in, outs = map_mixed(node->map)->out;
    int most = ins / WINOGRAD_ITEMS < WINOGRAD_PART ? ins / WINOGRAD_ITEMS : WINOGRAD_PART;
    int channels = part_of(ins, most), width = part_of(outs, WINOGRAD_PART);
    int steps = plan->in_time ? plan->steps : 0;
    const char *name = weight_name(lower->net, node);
    kernel_begin(lower, "gradient", name,
                 arena_printf(lower->arena, "gradient of %s, by squares of 2 x 2 outputs", name), node->span,
                 (ins / channels) * (outs / width));
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = &items->body;
    LoopExpr *item = loop_variable(lower, items);
    LoopExpr *part = loop_local(lower, into, "part", op2(lower, OP_DIV, item, num(lower, outs / width)));
    LoopExpr *rest = op2(lower, OP_SUB, item, op2(lower, OP_MUL, part, num(lower, outs / width)));
    Squares squares = squares_of(node, steps, channels, ins);
    squares.i0 = loop_local(lower, into, "i0", op2(lower, OP_MUL, part, num(lower, channels)));
    Parts parts =
        even_parts(square_rows(&squares, steps),
                   WINOGRAD_TOGETHER / (SQUARE_PLANES * (channels + width) * squares.x.squares) + 1);
    squares.count = parts.size;
    squares_begin(lower, &squares, into);
    Block block = {.squares = &squares,
                   .j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, rest, num(lower, width))),
                   .width = width,
                   .outs = outs};
    add_buffers(lower, &block, &squares);
    emit_total(lower, &block, into, true);
    squares.site =
        walk_samples(lower, (Walk){num(lower, 0), samples_of(lower, plan), steps}, (Site){.into = into});
    emit_parts(lower, block, squares, 0, parts.large);
    squares.count--;
    emit_parts(lower, block, squares, parts.large * parts.size, parts.small);
    squares.count++;
    emit_total(lower, &block, into, false);
}

const MapKernel by_winograd_sums = {.serves = serves, .alone = lower_gradient};
