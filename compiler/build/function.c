/* Functions of formulas: those that are one operation, where and detach. */
#include "build.h"

static const Arg *last_argument(const Expr *call)
{
    return &call->args.at[call->args.count - 1];
}

/* Functions take their arguments by position, a fixed number of them. */
bool check_count(Build *b, const Expr *call, int count)
{
    for (int i = 0; i < call->args.count; i++) {
        if (call->args.at[i].name) {
            report(b, RULE_UNKNOWN_ARGUMENT, call->args.at[i].span, "`%s` has no parameter `%s`", call->name,
                   call->args.at[i].name);
            report_hint(b, "functions take their arguments by position");
            return false;
        }
    }
    if (call->args.count == count)
        return true;
    bool few = call->args.count < count;
    report(b, few ? RULE_MISSING_ARGUMENT : RULE_TOO_MANY_ARGUMENTS,
           few ? call->span : last_argument(call)->span, "`%s` takes %d argument%s, found %d", call->name,
           count, count == 1 ? "" : "s", call->args.count);
    hint_left(b, call);
    return false;
}

static bool root_unit(Build *b, Unit unit, Span span, Unit *root)
{
    *root = (Unit){unit.time / 2, unit.voltage / 2};
    if (unit.time % 2 == 0 && unit.voltage % 2 == 0)
        return true;
    report(b, RULE_UNIT, span, "the square root of %s has no unit", unit_text(b->arena, unit));
    return false;
}

static bool function_unit(Context *c, const Function *function, Value x, Value y, const Expr *call,
                          Unit *unit)
{
    Build *b = c->build;
    *unit = x.unit;
    switch (function->units) {
    case UNIT_PLAIN:
        return check_plain(b, x, call->args.at[0].value->span,
                           arena_printf(b->arena, "the argument of `%s`", call->name));
    case UNIT_SAME: return op_arity(function->op) == 1 || check_same_unit(b, x, y, call->span, call->name);
    case UNIT_ROOT: return root_unit(b, x.unit, call->span, unit);
    }
    return false;
}

Value eval_operation(Context *c, Scope *scope, const Expr *call)
{
    const Function *function = find_function(c->build, call->name);
    int arity = op_arity(function->op);
    if (!check_count(c->build, call, arity))
        return value_poison();
    Value x = eval(c, scope, call->args.at[0].value);
    Value y = arity == 2 ? eval(c, scope, call->args.at[1].value) : x;
    bool fine = check_number(c->build, x, call->args.at[0].value->span);
    if (!check_number(c->build, y, call->args.at[arity - 1].value->span) || !fine)
        return value_poison();
    Unit unit;
    if (!function_unit(c, function, x, y, call, &unit))
        return value_poison();
    return combine(c, function->op, x, y, unit, call->span);
}

/* c * a + (1 - c) * b, for a number c; a mix where c is a spike. */
static Val weighted(Context *c, Val condition, Val yes, Val no)
{
    Arena *arena = c->build->arena;
    Body *body = &c->node->body;
    if (is_spike(c, condition))
        return body_op3(arena, body, OP_MIX, condition, yes, no);
    Val rest = body_op2(arena, body, OP_SUB, body_const(arena, body, 1), condition);
    return body_op2(arena, body, OP_ADD, body_op2(arena, body, OP_MUL, condition, yes),
                    body_op2(arena, body, OP_MUL, rest, no));
}

/* where(c, a, b) with a condition that is not constant: a truth value selects, a number weighs. */
static Value eval_choice(Context *c, Value condition, Value yes, Value no, const Expr *call)
{
    Build *b = c->build;
    if (condition.kind == VALUE_POISON || yes.kind == VALUE_POISON || no.kind == VALUE_POISON)
        return value_poison();
    bool truths = yes.kind == VALUE_FLAG || yes.truth;
    bool fine = truths ? check_truth(b, no, call->args.at[2].value->span, "this branch of where")
                       : check_number(b, no, call->args.at[2].value->span);
    if (!fine || (!truths && !check_same_unit(b, yes, no, call->span, "where")))
        return value_poison();
    if (!condition.truth && !check_plain(b, condition, call->args.at[0].value->span, "a condition"))
        return value_poison();
    bool select = condition.truth || truths;
    if (select && !check_truth(b, condition, call->args.at[0].value->span, "where"))
        return value_poison();
    bool here = condition.kind == VALUE_BODY || yes.kind == VALUE_BODY || no.kind == VALUE_BODY;
    Context scalars = context_scalars(b), *in = here ? c : &scalars;
    in->node->body.at = call->span;
    Val by = value_lift(in, condition), a = value_lift(in, yes), z = value_lift(in, no);
    Val val = select ? body_op3(b->arena, &in->node->body, OP_SELECT, by, a, z) : weighted(in, by, a, z);
    return here ? value_body(val, yes.unit, truths) : value_scalar(val, yes.unit, truths);
}

Value eval_where(Context *c, Scope *scope, const Expr *call)
{
    if (!check_count(c->build, call, 3))
        return value_poison();
    Value condition = eval(c, scope, call->args.at[0].value);
    const Expr *yes = call->args.at[1].value, *no = call->args.at[2].value;
    if (condition.kind == VALUE_FLAG || condition.kind == VALUE_NUMBER) {
        if (condition.kind == VALUE_NUMBER
            && !check_plain(c->build, condition, call->args.at[0].value->span, "where"))
            return value_poison();
        bool chosen = condition.kind == VALUE_FLAG ? condition.flag : condition.number != 0;
        resolve_names(c->build, scope, chosen ? no : yes);
        return eval(c, scope, chosen ? yes : no);
    }
    Value a = eval(c, scope, yes);
    return eval_choice(c, condition, a, eval(c, scope, no), call);
}

Value eval_detach(Context *c, Scope *scope, const Expr *call)
{
    if (!check_count(c->build, call, 1))
        return value_poison();
    Value x = eval(c, scope, call->args.at[0].value);
    if (!check_number(c->build, x, call->args.at[0].value->span))
        return value_poison();
    return x.kind != VALUE_BODY ? x : combine(c, OP_DETACH, x, x, x.unit, call->span);
}
