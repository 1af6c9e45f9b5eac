#include "lower/base/rounds.h"

#include "lower/base/code.h"

static LoopExpr *is_turn(Lower *lower, const Node *scan, Site site, int turn)
{
    LoopExpr *step = step_at(lower, &site), *run = num(lower, plan_of(lower, scan)->run);
    LoopExpr *first = op2(lower, OP_MUL, op2(lower, OP_DIV, step, run), run);
    return op2(lower, OP_EQ, op2(lower, OP_SUB, step, first), num(lower, turn));
}

LoopExpr *round_begins(Lower *lower, const Node *scan, Site site)
{
    return is_turn(lower, scan, site, 0);
}

LoopExpr *round_ends(Lower *lower, const Node *scan, Site site)
{
    LoopExpr *last = op2(lower, OP_EQ, step_at(lower, &site), num(lower, scan_steps(lower->net, scan) - 1));
    return op2(lower, OP_OR, is_turn(lower, scan, site, plan_of(lower, scan)->run - 1), last);
}
