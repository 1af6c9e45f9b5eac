/* Where a value is compared, NaN is lost without a word: `NaN >= threshold` is false, so a layer falls silent
 * with NaN inside, and with a surrogate of compact support its gradient is 0. After this pass every such NaN
 * leaves a trace that is there when a sample ends: in a state that stays NaN once it is, as membranes of most
 * neurons do, at no cost; or else in an output of its own, the sum over time of `value * 0`. */
#include "passes.h"

typedef enum Known { KNOWN_NOTHING, KNOWN_NAN, KNOWN_FALSE } Known;

typedef struct Watch {
    Net *net;
    const Node *node;
    Known *known;  /* by value, under the last assumption */
    bool *lasting; /* by state: NaN stays */
    bool *seen;    /* by value: covered[] is known */
    bool *covered; /* by value: NaN in it is in a lasting state at the end of the step, or it has none */
} Watch;

static bool compares(Op op)
{
    return op == OP_STEP || op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE || op == OP_EQ
           || op == OP_NE || op == OP_MIN || op == OP_MAX;
}

/* What follows for the value of an instruction from what is known of its operands. */
static Known follows(const Watch *watch, const Instr *instr)
{
    Known a = instr->a == NO_VAL ? KNOWN_NOTHING : watch->known[instr->a];
    Known b = instr->b == NO_VAL ? KNOWN_NOTHING : watch->known[instr->b];
    switch ((int)instr->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV: return a == KNOWN_NAN || b == KNOWN_NAN ? KNOWN_NAN : KNOWN_NOTHING;
    case OP_FMA:
        return a == KNOWN_NAN || b == KNOWN_NAN || watch->known[instr->c] == KNOWN_NAN ? KNOWN_NAN
                                                                                       : KNOWN_NOTHING;
    case OP_NEG:
    case OP_ABS:
    case OP_DETACH: return a;
    case OP_STEP: return a == KNOWN_NAN ? KNOWN_FALSE : KNOWN_NOTHING;
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_EQ: return a == KNOWN_NAN || b == KNOWN_NAN ? KNOWN_FALSE : KNOWN_NOTHING;
    case OP_AND: return a == KNOWN_FALSE || b == KNOWN_FALSE ? KNOWN_FALSE : KNOWN_NOTHING;
    case OP_MIX:
    case OP_SELECT:
        if (a == KNOWN_FALSE || b == watch->known[instr->c])
            return watch->known[instr->c];
        return KNOWN_NOTHING;
    default: return KNOWN_NOTHING;
    }
}

/* Whether, after a step in which `value` is NaN, or the state `from` was (each or NONE), the state `state` is
 * NaN; NONE: any that is lasting. */
static bool leaves_trace(Watch *watch, Val value, int from, int state)
{
    const Body *body = &watch->node->body;
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        bool assumed = v == value || (instr->op == OP_STATE && instr->index == from);
        watch->known[v] = assumed ? KNOWN_NAN : follows(watch, instr);
    }
    for (int s = 0; s < watch->node->states.count; s++)
        if ((s == state || (state == NONE && watch->lasting[s]))
            && watch->known[watch->node->states.at[s].next] == KNOWN_NAN)
            return true;
    return false;
}

/* Spikes, and data, which the runtime has looked at. */
static bool is_sound(const Net *net, StreamId stream)
{
    int maker = net->streams.at[stream].node;
    return net->streams.at[stream].kind == STREAM_SPIKES
           || (maker != NONE && net->nodes.at[maker].kind == NODE_DATA && !net->nodes.at[maker].held);
}

static bool is_covered(Watch *watch, Val value);

/* Sums and products of numbers are numbers, so it is enough that their operands leave a trace. */
static bool operands_are_covered(Watch *watch, const Instr *instr)
{
    switch ((int)instr->op) {
    case OP_STATE: return watch->lasting[instr->index];
    case OP_INPUT: return is_sound(watch->net, watch->node->ins.at[instr->index]);
    case OP_ADD:
    case OP_SUB:
    case OP_MUL: return is_covered(watch, instr->a) && is_covered(watch, instr->b);
    case OP_FMA:
        return is_covered(watch, instr->a) && is_covered(watch, instr->b) && is_covered(watch, instr->c);
    case OP_NEG:
    case OP_ABS:
    case OP_DETACH: return is_covered(watch, instr->a);
    case OP_DIV: return watch->node->body.code.at[instr->b].op == OP_CONST && is_covered(watch, instr->a);
    case OP_MIX:
    case OP_SELECT: return is_covered(watch, instr->b) && is_covered(watch, instr->c);
    case OP_CONST:
    case OP_PARAM: /* the runtime looks at parameters */
    case OP_SCALAR: return true;
    default: return op_is_truth(instr->op) || instr->op == OP_STEP;
    }
}

static bool is_covered(Watch *watch, Val value)
{
    if (!watch->seen[value]) {
        watch->seen[value] = true;
        watch->covered[value] = leaves_trace(watch, value, NONE, NONE)
                                || operands_are_covered(watch, &watch->node->body.code.at[value]);
    }
    return watch->covered[value];
}

/* value * 0, which no constructor of a body would leave standing: NaN, if the value is NaN or infinite. */
static Val trace_of(Arena *arena, Body *body, Val value)
{
    Instr product = {.op = OP_MUL, .a = value, .b = body_const(arena, body, 0), .c = NO_VAL};
    vec_push(arena, &body->code, product);
    return body->code.count - 1;
}

static bool *live_values(const Watch *watch)
{
    const Node *node = watch->node;
    bool *live = NEW_ARRAY(watch->net->arena, bool, node->body.code.count + 1);
    for (int k = 0; k < node->outs.count; k++)
        body_mark(&node->body, node->outs.at[k].value, live);
    for (int s = 0; s < node->states.count; s++)
        body_mark(&node->body, node->states.at[s].next, live);
    return live;
}

/* The sum of what the values that are compared and not covered leave; NO_VAL if there are none. */
static Val trace_sum(Watch *watch, Body *body)
{
    Arena *arena = watch->net->arena;
    bool *traced = NEW_ARRAY(arena, bool, body->code.count + 1);
    bool *live = live_values(watch);
    Val sum = NO_VAL;
    for (Val v = 0, count = body->code.count; v < count; v++) {
        Op op = body->code.at[v].op;
        for (int k = 0; live[v] && compares(op) && k < op_value_arity(op); k++) {
            Val operand = instr_operand(&body->code.at[v], k);
            if (traced[operand] || is_covered(watch, operand))
                continue;
            traced[operand] = true;
            Val trace = trace_of(arena, body, operand);
            sum = sum == NO_VAL ? trace : body_op2(arena, body, OP_ADD, sum, trace);
        }
    }
    return sum;
}

static void watch_scan(Net *net, int index)
{
    Node *node = &net->nodes.at[index];
    int values = node->body.code.count + 1;
    Watch watch = {.net = net, .node = node};
    watch.known = NEW_ARRAY(net->arena, Known, values);
    watch.seen = NEW_ARRAY(net->arena, bool, values);
    watch.covered = NEW_ARRAY(net->arena, bool, values);
    watch.lasting = NEW_ARRAY(net->arena, bool, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++)
        watch.lasting[s] = leaves_trace(&watch, NONE, s, s);
    Val sum = trace_sum(&watch, &node->body);
    if (sum == NO_VAL)
        return;
    const Stream *out = &net->streams.at[scan_of_sample(net, node)];
    const char *name = arena_printf(net->arena, "trace_%s", out->name);
    StreamId trace = net_stream(net, name, STREAM_REALS, false, out->shape, out->span);
    net->streams.at[trace].trace = true;
    net_add_out(net, index, trace, sum);
}

void watch_net(Net *net)
{
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_SCAN && scan_of_sample(net, &net->nodes.at[n]) != NONE)
            watch_scan(net, n);
}
