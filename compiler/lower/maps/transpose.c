/* Transposes of weights, which maps back read. */
#include "lower/base/code.h"
#include "lower/maps/linear.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

/* ---- what is read of them ---- */

/* Some kernels read taps that meet nothing, too, and multiply them by zeros: of windows, where remainders of strides differ,
 * and of squares of outputs. */
static bool reads_all(const Lower *lower, const Node *node)
{
    const AxisMap *map = node->map;
    bool all = map->time.reach == REACH_WINDOW || plan_of(lower, node)->winograd;
    for (int a = 0; a < map->count; a++)
        all = all || (map->space[a].reach == REACH_WINDOW && map->space[a].stride > 1);
    return all;
}

static Range rows_of(const Lower *lower, const Node *node)
{
    const AxisMap *map = node->map;
    Range rows = {0, map_rows(map)};
    if (reads_all(lower, node))
        return rows;
    map_met(map, &rows.from, &rows.to);
    int ins = map_mixed(map)->in / map->groups;
    return (Range){rows.from * ins, rows.to * ins};
}

/* By all maps that read the transpose of the parameter, or the stream. */
static Range rows_read(const Lower *lower, ParamId param, StreamId stream)
{
    const Net *net = lower->net;
    Range rows = {0, 0};
    for (int n = net->backward; n < net->updates; n++) {
        const Node *node = &net->nodes.at[n];
        bool reads = stream != NONE ? node->aux == stream : node->aux == NONE && node->weight == param;
        if (!reads || !reads_transposed(lower, node))
            continue;
        Range own = rows_of(lower, node);
        rows.from = rows.to == 0 || own.from < rows.from ? own.from : rows.from;
        rows.to = own.to > rows.to ? own.to : rows.to;
    }
    return rows;
}

/* ---- the kernel ---- */

static int parts_of(Range all)
{
    return (all.to - all.from + TRANSPOSED_WIDTH - 1) / TRANSPOSED_WIDTH;
}

/* A square goes through the first cache, so that lines of both matrices are read and written once. */
static void emit_squares(Lower *lower, LoopBlock *into, LoopExpr *item, Range rows, int columns,
                         BufferId values, BufferId transposed)
{
    int dims[2] = {TRANSPOSED_WIDTH, TRANSPOSED_WIDTH};
    BufferId square = named_buffer(lower, "square", NULL, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
    LoopExpr *i0, *i1, *j0, *j1;
    range_part(lower, into, item, TRANSPOSED_WIDTH, (Range){0, columns}, &j0, &j1);
    LoopStmt *loop = for_range(lower, into, "square", parts_of(rows));
    into = &loop->body;
    range_part(lower, into, loop_variable(lower, loop), TRANSPOSED_WIDTH, rows, &i0, &i1);
    for (int back = 0; back < 2; back++) {
        LoopStmt *outer = back ? for_bounds(lower, into, "j", j0, j1) : for_bounds(lower, into, "i", i0, i1);
        LoopStmt *inner = back ? for_bounds(lower, &outer->body, "i", i0, i1)
                               : for_bounds(lower, &outer->body, "j", j0, j1);
        inner->independent = true;
        LoopExpr *i = loop_variable(lower, back ? inner : outer),
                 *j = loop_variable(lower, back ? outer : inner);
        LoopExpr *own[2] = {op2(lower, OP_SUB, i, i0), op2(lower, OP_SUB, j, j0)};
        if (back)
            store2(lower, &inner->body, transposed, j, i, load2(lower, square, own[0], own[1]), false);
        else
            store2(lower, &inner->body, square, own[0], own[1], load2(lower, values, i, j), false);
    }
}

void lower_transposed(Lower *lower, ParamId param, StreamId stream)
{
    bool is_stream = stream != NONE;
    const char *name = is_stream ? stream_of(lower, stream)->name : lower->net->params.at[param].name;
    BufferId values = is_stream ? lower->streams[stream].values : lower->params[param].values;
    BufferId transposed = is_stream ? lower->streams[stream].transposed : lower->params[param].transposed;
    Range rows = rows_read(lower, param, stream);
    int columns = lower->program->buffers.at[transposed].dims[0];
    bool squares = columns >= TRANSPOSED_LEAST && rows.to - rows.from >= TRANSPOSED_WIDTH;
    kernel_begin(lower, "transpose", name,
                 arena_printf(lower->arena, "%s with outputs first, for the gradient of its inputs", name),
                 (Span){0, 0}, squares ? parts_of((Range){0, columns}) : columns);
    LoopStmt *items = kernel_items(lower, squares ? "block" : "j");
    LoopExpr *item = loop_variable(lower, items);
    if (squares) {
        emit_squares(lower, &items->body, item, rows, columns, values, transposed);
        return;
    }
    LoopStmt *loop = for_bounds(lower, &items->body, "i", num(lower, rows.from), num(lower, rows.to));
    LoopExpr *i = loop_variable(lower, loop);
    store2(lower, &loop->body, transposed, item, i, load2(lower, values, i, item), false);
}
