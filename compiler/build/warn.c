/* What compiles and is likely a mistake: each function knows one kind of it. */
#include "../literal.h"
#include "build.h"

#include <math.h>

/* ---- values ------------------------------------------------------------------------------------------ */

const char *quantity_text(Build *b, double number, Unit unit)
{
    char digits[LITERAL_SIZE];
    const char *text = arena_printf(b->arena, "%s", literal_number(digits, number));
    if (unit_equal(unit, unit_time))
        return arena_printf(b->arena, "%s ms", text);
    return unit_equal(unit, unit_voltage) ? arena_printf(b->arena, "%s mV", text) : text;
}

void warn_argument(Build *b, const Entry *entry, Value value, Value usual)
{
    if (value.kind != VALUE_NUMBER || usual.kind != VALUE_NUMBER)
        return;
    const char *found = quantity_text(b, value.number, value.unit),
               *expected = quantity_text(b, usual.number, usual.unit);
    bool time = unit_equal(value.unit, unit_time), fraction = usual.number > 0.5 && usual.number < 1;
    if (usual.number > 0 && value.number < 0)
        warn(b, RULE_UNLIKELY, entry->expr->span, "`%s` is %s, below 0; by default it is %s", entry->name,
             found, expected);
    else if (time && value.number > 0 && value.number < b->net->dt)
        warn(b, RULE_UNLIKELY, entry->expr->span, "`%s` is %s, shorter than a step, %s", entry->name, found,
             quantity_text(b, b->net->dt, unit_time));
    else if (fraction && unit_equal(value.unit, unit_plain) && value.number > 1)
        warn(b, RULE_UNLIKELY, entry->expr->span, "`%s` is %s, above 1; by default it is %s", entry->name,
             found, expected);
}

void warn_rate(Build *b, double rate, Span span)
{
    if (!(rate <= 0))
        return;
    warn(b, RULE_UNLIKELY, span, "with the learning rate %.15g, `lr`, nothing is learned", rate);
    report_hint(b, "it is above 0, as in `adam(lr = 1e-3)`");
}

/* A loss of the library: how far a stream is from what it should be. */
static bool is_distance(Build *b, const Expr *expr)
{
    Scope *home = NULL;
    const Def *def = expr->kind == EXPR_CALL ? scope_definition(b->model, expr->name, STAGES, &home) : NULL;
    return def && home == b->library && def->formals.count > 1 && def->formals.at[1].name == name_target;
}

static bool is_number(const Expr *expr)
{
    return expr->kind == EXPR_NUMBER;
}

void warn_loss(Build *b, const Expr *loss)
{
    bool negated = loss->kind == EXPR_UNARY && loss->op == OPERATOR_NEGATE;
    bool binary = loss->kind == EXPR_BINARY;
    const Expr *part = negated                                                            ? loss->left
                       : binary && loss->op == OPERATOR_SUBTRACT && is_number(loss->left) ? loss->right
                                                                                          : NULL;
    if (part && part->kind == EXPR_BINARY && part->op == OPERATOR_MULTIPLY && is_number(part->left))
        part = part->right;
    if (!part || !is_distance(b, part))
        return;
    warn(b, RULE_UNLIKELY, loss->span,
         "learning makes a loss small, and this one is the smaller, the more wrong `%s` finds the network",
         part->name);
    report_hint(b, "write `loss %s`", ast_expr_text(b->arena, part));
}

/* ---- what a stream may hold -------------------------------------------------------------------------- */

typedef struct Range {
    double low, high;
} Range;

static const Range unknown = {-INFINITY, INFINITY};

static Range product(Range a, Range b)
{
    double ends[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    Range range = {INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        if (isnan(ends[i]))
            return unknown;
        range.low = fmin(range.low, ends[i]);
        range.high = fmax(range.high, ends[i]);
    }
    return range;
}

static Range range_of_op(Op op, Range a, Range b)
{
    switch ((int)op) {
    case OP_ADD: return (Range){a.low + b.low, a.high + b.high};
    case OP_SUB: return (Range){a.low - b.high, a.high - b.low};
    case OP_MUL: return product(a, b);
    case OP_NEG: return (Range){-a.high, -a.low};
    case OP_MIN: return (Range){fmin(a.low, b.low), fmin(a.high, b.high)};
    case OP_MAX: return (Range){fmax(a.low, b.low), fmax(a.high, b.high)};
    case OP_TANH:
    case OP_SIGMOID: return (Range){op_eval(op, a.low, 0, 0), op_eval(op, a.high, 0, 0)};
    case OP_STEP: return (Range){0, 1};
    case OP_DETACH: return a;
    default: return unknown;
    }
}

static Range range_of_stream(Build *b, StreamId stream);

static Range range_of_map(Build *b, const Node *map)
{
    const Body *body = &map->body;
    Range *ranges = NEW_ARRAY(b->arena, Range, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        Range left = instr->a == NO_VAL ? unknown : ranges[instr->a];
        Range right = instr->b == NO_VAL ? unknown : ranges[instr->b];
        ranges[v] = instr->op == OP_CONST   ? (Range){instr->number, instr->number}
                    : instr->op == OP_INPUT ? range_of_stream(b, map->ins.at[instr->index])
                                            : range_of_op(instr->op, left, right);
    }
    return ranges[map->outs.at[0].value];
}

static Range range_of_stream(Build *b, StreamId id)
{
    const Stream *stream = stream_at(b, id);
    const Node *node = stream->node == NONE ? NULL : &b->net->nodes.at[stream->node];
    if (stream->kind == STREAM_SPIKES || (node && node->kind == NODE_DATA))
        return (Range){0, 1};
    bool map = node && node->kind == NODE_SCAN && node->states.count == 0 && b->depth < MAX_NESTING;
    if (!map)
        return unknown;
    b->depth++;
    Range range = range_of_map(b, node);
    b->depth--;
    return range;
}

void warn_probability(Build *b, StreamId stream, Span span)
{
    Range range = range_of_stream(b, stream);
    if (!isfinite(range.high) || range.high <= 1 + 1e-6)
        return;
    warn(b, RULE_PROBABILITY, span,
         "the probability of a spike may be up to %.6g here: above 1 it is cut to 1", range.high);
    report_hint(b, "there is at most one spike a step: make the values smaller, or the steps shorter");
}

/* ---- what cannot learn ------------------------------------------------------------------------------- */

/* The operands through which a value has a derivative: `first` .. `first + count - 1`. */
static int passing_operands(Op op, int *first)
{
    *first = op == OP_SELECT ? 1 : 0;
    return op == OP_DETACH || op_is_truth(op) ? 0 : op_value_arity(op) - *first;
}

/* The choice by a truth value that leaves this value without any derivative, or NULL. */
static const Instr *stopping_choice(Build *b, const Body *body, Val value)
{
    const Instr *choice = NULL;
    bool *passed = NEW_ARRAY(b->arena, bool, body->code.count);
    passed[value] = true;
    for (Val v = value; v >= 0; v--) {
        const Instr *instr = &body->code.at[v];
        if (!passed[v])
            continue;
        if (instr->op == OP_INPUT || instr->op == OP_STATE || instr->op == OP_PARAM)
            return NULL;
        choice = instr->op == OP_SELECT ? instr : choice;
        int first, count = passing_operands(instr->op, &first);
        for (int k = first; k < first + count; k++)
            passed[instr_operand(instr, k)] = true;
    }
    return choice;
}

void warn_no_gradient(Build *b)
{
    if (!b->net->training.present)
        return;
    const bool *learned = streams_behind_params(b->net);
    for (int n = 0; n < b->net->nodes.count; n++) {
        const Node *node = &b->net->nodes.at[n];
        if (node->kind != NODE_SCAN || node->formula || !learned[node->outs.at[0].stream])
            continue;
        const Instr *choice = stopping_choice(b, &node->body, node->outs.at[0].value);
        if (!choice)
            continue;
        warn(b, RULE_NO_GRADIENT, choice->span,
             "a truth value has no derivative: what is before `%s` does not learn", node->name);
        report_hint(b, "a spike has one, the surrogate's: write `step(v - 1, atan(2))` in place of `v > 1`");
    }
}

/* ---- what nobody uses -------------------------------------------------------------------------------- */

static void warn_entries(Build *b, const Scope *scope)
{
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        bool written = (entry->kind == ENTRY_LET || entry->kind == ENTRY_STREAM) && entry->expr;
        if (written && !entry->named)
            warn(b, RULE_UNUSED, entry->span, "the %s `%s` is not used",
                 entry->kind == ENTRY_LET             ? "constant"
                 : entry->value.kind == VALUE_WEIGHTS ? "parameter"
                                                      : "stream",
                 entry->name);
    }
}

static void warn_definitions(Build *b, const Scope *scope)
{
    for (int i = 0; i < scope->defs.count; i++) {
        const Def *def = scope->defs.at[i];
        if (!is_definition_used(b, def))
            warn(b, RULE_UNUSED, def->name_span, "the %s `%s` is not used", def_kind_text(def->kind),
                 def->name);
    }
}

void warn_unused(Build *b)
{
    const Scope *scopes[] = {b->file, b->model};
    for (int i = 0; i < 2; i++) {
        warn_entries(b, scopes[i]);
        warn_definitions(b, scopes[i]);
    }
}
