/* Which samples are for tests, which come how often, and how training changes them: arguments that all formats have. */
#include "build.h"
#include "formats.h"

#include <math.h>

const char *const sampling_formals[] = {
    name_test, name_none,      name_balanced, name_false, name_time_jitter, name_none, name_channel_jitter,
    name_none, name_time_mask, name_none,     NULL};

/* `test = 0.2`; a text is for formats that have fields. */
static bool sampling_test(Build *b, const Scope *frame, const Format *format)
{
    const Entry *test = given_argument(frame, name_test);
    double fraction;
    if (test && test->expr->kind == EXPR_STRING && format->fields)
        return true;
    if (test && test->expr->kind == EXPR_STRING) {
        report(b, RULE_DATA, test->expr->span, "`%s` has no names to choose tests by", format->name);
        report_hint(b, "write which part of the training set is for tests, as in `test = 0.2`");
        return false;
    }
    if (!test)
        return true;
    if (!constant_plain(b, test->scope, test->expr, "`test`", &fraction))
        return false;
    data_number(b, "held", fraction);
    if (fraction >= 1e-4 && fraction <= 0.9999)
        return true;
    report(b, RULE_DATA, test->expr->span,
           "`test` must be a part of the training set, from 0.0001 to 0.9999");
    return false;
}

static bool sampling_balanced(Build *b, const Scope *frame)
{
    const Entry *balanced = given_argument(frame, name_balanced);
    bool flag = false;
    if (balanced && !constant_flag(b, balanced->scope, balanced->expr, "`balanced`", &flag))
        return false;
    if (flag)
        data_number(b, "balanced", 1);
    if (!flag || (b->net->data.classes > 0 && !b->net->data.label_temporal))
        return true;
    report(b, RULE_DATA, balanced->expr->span, "`balanced` needs %s",
           b->net->data.label_temporal ? "samples of one class each" : "classes");
    return false;
}

/* A number of steps below all of them, which may be given as a time. */
static bool sampling_steps(Build *b, const Scope *frame, const char *name)
{
    const Entry *given = given_argument(frame, name);
    if (!given)
        return true;
    const char *what = arena_printf(b->arena, "`%s`", name);
    Value value = constant_number(b, given->scope, given->expr, what);
    bool time = unit_equal(value.unit, unit_time) && b->net->dt > 0;
    if (value.kind == VALUE_POISON || !b->time_known
        || (!time && !check_plain(b, value, given->expr->span, what)))
        return false;
    double steps = floor(time ? value.number / b->net->dt + 0.5 : value.number);
    data_number(b, name, steps);
    if (!b->net->data.temporal) {
        report(b, RULE_DATA, given->expr->span, "`%s` needs data over time", name);
        return false;
    }
    if (steps >= 1 && steps < b->net->steps && (time || steps == value.number))
        return true;
    report(b, RULE_DATA, given->expr->span, "`%s` must be a time within the run, or 1 to %d steps", name,
           b->net->steps - 1);
    return false;
}

/* Along all axes of space but channels, or along these if there are no others. */
static bool sampling_channels(Build *b, const Scope *frame)
{
    const Entry *given = given_argument(frame, name_channel_jitter);
    Shape shape = b->net->data.shape;
    int axes = shape.ndim > 1 && shape_axis(shape, shape.ndim - 1) == name_c ? shape.ndim - 1 : shape.ndim,
        least = MAX_ELEMENTS;
    int channels;
    for (int i = 0; i < axes; i++)
        least = shape.dims[i] < least ? shape.dims[i] : least;
    data_number(b, "jitter_axes", axes);
    if (least < 2) {
        report(b, RULE_DATA, given->expr->span, "`channel_jitter` needs axes of more than one position");
        return false;
    }
    if (!constant_integer(b, given->scope, given->expr, "`channel_jitter`", 1, least - 1, &channels))
        return false;
    data_number(b, name_channel_jitter, channels);
    return true;
}

bool data_sampling(Build *b, const Scope *frame, const Format *format)
{
    const Entry *time = given_argument(frame, name_time_jitter),
                *channels = given_argument(frame, name_channel_jitter),
                *mask = given_argument(frame, name_time_mask);
    const Data *data = &b->net->data;
    if (!sampling_test(b, frame, format) || !sampling_balanced(b, frame)
        || !sampling_steps(b, frame, name_time_jitter) || !sampling_steps(b, frame, name_time_mask)
        || (channels && !sampling_channels(b, frame)))
        return false;
    if (time || channels || mask)
        data_number(b, "jitter_rows", data->temporal ? b->net->steps : 0);
    if (!time || (!data->target_temporal && !data->label_temporal))
        return true;
    report(b, RULE_DATA, time->expr->span,
           "`time_jitter` moves samples, but not what they are to give at each step");
    return false;
}
