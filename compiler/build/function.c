/* Functions of formulas: exp, where, step, detach, ... */
#include "build.h"

/* What a function wants and gives. */
typedef enum UnitRule {
    UNIT_PLAIN, /* plain numbers to a plain number */
    UNIT_SAME,  /* all arguments and the result have one unit */
    UNIT_ROOT   /* half the exponents */
} UnitRule;

typedef struct Function {
    const char *name;
    Op op;
    UnitRule units;
} Function;

static const Function functions[] = {
    {"exp", OP_EXP, UNIT_PLAIN},   {"expm1", OP_EXPM1, UNIT_PLAIN}, {"log", OP_LOG, UNIT_PLAIN},
    {"sqrt", OP_SQRT, UNIT_ROOT},  {"tanh", OP_TANH, UNIT_PLAIN},   {"sigmoid", OP_SIGMOID, UNIT_PLAIN},
    {"atan", OP_ATAN, UNIT_PLAIN}, {"erf", OP_ERF, UNIT_PLAIN},     {"abs", OP_ABS, UNIT_SAME},
    {"min", OP_MIN, UNIT_SAME},    {"max", OP_MAX, UNIT_SAME},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

/* The functions that are not one operation. */
static const char *const special_functions[] = {"where", "step", "detach"};
enum { SPECIAL_COUNT = sizeof special_functions / sizeof special_functions[0] };

const char *function_name(int index)
{
    if (index < FUNCTION_COUNT)
        return functions[index].name;
    index -= FUNCTION_COUNT;
    return index < SPECIAL_COUNT ? special_functions[index] : NULL;
}

static bool is_formula_function(const char *name)
{
    for (int i = 0; function_name(i); i++)
        if (strcmp(function_name(i), name) == 0)
            return true;
    return false;
}

void function_names(Build *b, Names *names)
{
    for (int i = 0; function_name(i); i++)
        vec_push(b->arena, names, function_name(i));
    for (int i = 0; stream_function_name(i); i++)
        if (!is_formula_function(stream_function_name(i))) /* `max` is both */
            vec_push(b->arena, names, stream_function_name(i));
}

bool is_function(const char *name)
{
    for (int i = 0; stream_function_name(i); i++)
        if (strcmp(stream_function_name(i), name) == 0)
            return true;
    return is_formula_function(name);
}

static const Function *find_function(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

static const Arg *last_argument(const Expr *call)
{
    return &call->args.at[call->args.count - 1];
}

void hint_left(Build *b, const Expr *call)
{
    if (call->args.count > 1 && call->args.at[0].span.lo < call->span.lo)
        report_hint(b, "what stands on the left of `->` is its first argument");
}

/* Functions take their arguments by position, a fixed number of them. */
static bool check_count(Build *b, const Expr *call, int count)
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

static Value eval_function(Context *c, Scope *scope, const Function *function, const Expr *call)
{
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

/* where(c, a, b) with a condition of the body: a truth value selects, a number weighs. */
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
    c->node->body.at = call->span;
    Val a = value_lift(c, yes), z = value_lift(c, no);
    Val val = select ? body_op3(b->arena, &c->node->body, OP_SELECT, condition.val, a, z)
                     : weighted(c, condition.val, a, z);
    return value_body(val, yes.unit, truths);
}

static Value eval_where(Context *c, Scope *scope, const Expr *call)
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

static Value eval_detach(Context *c, Scope *scope, const Expr *call)
{
    if (!check_count(c->build, call, 1))
        return value_poison();
    Value x = eval(c, scope, call->args.at[0].value);
    if (!check_number(c->build, x, call->args.at[0].value->span))
        return value_poison();
    return x.kind == VALUE_NUMBER ? x : combine(c, OP_DETACH, x, x, x.unit, call->span);
}

static Value eval_step(Context *c, Scope *scope, const Expr *call)
{
    Build *b = c->build;
    if (!c->steps) {
        report(b, RULE_STEP, call->span, "`step` cannot be used here");
        report_hint(
            b, "it makes spikes, of streams and in equations; constants choose by `where(x >= 0, 1, 0)`");
        return value_poison();
    }
    if (!check_count(b, call, 2)) {
        if (call->args.count == 1)
            report_hint(b,
                        "behind it stands what learning takes for its slope, as in `step(v - 1, atan(2))`");
        return value_poison();
    }
    Value x = eval(c, scope, call->args.at[0].value);
    Span span = call->args.at[0].value->span;
    if (!check_number(b, x, span) || x.kind == VALUE_POISON)
        return value_poison();
    if (!unit_equal(x.unit, unit_plain)) {
        report(b, RULE_UNIT, span, "`step` needs a plain number, found %s", unit_text(b->arena, x.unit));
        if (unit_equal(x.unit, unit_voltage))
            report_hint(b, "divide by a voltage, as in `step((v - threshold) / 1 mV, surrogate)`");
        return value_poison();
    }
    return build_step(c, scope, x, call->args.at[1].value, call->span);
}

Value eval_call(Context *c, Scope *scope, const Expr *call)
{
    if (c->streams && is_stream_call(c->build, scope, call)) {
        Value value = build_value(c->build, scope, call, NULL);
        return value.kind == VALUE_STREAM ? map_input(c, value, call->span) : value;
    }
    const Function *function = find_function(call->name);
    if (function)
        return eval_function(c, scope, function, call);
    if (strcmp(call->name, "where") == 0)
        return eval_where(c, scope, call);
    if (strcmp(call->name, "step") == 0)
        return eval_step(c, scope, call);
    if (strcmp(call->name, "detach") == 0)
        return eval_detach(c, scope, call);
    unknown_function(c->build, scope, call);
    return value_poison();
}

/* ---- what is not evaluated --------------------------------------------------------------------------- */

static bool is_known(Scope *scope, const char *name)
{
    static const char *const others[] = {"dense", "constant", "cosine", "one_cycle"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i], name) == 0)
            return true;
    Scope *home;
    int any = NEURONS | SURROGATES | OPTIMIZERS | BLOCKS;
    return is_constant_name(name) || is_function(name) || scope_find(scope, name)
           || scope_definition(scope, name, any, &home);
}

void resolve_names(Build *b, Scope *scope, const Expr *expr)
{
    if (!expr)
        return;
    bool named = expr->kind == EXPR_NAME || expr->kind == EXPR_CALL;
    if (named && !is_known(scope, expr->name))
        unknown_name(b, scope, expr->name, name_span(expr));
    resolve_names(b, scope, expr->left);
    resolve_names(b, scope, expr->right);
    bool flags = expr->kind == EXPR_CALL && !find_function(expr->name); /* a bare name may be a flag */
    for (int i = 0; i < expr->args.count; i++)
        if (!flags || expr->args.at[i].name || expr->args.at[i].value->kind != EXPR_NAME)
            resolve_names(b, scope, expr->args.at[i].value);
}
