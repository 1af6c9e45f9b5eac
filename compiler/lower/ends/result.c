/* What is made of streams at the end: sums over time, losses, predictions, activity. */
#include "lower/ends/ends.h"

#include "lower/base/code.h"
#include "lower/base/extreme.h"
#include "lower/base/streams.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static LoopExpr *f32(Lower *lower, double number)
{
    return loop_float(lower->arena, number);
}

static LoopExpr *number(Lower *lower, LoopExpr *x)
{
    return loop_cast(lower->arena, TYPE_F32, x);
}

/* ---- over time ---- */

static void emit_reduce_start(Lower *lower, const Node *node, Site site, LoopExpr *n)
{
    site.t = loop_int(lower->arena, node->reduce == REDUCE_LAST ? steps_of(lower, node->in) - 1 : 0);
    LoopExpr *start =
        reduce_picks(node->reduce) ? number(lower, load_stream(lower, node->in, site, n)) : f32(lower, 0);
    store_stream(lower, node->out, site, n, start, false);
}

static void emit_beyond(Lower *lower, const Node *node, Site site, LoopExpr *n, LoopExpr *x)
{
    LoopExpr *top = load_stream(lower, node->out, site, n),
             *beyond = is_beyond(lower, extreme_op(node), x, top);
    store_stream(lower, node->out, site, n, loop_op(lower->arena, OP_SELECT, beyond, x, top), false);
}

static void emit_reduce_step(Lower *lower, const Node *node, Site site, LoopExpr *n)
{
    LoopExpr *x = number(lower, load_stream(lower, node->in, site, n));
    if (reduce_compares(node->reduce))
        emit_beyond(lower, node, site, n, loop_local(lower, site.into, "x", x));
    else
        store_stream(lower, node->out, site, n, x, true);
}

/* A kernel for what is made of the stream, up to the loop over its samples, if it is of samples. */
static Site stream_kernel(Lower *lower, StreamId of, const char *verb, const char *name, const char *about,
                          Span span)
{
    if (stream_of(lower, of)->batched)
        return kernel_samples(lower, verb, name, about, span);
    kernel_begin(lower, verb, name, about, span, 1);
    return (Site){.into = &kernel_items(lower, "whole")->body};
}

/* The kernel of an extreme over units, up to the loop over steps if there are some. */
static Site extreme_kernel(Lower *lower, const Node *node, const char *verb, const char *what, StreamId whole)
{
    const char *out = stream_of(lower, node->out)->name;
    Site site =
        stream_kernel(lower, whole, verb, out, arena_printf(lower->arena, "%s: %s", out, what), node->span);
    if (stream_of(lower, whole)->steps) {
        LoopStmt *time = for_range(lower, site.into, "t", steps_of(lower, whole));
        site.into = &time->body;
        site.t = loop_variable(lower, time);
    }
    return site;
}

static void lower_extreme(Lower *lower, const Node *node)
{
    const char *what =
        arena_printf(lower->arena, "%s over %s of %s", reduce_name(node->reduce),
                     net_axes_reduced(lower->net, node->in, node->out), stream_of(lower, node->in)->name);
    emit_extreme(lower, node, extreme_kernel(lower, node, "reduce", what, node->in));
}

static void lower_pick_unit(Lower *lower, const Node *node)
{
    emit_extreme(
        lower, node,
        extreme_kernel(lower, node, "pick", "the gradient goes to the unit that was picked", node->aux));
}

/* best = the first step with the most; for `last` the last step. */
static LoopExpr *emit_picked_step(Lower *lower, const Node *node, StreamId of, Site site, LoopExpr *n)
{
    if (node->reduce == REDUCE_LAST)
        return loop_int(lower->arena, steps_of(lower, of) - 1);
    LoopExpr *best = declare_local(lower, site.into, "best", loop_int(lower->arena, 0));
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, of));
    Site here = site, there = site;
    here.t = loop_variable(lower, loop_t);
    there.t = best;
    LoopExpr *better =
        op2(lower, extreme_op(node), load_stream(lower, of, here, n), load_stream(lower, of, there, n));
    LoopStmt *found = loop_if(lower->arena, &loop_t->body, better);
    loop_set(lower->arena, &found->body, best->var, here.t);
    return best;
}

/* Which step it is that has the most. */
static void emit_step_number(Lower *lower, const Node *node, Site site, LoopStmt *units)
{
    LoopExpr *n = loop_variable(lower, units);
    site.into = &units->body;
    store_stream(lower, node->out, site, n, number(lower, emit_picked_step(lower, node, node->in, site, n)),
                 false);
}

void lower_reduce(Lower *lower, const Node *node)
{
    if (node->each_step) {
        lower_extreme(lower, node);
        return;
    }
    static const char *const names[REDUCE_COUNT] = {
        [REDUCE_MEAN] = "mean",   [REDUCE_SUM] = "sum",         [REDUCE_MAX] = "maximum",
        [REDUCE_MIN] = "minimum", [REDUCE_LAST] = "last value", [REDUCE_ARGMAX] = "place of the maximum"};
    int size = stream_size(lower, node->out);
    const char *out = stream_of(lower, node->out)->name;
    Site site = stream_kernel(lower, node->in, "reduce", out,
                              arena_printf(lower->arena, "%s: %s over time of %s", out, names[node->reduce],
                                           stream_of(lower, node->in)->name),
                              node->span);
    if (node->reduce == REDUCE_ARGMAX) {
        emit_step_number(lower, node, site, for_range(lower, site.into, "n", size));
        return;
    }
    Site inner = site;
    LoopStmt *start = for_units(lower, site.into, "n", size);
    inner.into = &start->body;
    emit_reduce_start(lower, node, inner, loop_variable(lower, start));
    if (node->reduce == REDUCE_LAST)
        return;
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, node->in));
    LoopStmt *loop_n = for_units(lower, &loop_t->body, "n", size);
    inner.t = loop_variable(lower, loop_t);
    inner.into = &loop_n->body;
    emit_reduce_step(lower, node, inner, loop_variable(lower, loop_n));
    if (node->reduce != REDUCE_MEAN)
        return;
    LoopStmt *end = for_units(lower, site.into, "n", size);
    LoopExpr *n = loop_variable(lower, end);
    inner.into = &end->body;
    LoopExpr *mean = op2(lower, OP_DIV, load_stream(lower, node->out, inner, n),
                         f32(lower, stream_of(lower, node->in)->steps));
    store_stream(lower, node->out, inner, n, mean, false);
}

void lower_pick_grad(Lower *lower, const Node *node)
{
    if (node->each_step) {
        lower_pick_unit(lower, node);
        return;
    }
    Arena *arena = lower->arena;
    const char *out = stream_of(lower, node->out)->name;
    Site site = stream_kernel(lower, node->aux, "pick", out,
                              arena_printf(arena, "%s: the gradient goes to the step that was picked", out),
                              node->span);
    LoopStmt *loop_n = for_range(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop_n);
    site.into = &loop_n->body;
    LoopExpr *picked = emit_picked_step(lower, node, node->aux, site, n);
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, node->aux));
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    LoopExpr *g = loop_op(arena, OP_SELECT, op2(lower, OP_EQ, site.t, picked),
                          load_stream(lower, node->in, site, n), f32(lower, 0));
    store_stream(lower, node->out, site, n, g, false);
}

/* ---- losses ---- */

/* Of each step of the stream. */
static void enter_steps(Lower *lower, Site *site, StreamId stream)
{
    LoopStmt *loop = for_range(lower, site->into, "t", steps_of(lower, stream));
    site->t = loop_variable(lower, loop);
    site->into = &loop->body;
}

static LoopExpr *is_label(Lower *lower, Site site, LoopExpr *j)
{
    BufferId label = lower->program->label;
    return op2(lower, OP_EQ, j,
               lower->net->data.label_temporal ? load2(lower, label, site.b, site.t)
                                               : load1(lower, label, site.b));
}

static LoopExpr *target(Lower *lower, Site site, LoopExpr *j)
{
    return loop_op(lower->arena, OP_SELECT, is_label(lower, site, j), f32(lower, 1), f32(lower, 0));
}

/* Spikes are numbers here. */
static LoopExpr *score(Lower *lower, const Node *node, Site site, LoopExpr *j)
{
    return number(lower, load_stream(lower, node->in, site, j));
}

/* The maximum, and the sum of exp(x - maximum), over the classes: for a softmax that cannot overflow. */
static void emit_softmax_sums(Lower *lower, const Node *node, Site site, LoopExpr **top, LoopExpr **sum)
{
    int size = stream_size(lower, node->in);
    *top = declare_local(lower, site.into, "top", score(lower, node, site, loop_int(lower->arena, 0)));
    LoopStmt *find = for_range(lower, site.into, "j", size);
    LoopExpr *x = score(lower, node, site, loop_variable(lower, find));
    loop_set(lower->arena, &find->body, (*top)->var, op2(lower, OP_MAX, x, *top));
    *sum = declare_local(lower, site.into, "sum", f32(lower, 0));
    LoopStmt *add = for_range(lower, site.into, "j", size);
    x = score(lower, node, site, loop_variable(lower, add));
    LoopExpr *term = loop_op(lower->arena, OP_EXP, op2(lower, OP_SUB, x, *top), NULL, NULL);
    loop_set(lower->arena, &add->body, (*sum)->var, op2(lower, OP_ADD, *sum, term));
}

static void emit_cross_entropy(Lower *lower, const Node *node, Site site)
{
    LoopExpr *top, *sum;
    emit_softmax_sums(lower, node, site, &top, &sum);
    LoopExpr *x = score(lower, node, site, load1(lower, lower->program->label, site.b));
    LoopExpr *loss =
        op2(lower, OP_SUB, loop_op(lower->arena, OP_LOG, sum, NULL, NULL), op2(lower, OP_SUB, x, top));
    store1(lower, site.into, lower->program->loss, site.b, loss, false);
}

static void emit_mse(Lower *lower, const Node *node, Site site)
{
    int size = stream_size(lower, node->in);
    LoopExpr *sum = declare_local(lower, site.into, "sum", f32(lower, 0));
    LoopStmt *loop = for_range(lower, site.into, "j", size);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *error = op2(lower, OP_SUB, score(lower, node, site, j), target(lower, site, j));
    error = loop_local(lower, &loop->body, "error", error);
    loop_set(lower->arena, &loop->body, sum->var, multiply_add(lower, sum, error, error));
    store1(lower, site.into, lower->program->loss, site.b, op2(lower, OP_DIV, sum, f32(lower, size)), false);
}

void lower_target(Lower *lower, const Node *node)
{
    const char *out = stream_of(lower, node->out)->name;
    Site site = kernel_samples(lower, "target", out,
                               arena_printf(lower->arena, "%s: 1 for the class of the label, else 0", out),
                               node->span);
    if (stream_of(lower, node->out)->steps)
        enter_steps(lower, &site, node->out);
    LoopStmt *loop = for_units(lower, site.into, "j", stream_size(lower, node->out));
    LoopExpr *j = loop_variable(lower, loop), *is = is_label(lower, site, j);
    site.into = &loop->body;
    store_stream(lower, node->out, site, j, is, false);
}

static void emit_loss(Lower *lower, const Node *node, Site site)
{
    switch (node->loss) {
    case LOSS_CROSS_ENTROPY: emit_cross_entropy(lower, node, site); break;
    case LOSS_MSE: emit_mse(lower, node, site); break;
    case LOSS_VALUE:
        store1(lower, site.into, lower->program->loss, site.b, score(lower, node, site, num(lower, 0)),
               false);
        break;
    case LOSS_COUNT: break;
    }
}

void lower_loss(Lower *lower, const Node *node)
{
    static const char *const against[] = {
        [LOSS_CROSS_ENTROPY] = "cross-entropy of %s against the label",
        [LOSS_MSE] = "mean squared error of %s against the label",
        [LOSS_VALUE] = "%s",
    };
    const char *about = arena_printf(lower->arena, against[node->loss], stream_of(lower, node->in)->name);
    Site site = kernel_samples(lower, "loss_of_samples", NULL, arena_printf(lower->arena, "loss: %s", about),
                               node->span);
    emit_loss(lower, node, site);
}

/* The gradient of score j of a sample, over the number of samples. */
static LoopExpr *score_gradient(Lower *lower, const Node *node, Site site, LoopExpr *j, LoopExpr *top,
                                LoopExpr *sum)
{
    LoopExpr *x = score(lower, node, site, j);
    if (node->loss == LOSS_CROSS_ENTROPY) {
        LoopExpr *e = loop_op(lower->arena, OP_EXP, op2(lower, OP_SUB, x, top), NULL, NULL);
        return op2(lower, OP_SUB, op2(lower, OP_DIV, e, sum), target(lower, site, j));
    }
    LoopExpr *error = op2(lower, OP_SUB, x, target(lower, site, j));
    return op2(lower, OP_MUL, f32(lower, 2.0 / stream_size(lower, node->in)), error);
}

void lower_loss_grad(Lower *lower, const Node *node)
{
    LoopExpr *rows = number(lower, loop_scalar(lower->arena, SCALAR_ROWS)), *top = NULL, *sum = NULL;
    Site site = kernel_samples(lower, "loss_gradient", NULL,
                               arena_printf(lower->arena, "%s: gradient of the mean loss over the batch",
                                            stream_of(lower, node->out)->name),
                               node->span);
    if (node->loss == LOSS_CROSS_ENTROPY)
        emit_softmax_sums(lower, node, site, &top, &sum);
    LoopStmt *loop = for_range(lower, site.into, "j", stream_size(lower, node->in));
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *g = node->loss == LOSS_VALUE ? f32(lower, 1) : score_gradient(lower, node, site, j, top, sum);
    site.into = &loop->body;
    store_stream(lower, node->out, site, j, op2(lower, OP_DIV, g, rows), false);
}

/* ---- for the user ---- */

/* Predictions and metrics stand in the order of their nodes. */
static const LoopPrediction *prediction_of(const Lower *lower, const Node *node)
{
    int before = 0;
    for (const Node *other = lower->net->nodes.at; other < node; other++)
        before += other->kind == NODE_PREDICT;
    return &lower->program->predictions.at[before];
}

static const LoopMetric *metric_of(const Lower *lower, const Node *node)
{
    int before = 0;
    for (const Node *other = lower->net->nodes.at; other < node; other++)
        before += net_metric(lower->net, other) != NULL;
    return &lower->program->metrics.at[before];
}

/* A number of a prediction. */
static void store_prediction(Lower *lower, const LoopPrediction *prediction, LoopBlock *into, Site site,
                             LoopExpr *j, LoopExpr *x)
{
    if (prediction->steps > 0)
        loop_store(lower->program, into, prediction->values, 3, (LoopExpr *[]){site.b, site.t, j}, x, false);
    else
        store2(lower, into, prediction->values, site.b, j, x, false);
}

static void emit_class(Lower *lower, const Node *node, const LoopPrediction *prediction, Site site)
{
    LoopExpr *best = declare_local(lower, site.into, "best", loop_int(lower->arena, 0));
    LoopStmt *loop = for_range(lower, site.into, "j", stream_size(lower, node->in));
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *x = number(lower, load_stream(lower, node->in, site, j));
    store_prediction(lower, prediction, &loop->body, site, j, x);
    LoopStmt *found = loop_if(lower->arena, &loop->body,
                              op2(lower, OP_GT, x, number(lower, load_stream(lower, node->in, site, best))));
    loop_set(lower->arena, &found->body, best->var, j);
    if (prediction->steps > 0)
        store2(lower, site.into, prediction->predicted, site.b, site.t, best, false);
    else
        store1(lower, site.into, prediction->predicted, site.b, best, false);
}

void lower_predict(Lower *lower, const Node *node)
{
    const LoopPrediction *prediction = prediction_of(lower, node);
    if (prediction->predicted >= 0) {
        Site site =
            kernel_samples(lower, "predict_classes", node->name,
                           "predicted: the class with the largest score, the first of equals", node->span);
        if (prediction->steps > 0)
            enter_steps(lower, &site, node->in);
        emit_class(lower, node, prediction, site);
        return;
    }
    Site site = kernel_samples(lower, "predict_values", node->name,
                               arena_printf(lower->arena, "predicted: %s", stream_of(lower, node->in)->name),
                               node->span);
    if (prediction->steps > 0)
        enter_steps(lower, &site, node->in);
    LoopStmt *loop = for_range(lower, site.into, "j", prediction->size);
    LoopExpr *j = loop_variable(lower, loop);
    store_prediction(lower, prediction, &loop->body, site, j,
                     number(lower, load_stream(lower, node->in, site, j)));
}

void lower_metric(Lower *lower, const Node *node)
{
    Site site = kernel_samples(
        lower, "metric", node->name,
        arena_printf(lower->arena, "%s: %s", node->name, stream_of(lower, node->in)->name), node->span);
    store1(lower, site.into, metric_of(lower, node)->values, site.b,
           number(lower, load_stream(lower, node->in, site, num(lower, 0))), false);
}

/* ---- activity ---- */

/* How often each unit spikes at up to COUNT_STEPS steps from t0 on: in bytes, which vectors hold more of than of sums. */
static void emit_few(Lower *lower, const Node *node, Site site, BufferId few, LoopExpr *t0, int steps)
{
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->in));
    LoopExpr *n = loop_variable(lower, loop), *sum = NULL;
    for (int s = 0; s < steps; s++) {
        site.t = op2(lower, OP_ADD, t0, num(lower, s));
        LoopExpr *spike = load_stream(lower, node->in, site, n);
        sum = sum ? op2(lower, OP_ADD, sum, spike) : spike;
    }
    store1(lower, &loop->body, few, n, sum, false);
}

/* `blocks` times so many steps, from t on. */
static void emit_spike_blocks(Lower *lower, const Node *node, Site site, LoopExpr *sum, BufferId few, int t,
                              int steps, int blocks)
{
    if (blocks == 0)
        return;
    LoopStmt *loop = for_range(lower, site.into, "block", blocks);
    site.into = &loop->body;
    LoopExpr *t0 = scaled_plus(lower, loop_variable(lower, loop), steps, num(lower, t));
    emit_few(lower, node, site, few, loop_local(lower, site.into, "t0", t0), steps);
    loop = for_range(lower, site.into, "n", stream_size(lower, node->in));
    LoopExpr *count = load1(lower, few, loop_variable(lower, loop));
    loop_set(lower->arena, &loop->body, sum->var, op2(lower, OP_ADD, sum, count));
}

static void emit_many_spikes(Lower *lower, const Node *node, Site site, LoopExpr *sum)
{
    int size = stream_size(lower, node->in);
    BufferId few = named_buffer(lower, "times_of", stream_of(lower, node->in)->name, TYPE_U8, BUFFER_LOCAL,
                                false, 1, &size);
    Parts parts = even_parts(steps_of(lower, node->in), COUNT_STEPS);
    emit_spike_blocks(lower, node, site, sum, few, 0, parts.size, parts.large);
    emit_spike_blocks(lower, node, site, sum, few, parts.large * parts.size, parts.size - 1, parts.small);
}

static void emit_values(Lower *lower, const Node *node, Site site, LoopExpr *sum)
{
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, node->in));
    site.t = loop_variable(lower, loop_t);
    LoopStmt *loop_n = for_range(lower, &loop_t->body, "n", stream_size(lower, node->in));
    LoopExpr *x = load_stream(lower, node->in, site, loop_variable(lower, loop_n));
    loop_set(lower->arena, &loop_n->body, sum->var, op2(lower, OP_ADD, sum, x));
}

void lower_activity(Lower *lower, const Node *node)
{
    const Stream *stream = stream_of(lower, node->in);
    Site site = kernel_samples(
        lower, "count", stream->name,
        arena_printf(lower->arena, "number of spikes of %s in each sample", stream->name), node->span);
    Type type = stream->kind == STREAM_SPIKES ? TYPE_I32 : TYPE_F32;
    LoopExpr *zero = type == TYPE_I32 ? loop_int(lower->arena, 0) : f32(lower, 0);
    LoopExpr *sum = declare_local(lower, site.into, "spikes", zero);
    bool many =
        type == TYPE_I32 && stream_size(lower, node->in) >= done_from(lower->plan->options, COUNT_LEAST);
    (many ? emit_many_spikes : emit_values)(lower, node, site, sum);
    store1(lower, site.into, lower->streams[node->in].activity, site.b, number(lower, sum), false);
}
