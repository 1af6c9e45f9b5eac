/* Arguments: positional, named and flags, bound to formals without being evaluated. */
#include "build.h"

Formals formals_of(Build *b, const char *const *names_and_defaults)
{
    Formals formals = {0};
    for (const char *const *at = names_and_defaults; *at; at += 2) {
        Formal formal = {.name = at[0]};
        if (at[1])
            formal.value = expr_name(b->arena, (Span){0, 0}, at[1]);
        vec_push(b->arena, &formals, formal);
    }
    return formals;
}

Call call_of(const Def *def, Scope *home, const Expr *stage, Scope *caller)
{
    return (Call){.name = def->name,
                  .span = stage->span,
                  .formals = &def->formals,
                  .args = stage->kind == EXPR_CALL ? &stage->args : NULL,
                  .caller = caller,
                  .home = home,
                  .of_block = def->kind == DEF_BLOCK};
}

static int formal_index(const Formals *formals, const char *name)
{
    for (int i = 0; i < formals->count; i++)
        if (formals->at[i].name == name)
            return i;
    return NONE;
}

static bool is_flag(const Formal *formal)
{
    const Expr *value = formal->value;
    return value && value->kind == EXPR_NAME && (value->name == name_true || value->name == name_false);
}

/* The formal that a bare name switches on, NONE if it is an ordinary argument. */
static int flag_index(const Formals *formals, const Arg *arg)
{
    if (arg->name || arg->value->kind != EXPR_NAME)
        return NONE;
    int index = formal_index(formals, arg->value->name);
    return index != NONE && is_flag(&formals->at[index]) ? index : NONE;
}

static void unknown_argument(Build *b, const Call *call, const Arg *arg)
{
    report(b, RULE_UNKNOWN_ARGUMENT, arg->span, "`%s` has no parameter `%s`", call->name, arg->name);
    Names names = {0};
    for (int i = 0; i < call->formals->count; i++)
        vec_push(b->arena, &names, call->formals->at[i].name);
    hint_known(b, "its parameters", arg->name, &names);
}

/* The stream on the left of a chain, given once more. */
static void hint_first(Build *b, const Call *call)
{
    if (call->first && call->formals->count > 0)
        report_hint(b, "`%s` of `%s` is what stands on the left of `->`", call->formals->at[0].name,
                    call->name);
}

static void too_many(Build *b, const Call *call, const Arg *arg)
{
    int takes = call->formals->count - (call->first ? 1 : 0);
    report(b, RULE_TOO_MANY_ARGUMENTS, arg->span, "`%s` takes %s%d argument%s", call->name,
           takes ? "at most " : "", takes, takes == 1 ? "" : "s");
    if (call->args->at[0].value->kind != EXPR_NUMBER)
        hint_first(b, call);
}

/* `lif(tau == 2)` */
static bool is_comparison(const Call *call, const Arg *arg)
{
    const Expr *value = arg->value;
    return !arg->name && value->kind == EXPR_BINARY && value->op == OPERATOR_EQ
           && value->left->kind == EXPR_NAME && formal_index(call->formals, value->left->name) != NONE
           && !scope_find(call->caller, value->left->name);
}

/* Which formal an argument is for; NONE if that was reported. */
static int find_formal(Build *b, const Call *call, const Arg *arg, int *position)
{
    int flag = flag_index(call->formals, arg);
    if (flag != NONE)
        return flag;
    if (is_comparison(call, arg)) {
        report(b, RULE_UNKNOWN_NAME, arg->span, "an argument is given by `=`, not by `==`");
        return NONE;
    }
    int index = arg->name ? formal_index(call->formals, arg->name) : (*position)++;
    if (index != NONE && index < call->formals->count)
        return index;
    if (arg->name)
        unknown_argument(b, call, arg);
    else if (index == call->formals->count) /* said once, of the first */
        too_many(b, call, arg);
    return NONE;
}

/* False if a mistake was reported. */
static bool bind_one(Build *b, const Call *call, Scope *frame, const Arg *arg, int *position)
{
    int index = find_formal(b, call, arg, position);
    if (index == NONE)
        return false;
    Entry *entry = frame->entries.at[index];
    if (entry->given) {
        report(b, RULE_DUPLICATE_ARGUMENT, arg->span, "`%s` has a value already", entry->name);
        if (!arg->name)
            report_hint(b, "without a name, it is argument %d; a decimal point is a `.`",
                        index + (call->first ? 0 : 1));
        else if (index == 0)
            hint_first(b, call);
        return false;
    }
    bool flag = flag_index(call->formals, arg) != NONE;
    entry->given = true;
    entry->expr = flag ? expr_name(b->arena, arg->span, name_true) : arg->value;
    entry->scope = call->caller;
    return true;
}

static void poison(Entry *entry)
{
    entry->progress = ENTRY_DONE;
    entry->value = value_poison();
}

static void use_default(Build *b, const Call *call, Entry *entry, const Formal *formal, Scope *frame)
{
    if (entry->given)
        return;
    entry->used = true;
    if (formal->value) {
        entry->expr = formal->value;
        entry->scope = frame;
        return;
    }
    report(b, RULE_MISSING_ARGUMENT, call->span, "`%s` needs a value for `%s`", call->name, formal->name);
    report_hint(b, "as in `%s(%s = ...)`", call->name, formal->name);
    poison(entry);
}

static void add_formals(Build *b, const Call *call, Scope *frame)
{
    for (int i = 0; i < call->formals->count; i++) {
        const Formal *formal = &call->formals->at[i];
        Entry *entry = NEW(b->arena, Entry);
        *entry = (Entry){.kind = ENTRY_FORMAL, .name = formal->name, .span = formal->span, .state = NONE};
        entry->of_block = call->of_block;
        entry->fallback = formal->value;
        entry->home = frame;
        scope_add(b, frame, entry);
    }
}

Scope *bind_arguments(Build *b, const Call *call)
{
    Scope *frame = scope_new(b, call->home);
    add_formals(b, call, frame);
    int position = 0;
    if (call->first && call->formals->count > 0) {
        Entry *entry = frame->entries.at[position++];
        entry->given = entry->used = true;
        entry->expr = call->first;
        entry->scope = call->caller;
    } else if (call->first) {
        report(b, RULE_TOO_MANY_ARGUMENTS, call->span, "`%s` takes no stream", call->name);
        report_hint(b, "give it a parameter for the stream, as in `block %s(x) = ...`", call->name);
        frame->wrong = true;
    }
    for (int i = 0; call->args && i < call->args->count; i++)
        frame->wrong |= !bind_one(b, call, frame, &call->args->at[i], &position);
    for (int i = 0; i < call->formals->count; i++) {
        if (!frame->wrong)
            use_default(b, call, frame->entries.at[i], &call->formals->at[i], frame);
        else /* who knows what the others were meant for */
            poison(frame->entries.at[i]);
    }
    return frame;
}

Scope *bind_stage(Build *b, const Stage *stage, const Expr *expr, Scope *scope)
{
    Formals formals = formals_of(b, stage->formals);
    Call call = {
        .name = stage->name, .span = expr->span, .formals = &formals, .caller = scope, .home = scope};
    call.args = expr->kind == EXPR_CALL ? &expr->args : NULL;
    return bind_arguments(b, &call);
}

void hint_left(Build *b, const Expr *call)
{
    if (call->args.count > 1 && call->args.at[0].span.lo < call->span.lo)
        report_hint(b, "what stands on the left of `->` is its first argument");
}

static void check_default(Build *b, const Scope *frame, const Entry *formal, const Expr *expr)
{
    if (!expr)
        return;
    const Entry *entry = expr->kind == EXPR_NAME ? scope_own(frame, expr->name) : NULL;
    if (entry && entry->kind == ENTRY_LOCAL) {
        report(b, RULE_CONSTANT, expr->span, "the default of `%s` cannot use `%s`, a name of the equations",
               formal->name, entry->name);
        report_hint(b, "use constants and other parameters, or write it into the equations");
    }
    check_default(b, frame, formal, expr->left);
    check_default(b, frame, formal, expr->right);
    for (int i = 0; i < expr->args.count; i++)
        check_default(b, frame, formal, expr->args.at[i].value);
}

/* Equations of a block, or its parameters. */
static void check_entries(Build *b, const Scope *frame, bool equations)
{
    for (int i = 0; i < frame->entries.count; i++) {
        const Entry *entry = frame->entries.at[i];
        if (entry->kind != ENTRY_FORMAL || entry->equation != equations)
            continue;
        check_default(b, frame, entry, entry->fallback);
        if (!entry->used && entry->expr && entry->scope)
            resolve_argument(b, frame->block, entry->scope, entry->name, entry->expr);
    }
}

void check_arguments(Build *b, const Scope *frame)
{
    check_entries(b, frame, true); /* which may speak of parameters */
    check_entries(b, frame, false);
}

const Entry *given_argument(const Scope *frame, const char *name)
{
    const Entry *entry = scope_own(frame, name);
    return entry && entry->given ? entry : NULL;
}
