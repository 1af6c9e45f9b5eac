/* What the parser reads. A line end means nothing in the language, but people begin statements on lines of
 * their own, and that shows where a mistake ends: there, what is missing before is made up (operands,
 * brackets, braces), and there the parser goes on after a statement that it could not read. */
#include "lexer.h"

#include <string.h>

enum { CLOSER_WITHIN = 2000 }; /* bytes in which the closer of a bracket is looked for */

/* ---- kinds of tokens --------------------------------------------------------------------------------- */

/* Behind it, an operand must follow. */
static bool needs_operand(int kind)
{
    return kind == TOK_ARROW || kind == TOK_ASSIGN || (kind >= TOK_OR && kind <= TOK_POWER);
}

static bool is_definer(int kind)
{
    return kind >= TOK_NEURON && kind <= TOK_MODEL;
}

/* ---- looking ahead ----------------------------------------------------------------------------------- */

static Token *peek(Lexer *lexer, int index)
{
    while (lexer->ahead_count <= index) {
        Token *token = &lexer->ahead[lexer->ahead_count++];
        *token = (Token){0};
        token->kind = grammar_scan(token, lexer->scanner);
        token->first = lexer->at_line_start;
        if (token->first)
            lexer->line_indent = (int)(token->span.lo - lexer->line);
        token->indent = lexer->line_indent;
        lexer->at_line_start = false;
    }
    return &lexer->ahead[index];
}

static Token take(Lexer *lexer)
{
    Token token = *peek(lexer, 0);
    lexer->ahead[0] = lexer->ahead[1];
    lexer->ahead_count--;
    return token;
}

static Open *innermost(const Lexer *lexer)
{
    return lexer->open.count > 0 ? &lexer->open.at[lexer->open.count - 1] : NULL;
}

static bool in_bracket(const Lexer *lexer)
{
    return lexer->open.count > 0 && innermost(lexer)->closer != TOK_RBRACE;
}

/* Whether a bracket that is open here is closed further on, before any brace. */
static bool closed_later(const Lexer *lexer, uint32_t offset)
{
    const char *text = lexer->source->text + (offset - lexer->source->base);
    int depth = 0;
    for (int i = 0; text[i] != '\0' && i < CLOSER_WITHIN; i++) {
        if (text[i] == '#')
            i += (int)strcspn(text + i, "\n") - 1;
        depth += (text[i] == '(' || text[i] == '[') - (text[i] == ')' || text[i] == ']');
        if (depth < 0 || text[i] == '{' || text[i] == '}')
            return depth < 0;
    }
    return false;
}

/* No expression holds a word with `=`, a word, a number or a brace right behind it: at the start of a line,
 * such a word begins a statement. Within brackets it may be an argument. */
static bool begins_statement(Lexer *lexer)
{
    const Token *word = peek(lexer, 0);
    if (!word->first || !is_word(word->kind))
        return false;
    const Token *next = peek(lexer, 1);
    bool follows = next->kind == TOK_ASSIGN || next->kind == TOK_NUMBER || next->kind == TOK_STRING
                   || next->kind == TOK_LBRACE || is_word(next->kind);
    if (next->first || !follows)
        return false;
    if (!in_bracket(lexer))
        return true;
    bool argument = next->kind == TOK_ASSIGN && !ends_operand(lexer->behind[0].kind);
    bool deeper = word->indent > lexer->indent;
    return !argument && !(deeper && closed_later(lexer, word->span.lo));
}

/* ---- what is missing --------------------------------------------------------------------------------- */

static Token made_up(const Lexer *lexer, int kind)
{
    uint32_t place = lexer->behind[0].span.hi;
    return (Token){.kind = kind, .span = {place, place}, .made_up = true, .boundary = kind == TOK_RBRACE};
}

static Token missing_operand(Lexer *lexer)
{
    const Token *last = &lexer->behind[0];
    lexer->damaged = true;
    diag_error(lexer->diag, RULE_SYNTAX, last->span, "%s is missing behind `%s`",
               last->kind == TOK_ARROW ? "a stage" : "an expression", lexer_text(lexer, last->span));
    Token token = made_up(lexer, TOK_NAME);
    token.value.TOK_NAME = name_missing;
    return token;
}

/* The closer of the innermost bracket or brace. This is the mistake, unless one was reported since it was
 * opened: then it may be the same. */
static Token missing_closer(Lexer *lexer)
{
    Open open = *innermost(lexer);
    lexer->open.count--;
    bool brace = open.closer == TOK_RBRACE;
    Span span = brace && lexer->suspect.hi > 0 ? lexer->suspect : open.span;
    if (lexer->diag->errors == open.errors)
        diag_error(lexer->diag, RULE_SYNTAX, span, "this `%s` is not closed",
                   brace                       ? "{"
                   : open.closer == TOK_RPAREN ? "("
                                               : "[");
    lexer->damaged = true;
    return made_up(lexer, open.closer);
}

/* A definition or a second model cannot stand here: the brace before it should be closed. */
static bool leaves_brace(Lexer *lexer)
{
    int kind = peek(lexer, 0)->kind;
    return is_definer(kind) && is_word(peek(lexer, 1)->kind)
           && (kind == TOK_MODEL || !innermost(lexer)->model);
}

/* At the start of a statement, at a brace or at the end: what should stand before it. False: nothing. */
static bool make_up(Lexer *lexer, bool statement, Token *token)
{
    int kind = peek(lexer, 0)->kind;
    if (!lexer->skipping && kind != TOK_LBRACE && needs_operand(lexer->behind[0].kind)) {
        *token = missing_operand(lexer);
        return true;
    }
    while (lexer->skipping && in_bracket(lexer))
        lexer->open.count--;
    bool open = in_bracket(lexer)
                || (lexer->open.count > 0 && (kind == TOK_GRAMMAR_EOF || (statement && leaves_brace(lexer))));
    if (open)
        *token = missing_closer(lexer);
    return open;
}

/* `f(a = 1 b = 2)` */
static bool lacks_comma(Lexer *lexer)
{
    return in_bracket(lexer) && ends_operand(lexer->behind[0].kind) && is_word(peek(lexer, 0)->kind)
           && peek(lexer, 1)->kind == TOK_ASSIGN;
}

static Token missing_comma(Lexer *lexer)
{
    Span span = peek(lexer, 0)->span;
    diag_error(lexer->diag, RULE_SYNTAX, span, "a `,` is missing before `%s`", lexer_text(lexer, span));
    return made_up(lexer, TOK_COMMA);
}

/* ---- brackets and braces ----------------------------------------------------------------------------- */

static void open_bracket(Lexer *lexer, const Token *token, int closer)
{
    bool outer = lexer->open.count == 0;
    Open open = {
        .closer = closer, .errors = lexer->diag->errors, .indent = token->indent, .span = token->span};
    open.model = outer ? lexer->definer == TOK_MODEL : innermost(lexer)->model;
    vec_push(lexer->arena, &lexer->open, open);
}

static void close_brace(Lexer *lexer, const Token *token)
{
    if (lexer->open.count == 0)
        return;
    const Open *open = innermost(lexer);
    if (token->first && lexer->suspect.hi == 0 && token->indent != open->indent)
        lexer->suspect = open->span;
    lexer->open.count--;
}

/* False if it closes nothing: then it is left out. The closer of another bracket becomes the right one. */
static bool close_bracket(Lexer *lexer, Token *token)
{
    if (!in_bracket(lexer)) {
        if (lexer->skipping || needs_operand(lexer->behind[0].kind))
            return !lexer->skipping;
        diag_error(lexer->diag, RULE_SYNTAX, token->span, "this `%s` closes nothing: leave it out",
                   lexer_text(lexer, token->span));
        while (peek(lexer, 0)->kind == token->kind)
            take(lexer);
        return false;
    }
    Open open = *innermost(lexer);
    lexer->open.count--;
    if (!lexer->skipping && open.closer != token->kind) {
        const char *right = open.closer == TOK_RPAREN ? ")" : "]";
        diag_error(lexer->diag, RULE_SYNTAX, token->span, "this should be a `%s`", right);
        diag_note(lexer->diag, open.span, "it closes this bracket");
    }
    token->kind = open.closer;
    return true;
}

/* Keeps count of what is open. False if the token is to be left out. */
static bool track(Lexer *lexer, Token *token)
{
    if (lexer->open.count == 0 && is_definer(token->kind))
        lexer->definer = token->kind;
    switch (token->kind) {
    case TOK_LPAREN: open_bracket(lexer, token, TOK_RPAREN); break;
    case TOK_LBRACKET: open_bracket(lexer, token, TOK_RBRACKET); break;
    case TOK_LBRACE: open_bracket(lexer, token, TOK_RBRACE); break;
    case TOK_RBRACE: close_brace(lexer, token); break;
    case TOK_RPAREN:
    case TOK_RBRACKET: return close_bracket(lexer, token);
    default: break;
    }
    return true;
}

void lexer_open_brace(Lexer *lexer)
{
    open_bracket(lexer, &lexer->behind[0], TOK_RBRACE);
    innermost(lexer)->errors = -1;
    lexer->damaged = true;
}

/* ---- handing on -------------------------------------------------------------------------------------- */

static bool is_boundary(const Token *token, bool statement)
{
    return statement || token->kind == TOK_LBRACE || token->kind == TOK_RBRACE
           || token->kind == TOK_GRAMMAR_EOF;
}

static void report_token(Lexer *lexer, const Token *token)
{
    if (token->sign != 0) {
        report_sign(lexer, token);
        return;
    }
    diag_error(lexer->diag, RULE_SYNTAX, token->span, "%s", token->mistake);
    if (token->hint != NULL)
        diag_hint(lexer->diag, "%s", token->hint);
}

/* While a statement is skipped, the indent decides: lines further in are part of it, as behind the `if x:` of
 * other languages, the others are not, whatever they look like. */
static bool begins_here(Lexer *lexer)
{
    const Token *token = peek(lexer, 0);
    if (lexer->skipping)
        return token->first && is_word(token->kind) && token->indent <= lexer->indent;
    return begins_statement(lexer);
}

static bool skips_group(Lexer *lexer)
{
    int kind = peek(lexer, 0)->kind;
    if (kind == TOK_GRAMMAR_EOF || (kind == TOK_RBRACE && lexer->open.count == lexer->skipped_group))
        lexer->skipped_group = 0;
    return lexer->skipped_group > 0;
}

/* False if the next token of the text is left out. */
static bool hand_on(Lexer *lexer, Token *token)
{
    bool skipped = lexer->skipped_group > 0 || lexer->skipping;
    if (!track(lexer, token) || skipped)
        return false;
    if (token->kind == TOK_GRAMMAR_EOF) /* behind the last token, where what is missing should stand */
        token->span.lo = token->span.hi = lexer->behind[0].span.hi;
    if (token->kind != TOK_COLON && (token->sign != 0 || token->mistake != NULL)) /* the grammar knows more */
        report_token(lexer, token);
    lexer->damaged |= token->mistake != NULL || token->kind == TOK_GRAMMAR_error;
    lexer->skipping = token->kind == TOK_GRAMMAR_error;
    return token->kind != NOTHING;
}

static Token next_token(Lexer *lexer)
{
    Token token = {.kind = lexer->start, .span = lexer->behind[0].span};
    lexer->start = 0;
    if (token.kind != 0)
        return token;
    do {
        bool group = skips_group(lexer), statement = begins_here(lexer);
        if (!group && is_boundary(peek(lexer, 0), statement)) {
            if (make_up(lexer, statement, &token))
                return token;
            if (lexer->skipping) /* what stands before has nothing to do with it */
                lexer->behind[0].kind = NOTHING;
            lexer->skipping = false;
        } else if (!group && !lexer->skipping && lacks_comma(lexer)) {
            return missing_comma(lexer);
        }
        token = take(lexer);
        token.boundary = is_boundary(&token, statement);
    } while (!hand_on(lexer, &token));
    return token;
}

int grammar_lex(GRAMMAR_STYPE *value, Span *location, Parse *parse)
{
    Lexer *lexer = &parse->lexer;
    if (!lexer->again) {
        Token token = next_token(lexer);
        memmove(&lexer->behind[1], &lexer->behind[0], sizeof token * (TOKENS_BEHIND - 1));
        lexer->behind[0] = token;
        if (token.boundary)
            lexer->indent = token.indent;
        lexer->tokens++;
    }
    lexer->again = false;
    *value = lexer->behind[0].value;
    *location = lexer->behind[0].span;
    return lexer->behind[0].kind;
}

/* ---- after mistakes ---------------------------------------------------------------------------------- */

void lexer_resume(Lexer *lexer)
{
    const Token *last = &lexer->behind[0];
    lexer->damaged = true;
    lexer->again = last->boundary && lexer->again_at != lexer->tokens;
    lexer->skipping = !lexer->again;
    if (lexer->again)
        lexer->again_at = lexer->tokens;
    else if (last->kind == TOK_GRAMMAR_EOF) /* the parser is within a brace whose closer a mistake took */
        lexer_open_brace(lexer);
}

bool lexer_has_resumed(const Lexer *lexer)
{
    return lexer->again_at == lexer->tokens || lexer->behind[1].kind == NOTHING;
}

void lexer_skip_group(Lexer *lexer)
{
    lexer->skipped_group = lexer->open.count;
}

void lexer_skip_statement(Lexer *lexer)
{
    lexer->skipping = lexer->damaged = true;
}

void lexer_finish(Lexer *lexer)
{
    for (int sign = 1; sign < SIGN_COUNT; sign++)
        if (lexer->seen[sign] > 1)
            diag_note(lexer->diag, lexer->seen_at[sign], "the last of %d `%s`", lexer->seen[sign],
                      sign_text(sign));
}
