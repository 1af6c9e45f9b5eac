/* The grammar of the model language. Actions only call constructors.
 *
 * A line end means nothing: behind a complete expression a name can only start the next line. The words
 * of the language (neuron, data, steps ...) are ordinary names wherever they cannot start a line. */
%define api.pure full
%define api.prefix {grammar_}
%define api.header.include {"snn.tab.h"}
%define api.token.prefix {TOK_}
%define api.value.type union
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parse *parse}
%initial-action { @$ = (Span){parse->lexer.source->base, parse->lexer.source->base}; }

%code requires {
#include "parse.h"

typedef struct Parse Parse;

typedef struct Number {
    double value;
    const char *unit; /* NULL if there is none */
} Number;
}

%code {
#include "lexer.h"

#include <stdio.h>
#include <stdlib.h>

#define YYMAXDEPTH 5000
#define YYLLOC_DEFAULT(current, rhs, n) \
    ((current).lo = (n) > 0 ? YYRHSLOC(rhs, 1).lo : YYRHSLOC(rhs, 0).hi, \
     (current).hi = YYRHSLOC(rhs, n).hi)

int grammar_lex_init_extra(Lexer *lexer, void **scanner);
int grammar_lex_destroy(void *scanner);
struct yy_buffer_state *grammar__scan_bytes(const char *bytes, int length, void *scanner);

static void grammar_error(const Span *location, Parse *parse, const char *message);

#define ARENA parse->arena
#define UNARY(span, op, operand) parser_checked(parse, expr_unary(ARENA, span, OPERATOR_##op, operand))
#define BINARY(span, op, left, right) parser_checked(parse, expr_binary(ARENA, span, OPERATOR_##op, left, right))
/* What follows the mistake is read as if nothing had been before. */
#define RESUME lexer_resume(&parse->lexer), yyclearin, yyerrok
}

%token GRAMMAR_EOF 0 "end of file"
%token <const char *> NAME "name" STRING "string"
%token <Number> NUMBER "number"
%token <const char *>
    NEURON "neuron" SURROGATE "surrogate" OPTIMIZER "optimizer" INITIALIZER "initializer" MEMORY "memory" SCHEDULE "schedule"
    BLOCK "block"
    LET "let" MODEL "model"
    DATA "data" TIME "time" PREDICT "predict" METRIC "metric" TRAIN "train" OF "of"
    STATE "state" PARAM "param" EXPECT "expect" PER "per" STEPS "steps"
%token COLON ":"
%token ARROW "->" ASSIGN "=" COMMA "," LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]" LBRACE "{" RBRACE "}"
    OR "or" AND "and" NOT "not" EQ "==" NE "!=" LT "<" LE "<=" GT ">" GE ">="
    PLUS "+" MINUS "-" TIMES "*" DIVIDE "/" POWER "^"

/* What the text is: the scanner begins with one of them. */
%token START_FILE START_DEFINE

/* `param w per`: the word belongs to the parameter, even where its value is missing; so does a comma behind that. */
%precedence ABSENT
%precedence PER COMMA

/* As in operators.def, loosest first. */
%left OR
%left AND
%nonassoc EQ NE
%nonassoc LT LE GT GE
%left PLUS MINUS
%left TIMES DIVIDE
%precedence NOT NEGATE
%right POWER

%nterm <const char *> word definer opener
%nterm <const char *> item_name stmt_name
%nterm <DefKind> def_kind
%nterm <Def *> definition expression
%nterm <Formal> formal
%nterm <Formals> formals given formal_list
%nterm <Stmt> stmt
%nterm <Stmts> stmts
%nterm <Item *> item let
%nterm <Items> items
%nterm <Settings> settings
%nterm <Expr *> start per expr value stage primary default step_time
%nterm <Arg> arg
%nterm <Args> args arg_list commas

%%

text:
  START_FILE file
| START_DEFINE word "=" expr { parse->define = item_named(ARENA, ITEM_LET, @$, $word, @word, $expr); }
| START_DEFINE error
;

file:
  %empty
| file definition           { vec_push(ARENA, &parse->file->defs, $definition); }
| file let                  { vec_push(ARENA, &parse->file->lets, $let); }
| file model
| file skipped
| file ","                  { parser_separator(parse, @2); }
| file error                { RESUME; }
;

/* A brace that nothing here can hold. */
skipped:
  "{" { parser_skip_group(parse, @1); } "}" { lexer_skip_statement(&parse->lexer); }
;

open:
  "{"
| ":" {
    parser_say(parse, @1, "what belongs together stands in `{ }`", "write `{` here, and `}` at its end");
    lexer_open_brace(&parse->lexer);
  }
| error                     { lexer_open_brace(&parse->lexer); RESUME; }
;

/* What people put between a word of the language and its value. */
noise:
  %empty
| sign
;

sign:
  "="                       { parser_say(parse, @1, "no `=` stands here: leave it out", NULL); }
| ":"                       { parser_say(parse, @1, "no `:` stands here: leave it out", NULL); }
;

/* ---- definitions: equations, or an expression ---- */

def_kind:
  "neuron"                  { $$ = DEF_NEURON; }
| "surrogate"               { $$ = DEF_SURROGATE; }
| "optimizer"               { $$ = DEF_OPTIMIZER; }
| "initializer"             { $$ = DEF_INITIALIZER; }
| "memory"                  { $$ = DEF_MEMORY; }
;

definition:
  def_kind word formals open stmts "}" {
    $$ = def_new(ARENA, $def_kind, $word, @word, $formals);
    $$->body = $stmts;
    $$->span = @$;
  }
| def_kind error "{" stmts "}" {
    $$ = def_new(ARENA, $def_kind, name_missing, @error, (Formals){0});
    $$->body = $stmts;
    $$->span = @$;
  }
| expression
;

expression:
  "block" word formals "=" expr {
    $$ = def_new(ARENA, DEF_BLOCK, $word, @word, $formals);
    $$->value = $expr;
    $$->span = @$;
  }
| "block" word formals open stmts "}" {
    $$ = def_new(ARENA, DEF_BLOCK, $word, @word, $formals);
    $$->body = $stmts;
    $$->span = @$;
  }
| "schedule" word "=" expr {
    $$ = def_new(ARENA, DEF_SCHEDULE, $word, @word, (Formals){0});
    $$->value = $expr;
    $$->span = @$;
  }
| "schedule" word given "=" expr {
    $$ = def_new(ARENA, DEF_SCHEDULE, $word, @word, $given);
    $$->value = $expr;
    $$->span = @$;
  }
;

formals:
  %empty {
    $$ = (Formals){0};
    parser_say(parse, @$, "a definition has its parameters in parentheses", "write `()` if it has none");
    parse->lexer.damaged = true;
  }
| given
;

given:
  "(" ")"                   { $$ = (Formals){0}; }
| "(" formal_list ")"       { $$ = $formal_list; }
| "(" formal_list "," ")"   { $$ = $formal_list; }
;

formal_list:
  formal                    { $$ = (Formals){0}; vec_push(ARENA, &$$, $formal); }
| formal_list "," formal    { $$ = $1; vec_push(ARENA, &$$, $formal); }
;

formal:
  word default              { $$ = (Formal){.name = $word, .value = $default, .span = @word}; }
;

default:
  %empty                    { $$ = NULL; }
| "=" expr                  { $$ = $expr; }
;

stmts:
  %empty                    { $$ = (Stmts){0}; }
| stmts stmt                { $$ = $1; vec_push(ARENA, &$$, $stmt); }
| stmts skipped             { $$ = $1; }
| stmts ","                 { $$ = $1; parser_separator(parse, @2); }
| stmts error               { $$ = $1; RESUME; }
;

stmt:
  "state" word start {
    $$ = (Stmt){.kind = STMT_STATE, .name = $word, .value = $start, .span = @$, .name_span = @word};
  }
| "param" word per start commas %prec ABSENT {
    $$ = (Stmt){.kind = STMT_PARAM, .name = $word, .per = $per, .value = $start, .settings = $commas,
                .span = @$, .name_span = @word};
  }
| "expect" expr {
    $$ = (Stmt){.kind = STMT_EXPECT, .name = "", .value = $expr, .span = @$, .name_span = @1};
  }
| stmt_name "=" expr {
    $$ = (Stmt){.kind = STMT_ASSIGN, .name = $stmt_name, .value = $expr, .span = @$,
                .name_span = @stmt_name};
  }
| stmt_name "/" word "=" expr {
    parser_say(parse, @$, "equations are steps, not derivatives",
               "in place of `dv/dt = f` write what a step does: `v = v + f * dt`");
    $$ = (Stmt){.kind = STMT_ASSIGN, .name = $stmt_name, .value = $expr, .span = @$,
                .name_span = @stmt_name};
  }
;

start:
  "=" expr                  { $$ = $expr; }
| %empty {
    parser_say(parse, @$, "the value at the start is missing", "as in `state v = 0` or `param w = 1`");
    $$ = expr_number(ARENA, @$, 0, NULL);
  }
;

/* What is said of a parameter behind its value. */
commas:
  %empty                    { $$ = (Args){0}; }
| commas "," arg            { $$ = $1; vec_push(ARENA, &$$, $arg); }
;

per:
  %empty %prec ABSENT       { $$ = NULL; }
| "per" word                { $$ = expr_name(ARENA, @word, $word); }
| "per" "[" args "]"        { $$ = expr_list(ARENA, @$, $args); }
;

/* ---- the model ---- */

let:
  "let" word "=" expr       { $$ = item_named(ARENA, ITEM_LET, @$, $word, @word, $expr); }
;

model:
  "model" word open items "}"   { parser_add_model(parse, $word, @word, $items); }
| "model" error "{" items "}"   { parser_add_model(parse, "?", @error, $items); }
;

items:
  %empty                    { $$ = (Items){0}; }
| items item                { $$ = $1; vec_push(ARENA, &$$, $item); }
| items skipped             { $$ = $1; }
| items ","                 { $$ = $1; parser_separator(parse, @2); }
| items error               { $$ = $1; RESUME; }
;

item:
  "data" noise stage        { $$ = item_new(ARENA, ITEM_DATA, @$, $stage); }
| "time" noise expr "steps" step_time {
    $$ = item_new(ARENA, ITEM_TIME, @$, $expr);
    $$->extra = $step_time;
  }
| let
| definition                { $$ = parser_definition(parse, $definition); }
| item_name "=" expr        { $$ = item_named(ARENA, ITEM_BIND, @$, $item_name, @item_name, $expr); }
| "predict" expr            { $$ = item_new(ARENA, ITEM_PREDICT, @$, $expr); }
| "predict" sign expr       { $$ = item_new(ARENA, ITEM_PREDICT, @$, $expr); }
| "predict" word "=" expr   { $$ = item_named(ARENA, ITEM_PREDICT, @$, $word, @word, $expr); }
| "metric" word "=" expr    { $$ = item_named(ARENA, ITEM_METRIC, @$, $word, @word, $expr); }
| "train" open settings "}" {
    $$ = item_new(ARENA, ITEM_TRAIN, @$, NULL);
    $$->settings = $settings;
  }
;

step_time:
  %empty                    { $$ = NULL; }
| "of" expr                 { $$ = $expr; }
;

settings:
  %empty                    { $$ = (Settings){0}; }
| settings word expr {
    $$ = $1;
    Setting setting = {.name = $word, .value = $expr, .name_span = @word};
    vec_push(ARENA, &$$, setting);
  }
| settings word joint expr {
    $$ = $1;
    Setting setting = {.name = $word, .value = $expr, .name_span = @word, .joint = @joint};
    vec_push(ARENA, &$$, setting);
  }
| settings word word[part] "=" expr {
    $$ = $1;
    Setting setting = {.name = $2, .part = $part, .value = $expr, .name_span = @2, .part_span = @part};
    vec_push(ARENA, &$$, setting);
  }
| settings skipped          { $$ = $1; }
| settings ","              { $$ = $1; parser_separator(parse, @2); }
| settings error            { $$ = $1; RESUME; }
;

/* A mistake that is reported where it is known whether there is such a setting. */
joint:
  "="
| ":"
;

/* ---- expressions ---- */

expr:
  value
| expr "->" stage           { $$ = parser_checked(parse, expr_chain(ARENA, @$, $1, $stage)); }
;

stage:
  word                      { $$ = expr_name(ARENA, @$, $word); }
| word "(" args ")"         { $$ = parser_checked(parse, expr_call(ARENA, @$, $word, @word, $args)); }
;

value:
  primary
| value "or" value          { $$ = BINARY(@$, OR, $1, $3); }
| value "and" value         { $$ = BINARY(@$, AND, $1, $3); }
| value "==" value          { $$ = BINARY(@$, EQ, $1, $3); }
| value "!=" value          { $$ = BINARY(@$, NE, $1, $3); }
| value "<" value           { $$ = BINARY(@$, LT, $1, $3); }
| value "<=" value          { $$ = BINARY(@$, LE, $1, $3); }
| value ">" value           { $$ = BINARY(@$, GT, $1, $3); }
| value ">=" value          { $$ = BINARY(@$, GE, $1, $3); }
| value "+" value           { $$ = BINARY(@$, ADD, $1, $3); }
| value "-" value           { $$ = BINARY(@$, SUBTRACT, $1, $3); }
| value "*" value           { $$ = BINARY(@$, MULTIPLY, $1, $3); }
| value "/" value           { $$ = BINARY(@$, DIVIDE, $1, $3); }
| value "^" value           { $$ = BINARY(@$, POWER, $1, $3); }
| "not" value               { $$ = UNARY(@$, NOT, $2); }
| "-" value %prec NEGATE    { $$ = UNARY(@$, NEGATE, $2); }
;

primary:
  "number"                  { $$ = expr_number(ARENA, @$, $1.value, $1.unit); }
| "string"                  { $$ = expr_string(ARENA, @$, $1); }
| stage
| word "[" value ":" value "]" {
    $$ = parser_checked(parse, parser_slice(parse, @$, expr_name(ARENA, @word, $word), $3, $5));
  }
| word "[" value "]"        { $$ = parser_past(parse, @$, expr_name(ARENA, @word, $word), $3); }
| "(" expr ")"              { $$ = $expr; }
| "[" args "]"              { $$ = parser_checked(parse, expr_list(ARENA, @$, $args)); }
;

args:
  %empty                    { $$ = (Args){0}; }
| arg_list
| arg_list ","
;

arg_list:
  arg                       { $$ = (Args){0}; vec_push(ARENA, &$$, $arg); }
| arg_list "," arg          { $$ = $1; vec_push(ARENA, &$$, $arg); }
;

arg:
  expr                      { $$ = (Arg){.value = $expr, .span = @$}; }
| word "=" expr             { $$ = (Arg){.name = $word, .value = $expr, .span = @$}; }
;

/* ---- names, and which words of the language may be one where ---- */

word:      NAME | definer | opener | "state" | "param" | "expect" | "per" | "steps" ;
item_name: NAME | "state" | "param" | "expect" | "per" | "steps" | "memory" | "metric" ;
stmt_name: NAME | opener | "per" | "steps" ;
definer:   "neuron" | "surrogate" | "optimizer" | "initializer" | "schedule" | "block" | "memory" | "let" | "model" ;
opener:    "data" | "time" | "predict" | "metric" | "train" | "of" ;

%%

/* ---- syntax errors ---- */

/* Bison calls this only when its stack is full. */
static void grammar_error(const Span *location, Parse *parse, const char *message)
{
    (void)message;
    parser_too_deep(parse, *location);
}

static void drop(bool expected[], int first, int last)
{
    for (int i = first; i <= last; i++)
        expected[i] = false;
}

/* What the grammar takes only to report it. */
static void drop_mistakes(bool expected[])
{
    if (expected[YYSYMBOL_COLON])
        expected[YYSYMBOL_ASSIGN] = expected[YYSYMBOL_COLON] = false;
    if (expected[YYSYMBOL_RBRACE] || expected[YYSYMBOL_YYEOF])
        expected[YYSYMBOL_LBRACE] = false;
    if (!expected[YYSYMBOL_RPAREN] && !expected[YYSYMBOL_RBRACKET])
        expected[YYSYMBOL_COMMA] = false;
    if (expected[YYSYMBOL_ASSIGN] && !expected[YYSYMBOL_NUMBER] && !expected[YYSYMBOL_PLUS])
        expected[YYSYMBOL_DIVIDE] = false;
}

/* Tokens that mean one thing to the reader are named once: all that can start an expression are "an
 * expression". Gives the number of phrases. */
static int expected_phrases(bool expected[], const char *phrases[])
{
    const char *classes[4];
    int count = 0, class_count = 0;
    drop_mistakes(expected);
    if (expected[YYSYMBOL_NAME])
        drop(expected, YYSYMBOL_NEURON, YYSYMBOL_STEPS);
    if (expected[YYSYMBOL_NUMBER] && expected[YYSYMBOL_LPAREN]) {
        classes[class_count++] = "an expression";
        drop(expected, YYSYMBOL_NAME, YYSYMBOL_NUMBER);
        expected[YYSYMBOL_LPAREN] = expected[YYSYMBOL_LBRACKET] = false;
        expected[YYSYMBOL_NOT] = expected[YYSYMBOL_MINUS] = false;
    }
    if (expected[YYSYMBOL_NAME]) {
        classes[class_count++] = "a name";
        expected[YYSYMBOL_NAME] = false;
    }
    if (expected[YYSYMBOL_NEURON] && expected[YYSYMBOL_BLOCK]) {
        classes[class_count++] = "a definition";
        drop(expected, YYSYMBOL_NEURON, YYSYMBOL_BLOCK);
    }
    if (expected[YYSYMBOL_PLUS]) {
        classes[class_count++] = "an operator";
        drop(expected, YYSYMBOL_OR, YYSYMBOL_POWER);
        expected[YYSYMBOL_ARROW] = expected[YYSYMBOL_LPAREN] = expected[YYSYMBOL_LBRACKET] = false;
    }
    for (int i = 0; i < YYNTOKENS; i++) {
        if (expected[i] && i != YYSYMBOL_YYEOF && i != YYSYMBOL_YYerror)
            phrases[count++] = yysymbol_name((yysymbol_kind_t)i);
    }
    for (int i = 0; i < class_count; i++)
        phrases[count++] = classes[i];
    return count;
}

static int yyreport_syntax_error(const yypcontext_t *context, Parse *parse)
{
    Lexer *lexer = &parse->lexer;
    const Token *token = &lexer->behind[0];
    /* What was made up was reported, and may not have been what was meant. */
    bool known = token->made_up || lexer->behind[1].made_up || lexer->error_at == lexer->tokens
                 || token->mistake != NULL || (token->sign != 0 && token->kind != TOK_COLON);
    lexer->damaged = true;
    lexer->error_at = lexer->tokens;
    lexer->skipping = !token->boundary;
    yysymbol_kind_t kinds[YYNTOKENS];
    int kind_count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    if (known || kind_count < 0)
        return kind_count < 0 ? kind_count : 0;
    bool can[YYNTOKENS] = {false};
    for (int i = 0; i < kind_count; i++)
        can[kinds[i]] = true;
    Expected expected = {.name = can[YYSYMBOL_NAME],
                         .assign = can[YYSYMBOL_ASSIGN] && !can[YYSYMBOL_NAME] && !can[YYSYMBOL_LPAREN],
                         .operand = can[YYSYMBOL_NUMBER],
                         .minus = can[YYSYMBOL_MINUS],
                         .steps = can[YYSYMBOL_STEPS],
                         .brace = can[YYSYMBOL_LBRACE] && can[YYSYMBOL_COLON],
                         .parenthesis = can[YYSYMBOL_LPAREN],
                         .comma = can[YYSYMBOL_COMMA],
                         .arrow = can[YYSYMBOL_ARROW],
                         .closer = can[YYSYMBOL_RPAREN] || can[YYSYMBOL_RBRACKET],
                         .model = can[YYSYMBOL_MODEL]};
    const char *phrases[YYNTOKENS + 4];
    int count = expected_phrases(can, phrases);
    expected.text = parser_join(parse->arena, phrases, count);
    report_unexpected(lexer, &expected);
    return 0;
}

static Parse parse_text(Arena *arena, const Source *source, Diag *diag, int start)
{
    Parse parse = {.arena = arena, .diag = diag, .file = NEW(arena, File)};
    parse.lexer = (Lexer){.arena = arena, .diag = diag, .source = source, .offset = source->base,
                          .line = source->base, .at_line_start = true, .start = start};
    parse.lexer.behind[0].span = (Span){source->base, source->base};
    if (grammar_lex_init_extra(&parse.lexer, &parse.lexer.scanner) != 0
        || grammar__scan_bytes(source->text, (int)source->length, parse.lexer.scanner) == NULL) {
        fprintf(stderr, "snnc: out of memory\n");
        exit(EXIT_FAILURE);
    }
    grammar_parse(&parse);
    lexer_finish(&parse.lexer);
    grammar_lex_destroy(parse.lexer.scanner);
    parse.file->damaged = parse.lexer.damaged;
    return parse;
}

File *parse_source(Arena *arena, const Source *source, Diag *diag)
{
    return parse_text(arena, source, diag, TOK_START_FILE).file;
}

Item *parse_define(Arena *arena, const Source *source, Diag *diag)
{
    return parse_text(arena, source, diag, TOK_START_DEFINE).define;
}
