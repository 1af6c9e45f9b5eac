/* Neurons and surrogates: a definition's equations as the body of a scan. */
#include "build.h"

static Value named_result(const Scope *frame, const char *name)
{
    const Entry *entry = scope_own(frame, name);
    return entry && entry->kind == ENTRY_LOCAL ? entry->value : value_poison();
}

/* The last statement that assigns a name, or NULL. */
static const Stmt *assignment(const Def *def, const char *name)
{
    for (int i = def->body.count - 1; i >= 0; i--)
        if (strcmp(def->body.at[i].name, name) == 0)
            return &def->body.at[i];
    return NULL;
}

static bool assigns(const Def *def, const char *name)
{
    return assignment(def, name) != NULL;
}

/* ---- surrogates ------------------------------------------------------------------------------------- */

static const Expr *not_a_surrogate(Build *b, Span span)
{
    report(b, RULE_UNKNOWN_DEFINITION, span, "a surrogate is needed here");
    report_hint(b, "as in `surrogate = atan(2)` or `step(v - threshold, atan(2))`");
    return NULL;
}

/* Follows formals to what was given for them. NULL if it leads to no name of a surrogate. */
static const Expr *surrogate_of(Build *b, Scope **scope, const Expr *expr)
{
    for (int i = 0; i < MAX_NESTING; i++) {
        if (expr->kind != EXPR_NAME)
            return expr->kind == EXPR_CALL ? expr : not_a_surrogate(b, expr->span);
        Entry *entry = scope_find(*scope, expr->name);
        if (!entry || entry->kind != ENTRY_FORMAL)
            return expr;
        entry->used = true;
        if (!entry->expr)
            return NULL;
        expr = entry->expr;
        *scope = entry->scope;
    }
    report(b, RULE_RECURSION, expr->span, "`%s` is defined by itself", expr->name);
    return NULL;
}

static bool check_surrogate(Build *b, const Def *def)
{
    bool slope = assigns(def, "derivative"), smooth = assigns(def, "antiderivative");
    if (slope && smooth)
        return true;
    report(b, RULE_SURROGATE, def->name_span, "the surrogate `%s` does not define %s", def->name,
           slope    ? "`antiderivative`"
           : smooth ? "`derivative`"
                    : "`derivative` and `antiderivative`");
    report_hint(b, "a surrogate has both: `derivative` is used in training, `antiderivative` to check it");
    return false;
}

static Value surrogate_result(Context *c, const Scope *frame, const char *name, const Def *def)
{
    Value value = named_result(frame, name);
    if (!check_number(c->build, value, def->name_span) || !check_plain(c->build, value, def->name_span, name))
        return value_poison();
    return value;
}

static Value surrogate_value(Context *c, const Def *def, const Scope *frame, Value x)
{
    Build *b = c->build;
    bool complete = check_surrogate(b, def);
    Value slope = complete ? surrogate_result(c, frame, "derivative", def) : value_poison();
    Value smooth = complete ? surrogate_result(c, frame, "antiderivative", def) : value_poison();
    if (slope.kind == VALUE_POISON || smooth.kind == VALUE_POISON)
        return value_poison();
    if (x.kind == VALUE_NUMBER) /* always, or never */
        return value_number(x.number >= 0, unit_plain);
    c->node->body.at = c->span;
    Val a = value_lift(c, x), d = value_lift(c, slope);
    Val val = body_op3(b->arena, &c->node->body, OP_STEP, a, d, value_lift(c, smooth));
    return value_body(val, unit_plain, false);
}

/* Of one that stands in a neuron's arguments, mistakes belong there; the neuron's use is noted behind them. */
static Value use_surrogate(Context *c, const Def *def, const Call *call, Value x)
{
    Build *b = c->build;
    Scope *frame = bind_arguments(b, call);
    Use use = use_begin(b, call);
    define_fixed(b, frame, "x", def->name_span, value_body(value_lift(c, x), unit_plain, false));
    Context inner = *c;
    inner.steps = false;
    inner.streams = false;
    run_statements(&inner, frame, def);
    check_arguments(b, frame);
    Value value = surrogate_value(c, def, frame, x);
    b->use = use.outer;
    return value;
}

Value build_step(Context *c, Scope *scope, Value x, const Expr *surrogate, Span span)
{
    Build *b = c->build;
    if (!c->node) { /* a constant: nothing to differentiate */
        report(b, RULE_STEP, span, "`step` cannot be used in a constant");
        return value_poison();
    }
    const Expr *expr = surrogate_of(b, &scope, surrogate);
    if (!expr)
        return value_poison();
    Scope *home;
    const Def *def = scope_definition(scope, expr->name, SURROGATES, &home);
    if (!def) {
        unknown_definition(b, scope, expr->name, name_span(expr), SURROGATES);
        return value_poison();
    }
    vec_push(b->arena, &b->seen, def);
    Call call = call_of(def, home, expr, scope);
    return use_surrogate(c, def, &call, x);
}

/* ---- neurons ---------------------------------------------------------------------------------------- */

/* `spike = v >= 1` is a truth value, and has no slope to learn from. */
static bool check_output(Build *b, Value output, const Stmt *stmt)
{
    const Expr *value = stmt->value;
    bool above = value->kind == EXPR_BINARY && (value->op == OPERATOR_GT || value->op == OPERATOR_GE);
    if (!above || !(output.kind == VALUE_FLAG || output.truth))
        return check_number(b, output, value->span);
    const Expr *rise = expr_binary(b->arena, value->span, OPERATOR_SUBTRACT, value->left, value->right);
    report(b, RULE_TRUTH, value->span, "`%s` is a number, found a truth value", stmt->name);
    report_hint(b, "write `%s = step(%s, atan(2))`: 1 from 0 on, with the slope of an atan in training",
                stmt->name, ast_expr_text(b->arena, rise));
    return false;
}

/* What the neuron sends out: `output`, or else `spike`. */
static bool neuron_output(Context *c, const Scope *frame, const Def *def, Value *output)
{
    Build *b = c->build;
    const char *name = assigns(def, "output") ? "output" : "spike";
    if (!assigns(def, name)) {
        report(b, RULE_NEURON_OUTPUT, def->name_span, "the neuron `%s` sends nothing out", def->name);
        report_hint(
            b, "assign `spike = step(v - threshold, surrogate)`, or `output` for a value that is no spike");
        return false;
    }
    *output = named_result(frame, name);
    if (output->kind == VALUE_POISON || !check_output(b, *output, assignment(def, name)))
        return false;
    if (!unit_equal(output->unit, unit_plain)) {
        report(b, RULE_UNIT, def->name_span, "`%s` of the neuron `%s` must be a plain number, found %s", name,
               def->name, unit_text(b->arena, output->unit));
        report_hint(b, "divide it by its unit, as in `output = v / 1 mV`");
        return false;
    }
    *output = value_body(value_lift(c, *output), unit_plain, false);
    return true;
}

static bool run_neuron(Context *c, const Call *call, const Def *def, Value *output)
{
    Build *b = c->build;
    Scope *frame = bind_arguments(b, call);
    Val input = body_leaf(b->arena, &c->node->body, OP_INPUT, 0, "input");
    define_fixed(b, frame, "input", def->name_span, value_body(input, unit_plain, false));
    Use use = use_begin(b, call);
    run_statements(c, frame, def);
    check_arguments(b, frame);
    bool fine = neuron_output(c, frame, def, output);
    check_body(b, &c->node->body);
    use_end(b, &use);
    return fine;
}

StreamId build_neuron(Build *b, const Call *call, const Def *def, StreamId in, const char *name)
{
    vec_push(b->arena, &b->seen, def);
    Shape shape = stream_at(b, in)->shape;
    Node node = node_new(NODE_SCAN, call->span);
    node.name = def->name;
    vec_push(b->arena, &node.ins, in);
    Context c = {
        .build = b, .node = &node, .steps = true, .owner = def->name, .shape = shape, .span = call->span};
    Value output;
    if (!run_neuron(&c, call, def, &output))
        return NONE;
    for (int i = 0; i < node.states.count; i++)
        if (node.states.at[i].next == NO_VAL) /* a mistake was reported */
            return NONE;
    StreamKind kind = kind_of_output(b, &node, output.val);
    ScanOut out = {add_stream(b, name, def->name, kind, true, shape, call->span), output.val};
    vec_push(b->arena, &node.outs, out);
    add_node(b, node);
    return out.stream;
}

/* ---- definitions that the model does not use --------------------------------------------------------- */

/* A frame in which every formal has its default, or a value that no message mentions. */
static Call default_call(const Def *def, Scope *home)
{
    return (Call){.name = def->name, .formals = &def->formals, .caller = home, .home = home};
}

static void check_equations(Build *b, Scope *home, const Def *def)
{
    Node node = node_new(NODE_SCAN, def->span);
    Context c = {.build = b, .node = &node, .owner = def->name, .scratch = true, .span = def->span};
    c.steps = def->kind == DEF_NEURON;
    Call call = default_call(def, home);
    for (int i = 0; i < def->formals.count; i++)
        if (!def->formals.at[i].value)
            return; /* nothing is known about its arguments */
    Value x = value_body(body_leaf(b->arena, &node.body, OP_INPUT, 0, "input"), unit_plain, false);
    Value output;
    if (def->kind == DEF_NEURON)
        run_neuron(&c, &call, def, &output);
    else
        use_surrogate(&c, def, &call, x);
    check_body(b, &node.body);
}

void check_definition(Build *b, Scope *home, const Def *def)
{
    if (is_definition_used(b, def))
        return;
    if (def->kind == DEF_NEURON || def->kind == DEF_SURROGATE)
        check_equations(b, home, def);
}
