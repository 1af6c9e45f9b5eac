#include "ast.h"

typedef struct OperatorInfo {
    const char *text;
    int precedence;
} OperatorInfo;

static const OperatorInfo operators[OPERATOR_COUNT] = {
#define OPERATOR(id, text, precedence) [OPERATOR_##id] = {text, precedence},
#include "operators.def"
#undef OPERATOR
};

static const char *const def_words[] = {
    [DEF_NEURON] = "neuron",           [DEF_SURROGATE] = "surrogate", [DEF_OPTIMIZER] = "optimizer",
    [DEF_INITIALIZER] = "initializer", [DEF_BLOCK] = "block",         [DEF_SCHEDULE] = "schedule",
    [DEF_MEMORY] = "memory",
};

const char *operator_text(Operator op)
{
    return operators[op].text;
}

int operator_precedence(Operator op)
{
    return operators[op].precedence;
}

const char *def_kind_text(DefKind kind)
{
    return def_words[kind];
}

static Expr *expr_new(Arena *arena, ExprKind kind, Span span)
{
    Expr *expr = NEW(arena, Expr);
    expr->kind = kind;
    expr->span = span;
    expr->depth = 1;
    return expr;
}

static void holds(Expr *expr, const Expr *part)
{
    if (part->depth >= expr->depth)
        expr->depth = part->depth + 1;
}

static Expr *with_args(Expr *expr, Args args)
{
    expr->args = args;
    for (int i = 0; i < args.count; i++)
        holds(expr, args.at[i].value);
    return expr;
}

static Expr *with_operands(Expr *expr, Expr *left, Expr *right)
{
    expr->left = left;
    holds(expr, left);
    if (right != NULL) {
        expr->right = right;
        holds(expr, right);
    }
    return expr;
}

Expr *expr_number(Arena *arena, Span span, double number, const char *unit)
{
    Expr *expr = expr_new(arena, EXPR_NUMBER, span);
    expr->number = number;
    expr->unit = unit;
    return expr;
}

Expr *expr_string(Arena *arena, Span span, const char *text)
{
    Expr *expr = expr_new(arena, EXPR_STRING, span);
    expr->name = text;
    return expr;
}

Expr *expr_name(Arena *arena, Span span, const char *name)
{
    Expr *expr = expr_new(arena, EXPR_NAME, span);
    expr->name = name;
    expr->name_span = span;
    return expr;
}

Expr *expr_call(Arena *arena, Span span, const char *name, Span name_span, Args args)
{
    Expr *expr = expr_new(arena, EXPR_CALL, span);
    expr->name = name;
    expr->name_span = name_span;
    return with_args(expr, args);
}

Expr *expr_list(Arena *arena, Span span, Args args)
{
    return with_args(expr_new(arena, EXPR_LIST, span), args);
}

Expr *expr_unary(Arena *arena, Span span, Operator op, Expr *operand)
{
    Expr *expr = expr_new(arena, EXPR_UNARY, span);
    expr->op = op;
    return with_operands(expr, operand, NULL);
}

Expr *expr_binary(Arena *arena, Span span, Operator op, Expr *left, Expr *right)
{
    Expr *expr = expr_new(arena, EXPR_BINARY, span);
    expr->op = op;
    return with_operands(expr, left, right);
}

Expr *expr_chain(Arena *arena, Span span, Expr *stream, Expr *stage)
{
    return with_operands(expr_new(arena, EXPR_CHAIN, span), stream, stage);
}

Expr *expr_past(Arena *arena, Span span, Expr *stream, Expr *index)
{
    return with_operands(expr_new(arena, EXPR_PAST, span), stream, index);
}

Item *item_named(Arena *arena, ItemKind kind, Span span, const char *name, Span name_span, Expr *value)
{
    Item *item = NEW(arena, Item);
    item->kind = kind;
    item->span = span;
    item->name = name;
    item->name_span = name_span;
    item->value = value;
    return item;
}

Item *item_new(Arena *arena, ItemKind kind, Span span, Expr *value)
{
    return item_named(arena, kind, span, NULL, (Span){0}, value);
}

Def *def_new(Arena *arena, DefKind kind, const char *name, Span name_span, Formals formals)
{
    Def *def = NEW(arena, Def);
    def->kind = kind;
    def->name = name;
    def->name_span = name_span;
    def->formals = formals;
    return def;
}
