/* Reductions as they are called: of all values, or of some, as `mean(x, where = present)`, which goes over those for which
 * `present` is not 0. */
#include "build.h"

#include <float.h>

/* A reduction of some values while it is built. */
typedef struct Chosen {
    Build *b;
    const StageUse *use;
    StreamId in, by; /* `by` has the axes of `in`, or none but time */
    const AxisSet *over;
} Chosen;

/* ---- formulas of both streams ---- */

/* Input 0 is the stream, 1 says which values are meant. */
static Node formula(const Chosen *c, StreamId first, StreamId second)
{
    Node node = node_new(NODE_SCAN, c->use->expr->span);
    node.name = "map";
    node.formula = true;
    vec_push(c->b->arena, &node.ins, first);
    if (second != NONE)
        vec_push(c->b->arena, &node.ins, second);
    node.body.at = c->use->expr->span;
    return node;
}

static Val leaf(const Chosen *c, Node *node, int index)
{
    return body_leaf(c->b->arena, &node->body, OP_INPUT, index, stream_at(c->b, node->ins.at[index])->name);
}

static Val is_meant(const Chosen *c, Node *node, int index)
{
    Val zero = body_const(c->b->arena, &node->body, 0);
    return body_op2(c->b->arena, &node->body, OP_NE, leaf(c, node, index), zero);
}

/* The stream, and this number for values that are not meant. */
static StreamId with_others(const Chosen *c, double others)
{
    Node node = formula(c, c->in, c->by);
    Val x = leaf(c, &node, 0), meant = is_meant(c, &node, 1);
    Val value =
        body_op3(c->b->arena, &node.body, OP_SELECT, meant, x, body_const(c->b->arena, &node.body, others));
    return add_map(c->b, node, value, NULL);
}

/* The stream, and where its value is not meant, the last one that was. */
static StreamId with_last(const Chosen *c)
{
    Node node = formula(c, c->in, c->by);
    Val x = leaf(c, &node, 0), meant = is_meant(c, &node, 1);
    Val before = body_leaf(c->b->arena, &node.body, OP_STATE, 0, "last");
    Val value = body_op3(c->b->arena, &node.body, OP_SELECT, meant, x, before);
    State last = {.name = "last", .initial = 0, .next = value};
    vec_push(c->b->arena, &node.states, last);
    node.formula = false;
    node.name = "last";
    return add_map(c->b, node, value, NULL);
}

/* ---- means ---- */

static StageUse use_sum(const Chosen *c)
{
    StageUse sum = *c->use;
    for (const Stage *stage = c->b->language->stages; stage->name; stage++)
        sum.stage = stage->name == name_sum ? stage : sum.stage;
    sum.name = NULL;
    return sum;
}

/* How many values are meant for each of `by`, along the axes that it lacks. */
static double values_each(const Chosen *c)
{
    Shape in = stream_at(c->b, c->in)->shape, by = stream_at(c->b, c->by)->shape;
    double count = c->over->time && !stream_at(c->b, c->by)->steps ? stream_at(c->b, c->in)->steps : 1;
    for (int d = 0; d < in.ndim && by.ndim == 0; d++)
        count *= c->over->space[d] ? in.dims[d] : 1;
    return count;
}

/* How many values are meant: a stream; of none, one, so that their mean is 0. */
static StreamId count_meant(const Chosen *c)
{
    Node node = formula(c, c->by, NONE);
    Arena *arena = c->b->arena;
    Val each = body_const(arena, &node.body, values_each(c)), none = body_const(arena, &node.body, 0);
    Val value = body_op3(arena, &node.body, OP_SELECT, is_meant(c, &node, 0), each, none);
    StreamId each_time = add_map(c->b, node, value, NULL);
    AxisSet over = *c->over;
    bool any = over.time = over.time && stream_at(c->b, c->by)->steps;
    for (int d = 0; d < MAX_DIMS; d++) {
        over.space[d] = over.space[d] && d < stream_at(c->b, c->by)->shape.ndim;
        any = any || over.space[d];
    }
    StageUse sum = use_sum(c);
    return any || over.batch ? reduce_stream(c->b, &sum, each_time, &over) : each_time;
}

static StreamId mean_of_meant(const Chosen *c)
{
    StageUse sum = use_sum(c);
    StreamId total = reduce_stream(c->b, &sum, with_others(c, 0), c->over);
    Node node = formula(c, total, count_meant(c));
    Arena *arena = c->b->arena;
    Val count = body_op2(arena, &node.body, OP_MAX, leaf(c, &node, 1), body_const(arena, &node.body, 1));
    return add_map(c->b, node, body_op2(arena, &node.body, OP_DIV, leaf(c, &node, 0), count), c->use->name);
}

/* ---- which values ---- */

static bool check_choice(const Chosen *c, Span span)
{
    Build *b = c->b;
    const Stream *in = stream_at(b, c->in), *by = stream_at(b, c->by);
    if (by->steps && !in->steps)
        return check_temporal(b, c->in, c->use->in_span, true);
    if (!check_steps_meet(b, in->steps, by->steps, span))
        return false;
    if ((by->shape.ndim == 0 || shape_equal(by->shape, in->shape)) && (by->batched || !in->batched))
        return true;
    report(b, RULE_SHAPE, span, "`where` has the shape %s, the values that it chooses from %s",
           shape_text(b->arena, by->shape), shape_text(b->arena, in->shape));
    report_hint(b, "it is one number a step, as `present`, or one for each value");
    return false;
}

/* `where(x, 1, 0)`, for it may be a truth. */
static const Expr *as_number(Build *b, const Expr *x)
{
    Args args = {0};
    Arg truth = {.value = (Expr *)x, .span = x->span};
    vec_push(b->arena, &args, truth);
    for (int bit = 1; bit >= 0; bit--) {
        Arg number = {.value = expr_number(b->arena, x->span, bit, NULL), .span = x->span};
        vec_push(b->arena, &args, number);
    }
    return expr_call(b->arena, x->span, name_where, x->span, args);
}

static StreamId reduce_chosen(Build *b, const StageUse *use, StreamId in, const AxisSet *over,
                              const Expr *where)
{
    StreamId by =
        plain_stream_of(b, b->language->build(b, use->scope, as_number(b, where), NULL), where->span);
    Chosen c = {b, use, in, by, over};
    if (by == NONE || !check_choice(&c, where->span))
        return NONE;
    switch (use->stage->reduce) {
    case REDUCE_MEAN: return mean_of_meant(&c);
    case REDUCE_SUM: return reduce_stream(b, use, with_others(&c, 0), over);
    case REDUCE_MAX:
    case REDUCE_ARGMAX: return reduce_stream(b, use, with_others(&c, -(double)FLT_MAX), over);
    case REDUCE_MIN: return reduce_stream(b, use, with_others(&c, (double)FLT_MAX), over);
    case REDUCE_LAST: return reduce_stream(b, use, with_last(&c), over);
    case REDUCE_COUNT: break;
    }
    return NONE;
}

Value build_reduce(Build *b, const StageUse *use)
{
    StreamId in = use->in.kind == VALUE_WEIGHTS ? weights_stream(b, use->in.param, use->in_span)
                                                : stream_of(b, use->in, use->in_span);
    AxisSet over;
    if (in == NONE || !check_plain(b, use->in, use->in_span, "a stream") || !reduced_axes(b, use, in, &over))
        return value_poison();
    if (use->stage->of_spikes) {
        RateUse rate = {in, use->in_span};
        vec_push(b->arena, &b->rates, rate);
    }
    const Expr *where = told_argument(use->expr, name_where);
    StreamId out = where ? reduce_chosen(b, use, in, &over, where) : reduce_stream(b, use, in, &over);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}
