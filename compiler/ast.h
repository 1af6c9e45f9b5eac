/* What the user wrote: spans and names (interned), nothing decided. Built by the parser through the constructors
 * below, printed by ast_print (in the same language: the print parses back to the same tree). */
#ifndef SNNC_AST_H
#define SNNC_AST_H

#include "out.h"
#include "source.h"

typedef struct Expr Expr;

typedef enum ExprKind {
    EXPR_NUMBER, /* number, unit      10.05 ms */
    EXPR_STRING, /* name              "folder" (without quotes) */
    EXPR_NAME,   /* name              hidden */
    EXPR_CALL,   /* name, args        lif(tau = 2, detach_reset) */
    EXPR_LIST,   /* args                 [28, 28], [freq = 40, c = 3] */
    EXPR_UNARY,  /* op, left          -x */
    EXPR_BINARY, /* op, left, right   a + b */
    EXPR_CHAIN,  /* left, right       input -> dense(10): right is a CALL or a NAME */
    EXPR_PAST    /* left, right       h[-1], h[-2 * lag]: left is a NAME, right is the index */
} ExprKind;

typedef enum Operator {
#define OPERATOR(id, text, precedence) OPERATOR_##id,
#include "operators.def"
#undef OPERATOR
    OPERATOR_COUNT
} Operator;

/* One argument of a call: `2`, `tau = 2`, or a flag, `detach_reset` (a positional NAME). */
typedef struct Arg {
    const char *name; /* NULL if positional */
    Expr *value;
    Span span;
} Arg;

typedef VEC(Arg) Args;

/* Deeper trees are refused by the parser, so that whoever walks a tree may recurse. */
enum { EXPR_DEPTH_LIMIT = 1000 };

struct Expr {
    ExprKind kind;
    Span span;
    int depth; /* 1 for a leaf, else 1 + the deepest part */
    double number;
    const char *unit; /* "ms", "s", "us", "Hz", "kHz", "mV", "V" or NULL */
    const char *name;
    Span name_span; /* of the callee's name in a CALL */
    Operator op;
    Expr *left, *right;
    Args args;
};

/* A parameter of a neuron, block or another definition: `tau = 2`. */
typedef struct Formal {
    const char *name;
    Expr *value; /* the default, NULL if the argument is required */
    Span span;   /* of the name */
} Formal;

typedef VEC(Formal) Formals;

typedef enum StmtKind {
    STMT_STATE,  /* state v = e */
    STMT_PARAM,  /* param w = e              one a layer */
                 /* param w per neuron = e   one a neuron: `per` is a name */
                 /* param w per [y, x] = e   one for each place along these axes */
                 /* param w = e, frozen      with settings */
    STMT_EXPECT, /* expect e: name is "" */
    STMT_ASSIGN  /* v = e */
} StmtKind;

typedef struct Stmt {
    StmtKind kind;
    const char *name;
    Expr *per;     /* NULL: none */
    Args settings; /* of a PARAM: `clamp = [0, 1]` */
    Expr *value;
    Span span, name_span;
} Stmt;

typedef VEC(Stmt) Stmts;

/* neuron, surrogate, optimizer, initializer and memory definitions have one form: parameters and equations; schedules another:
 * parameters and an expression; blocks either. */
typedef enum DefKind {
    DEF_NEURON,
    DEF_SURROGATE,
    DEF_OPTIMIZER,
    DEF_INITIALIZER,
    DEF_BLOCK,
    DEF_SCHEDULE,
    DEF_MEMORY
} DefKind;

typedef struct Def {
    DefKind kind;
    const char *name;
    Formals formals;
    Stmts body;  /* all but SCHEDULE */
    Expr *value; /* BLOCK, SCHEDULE: the expression; NULL: there are equations */
    Span span, name_span;
} Def;

typedef enum ItemKind {
    ITEM_DATA,    /* value: a NAME or a CALL      data idx(classes = 10) */
    ITEM_TIME,    /* value: steps, extra: dt or NULL   time 25 steps of 1 ms */
    ITEM_LET,     /* name, value                  let width = 800 */
    ITEM_BIND,    /* name, value                  hidden = input -> dense(800) */
    ITEM_PREDICT, /* value; name or NULL          predict digit = argmax(rate(out)) */
    ITEM_METRIC,  /* name, value                  metric error = mae(out, target) */
    ITEM_TRAIN,   /* settings */
    ITEM_DEF      /* def: a block or a schedule inside the model */
} ItemKind;

/* One line of a train block: `batch 128`. */
typedef struct Setting {
    const char *name, *part; /* part: of `loss part = ...`, or NULL */
    Expr *value;
    Span name_span, part_span;
    Span joint; /* a sign between both, where none belongs; else empty */
} Setting;

typedef VEC(Setting) Settings;

typedef struct Item {
    ItemKind kind;
    const char *name;
    Expr *value, *extra;
    Settings settings;
    Def *def;
    Span span, name_span;
} Item;

typedef VEC(Item *) Items;

typedef struct Model {
    const char *name;
    Span name_span;
    Items items; /* in source order */
} Model;

/* A whole file: definitions, constants and at most one model (the standard library has none). */
typedef struct File {
    VEC(Def *) defs;
    Items lets;
    Model *model;
    bool damaged; /* parts are missing: reported */
} File;

const char *operator_text(Operator op);
int operator_precedence(Operator op);

Expr *expr_number(Arena *arena, Span span, double number, const char *unit);
Expr *expr_string(Arena *arena, Span span, const char *text);
Expr *expr_name(Arena *arena, Span span, const char *name);
Expr *expr_call(Arena *arena, Span span, const char *name, Span name_span, Args args);
Expr *expr_list(Arena *arena, Span span, Args args);
Expr *expr_unary(Arena *arena, Span span, Operator op, Expr *operand);
Expr *expr_binary(Arena *arena, Span span, Operator op, Expr *left, Expr *right);
Expr *expr_chain(Arena *arena, Span span, Expr *stream, Expr *stage);
Expr *expr_past(Arena *arena, Span span, Expr *stream, Expr *index);

Item *item_new(Arena *arena, ItemKind kind, Span span, Expr *value);
Item *item_named(Arena *arena, ItemKind kind, Span span, const char *name, Span name_span, Expr *value);
Def *def_new(Arena *arena, DefKind kind, const char *name, Span name_span, Formals formals);
const char *def_kind_text(DefKind kind); /* the word that starts it: "neuron" */

/* The file's lets, definitions and model, in this order. Comments are not kept. */
void ast_print(Out *out, const File *file);
/* One expression, as it would be written; for comments in generated code and for messages. */
const char *ast_expr_text(Arena *arena, const Expr *expr);

#endif
