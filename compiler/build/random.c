/* Random numbers in formulas: of initial values, one for each weight; of streams, one for each sample, unit and step. */
#include "build.h"

static bool check_bounds(Build *b, Value low, Value high, const Expr *call)
{
    bool fine = low.kind != VALUE_NUMBER || high.kind != VALUE_NUMBER || low.number <= high.number;
    if (!fine) {
        report(b, RULE_RANGE, call->span,
               "`uniform` goes from its first argument up to its second, found %.15g "
               "and %.15g",
               low.number, high.number);
        report_hint(b, "write `uniform(%s, %s)`", ast_expr_text(b->arena, call->args.at[1].value),
                    ast_expr_text(b->arena, call->args.at[0].value));
    }
    return fine;
}

/* ---- noise: of streams ---- */

/* Whose axes are known when the formula is complete. */
static Val noise_input(Context *c, Scope *scope, const Expr *same, Span span)
{
    Build *b = c->build;
    Node random = node_new(NODE_RANDOM, span);
    random.out = add_stream(b, NULL, name_uniform, STREAM_REALS, 0, (Shape){0}, span);
    stream_at(b, random.out)->batched = false; /* up to there it has none */
    add_node(b, random);
    vec_push(b->arena, &c->node->ins, random.out);
    vec_push(b->arena, &c->draw, ((Draw){random.out, same, scope, span}));
    return body_leaf(b->arena, &c->node->body, OP_INPUT, c->node->ins.count - 1,
                     stream_at(b, random.out)->name);
}

/* low + (high - low) * u */
static Val noise(Context *c, Val low, Val high, Val u)
{
    Arena *arena = c->build->arena;
    Body *body = &c->node->body;
    Val reach = body_op2(arena, body, OP_MUL, body_op2(arena, body, OP_SUB, high, low), u);
    return body_op2(arena, body, OP_ADD, low, reach);
}

static bool settle(Build *b, const Draw *draw, Shape units, int steps)
{
    AxisSet same = {0};
    if (draw->same && !named_axes(b, draw->scope, draw->same, units, OVER_TIME | OVER_NONE, &same))
        return false;
    Stream *stream = stream_at(b, draw->stream);
    stream->shape = shape_without(units, &same);
    stream->steps = same.time ? 0 : steps;
    stream->batched = true;
    return true;
}

bool settle_draws(Context *c, int steps)
{
    Build *b = c->build;
    if (c->draw.count == 0)
        return true;
    if (!scan_is_batched(b->net, c->node)) {
        report(b, RULE_INITIALIZER, c->draw.at[0].span,
               "a formula draws a random number for each unit of its streams, and there is none here");
        report_hint(b, "as in `x + uniform(-0.1, 0.1)`");
        return false;
    }
    Shape units = scan_units(b->net, c->node);
    bool fine = true;
    for (int k = 0; k < c->draw.count; k++)
        fine = settle(b, &c->draw.at[k], units, steps) && fine;
    return fine;
}

/* ---- uniform ---- */

/* `same = time`, behind the bounds; NULL: it is not there. */
static const Expr *same_axes_of(const Context *c, Expr *call)
{
    const Arg *last = call->args.count > 0 ? &call->args.at[call->args.count - 1] : NULL;
    if (!c->noise || !last || last->name != name_same)
        return NULL;
    call->args.count--;
    return last->value;
}

Value eval_uniform(Context *c, Scope *scope, const Expr *call)
{
    Build *b = c->build;
    Expr bounds = *call;
    const Expr *same = same_axes_of(c, &bounds);
    if (!check_count(b, &bounds, 2))
        return value_poison();
    Value low = eval(c, scope, call->args.at[0].value), high = eval(c, scope, call->args.at[1].value);
    bool fine = check_number(b, low, call->args.at[0].value->span);
    fine &= check_number(b, high, call->args.at[1].value->span);
    if (!fine || low.kind == VALUE_POISON || high.kind == VALUE_POISON
        || !check_same_unit(b, low, high, call->span, "uniform") || !check_bounds(b, low, high, call))
        return value_poison();
    Body *body = &c->node->body;
    Val u = c->noise && !c->scratch ? noise_input(c, scope, same, call->span) : NO_VAL;
    body->at = call->span;
    Val a = value_lift(c, low), z = value_lift(c, high);
    return value_body(u != NO_VAL ? noise(c, a, z, u) : body_uniform(b->arena, body, a, z, body_draws(body)),
                      low.unit, false);
}
