/* What the grammar's actions do that is more than calling a constructor. */
#include "intern.h"
#include "lexer.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

void parser_add_model(Parse *parse, const char *name, Span span, Items items)
{
    Model *model = NEW(parse->arena, Model);
    *model = (Model){.name = name, .name_span = span, .items = items};
    if (parse->file->model == NULL) {
        parse->file->model = model;
        return;
    }
    diag_error(parse->diag, RULE_SYNTAX, span, "a second model: a file holds one");
    diag_note(parse->diag, parse->file->model->name_span, "the first one is here");
}

Item *parser_definition(Parse *parse, Def *def)
{
    if (def->kind != DEF_BLOCK && def->kind != DEF_SCHEDULE)
        diag_error(parse->diag, RULE_SYNTAX, def->span, "%s `%s` is defined inside of a model: move it out",
                   def_kind_text(def->kind), def->name);
    Item *item = item_named(parse->arena, ITEM_DEF, def->span, def->name, def->name_span, NULL);
    item->def = def;
    return item;
}

void parser_too_deep(Parse *parse, Span span)
{
    parse->lexer.damaged = true;
    if (!parse->lexer.too_deep)
        parser_say(parse, span, "this is nested too deeply: give a part of it a name", NULL);
    parse->lexer.too_deep = true;
}

/* Whoever walks a tree may recurse, so a tree must not be too deep. */
Expr *parser_checked(Parse *parse, Expr *expr)
{
    if (expr->depth <= EXPR_DEPTH_LIMIT)
        return expr;
    parser_too_deep(parse, expr->span);
    return expr_name(parse->arena, expr->span, name_missing);
}

void parser_say(Parse *parse, Span span, const char *mistake, const char *hint)
{
    if (parse->lexer.behind[0].made_up || parse->lexer.said_at == span.lo) /* reported */
        return;
    parse->lexer.said_at = span.lo;
    diag_error(parse->diag, RULE_SYNTAX, span, "%s", mistake);
    if (hint != NULL)
        diag_hint(parse->diag, "%s", hint);
}

/* A brace where the parser goes on after a mistake belongs to that. */
void parser_skip_group(Parse *parse, Span span)
{
    if (!lexer_has_resumed(&parse->lexer))
        parser_say(parse, span, "nothing here has braces", NULL);
    lexer_skip_group(&parse->lexer);
}

/* A comma between lines; between digits it is meant as a point. */
void parser_separator(Parse *parse, Span span)
{
    const char *at = parse->lexer.source->text + (span.lo - parse->lexer.source->base);
    bool point = isdigit((unsigned char)at[-1]) && isdigit((unsigned char)at[1]);
    parser_say(parse, span, point ? "a decimal point is a `.`" : "no `,` stands between lines: leave it out",
               NULL);
    if (point)
        lexer_skip_statement(&parse->lexer);
}

/* `a[0:8]` is `a -> slice(0, 8)`. */
Expr *parser_slice(Parse *parse, Span span, Expr *stream, Expr *from, Expr *to)
{
    Args args = {0};
    vec_push(parse->arena, &args, ((Arg){.value = from, .span = from->span}));
    vec_push(parse->arena, &args, ((Arg){.value = to, .span = to->span}));
    return expr_chain(parse->arena, span, stream, expr_call(parse->arena, span, name_slice, span, args));
}

/* An index of the past begins with a minus: `-1`, `-2 * lag`. What it is worth, the checker computes, if it is no number. */
static bool check_index(Parse *parse, const Expr *index)
{
    const Expr *first = index;
    while (first->kind == EXPR_BINARY)
        first = first->left;
    if (first->kind != EXPR_UNARY || first->op != OPERATOR_NEGATE) {
        parser_say(parse, index->span, "a stream has no such index",
                   "`x[-1]` is what it was one step ago, `x[0:8]` its first eight channels");
        return false;
    }
    const Expr *steps = first->left;
    double number = steps->number;
    bool odd = steps->unit != NULL || number < 1 || number > 1e6 || floor(number) != number;
    if (first == index && steps->kind == EXPR_NUMBER && odd) {
        parser_say(parse, steps->span,
                   "the past is a whole number of steps from 1 to 1000000, without a unit", NULL);
        return false;
    }
    return true;
}

Expr *parser_past(Parse *parse, Span span, Expr *stream, Expr *index)
{
    if (!check_index(parse, index))
        parse->lexer.damaged = true;
    return expr_past(parse->arena, span, stream, index);
}

const char *parser_join(Arena *arena, const char *const phrases[], int count)
{
    const char *text = "";
    for (int i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i == count - 1 ? " or " : ", ";
        bool class = strncmp(phrases[i], "a ", 2) == 0 || strncmp(phrases[i], "an ", 3) == 0;
        text = arena_printf(arena, class ? "%s%s%s" : "%s%s`%s`", text, separator, phrases[i]);
    }
    return text;
}
