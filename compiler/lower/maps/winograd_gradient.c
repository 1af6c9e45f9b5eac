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

/* ---- gradients of outputs ---- */

/* Channels i0 .. of what is read, in `squares`, by j0 .. j0 + width - 1 of what is made. */
typedef struct Block {
    const Squares *squares;
    LoopExpr *j0;
    int width, outs;
    BufferId planes; /* [planes][squares x width], of the gradients of outputs */
    BufferId total;  /* [planes][channels x width] */
} Block;

/* The gradients of a square's outputs, in an array. */
typedef struct Outputs {
    const Block *block;
    LoopExpr *square;
    BufferId values;
} Outputs;

/* values[k][j] = the gradient of output k of square x0; 0 where it has none. */
static void emit_outputs(Lower *lower, const Outputs *outputs, const SquareRow *row, LoopBlock *into,
                         LoopExpr *x0)
{
    const Block *block = outputs->block;
    const Squares *squares = block->squares;
    if (squares->y.out % squares->y.form->made || squares->x.out % squares->x.form->made)
        zero_sums(lower, into, outputs->values, square_outputs(squares), block->width);
    SquareOutput output = for_square_outputs(lower, squares, row, into, x0, block->outs, block->j0);
    LoopStmt *loop = for_units(lower, output.there, "j", block->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *value = load_stream(lower, squares->node->aux, row->site, op2(lower, OP_ADD, output.unit, j));
    store2(lower, &loop->body, outputs->values, output_number(lower, squares, output.y, output.x), j,
           loop_cast(lower->arena, TYPE_F32, value), false);
}

static LoopExpr *load_output(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *j)
{
    const Outputs *outputs = of;
    return load2(lower, outputs->values, output_number(lower, outputs->block->squares, y, x), j);
}

static void store_spread(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *j,
                         LoopExpr *value)
{
    const Outputs *outputs = of;
    const Block *block = outputs->block;
    store_plane(lower, into, block->planes, block->width, plane_number(lower, block->squares, y, x),
                outputs->square, j, value, false);
}

static void spread_gradients(Lower *lower, const Block *block, LoopBlock *to)
{
    const Squares *squares = block->squares;
    const SquareForm *along_y = squares->y.form, *along_x = squares->x.form;
    const Along along[2] = {{along_y->spread_outputs, along_y->made, along_y->planes},
                            {along_x->spread_outputs, along_x->made, along_x->planes}};
    SquareRow row = for_square_rows(lower, squares, to);
    LoopStmt *loop_x = for_range(lower, row.site.into, "x", squares->x.squares);
    LoopBlock *into = &loop_x->body;
    LoopExpr *x = loop_variable(lower, loop_x);
    const char *name = stream_of(lower, squares->node->aux)->name;
    Outputs outputs = {block, loop_local(lower, into, "square", op2(lower, OP_ADD, row.square, x)),
                       outputs_buffer(lower, squares, name, block->width)};
    emit_outputs(lower, &outputs, &row, into, x);
    transform(lower, into, along, block->width, &(Places){load_output, store_spread, &outputs});
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
    LoopExpr *x = load_plane(lower, block->squares->planes, block->squares->channels, columns->f, q, i);
    x = loop_local(lower, into, arena_printf(lower->arena, "x%d", r), x);
    LoopStmt *loop = for_units(lower, into, "j", columns->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *g =
        load_plane(lower, block->planes, block->width, columns->f, q, op2(lower, OP_ADD, columns->j0, j));
    store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x, g);
}

/* Sums of `count` channels that are read, from i on, are added to the total. */
static void add_sums(Lower *lower, const Block *block, LoopBlock *into, const Columns *columns, LoopExpr *i,
                     BufferId sums, int count)
{
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", columns->width);
        LoopExpr *j = loop_variable(lower, loop), *row = num(lower, r);
        store_plane(lower, &loop->body, block->total, block->width, columns->f, op2(lower, OP_ADD, i, row),
                    op2(lower, OP_ADD, columns->j0, j), load2(lower, sums, row, j), true);
    }
}

/* `parts` parts of so many channels that are read, from `first` on: their sums are made in registers. */
static void emit_sums(Lower *lower, const Block *block, LoopBlock *into, const Columns *columns, int first,
                      int count, int parts)
{
    if (parts == 0)
        return;
    BufferId sums = sums_buffer(lower, weight_name(lower->net, block->squares->node), count, columns->width);
    LoopStmt *loop = for_range(lower, into, "part", parts);
    LoopExpr *i = scaled_plus(lower, loop_variable(lower, loop), count, num(lower, first));
    i = loop_local(lower, &loop->body, "i", i);
    zero_sums(lower, &loop->body, sums, count, columns->width);
    LoopStmt *loop_q =
        for_bounds(lower, &loop->body, "q", num(lower, 0), squares_count(lower, block->squares));
    LoopExpr *q = loop_variable(lower, loop_q);
    for (int r = 0; r < count; r++)
        emit_row_product(lower, block, &loop_q->body, columns, q, op2(lower, OP_ADD, i, num(lower, r)), sums,
                         r);
    add_sums(lower, block, &loop->body, columns, i, sums, count);
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
    LoopStmt *planes = for_range(lower, into, "plane", square_planes(block->squares));
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
    emit_planes(lower, block, if_wide(lower, into, true), WINDOW_WIDTH, WINDOW_MOST);
    emit_planes(lower, block, if_wide(lower, into, false), WINDOW_NARROW_WIDTH, WINDOW_NARROW_MOST);
}

/* ---- the gradient ---- */

static void emit_zero_total(Lower *lower, const Block *block, LoopBlock *into)
{
    LoopStmt *planes = for_range(lower, into, "plane", square_planes(block->squares));
    LoopStmt *loop = for_units(lower, &planes->body, "n", block->squares->channels * block->width);
    store2(lower, &loop->body, block->total, loop_variable(lower, planes), loop_variable(lower, loop),
           loop_float(lower->arena, 0), false);
}

/* The total of channel i by those of the block. */
typedef struct Total {
    const Block *block;
    LoopExpr *i;
} Total;

static LoopExpr *load_total(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *j)
{
    const Total *total = of;
    const Block *block = total->block;
    return load_plane(lower, block->total, block->width, plane_number(lower, block->squares, y, x), total->i,
                      j);
}

static void add_weight(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *j,
                       LoopExpr *value)
{
    const Total *total = of;
    const Block *block = total->block;
    const Node *node = block->squares->node;
    LoopExpr *row = op2(lower, OP_ADD, block->squares->i0, total->i), *place[2];
    row = scaled_plus(lower, scaled_plus(lower, y, SQUARE_TAPS, x), map_mixed(node->map)->in, row);
    int count = weight_place(lower, node, row, op2(lower, OP_ADD, block->j0, j), place);
    loop_store(lower->program, into, weight_gradient(lower, node), count, place, value, true);
}

static void emit_total(Lower *lower, const Block *block, LoopBlock *into)
{
    const SquareForm *along_y = block->squares->y.form, *along_x = block->squares->x.form;
    const Along along[2] = {{along_y->gather_weights, along_y->planes, SQUARE_TAPS},
                            {along_x->gather_weights, along_x->planes, SQUARE_TAPS}};
    LoopStmt *loop = for_range(lower, into, "i", block->squares->channels);
    Total total = {block, loop_variable(lower, loop)};
    transform(lower, &loop->body, along, block->width, &(Places){load_total, add_weight, &total});
}

static void add_buffers(Lower *lower, Block *block, const Squares *squares)
{
    Squares total = *squares;
    total.together = 1;
    total.most_rows = squares->channels; /* a row for each of them */
    total.x.squares = 1;
    block->planes = planes_buffer(lower, squares, stream_of(lower, squares->node->aux)->name, block->width);
    block->total = planes_buffer(lower, &total, weight_name(lower->net, squares->node), block->width);
}

/* Of so many channels, those of an item: whole blocks of what registers hold, up to `most`. */
static int part_of(int all, int most)
{
    int part = all < WINDOW_WIDTH ? all : WINDOW_WIDTH;
    while (2 * part <= most && all % (2 * part) == 0)
        part *= 2;
    return part;
}

/* All samples, some rows of squares of one at a time. */
static void emit_samples(Lower *lower, Block *block, Squares *squares, int steps, LoopBlock *into)
{
    int all = square_rows(squares, steps);
    const NodePlan *plan = plan_of(lower, squares->node);
    squares->site =
        walk_samples(lower, (Walk){num(lower, 0), samples_of(lower, plan), steps}, (Site){.into = into});
    LoopExpr *end;
    LoopStmt *loop =
        for_range(lower, squares->site.into, "part", (all + squares->most_rows - 1) / squares->most_rows);
    range_part(lower, &loop->body, loop_variable(lower, loop), squares->most_rows, (Range){0, all},
               &squares->first, &end);
    squares->rows = loop_local(lower, &loop->body, "rows", op2(lower, OP_SUB, end, squares->first));
    spread_squares(lower, squares, &loop->body);
    spread_gradients(lower, block, &loop->body);
    emit_all(lower, block, &loop->body);
}

static void lower_gradient(Lower *lower, const Node *node)
{
    const NodePlan *plan = plan_of(lower, node);
    int ins = map_mixed(node->map)->in, outs = map_mixed(node->map)->out;
    int most = ins / WINOGRAD_ITEMS < WINOGRAD_PART ? ins / WINOGRAD_ITEMS : WINOGRAD_PART;
    int channels = part_of(ins, most), width = part_of(outs, WINOGRAD_PART);
    int steps = plan->in_time ? plan->steps : 0;
    Squares squares = squares_of(lower, node, steps, channels, ins);
    const char *name = weight_name(lower->net, node);
    kernel_begin(lower, "gradient", name,
                 arena_printf(lower->arena, "gradient of %s, by squares of %d x %d outputs", name,
                              squares.y.form->made, squares.x.form->made),
                 node->span, (ins / channels) * (outs / width));
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = &items->body;
    LoopExpr *item = loop_variable(lower, items);
    LoopExpr *part = loop_local(lower, into, "part", op2(lower, OP_DIV, item, num(lower, outs / width)));
    LoopExpr *rest = op2(lower, OP_SUB, item, op2(lower, OP_MUL, part, num(lower, outs / width)));
    squares.i0 = loop_local(lower, into, "i0", op2(lower, OP_MUL, part, num(lower, channels)));
    int all = square_rows(&squares, steps);
    squares.most_rows =
        WINOGRAD_TOGETHER / (square_planes(&squares) * (channels + width) * squares.x.squares) + 1;
    squares.most_rows = squares.most_rows < all ? squares.most_rows : all;
    squares_begin(lower, &squares, into);
    Block block = {.squares = &squares,
                   .j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, rest, num(lower, width))),
                   .width = width,
                   .outs = outs};
    add_buffers(lower, &block, &squares);
    emit_zero_total(lower, &block, into);
    emit_samples(lower, &block, &squares, steps, into);
    emit_total(lower, &block, into);
}

const MapKernel by_winograd_sums = {.serves = serves, .alone = lower_gradient};
