/* Model expressions: chains of stages, blocks, calls, formulas of streams. */
#include "build.h"

/* ---- blocks ----------------------------------------------------------------------------------------- */

static bool enter_block(Build *b, const Call *call, const Def *def)
{
    if (scope_is_inside(call->caller, def)) {
        report(b, RULE_RECURSION, call->span, "the block `%s` uses itself", def->name);
        report_hint(b, "for feedback in time, name a stream's past, as in `h[-1]`");
        return false;
    }
    b->blocks++;
    vec_push(b->arena, &b->seen, def);
    return check_limits(b, call->span);
}

/* What a block sends out as one of its equations makes it is called as what the block makes. */
static void name_result(const Scope *frame, const Expr *result, const char *name)
{
    Entry *entry = result && result->kind == EXPR_NAME ? scope_own(frame, result->name) : NULL;
    if (entry && entry->equation)
        entry->result = name;
}

/* Says where a block is used, from within outwards, if the last mistake of those behind the first `before` is in its text. */
static void note_block(Build *b, const Call *call, const Def *def, int before)
{
    int count = b->reports.count;
    if (count == before || b->mute > 0 || call->span.hi == 0)
        return;
    uint32_t place = b->reports.at[count - 1].place;
    if (b->noted != count && (place < def->span.lo || place >= def->span.hi))
        return;
    diag_note(b->diag, call->span, "in this use of `%s`", def->name);
    b->noted = count;
}

/* `left`: the chain's left side with its value, or NULL for a call. */
static Value build_block(Build *b, Call *call, const Def *def, const Expr *left, Value in, const char *name)
{
    if (!enter_block(b, call, def))
        return value_poison();
    call->first = left;
    int before = b->reports.count;
    Scope *frame = bind_arguments(b, call);
    frame->block = def;
    frame->caller = call->caller;
    if (left && frame->entries.count > 0) {
        frame->entries.at[0]->value = in;
        frame->entries.at[0]->progress = ENTRY_DONE;
    }
    const Call *outer = b->use;
    if (call->home == b->library && !outer) {
        b->use = call;
        b->before_use = before;
    }
    const Expr *result = frame->wrong ? NULL : block_result(b, frame, def);
    if (result && !block_is_expected(b, frame, def))
        result = NULL;
    name_result(frame, result, name);
    Value value = result ? build_value(b, frame, result, name) : value_poison();
    finish_equations(b, frame);
    note_block(b, call, def, before);
    b->use = outer;
    if (call->home == b->library && b->in_loss)
        check_answer(b, call, frame);
    if (value.kind == VALUE_STREAM && !outer)
        stream_at(b, value.stream)->inner = false;
    check_arguments(b, frame);
    return value;
}

/* ---- chains ----------------------------------------------------------------------------------------- */

/* What a memory takes. */
static StreamId shared_stream_of(Build *b, Value value, Span span)
{
    StreamId stream = stream_of(b, value, span);
    if (stream == NONE || !check_plain(b, value, span, "a stream"))
        return NONE;
    if (!stream_at(b, stream)->batched)
        return stream;
    report(b, RULE_STREAM, span,
           "a memory keeps what is the same for all samples, and this has a value for each");
    report_hint(b, "as in `mean(x, over = batch) -> average_mean`");
    return NONE;
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
    bool memory = def->kind == DEF_MEMORY;
    StreamId stream = memory ? shared_stream_of(b, in, left->span) : plain_stream_of(b, in, left->span);
    StreamId out = stream == NONE ? NONE
                   : memory       ? build_memory(b, &call, def, stream, name)
                                  : build_neuron(b, &call, def, stream, name);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}

/* A stage that is given to a block of the library, which sends a number through it, as a bump. */
static bool is_given_number(Build *b, const Expr *stage, const Expr *left, Value in)
{
    if (in.kind != VALUE_NUMBER || !b->use || !source_is_library(b->net->sources, left->span)
        || source_is_library(b->net->sources, stage->span))
        return false;
    Scope *home;
    const Def *def =
        find_layer(b, stage->name) ? NULL : scope_definition(b->model, stage->name, STAGES, &home);
    return find_layer(b, stage->name) || (def && def->kind != DEF_BLOCK);
}

static void refuse_number(Build *b, const Expr *stage)
{
    report(b, RULE_STREAM, stage->span,
           "`%s` works on streams, and `%s` sends numbers through what stands here", stage->name,
           b->use->name);
    report_hint(b, "it is a block of a formula, as `block narrow(x) = max(0, 1 - abs(x))`");
}

static void check_stage(Build *b, Scope *scope, const Expr *stage)
{
    Scope *home;
    if (find_layer(b, stage->name) || scope_definition(scope, stage->name, STAGES, &home))
        resolve_names(b, scope, stage);
    else
        unknown_definition(b, scope, stage->name, name_span(stage), STAGES);
}

static Value apply_stage(Build *b, Scope *scope, const Expr *stage, const Expr *left, Value in,
                         const char *name)
{
    stage = given_as(&scope, stage);
    if (!stage || (stage->kind != EXPR_CALL && stage->kind != EXPR_NAME)) {
        report(b, RULE_UNKNOWN_DEFINITION, stage ? stage->span : left->span,
               "a neuron, a block or dense is needed");
        return value_poison();
    }
    if (in.kind == VALUE_POISON) { /* reported; the stage may have mistakes of its own */
        check_stage(b, scope, stage);
        return in;
    }
    if (is_given_number(b, stage, left, in)) {
        refuse_number(b, stage);
        return value_poison();
    }
    const Stage *layer = find_layer(b, stage->name);
    int outer = enter_phrase(b, stage->span);
    Value out = layer ? layer->build(b, &(StageUse){layer, stage, scope, in, left->span, name})
                      : apply_definition(b, scope, stage, left, in, name);
    b->phrase = outer;
    return out;
}

static Value build_chain(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    const Expr *other = chained_stages(b, &scope, expr);
    if (!other)
        other = chained_function(b, &scope, expr);
    Value out;
    if (other) {
        out = build_value(b, scope, other, name);
    } else {
        Value in = build_value(b, scope, expr->left, NULL);
        out = apply_stage(b, scope, expr->right, expr->left, in, name);
    }
    return check_limits(b, expr->span) ? out : value_poison();
}

/* ---- calls ------------------------------------------------------------------------------------------ */

/* What a reduction is told beside its stream: `over` or `per`, `where`, and `least` of a count. */
static bool is_over(const Stage *stage, const Arg *arg)
{
    bool axes = arg->name == name_over || arg->name == name_per;
    bool least = arg->name == name_least && stage->name == name_count;
    bool where = arg->name == name_where && stage->name != name_count;
    return stage->role == STAGE_REDUCTION && (axes || least || where);
}

static Rule wrong_arguments(const Stage *stage, const Expr *call)
{
    bool named = false;
    for (int i = 0; i < call->args.count; i++)
        named = named || (call->args.at[i].name && !is_over(stage, &call->args.at[i]));
    return call->args.count == 0 ? RULE_MISSING_ARGUMENT
           : named               ? RULE_UNKNOWN_ARGUMENT
                                 : RULE_TOO_MANY_ARGUMENTS;
}

/* The stream that a function of streams is given; NULL if that was reported. */
static const Expr *only_argument(Build *b, const Stage *stage, const Expr *call)
{
    int count = call->args.count, told = 1, axes = 0;
    for (; told < count && is_over(stage, &call->args.at[told]); told++)
        axes += call->args.at[told].name == name_over || call->args.at[told].name == name_per;
    if (count >= 1 && !call->args.at[0].name && told == count && axes <= 1)
        return call->args.at[0].value;
    report(b, wrong_arguments(stage, call), call->span, "`%s` takes one stream%s", call->name,
           stage->role == STAGE_REDUCTION ? " and what it goes over, as in `over = c`" : "");
    hint_left(b, call);
    return NULL;
}

/* Where a block is given what is no stream: there is the mistake, and not in the block's equations. */
static Span span_of_given(const Scope *scope, const Expr *expr, Value value)
{
    const Entry *entry =
        expr->kind == EXPR_NAME && value.kind == VALUE_NUMBER ? scope_find((Scope *)scope, expr->name) : NULL;
    return entry && entry->kind == ENTRY_FORMAL && entry->expr ? entry->expr->span : expr->span;
}

static Value build_call(Build *b, Scope *scope, const Expr *call, const char *name)
{
    const Stage *stage = called_stage(b, call);
    if (!stage) {
        Scope *home;
        const Def *def = scope_definition(scope, call->name, BLOCKS, &home);
        Call use = call_of(def, home, call, scope);
        return build_block(b, &use, def, NULL, value_poison(), name);
    }
    if (stage->role == STAGE_SOURCE)
        return stage->build(b, &(StageUse){stage, call, scope, value_poison(), call->span, name});
    const Expr *argument = only_argument(b, stage, call);
    if (!argument)
        return value_poison();
    Value in = build_value(b, scope, argument, NULL);
    return stage->build(b, &(StageUse){stage, call, scope, in, span_of_given(scope, argument, in), name});
}

/* ---- formulas and names ------------------------------------------------------------------------------ */

/* One scan for a pointwise formula, as in `0.5 * a + tanh(b)`. */
static Value build_map(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    Node node = node_new(NODE_SCAN, expr->span);
    node.name = "map";
    node.formula = true;
    Context c = {.build = b,
                 .node = &node,
                 .streams = true,
                 .steps = true,
                 .noise = true,
                 .owner = "map",
                 .span = expr->span};
    Value value = eval(&c, scope, expr);
    if (value.kind != VALUE_BODY)
        return value;
    if (!check_number(b, value, expr->span) || !settle_draws(&c, scan_steps(b->net, &node)))
        return value_poison();
    check_body(b, &node.body);
    const Instr *instr = &node.body.code.at[value.val];
    if (instr->op == OP_INPUT && c.draw.count == 0) /* nothing was computed */
        return value_stream(node.ins.at[instr->index], value.unit);
    return value_stream(add_map(b, node, value.val, name), value.unit);
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

static Value build_phrase(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    int outer = enter_phrase(b, expr->span);
    Value value = (is_stream_call(b, scope, expr) ? build_call : build_map)(b, scope, expr, name);
    b->phrase = outer;
    return value;
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
    else
        value = build_phrase(b, scope, expr, name);
    b->depth--;
    return value;
}

StreamId build_stream(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    return plain_stream_of(b, build_value(b, scope, expr, name), expr->span);
}
