#include "adjoint.h"

#include "cut.h"
#include "finite.h"
#include "reach.h"
#include "rebuild.h"

#include <math.h>

/* While it is derived, the adjoint body refers to value v of the forward body by an input leaf of index
 * PRIMAL + v; `finish` then reads or recomputes it. */
enum { PRIMAL = 1 << 20 };

typedef struct Tape {
    Net *net;
    Arena *arena;
    const Body *forward;
    Body body;    /* of the adjoint, under construction */
    Val *adjoint; /* by forward value: d loss / d value, or NO_VAL for zero */
    bool *wild;   /* by forward value: may be infinite or NaN */
} Tape;

static Val op1(Tape *tape, Op op, Val a)
{
    return body_op1(tape->arena, &tape->body, op, a);
}

static Val op2(Tape *tape, Op op, Val a, Val b)
{
    return body_op2(tape->arena, &tape->body, op, a, b);
}

static Val op3(Tape *tape, Op op, Val a, Val b, Val c)
{
    return body_op3(tape->arena, &tape->body, op, a, b, c);
}

static Val number(Tape *tape, double value)
{
    return body_const(tape->arena, &tape->body, value);
}

/* The forward value v, as a value of the adjoint body. */
static Val primal(Tape *tape, Val v)
{
    const Instr *instr = &tape->forward->code.at[v];
    if (instr->op == OP_CONST || instr->op == OP_PARAM || instr->op == OP_SCALAR)
        return body_copy(tape->arena, &tape->body, instr, NO_VAL, NO_VAL, NO_VAL);
    return body_leaf(tape->arena, &tape->body, OP_INPUT, PRIMAL + v, instr->name);
}

static void accumulate(Tape *tape, Val v, Val amount)
{
    if (tape->forward->code.at[v].op == OP_CONST)
        return;
    Val old = tape->adjoint[v];
    tape->adjoint[v] = old == NO_VAL ? amount : op2(tape, OP_ADD, old, amount);
}

/* amount, which is a multiple of g: 0 where g is 0, even if the other factor is infinite or NaN there. So a branch
 * of a `where` that was not taken adds nothing, whatever its values are. */
static Val none_of_zero(Tape *tape, Val g, Val amount)
{
    Val zero = number(tape, 0);
    return op3(tape, OP_SELECT, op2(tape, OP_NE, g, zero), amount, zero);
}

/* Value v receives g * slope; `wild`: the slope may be infinite or NaN. */
static void accumulate_product(Tape *tape, Val v, Val g, Val slope, bool wild)
{
    Val product = op2(tape, OP_MUL, g, slope);
    accumulate(tape, v, wild ? none_of_zero(tape, g, product) : product);
}

static Val square(Tape *tape, Val a)
{
    return op2(tape, OP_MUL, a, a);
}

/* d op(a) / d a for the operations of one operand; `result` is the forward value op(a). */
static Val slope1(Tape *tape, Op op, Val a, Val result)
{
    Val one = number(tape, 1), zero = number(tape, 0);
    switch ((int)op) {
    case OP_NEG: return number(tape, -1);
    case OP_ABS:
        return op3(tape, OP_SELECT, op2(tape, OP_GT, a, zero), one,
                   op3(tape, OP_SELECT, op2(tape, OP_LT, a, zero), number(tape, -1), zero));
    case OP_EXP: return result;
    case OP_EXPM1: return op2(tape, OP_ADD, result, one);
    case OP_LOG: return op2(tape, OP_DIV, one, a);
    case OP_SQRT: return op2(tape, OP_DIV, number(tape, 0.5), result);
    case OP_TANH: return op2(tape, OP_SUB, one, square(tape, result));
    case OP_SIGMOID: return op2(tape, OP_MUL, result, op2(tape, OP_SUB, one, result));
    case OP_ATAN: return op2(tape, OP_DIV, one, op2(tape, OP_ADD, one, square(tape, a)));
    case OP_ERF:
        return op2(tape, OP_MUL, number(tape, 2 / sqrt(acos(-1))),
                   op1(tape, OP_EXP, op1(tape, OP_NEG, square(tape, a))));
    case OP_SIN: return op1(tape, OP_COS, a);
    case OP_COS: return op1(tape, OP_NEG, op1(tape, OP_SIN, a));
    default: return zero; /* not, floor, detach */
    }
}

/* d x^p / dp = x^p log x counts as 0 at x = 0, d x^p / dx = p x^(p - 1) as 0 at p = 0, as in PyTorch. */
static void adjoin_power(Tape *tape, const Instr *instr, Val result, Val g)
{
    Val a = primal(tape, instr->a), b = primal(tape, instr->b), zero = number(tape, 0);
    Val less = op2(tape, OP_POW, a, op2(tape, OP_SUB, b, number(tape, 1)));
    Val slope = op3(tape, OP_SELECT, op2(tape, OP_NE, b, zero), op2(tape, OP_MUL, b, less), zero);
    accumulate_product(tape, instr->a, g, slope, true);
    if (tape->forward->code.at[instr->b].op == OP_CONST)
        return;
    Val rise = op2(tape, OP_MUL, result, op1(tape, OP_LOG, a));
    Val at_zero = op3(tape, OP_SELECT, op2(tape, OP_GE, b, zero), zero, rise);
    accumulate_product(tape, instr->b, g, op3(tape, OP_SELECT, op2(tape, OP_EQ, a, zero), at_zero, rise),
                       true);
}

static void adjoin_product(Tape *tape, const Instr *instr, Val g)
{
    accumulate_product(tape, instr->a, g, primal(tape, instr->b), tape->wild[instr->b]);
    accumulate_product(tape, instr->b, g, primal(tape, instr->a), tape->wild[instr->a]);
}

static void adjoin_quotient(Tape *tape, const Instr *instr, Val result, Val g)
{
    Val divisor = primal(tape, instr->b);
    bool fixed = tape->forward->code.at[instr->b].op == OP_CONST;
    Val part = op2(tape, OP_DIV, g, divisor);
    accumulate(tape, instr->a, fixed ? part : none_of_zero(tape, g, part));
    if (fixed)
        return;
    part = op1(tape, OP_NEG, op2(tape, OP_DIV, op2(tape, OP_MUL, g, result), divisor));
    accumulate(tape, instr->b, none_of_zero(tape, g, part));
}

/* select and mix: the chosen branch receives the gradient. The condition of a mix receives what the branches differ
 * by, unless that is infinite or NaN: then the other branch, which was not taken, has no say. */
static void adjoin_choice(Tape *tape, const Instr *instr, Val g)
{
    Val a = primal(tape, instr->a), zero = number(tape, 0);
    accumulate(tape, instr->b, op3(tape, instr->op, a, g, zero));
    accumulate(tape, instr->c, op3(tape, instr->op, a, zero, g));
    if (instr->op != OP_MIX)
        return;
    Val difference = op2(tape, OP_SUB, primal(tape, instr->b), primal(tape, instr->c));
    if (tape->wild[instr->b] || tape->wild[instr->c]) {
        Val finite = op2(tape, OP_LE, op1(tape, OP_ABS, difference), number(tape, largest_finite));
        difference = op3(tape, OP_SELECT, finite, difference, zero);
    }
    accumulate(tape, instr->a, op2(tape, OP_MUL, g, difference));
}

/* min, max: the operand that was taken receives the gradient; equal ones receive half of it each, as in PyTorch. */
static void adjoin_extreme(Tape *tape, const Instr *instr, Val g)
{
    Val a = primal(tape, instr->a), b = primal(tape, instr->b), zero = number(tape, 0);
    Val first = op2(tape, instr->op == OP_MIN ? OP_LT : OP_GT, a, b), tie = op2(tape, OP_EQ, a, b);
    Val half = op2(tape, OP_MUL, g, number(tape, 0.5));
    accumulate(tape, instr->a, op3(tape, OP_SELECT, first, g, op3(tape, OP_SELECT, tie, half, zero)));
    accumulate(tape, instr->b, op3(tape, OP_SELECT, first, zero, op3(tape, OP_SELECT, tie, half, g)));
}

/* The functions of one operand. Only the slopes of neg and abs are finite whatever the operand is. */
static void adjoin_function(Tape *tape, const Instr *instr, Val v, Val g)
{
    bool wild = tape->wild[v] && instr->op != OP_NEG && instr->op != OP_ABS;
    Val slope = slope1(tape, instr->op, primal(tape, instr->a), primal(tape, v));
    accumulate_product(tape, instr->a, g, slope, wild);
}

/* Passes the gradient g of forward value v on to its operands. */
static void adjoin_instr(Tape *tape, Val v, Val g)
{
    const Instr *instr = &tape->forward->code.at[v];
    switch ((int)instr->op) {
    case OP_ADD:
        accumulate(tape, instr->a, g);
        accumulate(tape, instr->b, g);
        break;
    case OP_SUB:
        accumulate(tape, instr->a, g);
        accumulate(tape, instr->b, op1(tape, OP_NEG, g));
        break;
    case OP_MUL: adjoin_product(tape, instr, g); break;
    case OP_FMA:
        adjoin_product(tape, instr, g);
        accumulate(tape, instr->c, g);
        break;
    case OP_DIV: adjoin_quotient(tape, instr, primal(tape, v), g); break;
    case OP_MIN:
    case OP_MAX: adjoin_extreme(tape, instr, g); break;
    case OP_POW: adjoin_power(tape, instr, primal(tape, v), g); break;
    case OP_SELECT:
    case OP_MIX: adjoin_choice(tape, instr, g); break;
    case OP_STEP: /* surrogates are finite where their argument is */
        accumulate_product(tape, instr->a, g, primal(tape, instr->b), tape->wild[instr->a]);
        if (step_learns(tape->arena, tape->forward, instr))
            accumulate(tape, instr->c, g);
        break;
    default:
        if (op_arity(instr->op) == 1 && instr->op != OP_DETACH && instr->op != OP_NOT)
            adjoin_function(tape, instr, v, g);
    }
}

static void seed_outputs(Tape *tape, Node *adjoint, const Node *scan, const StreamList *out_gradients)
{
    for (int k = 0; k < scan->outs.count; k++)
        for (int c = 0; c < out_gradients[k].count; c++) {
            StreamId stream = out_gradients[k].at[c];
            Val g = body_leaf(tape->arena, &tape->body, OP_INPUT, adjoint->ins.count,
                              tape->net->streams.at[stream].name);
            vec_push(tape->arena, &adjoint->ins, stream);
            accumulate(tape, scan->outs.at[k].value, g);
        }
}

/* Those of the states come from the step after; a state that no output has a derivative by has none. */
static void seed_states(Tape *tape, const Node *scan, const StreamList *out_gradients)
{
    bool *outs = NEW_ARRAY(tape->arena, bool, scan->outs.count + 1);
    for (int k = 0; k < scan->outs.count; k++)
        outs[k] = out_gradients[k].count > 0;
    const bool *reached = reached_values(tape->arena, scan, outs);
    for (int s = 0; s < scan->states.count; s++) {
        const char *name = arena_printf(tape->arena, "g_%s", scan->states.at[s].name);
        if (reached[scan->states.at[s].next])
            accumulate(tape, scan->states.at[s].next, body_leaf(tape->arena, &tape->body, OP_STATE, s, name));
    }
}

static Val adjoint_of_leaf(const Tape *tape, Op op, int index)
{
    for (Val v = 0; v < tape->forward->code.count; v++)
        if (tape->forward->code.at[v].op == op && tape->forward->code.at[v].index == index)
            return tape->adjoint[v];
    return NO_VAL;
}

/* ---- from the derived body to the node: keep what is used, read or recompute forward values ---- */

typedef struct Copier {
    Tape *tape;
    Node *adjoint;
    int scan;          /* node index of the forward scan */
    const bool *saved; /* forward values read from streams */
    Val *copied;       /* derived body -> final body */
    Val *recomputed;   /* forward body -> final body */
    Body out;
} Copier;

/* The stream that holds forward value v: an input or output of the scan, if need be a new output. */
static StreamId saved_stream(Copier *copier, Val v)
{
    Net *net = copier->tape->net;
    Node *scan = &net->nodes.at[copier->scan];
    const Instr *instr = &copier->tape->forward->code.at[v];
    if (instr->op == OP_INPUT)
        return scan->ins.at[instr->index];
    for (int k = 0; k < scan->outs.count; k++)
        if (scan->outs.at[k].value == v && !scan_sums(net, scan, scan->outs.at[k].stream))
            return scan->outs.at[k].stream;
    const Stream *first = &net->streams.at[scan->outs.at[0].stream];
    bool batched = scan_is_batched(net, scan);
    const char *name = arena_printf(net->arena, "%s_%s%s", first->name, instr->name ? instr->name : "saved",
                                    instr->op == OP_STATE ? "_before" : "");
    StreamId stream =
        net_stream(net, name, STREAM_REALS, scan_steps(net, scan), scan_units(net, scan), scan->span);
    net->streams.at[stream].saved = true;
    net->streams.at[stream].batched = batched;
    net_add_out(net, copier->scan, stream, v);
    return stream;
}

static Val read_saved(Copier *copier, Val v)
{
    StreamId stream = saved_stream(copier, v);
    vec_push(copier->tape->arena, &copier->adjoint->ins, stream);
    const char *name = copier->tape->forward->code.at[v].name;
    return body_leaf(copier->tape->arena, &copier->out, OP_INPUT, copier->adjoint->ins.count - 1,
                     name ? name : "saved");
}

static Val recompute(Copier *copier, Val v)
{
    if (v == NO_VAL || copier->recomputed[v] != NO_VAL)
        return v == NO_VAL ? NO_VAL : copier->recomputed[v];
    const Instr *instr = &copier->tape->forward->code.at[v];
    Val value;
    if (copier->saved[v]) {
        value = read_saved(copier, v);
    } else {
        Val operand[3] = {NO_VAL, NO_VAL, NO_VAL};
        for (int k = 0; k < op_value_arity(instr->op); k++)
            operand[k] = recompute(copier, instr_operand(instr, k));
        if (instr->op == OP_STEP) /* its slope and smooth are not needed to know the spike */
            operand[1] = operand[2] = body_const(copier->tape->arena, &copier->out, 0);
        value = body_copy(copier->tape->arena, &copier->out, instr, operand[0], operand[1], operand[2]);
    }
    return copier->recomputed[v] = value;
}

static Val copy_value(Copier *copier, Val v)
{
    if (v == NO_VAL || copier->copied[v] != NO_VAL)
        return v == NO_VAL ? NO_VAL : copier->copied[v];
    const Instr *instr = &copier->tape->body.code.at[v];
    Val value;
    if (instr->op == OP_INPUT && instr->index >= PRIMAL) {
        value = recompute(copier, instr->index - PRIMAL);
    } else {
        Val operand[3] = {NO_VAL, NO_VAL, NO_VAL};
        for (int k = 0; k < op_arity(instr->op); k++)
            operand[k] = copy_value(copier, instr_operand(instr, k));
        value = body_copy(copier->tape->arena, &copier->out, instr, operand[0], operand[1], operand[2]);
    }
    return copier->copied[v] = value;
}

static Val *no_values(Arena *arena, int count)
{
    Val *values = NEW_ARRAY(arena, Val, count + 1);
    for (int v = 0; v < count; v++)
        values[v] = NO_VAL;
    return values;
}

static bool state_is_read(const Tape *tape, const bool *live, int state)
{
    for (Val v = 0; v < tape->body.code.count; v++)
        if (live[v] && tape->body.code.at[v].op == OP_STATE && tape->body.code.at[v].index == state)
            return true;
    return false;
}

static void finish(Tape *tape, Node *adjoint, int scan)
{
    int count = tape->forward->code.count;
    adjoint->body = tape->body;
    bool *live = live_values(tape->arena, adjoint);
    bool *needed = NEW_ARRAY(tape->arena, bool, count + 1);
    bool *saved = NEW_ARRAY(tape->arena, bool, count + 1);
    for (Val v = 0; v < tape->body.code.count; v++) {
        const Instr *instr = &tape->body.code.at[v];
        if (live[v] && instr->op == OP_INPUT && instr->index >= PRIMAL)
            needed[instr->index - PRIMAL] = true;
    }
    cheapest_saves(tape->net, &tape->net->nodes.at[scan], needed, saved);
    Copier copier = {.tape = tape,
                     .adjoint = adjoint,
                     .scan = scan,
                     .saved = saved,
                     .copied = no_values(tape->arena, tape->body.code.count),
                     .recomputed = no_values(tape->arena, count)};
    for (int k = 0; k < adjoint->outs.count; k++)
        adjoint->outs.at[k].value = copy_value(&copier, adjoint->outs.at[k].value);
    for (int k = 0; k < adjoint->grads.count; k++)
        adjoint->grads.at[k].value = copy_value(&copier, adjoint->grads.at[k].value);
    for (int s = 0; s < adjoint->states.count; s++) {
        State *state = &adjoint->states.at[s];
        state->next = state_is_read(tape, live, s) ? copy_value(&copier, state->next)
                                                   : body_const(tape->arena, &copier.out, 0);
    }
    adjoint->body = copier.out;
}

/* ---- the node ---- */

static void want_inputs(Tape *tape, Node *adjoint, const Node *scan, const bool *wanted, StreamId *gradients)
{
    Net *net = tape->net;
    for (int i = 0; i < scan->ins.count; i++) {
        Val g = adjoint_of_leaf(tape, OP_INPUT, i);
        double zero;
        gradients[i] = NONE;
        if (!wanted[i] || g == NO_VAL || (body_is_const(&tape->body, g, &zero) && zero == 0))
            continue;
        Stream in = net->streams.at[scan->ins.at[i]];
        for (int k = 0; k < adjoint->outs.count && gradients[i] == NONE; k++)
            if (adjoint->outs.at[k].value == g && same_axes(net, adjoint->outs.at[k].stream, scan->ins.at[i]))
                gradients[i] = adjoint->outs.at[k].stream; /* summands share one gradient */
        if (gradients[i] != NONE)
            continue;
        const char *name = arena_printf(net->arena, "g_%s", in.name);
        gradients[i] = net_stream(net, name, STREAM_REALS, in.steps, in.shape, scan->span);
        net->streams.at[gradients[i]].batched = in.batched;
        body_name(&tape->body, g, name);
        vec_push(tape->arena, &adjoint->outs, ((ScanOut){gradients[i], g}));
    }
}

static void want_params(Tape *tape, Node *adjoint, const Node *scan)
{
    for (int p = 0; p < scan->params.count; p++) {
        Val g = adjoint_of_leaf(tape, OP_PARAM, p);
        vec_push(tape->arena, &adjoint->params, scan->params.at[p]);
        if (g != NO_VAL)
            vec_push(tape->arena, &adjoint->grads, ((ScanGrad){scan->params.at[p], g}));
    }
}

static void want_states(Tape *tape, Node *adjoint, const Node *scan)
{
    for (int s = 0; s < scan->states.count; s++) {
        Val g = adjoint_of_leaf(tape, OP_STATE, s);
        State state = {.name = arena_printf(tape->arena, "g_%s", scan->states.at[s].name)};
        state.next = g == NO_VAL ? number(tape, 0) : g;
        vec_push(tape->arena, &adjoint->states, state);
    }
}

/* The gradient of the model's x is called g_x. */
static void name_adjoint(Tape *tape, Val v)
{
    const Instr *instr = &tape->forward->code.at[v];
    if (instr->name && op_arity(instr->op) > 0)
        body_name(&tape->body, tape->adjoint[v], arena_printf(tape->arena, "g_%s", instr->name));
}

void adjoin_equations(Net *net, int scan_index, const bool *wild_streams, const StreamList *out_gradients,
                      const bool *wanted, StreamId *gradients)
{
    Node scan = net->nodes.at[scan_index];
    Tape tape = {.net = net, .arena = net->arena, .forward = &scan.body};
    tape.adjoint = no_values(net->arena, scan.body.code.count);
    tape.wild = wild_values(net, &scan, wild_streams);
    Node adjoint = node_new(NODE_SCAN, scan.span);
    adjoint.name = arena_printf(net->arena, "%s, adjoint", scan.name);
    adjoint.reverse = true;
    adjoint.each_of = scan_steps(net, &scan);
    adjoint.batched = scan_is_batched(net, &scan);
    adjoint.units = scan_is_even(net, &scan) ? (Shape){0} : scan_units(net, &scan);
    adjoint.forward = scan_index;
    seed_outputs(&tape, &adjoint, &scan, out_gradients);
    seed_states(&tape, &scan, out_gradients);
    for (Val v = scan.body.code.count - 1; v >= 0; v--) {
        if (tape.adjoint[v] == NO_VAL)
            continue;
        tape.body.at = scan.body.code.at[v].span;
        name_adjoint(&tape, v);
        adjoin_instr(&tape, v, tape.adjoint[v]);
    }
    want_inputs(&tape, &adjoint, &scan, wanted, gradients);
    want_params(&tape, &adjoint, &scan);
    want_states(&tape, &adjoint, &scan);
    if (adjoint.outs.count == 0 && adjoint.grads.count == 0)
        return;
    finish(&tape, &adjoint, scan_index);
    net_add(net, adjoint);
}
