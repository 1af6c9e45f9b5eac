/* Formulas: one evaluator for constants (results are numbers and flags) and for the equations of a body
 * (results are instructions), so that both follow the same rules. */
#include "build.h"

#include <math.h>

/* ---- names ------------------------------------------------------------------------------------------ */

/* The last `-D name=...`, as an expression; NULL if there is none. */
static const Expr *definition_of(Build *b, const char *name)
{
    const Expr *found = NULL;
    for (int i = 0; i < b->define_count; i++) {
        if (b->defines[i].item->name != name)
            continue;
        b->defines[i].used = true;
        found = b->defines[i].item->value;
    }
    return found;
}

/* The first unit of this kind that an expression names, as a factor; 0 if it names none. */
static double written_scale(const Expr *expr, Unit wanted)
{
    Unit unit;
    double scale = 0;
    if (!expr)
        return 0;
    if (expr->kind == EXPR_NUMBER)
        return unit_parse(expr->unit, &unit, &scale) && unit_equal(unit, wanted) ? scale : 0;
    scale = written_scale(expr->left, wanted);
    if (scale == 0)
        scale = written_scale(expr->right, wanted);
    for (int i = 0; scale == 0 && i < expr->args.count; i++)
        scale = written_scale(expr->args.at[i].value, wanted);
    return scale;
}

/* `-D name=...` in place of the written value: of its kind, in its unit if it names none of its own. */
static Value overridden(Build *b, const Entry *entry, Value written)
{
    const Expr *expr = definition_of(b, entry->name);
    if (!expr || entry->scope == b->library)
        return written;
    Context c = context_constant(b);
    Value value = eval(&c, entry->scope, expr);
    if (value.kind == VALUE_POISON || written.kind == VALUE_POISON)
        return value_poison();
    if (value.kind == VALUE_SCALAR) {
        report(b, RULE_CONSTANT, expr->span, "this changes during the training, and `%s` is a constant",
               entry->name);
        return value_poison();
    }
    if (value.kind != written.kind) {
        bool flag = written.kind == VALUE_FLAG;
        report(b, RULE_TRUTH, expr->span, "`%s` is a %s, found a %s", entry->name,
               flag ? "truth value" : "number", flag ? "number" : "truth value");
        report_hint(b, "write %s", flag ? "`true` or `false`" : "a number");
        return value_poison();
    }
    if (value.kind == VALUE_FLAG || unit_equal(value.unit, written.unit))
        return value;
    double scale = unit_equal(value.unit, unit_plain) ? written_scale(entry->expr, written.unit) : 0;
    if (scale == 0) {
        report(b, RULE_UNIT, expr->span, "`%s` is %s, found %s", entry->name,
               unit_text(b->arena, written.unit), unit_text(b->arena, value.unit));
        return value_poison();
    }
    value.number *= scale;
    value.unit = written.unit;
    return check_finite(b, value.number, expr->span) ? value : value_poison();
}

/* Whether nothing would come of evaluating the entry again. */
static bool is_settled(const Build *b, const Entry *entry)
{
    return entry->progress == ENTRY_DONE || (entry->progress == ENTRY_SUSPECT && b->mute > 0);
}

static void finish_entry(const Build *b, Entry *entry, Value value)
{
    entry->value = value;
    entry->progress = value.kind == VALUE_POISON && b->mute > 0 ? ENTRY_SUSPECT : ENTRY_DONE;
}

Value let_value(Build *b, Entry *entry)
{
    if (is_settled(b, entry))
        return entry->value;
    if (entry->progress == ENTRY_BUSY) {
        report(b, RULE_RECURSION, entry->span, "`%s` is defined by itself", entry->name);
        return value_poison();
    }
    entry->progress = ENTRY_BUSY;
    Context c = context_constant(b);
    Value written = check_constant_kind(b, entry) ? eval(&c, entry->scope, entry->expr) : value_poison();
    Value value = overridden(b, entry, written);
    if (value.kind == VALUE_SCALAR) {
        report(b, RULE_CONSTANT, entry->expr->span, "`%s` changes during the training", entry->name);
        report_hint(b, "write `schedule %s = ...` in place of `let`", entry->name);
        value = value_poison();
    }
    finish_entry(b, entry, value);
    return value;
}

/* What a formal has by default, no number where that says nothing about the argument. */
static Value usual_value(Build *b, const Entry *entry)
{
    if (!entry->given || entry->of_block || !entry->fallback)
        return value_poison();
    Context c = context_constant(b);
    b->mute++;
    Value value = eval(&c, entry->home, entry->fallback);
    b->mute--;
    return value;
}

/* 0.3 ms are 3 steps of 0.1 ms, though a quotient of binary fractions is a little less. */
static Value in_steps(Build *b, Value time)
{
    Context c = context_constant(b);
    if (time.kind == VALUE_SCALAR)
        return combine(&c, OP_DIV, time, value_number(b->net->dt, unit_time), unit_plain, time.span);
    time.number /= b->net->dt;
    if (fabs(time.number - round(time.number)) <= 1e-12 * fabs(time.number))
        time.number = round(time.number);
    time.unit = unit_plain;
    return check_finite(b, time.number, time.span) ? time : value_poison();
}

static Value wrong_unit(Build *b, const Entry *entry, Unit expected, Unit found)
{
    bool steps = unit_equal(expected, unit_plain) && unit_equal(found, unit_time);
    report(b, RULE_UNIT, entry->expr->span, "`%s` is %s, found %s", entry->name,
           steps ? "a number of steps" : unit_text(b->arena, expected), unit_text(b->arena, found));
    if (steps)
        report_hint(b, "say how long a step is, as in `time %d steps of 1 ms`", b->net->steps);
    return value_poison();
}

/* What is by default `true` or `false` is no number. */
static bool check_flag(Build *b, const Entry *entry, Value value)
{
    const Expr *usual = entry->given ? entry->fallback : NULL;
    bool flag = usual && usual->kind == EXPR_NAME && (usual->name == name_true || usual->name == name_false);
    bool number = value.kind == VALUE_NUMBER
                  || ((value.kind == VALUE_SCALAR || value.kind == VALUE_BODY) && !value.truth);
    if (!flag || !number)
        return true;
    report(b, RULE_TRUTH, entry->expr->span, "`%s` is a flag, and this is a number", entry->name);
    report_hint(b, "write `%s = true` or `%s = false`, or a comparison", entry->name, entry->name);
    return false;
}

/* A time given for a number of steps is divided by dt. */
static Value fit_argument(Build *b, const Entry *entry, Value value)
{
    if (value.kind != VALUE_NUMBER && value.kind != VALUE_BODY && value.kind != VALUE_SCALAR)
        return value;
    if (!check_flag(b, entry, value))
        return value_poison();
    Value usual = usual_value(b, entry);
    Unit expected = usual.unit;
    warn_argument(b, entry, value, usual);
    if (usual.kind != VALUE_NUMBER || unit_equal(expected, value.unit))
        return value;
    bool steps = unit_equal(expected, unit_plain) && unit_equal(value.unit, unit_time);
    if (steps && !b->time_known) /* reported */
        return value_poison();
    if (steps && value.kind != VALUE_BODY && b->net->dt > 0)
        return in_steps(b, value);
    return wrong_unit(b, entry, expected, value.unit);
}

/* Of an argument of a block of the library, which knows that it is a plain number. */
static Value fit_number(Build *b, const Entry *entry, Value value)
{
    if (value.kind == VALUE_FLAG || (value.kind == VALUE_SCALAR && value.truth)) {
        report(b, RULE_TRUTH, entry->expr->span, "`%s` is a number, and this is a truth value", entry->name);
        return value_poison();
    }
    bool number = value.kind == VALUE_NUMBER || value.kind == VALUE_SCALAR;
    bool fits = !number || unit_equal(value.unit, unit_plain)
                || (unit_equal(value.unit, unit_time) && !b->time_known); /* reported */
    return fits ? value : wrong_unit(b, entry, unit_plain, value.unit);
}

/* The same of an argument of a block, which may be anything: where its default is a plain number. */
static Value fit_steps(Build *b, const Entry *entry, Value value)
{
    if (!check_flag(b, entry, value))
        return value_poison();
    const Expr *usual = entry->given ? entry->fallback : NULL;
    if (!usual || usual->kind != EXPR_NUMBER || usual->unit)
        return value;
    bool steps = b->net->dt > 0 && (value.kind == VALUE_NUMBER || value.kind == VALUE_SCALAR)
                 && unit_equal(value.unit, unit_time);
    if (steps)
        return in_steps(b, value);
    return entry->home->parent == b->library ? fit_number(b, entry, value) : value;
}

/* An argument of a block, or an equation, which gives its name to what it makes. */
static Value block_value(Build *b, const Entry *entry)
{
    const char *outer = b->equation, *name = NULL;
    b->equation = entry->equation ? entry->name : NULL;
    if (entry->equation)
        name = entry->result ? entry->result
                             : numbered(b, arena_printf(b->arena, "%s_%s", b->binding, entry->name));
    Value value = b->language->build(b, entry->scope, entry->expr, name);
    b->equation = outer;
    return value;
}

Value formal_value(Context *c, Entry *entry)
{
    Build *b = c->build;
    entry->used = true;
    if (is_settled(b, entry))
        return entry->value;
    if (entry->progress == ENTRY_BUSY) {
        report(b, RULE_RECURSION, entry->span, "%s`%s` depends on itself",
               entry->equation ? "" : "the default of ", entry->name);
        if (entry->equation)
            report_hint(b, "feedback takes at least one step: `%s[-1]`", entry->name);
        return value_poison();
    }
    entry->progress = ENTRY_BUSY;
    Context constant = context_constant(b); /* what is drawn stays in the formula that draws it */
    Value value = entry->made ? entry->made->make(b, entry->made->from)
                  : entry->of_block
                      ? fit_steps(b, entry, block_value(b, entry))
                      : fit_argument(b, entry, eval(c->draws ? &constant : c, entry->scope, entry->expr));
    finish_entry(b, entry, value);
    return value;
}

/* A stream as an input of the map that is built. */
static Value map_input(Context *c, Value stream, Span span)
{
    Build *b = c->build;
    Node *node = c->node;
    Shape units = scan_units(b->net, node), shape = stream_at(b, stream.stream)->shape, all;
    bool weights = !scan_is_batched(b->net, node) && !stream_at(b, stream.stream)->batched;
    if (weights && shape_merge(units, shape, &all))
        node->units = all; /* which no stream may have */
    else if (node->ins.count > 0 && !check_shapes_meet(b, units, stream.stream, span))
        return value_poison();
    for (int i = 0; i < node->ins.count; i++)
        if (!check_steps_meet(b, stream_at(b, node->ins.at[i])->steps, stream_at(b, stream.stream)->steps,
                              span))
            return value_poison();
    int index = 0;
    while (index < node->ins.count && node->ins.at[index] != stream.stream)
        index++;
    if (index == node->ins.count)
        vec_push(b->arena, &node->ins, stream.stream);
    node->body.at = span;
    Val val = body_leaf(b->arena, &node->body, OP_INPUT, index, stream_at(b, stream.stream)->name);
    return value_body(val, stream.unit, false);
}

/* A stream in a formula: an input of a map, a mistake elsewhere. */
static Value stream_in_formula(Context *c, Value value, Span span, const char *name)
{
    if (value.kind == VALUE_WEIGHTS)
        value = value_stream(weights_stream(c->build, value.param, span), unit_plain);
    if (value.kind != VALUE_STREAM)
        return value;
    if (c->streams)
        return map_input(c, value, span);
    report(c->build, RULE_CONSTANT, span, "`%s` is a stream, but a constant is needed here", name);
    return value_poison();
}

/* Which steps a sample has. */
static Value present_value(Context *c, const Expr *expr)
{
    if (!c->streams)
        return stream_in_formula(c, value_stream(NONE, unit_plain), expr->span, expr->name);
    StreamId stream = present_stream(c->build, expr->span);
    return stream == NONE ? value_poison() : map_input(c, value_stream(stream, unit_plain), expr->span);
}

/* The label, or the target of numbers. */
static Value label_value(Context *c, const Entry *entry, const Expr *expr)
{
    Build *b = c->build;
    if (entry->name == name_present)
        return present_value(c, expr);
    bool label = entry->name == name_label;
    if (label && b->data_known && b->net->data.classes == 0) {
        bool target = b->net->data.target.ndim > 0;
        report(b, RULE_LABEL, expr->span, "the data have no label%s", target ? ", but a target" : "");
        report_hint(b, target ? "write `target`, or say `classes = 10`, too, in the data line"
                              : "say how many classes there are in the data line, as in `classes = 10`");
        return value_poison();
    }
    if (b->in_loss && c->streams) {
        StreamId stream = label ? label_stream(b, expr->span) : target_stream(b, expr->span);
        return map_input(c, value_stream(stream, unit_plain), expr->span);
    }
    report(b, RULE_LABEL, expr->span, "`%s` cannot be used in a formula", entry->name);
    report_hint(b, "it is the second argument of a loss, as in `%s`",
                label ? "cross_entropy(rate(out), label)" : "mse(mean(out), target)");
    return value_poison();
}

/* Where the library needs a constant, an argument that is none is wrong, and not the formula that it is for. */
static Span span_of(const Context *c, const Entry *entry, const Expr *expr)
{
    bool given = !c->streams && entry->given && entry->expr && entry->home;
    return given && entry->home->parent == c->build->library ? entry->expr->span : expr->span;
}

/* Values of an entry may come from around the body; a body's own names never leave it. */
static Value entry_value(Context *c, Entry *entry, const Expr *expr)
{
    Build *b = c->build;
    switch (entry->kind) {
    case ENTRY_LET: return let_value(b, entry);
    case ENTRY_FORMAL:
        return stream_in_formula(c, formal_value(c, entry), span_of(c, entry, expr), expr->name);
    case ENTRY_LOCAL: /* without a body, a default that uses a name of the equations: see check_arguments */
        return c->node || entry->value.kind != VALUE_BODY ? entry->value : value_poison();
    case ENTRY_STREAM:
        if (!c->streams && entry->progress == ENTRY_DONE && entry->value.kind == VALUE_POISON)
            return entry->value;
        if (!c->streams)
            return stream_in_formula(c, value_stream(NONE, unit_plain), expr->span, expr->name);
        return stream_in_formula(c, binding_value(b, entry, expr->span), expr->span, expr->name);
    case ENTRY_LABEL: return label_value(c, entry, expr);
    }
    return value_poison();
}

static Value builtin_name(Context *c, Scope *scope, const Expr *expr)
{
    Build *b = c->build;
    const char *name = expr->name;
    if (is_clock_name(name))
        return clock_value(b, name);
    if (name == name_pi)
        return value_number(acos(-1.0), unit_plain);
    bool dt = name == name_dt;
    if (!dt && name != name_steps) {
        unknown_name(b, scope, name, expr->span);
        return value_poison();
    }
    if (b->time_known && (!dt || b->net->dt > 0))
        return dt ? value_number(b->net->dt, unit_time) : value_number(b->net->steps, unit_plain);
    if (b->time_known) {
        report(b, RULE_TIME, expr->span, "`dt` is not known: the model does not say how long a step is");
        report_hint(b, "write `time %d steps of 1 ms`", b->net->steps);
    } else if (b->net->steps == 0) { /* the time line itself is being read */
        report(b, RULE_TIME, expr->span, "`%s` is not known before the line `time`", name);
    }
    return value_poison();
}

static bool is_schedule(Scope *scope, const Expr *use)
{
    Scope *home;
    return scope_definition(scope, use->name, SCHEDULES, &home) != NULL;
}

static Value eval_name(Context *c, Scope *scope, const Expr *expr)
{
    if (expr->name == name_true || expr->name == name_false)
        return value_flag(expr->name == name_true);
    Entry *entry = scope_find(scope, expr->name);
    if (entry)
        return entry_value(c, entry, expr);
    return is_schedule(scope, expr) ? c->build->language->schedule(c, scope, expr)
                                    : builtin_name(c, scope, expr);
}

/* ---- operators -------------------------------------------------------------------------------------- */

static Value eval_binary(Context *c, Scope *scope, const Expr *expr)
{
    Value left = eval(c, scope, expr->left);
    Value right = eval(c, scope, expr->right);
    return combine_binary(c, left, right, expr);
}

static Value eval_unary(Context *c, Scope *scope, const Expr *expr)
{
    return combine_unary(c, eval(c, scope, expr->left), expr);
}

static Value eval_literal(Context *c, const Expr *expr)
{
    Unit unit;
    double scale;
    if (!unit_parse(expr->unit, &unit, &scale)) {
        report(c->build, RULE_UNIT, expr->span, "unknown unit `%s`", expr->unit);
        return value_poison();
    }
    double number = expr->number * scale;
    return check_finite(c->build, number, expr->span)
                   && check_underflow(c->build, number, expr->number, expr->span)
               ? value_number(number, unit)
               : value_poison();
}

static Value eval_stream(Context *c, Scope *scope, const Expr *expr)
{
    if (!c->streams) {
        report(c->build, RULE_CONSTANT, expr->span, "a stream cannot be used here, only constants%s",
               c->node && !c->draws ? ", states and `input`" : "");
        if (c->node && !c->draws && expr->kind == EXPR_PAST)
            report_hint(
                c->build,
                "a state keeps its value from step to step: until it is assigned, `%s` is the last one",
                expr->left->name);
        return value_poison();
    }
    Value value = c->build->language->build(c->build, scope, expr, NULL);
    return stream_in_formula(c, value, expr->span, ast_expr_text(c->build->arena, expr));
}

static Value eval_call(Context *c, Scope *scope, const Expr *call)
{
    if (c->streams && is_stream_call(c->build, scope, call))
        return eval_stream(c, scope, call);
    const Function *function = find_function(c->build, call->name);
    bool schedule = (c->schedules || !function) && is_schedule(scope, call);
    if (schedule)
        return c->build->language->schedule(c, scope, call);
    if (function)
        return function->eval(c, scope, call);
    if (is_draw(scope, call))
        return c->build->language->draw(c, scope, call);
    unknown_function(c->build, scope, call, c->draws || c->noise ? INITIALIZERS : 0);
    return value_poison();
}

/* A function continues the formula, so that both spellings build the same. */
static Value eval_chain(Context *c, Scope *scope, const Expr *expr)
{
    const Expr *call = c->streams ? chained_function(c->build, &scope, expr) : NULL;
    return call ? eval_call(c, scope, call) : eval_stream(c, scope, expr);
}

static Value eval_kind(Context *c, Scope *scope, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER: return eval_literal(c, expr);
    case EXPR_NAME: return eval_name(c, scope, expr);
    case EXPR_CALL: return eval_call(c, scope, expr);
    case EXPR_UNARY: return eval_unary(c, scope, expr);
    case EXPR_BINARY: return eval_binary(c, scope, expr);
    case EXPR_CHAIN: return eval_chain(c, scope, expr);
    case EXPR_PAST: return eval_stream(c, scope, expr);
    case EXPR_STRING:
    case EXPR_LIST:
        report(c->build, RULE_CONSTANT, expr->span, "%s cannot be used in a formula",
               expr->kind == EXPR_LIST ? "a list" : "a text");
        return value_poison();
    }
    return value_poison();
}

Value eval(Context *c, Scope *scope, const Expr *expr)
{
    if (!check_nesting(c->build, expr->span) || !check_operations(c, expr->span))
        return value_poison();
    c->build->depth++;
    Value value = expr == c->build->base ? scalar_given(c->build, SCALAR_LR) : eval_kind(c, scope, expr);
    c->build->depth--;
    if (value.span.hi == 0) /* not of a constant that has a name */
        value.span = expr->span;
    return value;
}
