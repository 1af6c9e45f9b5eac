/* Constants with a purpose: sizes, numbers of steps, flags. */
#include "build.h"

#include <math.h>

Value constant_number(Build *b, Scope *scope, const Expr *expr, const char *what)
{
    Context c = context_constant(b);
    Value value = eval(&c, scope, expr);
    if (value.kind == VALUE_POISON || value.kind == VALUE_NUMBER)
        return value;
    report(b, RULE_CONSTANT, expr->span, "%s must be a constant number", what);
    return value_poison();
}

bool constant_plain(Build *b, Scope *scope, const Expr *expr, const char *what, double *result)
{
    Value value = constant_number(b, scope, expr, what);
    *result = value.number;
    return value.kind == VALUE_NUMBER && check_plain(b, value, expr->span, what)
           && check_held(b, value.number, value.span);
}

bool constant_integer(Build *b, Scope *scope, const Expr *expr, const char *what, int lo, int hi, int *result)
{
    Value value = constant_number(b, scope, expr, what);
    if (value.kind == VALUE_POISON || !check_plain(b, value, expr->span, what))
        return false;
    double number = value.number;
    if (number == floor(number) && number >= lo && number <= hi) {
        *result = (int)number;
        return true;
    }
    const char *kind = number == floor(number) ? "" : "a whole number ";
    const char *range =
        lo == hi ? arena_printf(b->arena, "%d", lo) : arena_printf(b->arena, "%sfrom %d to %d", kind, lo, hi);
    report(b, RULE_RANGE, expr->span, "%s must be %s, found %.15g", what, range, value.number);
    if (value.span.lo != expr->span.lo)
        report_note(b, value.span, "the value is from here");
    return false;
}

bool constant_flag(Build *b, Scope *scope, const Expr *expr, const char *what, bool *result)
{
    Context c = context_constant(b);
    Value value = eval(&c, scope, expr);
    *result = value.flag;
    if (value.kind == VALUE_FLAG)
        return true;
    if (value.kind != VALUE_POISON)
        report(b, RULE_CONSTANT, expr->span, "%s must be `true` or `false`", what);
    return false;
}

static bool shape_list(Build *b, Scope *scope, const Expr *list, const char *what, int most, Shape *shape)
{
    if (list->args.count == 0 || list->args.count > most) {
        report(b, RULE_RANGE, list->span, "%s must have 1 to %d dimensions, found %d", what, most,
               list->args.count);
        return false;
    }
    shape->ndim = list->args.count;
    bool fine = true;
    for (int i = 0; i < shape->ndim; i++) {
        shape->axes[i] = list->args.at[i].name;
        fine &= constant_integer(b, scope, list->args.at[i].value, what, 1, MAX_ELEMENTS, &shape->dims[i]);
    }
    return fine && check_axes(b, *shape, list->span);
}

bool constant_shape(Build *b, Scope *scope, const Expr *expr, const char *what, int most, Shape *shape)
{
    *shape = (Shape){.ndim = 1};
    bool fine = expr->kind == EXPR_LIST
                    ? shape_list(b, scope, expr, what, most, shape)
                    : constant_integer(b, scope, expr, what, 1, MAX_ELEMENTS, &shape->dims[0]);
    if (!fine)
        return false;
    double elements = 1;
    for (int i = 0; i < shape->ndim; i++)
        elements *= shape->dims[i];
    return check_array(b, elements, expr->span, what);
}
