#include "lower/base/matrix.h"

#include "lower/base/code.h"

LoopExpr *matrix_load(Lower *lower, const Matrix *matrix, LoopExpr *i, LoopExpr *j)
{
    if (matrix->column)
        j = op2(lower, OP_ADD, matrix->column, j);
    if (matrix->row)
        i = op2(lower, OP_ADD, matrix->row, i);
    return matrix->outer ? loop_load(lower->program, matrix->buffer, 3, (LoopExpr *[]){matrix->outer, i, j})
                         : load2(lower, matrix->buffer, i, j);
}

void matrix_store(Lower *lower, LoopBlock *into, const Matrix *matrix, LoopExpr *i, LoopExpr *j,
                  LoopExpr *value, bool add)
{
    if (matrix->column)
        j = op2(lower, OP_ADD, matrix->column, j);
    if (matrix->row)
        i = op2(lower, OP_ADD, matrix->row, i);
    if (matrix->outer)
        loop_store(lower->program, into, matrix->buffer, 3, (LoopExpr *[]){matrix->outer, i, j}, value, add);
    else
        store2(lower, into, matrix->buffer, i, j, value, add);
}

/* Row i, from some column on. */
static void copy_row(Lower *lower, LoopStmt *columns, const Matrix *to, const Matrix *from, LoopExpr *i,
                     bool add)
{
    columns->independent = true;
    LoopExpr *j = loop_variable(lower, columns);
    LoopExpr *value = from ? matrix_load(lower, from, i, j) : loop_float(lower->arena, 0);
    matrix_store(lower, &columns->body, to, i, j, value, add);
}

void matrix_copy(Lower *lower, LoopBlock *into, const Matrix *to, const Matrix *from, int rows,
                 const Tile *tile, bool add)
{
    LoopStmt *loop_i = for_range(lower, into, "i", rows);
    LoopBlock *row = &loop_i->body;
    LoopExpr *i = loop_variable(lower, loop_i), *all = num(lower, tile->width);
    LoopExpr *some = from && tile->units ? tile->units : all;
    copy_row(lower, for_bounds(lower, row, "j", num(lower, 0), some), to, from, i, add);
    if (some != all && !add)
        copy_row(lower, for_bounds(lower, row, "j", some, all), to, NULL, i, false);
}

int weight_place(const Lower *lower, const Node *node, LoopExpr *row, LoopExpr *column, LoopExpr *place[2])
{
    StreamId stream = node->kind == NODE_MAP_GRAD ? node->out : node->aux;
    place[0] = row;
    place[1] = column;
    bool matrix = stream != NONE ? stream_of(lower, stream)->shape.ndim > 1
                                 : lower->net->params.at[node->weight].matrix;
    return matrix ? 2 : 1;
}

bool reads_transposed(const Lower *lower, const Node *node)
{
    const Net *net = lower->net;
    return node >= net->nodes.at + net->backward && node->kind == NODE_MAP && node->transposed
           && (node->weight != NONE || node->aux != NONE) && map_mixes_space(node->map)
           && !plan_of(lower, node)->taps;
}

BufferId weights_of(const Lower *lower, const Node *map)
{
    if (!reads_transposed(lower, map))
        return weight_values(lower, map);
    return map->aux != NONE ? lower->streams[map->aux].transposed : lower->params[map->weight].transposed;
}

BufferId weight_values(const Lower *lower, const Node *map)
{
    return map->aux != NONE ? lower->streams[map->aux].values : lower->params[map->weight].values;
}

BufferId weight_gradient(const Lower *lower, const Node *gradient)
{
    return gradient->out != NONE ? lower->streams[gradient->out].values
                                 : lower->params[gradient->weight].gradient;
}

BufferId sums_buffer(Lower *lower, const char *name, int rows, int width)
{
    int dims[2] = {rows, width};
    BufferId sums = named_buffer(lower, "sums", name, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
    lower->program->buffers.at[sums].small = true;
    return sums;
}

void zero_sums(Lower *lower, LoopBlock *into, BufferId sums, int rows, int width)
{
    for (int r = 0; r < rows; r++) {
        LoopStmt *loop = for_units(lower, into, "j", width);
        store2(lower, &loop->body, sums, num(lower, r), loop_variable(lower, loop),
               loop_float(lower->arena, 0), false);
    }
}
