/* h[-1], a stream's past, which may belong to a binding that is not built yet: its shape and its steps are told from the
 * text of its definition, and the delay is connected when everything is built. */
#include "../schedule.h"
#include "build.h"

#include <math.h>

enum {
    INFER_FUEL = 100000, /* expressions looked at for one shape, */
    STEPS_FUEL = 1000    /* and behind a stage that says it, for how many steps there are */
};

/* What is told of a stream by its text. */
typedef struct Told {
    Shape shape;
    int steps; /* 0: none, or not known */
} Told;

static bool infer(Build *b, Scope *scope, const Expr *expr, Told *told);

/* Of a part of a formula, if it has more axes than what was found before. */
static bool infer_widest(Build *b, Scope *scope, const Expr *expr, Told *told, bool found)
{
    Told part = {0};
    if (!infer(b, scope, expr, &part))
        return false;
    if (!found || part.shape.ndim > told->shape.ndim)
        told->shape = part.shape;
    told->steps = found && told->steps ? told->steps : part.steps;
    return true;
}

static bool infer_entry(Build *b, Entry *entry, Told *told)
{
    if (entry->progress == ENTRY_DONE && entry->value.kind == VALUE_STREAM) {
        const Stream *stream = stream_at(b, entry->value.stream);
        *told = (Told){stream->shape, stream->steps};
        return true;
    }
    bool open =
        (entry->kind == ENTRY_STREAM || entry->kind == ENTRY_FORMAL) && entry->expr && !entry->inferring;
    if (!open)
        return false;
    entry->inferring = true;
    bool found = infer(b, entry->scope, entry->expr, told);
    entry->inferring = false;
    return found;
}

static bool infer_block(Build *b, Call *call, const Def *def, const Expr *left, Told *told)
{
    call->first = left;
    Scope *frame = bind_arguments(b, call);
    return infer(b, frame, block_result(b, frame, def), told);
}

/* The steps of what a stage that says its shape is given; it does not help with anything else, so it may not take long. */
static bool infer_given(Build *b, Scope *scope, const Expr *expr, bool shaped, Told *told)
{
    int fuel = b->fuel, spared = shaped && fuel > STEPS_FUEL ? fuel - STEPS_FUEL : 0;
    b->fuel -= spared;
    bool found = infer(b, scope, expr, told);
    b->fuel += spared;
    return found;
}

/* What a stage makes of what it made, as often as is said, or until that stays as it is. */
static bool infer_repeated(Build *b, Scope *scope, const Expr *left, const Scope *arguments, Told *told)
{
    const Entry *times = given_argument(arguments, name_times),
                *stage = given_argument(arguments, name_stage);
    int count;
    if (!times || !stage
        || !constant_integer(b, times->scope, times->expr, "the number of repetitions", 1, MAX_BLOCKS,
                             &count))
        return false;
    bool found = infer(b, scope, left, told);
    for (int k = 0; k < count; k++) {
        Told next = {0};
        left = chained_in(b, &scope, left, stage->scope, stage->expr);
        if (!infer(b, scope, left, &next))
            return false;
        if (found && next.steps == told->steps && shape_equal(next.shape, told->shape))
            return true;
        *told = next;
        found = true;
    }
    return true;
}

static bool infer_layer(Build *b, Scope *scope, const Expr *expr, const Stage *layer, const Scope *arguments,
                        Told *told)
{
    Told in = {0};
    if (layer->build == build_repeat)
        return infer_repeated(b, scope, expr->left, arguments, told);
    if (!layer->shape)
        return false;
    bool shaped = layer->shape(b, arguments, NULL, &told->shape);
    bool given = infer_given(b, scope, expr->left, shaped, &in);
    told->steps = given && in.steps && layer->steps ? layer->steps(b, arguments, in.steps) : in.steps;
    return shaped || (given && layer->shape(b, arguments, &in.shape, &told->shape));
}

static bool infer_chain(Build *b, Scope *scope, const Expr *expr, Told *told)
{
    Scope *where = scope, *home;
    const Expr *stage = given_as(&where, expr->right);
    const Expr *row = chained_stages(b, &scope, expr);
    if (row)
        return infer(b, scope, row, told);
    if (!stage || !stage->name)
        return false;
    const Stage *layer = find_layer(b, stage->name);
    if (layer)
        return infer_layer(b, scope, expr, layer, bind_stage(b, layer, stage, where), told);
    const Def *def = scope_definition(where, stage->name, BLOCKS, &home);
    const Expr *function = def ? NULL : chained_function(b, &scope, expr);
    if (!def)
        return infer(b, scope, function ? function : expr->left, told); /* a neuron keeps the shape */
    /* A stage may come from elsewhere, with names of its own. */
    const Expr *left = where == scope ? expr->left : name_left(b, where, scope, expr->left, &where);
    Call call = call_of(def, home, stage, where);
    return infer_block(b, &call, def, left, told);
}

/* Of a reduction; of an encoder, what it is given. */
static bool infer_reduced(Build *b, Scope *scope, const Expr *expr, const Stage *stage, Told *told)
{
    if (expr->args.count == 0 || !infer(b, scope, expr->args.at[0].value, told))
        return false;
    return stage->role != STAGE_REDUCTION || reduced_shape(b, scope, expr, &told->shape);
}

static bool infer_call(Build *b, Scope *scope, const Expr *expr, Told *told)
{
    Scope *home;
    const Def *def = scope_definition(scope, expr->name, BLOCKS, &home);
    if (def) {
        Call call = call_of(def, home, expr, scope);
        return infer_block(b, &call, def, NULL, told);
    }
    const Stage *stage = called_stage(b, expr);
    if (stage)
        return infer_reduced(b, scope, expr, stage, told);
    bool found = false;
    for (int i = 0; i < expr->args.count; i++)
        found |= infer_widest(b, scope, expr->args.at[i].value, told, found);
    return found;
}

static bool infer(Build *b, Scope *scope, const Expr *expr, Told *told)
{
    if (!expr || b->fuel-- <= 0 || b->depth >= MAX_NESTING)
        return false;
    bool found = false;
    b->depth++;
    switch (expr->kind) {
    case EXPR_NAME:
    case EXPR_PAST: {
        Entry *entry = scope_find(scope, expr->kind == EXPR_NAME ? expr->name : expr->left->name);
        found = entry && infer_entry(b, entry, told);
        break;
    }
    case EXPR_CHAIN: found = infer_chain(b, scope, expr, told); break;
    case EXPR_CALL: found = infer_call(b, scope, expr, told); break;
    case EXPR_UNARY: found = infer(b, scope, expr->left, told); break;
    case EXPR_BINARY:
        found = infer(b, scope, expr->left, told);
        found |= infer_widest(b, scope, expr->right, told, found);
        break;
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_LIST: break;
    }
    b->depth--;
    return found;
}

bool stream_told(Build *b, Scope *scope, const Expr *expr, Shape *shape, int *steps)
{
    Told told = {0};
    bool found = infer(b, scope, expr, &told);
    *shape = told.shape;
    *steps = told.steps;
    return found;
}

static bool infer_told(Build *b, Entry *entry, Told *told)
{
    *told = (Told){0};
    b->mute++;
    b->fuel = INFER_FUEL;
    bool found = infer_entry(b, entry, told);
    b->mute--;
    told->steps = told->steps ? told->steps : b->net->steps;
    return found;
}

/* ---- the delays -------------------------------------------------------------------------------------- */

/* How many steps ago. 0: reported. */
static int past_steps(Build *b, Scope *scope, const Expr *expr)
{
    double index;
    if (!constant_plain(b, scope, expr->right, "the index of a stream", &index))
        return 0;
    if (index > -1 || index < -1e6 || index != floor(index)) {
        report(b, RULE_PAST, expr->right->span,
               "a stream's past is a whole number of steps ago, as in `%s[-1]`, found %.15g",
               expr->left->name, index);
        return 0;
    }
    return (int)-index;
}

static StreamId find_past(const Build *b, const Entry *entry, int steps)
{
    for (int i = 0; i < b->pasts.count; i++)
        if (b->pasts.at[i].entry == entry && b->pasts.at[i].steps == steps)
            return b->pasts.at[i].out;
    return NONE;
}

static bool past_told(Build *b, Entry *entry, const Expr *expr, Told *told)
{
    if (entry->progress == ENTRY_DONE && entry->value.kind == VALUE_POISON)
        return false;
    if (infer_told(b, entry, told))
        return true;
    report(b, RULE_PAST, expr->span, "the shape of `%s` cannot be told from its definition", entry->name);
    report_hint(b, "give it a size of its own, as in `%s = ... -> dense(100) -> lif()`", entry->name);
    return false;
}

static void report_no_past(Build *b, const Entry *entry, Span span)
{
    report(b, RULE_PAST, span, "`%s` is no stream over time, so it has no past", entry->name);
}

/* Whether it is an equation of a block that cannot be computed yet: its past is read on the way there. */
static bool is_awaited(Build *b, Entry *entry)
{
    if (!entry->equation || entry->progress == ENTRY_DONE)
        return false;
    b->visit++;
    return entry->progress == ENTRY_BUSY || needs_busy(b, entry->scope, entry->expr);
}

/* What the past is of: a binding, an equation, or a stream given to a block. NULL if it was reported. */
static Entry *past_entry(Build *b, Scope *scope, const Expr *expr)
{
    Entry *entry = scope_find(scope, expr->left->name);
    if (!entry) {
        unknown_name(b, scope, expr->left->name, expr->left->span);
        return NULL;
    }
    Context c = context_constant(b);
    if (is_awaited(b, entry)) {
        entry->used = true;
        return entry;
    }
    if (entry->kind == ENTRY_FORMAL && entry->of_block) {
        Value value = formal_value(&c, entry);
        if (value.kind == VALUE_STREAM || value.kind == VALUE_POISON)
            return value.kind == VALUE_STREAM ? entry : NULL;
    }
    if (has_past(b, entry))
        return entry;
    report_no_past(b, entry, expr->span);
    return NULL;
}

Value build_past(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    Entry *entry = past_entry(b, scope, expr);
    Told told;
    int steps = entry ? past_steps(b, scope, expr) : 0;
    if (steps == 0 || !past_told(b, entry, expr, &told))
        return value_poison();
    if (b->time_known && steps >= told.steps) {
        report(b, RULE_PAST, expr->span, "%d steps ago is before the first of %d steps", steps, told.steps);
        return value_poison();
    }
    StreamId same = find_past(b, entry, steps);
    if (same != NONE)
        return value_stream(same, unit_plain);
    Node node = node_new(NODE_DELAY, expr->span);
    node.steps = steps;
    node.out = add_stream(b, name, "delay", STREAM_REALS, told.steps, told.shape, expr->span);
    Past past = {.entry = entry, .steps = steps, .out = node.out, .span = expr->span};
    past.node = add_node(b, node);
    vec_push(b->arena, &b->pasts, past);
    if (entry->progress == ENTRY_DONE)
        stream_at(b, node.out)->kind = stream_at(b, entry->value.stream)->kind;
    return value_stream(node.out, unit_plain);
}

static void connect(Build *b, const Past *past)
{
    Value value = past->entry->value;
    if (value.kind != VALUE_STREAM && value.kind != VALUE_POISON)
        report_no_past(b, past->entry, past->span);
    if (value.kind != VALUE_STREAM)
        return; /* a mistake was reported */
    StreamId in = past->entry->value.stream;
    if (!check_plain(b, past->entry->value, past->span, "a stream")
        || !check_temporal(b, in, past->span, true))
        return;
    Shape inferred = stream_at(b, past->out)->shape;
    if (!shape_equal(inferred, stream_at(b, in)->shape)) {
        report(b, RULE_PAST, past->span, "`%s` has the shape %s, but its definition looked like %s",
               past->entry->name, shape_text(b->arena, stream_at(b, in)->shape),
               shape_text(b->arena, inferred));
        return;
    }
    int steps = stream_at(b, past->out)->steps;
    if (steps != stream_at(b, in)->steps) {
        report(b, RULE_PAST, past->span, "`%s` has %d steps, but its definition looked like %d",
               past->entry->name, stream_at(b, in)->steps, steps);
        report_hint(b, "give what changes the number of steps a name of its own, before `%s`",
                    past->entry->name);
        return;
    }
    b->net->nodes.at[past->node].in = in;
}

/* ---- loops ------------------------------------------------------------------------------------------- */

/* looped[n]: node n needs, through the past, what it makes itself. */
static bool *looped_nodes(Build *b)
{
    int count = b->net->nodes.count;
    bool *looped = NEW_ARRAY(b->arena, bool, count + 1);
    Schedule schedule = schedule_nodes(b->arena, b->net, 0, count);
    for (int p = 0; p < schedule.count; p++)
        for (int i = 0; i < schedule.at[p].count; i++)
            looped[schedule.at[p].nodes[i]] = schedule.at[p].recurrent;
    return looped;
}

static void report_whole(Build *b, const Node *node)
{
    bool makes = node->kind == NODE_POISSON || node->kind == NODE_LATENCY, maps = node->kind == NODE_MAP;
    report(b, RULE_LOOP, made_at(b, node),
           "%s all steps at once, but in this loop each step needs the one before",
           makes  ? "an encoder makes"
           : maps ? "a connection along time needs"
                  : "a reduction over time needs");
    report_hint(b, makes  ? "a neuron makes spikes step by step, as in `x[-1] -> lif()`"
                   : maps ? "what reads the past only may loop, as `x[-1] -> conv(kernel = 3, along = "
                            "time)`, or a `delay` of each weight"
                          : "a neuron with `state s = 0` and `s = s + input` keeps a sum, step by step");
}

/* Reductions, encoders and connections along time make, or need, all steps at once; but those that read the past only. */
static void check_loops(Build *b)
{
    const bool *looped = looped_nodes(b);
    for (int n = 0; n < b->net->nodes.count; n++)
        if (looped[n] && !node_may_loop(&b->net->nodes.at[n]))
            report_whole(b, &b->net->nodes.at[n]);
    check_loop_sums(b, looped);
}

/* What is delayed is of the kind of what it was. Whether something was new. */
static bool tell_kinds(Build *b)
{
    bool told = false;
    for (int n = 0; n < b->net->nodes.count; n++) {
        const Node *node = &b->net->nodes.at[n];
        if (node->kind != NODE_DELAY || node->in == NONE)
            continue;
        StreamKind kind = stream_at(b, node->in)->kind;
        told = told || stream_at(b, node->out)->kind != kind;
        stream_at(b, node->out)->kind = kind;
    }
    return told;
}

/* Each may read the past of others. */
void finish_equations(Build *b, const Scope *frame)
{
    Context c = context_constant(b);
    for (int i = 0; i < b->pasts.count; i++) {
        Entry *entry = b->pasts.at[i].entry;
        if (entry->equation && entry->scope == frame && entry->progress != ENTRY_DONE)
            formal_value(&c, entry);
    }
}

void finish_pasts(Build *b)
{
    for (int i = 0; i < b->pasts.count; i++)
        connect(b, &b->pasts.at[i]);
    while (tell_kinds(b)) /* the delay of a delay learns its kind in the next round */
        continue;
    if (b->pasts.count > 0)
        check_loops(b);
}
