/* How late what a connection is given arrives: `delay = 3 ms`, the same for all, or a block that spreads the weights over
 * time, as `delay = learned(max = 250 ms)`. */
#include "connect.h"

#include <math.h>

/* Within the steps of what the connection is given, `least` of them or more. `what` it is. -1: reported. */
static int delay_steps(Build *b, const Connection *connection, Value value, Span span, const char *what,
                       int least)
{
    int all = stream_at(b, connection->in)->steps;
    bool time = unit_equal(value.unit, unit_time);
    if (value.kind == VALUE_POISON || !b->time_known || (!time && !check_plain(b, value, span, what)))
        return -1;
    if (time && b->net->dt == 0) {
        report(b, RULE_TIME, span, "`dt` is not known: the model does not say how long a step is");
        report_hint(b, "write `time %d steps of 1 ms`, or count %s in steps", b->net->steps, what);
        return -1;
    }
    double steps = time ? value.number / b->net->dt : value.number, whole = round(steps);
    if (fabs(steps - whole) > 1e-9 * fmax(1, fabs(steps))) {
        report(b, RULE_DELAY, span, "%s must be a whole number of steps, found %.6g", what, steps);
        if (steps > 0 && time)
            report_hint(b, "a step is %.15g ms long: %.15g or %.15g ms are possible", b->net->dt,
                        floor(steps) * b->net->dt, ceil(steps) * b->net->dt);
        return -1;
    }
    if (all <= least) {
        report(b, RULE_DELAY, span, "a sample of one step leaves no time for delays");
        return -1;
    }
    if (whole < least || whole >= all) {
        report(b, RULE_DELAY, span, "%s must be from %d to %d steps, as a sample has %d, found %.15g", what,
               least, all - 1, all, whole);
        if (time)
            report_hint(b, "a step is %.15g ms long: %.15g to %.15g ms are possible", b->net->dt,
                        least * b->net->dt, (all - 1) * b->net->dt);
        return -1;
    }
    return (int)whole;
}

/* ---- the same for all ---- */

static StreamId add_delay(Build *b, const Connection *connection, int steps)
{
    Stream from = *stream_at(b, connection->in);
    Span span = connection->use->expr->span;
    Node node = node_new(NODE_DELAY, span);
    node.steps = steps;
    node.in = connection->in;
    node.out = add_stream(b, NULL, "delay", from.kind, from.steps, from.shape, span);
    add_node(b, node);
    return node.out;
}

static void hint_delays(Build *b)
{
    report_hint(b, "a delay is a number of steps, or a time, for all, or says it of each weight, as "
                   "`learned(max = 5)` and `random(0, 5)` do");
}

static bool delay_all(Build *b, Connection *connection, const Entry *delay)
{
    int errors = b->diag->errors;
    Value value = constant_number(b, delay->scope, delay->expr, "`delay`");
    if (b->diag->errors > errors)
        hint_delays(b);
    int steps = delay_steps(b, connection, value, delay->expr->span, "a delay", 0);
    if (steps > 0)
        connection->in = add_delay(b, connection, steps);
    return steps >= 0;
}

/* ---- one by one ---- */

/* Whether axes of weights that an argument names are taps, on which a delay spreads them. */
static bool names_taps(Scope *scope, const Expr *axes)
{
    axes = given_as(&scope, axes);
    bool found = axes->kind == EXPR_NAME && (axes->name == name_time || axes->name == name_all);
    for (int i = 0; axes->kind == EXPR_LIST && i < axes->args.count; i++)
        found = found || names_taps(scope, axes->args.at[i].value);
    return found;
}

/* `per = inputs`, what there is a delay for. */
static bool check_per(Build *b, const Scope *frame)
{
    const Entry *per = given_argument(frame, name_per);
    if (!per || !names_taps(per->scope, per->expr))
        return true;
    report(b, RULE_DELAY, per->expr->span,
           "a delay says at which step a weight is: there is none for each step");
    report_hint(b, "leave it out, or write `per = inputs` or `per = outputs`");
    return false;
}

/* The longest of all, which says how long kernels are. */
static bool delay_each(Build *b, Connection *connection, const Entry *delay, const Call *call)
{
    Span span = delay->expr->span;
    const Scope *frame = bind_arguments(b, call);
    const Entry *max = scope_own(frame, name_max);
    if (frame->wrong || (max && !max->expr))
        return false;
    if (!max) {
        report(b, RULE_DELAY, span, "`%s` has no parameter `max`, the longest delay", call->name);
        report_hint(b, "as in `block %s(w, max) { ... }`", call->name);
        return false;
    }
    int errors = b->diag->errors;
    Value longest = constant_number(b, max->scope, max->expr, "`max`");
    if (b->diag->errors > errors)
        report_hint(b, "it says how long kernels are, as in `%s(max = 5)`", call->name);
    int steps = delay_steps(b, connection, longest, max->expr->span, "the longest delay", 1);
    connection->spread = delay;
    connection->taps = steps + 1;
    return steps > 0 && check_per(b, frame);
}

static bool check_along_space(Build *b, const Connection *connection, const Entry *delay)
{
    if (connection->map.time.reach == REACH_SAME)
        return true;
    report(b, RULE_DELAY, delay->expr->span, "a connection along time has no delay beside its kernel");
    report_hint(b, "leave out `along = time`: `delay` makes a kernel along time of its own");
    return false;
}

/* A kernel has axes for time, its windows, inputs and outputs. */
static bool check_room(Build *b, const Connection *connection, const Entry *delay)
{
    int axes = 1, dims[MAX_DIMS];
    if (axes + map_weight_dims(&connection->map, dims) <= MAX_DIMS)
        return true;
    report(b, RULE_DELAY, delay->expr->span, "a kernel along %d axes of space has no room for one along time",
           connection->map.count - 1);
    return false;
}

bool connection_delay(Build *b, Connection *connection)
{
    const Entry *delay = given_argument(connection->frame, name_delay);
    if (!delay)
        return true;
    if (!check_along_space(b, connection, delay)
        || !check_temporal(b, connection->in, connection->use->in_span, true))
        return false;
    Scope *scope = delay->scope, *home;
    const Expr *expr = given_as(&scope, delay->expr);
    bool named = expr->kind == EXPR_NAME || expr->kind == EXPR_CALL;
    const Def *def = named ? scope_definition(scope, expr->name, BLOCKS, &home) : NULL;
    if (named && !is_defined(b, scope, expr->name)) {
        if (!unknown_definition(b, scope, expr->name, name_span(expr), BLOCKS))
            hint_delays(b);
        return false;
    }
    if (!def)
        return delay_all(b, connection, delay);
    Call call = call_of(def, home, expr, scope);
    call.first = expr_name(b->arena, expr->span, name_arrow);
    return check_room(b, connection, delay) && delay_each(b, connection, delay, &call);
}
