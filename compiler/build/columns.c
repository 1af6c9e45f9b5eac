/* Tables: which columns samples, labels and targets are made of. */
#include "build.h"
#include "formats.h"

#include <string.h>

const char *const csv_formals[] = {name_columns,  name_none, name_shape,           name_none,
                                   name_labels,   name_none, name_classes,         name_none,
                                   name_target,   name_none, name_target_temporal, name_false,
                                   name_sequence, name_none, name_folder,          name_none,
                                   name_name,     name_none, name_separator,       name_none,
                                   name_decimal,  name_none, name_header,          name_true,
                                   name_valid,    name_none, name_label_temporal,  name_false,
                                   NULL};

/* How many names there are with commas between them; 0 if one is missing. */
static int count_names(const char *names)
{
    int count = 0;
    while (count >= 0 && *names) {
        names += strspn(names, " ");
        size_t length = strcspn(names, ",");
        if (length == 0)
            return 0;
        count++;
        names += length + (names[length] == ',' && names[length + 1]);
        if (*names == ',')
            return 0;
    }
    return count;
}

/* Of a text with names; 0 without one. */
static bool columns_count(Build *b, const Scope *frame, const char *name, int *count)
{
    const Entry *given = given_argument(frame, name);
    *count = 0;
    if (!data_text(b, frame, name))
        return false;
    if (!given)
        return true;
    *count = count_names(given->expr->name);
    if (*count > 0)
        return true;
    report(b, RULE_DATA, given->expr->span, "`%s` must name columns", name);
    report_hint(b, "write their names with a comma between them, as in `%s = \"height, width\"`", name);
    return false;
}

/* A sample has a number of each column that is named, or a shape. */
static bool columns_samples(Build *b, const Scope *frame, Span span)
{
    const Entry *shape = given_argument(frame, name_shape);
    Shape *samples = &b->net->data.shape;
    int count;
    if (!columns_count(b, frame, name_columns, &count))
        return false;
    if (!shape && count == 0) {
        report(b, RULE_DATA, span, "`csv` needs the columns of a sample");
        report_hint(
            b, "write `data csv(columns = \"height, width\")`, or, where they are all columns but labels and "
               "targets, how many they are, as `shape = 64`");
        return false;
    }
    if (!shape)
        *samples = (Shape){.ndim = 1, .dims = {count}};
    if (count == 0 || shape_size(*samples) == count)
        return true;
    report(b, RULE_DATA, shape->expr->span,
           "a sample of shape %s has another number of values than the %d columns",
           shape_text(b->arena, *samples), count);
    return false;
}

/* Without targets, there are classes, in a column that is called so unless the model says. */
static bool columns_target(Build *b, const Scope *frame)
{
    const Entry *temporal = given_argument(frame, name_target_temporal);
    Data *data = &b->net->data;
    int count;
    if (!columns_count(b, frame, name_target, &count) || !data_text(b, frame, name_labels)
        || (temporal
            && !constant_flag(b, temporal->scope, temporal->expr, "`target_temporal`",
                              &data->target_temporal)))
        return false;
    if (count > 0)
        data->target = (Shape){.ndim = 1, .dims = {count}};
    if (count > 0 && !given_argument(frame, name_classes))
        data->classes = 0;
    if (data->classes > 0 && !given_argument(frame, name_labels))
        data_setting(b, name_labels, name_label);
    if (!data->target_temporal || (count > 0 && data->temporal))
        return true;
    report(b, RULE_DATA, temporal->expr->span, "`target_temporal` without a target in time");
    report_hint(b, "say what the target is and which rows are steps of one sample, as in `target = "
                   "\"speed\", sequence = \"run\"`");
    return false;
}

/* One of some signs; `what` these are. */
static bool columns_sign(Build *b, const Scope *frame, const char *name, const char *signs, const char *what)
{
    const Entry *given = given_argument(frame, name);
    if (!data_text(b, frame, name))
        return false;
    const char *text = given ? given->expr->name : signs;
    if (!given || (strlen(text) == 1 && strchr(signs, *text)))
        return true;
    report(b, RULE_DATA, given->expr->span, "`%s` must be %s", name, what);
    return false;
}

static bool columns_signs(Build *b, const Scope *frame)
{
    const Entry *header = given_argument(frame, name_header),
                *separator = given_argument(frame, name_separator),
                *decimal = given_argument(frame, name_decimal);
    bool has = true;
    if (!columns_sign(b, frame, name_separator, ",;|:\t ", "`,`, `;`, `|`, `:`, a tab or a blank")
        || !columns_sign(b, frame, name_decimal, ".,", "`.` or `,`")
        || (header && !constant_flag(b, header->scope, header->expr, "`header`", &has)))
        return false;
    data_number(b, "header", has);
    const char *between = separator ? separator->expr->name : ",";
    if (!decimal || *decimal->expr->name != *between)
        return true;
    report(b, RULE_DATA, decimal->expr->span, "`%s` cannot separate fields and stand in numbers", between);
    report_hint(b, "tables with a decimal comma mostly have `separator = \";\"`");
    return false;
}

/* Whether it is among names with commas between them. */
static bool has_name(const char *names, const char *name)
{
    size_t wanted = strlen(name);
    bool has = false;
    while (*names && !has) {
        names += strspn(names, " ");
        size_t length = strcspn(names, ","), kept = length;
        while (kept > 0 && names[kept - 1] == ' ')
            kept--;
        has = kept == wanted && strncmp(names, name, wanted) == 0;
        names += length + (names[length] == ',');
    }
    return has;
}

/* What is to be found out of a sample is not told with it. */
static void warn_label(Build *b, const Scope *frame)
{
    const Entry *columns = given_argument(frame, name_columns), *labels = given_argument(frame, name_labels);
    const char *label = labels ? labels->expr->name : name_label;
    if (!columns || b->net->data.classes == 0 || !has_name(columns->expr->name, label))
        return;
    warn(b, RULE_UNLIKELY, columns->expr->span, "`%s` has the labels, and is a number of each sample, too",
         label);
    report_hint(b, "leave it out of `columns`: what is predicted would be read from it");
}

static const Choosing rows = {"rows by a column", "speaker = theo, lucas", "day = 20-30"};

bool csv_arguments(Build *b, const Scope *frame, Span span)
{
    b->net->data.temporal = given_argument(frame, name_sequence) != NULL;
    bool fine = columns_samples(b, frame, span) && data_text(b, frame, name_sequence)
                && data_text(b, frame, name_name) && columns_target(b, frame) && columns_signs(b, frame)
                && data_chosen(b, frame, &rows);
    if (fine)
        warn_label(b, frame);
    return fine;
}
