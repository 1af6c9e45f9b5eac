#include "loop_look.h"

#include <stdlib.h>

typedef struct Visitor {
    LoopVisit *visit;
    void *context;
} Visitor;

static void visit_expr(const Visitor *visitor, LoopExpr *expr)
{
    if (!expr)
        return;
    for (int i = 0; i < expr->nargs; i++)
        visit_expr(visitor, expr->args[i]);
    if (expr->kind == LOOP_LOAD)
        visitor->visit(visitor->context, &expr->buffer, ACCESS_LOAD);
}

static void visit_block(const Visitor *visitor, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmt *stmt = block->at[i];
        visit_expr(visitor, stmt->from);
        visit_expr(visitor, stmt->to);
        visit_expr(visitor, stmt->value);
        for (int k = 0; k < stmt->nindex; k++)
            visit_expr(visitor, stmt->index[k]);
        if (loop_has_element(stmt))
            visitor->visit(visitor->context, &stmt->buffer,
                           stmt->kind == LOOP_AHEAD ? ACCESS_HINT
                           : stmt->add              ? ACCESS_ADD
                                                    : ACCESS_STORE);
        visit_block(visitor, &stmt->body);
    }
}

void loop_visit(const LoopBlock *block, LoopVisit *visit, void *context)
{
    visit_block(&(Visitor){visit, context}, block);
}

typedef struct Sought {
    BufferId buffer;
    bool found;
} Sought;

static void look_for(void *context, BufferId *buffer, Access access)
{
    Sought *sought = context;
    (void)access;
    sought->found = sought->found || *buffer == sought->buffer;
}

bool loop_touches(const LoopBlock *block, BufferId buffer)
{
    Sought sought = {buffer, false};
    loop_visit(block, look_for, &sought);
    return sought.found;
}

void loop_visit_expr(LoopExpr *expr, LoopExprVisit *visit, void *context)
{
    if (!expr)
        return;
    for (int i = 0; i < expr->nargs; i++)
        loop_visit_expr(expr->args[i], visit, context);
    visit(context, expr);
}

void loop_visit_exprs(const LoopBlock *block, LoopExprVisit *visit, void *context)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        loop_visit_expr(stmt->from, visit, context);
        loop_visit_expr(stmt->to, visit, context);
        loop_visit_expr(stmt->value, visit, context);
        for (int k = 0; k < stmt->nindex; k++)
            loop_visit_expr(stmt->index[k], visit, context);
        loop_visit_exprs(&stmt->body, visit, context);
    }
}

BufferSet buffer_set(Arena *arena, const Program *program)
{
    return (BufferSet){.arena = arena, .has = NEW_ARRAY(arena, bool, program->buffers.count + 1)};
}

static void add(void *context, BufferId *buffer, Access access)
{
    BufferSet *set = context;
    (void)access;
    if (set->has[*buffer])
        return;
    set->has[*buffer] = true;
    vec_push(set->arena, &set->list, *buffer);
}

void buffer_set_add(BufferSet *set, const LoopBlock *block)
{
    loop_visit(block, add, set);
}

static int by_number(const void *a, const void *b)
{
    return *(const BufferId *)a - *(const BufferId *)b;
}

void buffer_set_sort(BufferSet *set)
{
    if (set->list.count > 0)
        qsort(set->list.at, (size_t)set->list.count, sizeof *set->list.at, by_number);
}

void buffer_set_clear(BufferSet *set)
{
    for (int i = 0; i < set->list.count; i++)
        set->has[set->list.at[i]] = false;
    set->list.count = 0;
}
