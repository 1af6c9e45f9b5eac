/* Initial values: formulas that may draw random numbers, and initializers, which are such formulas with a name. */
#include "build.h"

/* ---- places ---- */

static Value place_along(Context *c, int d, const char *axis)
{
    return value_body(body_leaf(c->build->arena, &c->node->body, OP_POSITION, d, axis), unit_plain, false);
}

/* position(inputs): which input the weight is of, from 0. */
static Value eval_position(Context *c, Scope *scope, const Expr *call)
{
    Build *b = c->build;
    if (!check_count(b, call, 1))
        return value_poison();
    if (c->scratch) /* of weights that nobody knows yet */
        return place_along(c, 0, name_position);
    if (c->fans.inputs == 0) {
        report(b, RULE_INITIALIZER, call->span,
               "`position` is for the weights of a connection, found in a %s",
               c->streams ? "formula of streams" : "neuron");
        report_hint(b, "as in `dense(100, init = position(inputs) / 100)`");
        return value_poison();
    }
    int d = named_axis(b, scope, call->args.at[0].value, c->fans.shape, 0, call->name);
    c->node->body.at = call->span;
    return d < 0 ? value_poison() : place_along(c, d, shape_axis(c->fans.shape, d));
}

/* ---- initializers ---- */

static bool names_fans(const Expr *expr)
{
    if (!expr)
        return false;
    bool names = expr->kind == EXPR_NAME && (expr->name == name_inputs || expr->name == name_outputs);
    for (int i = 0; i < expr->args.count; i++)
        names = names || names_fans(expr->args.at[i].value);
    return names || names_fans(expr->left) || names_fans(expr->right);
}

/* `inputs` and `outputs` mean something for the weights of a connection. */
static bool define_fans(Context *c, Scope *frame, const Def *def, const Call *call)
{
    Build *b = c->build;
    bool needed = false;
    for (int i = 0; i < def->body.count; i++)
        needed = needed || names_fans(def->body.at[i].value);
    if (needed && c->fans.inputs == 0) {
        report(b, RULE_INITIALIZER, call->span,
               "`%s` is for the weights of a connection: a %s has no `inputs`", def->name,
               c->noise ? "formula of streams" : "neuron's parameter");
        report_hint(b, "as in `%suniform(0, 1)` or `%snormal(1, 0.1)`",
                    c->noise ? "x + " : "param w = ", c->noise ? "x + " : "param w = ");
        return false;
    }
    define_fixed(b, frame, name_inputs, def->name_span, value_number(c->fans.inputs, unit_plain));
    define_fixed(b, frame, name_outputs, def->name_span, value_number(c->fans.outputs, unit_plain));
    return true;
}

Value use_initializer(Context *c, const Def *def, const Call *call)
{
    Build *b = c->build;
    vec_push(b->arena, &b->seen, def);
    Scope *frame = bind_arguments(b, call);
    if (!assigns(def, name_value)) {
        report(b, RULE_INITIALIZER, def->name_span, "the initializer `%s` does not assign `value`",
               def->name);
        report_hint(b, "as in `value = uniform(-0.1, 0.1)`");
        return value_poison();
    }
    if (!define_fans(c, frame, def, call))
        return value_poison();
    Use use = use_begin(b, call);
    run_statements(c, frame, def);
    check_arguments(b, frame);
    use_end(b, &use);
    Value value = named_result(frame, name_value);
    Instr *instr = value.kind == VALUE_BODY ? &c->node->body.code.at[value.val] : NULL;
    if (instr && instr->name == name_value) /* what it is of says what it is */
        instr->name = NULL;
    return value;
}

static Value eval_initializer(Context *c, Scope *scope, const Expr *expr)
{
    Scope *home;
    const Def *def = scope_definition(scope, expr->name, INITIALIZERS, &home);
    Call call = call_of(def, home, expr, scope);
    return use_initializer(c, def, &call);
}

Value eval_draw(Context *c, Scope *scope, const Expr *call)
{
    Build *b = c->build;
    if (!c->draws && !c->noise) {
        const char *text = ast_expr_text(b->arena, call);
        report(b, RULE_INITIALIZER, call->span,
               "`%s` is for initial values and formulas of streams, and cannot be used here", call->name);
        report_hint(b, "as in `dense(100, init = %s)`, `param w = %s` or `x + %s`", text, text, text);
        return value_poison();
    }
    if (call->name == name_uniform)
        return eval_uniform(c, scope, call);
    if (call->name == name_position)
        return eval_position(c, scope, call);
    if (call->name != name_orthogonal)
        return eval_initializer(c, scope, call);
    report(b, RULE_INITIALIZER, call->span,
           "`orthogonal` makes a whole matrix: it cannot be part of a formula");
    report_hint(b, "its size is its argument, as in `init = orthogonal(0.5)`");
    return value_poison();
}

/* ---- of a parameter ---- */

Fans fans_of(const AxisMap *map)
{
    const MapAxis *mixed = map_mixed(map);
    int rows = map_rows(map), taps = mixed ? rows / (mixed->in / map->groups) : rows;
    Fans fans = {.inputs = rows, .outputs = mixed ? mixed->out * taps : taps};
    fans.shape.ndim = map_weight_dims(map, fans.shape.dims);
    map_weight_axes(map, fans.shape.axes);
    return fans;
}

bool draws(Scope *scope, const Expr *expr)
{
    if (!expr)
        return false;
    bool found = is_draw(scope, expr);
    for (int i = 0; i < expr->args.count; i++)
        found = found || draws(scope, expr->args.at[i].value);
    return found || draws(scope, expr->left) || draws(scope, expr->right);
}

/* `init = start` in a block that was given `start = uniform(0, 1)`. Numbers stay with the name, which may have a unit. */
static const Expr *given_for(Scope **scope, const Expr *expr)
{
    const Expr *found = expr;
    Scope *at = *scope;
    for (int i = 0; i < MAX_NESTING && found->kind == EXPR_NAME; i++) {
        Entry *entry = scope_find(at, found->name);
        if (!entry || entry->kind != ENTRY_FORMAL || !entry->expr)
            break;
        found = entry->expr;
        at = entry->scope;
        if (!draws(at, found))
            continue;
        entry->used = true;
        *scope = at;
        return found;
    }
    return expr;
}

/* A name of equations, whose value there is none of before they run. */
static bool is_of_equations(const Scope *scope, const Expr *expr)
{
    if (!expr)
        return false;
    const Entry *entry = expr->kind == EXPR_NAME ? scope_find(scope, expr->name) : NULL;
    bool is = entry && entry->kind == ENTRY_LOCAL && entry->value.kind == VALUE_BODY;
    for (int i = 0; i < expr->args.count; i++)
        is = is || is_of_equations(scope, expr->args.at[i].value);
    return is || is_of_equations(scope, expr->left) || is_of_equations(scope, expr->right);
}

/* The flag that the use of a block switches on, or NULL. */
static const Entry *given_flag(const Scope *frame)
{
    for (int i = 0; i < frame->entries.count; i++) {
        const Entry *entry = frame->entries.at[i];
        if (entry->kind == ENTRY_FORMAL && entry->given && entry->value.kind == VALUE_FLAG
            && entry->value.flag)
            return entry;
    }
    return NULL;
}

/* `learned(max = 5, width = schedule, learn_width)`: what changes by itself is not learned, too. */
static void not_initial(Build *b, const Scope *scope, Value value, const Expr *expr)
{
    report(b, RULE_CONSTANT, value.span,
           "an initial value cannot be made of what changes during the training");
    const Entry *entry = expr->kind == EXPR_NAME ? scope_own(scope, expr->name) : NULL;
    const Entry *flag = entry && entry->given ? given_flag(scope) : NULL;
    if (flag)
        report_hint(b, "leave out `%s`, or say a number that learning begins with, as in `%s = 1`",
                    flag->name, entry->name);
    else
        report_hint(b, "say a number, or one that is drawn, as in `uniform(0, 1)`");
}

static bool check_initial(Build *b, Scope *scope, Value value, const Expr *expr, const char *what)
{
    if (value.kind == VALUE_POISON)
        return false;
    if (value.kind == VALUE_SCALAR) {
        not_initial(b, scope, value, expr);
        return false;
    }
    if (value.kind == VALUE_FLAG || value.truth || is_of_equations(scope, expr)) {
        report(b, RULE_CONSTANT, expr->span, "%s must be a constant number, or drawn at random", what);
        return false;
    }
    return check_plain(b, value, expr->span, what)
           && (value.kind != VALUE_NUMBER || check_held(b, value.number, value.span));
}

static Value initial_value(Context *c, Scope *scope, const Expr *expr)
{
    if (is_of_equations(scope, expr)) /* of another body: reported by check_initial */
        return value_flag(false);
    bool other = expr->kind != EXPR_NAME || scope_find(scope, expr->name) || is_constant_name(expr->name);
    if (!other && !is_draw(scope, expr)) {
        unknown_definition(c->build, scope, expr->name, expr->span, INITIALIZERS);
        return value_poison();
    }
    return other ? eval(c, scope, expr) : eval_draw(c, scope, expr);
}

/* orthogonal(gain): what normal() draws, made orthogonal. */
static const Expr *orthogonal_of(Build *b, Param *param, Scope *scope, const Expr *expr, Fans fans)
{
    static const char *const names[] = {name_gain, name_none, NULL};
    Formals formals = formals_of(b, names);
    Call call = {
        .name = name_orthogonal, .span = expr->span, .formals = &formals, .caller = scope, .home = scope};
    call.args = expr->kind == EXPR_CALL ? &expr->args : NULL;
    const Scope *frame = bind_arguments(b, &call);
    const Entry *gain = given_argument(frame, name_gain);
    param->orthogonal = 1;
    if (frame->wrong || (gain && !constant_plain(b, gain->scope, gain->expr, "`gain`", &param->orthogonal)))
        return NULL;
    if (param->orthogonal <= 0) {
        report(b, RULE_RANGE, expr->span, "the gain of `orthogonal` must be above 0, found %.15g",
               param->orthogonal);
        return NULL;
    }
    if (fans.inputs == 0 || param->shape.ndim < 2) {
        report(b, RULE_INITIALIZER, expr->span,
               "`orthogonal` is for the weights of a connection: a %s is no matrix",
               fans.inputs == 0 ? "neuron's parameter" : "list of them");
        return NULL;
    }
    return expr_call(b->arena, expr->span, name_normal, expr->span, (Args){0});
}

bool build_init(Build *b, Param *param, Scope *scope, const Expr *expr, Fans fans, const char *what)
{
    expr = given_for(&scope, expr);
    bool orthogonal = (expr->kind == EXPR_CALL || expr->kind == EXPR_NAME) && expr->name == name_orthogonal
                      && !scope_find(scope, expr->name);
    if (orthogonal) {
        expr = orthogonal_of(b, param, scope, expr, fans);
        scope = b->library;
        if (!expr)
            return false;
    }
    Node *init = NEW(b->arena, Node);
    *init = node_new(NODE_SCAN, expr->span);
    Context c = {.build = b, .node = init, .owner = what, .fans = fans, .draws = true, .span = expr->span};
    Value value = initial_value(&c, scope, expr);
    check_body(b, &init->body);
    if (!check_initial(b, scope, value, expr, what))
        return false;
    ScanOut out = {NONE, value_lift(&c, value)};
    vec_push(b->arena, &init->outs, out);
    param->init = init;
    return true;
}
