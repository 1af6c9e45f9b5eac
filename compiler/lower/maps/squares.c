#include "lower/maps/squares.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

/* ---- transforms ---- */

static void emit_columns(Lower *lower, LoopBlock *into, const Along *y, int count, int width,
                         const Places *places, BufferId columns)
{
    LoopStmt *loop_x = for_range(lower, into, "x", count);
    LoopStmt *loop = for_units(lower, &loop_x->body, "i", width);
    LoopExpr *x = loop_variable(lower, loop_x), *i = loop_variable(lower, loop);
    LoopExpr *from[SQUARE_MOST], *to[SQUARE_MOST];
    for (int n = 0; n < y->from; n++)
        from[n] = loop_local(lower, &loop->body, arena_printf(lower->arena, "d%d", n),
                             places->load(lower, places->of, num(lower, n), x, i));
    y->way(lower, &loop->body, from, to);
    for (int n = 0; n < y->to; n++)
        store2(lower, &loop->body, columns, num(lower, n), scaled_plus(lower, x, width, i), to[n], false);
}

static void emit_rows(Lower *lower, LoopBlock *into, const Along *x, int count, int width,
                      const Places *places, BufferId columns)
{
    LoopStmt *loop_y = for_range(lower, into, "y", count);
    LoopStmt *loop = for_units(lower, &loop_y->body, "i", width);
    LoopExpr *y = loop_variable(lower, loop_y), *i = loop_variable(lower, loop);
    LoopExpr *from[SQUARE_MOST], *to[SQUARE_MOST];
    for (int n = 0; n < x->from; n++)
        from[n] = loop_local(lower, &loop->body, arena_printf(lower->arena, "c%d", n),
                             load2(lower, columns, y, scaled_plus(lower, num(lower, n), width, i)));
    x->way(lower, &loop->body, from, to);
    for (int n = 0; n < x->to; n++)
        places->store(lower, places->of, &loop->body, y, num(lower, n), i, to[n]);
}

void transform(Lower *lower, LoopBlock *into, const Along along[2], int width, const Places *places)
{
    int dims[2] = {along[0].to, along[1].from * width};
    BufferId columns = named_buffer(lower, "columns", NULL, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
    emit_columns(lower, into, &along[0], along[1].from, width, places, columns);
    emit_rows(lower, into, &along[1], along[0].to, width, places, columns);
}

/* ---- squares ---- */

static Side side_of(Lower *lower, const Node *node, int axis)
{
    const MapAxis *along = &node->map->space[axis];
    bool turned = node->kind == NODE_MAP && node->transposed;
    Side side = {.form = square_form(along, turned, plan_of(lower, node)->squares[axis]),
                 .in = turned ? along->out : along->in,
                 .out = turned ? along->in : along->out,
                 .before = along->before};
    if (turned)
        side.before = along->stride == 1 ? SQUARE_TAPS - 1 - along->before : along->before == 0;
    side.squares = (side.out + side.form->made - 1) / side.form->made;
    return side;
}

Squares squares_of(Lower *lower, const Node *node, int steps, int channels, int all)
{
    return (Squares){.node = node,
                     .together = 1,
                     .in_time = steps > 0,
                     .y = side_of(lower, node, 0),
                     .x = side_of(lower, node, 1),
                     .channels = channels,
                     .all = all};
}

int square_planes(const Squares *squares)
{
    return squares->y.form->planes * squares->x.form->planes;
}

int square_outputs(const Squares *squares)
{
    return squares->y.form->made * squares->x.form->made;
}

BufferId outputs_buffer(Lower *lower, const Squares *squares, const char *name, int channels)
{
    int dims[2] = {square_outputs(squares), channels};
    return named_buffer(lower, "square_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
}

int square_rows(const Squares *squares, int steps)
{
    return (steps > 0 ? steps : 1) * squares->y.squares;
}

LoopExpr *squares_count(Lower *lower, const Squares *squares)
{
    LoopExpr *count = op2(lower, OP_MUL, squares->rows, num(lower, squares->x.squares));
    const Walk *samples = &squares->samples;
    return samples->b0 ? op2(lower, OP_MUL, op2(lower, OP_SUB, samples->b1, samples->b0), count) : count;
}

/* ---- planes ---- */

BufferId planes_buffer(Lower *lower, const Squares *squares, const char *name, int channels)
{
    int most = squares->together * squares->most_rows * squares->x.squares + SQUARES_TOGETHER - 1;
    int lines = (most * channels + TILE_VECTOR - 1) / TILE_VECTOR;
    int dims[2] = {square_planes(squares), (lines | 1) * TILE_VECTOR};
    return named_buffer(lower, "planes_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
}

LoopExpr *plane_number(Lower *lower, const Squares *squares, LoopExpr *y, LoopExpr *x)
{
    return scaled_plus(lower, y, squares->x.form->planes, x);
}

LoopExpr *load_plane(Lower *lower, BufferId planes, int channels, LoopExpr *f, LoopExpr *q, LoopExpr *i)
{
    return load2(lower, planes, f, scaled_plus(lower, q, channels, i));
}

void store_plane(Lower *lower, LoopBlock *into, BufferId planes, int channels, LoopExpr *f, LoopExpr *q,
                 LoopExpr *i, LoopExpr *value, bool add)
{
    store2(lower, into, planes, f, scaled_plus(lower, q, channels, i), value, add);
}

static int positions_of(const Squares *squares)
{
    const SquareForm *form = squares->x.form;
    return (squares->x.squares - 1) * form->step + form->read;
}

static void emit_zeros(Lower *lower, LoopBlock *into, BufferId box, LoopExpr *m, int from, int to)
{
    LoopStmt *loop = for_bounds(lower, into, "n", num(lower, from), num(lower, to));
    loop->independent = true;
    store2(lower, &loop->body, box, m, loop_variable(lower, loop), loop_float(lower->arena, 0), false);
}

void squares_begin(Lower *lower, Squares *squares, LoopBlock *into)
{
    const char *name = stream_of(lower, squares->node->in)->name;
    int box[2] = {squares->y.form->read, positions_of(squares) * squares->channels};
    squares->box = named_buffer(lower, "box_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, box);
    squares->planes = planes_buffer(lower, squares, name, squares->channels);
    LoopStmt *loop = for_range(lower, into, "m", box[0]);
    emit_zeros(lower, &loop->body, squares->box, loop_variable(lower, loop), 0, box[1]);
}

SquareRow for_square_rows(Lower *lower, const Squares *squares, LoopBlock *into)
{
    SquareRow made = {.site = squares->site};
    made.site.into = into;
    made.site = walk_samples(lower, squares->samples, made.site);
    LoopStmt *loop = for_bounds(lower, made.site.into, "row", num(lower, 0), squares->rows);
    LoopExpr *row = loop_variable(lower, loop), *rows = num(lower, squares->y.squares);
    made.site.into = &loop->body;
    made.y = loop_local(lower, &loop->body, "y", op2(lower, OP_ADD, squares->first, row));
    made.square = op2(lower, OP_MUL, row, num(lower, squares->x.squares));
    if (squares->samples.b0)
        made.square = scaled_plus(lower, op2(lower, OP_SUB, made.site.b, squares->samples.b0),
                                  squares->most_rows * squares->x.squares, made.square);
    if (!squares->in_time)
        return made;
    made.site.t = loop_local(lower, &loop->body, "t", op2(lower, OP_DIV, made.y, rows));
    LoopExpr *before = op2(lower, OP_MUL, made.site.t, rows);
    made.y = loop_local(lower, &loop->body, "y", op2(lower, OP_SUB, made.y, before));
    return made;
}

/* ---- what is read ---- */

/* What stands at positions from .. to-1 of the box, of row `at` of the stream. */
static void emit_values(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                        LoopExpr *m, LoopExpr *at, int from, int to)
{
    int run = squares->i0 ? squares->channels : squares->channels * (to - from);
    LoopExpr *place = num(lower, from * squares->channels);
    LoopExpr *offset = op2(lower, OP_MUL, at, num(lower, squares->x.in));
    offset = op2(lower, OP_ADD, offset, num(lower, from - squares->x.before));
    if (squares->i0) {
        LoopStmt *positions = for_bounds(lower, into, "x", num(lower, from), num(lower, to));
        LoopExpr *x = loop_variable(lower, positions);
        into = &positions->body;
        place = loop_local(lower, into, "place", op2(lower, OP_MUL, x, num(lower, squares->channels)));
        offset = op2(lower, OP_ADD, op2(lower, OP_SUB, offset, num(lower, from)), x);
    }
    offset = op2(lower, OP_MUL, offset, num(lower, squares->all));
    if (squares->i0)
        offset = op2(lower, OP_ADD, offset, squares->i0);
    offset = loop_local(lower, into, "offset", offset);
    LoopStmt *loop = for_units(lower, into, "n", run);
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *value = load_stream(lower, squares->node->in, row->site, op2(lower, OP_ADD, offset, n));
    store2(lower, &loop->body, squares->box, m, op2(lower, OP_ADD, place, n),
           loop_cast(lower->arena, TYPE_F32, value), false);
}

/* Row m of the box: that of the stream, or zeros where there is none; what is beside it stays 0. */
static void emit_box_row(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                         LoopExpr *m)
{
    int from = squares->x.before, to = squares->x.in + from;
    to = to < positions_of(squares) ? to : positions_of(squares);
    LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_MUL, row->y, num(lower, squares->y.form->step)),
                       op2(lower, OP_SUB, m, num(lower, squares->y.before)));
    at = loop_local(lower, into, "at", at);
    LoopExpr *inside = op2(lower, OP_AND, op2(lower, OP_GE, at, num(lower, 0)),
                           op2(lower, OP_LT, at, num(lower, squares->y.in)));
    inside = loop_local(lower, into, "inside", as_bit(lower, inside));
    LoopBlock *outside = &loop_if(lower->arena, into, op2(lower, OP_EQ, inside, num(lower, 0)))->body;
    emit_zeros(lower, outside, squares->box, m, from * squares->channels, to * squares->channels);
    emit_values(lower, squares, row,
                &loop_if(lower->arena, into, op2(lower, OP_NE, inside, num(lower, 0)))->body, m, at, from,
                to);
}

/* Square number x of a row, from channel i0 on. */
typedef struct Spread {
    const Squares *squares;
    LoopExpr *x, *square, *i0;
} Spread;

static LoopExpr *load_box(Lower *lower, const void *of, LoopExpr *y, LoopExpr *x, LoopExpr *i)
{
    const Spread *spread = of;
    const Squares *squares = spread->squares;
    LoopExpr *at = scaled_plus(lower, spread->x, squares->x.form->step, x);
    return load2(lower, squares->box, y,
                 scaled_plus(lower, at, squares->channels, op2(lower, OP_ADD, spread->i0, i)));
}

static void store_spread(Lower *lower, const void *of, LoopBlock *into, LoopExpr *y, LoopExpr *x, LoopExpr *i,
                         LoopExpr *value)
{
    const Spread *spread = of;
    const Squares *squares = spread->squares;
    store_plane(lower, into, squares->planes, squares->channels, plane_number(lower, squares, y, x),
                spread->square, op2(lower, OP_ADD, spread->i0, i), value, false);
}

static void emit_spread(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                        LoopExpr *x)
{
    const SquareForm *along_y = squares->y.form, *along_x = squares->x.form;
    const Along along[2] = {{along_y->spread_inputs, along_y->read, along_y->planes},
                            {along_x->spread_inputs, along_x->read, along_x->planes}};
    Spread spread = {.squares = squares, .x = x};
    const Places places = {load_box, store_spread, &spread};
    spread.square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    int blocks = squares->channels / WINOGRAD_WIDTH, rest = squares->channels % WINOGRAD_WIDTH;
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, into, "block", blocks);
        spread.i0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, WINOGRAD_WIDTH));
        spread.i0 = loop_local(lower, &loop->body, "i0", spread.i0);
        transform(lower, &loop->body, along, WINOGRAD_WIDTH, &places);
    }
    spread.i0 = num(lower, blocks * WINOGRAD_WIDTH);
    if (rest > 0)
        transform(lower, into, along, rest, &places);
}

void spread_squares(Lower *lower, const Squares *squares, LoopBlock *into)
{
    SquareRow row = for_square_rows(lower, squares, into);
    LoopStmt *loop_m = for_range(lower, row.site.into, "m", squares->y.form->read);
    emit_box_row(lower, squares, &row, &loop_m->body, loop_variable(lower, loop_m));
    LoopStmt *loop_x = for_range(lower, row.site.into, "x", squares->x.squares);
    emit_spread(lower, squares, &row, &loop_x->body, loop_variable(lower, loop_x));
}

void pad_squares(Lower *lower, const Squares *squares, LoopBlock *into)
{
    int rest = (SQUARES_TOGETHER - 1) * squares->channels;
    LoopExpr *end = op2(lower, OP_MUL, squares_count(lower, squares), num(lower, squares->channels));
    end = loop_local(lower, into, "end", end);
    LoopStmt *planes = for_range(lower, into, "plane", square_planes(squares));
    LoopStmt *loop = for_units(lower, &planes->body, "n", rest);
    LoopExpr *n = loop_variable(lower, loop);
    store2(lower, &loop->body, squares->planes, loop_variable(lower, planes), op2(lower, OP_ADD, end, n),
           loop_float(lower->arena, 0), false);
}

/* ---- what is made ---- */

LoopExpr *output_number(Lower *lower, const Squares *squares, LoopExpr *y, LoopExpr *x)
{
    return scaled_plus(lower, y, squares->x.form->made, x);
}

SquareOutput for_square_outputs(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                                LoopExpr *x0, int channels, LoopExpr *j0)
{
    const Side *sides[2] = {&squares->y, &squares->x};
    LoopExpr *place[2], *at[2];
    for (int a = 0; a < 2; a++) {
        int made = sides[a]->form->made;
        LoopStmt *loop = for_range(lower, into, a ? "x" : "y", made);
        into = &loop->body;
        place[a] = loop_variable(lower, loop);
        at[a] = loop_local(lower, into, "at", scaled_plus(lower, a ? x0 : row->y, made, place[a]));
        if (sides[a]->out % made)
            into = &loop_if(lower->arena, into, op2(lower, OP_LT, at[a], num(lower, sides[a]->out)))->body;
    }
    LoopExpr *unit = scaled_plus(lower, scaled_plus(lower, at[0], squares->x.out, at[1]), channels, j0);
    return (SquareOutput){place[0], place[1], loop_local(lower, into, "unit", unit), into};
}
