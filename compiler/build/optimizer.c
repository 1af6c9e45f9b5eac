/* The optimizer of a train block: its equations as the body of an update. */
#include "../literal.h"
#include "build.h"

static Val clamp(Build *b, Body *body, Val x, double bound)
{
    Val low = body_op2(b->arena, body, OP_MAX, x, body_const(b->arena, body, -bound));
    return body_op2(b->arena, body, OP_MIN, low, body_const(b->arena, body, bound));
}

/* The gradient as the equations see it: clipped. */
static Value gradient_value(Build *b, Body *body)
{
    const Training *training = &b->net->training;
    Val gradient = body_leaf(b->arena, body, OP_INPUT, 0, name_gradient);
    if (training->clip_norm > 0) {
        Val scale = body_leaf(b->arena, body, OP_SCALAR, SCALAR_SCALE, scalar_name(SCALAR_SCALE));
        gradient = body_op2(b->arena, body, OP_MUL, gradient, scale);
    }
    if (training->clip_value > 0)
        gradient = clamp(b, body, gradient, training->clip_value);
    return value_body(gradient, unit_plain, false);
}

/* ---- the update -------------------------------------------------------------------------------------- */

static Value scalar_leaf(Build *b, Body *body, Scalar scalar)
{
    return value_body(body_leaf(b->arena, body, OP_SCALAR, (int)scalar, scalar_name(scalar)), unit_plain,
                      false);
}

static Value scalar_of(Build *b, Body *body, Value rate, Span span, int *number)
{
    *number = scalar_shown(b, rate.val, name_rate, span);
    return value_body(body_leaf(b->arena, body, OP_SCALAR, SCALAR_COUNT + *number, name_lr), unit_plain,
                      false);
}

/* The learning rate of this update, as an equation sees it. */
static Value rate_now(Build *b, const Entry *lr, Body *body)
{
    Value rate = build_rate(b, lr->scope, lr->expr, true);
    if (rate.kind != VALUE_SCALAR)
        return scalar_leaf(b, body, SCALAR_LR);
    const Instr *made = &b->net->schedule.body.code.at[rate.val];
    return made->op == OP_SCALAR && made->index == SCALAR_LR
               ? scalar_leaf(b, body, SCALAR_LR)
               : scalar_of(b, body, rate, lr->expr->span, &b->net->training.rate);
}

/* The same of a group: the command line knows of one learning rate only, the main one. */
static Value group_rate(Build *b, const Entry *lr, Body *body, ParamGroup *group)
{
    Value rate = build_rate(b, lr->scope, lr->expr, false);
    return rate.kind == VALUE_SCALAR ? scalar_of(b, body, rate, lr->expr->span, &group->rate) : rate;
}

/* The names that every optimizer sees. `weight` is like a state: equations assign it. */
static Entry *define_names(Build *b, Scope *frame, const Def *def, Body *body, ParamGroup *group)
{
    define_fixed(b, frame, name_gradient, def->name_span, gradient_value(b, body));
    define_fixed(b, frame, name_step, def->name_span, scalar_leaf(b, body, SCALAR_STEP));
    Entry *weight = scope_define(b, frame, ENTRY_LOCAL, name_weight, def->name_span);
    if (weight)
        weight->value = value_body(body_leaf(b->arena, body, OP_INPUT, 1, name_weight), unit_plain, false);
    Entry *lr = frame->entries.at[0];
    lr->used = true;
    lr->value = group ? group_rate(b, lr, body, group) : rate_now(b, lr, body);
    lr->progress = ENTRY_DONE;
    return weight;
}

static bool check_states(Build *b, const Def *def)
{
    int states = 0;
    for (int i = 0; i < def->body.count; i++) {
        const Stmt *stmt = &def->body.at[i];
        if (stmt->kind != STMT_STATE || ++states <= MAX_STATES)
            continue;
        report(b, RULE_OPTIMIZER, stmt->span, "an optimizer has at most %d states, `%s` is one more",
               MAX_STATES, stmt->name);
        return false;
    }
    return true;
}

static bool check_optimizer(Build *b, const Def *def)
{
    if (def->formals.count == 0 || def->formals.at[0].name != name_lr) {
        report(b, RULE_OPTIMIZER, def->name_span, "the first parameter of the optimizer `%s` must be `lr`",
               def->name);
        report_hint(b, "it holds the learning rate of the moment");
        return false;
    }
    if (!check_states(b, def))
        return false;
    for (int i = 0; i < def->body.count; i++)
        if (def->body.at[i].name == name_weight)
            return true;
    report(b, RULE_OPTIMIZER, def->name_span, "the optimizer `%s` does not change `weight`", def->name);
    report_hint(b, "as in `weight = weight - lr * gradient`");
    return false;
}

/* ---- in words ---------------------------------------------------------------------------------------- */

static const char *number_text(Build *b, double number)
{
    char digits[LITERAL_SIZE];
    return arena_printf(b->arena, "%s", literal_number(digits, number));
}

/* The learning rate as the model has it. */
static const char *rate_text(Build *b, const Entry *lr, const ParamGroup *group)
{
    bool number = group ? lr->value.kind == VALUE_NUMBER : b->net->training.rate == NONE;
    double rate = group ? lr->value.number : b->net->training.lr;
    return number ? number_text(b, rate) : ast_expr_text(b->arena, lr->expr);
}

static const char *argument_text(Build *b, const Entry *entry)
{
    if (entry->value.kind == VALUE_NUMBER)
        return arena_printf(b->arena, ", %s = %s", entry->name, number_text(b, entry->value.number));
    if (entry->value.kind == VALUE_SCALAR)
        return arena_printf(b->arena, ", %s = %s", entry->name, ast_expr_text(b->arena, entry->expr));
    if (entry->value.kind == VALUE_FLAG)
        return arena_printf(b->arena, entry->value.flag ? ", %s" : ", %s = false", entry->name);
    return "";
}

static const char *clip_text(Build *b, const char *name, double clip)
{
    return clip > 0 ? arena_printf(b->arena, ", %s %s", name, number_text(b, clip)) : "";
}

static const char *call_text(Build *b, const Def *def, const Scope *frame, const ParamGroup *group)
{
    const char *text =
        arena_printf(b->arena, "%s(lr = %s", def->name, rate_text(b, frame->entries.at[0], group));
    for (int i = 1; i < frame->entries.count; i++) {
        const Entry *entry = frame->entries.at[i];
        if (entry->kind == ENTRY_FORMAL && entry->given)
            text = arena_printf(b->arena, "%s%s", text, argument_text(b, entry));
    }
    return arena_printf(b->arena, "%s)", text);
}

static const char *learning_text(Build *b, const char *call)
{
    const Training *training = &b->net->training;
    return arena_printf(b->arena, "%s%s%s", call, clip_text(b, name_clip_norm, training->clip_norm),
                        clip_text(b, name_clip_value, training->clip_value));
}

static void finish_group(Build *b, ParamGroup group, const Node *optimizer, const char *call)
{
    Training *training = &b->net->training;
    group.optimizer = *optimizer;
    vec_push(b->arena, &b->net->groups, group);
    training->learning = arena_printf(b->arena, "%s, %s by %s", training->learning, group.name, call);
}

static bool has_group(const Build *b, const char *name)
{
    for (ParamId p = 0; p < b->net->params.count; p++)
        if (b->net->params.at[p].group == name)
            return true;
    return false;
}

static bool is_usual(const char *group)
{
    return !group || group == name_weights || group == name_biases || group == name_neurons
           || group == name_delays || group == name_places;
}

void check_parameters(Build *b)
{
    for (ParamId p = 0; p < b->net->params.count; p++) {
        const Param *param = &b->net->params.at[p];
        bool found = is_usual(param->group);
        for (int g = 0; g < b->net->groups.count; g++)
            found = found || b->net->groups.at[g].name == param->group;
        if (found)
            continue;
        report(b, RULE_OPTIMIZER, param->span, "the group `%s` has no optimizer", param->group);
        report_hint(b, "write `optimizer %s -> sgd(0.1)` in the train block", param->group);
    }
}

bool check_group(Build *b, const char *name, Span span)
{
    if (has_group(b, name))
        return true;
    report(b, RULE_OPTIMIZER, span, "no parameter is of the group `%s`", name);
    Names names = {0};
    for (ParamId p = 0; p < b->net->params.count; p++) {
        bool known = !b->net->params.at[p].group;
        for (int i = 0; i < names.count; i++)
            known = known || names.at[i] == b->net->params.at[p].group;
        if (!known)
            vec_push(b->arena, &names, b->net->params.at[p].group);
    }
    hint_known(b, "groups", name, &names);
    return false;
}

static void run_optimizer(Build *b, const Def *def, const Call *call, const char *name)
{
    ParamGroup group = {.name = name, .rate = NONE, .span = call->span};
    Node node = node_new(NODE_UPDATE, call->span);
    node.name = def->name;
    Context c = {.build = b, .node = &node, .owner = def->name, .span = call->span};
    Scope *frame = bind_arguments(b, call);
    if (frame->entries.at[0]->progress == ENTRY_DONE) /* no lr: reported */
        return;
    Use use = use_begin(b, call);
    Entry *weight = define_names(b, frame, def, &node.body, name ? &group : NULL);
    run_statements(&c, frame, def);
    check_arguments(b, frame);
    check_body(b, &node.body);
    if (weight && check_number(b, weight->value, def->name_span)
        && check_plain(b, weight->value, def->name_span, "`weight`") && weight->value.kind != VALUE_POISON) {
        ScanOut out = {NONE, value_lift(&c, weight->value)};
        vec_push(b->arena, &node.outs, out);
    }
    use_end(b, &use);
    const char *text = call_text(b, def, frame, name ? &group : NULL);
    if (name) {
        finish_group(b, group, &node, text);
        return;
    }
    b->net->optimizer = node;
    b->net->training.learning = learning_text(b, text);
}

void build_optimizer(Build *b, Scope *scope, const Expr *expr, const char *group)
{
    if (expr->kind != EXPR_CALL && expr->kind != EXPR_NAME) {
        report(b, RULE_OPTIMIZER, expr->span, "an optimizer is needed here");
        report_hint(b, "as in `optimizer adam(lr = 1e-3)`");
        return;
    }
    Scope *home;
    const Def *def = scope_definition(scope, expr->name, OPTIMIZERS, &home);
    if (!def) {
        unknown_definition(b, scope, expr->name, name_span(expr), OPTIMIZERS);
        return;
    }
    vec_push(b->arena, &b->seen, def);
    if (!group)
        b->net->training.optimizer = def->name;
    Call call = call_of(def, home, expr, scope);
    if (check_optimizer(b, def))
        run_optimizer(b, def, &call, group);
}
