/* What a batch is like decides between kernels: counted in every fourth sample at every fourth step, which tells
 * enough, and from this batch alone, so that results do not depend on threads or on what came before. */
#include "lower/spikes/measure.h"

#include "lower/base/code.h"

enum { EVERY = 4 };

static LoopExpr *as_f32(Lower *lower, LoopExpr *x)
{
    return loop_cast(lower->arena, TYPE_F32, x);
}

/* How many of so many steps or samples are looked at. */
static int measured_steps(int steps)
{
    return (steps + EVERY - 1) / EVERY;
}

static LoopExpr *measured_samples(Lower *lower)
{
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    return op2(lower, OP_DIV, op2(lower, OP_ADD, rows, num(lower, EVERY - 1)), num(lower, EVERY));
}

LoopExpr *measure_kernel(Lower *lower, const char *name, const char *what, BufferId counts, int steps,
                         Site *site)
{
    kernel_begin(lower, "measure", name,
                 arena_printf(lower->arena, "%s %s in every fourth sample, at every fourth step", what, name),
                 (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    site->b = loop_variable(lower, loop_b);
    LoopExpr *fourth = op2(lower, OP_MUL, op2(lower, OP_DIV, site->b, num(lower, EVERY)), num(lower, EVERY));
    loop_comment(lower->arena, &loop_b->body, "every fourth sample");
    LoopStmt *some = loop_if(lower->arena, &loop_b->body, op2(lower, OP_EQ, site->b, fourth));
    LoopExpr *count = declare_local(lower, &some->body, "count", num(lower, 0));
    LoopStmt *loop_t = for_range(lower, &some->body, "k", measured_steps(steps));
    site->t = op2(lower, OP_MUL, loop_variable(lower, loop_t), num(lower, EVERY));
    store1(lower, &some->body, counts, site->b, count, false);
    site->into = &loop_t->body;
    return count;
}

LoopExpr *measured_total(Lower *lower, LoopBlock *into, BufferId counts, int steps, int units, LoopExpr **all)
{
    LoopExpr *total = declare_local(lower, into, "total", loop_float(lower->arena, 0));
    LoopStmt *loop_b = for_range(lower, into, "b", 0);
    loop_b->to = measured_samples(lower);
    LoopExpr *b = op2(lower, OP_MUL, loop_variable(lower, loop_b), num(lower, EVERY));
    loop_set(lower->arena, &loop_b->body, total->var,
             op2(lower, OP_ADD, total, as_f32(lower, load1(lower, counts, b))));
    double each = (double)measured_steps(steps) * units;
    *all = op2(lower, OP_MUL, loop_float(lower->arena, each), as_f32(lower, measured_samples(lower)));
    return total;
}
