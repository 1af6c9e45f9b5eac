/* Rows of weights that a list of events stands for: a program that only predicts fetches them while it makes the list. */
#include "c.h"

enum { LEAST_BYTES = 1 << 15 }; /* of weights that no first cache holds beside other things */

typedef struct Rows {
    const Program *program;
    BufferId list, weights; /* -1: none so far */
    VarId unit;             /* an element of the list */
} Rows;

static int64_t bytes_of(const Buffer *buffer)
{
    int64_t bytes = type_bytes(buffer->type);
    for (int d = 0; d < buffer->ndim; d++)
        bytes *= buffer->dims[d];
    return bytes;
}

static void look_at_expr(void *context, LoopExpr *expr)
{
    Rows *rows = context;
    if (rows->weights >= 0 || expr->kind != LOOP_LOAD || expr->nargs != 2 || expr->args[0]->kind != LOOP_VAR
        || expr->args[0]->var != rows->unit)
        return;
    const Buffer *buffer = &rows->program->buffers.at[expr->buffer];
    if (buffer->values && buffer->ndim == 2 && bytes_of(buffer) >= LEAST_BYTES)
        rows->weights = expr->buffer;
}

static bool is_unit(const Rows *rows, const LoopStmt *stmt)
{
    const LoopExpr *value = stmt->kind == LOOP_LET ? stmt->value : NULL;
    while (value && value->kind == LOOP_CAST)
        value = value->args[0];
    return value && value->kind == LOOP_LOAD && value->buffer == rows->list;
}

static void look_at_block(Rows *rows, const LoopBlock *block)
{
    for (int i = 0; i < block->count && rows->unit < 0; i++) {
        const LoopStmt *stmt = block->at[i];
        if (is_unit(rows, stmt)) {
            rows->unit = stmt->var;
            loop_visit_exprs(block, look_at_expr, rows);
        }
        look_at_block(rows, &stmt->body);
    }
}

const char *c_rows(Arena *arena, const Program *program, const Kernel *lister, BufferId list)
{
    Rows rows = {program, list, -1, -1};
    if (!program->predicts || program->whole_why)
        return NULL;
    int first = lister ? (int)(lister - program->kernels.at) : 0, count = program->kernels.count;
    for (int k = 0; k < count && rows.unit < 0; k++) /* who reads it is hardly ever far behind */
        look_at_block(&rows, &program->kernels.at[(first + k) % count].body);
    if (rows.weights < 0)
        return NULL;
    const char *name = c_buffer(arena, &program->buffers.at[rows.weights]);
    return arena_printf(arena, "%s, sizeof %s[0]", name, name);
}
