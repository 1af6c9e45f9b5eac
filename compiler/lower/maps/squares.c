#include "lower/maps/squares.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/view.h"

/* ---- transforms ---- */

void settle(Lower *lower, LoopBlock *into, const char *name, LoopExpr **values, int count)
{
    for (int k = 0; k < count; k++)
        values[k] = loop_local(lower, into, arena_printf(lower->arena, "%s%d", name, k), values[k]);
}

void transform(Lower *lower, LoopBlock *into, Transform *along, int from, int to, LoopExpr **values)
{
    LoopExpr *columns[SQUARE_READ * SQUARE_READ], *line[SQUARE_READ], *made[SQUARE_READ];
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

static void spread_inputs(Lower *lower, LoopExpr *const d[SQUARE_READ], LoopExpr *to[SQUARE_READ])
{
    to[0] = op2(lower, OP_SUB, d[0], d[2]);
    to[1] = op2(lower, OP_ADD, d[1], d[2]);
    to[2] = op2(lower, OP_SUB, d[2], d[1]);
    to[3] = op2(lower, OP_SUB, d[1], d[3]);
}

/* ---- squares ---- */

static Side side_of(const Node *node, int axis)
{
    const MapAxis *along = &node->map->space[axis];
    bool turned = node->kind == NODE_MAP && node->transposed;
    Side side = {.in = turned ? along->out : along->in,
                 .out = turned ? along->in : along->out,
                 .before = turned ? SQUARE_TAPS - 1 - along->before : along->before};
    side.squares = (side.out + SQUARE_MADE - 1) / SQUARE_MADE;
    return side;
}

Squares squares_of(const Node *node, int steps, int channels, int all)
{
    return (Squares){.node = node,
                     .together = 1,
                     .in_time = steps > 0,
                     .y = side_of(node, 0),
                     .x = side_of(node, 1),
                     .channels = channels,
                     .all = all};
}

int square_rows(const Squares *squares, int steps)
{
    return (steps > 0 ? steps : 1) * squares->y.squares;
}

int squares_count(const Squares *squares)
{
    return squares->count * squares->x.squares;
}

int squares_room(const Squares *squares)
{
    return squares->together * squares_count(squares) + 1;
}

static int positions_of(const Squares *squares)
{
    return squares->x.squares * SQUARE_MADE + SQUARE_TAPS - 1;
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
    int box[2] = {SQUARE_READ, positions_of(squares) * squares->channels},
        planes[3] = {SQUARE_PLANES, squares_room(squares), squares->channels};
    squares->box = named_buffer(lower, "box_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, box);
    squares->planes = named_buffer(lower, "planes_of", name, TYPE_F32, BUFFER_LOCAL, false, 3, planes);
    LoopStmt *loop = for_range(lower, into, "m", SQUARE_READ);
    emit_zeros(lower, &loop->body, squares->box, loop_variable(lower, loop), 0, box[1]);
}

SquareRow for_square_rows(Lower *lower, const Squares *squares, LoopBlock *into)
{
    SquareRow made = {.site = squares->site};
    made.site.into = into;
    made.site = walk_samples(lower, squares->samples, made.site);
    LoopStmt *loop = for_range(lower, made.site.into, "row", squares->count);
    LoopExpr *row = loop_variable(lower, loop), *rows = num(lower, squares->y.squares);
    made.site.into = &loop->body;
    made.y = loop_local(lower, &loop->body, "y", op2(lower, OP_ADD, squares->first, row));
    made.square = op2(lower, OP_MUL, row, num(lower, squares->x.squares));
    if (squares->samples.b0)
        made.square = scaled_plus(lower, op2(lower, OP_SUB, made.site.b, squares->samples.b0),
                                  squares_count(squares), made.square);
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
    LoopExpr *at = op2(lower, OP_ADD, op2(lower, OP_MUL, row->y, num(lower, SQUARE_MADE)),
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

/* Square number x of the row, to the planes. */
static void emit_spread(Lower *lower, const Squares *squares, const SquareRow *row, LoopBlock *into,
                        LoopExpr *x)
{
    int channels = squares->channels;
    LoopExpr *first = op2(lower, OP_MUL, x, num(lower, SQUARE_MADE * channels)), *values[SQUARE_PLANES];
    LoopExpr *square = loop_local(lower, into, "square", op2(lower, OP_ADD, row->square, x));
    LoopStmt *loop = for_units(lower, into, "i", channels);
    LoopExpr *i = loop_variable(lower, loop), *at = op2(lower, OP_ADD, first, i);
    for (int k = 0; k < SQUARE_PLANES; k++)
        values[k] = load2(lower, squares->box, num(lower, k / SQUARE_READ),
                          op2(lower, OP_ADD, at, num(lower, k % SQUARE_READ * channels)));
    settle(lower, &loop->body, "d", values, SQUARE_PLANES);
    transform(lower, &loop->body, spread_inputs, SQUARE_READ, SQUARE_READ, values);
    for (int f = 0; f < SQUARE_PLANES; f++)
        loop_store(lower->program, &loop->body, squares->planes, 3, (LoopExpr *[]){num(lower, f), square, i},
                   values[f], false);
}

void spread_row(Lower *lower, const Squares *squares, const SquareRow *row)
{
    LoopStmt *loop_m = for_range(lower, row->site.into, "m", SQUARE_READ);
    emit_box_row(lower, squares, row, &loop_m->body, loop_variable(lower, loop_m));
    LoopStmt *loop_x = for_range(lower, row->site.into, "x", squares->x.squares);
    emit_spread(lower, squares, row, &loop_x->body, loop_variable(lower, loop_x));
}
