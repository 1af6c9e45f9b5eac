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

/* What the label says, or the target, or a formula of it. */
static bool is_answer(Build *b, StreamId id)
{
    const Stream *stream = stream_at(b, id);
    if (id == b->label || id == b->target)
        return true;
    const Node *node = stream->node == NONE ? NULL : &b->net->nodes.at[stream->node];
    bool found = false;
    if (!node || node->kind != NODE_SCAN || b->depth >= MAX_NESTING)
        return false;
    b->depth++;
    for (int i = 0; i < node->ins.count && !found; i++)
        found = is_answer(b, node->ins.at[i]);
    b->depth--;
    return found;
}

void check_answer(Build *b, const Call *call, const Scope *frame)
{
    const Entry *x = frame->entries.count > 1 ? frame->entries.at[0] : NULL;
    const Entry *target = scope_own(frame, name_target);
    if (!x || !target || target == x || x->value.kind != VALUE_STREAM || target->value.kind != VALUE_STREAM)
        return;
    const bool *learned = streams_behind_params(b->net);
    if (learned[x->value.stream] || !learned[target->value.stream] || !is_answer(b, x->value.stream))
        return;
    const char *answer = ast_expr_text(b->arena, x->expr);
    report(b, RULE_LOSS, x->expr->span, "`%s` is what the network should say, the second argument of `%s`",
           answer, call->name);
    report_hint(b, "write `%s(%s, %s)`", call->name, ast_expr_text(b->arena, target->expr), answer);
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
