/* What a batch is like decides between kernels: counted in every fourth sample at every fourth step, which tells enough (or in
 * one sample, where that decides), and from this batch alone, so that results do not depend on threads or on what came before. */
#include "lower/spikes/measure.h"

#include "lower/base/code.h"

enum { EVERY = 4 };

static LoopExpr *as_f32(Lower *lower, LoopExpr *x)
{
    return loop_cast(lower->arena, TYPE_F32, x);
}

int measured_count(int steps)
{
    return (steps + EVERY - 1) / EVERY;
}

static LoopExpr *measured_samples(Lower *lower)
{
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    return op2(lower, OP_DIV, op2(lower, OP_ADD, rows, num(lower, EVERY - 1)), num(lower, EVERY));
}

Site measured_steps(Lower *lower, Site site, int steps)
{
    LoopStmt *loop_t = for_range(lower, site.into, "k", measured_count(steps));
    site.t = op2(lower, OP_MUL, loop_variable(lower, loop_t), num(lower, EVERY));
    site.into = &loop_t->body;
    return site;
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
    site->into = &some->body;
    *site = measured_steps(lower, *site, steps);
    store1(lower, &some->body, counts, site->b, count, false);
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
    double each = (double)measured_count(steps) * units;
    *all = op2(lower, OP_MUL, loop_float(lower->arena, each), as_f32(lower, measured_samples(lower)));
    return total;
}
