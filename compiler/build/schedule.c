/* Schedules: definitions of run scalars, one expression each. */
#include "build.h"

static const Def *schedule_of(Scope *scope, const Expr *use, Scope **home)
{
    return scope_definition(scope, use->name, SCHEDULES, home);
}

Value eval_schedule(Context *c, Scope *scope, const Expr *use)
{
    Build *b = c->build;
    Scope *home;
    const Def *def = schedule_of(scope, use, &home);
    if (scope_is_inside(scope, def)) {
        report(b, RULE_RECURSION, use->span, "the schedule `%s` uses itself", def->name);
        return value_poison();
    }
    vec_push(b->arena, &b->seen, def);
    Call call = call_of(def, home, use, scope);
    Scope *frame = bind_arguments(b, &call);
    frame->block = def;
    frame->caller = scope;
    if (frame->wrong)
        return value_poison();
    Use inside = use_begin(b, &call);
    Context scalars = context_constant(b);
    scalars.schedules = c->schedules;
    Value value = eval(&scalars, frame, def->value);
    check_arguments(b, frame);
    use_end(b, &inside);
    if (value.kind == VALUE_SCALAR)
        body_name(&b->net->schedule.body, value.val, def->name);
    value.span = use->span;
    return value;
}

/* The number that `--lr` replaces: the rate itself, or what stands first in its schedule. NULL: nothing stands there. */
static const Expr *base_of(Scope *scope, const Expr *rate)
{
    Scope *home;
    const Def *def = rate->kind == EXPR_CALL ? schedule_of(scope, rate, &home) : NULL;
    if (!def)
        return rate;
    for (int i = 0; i < rate->args.count; i++) {
        const Arg *arg = &rate->args.at[i];
        bool first = arg->name ? def->formals.count > 0 && arg->name == def->formals.at[0].name : i == 0;
        if (first)
            return base_of(scope, arg->value);
    }
    return NULL;
}

/* The first call of a rate, or of what it is a sum or a product of, that is neither a schedule nor a function. */
static const Expr *unknown_call(const Build *b, Scope *scope, const Expr *rate)
{
    Scope *home;
    if (!rate || (rate->kind == EXPR_CALL && !schedule_of(scope, rate, &home) && !is_function(b, rate->name)))
        return rate;
    if (rate->kind != EXPR_BINARY && rate->kind != EXPR_UNARY)
        return NULL;
    const Expr *left = unknown_call(b, scope, rate->left);
    return left ? left : unknown_call(b, scope, rate->right);
}

static void unknown_schedule(Build *b, Scope *scope, const Expr *call)
{
    Names names = {0};
    definition_names(b, scope, SCHEDULES, &names);
    report(b, RULE_UNKNOWN_FUNCTION, call->name_span, "unknown schedule `%s`", call->name);
    hint_known(b, "schedules", call->name, &names);
}

/* False if it was reported. */
static bool set_base(Context *c, Scope *scope, const Expr *base, bool main)
{
    Build *b = c->build;
    Value value = eval(c, scope, base);
    if (value.kind != VALUE_NUMBER)
        return value.kind != VALUE_POISON;
    double lr;
    if (!constant_plain(b, scope, base, "a learning rate", &lr))
        return false;
    warn_rate(b, lr, base->span);
    if (!main)
        return true;
    b->net->training.lr = lr;
    b->base = base;
    return true;
}

Value build_rate(Build *b, Scope *scope, const Expr *rate, bool main)
{
    const Expr *unknown = unknown_call(b, scope, rate);
    if (unknown) {
        unknown_schedule(b, scope, unknown);
        return value_poison();
    }
    Context c = context_constant(b);
    c.schedules = true;
    const Expr *base = base_of(scope, rate);
    bool fine = !base || set_base(&c, scope, base, main);
    Value value = eval(&c, scope, rate);
    b->base = NULL;
    if (!fine)
        return value_poison();
    if (value.kind != VALUE_NUMBER && value.kind != VALUE_SCALAR) {
        if (value.kind != VALUE_POISON)
            report(b, RULE_CONSTANT, rate->span, "a learning rate must be a number or a schedule");
        return value_poison();
    }
    fine = check_number(b, value, rate->span) && check_plain(b, value, rate->span, "a learning rate");
    return fine ? value : value_poison();
}
