/* Model expressions: chains of stages, encoders, blocks, reductions over time. */
#include "build.h"

#include <math.h>

Stream *stream_at(Build *b, StreamId id)
{
    return &b->net->streams.at[id];
}

int add_node(Build *b, Node node)
{
    return net_add(b->net, node);
}

const char *numbered(Build *b, const char *name)
{
    return unique_name(b->arena, &b->names, name);
}

StreamId add_stream(Build *b, const char *name, const char *stage, StreamKind kind, bool temporal,
                    Shape shape, Span span)
{
    if (!name)
        name = numbered(b, arena_printf(b->arena, "%s_%s", b->binding, stage));
    return net_stream(b->net, name, kind, temporal, shape, span);
}

/* The stream of a value, NONE if it is poison or no stream (reported). */
static StreamId stream_of(Build *b, Value value, Span span)
{
    if (value.kind == VALUE_STREAM)
        return value.stream;
    if (value.kind != VALUE_POISON)
        report(b, RULE_STREAM, span, "a stream is needed here, found a constant");
    return NONE;
}

static StreamId plain_stream_of(Build *b, Value value, Span span)
{
    StreamId stream = stream_of(b, value, span);
    return stream != NONE && check_plain(b, value, span, "a stream") ? stream : NONE;
}

StreamId build_stream(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    return plain_stream_of(b, build_value(b, scope, expr, name), expr->span);
}

/* ---- encoders --------------------------------------------------------------------------------------- */

static Value encode(Build *b, NodeKind kind, Span span, StreamId in, const char *name)
{
    Node node = node_new(kind, span);
    node.in = in;
    node.out = add_stream(b, name, node_kind_name(kind), STREAM_SPIKES, true, stream_at(b, in)->shape, span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

/* A rate in Hz becomes a probability per step. */
static StreamId rate_to_probability(Build *b, Value in, Span span)
{
    StreamId stream = stream_of(b, in, span);
    if (stream == NONE || !unit_equal(in.unit, unit_rate))
        return plain_stream_of(b, in, span);
    if (b->net->dt > 0)
        return build_scaled(b, stream, b->net->dt, span);
    if (b->time_known) {
        report(b, RULE_TIME, span, "a rate needs to know how long a step is");
        report_hint(b, "write `time %d steps of 1 ms`", b->net->steps);
    }
    return NONE;
}

static Value build_encoder(Build *b, const Expr *stage, Value in, Span in_span, const char *name)
{
    if (strcmp(stage->name, "poisson") == 0) {
        StreamId stream = rate_to_probability(b, in, in_span);
        if (stream == NONE)
            return value_poison();
        warn_probability(b, stream, in_span);
        return encode(b, NODE_POISSON, stage->span, stream, name);
    }
    StreamId stream = plain_stream_of(b, in, in_span);
    if (stream == NONE || !check_temporal(b, stream, in_span, false))
        return value_poison();
    return encode(b, NODE_LATENCY, stage->span, stream, name);
}

static bool is_encoder(const char *name)
{
    return strcmp(name, "poisson") == 0 || strcmp(name, "latency") == 0;
}

/* ---- dense ------------------------------------------------------------------------------------------ */

static const char *const dense_formals[] = {"size", NULL, "bias", "false", "init", "none", NULL};

static ParamId dense_param(Build *b, const char *prefix, Shape shape, const Expr *stage, const double *init,
                           int inputs)
{
    const char *base = arena_printf(b->arena, "%s_%s", prefix, b->binding);
    ParamId id = net_param(b->net, base, shape, stage->span);
    Param *param = &b->net->params.at[id];
    param->init = init ? INIT_CONSTANT : INIT_UNIFORM;
    param->number = init ? *init : 1 / sqrt(inputs);
    return id;
}

static StreamId add_dense(Build *b, const Expr *stage, StreamId in, Shape shape, bool bias,
                          const double *init, const char *name)
{
    int inputs = shape_size(stream_at(b, in)->shape), outputs = shape_size(shape);
    if (!check_array(b, (double)inputs * outputs, stage->span, "the weights of dense"))
        return NONE;
    Node node = node_new(NODE_DENSE, stage->span);
    node.in = in;
    node.weight = dense_param(b, "w", (Shape){2, {inputs, outputs}}, stage, init, inputs);
    b->net->params.at[node.weight].matrix = true;
    if (bias)
        node.bias = dense_param(b, "b", (Shape){1, {outputs}}, stage, NULL, inputs);
    node.out = add_stream(b, name, "dense", STREAM_REALS, stream_at(b, in)->temporal, shape, stage->span);
    add_node(b, node);
    return node.out;
}

static Scope *bind_dense(Build *b, Scope *scope, const Expr *stage)
{
    Formals formals = formals_of(b, dense_formals);
    Call call = {.name = "dense", .span = stage->span, .formals = &formals, .caller = scope, .home = scope};
    call.args = stage->kind == EXPR_CALL ? &stage->args : NULL;
    return bind_arguments(b, &call);
}

static Value build_dense(Build *b, Scope *scope, const Expr *stage, StreamId in, const char *name)
{
    Scope *frame = bind_dense(b, scope, stage);
    const Entry *size = given_argument(frame, "size"), *biased = given_argument(frame, "bias");
    const Entry *constant = given_argument(frame, "init");
    Shape shape;
    bool bias = false;
    double init = 0;
    bool fine = size && constant_shape(b, size->scope, size->expr, "the size of dense", &shape);
    if (biased && biased->expr->kind == EXPR_NUMBER) {
        report(b, RULE_CONSTANT, biased->expr->span, "`bias` must be `true` or `false`");
        report_hint(b, "`dense` takes only the size of its result, as in `dense(100, bias)`");
        fine = false;
    } else if (biased) {
        fine &= constant_flag(b, biased->scope, biased->expr, "`bias`", &bias);
    }
    if (constant)
        fine &= constant_plain(b, constant->scope, constant->expr, "`init`", &init);
    if (!fine || in == NONE)
        return value_poison();
    StreamId out = add_dense(b, stage, in, shape, bias, constant ? &init : NULL, name);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

/* Whether a scope is inside a use of this block. An argument is inside its caller only. */
static bool inside_block(const Scope *scope, const Def *def)
{
    while (scope) {
        if (scope->block == def)
            return true;
        scope = scope->block ? scope->caller : scope->parent;
    }
    return false;
}

static bool enter_block(Build *b, const Call *call, const Def *def)
{
    if (inside_block(call->caller, def)) {
        report(b, RULE_RECURSION, call->span, "the block `%s` uses itself", def->name);
        report_hint(b, "for feedback in time, name a stream's past, as in `h[-1]`");
        return false;
    }
    b->blocks++;
    vec_push(b->arena, &b->seen, def);
    return check_limits(b, call->span);
}

/* `left`: the chain's left side with its value, or NULL for a call. */
static Value build_block(Build *b, Call *call, const Def *def, const Expr *left, Value in, const char *name)
{
    if (!enter_block(b, call, def))
        return value_poison();
    call->first = left;
    Scope *frame = bind_arguments(b, call);
    frame->block = def;
    frame->caller = call->caller;
    if (left && frame->entries.count > 0) {
        frame->entries.at[0]->value = in;
        frame->entries.at[0]->progress = ENTRY_DONE;
    }
    Value value = frame->wrong ? value_poison() : build_value(b, frame, def->value, name);
    check_arguments(b, frame);
    return value;
}

/* ---- chains ----------------------------------------------------------------------------------------- */

const Expr *stage_of(Scope **scope, const Expr *stage)
{
    for (int i = 0; i < MAX_NESTING && stage && stage->kind == EXPR_NAME; i++) {
        Entry *entry = scope_find(*scope, stage->name);
        if (!entry || entry->kind != ENTRY_FORMAL || !entry->expr)
            return stage;
        entry->used = true;
        stage = entry->expr;
        *scope = entry->scope;
    }
    return stage;
}

static Value apply_definition(Build *b, Scope *scope, const Expr *stage, const Expr *left, Value in,
                              const char *name)
{
    Scope *home;
    const Def *def = scope_definition(scope, stage->name, STAGES, &home);
    if (!def) {
        unknown_definition(b, scope, stage->name, name_span(stage), STAGES);
        return value_poison();
    }
    Call call = call_of(def, home, stage, scope);
    if (def->kind == DEF_BLOCK)
        return build_block(b, &call, def, left, in, name);
    StreamId stream = plain_stream_of(b, in, left->span);
    StreamId out = stream == NONE ? NONE : build_neuron(b, &call, def, stream, name);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}

static void check_stage(Build *b, Scope *scope, const Expr *stage)
{
    Scope *home;
    if (strcmp(stage->name, "dense") == 0 || scope_definition(scope, stage->name, STAGES, &home))
        resolve_names(b, scope, stage);
    else
        unknown_definition(b, scope, stage->name, name_span(stage), STAGES);
}

static Value apply_stage(Build *b, Scope *scope, const Expr *stage, const Expr *left, Value in,
                         const char *name)
{
    stage = stage_of(&scope, stage);
    if (!stage || (stage->kind != EXPR_CALL && stage->kind != EXPR_NAME)) {
        report(b, RULE_UNKNOWN_DEFINITION, stage ? stage->span : left->span,
               "a neuron, a block or dense is needed");
        return value_poison();
    }
    if (in.kind == VALUE_POISON) { /* reported; the stage may have mistakes of its own */
        check_stage(b, scope, stage);
        return in;
    }
    if (strcmp(stage->name, "dense") == 0)
        return build_dense(b, scope, stage, plain_stream_of(b, in, left->span), name);
    return apply_definition(b, scope, stage, left, in, name);
}

/* The left side of a chain under a name, for where names mean something else. */
static const Expr *name_left(Build *b, Scope *home, Scope *scope, const Expr *left, Scope **inner)
{
    static const char unwritable[] = "->";
    *inner = scope_new(b, home);
    Entry *entry = NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_FORMAL, .name = unwritable, .span = left->span, .state = NONE};
    entry->expr = left;
    entry->scope = scope;
    entry->given = entry->used = entry->of_block = true;
    scope_add(b, *inner, entry);
    return expr_name(b->arena, left->span, unwritable);
}

const Expr *chained_call(Build *b, const Expr *left, const Expr *stage)
{
    Args args = {0};
    Arg first = {.value = (Expr *)left, .span = left->span};
    vec_push(b->arena, &args, first);
    for (int i = 0; i < stage->args.count; i++)
        vec_push(b->arena, &args, stage->args.at[i]);
    return expr_call(b->arena, stage->span, stage->name, name_span(stage), args);
}

const Expr *chained_function(Build *b, Scope **scope, const Expr *chain)
{
    Scope *where = *scope, *home;
    const Expr *stage = stage_of(&where, chain->right), *left = chain->left;
    bool named = stage && (stage->kind == EXPR_NAME || stage->kind == EXPR_CALL);
    if (!named || !is_function(stage->name) || scope_definition(where, stage->name, STAGES, &home))
        return NULL;
    if (where != *scope)
        left = name_left(b, where, *scope, left, scope);
    return chained_call(b, left, stage);
}

static Value build_chain(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    const Expr *call = chained_function(b, &scope, expr);
    Value out;
    if (call) {
        out = build_value(b, scope, call, name);
    } else {
        Value in = build_value(b, scope, expr->left, NULL);
        out = apply_stage(b, scope, expr->right, expr->left, in, name);
    }
    return check_limits(b, expr->span) ? out : value_poison();
}

/* ---- calls ------------------------------------------------------------------------------------------ */

typedef struct Reduction {
    const char *name;
    ReduceKind kind;
} Reduction;

static const Reduction reductions[] = {
    {"rate", REDUCE_MEAN}, {"mean", REDUCE_MEAN}, {"sum", REDUCE_SUM},
    {"max", REDUCE_MAX},   {"last", REDUCE_LAST},
};

static const Reduction *find_reduction(const Expr *expr)
{
    if (expr->kind != EXPR_CALL || (strcmp(expr->name, "max") == 0 && expr->args.count != 1))
        return NULL;
    for (size_t i = 0; i < sizeof reductions / sizeof reductions[0]; i++)
        if (strcmp(reductions[i].name, expr->name) == 0)
            return &reductions[i];
    return NULL;
}

const char *stream_function_name(int i)
{
    static const char *const others[] = {"poisson", "latency", NULL};
    int count = sizeof reductions / sizeof reductions[0];
    return i < count ? reductions[i].name : others[i - count];
}

static StreamId find_reduce(Build *b, StreamId in, ReduceKind kind)
{
    for (int i = 0; i < b->net->nodes.count; i++) {
        const Node *node = &b->net->nodes.at[i];
        if (node->kind == NODE_REDUCE && node->in == in && node->reduce == kind)
            return node->out;
    }
    return NONE;
}

/* The one argument of an encoder or reduction; NULL if that was reported. */
static const Expr *only_argument(Build *b, const Expr *call)
{
    if (call->args.count == 1 && !call->args.at[0].name)
        return call->args.at[0].value;
    bool few = call->args.count == 0;
    bool named = call->args.count == 1;
    report(b,
           few     ? RULE_MISSING_ARGUMENT
           : named ? RULE_UNKNOWN_ARGUMENT
                   : RULE_TOO_MANY_ARGUMENTS,
           call->span, "`%s` takes one stream", call->name);
    hint_left(b, call);
    return NULL;
}

static Value build_reduce(Build *b, const Reduction *reduction, const Expr *call, StreamId in,
                          const char *name)
{
    if (!check_temporal(b, in, call->args.at[0].value->span, true))
        return value_poison();
    if (strcmp(reduction->name, "rate") == 0) {
        RateUse use = {in, call->args.at[0].value->span};
        vec_push(b->arena, &b->rates, use);
    }
    StreamId same = find_reduce(b, in, reduction->kind);
    if (same != NONE)
        return value_stream(same, unit_plain);
    Node node = node_new(NODE_REDUCE, call->span);
    node.in = in;
    node.reduce = reduction->kind;
    if (!name)
        name = numbered(b, arena_printf(b->arena, "%s_%s", stream_at(b, in)->name, reduction->name));
    node.out = add_stream(b, name, reduction->name, STREAM_REALS, false, stream_at(b, in)->shape, call->span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

bool is_stream_call(Build *b, Scope *scope, const Expr *expr)
{
    (void)b;
    Scope *home;
    return expr->kind == EXPR_CALL
           && (is_encoder(expr->name) || find_reduction(expr)
               || scope_definition(scope, expr->name, BLOCKS, &home));
}

static Value build_call(Build *b, Scope *scope, const Expr *call, const char *name)
{
    Scope *home;
    const Reduction *reduction = find_reduction(call);
    if (!reduction && !is_encoder(call->name)) {
        const Def *def = scope_definition(scope, call->name, BLOCKS, &home);
        Call use = call_of(def, home, call, scope);
        return build_block(b, &use, def, NULL, value_poison(), name);
    }
    const Expr *argument = only_argument(b, call);
    if (!argument)
        return value_poison();
    Value in = build_value(b, scope, argument, NULL);
    if (!reduction)
        return build_encoder(b, call, in, argument->span, name);
    StreamId stream = plain_stream_of(b, in, argument->span);
    return stream == NONE ? value_poison() : build_reduce(b, reduction, call, stream, name);
}

static Value build_name(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    Entry *entry = scope_find(scope, expr->name);
    if (entry && entry->kind == ENTRY_STREAM)
        return binding_value(b, entry, expr->span);
    Context c = context_constant(b);
    if (entry && entry->kind == ENTRY_FORMAL)
        return formal_value(&c, entry);
    return build_map(b, scope, expr, name);
}

Value build_value(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    if (!check_nesting(b, expr->span))
        return value_poison();
    b->depth++;
    Value value;
    if (expr->kind == EXPR_CHAIN)
        value = build_chain(b, scope, expr, name);
    else if (expr->kind == EXPR_PAST)
        value = build_past(b, scope, expr, name);
    else if (expr->kind == EXPR_NAME)
        value = build_name(b, scope, expr, name);
    else if (is_stream_call(b, scope, expr))
        value = build_call(b, scope, expr, name);
    else
        value = build_map(b, scope, expr, name);
    b->depth--;
    return value;
}
