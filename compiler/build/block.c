/* What a block comes to: an expression, or equations, of which one is its result. */
#include "build.h"

/* An equation of a block is computed where it is read, once, as an argument is. */
static void add_equation(Build *b, Scope *frame, const Stmt *stmt)
{
    if (stmt->kind != STMT_ASSIGN) {
        report(b, RULE_STATEMENT, stmt->span, "a block cannot have a %s",
               stmt->kind == STMT_STATE ? "state" : "learned parameter");
        report_hint(b, "its lines are names and what they stand for, as in `m = mean(x)`");
        return;
    }
    Entry *entry = scope_define(b, frame, ENTRY_FORMAL, stmt->name, stmt->name_span);
    if (!entry)
        return;
    entry->expr = stmt->value;
    entry->scope = frame;
    entry->of_block = true;
    entry->equation = true;
}

const Expr *block_result(Build *b, Scope *frame, const Def *def)
{
    if (def->value)
        return def->value;
    const Stmt *output = assignment(def, name_output);
    for (int i = 0; i < def->body.count; i++)
        if (&def->body.at[i] != output && def->body.at[i].kind != STMT_EXPECT)
            add_equation(b, frame, &def->body.at[i]);
    if (output)
        return output->value;
    report(b, RULE_STATEMENT, def->name_span, "the block `%s` sends nothing out", def->name);
    report_hint(b, "one of its lines is `output = ...`");
    return NULL;
}

bool block_is_expected(Build *b, Scope *frame, const Def *def)
{
    int errors = b->diag->errors;
    Context c = context_constant(b);
    for (int i = 0; i < def->body.count; i++)
        if (def->body.at[i].kind == STMT_EXPECT)
            run_expect(&c, frame, def, &def->body.at[i]);
    return b->diag->errors == errors;
}
