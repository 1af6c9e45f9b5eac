/* What is wrong with a token that the grammar does not allow, and what to write. */
#include "lexer.h"
#include "words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- signs and numbers ------------------------------------------------------------------------------- */

typedef struct SignInfo {
    const char *text, *advice;
    int token;
} SignInfo;

static const SignInfo signs[SIGN_COUNT] = {
    {"", "", NOTHING},
#define TOK_NOTHING NOTHING
#define SIGN(text, token, advice) {text, advice, TOK_##token},
#include "signs.def"
#undef SIGN
};

int find_sign(const char *text)
{
    int sign = SIGN_COUNT - 1;
    while (sign > 0 && strcmp(signs[sign].text, text) != 0)
        sign--;
    return sign;
}

const char *sign_text(int sign)
{
    return signs[sign].text;
}

int sign_token(int sign)
{
    return signs[sign].token;
}

/* The same sign is one mistake, however often it stands there. */
void report_sign(Lexer *lexer, const Token *token)
{
    lexer->seen_at[token->sign] = token->span;
    if (lexer->seen[token->sign]++ == 0)
        diag_error(lexer->diag, RULE_SYNTAX, token->span, "`%s` has no meaning here: %s",
                   signs[token->sign].text, signs[token->sign].advice);
}

static const char *const units[] = {
#define UNIT(text, time, voltage, scale) text,
#define UNIT_WORD(text, unit)
#include "units.def"
#undef UNIT
#undef UNIT_WORD
};

/* The unit that a word means, or NULL. */
static const char *unit_meant(const char *word)
{
#define UNIT(text, time, voltage, scale)
#define UNIT_WORD(text, unit)        \
    if (strcasecmp(word, text) == 0) \
        return unit;
#include "units.def"
#undef UNIT
#undef UNIT_WORD
    return word[0] && word[1] ? closest_name(word, units, sizeof units / sizeof units[0]) : NULL;
}

static const char *unit_list(Arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        text = arena_printf(arena, "%s%s`%s`", text, i ? ", " : "", units[i]);
    return text;
}

static const char *without(Arena *arena, const char *text, char left_out)
{
    char *copy = arena_strndup(arena, text, strlen(text)), *to = copy;
    for (const char *from = text; *from; from++)
        if (*from != left_out)
            *to++ = *from;
    *to = '\0';
    return copy;
}

static bool is_digits(const char *text)
{
    return isdigit((unsigned char)text[0]) && text[strspn(text, "0123456789.")] == '\0';
}

static const char *number_hint(Lexer *lexer, const char *text, const char *behind)
{
    const char *plain = without(lexer->arena, text, '_');
    if (is_digits(plain) && strchr(text, '_'))
        return arena_printf(lexer->arena, "write `%s`", plain);
    if (text[0] == '0' && tolower((unsigned char)text[1]) == 'x')
        return arena_printf(lexer->arena, "numbers are decimal: write `%llu`", strtoull(text, NULL, 16));
    if (strspn(behind, "fFlLuUdD") == strlen(behind))
        return arena_printf(lexer->arena, "leave out the `%s`", behind);
    if (strchr(text, '.') && strchr(behind, '.'))
        return "a number has one decimal point";
    if (tolower((unsigned char)behind[0]) == 'e')
        return "digits are missing behind `e`, as in `1e-3`";
    if (!isalpha((unsigned char)behind[0]))
        return "write `us`";
    return arena_printf(lexer->arena, "a product needs its sign, as in `2 * %s`", behind);
}

void explain_number(Lexer *lexer, Token *token)
{
    const char *text = lexer_text(lexer, token->span);
    char *behind;
    token->value.TOK_NUMBER.value = strtod(text, &behind);
    behind += strspn(behind, " \t");
    const char *unit = unit_meant(behind);
    token->mistake = unit ? arena_printf(lexer->arena, "unknown unit `%s`", behind)
                          : arena_printf(lexer->arena, "`%s` is not a number", text);
    token->hint =
        unit ? arena_printf(lexer->arena, "did you mean `%s`?", unit) : number_hint(lexer, text, behind);
}

/* ---- unexpected tokens ------------------------------------------------------------------------------- */

/* What was read: 0 is the token that cannot stand there, 1 and 2 stand before it. */
static const char *behind(const Lexer *lexer, int index)
{
    enum { SHOWN = 40 };
    Span span = lexer->behind[index].span;
    if (span.hi - span.lo > SHOWN)
        span.hi = span.lo + SHOWN;
    return lexer_text(lexer, span);
}

/* A word behind an operand on its line. */
static bool is_adjoined(const Lexer *lexer, int index)
{
    int before = lexer->behind[index + 1].kind;
    return is_word(lexer->behind[index].kind) && !lexer->behind[index].first
           && (before == TOK_NAME || (ends_operand(before) && !is_word(before)));
}

/* Each rule knows one kind of mistake; false: it is another. */
typedef bool Guess(Lexer *lexer, const Expected *expected);

#define REPORT(index, ...) diag_error(lexer->diag, RULE_SYNTAX, lexer->behind[index].span, __VA_ARGS__)
#define HINT(...) diag_hint(lexer->diag, __VA_ARGS__)

/* `import torch`, `1 if c else 0`: a word in place of a name or behind an operand. */
static bool guess_foreign_word(Lexer *lexer, const Expected *expected)
{
    for (int i = expected->assign ? 2 : 0; i >= expected->assign; i--) {
        int kind = lexer->behind[i].kind;
        bool word = i == 1 ? is_word(kind) && lexer->behind[0].kind != TOK_ARROW : kind == TOK_NAME;
        const char *advice = word ? foreign_word(behind(lexer, i)) : NULL;
        if (advice == NULL || (i == 2 && !is_adjoined(lexer, 1)))
            continue;
        REPORT(i, "`%s` has no meaning here: %s", behind(lexer, i), advice);
        return true;
    }
    return false;
}

static bool guess_sign(Lexer *lexer, const Expected *expected)
{
    const Token *token = &lexer->behind[0];
    if (token->sign == 0)
        return false;
    REPORT(0, "`%s` has no meaning here: %s", sign_text(token->sign),
           expected->closer ? "an argument is given by `=`, as in `tau = 2`" : signs[token->sign].advice);
    return true;
}

/* `time 25` */
static bool guess_steps(Lexer *lexer, const Expected *expected)
{
    if (!expected->steps || expected->name)
        return false;
    REPORT(lexer->behind[0].first ? 1 : 0, "`time` needs the word `steps` behind a number");
    HINT("as in `time 25 steps`, or `time 25 steps of 1 ms`");
    return true;
}

/* `10 msec` */
static bool guess_unit(Lexer *lexer, const Expected *expected)
{
    int index = expected->assign ? 1 : 0;
    if (!is_adjoined(lexer, index) || lexer->behind[index + 1].kind != TOK_NUMBER)
        return false;
    const char *word = behind(lexer, index), *unit = unit_meant(word);
    if (!unit && expected->closer) /* rather an argument */
        return false;
    REPORT(index, "unknown unit `%s`", word);
    if (unit)
        HINT("did you mean `%s`?", unit);
    else
        HINT("a product is `2 * %s`, and units are %s", word, unit_list(lexer->arena));
    return true;
}

/* `model m`, and no brace */
static bool guess_brace(Lexer *lexer, const Expected *expected)
{
    if (!expected->brace || lexer->behind[0].kind == TOK_COLON)
        return false;
    REPORT(1, "a `{` is missing behind `%s`", behind(lexer, 1));
    return true;
}

/* `data "folder"` */
static bool guess_format(Lexer *lexer, const Expected *expected)
{
    (void)expected;
    if (lexer->behind[1].kind != TOK_DATA)
        return false;
    REPORT(0, "unexpected `%s`, expected a data format", behind(lexer, 0));
    HINT("as in `data idx`, or `data idx(folder = \"data\")`");
    return true;
}

/* `v <- v + x` */
static bool guess_assignment(Lexer *lexer, const Expected *expected)
{
    if (!expected->assign || lexer->behind[0].kind != TOK_LT)
        return false;
    REPORT(0, "a value is given by `=`");
    HINT("write `%s = ...`", behind(lexer, 1));
    return true;
}

/* `h = image -> dense(3) lif` */
static bool guess_arrow(Lexer *lexer, const Expected *expected)
{
    int index = expected->assign ? 1 : 0;
    if (!is_adjoined(lexer, index) || expected->parenthesis)
        return false;
    REPORT(index, "`->`, an operator or a line end is missing before `%s`", behind(lexer, index));
    return true;
}

/* `lif(tau 2)`, `dense(100 bias)` */
static bool guess_argument(Lexer *lexer, const Expected *expected)
{
    const Token *token = &lexer->behind[0];
    bool value = token->kind == TOK_NUMBER || token->kind == TOK_STRING;
    if (!expected->closer || !ends_operand(lexer->behind[1].kind) || !(value || is_adjoined(lexer, 0)))
        return false;
    if (value && expected->parenthesis)
        REPORT(0, "a `=` is missing before `%s`", behind(lexer, 0));
    else
        REPORT(0, "a `,` is missing before `%s`", behind(lexer, 0));
    return true;
}

/* `dense 100` */
static bool guess_parentheses(Lexer *lexer, const Expected *expected)
{
    int kind = lexer->behind[0].kind;
    bool argument = kind == TOK_NUMBER || kind == TOK_STRING || (is_word(kind) && !lexer->behind[0].first);
    if (!expected->parenthesis || !argument || lexer->behind[1].kind != TOK_NAME)
        return false;
    REPORT(0, "arguments stand in parentheses");
    HINT("write `%s(%s)`", behind(lexer, 1), behind(lexer, 0));
    return true;
}

/* `x -> 3` */
static bool guess_stage(Lexer *lexer, const Expected *expected)
{
    (void)expected;
    if (lexer->behind[1].kind != TOK_ARROW)
        return false;
    REPORT(0, "unexpected `%s`, expected a stage", behind(lexer, 0));
    HINT("a stage is a name with or without arguments, as in `x -> dense(100) -> lif`");
    return true;
}

/* `dense(100)(x)` */
static bool guess_application(Lexer *lexer, const Expected *expected)
{
    (void)expected;
    if (lexer->behind[0].kind != TOK_LPAREN || lexer->behind[1].kind != TOK_RPAREN)
        return false;
    REPORT(0, "unexpected `(`: a stage is not called with its input");
    HINT("an arrow sends a stream through it, as in `x -> dense(100)`");
    return true;
}

/* `(a + b)[0:8]` */
static bool guess_index(Lexer *lexer, const Expected *expected)
{
    (void)expected;
    if (lexer->behind[0].kind != TOK_LBRACKET || lexer->behind[1].kind != TOK_RPAREN)
        return false;
    REPORT(0, "unexpected `[`: parts and the past are of streams that have a name");
    HINT("give it one, as in `h = a + b`, for `h[0:8]` and `h[-1]`; or write `a + b -> slice(0, 8)`");
    return true;
}

/* `spike, membrane = ...` */
static bool guess_names(Lexer *lexer, const Expected *expected)
{
    if (lexer->behind[0].kind != TOK_COMMA || !expected->assign || !is_word(lexer->behind[1].kind))
        return false;
    REPORT(0, "unexpected `,`, expected %s", expected->text);
    HINT("a statement gives one name, as in `%s = ...`", behind(lexer, 1));
    return true;
}

/* `image -> dense(3) + x` */
static bool guess_operator(Lexer *lexer, const Expected *expected)
{
    int kind = lexer->behind[0].kind;
    if (!expected->arrow || expected->minus || kind < TOK_OR || kind > TOK_POWER)
        return false;
    REPORT(0, "`%s` stands behind a chain", behind(lexer, 0));
    HINT("put the chain in parentheses, as in `(x -> dense(100)) + y`");
    return true;
}

/* `0 < v < 1` */
static bool guess_comparison(Lexer *lexer, const Expected *expected)
{
    int kind = lexer->behind[0].kind;
    if (!expected->minus || expected->operand || kind < TOK_EQ || kind > TOK_GE)
        return false;
    REPORT(0, "unexpected `%s`: comparisons do not follow each other", behind(lexer, 0));
    HINT("write both and join them, as in `a < b and b < c`");
    return true;
}

/* `(28, 28)` */
static bool guess_list(Lexer *lexer, const Expected *expected)
{
    if (lexer->behind[0].kind != TOK_COMMA || !ends_operand(lexer->behind[1].kind) || !expected->closer
        || expected->comma)
        return false;
    REPORT(0, "unexpected `,`, expected %s", expected->text);
    HINT("a list stands in square brackets, as in `[28, 28]`");
    return true;
}

/* `block f(x) { ... }` */
static bool guess_expression(Lexer *lexer, const Expected *expected)
{
    if (lexer->behind[0].kind != TOK_LBRACE || !(expected->assign || expected->operand))
        return false;
    REPORT(0, "unexpected `{`, expected %s", expected->text);
    HINT("an expression has no braces: parentheses group, and a block is `block name(x) = x -> ...`");
    return true;
}

static bool guess_extra_brace(Lexer *lexer, const Expected *expected)
{
    (void)expected;
    if (lexer->behind[0].kind != TOK_RBRACE || lexer->open.count > 0)
        return false;
    REPORT(0, "this `}` closes nothing: leave it out, or look for a `{` that is missing");
    return true;
}

/* Lines of a model where only definitions stand. */
static bool guess_model(Lexer *lexer, const Expected *expected)
{
    int kind = lexer->behind[0].kind;
    if (!expected->model || expected->operand || !is_word(kind))
        return false;
    static const char *const words[] = {"neuron", "surrogate", "optimizer", "initializer", "schedule",
                                        "block",  "memory",    "let",       "model"};
    bool binding = lexer->ahead_count > 0 && lexer->ahead[0].kind == TOK_ASSIGN;
    const char *close =
        binding ? NULL : closest_name(behind(lexer, 0), words, sizeof words / sizeof words[0]);
    if (!close && lexer->no_model)
        return true; /* one mistake, however many lines */
    REPORT(0, "unexpected `%s`, expected %s", behind(lexer, 0), expected->text);
    if (close)
        HINT("did you mean `%s`?", close);
    else
        HINT("the lines of a network stand in its braces, `model name { ... }`");
    lexer->no_model |= !close;
    return true;
}

/* `predit argmax(x)`, `softmax(x)` */
static bool guess_line(Lexer *lexer, const Expected *expected)
{
    bool begins = lexer->behind[1].first || !is_word(lexer->behind[2].kind);
    if (!expected->assign || !begins || lexer->behind[1].made_up)
        return false;
    static const char *const words[] = {"data",  "time",  "predict", "train", "let",     "metric",
                                        "state", "param", "expect",  "block", "schedule"};
    const char *name = behind(lexer, 1), *close = closest_name(name, words, sizeof words / sizeof words[0]);
    bool call = lexer->behind[0].kind == TOK_LPAREN, chain = lexer->behind[0].kind == TOK_ARROW;
    REPORT(0, "unexpected `%s`, expected %s", behind(lexer, 0), expected->text);
    if (close && strcmp(close, name) != 0)
        HINT("did you mean `%s`?", close);
    else if (call || chain)
        HINT("a value needs a name, as in `y = %s%s`", name, call ? "(...)" : " -> ...");
    return true;
}

static void report_plainly(Lexer *lexer, const Expected *expected)
{
    const Token *token = &lexer->behind[0];
    const char *kind = token->kind == TOK_STRING ? "string" : token->kind == TOK_NUMBER ? "number" : "name";
    bool named = token->kind == TOK_NAME || token->kind == TOK_NUMBER || token->kind == TOK_STRING;
    const char *found = token->kind == TOK_GRAMMAR_EOF ? "end of file"
                        : named ? arena_printf(lexer->arena, "%s `%s`", kind, behind(lexer, 0))
                                : arena_printf(lexer->arena, "`%s`", behind(lexer, 0));
    REPORT(0, "unexpected %s%s%s", found, *expected->text ? ", expected " : "", expected->text);
}

void report_unexpected(Lexer *lexer, const Expected *expected)
{
    static Guess *const guesses[] = {guess_brace,  guess_sign,         guess_steps,       guess_assignment,
                                     guess_format, guess_foreign_word, guess_unit,        guess_argument,
                                     guess_arrow,  guess_parentheses,  guess_application, guess_index,
                                     guess_names,  guess_stage,        guess_operator,    guess_comparison,
                                     guess_list,   guess_expression,   guess_extra_brace, guess_model,
                                     guess_line};
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++)
        if (guesses[i](lexer, expected))
            return;
    report_plainly(lexer, expected);
}
