/* The ends of a model: what it predicts, and how it is trained. */
#include "build.h"

#include <limits.h>
#include <string.h>

/* `out -> argmax` as argmax(out). */
static const Expr *end_of(Build *b, const Expr *expr)
{
    return expr->kind == EXPR_CHAIN ? chained_call(b, expr->left, expr->right) : expr;
}

/* argmax(e), cross_entropy(e, label), ...: a call of `count` positional arguments. */
static bool check_end(Build *b, const Expr *expr, int count, Rule rule, const char *example)
{
    bool fine = expr->kind == EXPR_CALL && expr->args.count == count;
    for (int i = 0; fine && i < count; i++)
        fine = !expr->args.at[i].name;
    if (!fine) {
        report(b, rule, expr->span, "a call like `%s` is needed here", example);
    }
    return fine;
}

/* Whether it has one value a sample or, if it `may`, as many steps as samples have, which their labels and targets are of. */
static bool check_predicted(Build *b, StreamId stream, Span span, bool may)
{
    int steps = stream_at(b, stream)->steps;
    if (!may || steps == b->net->steps)
        return may || check_temporal(b, stream, span, false);
    if (steps == 0)
        return true;
    report(b, RULE_TEMPORAL, span, "what is predicted at each step has as many as a sample, %d, found %d",
           b->net->steps, steps);
    report_hint(b, "`upsample(2, along = time)` makes more, `dense(%d, along = time)` any number",
                b->net->steps);
    return false;
}

/* The scores of the classes, one value each, and over time only where labels are. NONE if it was reported. */
static StreamId build_scores(Build *b, const Expr *expr, const char *what)
{
    b->binding = what;
    StreamId scores = build_stream(b, b->model, expr, NULL);
    if (scores == NONE || !check_temporal(b, scores, expr->span, b->net->data.label_temporal)
        || !check_predicted(b, scores, expr->span, b->net->data.label_temporal)
        || !check_classes(b, scores, expr->span))
        return NONE;
    return scores;
}

/* What is predicted, for each step only if it `may` be. NONE if it was reported. */
static StreamId build_numbers(Build *b, const Expr *expr, const char *name, bool may)
{
    b->binding = name ? name : "predict";
    StreamId numbers = build_stream(b, b->model, expr, NULL);
    return numbers != NONE && check_predicted(b, numbers, expr->span, may) ? numbers : NONE;
}

/* `argmax(x)`: the class with the greatest score, one a class unless it has a name. */
static StreamId build_class(Build *b, const Item *item, const Expr *scores)
{
    if (!item->name && b->net->data.classes > 0)
        return build_scores(b, scores, "predict");
    return build_numbers(b, scores, item->name, b->net->data.label_temporal);
}

/* `argmax(x, over = time)`: numbers as any others. */
static bool goes_over(const Expr *call)
{
    bool over = false;
    for (int i = 0; i < call->args.count; i++)
        over = over || call->args.at[i].name == name_over || call->args.at[i].name == name_per;
    return over;
}

void build_predict(Build *b, const Item *item)
{
    const Expr *expr = end_of(b, item->value);
    Node node = node_new(NODE_PREDICT, item->span);
    node.name = item->name;
    node.class = expr->kind == EXPR_CALL && expr->name == name_argmax && !goes_over(expr);
    if (node.class && !check_end(b, expr, 1, RULE_PREDICT, "argmax(rate(out))"))
        return;
    if (!node.class && !item->name && b->data_known && b->net->data.target.ndim == 0) {
        report(b, RULE_PREDICT, expr->span, "a call like `argmax(rate(out))` is needed here");
        report_hint(b, "numbers are predicted with a name, as in `predict rates = rate(out)`, or where the "
                       "data line has "
                       "a `target`");
        return;
    }
    b->binding = item->name ? item->name : "predict";
    enter_phrase(b, item->span);
    node.in = node.class ? build_class(b, item, expr->args.at[0].value)
                         : build_numbers(b, item->value, item->name, b->net->data.target_temporal);
    if (node.in != NONE)
        add_node(b, node);
    b->phrase = NONE;
}

/* ---- loss ------------------------------------------------------------------------------------------- */

/* A loss of the library, of scores against the label alone, has kernels of its own. */
static bool is_known_loss(Build *b, const Expr *expr, LossKind *kind)
{
    Scope *home = NULL;
    bool call = expr->kind == EXPR_CALL && expr->args.count == 2 && !expr->args.at[0].name
                && !expr->args.at[1].name && expr->args.at[1].value->kind == EXPR_NAME
                && scope_definition(b->model, expr->name, STAGES, &home) && home == b->library;
    const Entry *entry = call ? scope_find(b->model, expr->args.at[1].value->name) : NULL;
    bool label = entry && entry->kind == ENTRY_LABEL && entry->name == name_label && b->net->data.classes > 0
                 && !b->net->data.label_temporal;
    for (*kind = label ? 0 : LOSS_VALUE; *kind < LOSS_VALUE; (*kind)++)
        if (loss_name(*kind) == expr->name)
            return true;
    return false;
}

static bool check_loss_name(Build *b, const Expr *expr, bool metric)
{
    Scope *home;
    if (expr->kind != EXPR_CALL || is_function(b, expr->name)
        || scope_definition(b->model, expr->name, STAGES, &home))
        return true;
    report(b, RULE_LOSS, expr->name_span, "unknown %s `%s`", metric ? "metric" : "loss", expr->name);
    Names candidates = {0};
    vec_push(b->arena, &candidates, name_cross_entropy);
    vec_push(b->arena, &candidates, name_mse);
    vec_push(b->arena, &candidates, name_mae);
    hint_known(b, "losses", expr->name, &candidates);
    return false;
}

static bool is_single(const Build *b, StreamId measure)
{
    const Stream *stream = &b->net->streams.at[measure];
    return !stream->steps && stream->shape.ndim == 0;
}

/* The first part of a sum that is not one number a sample; it is built once more for that. */
static Span wrong_part(Build *b, const Expr *expr)
{
    b->mute++;
    Value value = build_value(b, b->model, expr, NULL);
    b->mute--;
    bool single = value.kind != VALUE_STREAM || is_single(b, value.stream);
    bool sum = expr->kind == EXPR_BINARY && (expr->op == OPERATOR_ADD || expr->op == OPERATOR_SUBTRACT);
    if (single || !sum)
        return single ? (Span){0, 0} : expr->span;
    Span left = wrong_part(b, expr->left), right = left.hi ? left : wrong_part(b, expr->right);
    return right.hi ? right : expr->span;
}

/* One number a sample. */
static bool check_single(Build *b, StreamId measure, const Expr *expr, const char *what)
{
    if (is_single(b, measure))
        return true;
    Span span = wrong_part(b, expr);
    if (!check_temporal(b, measure, span, false))
        return false;
    report(b, RULE_LOSS, span, "a %s is one number a sample, found %s", what,
           shape_text(b->arena, stream_at(b, measure)->shape));
    report_hint(b, "as in `mean(x ^ 2, over = all)` or `cross_entropy(x, label)`");
    return false;
}

/* What is the same for all samples, as a sum of squared weights or a mean over the batch, is so much of each of them. */
static StreamId of_each_sample(Build *b, StreamId measure, const char *name, Span span)
{
    if (stream_at(b, measure)->batched)
        return measure;
    Node node = node_new(NODE_SCAN, span);
    node.name = "map";
    node.formula = true;
    node.batched = true;
    vec_push(b->arena, &node.ins, measure);
    node.body.at = span;
    Val value = body_leaf(b->arena, &node.body, OP_INPUT, 0, stream_at(b, measure)->name);
    return add_map(b, node, value, name);
}

/* A loss or another measure: one number a sample, in which the label has a meaning. NONE if a mistake was reported;
 * `what` it is, in messages. */
static StreamId build_measure(Build *b, const Expr *expr, const char *name, const char *what)
{
    if (!check_loss_name(b, end_of(b, expr), strcmp(what, "metric") == 0))
        return NONE;
    b->binding = name;
    b->in_loss = true;
    Value value = build_value(b, b->model, expr, NULL);
    StreamId measure = stream_of(b, value, expr->span);
    if (measure != NONE && check_plain(b, value, expr->span, "a stream"))
        measure = check_single(b, measure, expr, what) ? of_each_sample(b, measure, NULL, expr->span) : NONE;
    else
        measure = NONE;
    b->in_loss = false;
    return measure;
}

/* Whether a scan computes with anything that it is given. */
static bool scan_is_given(Build *b, const Node *scan, bool *inputs)
{
    const Body *body = &scan->body;
    bool *live = NEW_ARRAY(b->arena, bool, body->code.count + 1), given = false;
    for (int k = 0; k < scan->outs.count; k++)
        body_mark(body, scan->outs.at[k].value, live);
    for (int k = 0; k < scan->states.count; k++)
        body_mark(body, scan->states.at[k].next, live);
    for (int v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        given = given || (live[v] && (instr->op == OP_PARAM || instr->op == OP_SCALAR));
        if (live[v] && instr->op == OP_INPUT)
            inputs[instr->index] = true;
    }
    return given;
}

/* Whether it could be another number: it depends on data, on a parameter, on chance or on where the training is. */
static bool may_vary(Build *b, StreamId stream)
{
    const Net *net = b->net;
    int maker = stream == NONE ? NONE : net->streams.at[stream].node;
    if (maker == NONE)
        return false;
    const Node *node = &net->nodes.at[maker];
    if (node->kind == NODE_DATA || node->kind == NODE_TARGET || node->kind == NODE_RANDOM
        || node->weight != NONE || node->bias != NONE || b->depth >= MAX_NESTING)
        return true;
    bool *inputs = NEW_ARRAY(b->arena, bool, node->ins.count + 1);
    bool scan = node->kind == NODE_SCAN, varies = scan && scan_is_given(b, node, inputs);
    b->depth++;
    for (int k = 0; k < (scan ? node->ins.count : node_read_count(node)) && !varies; k++)
        varies = scan ? inputs[k] && may_vary(b, node->ins.at[k]) : may_vary(b, node_read(node, k));
    b->depth--;
    return varies;
}

static void add_metric(Build *b, StreamId in, const char *name, Span span)
{
    Node node = node_new(NODE_METRIC, span);
    node.name = name;
    node.in = in;
    add_node(b, node);
}

void build_metric(Build *b, const Item *item)
{
    StreamId in = build_measure(b, item->value, item->name, "metric");
    if (in != NONE && !may_vary(b, in)) {
        report(b, RULE_METRIC, item->value->span, "`%s` is the same number for any sample and any network",
               item->name);
        report_hint(b, "a metric tells of a stream, as in `metric error = mae(out, target)`");
    } else if (in != NONE) {
        add_metric(b, in, item->name, item->span);
    }
}

void check_metrics(Build *b)
{
    const Net *net = b->net;
    Names names = {0};
    vec_push(b->arena, &names, name_loss);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        const char *name = net_metric(net, node);
        for (int i = 0; name && i < names.count; i++)
            if (strcmp(names.at[i], name) == 0)
                report(b, RULE_METRIC, node->span, "`%s` is told already: give this another name", name);
        if (name)
            vec_push(b->arena, &names, name);
        if (names.count - 1 == MAX_METRICS + 1)
            report(b, RULE_METRIC, node->span, "more than %d metrics, with accuracies and parts of the loss",
                   MAX_METRICS);
    }
}

/* What stands above columns of a table of predictions: of a class, this; of numbers, name_0 and so on; of a class, both. */
typedef struct Heading {
    const char *name;
    bool class;
} Heading;

/* Whether a class called `one` has the column of a number of `other`. */
static bool is_number_of(Heading one, const char *other)
{
    size_t length = strlen(other);
    if (!one.class || strncmp(one.name, other, length) != 0 || one.name[length] != '_')
        return false;
    const char *number = one.name + length + 1;
    return *number && !number[strspn(number, "0123456789")];
}

static bool headings_clash(Heading a, Heading b)
{
    return strcmp(a.name, b.name) == 0 || is_number_of(a, b.name) || is_number_of(b, a.name);
}

void check_columns(Build *b)
{
    VEC(Heading) taken = {0};
    vec_push(b->arena, &taken, ((Heading){"sample", true}));
    vec_push(b->arena, &taken, ((Heading){name_label, true}));
    vec_push(b->arena, &taken, ((Heading){name_target, false}));
    for (int n = 0; n < b->net->nodes.count; n++) {
        const Node *node = &b->net->nodes.at[n];
        Heading heading = {node->name, node->class};
        if (node->kind != NODE_PREDICT || !node->name)
            continue;
        for (int i = 0; i < taken.count; i++)
            if (headings_clash(heading, taken.at[i]))
                report(b, RULE_PREDICT, node->span,
                       "`%s` is a column of the predictions already: give this another name", node->name);
        vec_push(b->arena, &taken, heading);
    }
}

/* What the loss is made of: a sum of parts, of which those with a name are told, too. */
typedef struct Parts {
    Node sum; /* while its equations are made */
    Val value;
    bool wrong;
} Parts;

static void add_part(Build *b, Parts *parts, const Setting *setting)
{
    const char *name = setting->part ? setting->part : "loss";
    StreamId in = build_measure(b, setting->value, name, setting->part ? "part of a loss" : "loss");
    parts->wrong = parts->wrong || in == NONE;
    if (in == NONE)
        return;
    if (setting->part)
        add_metric(b, in, name, setting->part_span);
    Body *body = &parts->sum.body;
    body->at = setting->value->span;
    Val part = body_leaf(b->arena, body, OP_INPUT, parts->sum.ins.count, stream_at(b, in)->name);
    parts->value = parts->sum.ins.count == 0 ? part : body_op2(b->arena, body, OP_ADD, parts->value, part);
    vec_push(b->arena, &parts->sum.ins, in);
}

/* The stream that is the sum of all, or the only part; NONE if a mistake was reported. */
static StreamId build_parts(Build *b, const Item *train, Span span)
{
    Parts parts = {.sum = node_new(NODE_SCAN, span)};
    parts.sum.name = "map";
    parts.sum.formula = true;
    for (int i = 0; i < train->settings.count; i++)
        if (train->settings.at[i].name == name_loss)
            add_part(b, &parts, &train->settings.at[i]);
    if (parts.wrong || parts.sum.ins.count == 1)
        return parts.wrong ? NONE : parts.sum.ins.at[0];
    b->binding = "loss";
    b->in_loss = true;
    StreamId sum = add_map(b, parts.sum, parts.value, NULL);
    b->in_loss = false;
    return sum;
}

/* `first` of the lines that say what the loss is. */
static void build_loss(Build *b, const Item *train, const Setting *first)
{
    const Expr *expr = end_of(b, first->value);
    Node node = node_new(NODE_LOSS, expr->span);
    int count = 0;
    for (int i = 0; i < train->settings.count; i++)
        count += train->settings.at[i].name == name_loss;
    if (count == 1 && !first->part && is_known_loss(b, expr, &node.loss)) {
        node.in = build_scores(b, expr->args.at[0].value, "loss");
    } else {
        node.loss = LOSS_VALUE;
        if (count == 1)
            warn_loss(b, expr);
        node.in = build_parts(b, train, expr->span);
    }
    if (node.in != NONE)
        add_node(b, node);
}

/* ---- settings --------------------------------------------------------------------------------------- */

static void set_batch(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    constant_integer(b, b->model, setting->value, "`batch`", 1, MAX_BATCH, &b->net->training.batch);
}

static void set_epochs(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    constant_integer(b, b->model, setting->value, "`epochs`", 0, MAX_EPOCHS, &b->net->training.epochs);
}

static void set_seed(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    int seed = 0;
    constant_integer(b, b->model, setting->value, "`seed`", 0, INT_MAX, &seed);
    b->net->training.seed = seed;
}

static void set_clip(Build *b, const Setting *setting, double *clip)
{
    bool fine = constant_plain(b, b->model, setting->value, setting->name, clip);
    if (fine && *clip > 0)
        return;
    if (fine)
        report(b, RULE_RANGE, setting->value->span, "`%s` must be above 0, found %.15g", setting->name,
               *clip);
    *clip = 0; /* the equations are built without it */
}

static void set_clip_norm(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    set_clip(b, setting, &b->net->training.clip_norm);
}

static void set_clip_value(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    set_clip(b, setting, &b->net->training.clip_value);
}

/* `optimizer biases -> sgd(0.1)`: of these; NULL: of all others. */
static const Expr *group_of(const Setting *setting)
{
    const Expr *value = setting->value;
    bool group =
        setting->name == name_optimizer && value->kind == EXPR_CHAIN && value->left->kind == EXPR_NAME;
    return group ? value->left : NULL;
}

static void set_optimizer(Build *b, const Item *train, const Setting *setting)
{
    (void)train;
    build_optimizer(b, b->model, setting->value, NULL);
}

/* Behind the main one: what is said of both names it first. */
static void build_groups(Build *b, const Item *item)
{
    for (int i = 0; i < item->settings.count; i++) {
        const Expr *group = group_of(&item->settings.at[i]);
        if (group && check_group(b, group->name, group->span))
            build_optimizer(b, b->model, item->settings.at[i].value->right, group->name);
    }
}

typedef struct Handler {
    const char *name;
    void (*set)(Build *b, const Item *train, const Setting *first); /* of its first line */
} Handler;

/* In the order of building: the optimizer's equations contain the clipping. */
static const Handler handlers[] = {
    {name_batch, set_batch},         {name_epochs, set_epochs},         {name_seed, set_seed},
    {name_clip_norm, set_clip_norm}, {name_clip_value, set_clip_value}, {name_loss, build_loss},
    {name_optimizer, set_optimizer},
};
enum { HANDLER_COUNT = sizeof handlers / sizeof handlers[0] };

bool is_setting(const char *name)
{
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (handlers[i].name == name)
            return true;
    return false;
}

static void unknown_setting(Build *b, const Setting *setting)
{
    report(b, RULE_UNKNOWN_SETTING, setting->name_span, "unknown setting `%s`", setting->name);
    Names names = {0};
    for (int i = 0; i < HANDLER_COUNT; i++)
        vec_push(b->arena, &names, handlers[i].name);
    hint_known(b, "settings", setting->name, &names);
}

static void check_setting(Build *b, const Item *item, int index)
{
    const Setting *setting = &item->settings.at[index];
    if (!is_setting(setting->name))
        unknown_setting(b, setting);
    else if (setting->joint.hi > setting->joint.lo)
        report(b, RULE_SYNTAX, setting->joint, "a setting has no `=`: write `%s %s`", setting->name,
               ast_expr_text(b->arena, setting->value));
    else if (setting->part && setting->name != name_loss)
        report(b, RULE_SYNTAX, setting->part_span, "only parts of a loss have a name: write `%s %s`",
               setting->name, ast_expr_text(b->arena, setting->value));
    for (int i = 0; i < index; i++) {
        const Setting *first = &item->settings.at[i];
        const Expr *a = group_of(first), *z = group_of(setting);
        if (first->name != setting->name || first->part || setting->part
            || (a ? a->name : NULL) != (z ? z->name : NULL))
            continue;
        report(b, RULE_DUPLICATE_ITEM, setting->name_span, "a second `%s`", setting->name);
        report_note(b, first->name_span, "the first is here");
        return;
    }
}

static const Setting *find_setting(const Item *item, const char *name)
{
    for (int i = 0; i < item->settings.count; i++)
        if (item->settings.at[i].name == name && !group_of(&item->settings.at[i]))
            return &item->settings.at[i];
    return NULL;
}

void build_train(Build *b, const Item *item)
{
    Training *training = &b->net->training;
    training->present = true;
    for (int i = 0; i < item->settings.count; i++)
        check_setting(b, item, i);
    for (int i = 0; i < HANDLER_COUNT; i++) {
        const Setting *setting = find_setting(item, handlers[i].name);
        if (setting)
            handlers[i].set(b, item, setting);
    }
    if (!find_setting(item, name_optimizer))
        build_optimizer(b, b->library, expr_name(b->arena, item->span, name_adam), NULL);
    build_groups(b, item);
    check_parameters(b);
    if (!find_setting(item, name_loss)) {
        report(b, RULE_MISSING_ITEM, item->span, "the train block has no `loss`");
        report_hint(b, "add a line like `loss cross_entropy(rate(out), label)`");
    }
}
