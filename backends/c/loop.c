/* The heads of loops, with what compilers are told of them. */
#include "c.h"

enum { SHORT = 8 };

static bool is_short(const LoopStmt *loop)
{
    return loop->from->kind == LOOP_NUMBER && loop->to->kind == LOOP_NUMBER
           && loop->to->number - loop->from->number <= SHORT;
}

static bool adds_to_sums(const Program *program, const LoopStmt *loop)
{
    const LoopStmt *last = loop->body.count > 0 ? loop->body.at[loop->body.count - 1] : NULL;
    return last && last->kind == LOOP_STORE && program->buffers.at[last->buffer].small;
}

/* What stands before the `for`. */
static const char *loop_hint(const Program *program, const LoopStmt *loop)
{
    if (loop->independent)
        return is_short(loop) ? "SNN_INDEPENDENT_SHORT " : "SNN_INDEPENDENT ";
    if (program->whole_numbers && adds_to_sums(program, loop))
        return "SNN_ROLLED ";
    return loop->few ? "SNN_UNROLL " : "";
}

void c_open_for(Arena *arena, const Program *program, const Kernel *kernel, const LoopStmt *loop, Out *out)
{
    const char *name = c_var(arena, kernel, loop->var), *hint = loop_hint(program, loop);
    LoopExpr *at = loop_ref(arena, kernel, loop->var);
    LoopExpr *from = loop->from, *to = loop->to;
    if (!loop->down) {
        out_open(out, "%sfor (int32_t %s = %s; %s; %s++)", hint, name, c_expr(arena, program, kernel, from),
                 c_expr(arena, program, kernel, loop_op(arena, OP_LT, at, to, NULL)), name);
        return;
    }
    LoopExpr *start = loop_op(arena, OP_SUB, to, loop_int(arena, 1), NULL);
    out_open(out, "%sfor (int32_t %s = %s; %s; %s--)", hint, name, c_expr(arena, program, kernel, start),
             c_expr(arena, program, kernel, loop_op(arena, OP_GE, at, from, NULL)), name);
}
