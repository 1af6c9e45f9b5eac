/* How files of a data set are called, and which of them are of a part: `names = "{label}_{speaker}"`, `test = "speaker = theo"`. */
#include "build.h"
#include "formats.h"

#include <string.h>

/* The field that begins at this brace: a word, and behind it no field at once, since nothing would say where one ends. */
static bool is_field(const char *brace)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t length = strspn(brace + 1, letters);
    return length > 0 && length < 60 && brace[length + 1] == '}' && brace[length + 2] != '{';
}

static bool is_pattern(const char *names)
{
    int fields = 0;
    for (const char *at = names; *at; at++) {
        if (*at == '{' && !is_field(at))
            return false;
        fields += *at == '{';
        at += *at == '{' ? strcspn(at, "}") : 0;
        if (*at == '/' || (*at == '}' && fields == 0))
            return false;
    }
    return fields > 0;
}

static bool check_pattern(Build *b, const Entry *names)
{
    if (!names || is_pattern(names->expr->name))
        return true;
    report(b, RULE_DATA, names->expr->span, "`names` must say how files are called");
    report_hint(b, "write each part of the name that changes in braces, with something between them, as in "
                   "`names = \"{label}_{speaker}_{index}\"`");
    return false;
}

/* A choice by a field, as `test = "speaker = theo"`: the field, in the arena; NULL if it is none. */
static const char *chooser(Build *b, const Entry *choice)
{
    const char *text = choice->expr->name, *equals = strchr(text, '=');
    text += strspn(text, " ");
    if (!equals || text >= equals || !equals[1 + strspn(equals + 1, " ,")])
        return NULL;
    size_t length = (size_t)(equals - text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return arena_printf(b->arena, "%.*s", (int)length, text);
}

static bool is_choice(Build *b, const Scope *frame, const char *name, const Choosing *choosing)
{
    const Entry *choice = given_argument(frame, name);
    if (!data_choice(b, frame, name))
        return false;
    if (!choice || choice->expr->kind != EXPR_STRING || chooser(b, choice))
        return true;
    report(b, RULE_DATA, choice->expr->span, "`%s` must choose %s", name, choosing->what);
    report_hint(b, "write `%s = \"%s\"` or `%s = \"%s\"`", name, choosing->example, name, choosing->range);
    return false;
}

bool data_chosen(Build *b, const Scope *frame, const Choosing *choosing)
{
    return is_choice(b, frame, name_test, choosing) && is_choice(b, frame, name_valid, choosing);
}

static bool check_choice(Build *b, const Entry *names, const Entry *choice, const char *name)
{
    if (!choice || choice->expr->kind != EXPR_STRING)
        return true;
    const char *field = chooser(b, choice), *pattern = names ? names->expr->name : "";
    if (field && strstr(pattern, arena_printf(b->arena, "{%s}", field)))
        return true;
    report(b, RULE_DATA, choice->expr->span,
           field ? "names of files have no field `%s`" : "`%s` must choose files by a field of their names",
           field ? field : name);
    report_hint(b,
                "write `names = \"{label}_{speaker}_{index}\"` as files are called, and `%s = \"speaker = "
                "theo, lucas\"` or "
                "`%s = \"index = 0-4\"`",
                name, name);
    return false;
}

bool data_names(Build *b, const Scope *frame)
{
    const Entry *names = given_argument(frame, name_names), *test = given_argument(frame, name_test),
                *valid = given_argument(frame, name_valid);
    return data_text(b, frame, name_names) && data_choice(b, frame, name_test)
           && data_choice(b, frame, name_valid) && check_pattern(b, names)
           && check_choice(b, names, test, name_test) && check_choice(b, names, valid, name_valid);
}
