/* What all of the lexer knows: kinds of tokens, and the text that one stands for. */
#include "lexer.h"

bool is_word(int kind)
{
    return kind == TOK_NAME || (kind >= TOK_NEURON && kind <= TOK_STEPS);
}

bool ends_operand(int kind)
{
    return is_word(kind) || kind == TOK_NUMBER || kind == TOK_STRING || kind == TOK_RPAREN
           || kind == TOK_RBRACKET;
}

const char *lexer_name(const Lexer *lexer, Span span)
{
    const Source *source = lexer->source;
    return intern(lexer->arena, source->names, source->text + (span.lo - source->base), span.hi - span.lo);
}

const char *lexer_text(const Lexer *lexer, Span span)
{
    return arena_strndup(lexer->arena, lexer->source->text + (span.lo - lexer->source->base),
                         span.hi - span.lo);
}
