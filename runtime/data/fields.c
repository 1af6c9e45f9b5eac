/* Parts of the names of files. */
#include "snn_fields.h"
#include "snn_setting.h"

#include <stdio.h>
#include <string.h>

bool snn_fields_are(SnnField field, const char *text)
{
    return strlen(text) == field.length && memcmp(field.at, text, field.length) == 0;
}

bool snn_fields_number(SnnField field, int *number)
{
    *number = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (i == 9 || field.at[i] < '0' || field.at[i] > '9')
            return false;
        *number = 10 * *number + (field.at[i] - '0');
    }
    return field.length > 0;
}

/* Where a field of the name ends, which begins at `at`: before the next sign of the pattern, or with the name. */
static size_t fields_end(SnnField name, size_t at, char next)
{
    const char *found =
        next != '\0' && at < name.length ? memchr(name.at + at + 1, next, name.length - at - 1) : NULL;
    return next == '\0' ? name.length : found != NULL ? (size_t)(found - name.at) : at;
}

bool snn_fields_match(const char *pattern, SnnField name, const char *wanted, SnnField *field)
{
    size_t at = 0;
    *field = (SnnField){NULL, 0};
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (at == name.length || name.at[at++] != *pattern++)
                return false;
            continue;
        }
        SnnField called = {pattern + 1, strcspn(pattern + 1, "}")};
        pattern = called.at + called.length + 1;
        size_t end = fields_end(name, at, *pattern);
        if (end <= at)
            return false;
        if (snn_fields_are(called, wanted))
            *field = (SnnField){name.at + at, end - at};
        at = end;
    }
    return at == name.length;
}

/* Whether one of a choice's values, "theo" or "0-4", means the field. */
static bool fields_mean(SnnField value, SnnField field)
{
    const char *dash = memchr(value.at, '-', value.length);
    size_t head = dash != NULL ? (size_t)(dash - value.at) : value.length;
    int number, least, most;
    if (dash != NULL && snn_fields_number((SnnField){value.at, head}, &least)
        && snn_fields_number((SnnField){dash + 1, value.length - head - 1}, &most))
        return snn_fields_number(field, &number) && number >= least && number <= most;
    return value.length == field.length && memcmp(value.at, field.at, field.length) == 0;
}

/* Up to the sign `end` or the text's end, without the blanks around it; `*text` goes behind it. */
static SnnField fields_next(const char **text, char end)
{
    const char *at = *text + strspn(*text, " ");
    const char signs[] = {end, '\0'};
    size_t length = strcspn(at, signs);
    *text = at + length + (at[length] != '\0');
    while (length > 0 && at[length - 1] == ' ')
        length--;
    return (SnnField){at, length};
}

SnnField snn_fields_next(const char **names)
{
    return fields_next(names, ',');
}

SnnField snn_fields_chooser(const char *choice)
{
    return fields_next(&choice, '=');
}

bool snn_fields_chosen(const char *choice, SnnField value)
{
    fields_next(&choice, '=');
    while (*choice != '\0')
        if (fields_mean(fields_next(&choice, ','), value))
            return true;
    return false;
}

bool snn_fields_choose(const char *choice, const char *pattern, SnnField name)
{
    char wanted[64];
    SnnField called = snn_fields_chooser(choice), field;
    snprintf(wanted, sizeof wanted, "%.*s", (int)called.length, called.at);
    return snn_fields_match(pattern, name, wanted, &field) && field.at != NULL
           && snn_fields_chosen(choice, field);
}

/* ---- parts ----------------------------------------------------------------------------------------- */

const char *const snn_fields_parts[SNN_FIELDS_PARTS] = {"test", "valid"};

const char *snn_fields_choice(const SnnModel *model, const char *part)
{
    for (int i = 0; i < SNN_FIELDS_PARTS; i++)
        if (strcmp(part, snn_fields_parts[i]) == 0)
            return snn_setting(model, part);
    return "";
}

int snn_fields_number_of(const char *part)
{
    if (strcmp(part, "train") == 0)
        return SNN_FIELDS_TRAIN;
    for (int i = 0; i < SNN_FIELDS_PARTS; i++)
        if (strcmp(part, snn_fields_parts[i]) == 0)
            return SNN_FIELDS_TEST + i;
    return SNN_FIELDS_OTHER;
}

const char *snn_fields_part(const char *part)
{
    return strcmp(part, "t10k") == 0 ? "test" : part;
}
