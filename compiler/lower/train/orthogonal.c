/* A matrix of random numbers made orthogonal: as Gram and Schmidt, column by column, each column at once taken out of all
 * that come after it, and all of it twice, because single precision leaves a remainder the first time. Such a matrix is
 * any orthogonal one with equal probability. One item: every sum has one order. */
#include "lower/base/code.h"
#include "lower/train/param.h"

/* The columns stand in `columns`: those of the matrix, or of its transpose, whichever has fewer. */
typedef struct Work {
    Lower *lower;
    BufferId values, columns, parts; /* parts: how much of a column there is in each that comes after it */
    int rows, count;                 /* of columns: [rows][count] */
    bool turned;
} Work;

static LoopExpr *element(const Work *work, LoopExpr *row, LoopExpr *column)
{
    return load2(work->lower, work->columns, row, column);
}

/* Between the parameter and the columns. */
static void copy(const Work *work, LoopBlock *into, bool back, double gain)
{
    Lower *lower = work->lower;
    LoopStmt *rows = for_range(lower, into, "r", work->rows);
    LoopStmt *columns = for_units(lower, &rows->body, "c", work->count);
    LoopExpr *r = loop_variable(lower, rows), *c = loop_variable(lower, columns);
    LoopExpr *i = work->turned ? c : r, *j = work->turned ? r : c;
    if (back)
        store2(lower, &columns->body, work->values, i, j,
               op2(lower, OP_MUL, element(work, r, c), loop_float(lower->arena, gain)), false);
    else
        store2(lower, &columns->body, work->columns, r, c, load2(lower, work->values, i, j), false);
}

static void normalise(const Work *work, LoopBlock *into, LoopExpr *column)
{
    Lower *lower = work->lower;
    LoopExpr *squares = declare_local(lower, into, "squares", loop_float(lower->arena, 0));
    LoopStmt *rows = for_range(lower, into, "r", work->rows);
    LoopExpr *value =
        loop_local(lower, &rows->body, "value", element(work, loop_variable(lower, rows), column));
    loop_set(lower->arena, &rows->body, squares->var, multiply_add(lower, squares, value, value));
    LoopExpr *root = loop_op(lower->arena, OP_SQRT, squares, NULL, NULL);
    LoopExpr *scale = loop_local(lower, into, "scale", op2(lower, OP_DIV, loop_float(lower->arena, 1), root));
    rows = for_range(lower, into, "r", work->rows);
    LoopExpr *r = loop_variable(lower, rows);
    store2(lower, &rows->body, work->columns, r, column, op2(lower, OP_MUL, element(work, r, column), scale),
           false);
}

/* A loop over the columns behind this one, which do not touch each other. */
static LoopStmt *columns_after(const Work *work, LoopBlock *into, LoopExpr *column)
{
    Lower *lower = work->lower;
    LoopStmt *loop =
        for_bounds(lower, into, "c", op2(lower, OP_ADD, column, num(lower, 1)), num(lower, work->count));
    loop->independent = true;
    return loop;
}

static void take_out(const Work *work, LoopBlock *into, LoopExpr *column)
{
    Lower *lower = work->lower;
    LoopStmt *after = columns_after(work, into, column);
    store1(lower, &after->body, work->parts, loop_variable(lower, after), loop_float(lower->arena, 0), false);
    for (int step = 0; step < 2; step++) { /* first the parts are summed, then they are taken out */
        LoopStmt *rows = for_range(lower, into, "r", work->rows);
        LoopExpr *r = loop_variable(lower, rows);
        LoopExpr *value = loop_local(lower, &rows->body, "value", element(work, r, column));
        after = columns_after(work, &rows->body, column);
        LoopExpr *c = loop_variable(lower, after);
        if (step == 0) {
            store_product(lower, &after->body, work->parts, 1, &c, value, element(work, r, c));
        } else {
            LoopExpr *less = loop_op(lower->arena, OP_NEG, load1(lower, work->parts, c), NULL, NULL);
            store_product(lower, &after->body, work->columns, 2, (LoopExpr *[]){r, c}, less, value);
        }
    }
}

void lower_orthogonal(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    int inputs = param_rows(param), outputs = param_columns(param);
    Work work = {.lower = lower, .values = lower->params[id].values, .turned = inputs < outputs};
    work.rows = work.turned ? outputs : inputs;
    work.count = work.turned ? inputs : outputs;
    kernel_begin(lower, "orthogonal", param->name,
                 arena_printf(lower->arena, "%s: made orthogonal", param->name), (Span){0, 0}, 1);
    work.columns = named_buffer(lower, "columns_of", param->name, TYPE_F32, BUFFER_SCRATCH, false, 2,
                                (int[]){work.rows, work.count});
    work.parts =
        named_buffer(lower, "parts_of", param->name, TYPE_F32, BUFFER_SCRATCH, false, 1, &work.count);
    LoopStmt *once = kernel_items(lower, "whole");
    copy(&work, &once->body, false, 1);
    LoopStmt *times = for_range(lower, &once->body, "times", 2);
    LoopStmt *columns = for_range(lower, &times->body, "column", work.count);
    LoopExpr *column = loop_variable(lower, columns);
    normalise(&work, &columns->body, column);
    take_out(&work, &columns->body, column);
    copy(&work, &once->body, true, param->orthogonal);
}
