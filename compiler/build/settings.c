/* What a data line says to the reader of its format. */
#include "build.h"
#include "formats.h"

void data_setting(Build *b, const char *name, const char *value)
{
    vec_push(b->arena, &b->net->data.settings, arena_printf(b->arena, "%s = %s", name, value));
}

void data_number(Build *b, const char *name, double value)
{
    data_setting(b, name, arena_printf(b->arena, "%.17g", value));
}

bool data_text(Build *b, const Scope *frame, const char *name)
{
    const Entry *text = given_argument(frame, name);
    if (text && text->expr->kind != EXPR_STRING) {
        report(b, RULE_DATA, text->expr->span, "`%s` must be a text, as in `%s = \"...\"`", name, name);
        if (name == name_valid && text->expr->kind == EXPR_NUMBER)
            report_hint(b, "a part of the training set is left out for that by `train --validate 0.1`");
        return false;
    }
    if (text)
        data_setting(b, name, text->expr->name);
    return true;
}

bool data_count(Build *b, const Scope *frame, const char *name, int *count)
{
    const Entry *given = given_argument(frame, name);
    return !given
           || constant_integer(b, given->scope, given->expr, arena_printf(b->arena, "`%s`", name), 1,
                               MAX_ELEMENTS, count);
}

bool data_step(Build *b, const char *format, const char *what, Span span)
{
    data_number(b, "step", b->net->dt);
    if (b->net->dt > 0 || !b->time_known)
        return true;
    report(b, RULE_DATA, span, "`%s` needs the length of a step: its %s have times", format, what);
    report_hint(b, "write `time %d steps of 10 ms`, or of another length", b->net->steps);
    return false;
}

bool data_quantity(Build *b, const Scope *frame, const char *name, Unit unit, const char *example,
                   double *number)
{
    const Entry *given = given_argument(frame, name);
    if (!given)
        return true;
    Value value = constant_number(b, given->scope, given->expr, arena_printf(b->arena, "`%s`", name));
    *number = value.number;
    if (value.kind == VALUE_POISON || (unit_equal(value.unit, unit) && value.number > 0))
        return value.kind != VALUE_POISON;
    report(b, RULE_DATA, given->expr->span, "`%s` must be above 0, with a unit, as in `%s = %s`", name, name,
           example);
    return false;
}

bool data_choice(Build *b, const Scope *frame, const char *name)
{
    const Entry *given = given_argument(frame, name);
    return (given && name == name_test && given->expr->kind != EXPR_STRING) || data_text(b, frame, name);
}
