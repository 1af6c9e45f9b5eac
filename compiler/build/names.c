/* What a name may stand for: the functions and stages that are built in, and all that is said of names that stand for
 * nothing, or for something that is not there yet. */
#include "build.h"

/* ---- what is built in -------------------------------------------------------------------------------- */

const Function *find_function(const Build *b, const char *name)
{
    for (const Function *function = b->language->functions; function->name; function++)
        if (function->name == name)
            return function;
    return NULL;
}

static const Stage *find_stage(const Build *b, const char *name)
{
    for (const Stage *stage = b->language->stages; stage->name; stage++)
        if (stage->name == name)
            return stage;
    return NULL;
}

const Stage *find_layer(const Build *b, const char *name)
{
    const Stage *stage = find_stage(b, name);
    return stage && stage->role == STAGE_LAYER ? stage : NULL;
}

static const Stage *find_stream_function(const Build *b, const char *name)
{
    const Stage *stage = find_stage(b, name);
    return stage && stage->role != STAGE_LAYER ? stage : NULL;
}

static int positional_count(const Expr *call)
{
    int count = 0;
    for (int i = 0; i < call->args.count; i++)
        count += !call->args.at[i].name;
    return count;
}

/* max(x) and max(x, over = c) are of a stream, max(x, y) of numbers. */
const Stage *called_stage(const Build *b, const Expr *expr)
{
    const Stage *stage = expr->kind == EXPR_CALL ? find_stream_function(b, expr->name) : NULL;
    return stage && (positional_count(expr) == 1 || !find_function(b, expr->name)) ? stage : NULL;
}

bool is_stream_call(const Build *b, Scope *scope, const Expr *expr)
{
    Scope *home;
    return called_stage(b, expr)
           || (expr->kind == EXPR_CALL && scope_definition(scope, expr->name, BLOCKS, &home));
}

bool is_function(const Build *b, const char *name)
{
    return find_stream_function(b, name) || find_function(b, name);
}

static void function_names(Build *b, Names *names)
{
    for (const Function *function = b->language->functions; function->name; function++)
        vec_push(b->arena, names, function->name);
    for (const Stage *stage = b->language->stages; stage->name; stage++)
        if (stage->role != STAGE_LAYER && !find_function(b, stage->name))
            vec_push(b->arena, names, stage->name);
}

/* What may stand in the middle of a chain. */
static void stage_names(Build *b, Names *names)
{
    for (const Stage *stage = b->language->stages; stage->name; stage++)
        if (stage->role == STAGE_LAYER || stage->role == STAGE_ENCODER)
            vec_push(b->arena, names, stage->name);
}

void declare_definition(Build *b, Scope *scope, const Def *def)
{
    bool stage = STAGES & 1 << def->kind; /* functions of formulas may be hidden by definitions */
    if (!scope_add_definition(b, scope, def) || !stage || !find_stage(b, def->name))
        return;
    report(b, RULE_DUPLICATE_NAME, def->name_span, "`%s` is built in", def->name);
    report_hint(b, "choose another name");
}

Span name_span(const Expr *expr)
{
    return expr->kind == EXPR_CALL ? expr->name_span : expr->span;
}

/* What initial values are made of beside the initializers that are equations. */
static const char *const built_in_draws[] = {name_uniform, name_orthogonal, name_position};
enum { BUILT_IN_DRAWS = sizeof built_in_draws / sizeof *built_in_draws };

static bool is_built_in_draw(const char *name)
{
    for (int i = 0; i < BUILT_IN_DRAWS; i++)
        if (name == built_in_draws[i])
            return true;
    return false;
}

bool is_draw(Scope *scope, const Expr *expr)
{
    Scope *home;
    return (expr->kind == EXPR_CALL || expr->kind == EXPR_NAME)
           && (is_built_in_draw(expr->name) || scope_definition(scope, expr->name, INITIALIZERS, &home));
}

/* ---- unknown names ------------------------------------------------------------------------------------ */

/* What formats of data call the samples. */
static bool is_samples_name(const Build *b, const char *name)
{
    bool is = false;
    for (int i = 0; i < b->samples_of_formats.count; i++)
        is = is || b->samples_of_formats.at[i] == name;
    return is;
}

void unknown_name(Build *b, const Scope *scope, const char *name, Span span)
{
    report(b, RULE_UNKNOWN_NAME, span, "unknown name `%s`", name);
    if (!hint_wanted(b))
        return;
    Unit unit;
    double scale;
    if (unit_parse(name, &unit, &scale)) {
        report_hint(b, "a unit stands behind a number, as in `10 %s`", name);
        return;
    }
    Scope *home;
    if (find_layer(b, name) || scope_definition((Scope *)scope, name, STAGES, &home)) {
        report_hint(b, "it is a stage, and stands behind `->`: `x -> %s`", name);
        return;
    }
    if (b->samples && is_samples_name(b, name)) {
        report_hint(b, "the data are called `%s` here", b->samples);
        return;
    }
    if (name == name_present) {
        report_hint(
            b, "it is of data whose samples may be shorter, as those of `npy`; here, each has all steps");
        return;
    }
    Names names = {0};
    scope_names(b, scope, &names);
    hint_closest(b, name, &names);
}

static void all_definition_names(Build *b, const Scope *scope, int kinds, Names *names)
{
    definition_names(b, scope, kinds, names);
    for (int i = 0; kinds & INITIALIZERS && i < BUILT_IN_DRAWS; i++)
        vec_push(b->arena, names, built_in_draws[i]);
}

static const char *kinds_text(int kinds)
{
    if (kinds == SURROGATES)
        return "surrogate";
    if (kinds == INITIALIZERS)
        return "initializer";
    if (kinds == BLOCKS)
        return "block";
    return kinds == OPTIMIZERS ? "optimizer" : "neuron or block";
}

bool unknown_definition(Build *b, const Scope *scope, const char *name, Span span, int kinds)
{
    const Entry *entry = scope_find(scope, name);
    if (entry && entry->progress == ENTRY_DONE && entry->value.kind == VALUE_POISON)
        return true; /* reported */
    report(b, RULE_UNKNOWN_DEFINITION, span, "unknown %s `%s`", kinds_text(kinds), name);
    if (!hint_wanted(b))
        return true;
    if (entry && entry->kind == ENTRY_STREAM && kinds & BLOCKS) {
        report_hint(b,
                    "it is a stream, and what streams are sent through stands here; two streams meet in a "
                    "formula, as in `x + %s`",
                    name);
        return true;
    }
    Names names = {0};
    all_definition_names(b, scope, kinds, &names);
    if (kinds & BLOCKS)
        stage_names(b, &names);
    int listed = names.count; /* functions are stages, too, but more than a message should list */
    if (kinds & BLOCKS)
        function_names(b, &names);
    if (hint_closest(b, name, &names))
        return true;
    names.count = listed;
    hint_known(b, "known are", name, &names);
    return false;
}

static bool is_plain_stage(const Build *b, Scope *scope, const Expr *call)
{
    Scope *home;
    return call->kind == EXPR_CALL
           && (find_layer(b, call->name) || scope_definition(scope, call->name, NEURONS, &home));
}

/* `dense(100)` or `lif(dense(x, 100), tau = 2)` in a formula: the chain that is meant. */
static Expr *as_chain(Build *b, Scope *scope, const Expr *call)
{
    Expr *stage = NEW(b->arena, Expr), *stream = expr_name(b->arena, call->span, name_x);
    *stage = *call;
    const Expr *first = call->args.count > 0 && !call->args.at[0].name ? call->args.at[0].value : NULL;
    if (first && first->kind != EXPR_NUMBER && first->kind != EXPR_LIST) {
        stage->args.at++;
        stage->args.count--;
        stream = is_plain_stage(b, scope, first) ? as_chain(b, scope, first) : call->args.at[0].value;
    }
    return expr_chain(b->arena, call->span, stream, stage);
}

bool is_count(const Expr *expr)
{
    const Expr *call = expr->kind == EXPR_CHAIN ? expr->right : expr;
    return (call->kind == EXPR_CALL || (call != expr && call->kind == EXPR_NAME)) && call->name == name_count;
}

bool check_constant_kind(Build *b, const Entry *entry)
{
    const Expr *expr = entry->expr;
    if (is_count(expr)) {
        report(b, RULE_CONSTANT, expr->span, "a `count` is of a stream, which constants do not see");
        report_hint(b, "write it where the number is used, or as an equation of a block");
        return false;
    }
    if (expr->kind == EXPR_CHAIN || is_stream_call(b, entry->scope, expr)) {
        report(b, RULE_CONSTANT, expr->span, "`%s` is a stream, not a constant", entry->name);
        report_hint(b, "leave out the `let`, within the model");
        return false;
    }
    if (!is_plain_stage(b, entry->scope, expr))
        return true;
    report(b, RULE_CONSTANT, expr->span, "`%s` is a stage, not a constant", entry->name);
    report_hint(b, "a stage with a name is a block: `block %s(x) = %s`", entry->name,
                ast_expr_text(b->arena, as_chain(b, entry->scope, expr)));
    return false;
}

void unknown_function(Build *b, Scope *scope, const Expr *call, int kinds)
{
    if (is_stream_call(b, scope, call)) {
        report(b, RULE_CONSTANT, call->name_span, "`%s` is for streams, and cannot be used here", call->name);
        report_hint(b,
                    "streams are made in the model; a neuron sees one unit of one, step by step, as `input`");
        return;
    }
    report(b, RULE_UNKNOWN_FUNCTION, call->name_span, "unknown function `%s`", call->name);
    if (!hint_wanted(b))
        return;
    if (is_plain_stage(b, scope, call)) {
        report_hint(b, "it is a stage, and a chain within a formula stands in parentheses: `(%s)`",
                    ast_expr_text(b->arena, as_chain(b, scope, call)));
        return;
    }
    const Entry *entry = scope_find(scope, call->name);
    if (entry) {
        if (entry->kind == ENTRY_STREAM)
            report_hint(b, "`%s` is a stream; what it was one step ago is `%s[-1]`", call->name, call->name);
        else
            report_hint(b, "`%s` is a value, not a function", call->name);
        return;
    }
    Names names = {0};
    function_names(b, &names);
    int functions = names.count; /* what else is possible here is too much to be listed */
    all_definition_names(b, scope, kinds, &names);
    if (hint_closest(b, call->name, &names))
        return;
    names.count = functions;
    hint_known(b, "functions", call->name, &names);
}

/* ---- bindings ---------------------------------------------------------------------------------------- */

/* Whether building `expr` needs the binding `target` in the same time step. */
static bool needs_now(const Build *b, const Scope *scope, const Expr *expr, const Entry *target)
{
    if (!expr || expr->kind == EXPR_PAST)
        return false;
    if (expr->kind == EXPR_NAME) {
        Entry *entry = scope_find(scope, expr->name);
        if (!entry || entry->kind != ENTRY_STREAM || entry->visit == b->visit)
            return false;
        if (entry == target)
            return true;
        entry->visit = b->visit;
        return needs_now(b, entry->scope, entry->expr, target);
    }
    for (int i = 0; i < expr->args.count; i++)
        if (needs_now(b, scope, expr->args.at[i].value, target))
            return true;
    return needs_now(b, scope, expr->left, target) || needs_now(b, scope, expr->right, target);
}

bool needs_busy(const Build *b, const Scope *scope, const Expr *expr)
{
    if (!expr || expr->kind == EXPR_PAST)
        return false;
    if (expr->kind == EXPR_NAME) {
        Entry *entry = scope_find(scope, expr->name);
        if (!entry || entry->kind != ENTRY_FORMAL || entry->visit == b->visit)
            return false;
        entry->visit = b->visit;
        return entry->progress == ENTRY_BUSY
               || (entry->progress != ENTRY_DONE && needs_busy(b, entry->scope, entry->expr));
    }
    for (int i = 0; i < expr->args.count; i++)
        if (needs_busy(b, scope, expr->args.at[i].value))
            return true;
    return needs_busy(b, scope, expr->left) || needs_busy(b, scope, expr->right);
}

/* Whether something in the formula is of samples, not only weights and constants. */
static bool has_samples(const Build *b, const Scope *scope, const Expr *expr)
{
    if (!expr || expr->kind == EXPR_PAST)
        return expr != NULL;
    if (expr->kind == EXPR_NAME) {
        Entry *entry = scope_find(scope, expr->name);
        if (!entry || entry->kind == ENTRY_LET || entry->visit == b->visit)
            return false;
        entry->visit = b->visit;
        return entry->kind != ENTRY_STREAM || !entry->expr || has_samples(b, entry->scope, entry->expr);
    }
    const Stage *stage = expr->kind == EXPR_CALL ? called_stage(b, expr) : NULL;
    if (stage && stage->role == STAGE_SOURCE)
        return false;
    for (int i = 0; i < expr->args.count; i++)
        if (has_samples(b, scope, expr->args.at[i].value))
            return true;
    return has_samples(b, scope, expr->left)
           || (expr->kind != EXPR_CHAIN && has_samples(b, scope, expr->right));
}

bool has_past(Build *b, const Entry *entry)
{
    b->visit++;
    return entry->kind == ENTRY_STREAM && (!entry->expr || has_samples(b, entry->scope, entry->expr));
}

static void used_too_early(Build *b, const Entry *entry, Span use)
{
    const Entry *current = scope_own(b->model, b->binding);
    b->visit++;
    if (entry == current || (current && needs_now(b, entry->scope, entry->expr, current))) {
        report(b, RULE_CYCLE, use, "`%s` needs `%s` in the same time step", b->binding, entry->name);
        report_hint(b, "feedback takes at least one step: `%s[-1]`", entry->name);
        return;
    }
    report(b, RULE_USE_BEFORE, use, "`%s` is used before it is defined", entry->name);
    report_note(b, entry->span, "it is defined here");
    if (has_past(b, entry))
        report_hint(b, "move the definition up, or use its past, `%s[-1]`", entry->name);
    else
        report_hint(b, "move the definition up");
}

Value binding_value(Build *b, Entry *entry, Span use)
{
    if (entry->progress == ENTRY_DONE)
        return entry->value;
    used_too_early(b, entry, use);
    return value_poison();
}

/* ---- what is not evaluated --------------------------------------------------------------------------- */

bool is_defined(const Build *b, Scope *scope, const char *name)
{
    if (is_built_in_draw(name))
        return true;
    Scope *home;
    int any = NEURONS | SURROGATES | OPTIMIZERS | INITIALIZERS | BLOCKS | SCHEDULES | MEMORIES;
    return is_constant_name(name) || is_clock_name(name) || is_function(b, name) || find_layer(b, name)
           || scope_find(scope, name) || scope_definition(scope, name, any, &home);
}

/* Whether the argument's value may be a word that only the stage knows: an axis, an edge, a group of parameters. */
static bool takes_words(const char *argument)
{
    static const char *const names[] = {name_over, name_per,  name_along,    name_same,
                                        name_pad,  name_edge, name_optimizer};
    bool takes = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        takes = takes || argument == names[i];
    return takes;
}

/* `over = c`, `per = [y, x]`: words, or parameters that hold some. */
static void resolve_words(Build *b, Scope *scope, const Expr *expr)
{
    Entry *entry = expr->kind == EXPR_NAME ? scope_find(scope, expr->name) : NULL;
    if (entry)
        entry->used = true;
    for (int i = 0; i < expr->args.count && expr->kind == EXPR_LIST; i++)
        resolve_words(b, scope, expr->args.at[i].value);
    if (expr->kind != EXPR_NAME && expr->kind != EXPR_LIST)
        resolve_names(b, scope, expr);
}

static bool is_named(const Expr *expr, const char *name)
{
    bool named = expr->kind == EXPR_NAME && expr->name == name;
    for (int i = 0; i < expr->args.count && expr->kind == EXPR_LIST; i++)
        named = named || is_named(expr->args.at[i].value, name);
    return named;
}

/* Whether `over = formal`, or another argument that takes words, stands in the expression. */
static bool hands_words(const Expr *expr, const char *formal)
{
    bool hands = false;
    for (int i = 0; expr && i < expr->args.count && !hands; i++) {
        const Arg *arg = &expr->args.at[i];
        hands = (takes_words(arg->name) && is_named(arg->value, formal)) || hands_words(arg->value, formal);
    }
    return hands || (expr && (hands_words(expr->left, formal) || hands_words(expr->right, formal)));
}

static bool block_takes_words(const Def *block, const char *formal)
{
    bool takes = block && hands_words(block->value, formal);
    for (int i = 0; block && i < block->body.count; i++)
        takes = takes || hands_words(block->body.at[i].value, formal);
    return takes;
}

void resolve_argument(Build *b, const Def *block, Scope *scope, const char *name, const Expr *value)
{
    bool words = takes_words(name) || block_takes_words(block, name);
    (words ? resolve_words : resolve_names)(b, scope, value);
}

void resolve_names(Build *b, Scope *scope, const Expr *expr)
{
    if (!expr)
        return;
    bool named = expr->kind == EXPR_NAME || expr->kind == EXPR_CALL;
    if (named && !is_defined(b, scope, expr->name))
        unknown_name(b, scope, expr->name, name_span(expr));
    resolve_names(b, scope, expr->left);
    resolve_names(b, scope, expr->right);
    bool flags = expr->kind == EXPR_CALL && !find_function(b, expr->name); /* a bare name may be a flag */
    for (int i = 0; i < expr->args.count; i++) {
        const Arg *arg = &expr->args.at[i];
        if (!flags || arg->name || arg->value->kind != EXPR_NAME)
            resolve_argument(b, NULL, scope, arg->name, arg->value);
    }
}
