/* What definitions expect of their arguments: of constants at once, of schedules epoch by epoch. */
#include "build.h"

#include <math.h>

/* The first argument that an expression names, or NULL. */
static const Entry *named_argument(const Scope *frame, const Expr *expr)
{
    if (!expr)
        return NULL;
    const Entry *entry = expr->kind == EXPR_NAME ? scope_own(frame, expr->name) : NULL;
    if (entry && entry->kind == ENTRY_FORMAL && entry->given)
        return entry;
    entry = named_argument(frame, expr->left);
    entry = entry ? entry : named_argument(frame, expr->right);
    for (int i = 0; !entry && i < expr->args.count; i++)
        entry = named_argument(frame, expr->args.at[i].value);
    return entry;
}

/* Whether an argument that an expression names is drawn: it is another one for each unit. */
static bool is_drawn(const Scope *frame, const Expr *expr)
{
    if (!expr)
        return false;
    const Entry *entry = expr->kind == EXPR_NAME ? scope_own(frame, expr->name) : NULL;
    bool drawn = entry && entry->kind == ENTRY_FORMAL && entry->given && entry->value.kind == VALUE_BODY;
    for (int i = 0; i < expr->args.count; i++)
        drawn = drawn || is_drawn(frame, expr->args.at[i].value);
    return drawn || is_drawn(frame, expr->left) || is_drawn(frame, expr->right);
}

/* ---- of constants ---- */

/* The number that a name of the definition has, or NULL. */
static const Entry *known(const Scope *frame, const Expr *expr)
{
    const Entry *entry = expr && expr->kind == EXPR_NAME ? scope_own(frame, expr->name) : NULL;
    return entry && entry->value.kind == VALUE_NUMBER ? entry : NULL;
}

/* `width >= narrowest` is `width >= narrowest`, which is 1: the limit, where it has a name. */
static const Entry *limit_of(const Scope *frame, const Stmt *expect)
{
    const Expr *expr = expect->value;
    bool ordered = expr->kind == EXPR_BINARY
                   && (expr->op == OPERATOR_LE || expr->op == OPERATOR_GE || expr->op == OPERATOR_LT
                       || expr->op == OPERATOR_GT);
    const Entry *limit = ordered ? known(frame, expr->right) : NULL;
    return limit && limit != named_argument(frame, expr) ? limit : NULL;
}

static const char *expectation(Build *b, const Scope *frame, const Def *def, const Stmt *expect)
{
    const char *text =
        arena_printf(b->arena, "`%s` expects `%s`", def->name, ast_expr_text(b->arena, expect->value));
    const Entry *limit = limit_of(frame, expect);
    return limit ? arena_printf(b->arena, "%s, which is %s", text,
                                quantity_text(b, limit->value.number, limit->value.unit))
                 : text;
}

/* What to write for an argument that is beyond a limit that has a name, if it may be that. */
static void hint_limit(Build *b, const Scope *frame, const Stmt *expect)
{
    const Expr *expr = expect->value;
    const Entry *limit = limit_of(frame, expect);
    bool least = expr->op == OPERATOR_GE;
    if (!limit || expr->left->kind != EXPR_NAME || (!least && expr->op != OPERATOR_LE))
        return;
    report_hint(b, "write `%s = %s` or %s", expr->left->name,
                quantity_text(b, limit->value.number, limit->value.unit), least ? "more" : "less");
}

/* "`tau` is 0.5, and `lif` expects `tau >= 1`" */
static const char *unmet(Build *b, const Scope *frame, const Def *def, const Stmt *expect)
{
    const char *text = expectation(b, frame, def, expect);
    const Entry *argument = named_argument(frame, expect->value);
    const Entry *number = argument ? argument : known(frame, expect->value->left);
    if (!number || number->value.kind != VALUE_NUMBER)
        return text;
    return arena_printf(b->arena, "`%s` is %s%s, and %s", number->name,
                        quantity_text(b, number->value.number, number->value.unit),
                        argument || number->equation ? "" : " by default", text);
}

/* At the argument, if one is to blame. A block cannot be used so: a mistake. */
static void tell_expected(Build *b, const Scope *frame, const Def *def, const Stmt *expect)
{
    const char *text = unmet(b, frame, def, expect);
    const Entry *argument = named_argument(frame, expect->value);
    Span span = argument ? argument->expr->span : expect->span;
    if (def->kind == DEF_BLOCK)
        report(b, RULE_RANGE, span, "%s", text);
    else
        warn(b, RULE_UNLIKELY, span, "%s", text);
    hint_limit(b, frame, expect);
}

/* Not of values that change: those are there only when the network runs. */
void run_expect(Context *c, Scope *frame, const Def *def, const Stmt *stmt)
{
    Build *b = c->build;
    Value value = eval(c, frame, stmt->value);
    if (is_drawn(frame, stmt->value))
        return;
    if (value.kind == VALUE_BODY) {
        report(b, RULE_CONSTANT, stmt->value->span, "what is expected must be known before the network runs");
        report_hint(b, "compare parameters and constants, as in `expect tau >= 1`");
        return;
    }
    if (!check_truth(b, value, stmt->value->span, "expect"))
        return;
    Expected later = {frame, def, stmt, value.val};
    if (value.kind == VALUE_SCALAR && !c->scratch)
        vec_push(b->arena, &b->expected, later);
    else if (value.kind == VALUE_FLAG && !value.flag)
        tell_expected(b, frame, def, stmt);
}

void hint_expected(Context *c, Scope *frame, const Def *def)
{
    Build *b = c->build;
    Context constant = context_constant(b);
    if (diag_is_full(b->diag) || b->diag->errors == b->explained)
        return;
    for (int i = 0; i < def->body.count; i++) {
        const Stmt *stmt = &def->body.at[i];
        if (stmt->kind != STMT_EXPECT || !named_argument(frame, stmt->value))
            continue;
        b->mute++;
        Value value = eval(&constant, frame, stmt->value);
        b->mute--;
        if (value.kind != VALUE_FLAG || value.flag)
            continue;
        diag_hint(b->diag, "%s", unmet(b, frame, def, stmt));
        b->explained = b->diag->errors;
        return;
    }
}

/* ---- of schedules ---- */

/* At the beginning of an epoch; NAN: not known before the data are there. */
static double scalar_at(const Build *b, int scalar, int epoch)
{
    switch (scalar) {
    case SCALAR_LR: return b->net->training.lr;
    case SCALAR_EPOCH: return epoch;
    case SCALAR_EPOCHS: return b->net->training.epochs;
    case SCALAR_BATCH: return 0;
    case SCALAR_TRAINING: return 1;
    default: return NAN;
    }
}

/* Of all equations of schedules up to this one, in an epoch. */
static void schedule_at(const Build *b, Val last, int epoch, double *values)
{
    const Body *body = &b->net->schedule.body;
    for (Val v = 0; v <= last; v++) {
        const Instr *instr = &body->code.at[v];
        double given[3] = {0};
        bool unknown = false;
        for (int k = 0; k < op_value_arity(instr->op); k++) {
            given[k] = values[instr_operand(instr, k)];
            unknown = unknown || isnan(given[k]);
        }
        values[v] = instr->op == OP_CONST    ? instr->number
                    : instr->op == OP_SCALAR ? scalar_at(b, instr->index, epoch)
                    : unknown                ? NAN
                                             : op_eval(instr->op, given[0], given[1], given[2]);
    }
}

/* The limit as it is written beside the argument, which may be a time where the definition has steps. */
static const char *bound_text(Build *b, const Entry *limit, const Entry *argument)
{
    Context c = context_constant(b);
    bool time = unit_equal(eval(&c, argument->scope, argument->expr).unit, unit_time);
    bool steps = time && unit_equal(limit->value.unit, unit_plain);
    return quantity_text(b, limit->value.number * (steps ? b->net->dt : 1),
                         steps ? unit_time : limit->value.unit);
}

static void hint_bounded(Build *b, const Scope *frame, const Stmt *expect, const Entry *argument)
{
    const Expr *expr = expect->value;
    bool least = expr->kind == EXPR_BINARY && expr->op == OPERATOR_GE;
    bool most = expr->kind == EXPR_BINARY && expr->op == OPERATOR_LE;
    if ((!least && !most) || expr->left->kind != EXPR_NAME || expr->left->name != argument->name)
        return;
    const Entry *limit = limit_of(frame, expect);
    const char *bound = limit ? bound_text(b, limit, argument) : ast_expr_text(b->arena, expr->right);
    report_hint(b, "keep it there, as in `%s(%s, %s)`", least ? "max" : "min",
                ast_expr_text(b->arena, argument->expr), bound);
}

/* True if it was told. `values`: room for those of all equations. */
static bool told_at(Build *b, const Expected *expected, int epoch, double *values)
{
    const Entry *argument = named_argument(expected->frame, expected->stmt->value);
    bool shown = argument && argument->value.kind == VALUE_SCALAR;
    Val last = shown && argument->value.val > expected->val ? argument->value.val : expected->val;
    schedule_at(b, last, epoch, values);
    if (values[expected->val] != 0) /* or not known */
        return false;
    const char *is = shown && !isnan(values[argument->value.val])
                         ? arena_printf(b->arena, "`%s` is %.4g", argument->name, values[argument->value.val])
                         : "it is otherwise";
    warn(b, RULE_UNLIKELY, argument ? argument->expr->span : expected->stmt->span,
         "%s where `epoch` is %d, and %s", is, epoch,
         expectation(b, expected->frame, expected->def, expected->stmt));
    if (shown)
        hint_bounded(b, expected->frame, expected->stmt, argument);
    return true;
}

void warn_schedules(Build *b)
{
    enum { LOOKED_AT = 1000 }; /* so many epochs of each, or all */
    double *values = NEW_ARRAY(b->arena, double, b->net->schedule.body.code.count + 1);
    int epochs = b->net->training.epochs, stride = 1 + epochs / LOOKED_AT;
    for (int i = 0; i < b->expected.count; i++)
        for (int epoch = 0; epoch < epochs; epoch += stride)
            if (told_at(b, &b->expected.at[i], epoch, values))
                break;
}
