/* From text to what the parser reads: the scanner (snn.l) cuts the text into tokens, tokens.c hands them on
 * and makes up what is missing, syntax.c says what is wrong with one that the grammar does not allow. */
#ifndef SNNC_LEXER_H
#define SNNC_LEXER_H

#include "snn.tab.h"

enum {
    NOTHING = -1, /* the kind of a token that the parser never sees */
    TOKENS_BEHIND = 3,
    TOKENS_AHEAD = 2
};

/* Signs of other languages: a sign is 1 + its row of signs.def, or 0 for none. */
enum {
    SIGN_COUNT = 1
#define SIGN(text, token, advice) +1
#include "signs.def"
#undef SIGN
};

typedef struct Token {
    int kind; /* TOK_... */
    GRAMMAR_STYPE value;
    Span span;
    bool first;          /* on its line */
    int indent;          /* of its line, in bytes */
    bool boundary;       /* it begins a statement, or is a brace or the end */
    bool made_up;        /* it is not in the text */
    int sign;            /* it stands for one of another language */
    const char *mistake; /* NULL: none. Reported when the token is handed on */
    const char *hint;    /* to the mistake, or NULL */
} Token;

/* A bracket or brace that is not closed yet. */
typedef struct Open {
    int closer; /* the token that closes it */
    int errors; /* reported before it */
    int indent; /* of its line */
    bool model; /* a brace of the model, or within it */
    Span span;
} Open;

typedef struct Lexer {
    Arena *arena;
    Diag *diag;
    const Source *source;
    void *scanner;
    int start;                 /* the token before the first: what the text is; 0 when it was handed on */
    uint32_t offset;           /* of the byte to be scanned next */
    uint32_t line;             /* of the first byte of its line */
    bool at_line_start;        /* so far only blanks stand on its line */
    int line_indent;           /* blanks before the first token of its line */
    Token ahead[TOKENS_AHEAD]; /* scanned, not handed on */
    int ahead_count;
    Token behind[TOKENS_BEHIND]; /* handed on: 0 is the last */
    VEC(Open) open;
    int definer;              /* the word that begins the last definition or model of the file */
    int indent;               /* of the line of the last statement */
    bool skipping;            /* to where a statement begins or a brace stands: a mistake was reported */
    int skipped_group;        /* > 0: to where so many are open, for a brace with all in it */
    int tokens;               /* handed on so far */
    int again_at, error_at;   /* that number of tokens when the last was handed on once more, was reported */
    uint32_t said_at;         /* where the parser reported something last */
    bool no_model;            /* lines that belong into a model were reported */
    bool too_deep;            /* an expression was nested too deeply */
    bool again;               /* the last token is to be handed on once more */
    Span suspect;             /* the first brace that another indent closes: perhaps it was not closed */
    int seen[SIGN_COUNT];     /* how often; only the first is reported */
    Span seen_at[SIGN_COUNT]; /* the last */
    bool damaged;             /* a mistake could not be repaired */
} Lexer;

struct Parse {
    Lexer lexer;
    Arena *arena;
    Diag *diag;
    File *file;
    Item *define; /* of a text that is one constant */
};

/* ---- lexer.c ---------------------------------------------------------------------------------------- */

bool is_word(int kind);
/* An expression may end with it. */
bool ends_operand(int kind);
const char *lexer_name(const Lexer *lexer, Span span); /* interned */
const char *lexer_text(const Lexer *lexer, Span span);

/* ---- snn.l ------------------------------------------------------------------------------------------ */

#define YY_DECL int grammar_scan(Token *token, void *yyscanner)
YY_DECL;

/* ---- tokens.c --------------------------------------------------------------------------------------- */

/* The next token for the parser. */
int grammar_lex(GRAMMAR_STYPE *value, Span *location, Parse *parse);
/* The parser has given up on a statement: what follows is the next statement, or a brace. */
void lexer_resume(Lexer *lexer);
/* The last token is where the parser goes on after a mistake. */
bool lexer_has_resumed(const Lexer *lexer);
/* The parser cannot use the brace that was just handed on: nothing in it is handed on, but its end. */
void lexer_skip_group(Lexer *lexer);
/* The rest of a statement is not handed on. */
void lexer_skip_statement(Lexer *lexer);
/* The last token stands for an opening brace, whose closer may be missing, too. */
void lexer_open_brace(Lexer *lexer);
/* All was handed on: reports what was counted. */
void lexer_finish(Lexer *lexer);

/* ---- actions.c -------------------------------------------------------------------------------------- */

/* The model of the file; a second one is a mistake. */
void parser_add_model(Parse *parse, const char *name, Span span, Items items);
/* A definition among the items of a model. */
Item *parser_definition(Parse *parse, Def *def);
/* The expression, or a missing one where it is too deep. */
Expr *parser_checked(Parse *parse, Expr *expr);
void parser_too_deep(Parse *parse, Span span);
/* Reports a mistake, unless one was reported here; `hint` may be NULL. */
void parser_say(Parse *parse, Span span, const char *mistake, const char *hint);
void parser_separator(Parse *parse, Span span);
void parser_skip_group(Parse *parse, Span span);
/* `stream[index]`, a past. */
Expr *parser_past(Parse *parse, Span span, Expr *stream, Expr *index);
/* `stream[from:to]` is `stream -> slice(from, to)`. */
Expr *parser_slice(Parse *parse, Span span, Expr *stream, Expr *from, Expr *to);
/* "`=`, `(` or a name" */
const char *parser_join(Arena *arena, const char *const phrases[], int count);

/* ---- syntax.c --------------------------------------------------------------------------------------- */

/* The last token cannot stand where it does: what could. */
typedef struct Expected {
    const char *text; /* "`=`, `(` or an operator" */
    bool name, assign, operand, minus, steps, brace, parenthesis, closer, comma, arrow, model;
} Expected;
void report_unexpected(Lexer *lexer, const Expected *expected);

int find_sign(const char *text);
const char *sign_text(int sign);
int sign_token(int sign); /* TOK_..., or NOTHING */
void report_sign(Lexer *lexer, const Token *token);
/* A number that is none: sets the mistake. */
void explain_number(Lexer *lexer, Token *token);

#endif
