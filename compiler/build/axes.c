/* Axes as the model names them: `c`, `[y, x]`, `time`, `batch`, `space`, `all`. */
#include "build.h"

/* Through a block's parameter, unless the stream has an axis that is called like it. */
static const Expr *argument_of(const Scope **scope, const Expr *expr, Shape shape)
{
    while (expr->kind == EXPR_NAME && shape_find(shape, expr->name) < 0) {
        Entry *entry = scope_find(*scope, expr->name);
        if (!entry || entry->kind != ENTRY_FORMAL || !entry->of_block)
            break;
        entry->used = true;
        expr = entry->expr;
        *scope = entry->scope;
    }
    return expr;
}

/* Where an axis is a default of what is used here, so that an argument may say another one; else NULL. */
static const char *defaulted(const Build *b, const Expr *axis)
{
    const Formals *formals = b->use ? b->use->formals : NULL;
    for (int i = 0; formals && i < formals->count; i++)
        if (formals->at[i].value == axis)
            return formals->at[i].name;
    return NULL;
}

/* Of weights: an axis of the kernel. */
static bool is_tap(Shape shape, int d)
{
    const char *axis = shape_axis(shape, d);
    return axis != name_inputs && axis != name_outputs;
}

/* Weights that have one. */
static bool has_taps(Shape shape)
{
    return shape_find(shape, name_outputs) >= 0 && is_tap(shape, 0);
}

static void unknown_axis(Build *b, const Expr *expr, Shape shape, int beside)
{
    if (expr->kind != EXPR_NAME) {
        report(b, RULE_AXIS, expr->span, "the name of an axis is needed here, as in `c` or `[y, x]`");
        return;
    }
    report(b, RULE_AXIS, expr->span, "there is no axis `%s` here: the stream is %s%s", expr->name,
           shape_text(b->arena, shape), beside & OVER_TIME ? " in time" : "");
    const char *axes = beside & OVER_BATCH ? "`batch`" : "";
    if (beside & OVER_TIME)
        axes = arena_printf(b->arena, "%s%s`time`", axes, axes[0] ? ", " : "");
    for (int d = 0; d < shape.ndim; d++)
        axes = arena_printf(b->arena, "%s%s`%s`", axes, axes[0] ? ", " : "", shape_axis(shape, d));
    const char *argument = defaulted(b, expr);
    if (expr->name == name_time && has_taps(shape)) /* weights know no connection that they are of */
        report_hint(b, "its axes are %s; `taps` are those of the kernel, whatever it goes along", axes);
    else if (axes[0] && argument)
        report_hint(b, "its axes are %s: say which one, as in `%s(%s = %s)`", axes, b->use->name, argument,
                    shape.ndim > 0 ? shape_axis(shape, 0) : name_time);
    else if (axes[0])
        report_hint(b, "its axes are %s", axes);
}

static bool add_axis(Build *b, const Scope *scope, const Expr *expr, Shape shape, int beside, AxisSet *set)
{
    expr = argument_of(&scope, expr, shape);
    const char *name = expr->kind == EXPR_NAME ? expr->name : NULL;
    int d = name ? shape_find(shape, name) : -1;
    bool all = d < 0 && name == name_all, space = all || (d < 0 && name == name_space);
    bool taps = d < 0 && name == name_taps && shape_find(shape, name_outputs) >= 0;
    bool synapse = d < 0 && name == name_synapse && shape_find(shape, name_outputs) >= 0;
    bool time = beside & OVER_TIME && (all || (d < 0 && name == name_time));
    bool batch = beside & OVER_BATCH && d < 0 && name == name_batch;
    if (d < 0 && !space && !time && !batch && !taps && !synapse) {
        unknown_axis(b, expr, shape, beside);
        return false;
    }
    if ((time && set->time) || (batch && set->batch) || (d >= 0 && set->space[d])) {
        report(b, RULE_AXIS, expr->span, "`%s` stands here twice", name);
        return false;
    }
    set->time = set->time || time;
    set->batch = set->batch || batch;
    for (int k = 0; k < shape.ndim; k++)
        set->space[k] = set->space[k] || space || k == d || (taps && is_tap(shape, k))
                        || (synapse && shape_axis(shape, k) != name_time);
    return true;
}

bool named_axes(Build *b, const Scope *scope, const Expr *expr, Shape shape, int beside, AxisSet *set)
{
    *set = (AxisSet){0};
    expr = argument_of(&scope, expr, shape);
    if (beside & OVER_NONE && expr->kind == EXPR_NAME && expr->name == name_none)
        return true;
    if (expr->kind != EXPR_LIST)
        return add_axis(b, scope, expr, shape, beside, set);
    bool fine = expr->args.count > 0;
    if (!fine)
        unknown_axis(b, expr, shape, beside);
    for (int i = 0; i < expr->args.count; i++)
        fine &= add_axis(b, scope, expr->args.at[i].value, shape, beside, set);
    return fine;
}

int named_axis(Build *b, const Scope *scope, const Expr *expr, Shape shape, int beside, const char *use)
{
    AxisSet axes;
    if (!named_axes(b, scope, expr, shape, beside, &axes))
        return -1;
    int found = axes.time ? TIME_AXIS : -1, count = axes.time;
    for (int d = 0; d < shape.ndim; d++) {
        found = axes.space[d] ? d : found;
        count += axes.space[d];
    }
    if (count == 1)
        return found;
    report(b, RULE_AXIS, expr->span, "`%s` goes along one axis", use);
    return -1;
}

Shape shape_without(Shape shape, const AxisSet *set)
{
    bool keep[MAX_DIMS], all = true;
    for (int d = 0; d < shape.ndim; d++) {
        keep[d] = !set->space[d];
        all = all && keep[d];
    }
    return all ? shape : shape_part(shape, keep);
}
