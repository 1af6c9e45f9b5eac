/* What is said of a parameter beside its shape: what it starts from, and what learning does with it. */
#include "build.h"

bool frozen_argument(Build *b, const Scope *arguments, bool *frozen)
{
    const Entry *given = given_argument(arguments, name_frozen);
    return !given || constant_flag(b, given->scope, given->expr, "`frozen`", frozen);
}

/* clamp = [low, high] */
bool clamp_argument(Build *b, const Scope *arguments, Param *param)
{
    const Entry *given = given_argument(arguments, name_clamp);
    if (!given)
        return true;
    const Expr *expr = given->expr;
    if (expr->kind != EXPR_LIST || expr->args.count != 2) {
        report(b, RULE_WEIGHTS, expr->span,
               "`clamp` needs a least and a greatest value, as in `clamp = [0, 1]`");
        return false;
    }
    bool fine = constant_plain(b, given->scope, expr->args.at[0].value, "a bound of `clamp`", &param->low);
    fine =
        constant_plain(b, given->scope, expr->args.at[1].value, "a bound of `clamp`", &param->high) && fine;
    if (fine && param->low >= param->high) {
        report(b, RULE_WEIGHTS, expr->span,
               "`clamp` goes from its first number up to its second, found %.15g and %.15g", param->low,
               param->high);
        fine = false;
    }
    param->clamped = fine;
    return fine;
}

/* `optimizer = slow`: that of a group of parameters. */
bool group_argument(Build *b, const Scope *arguments, const char *usual, Param *param)
{
    const Entry *given = given_argument(arguments, name_optimizer);
    bool named = given && given->expr->kind == EXPR_NAME;
    param->group = named ? given->expr->name : usual;
    if (!given || named)
        return true;
    report(b, RULE_WEIGHTS, given->expr->span, "`optimizer` needs the name of a group of parameters");
    report_hint(
        b, "as in `optimizer = slow`, for which the train block has a line `optimizer slow -> sgd(0.1)`");
    return false;
}

bool learning_arguments(Build *b, const Scope *arguments, const char *usual, Param *param)
{
    bool fine = frozen_argument(b, arguments, &param->frozen);
    fine = group_argument(b, arguments, usual, param) && fine;
    return clamp_argument(b, arguments, param) && fine;
}

Fans fans_of_shape(Shape shape)
{
    int outputs = shape.dims[shape.ndim - 1], taps = 1;
    for (int d = 0; d + 2 < shape.ndim; d++)
        taps *= shape.dims[d];
    return (Fans){shape_size(shape) / outputs, outputs * taps, shape_of_weights(shape)};
}

/* `param w = 1, clamp = [0, 2]`: what stands behind the commas. */
static bool read_settings(Build *b, Scope *scope, const Stmt *stmt, const char *usual, Param *param)
{
    static const char *const names[] = {name_frozen,    name_false, name_clamp, name_none,
                                        name_optimizer, name_none,  NULL};
    Formals formals = formals_of(b, names);
    Call call = {.name = "param",
                 .span = stmt->span,
                 .formals = &formals,
                 .args = &stmt->settings,
                 .caller = scope,
                 .home = scope};
    const Scope *frame = bind_arguments(b, &call);
    return !frame->wrong && learning_arguments(b, frame, usual, param);
}

bool read_param(Build *b, Scope *scope, const Stmt *stmt, Fans fans, Param *param)
{
    const char *what = arena_printf(b->arena, "the initial value of `%s`", stmt->name);
    bool fine = b->language->begin(b, param, scope, stmt->value, fans, what);
    return read_settings(b, scope, stmt, param->group, param) && fine;
}

ParamId add_read_param(Build *b, const char *name, const Param *read, Span span)
{
    ParamId id = net_param(b->net, name, read->shape, blamed(b, span));
    Param *param = &b->net->params.at[id];
    Param made = *read;
    made.name = param->name;
    made.span = param->span;
    made.init = read->init ? read->init : param->init;
    *param = made;
    return id;
}
