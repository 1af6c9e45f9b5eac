/* step(x, surrogate): a spike, with the slope that learning takes for its own. */
#include "build.h"

static const Expr *not_a_surrogate(Build *b, Span span)
{
    report(b, RULE_UNKNOWN_DEFINITION, span, "a surrogate is needed here");
    report_hint(b, "as in `surrogate = atan(2)` or `step(v - threshold, atan(2))`");
    return NULL;
}

/* Follows formals to what was given for them. NULL if it leads to no name of a surrogate. */
static const Expr *surrogate_of(Build *b, Scope **scope, const Expr *expr)
{
    for (int i = 0; i < MAX_NESTING; i++) {
        if (expr->kind != EXPR_NAME)
            return expr->kind == EXPR_CALL ? expr : not_a_surrogate(b, expr->span);
        Entry *entry = scope_find(*scope, expr->name);
        if (!entry || entry->kind != ENTRY_FORMAL)
            return expr;
        entry->used = true;
        if (!entry->expr)
            return NULL;
        expr = entry->expr;
        *scope = entry->scope;
    }
    report(b, RULE_RECURSION, expr->span, "`%s` is defined by itself", expr->name);
    return NULL;
}

static bool check_surrogate(Build *b, const Def *def)
{
    bool slope = assigns(def, name_derivative), smooth = assigns(def, name_antiderivative);
    if (slope && smooth)
        return true;
    report(b, RULE_SURROGATE, def->name_span, "the surrogate `%s` does not define %s", def->name,
           slope    ? "`antiderivative`"
           : smooth ? "`derivative`"
                    : "`derivative` and `antiderivative`");
    report_hint(b, "a surrogate has both: `derivative` is used in training, `antiderivative` to check it");
    return false;
}

static Value surrogate_result(Context *c, const Scope *frame, const char *name, const Def *def)
{
    Value value = named_result(frame, name);
    if (!check_number(c->build, value, def->name_span) || !check_plain(c->build, value, def->name_span, name))
        return value_poison();
    return value;
}

/* Of which `frame` holds the derivative, `apart` the antiderivative. */
static Value surrogate_value(Context *c, const Def *def, const Scope *frame, const Scope *apart, Value x)
{
    Build *b = c->build;
    bool complete = check_surrogate(b, def);
    Value slope = complete ? surrogate_result(c, frame, name_derivative, def) : value_poison();
    Value smooth = complete ? surrogate_result(c, apart, name_antiderivative, def) : value_poison();
    if (slope.kind == VALUE_POISON || smooth.kind == VALUE_POISON)
        return value_poison();
    if (x.kind == VALUE_NUMBER) /* always, or never */
        return value_number(x.number >= 0, unit_plain);
    c->node->body.at = c->span;
    Val a = value_lift(c, x), d = value_lift(c, slope);
    Val val = body_op3(b->arena, &c->node->body, OP_STEP, a, d, value_lift(c, smooth));
    return value_body(val, unit_plain, false);
}

static Scope *run_surrogate(Context *c, const Def *def, const Call *call, Val x)
{
    Build *b = c->build;
    Scope *frame = bind_arguments(b, call);
    Use use = use_begin(b, call);
    define_fixed(b, frame, name_x, def->name_span, value_body(x, unit_plain, false));
    Context inner = *c;
    inner.steps = false;
    inner.streams = false;
    run_statements(&inner, frame, def);
    check_arguments(b, frame);
    b->use = use.outer;
    return frame;
}

/* Whether a value is made of a parameter, a stream or a state. */
static bool may_learn(Build *b, const Body *body, Val value)
{
    bool *read = NEW_ARRAY(b->arena, bool, body->code.count + 1), learns = false;
    body_mark(body, value, read);
    for (Val v = 0; v <= value; v++) {
        Op op = body->code.at[v].op;
        learns = learns || (read[v] && (op == OP_PARAM || op == OP_INPUT || op == OP_STATE));
    }
    return learns;
}

static bool is_given_what_learns(const Context *c, const Scope *frame)
{
    for (int i = 0; i < frame->entries.count; i++) {
        const Entry *entry = frame->entries.at[i];
        if (entry->kind == ENTRY_FORMAL && entry->value.kind == VALUE_BODY
            && may_learn(c->build, &c->node->body, entry->value.val))
            return true;
    }
    return false;
}

/* Where learning goes through the antiderivative, it is one of detach(x): see step_learns(). */
Value use_surrogate(Context *c, const Def *def, const Call *call, Value x)
{
    Build *b = c->build;
    Val at = value_lift(c, x);
    const Scope *frame = run_surrogate(c, def, call, at), *apart = frame;
    if (is_given_what_learns(c, frame))
        apart = run_surrogate(c, def, call, body_op1(b->arena, &c->node->body, OP_DETACH, at));
    Use use = use_begin(b, call);
    Value value = surrogate_value(c, def, frame, apart, x);
    b->use = use.outer;
    return value;
}

static Value build_step(Context *c, Scope *scope, Value x, const Expr *surrogate, Span span)
{
    Build *b = c->build;
    if (!c->node) { /* a constant: nothing to differentiate */
        report(b, RULE_STEP, span, "`step` cannot be used in a constant");
        return value_poison();
    }
    const Expr *expr = surrogate_of(b, &scope, surrogate);
    if (!expr)
        return value_poison();
    Scope *home;
    const Def *def = scope_definition(scope, expr->name, SURROGATES, &home);
    if (!def) {
        unknown_definition(b, scope, expr->name, name_span(expr), SURROGATES);
        return value_poison();
    }
    vec_push(b->arena, &b->seen, def);
    Call call = call_of(def, home, expr, scope);
    return use_surrogate(c, def, &call, x);
}

Value eval_step(Context *c, Scope *scope, const Expr *call)
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
