/* The tree in the language it was written in. Parentheses stand only where the grammar needs them. */
#include "ast.h"
#include "literal.h"

#include <string.h>

/* An expression is printed with the least precedence that its place allows without parentheses. */
enum {
    ANY = 1, /* the chain binds loosest */
    PRIMARY = 10
};

static void print_expr(Out *out, const Expr *expr, int least);

static void text(Out *out, const char *words)
{
    out_raw(out, words, strlen(words));
}

static void print_number(Out *out, const Expr *expr)
{
    char digits[LITERAL_SIZE];
    text(out, literal_number(digits, expr->number));
    if (expr->unit != NULL) {
        text(out, " ");
        text(out, expr->unit);
    }
}

static void print_args(Out *out, Args args)
{
    for (int i = 0; i < args.count; i++) {
        text(out, i > 0 ? ", " : "");
        if (args.at[i].name != NULL) {
            text(out, args.at[i].name);
            text(out, " = ");
        }
        print_expr(out, args.at[i].value, ANY);
    }
}

static void print_unary(Out *out, const Expr *expr)
{
    text(out, operator_text(expr->op));
    text(out, expr->op == OPERATOR_NOT ? " " : "");
    print_expr(out, expr->left, operator_precedence(expr->op));
}

/* Comparisons do not associate; `^` does to the right, all others to the left. */
static void print_binary(Out *out, const Expr *expr)
{
    int own = operator_precedence(expr->op);
    bool comparison = expr->op >= OPERATOR_EQ && expr->op <= OPERATOR_GE;
    bool right = expr->op == OPERATOR_POWER;
    print_expr(out, expr->left, comparison || right ? own + 1 : own);
    text(out, right ? "" : " ");
    text(out, operator_text(expr->op));
    text(out, right ? "" : " ");
    print_expr(out, expr->right, right ? own : own + 1);
}

static int precedence(const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_CHAIN: return ANY;
    case EXPR_UNARY:
    case EXPR_BINARY: return operator_precedence(expr->op);
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_NAME:
    case EXPR_CALL:
    case EXPR_LIST:
    case EXPR_PAST: break;
    }
    return PRIMARY;
}

static void print_bare(Out *out, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER: print_number(out, expr); break;
    case EXPR_STRING:
        text(out, "\"");
        text(out, expr->name);
        text(out, "\"");
        break;
    case EXPR_NAME: text(out, expr->name); break;
    case EXPR_CALL:
        text(out, expr->name);
        text(out, "(");
        print_args(out, expr->args);
        text(out, ")");
        break;
    case EXPR_LIST:
        text(out, "[");
        print_args(out, expr->args);
        text(out, "]");
        break;
    case EXPR_UNARY: print_unary(out, expr); break;
    case EXPR_BINARY: print_binary(out, expr); break;
    case EXPR_CHAIN:
        print_expr(out, expr->left, ANY);
        text(out, " -> ");
        print_expr(out, expr->right, PRIMARY);
        break;
    case EXPR_PAST:
        print_expr(out, expr->left, PRIMARY);
        text(out, "[");
        print_expr(out, expr->right, ANY);
        text(out, "]");
        break;
    }
}

static void print_expr(Out *out, const Expr *expr, int least)
{
    bool parentheses = precedence(expr) < least;
    text(out, parentheses ? "(" : "");
    print_bare(out, expr);
    text(out, parentheses ? ")" : "");
}

const char *ast_expr_text(Arena *arena, const Expr *expr)
{
    Out *out = out_new(arena);
    print_expr(out, expr, ANY);
    return out_text(out);
}

/* Scratch for the texts of the expressions in one printed file. */
typedef struct Printer {
    Out *out;
    Arena *arena;
} Printer;

static const char *expr_text(Printer *printer, const Expr *expr)
{
    return ast_expr_text(printer->arena, expr);
}

static const char *formals_text(Printer *printer, Formals formals)
{
    Out *line = out_new(printer->arena);
    for (int i = 0; i < formals.count; i++) {
        text(line, i > 0 ? ", " : "");
        text(line, formals.at[i].name);
        if (formals.at[i].value != NULL) {
            text(line, " = ");
            print_expr(line, formals.at[i].value, ANY);
        }
    }
    return out_text(line);
}

/* ", clamp = [0, 1]" */
static const char *settings_text(Printer *printer, Args settings)
{
    Out *line = out_new(printer->arena);
    text(line, settings.count > 0 ? ", " : "");
    print_args(line, settings);
    return out_text(line);
}

static void print_stmt(Printer *printer, const Stmt *stmt)
{
    const char *value = expr_text(printer, stmt->value);
    switch (stmt->kind) {
    case STMT_STATE: out_line(printer->out, "state %s = %s", stmt->name, value); break;
    case STMT_PARAM:
        out_line(printer->out, "param %s%s%s = %s%s", stmt->name, stmt->per ? " per " : "",
                 stmt->per ? expr_text(printer, stmt->per) : "", value,
                 settings_text(printer, stmt->settings));
        break;
    case STMT_EXPECT: out_line(printer->out, "expect %s", value); break;
    case STMT_ASSIGN: out_line(printer->out, "%s = %s", stmt->name, value); break;
    }
}

static void print_def(Printer *printer, const Def *def)
{
    const char *word = def_kind_text(def->kind), *formals = formals_text(printer, def->formals);
    if (def->value) {
        bool bare = def->kind == DEF_SCHEDULE && def->formals.count == 0;
        out_line(printer->out, bare ? "%s %s%s = %s" : "%s %s(%s) = %s", word, def->name, formals,
                 expr_text(printer, def->value));
        return;
    }
    out_open(printer->out, "%s %s(%s)", word, def->name, formals);
    for (int i = 0; i < def->body.count; i++)
        print_stmt(printer, &def->body.at[i]);
    out_close(printer->out, "");
}

static void print_train(Printer *printer, Settings settings)
{
    out_open(printer->out, "train");
    for (int i = 0; i < settings.count; i++)
        out_line(printer->out, "%s %s%s%s", settings.at[i].name,
                 settings.at[i].part == NULL ? "" : settings.at[i].part,
                 settings.at[i].part == NULL ? "" : " = ", expr_text(printer, settings.at[i].value));
    out_close(printer->out, "");
}

static void print_item(Printer *printer, const Item *item)
{
    const char *value = item->value == NULL ? "" : expr_text(printer, item->value);
    switch (item->kind) {
    case ITEM_DATA: out_line(printer->out, "data %s", value); break;
    case ITEM_TIME:
        out_line(printer->out, "time %s steps%s%s", value, item->extra == NULL ? "" : " of ",
                 item->extra == NULL ? "" : expr_text(printer, item->extra));
        break;
    case ITEM_LET: out_line(printer->out, "let %s = %s", item->name, value); break;
    case ITEM_BIND: out_line(printer->out, "%s = %s", item->name, value); break;
    case ITEM_PREDICT:
        out_line(printer->out, "predict %s%s%s", item->name == NULL ? "" : item->name,
                 item->name == NULL ? "" : " = ", value);
        break;
    case ITEM_METRIC: out_line(printer->out, "metric %s = %s", item->name, value); break;
    case ITEM_TRAIN: print_train(printer, item->settings); break;
    case ITEM_DEF: print_def(printer, item->def); break;
    }
}

void ast_print(Out *out, const File *file)
{
    Printer printer = {out, arena_new()};
    for (int i = 0; i < file->lets.count; i++)
        print_item(&printer, file->lets.at[i]);
    for (int i = 0; i < file->defs.count; i++) {
        out_blank(out);
        print_def(&printer, file->defs.at[i]);
    }
    if (file->model != NULL) {
        out_blank(out);
        out_open(out, "model %s", file->model->name);
        for (int i = 0; i < file->model->items.count; i++)
            print_item(&printer, file->model->items.at[i]);
        out_close(out, "");
    }
    arena_free(printer.arena);
}
