/* Statements of neurons and other definitions: states, parameters and assignments, in the order of
 * execution. */
#include "build.h"

void define_fixed(Build *b, Scope *frame, const char *name, Span span, Value value)
{
    Entry *entry = scope_define(b, frame, ENTRY_LOCAL, name, span);
    if (!entry)
        return;
    entry->value = value;
    entry->fixed = true;
}

/* What a memory knows from the batches before: a parameter that nothing learns. */
static Val kept_state(Context *c, const Stmt *stmt, double initial)
{
    Build *b = c->build;
    const char *name = arena_printf(b->arena, "%s_%s", stmt->name, b->binding);
    ParamId id = net_param(b->net, name, units_stored(c->shape, c->kept_steps), blamed(b, c->span));
    Param *param = &b->net->params.at[id];
    param_starts_at(b->net, param, initial);
    param->frozen = param->kept = true;
    param->group = name_neurons;
    StreamId values = units_stream(b, param->name, id, c->shape, c->kept_steps, c->span);
    vec_push(b->arena, &c->node->ins, values);
    return body_leaf(b->arena, &c->node->body, OP_INPUT, c->node->ins.count - 1, stmt->name);
}

static void run_state(Context *c, Scope *frame, const Stmt *stmt)
{
    Build *b = c->build;
    Value initial = eval(c, frame, stmt->value);
    if (initial.kind != VALUE_NUMBER && initial.kind != VALUE_POISON) {
        report(b, RULE_CONSTANT, stmt->value->span, "the initial value of `%s` must be a constant number",
               stmt->name);
        initial = value_poison();
    }
    if (initial.kind == VALUE_NUMBER && !check_held(b, initial.number, initial.span))
        initial = value_poison();
    Entry *entry = scope_define(b, frame, ENTRY_LOCAL, stmt->name, stmt->name_span);
    if (!entry)
        return;
    entry->state = c->node->states.count;
    State state = {.name = stmt->name, .initial = initial.number, .next = NO_VAL};
    vec_push(b->arena, &c->node->states, state);
    Val val = c->keeps ? kept_state(c, stmt, initial.number)
                       : body_leaf(b->arena, &c->node->body, OP_STATE, entry->state, stmt->name);
    entry->value = initial.kind == VALUE_POISON ? initial : value_body(val, initial.unit, false);
}

/* Which axes of `whole` it has: `per neuron`, `per c`, `per [y, x]`; without, it is one number. */
static bool param_shape(Build *b, const Scope *scope, const Stmt *stmt, Shape whole, Shape *shape)
{
    AxisSet axes;
    bool neuron = stmt->per && stmt->per->kind == EXPR_NAME && stmt->per->name == name_neuron;
    *shape = neuron ? whole : (Shape){0};
    if (!stmt->per || neuron)
        return true;
    if (!named_axes(b, scope, stmt->per, whole, 0, &axes))
        return false;
    *shape = shape_part(whole, axes.space);
    return true;
}

static void run_param(Context *c, Scope *frame, const Stmt *stmt)
{
    Build *b = c->build;
    Param param = {.group = name_neurons};
    bool fine = read_param(b, frame, stmt, (Fans){0}, &param);
    Entry *entry = scope_define(b, frame, ENTRY_LOCAL, stmt->name, stmt->name_span);
    if (!entry)
        return;
    entry->fixed = true;
    int index = c->node->params.count;
    ParamId id = NONE;
    if (!c->scratch && param_shape(b, frame, stmt, c->shape, &param.shape))
        id = add_read_param(b, arena_printf(b->arena, "%s_%s_%s", c->owner, stmt->name, b->binding), &param,
                            c->span);
    vec_push(b->arena, &c->node->params, id);
    Val val = body_leaf(b->arena, &c->node->body, OP_PARAM, index, stmt->name);
    entry->value = fine && (c->scratch || id != NONE) ? value_body(val, unit_plain, false) : value_poison();
}

static void assign_state(Context *c, Entry *entry, const Stmt *stmt, Value value)
{
    Build *b = c->build;
    if (!check_number(b, value, stmt->value->span))
        return;
    if (value.kind == VALUE_POISON || entry->value.kind == VALUE_POISON)
        return;
    if (!unit_equal(value.unit, entry->value.unit)) {
        report(b, RULE_UNIT, stmt->value->span, "the state `%s` is %s, found %s", stmt->name,
               unit_text(b->arena, entry->value.unit), unit_text(b->arena, value.unit));
        return;
    }
    Val val = value_lift(c, value);
    body_name(&c->node->body, val, stmt->name);
    entry->value = value_body(val, value.unit, false);
}

/* Where an expression names something, or NULL. */
static const Expr *find_use(const Expr *expr, const char *name)
{
    if (!expr || (expr->kind == EXPR_NAME && expr->name == name))
        return expr;
    const Expr *use = find_use(expr->left, name);
    use = use ? use : find_use(expr->right, name);
    for (int i = 0; !use && i < expr->args.count; i++)
        use = find_use(expr->args.at[i].value, name);
    return use;
}

/* `v = v + input` without a value that it begins with. */
static bool check_first(Build *b, const Scope *frame, const Stmt *stmt)
{
    const Expr *use = find_use(stmt->value, stmt->name);
    if (!use || is_constant_name(stmt->name) || scope_find(frame, stmt->name))
        return true;
    report(b, RULE_UNKNOWN_NAME, use->span, "`%s` has no value yet", stmt->name);
    report_hint(b, "what is kept from step to step is a state: write `state %s = 0` above", stmt->name);
    return false;
}

static void run_assign(Context *c, Scope *frame, const Stmt *stmt)
{
    Build *b = c->build;
    Value value = check_first(b, frame, stmt) ? eval(c, frame, stmt->value) : value_poison();
    Entry *entry = scope_own(frame, stmt->name);
    if (entry && !check_assignable(b, entry, stmt->name, stmt->name_span))
        return;
    if (!entry)
        entry = scope_define(b, frame, ENTRY_LOCAL, stmt->name, stmt->name_span);
    if (!entry)
        return;
    if (entry->state != NONE) {
        assign_state(c, entry, stmt, value);
        return;
    }
    if (value.kind == VALUE_BODY)
        body_name(&c->node->body, value.val, stmt->name);
    else if (value.kind == VALUE_SCALAR)
        body_name(&b->net->schedule.body, value.val, stmt->name);
    entry->value = value;
}

static bool check_statement(Context *c, const Def *def, const Stmt *stmt)
{
    bool fine = stmt->kind == STMT_ASSIGN || stmt->kind == STMT_EXPECT || def->kind == DEF_NEURON
                || ((def->kind == DEF_OPTIMIZER || def->kind == DEF_MEMORY) && stmt->kind == STMT_STATE);
    if (!fine) {
        report(c->build, RULE_STATEMENT, stmt->span, "%s %s cannot have a %s",
               def->kind == DEF_SURROGATE || def->kind == DEF_MEMORY ? "a" : "an", def_kind_text(def->kind),
               stmt->kind == STMT_STATE ? "state" : "learned parameter");
    }
    return fine;
}

static void run_expects(Context *c, Scope *frame, const Def *def)
{
    for (int i = 0; i < def->body.count; i++)
        if (def->body.at[i].kind == STMT_EXPECT)
            run_expect(c, frame, def, &def->body.at[i]);
}

void run_statements(Context *c, Scope *frame, const Def *def)
{
    int errors = c->build->diag->errors;
    for (int i = 0; i < def->body.count; i++) {
        const Stmt *stmt = &def->body.at[i];
        if (!check_statement(c, def, stmt))
            continue;
        switch (stmt->kind) {
        case STMT_STATE: run_state(c, frame, stmt); break;
        case STMT_PARAM: run_param(c, frame, stmt); break;
        case STMT_EXPECT: break;
        case STMT_ASSIGN: run_assign(c, frame, stmt); break;
        }
    }
    if (c->build->diag->errors == errors)
        run_expects(c, frame, def);
    else if (c->build->mute == 0)
        hint_expected(c, frame, def);
    for (int i = 0; i < frame->entries.count; i++) {
        const Entry *entry = frame->entries.at[i];
        if (entry->kind == ENTRY_LOCAL && entry->state != NONE && entry->value.kind == VALUE_BODY)
            c->node->states.at[entry->state].next = entry->value.val;
    }
}

/* ---- results ----------------------------------------------------------------------------------------- */

Value named_result(const Scope *frame, const char *name)
{
    const Entry *entry = scope_own(frame, name);
    return entry && entry->kind == ENTRY_LOCAL ? entry->value : value_poison();
}

const Stmt *assignment(const Def *def, const char *name)
{
    for (int i = def->body.count - 1; i >= 0; i--)
        if (def->body.at[i].name == name)
            return &def->body.at[i];
    return NULL;
}

bool assigns(const Def *def, const char *name)
{
    return assignment(def, name) != NULL;
}
