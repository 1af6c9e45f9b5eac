/* Whether what is predicted of a sample stays as it is behind its last step, by how it is made: sums add 0 there, and what is
 * told of the last step is kept. Then steps behind it need not be made. */
#include "stepwise.h"

#include <math.h>

/* What is known of a value at steps that a sample has not. */
typedef struct Fact {
    bool known;    /* it is `number`, */
    bool kept;     /* or what it was at the step before, the last one of the sample among them, */
    int state;     /* or what this state is before the step; NONE: none */
    double number; /* 0 is positive here */
} Fact;

typedef struct Early {
    const Net *net;
    Fact *streams;
} Early;

static const Fact unknown = {.state = NONE};

/* As the program holds it, which computes in single precision or in whole numbers. */
static double held(const Early *early, double number)
{
    return early->net->whole ? number : (double)(float)number;
}

static Fact number_fact(double number, bool kept)
{
    return (Fact){.known = !signbit(number), .kept = kept, .state = NONE, .number = number};
}

static Fact leaf_fact(const Early *early, const Node *node, const Instr *instr)
{
    Fact fact = unknown;
    switch ((int)instr->op) {
    case OP_CONST: return number_fact(held(early, instr->number), true);
    case OP_INPUT: return early->streams[node->ins.at[instr->index]];
    case OP_STATE: fact.state = instr->index; return fact;
    default: fact.kept = instr->op == OP_PARAM || instr->op == OP_SCALAR; return fact;
    }
}

/* Of an operation: which of two, or a number of numbers, or what is kept of what is kept. */
static Fact op_fact(const Early *early, const Instr *instr, const Fact *facts)
{
    int arity = op_value_arity(instr->op);
    Fact fact = unknown, of[3] = {unknown, unknown, unknown};
    bool known = instr->op < OP_COUNT;
    fact.kept = true;
    for (int k = 0; k < arity; k++) {
        of[k] = facts[instr_operand(instr, k)];
        known = known && of[k].known;
        fact.kept = fact.kept && of[k].kept;
    }
    if ((instr->op == OP_SELECT || instr->op == OP_MIX) && of[0].known) {
        Fact chosen = of[of[0].number != 0 ? 1 : 2];
        chosen.kept = fact.kept;
        return chosen;
    }
    double number = known ? op_eval(instr->op, of[0].number, of[1].number, of[2].number) : 0;
    return known && held(early, number) == number ? number_fact(number, fact.kept) : fact;
}

/* By value of its body. */
static Fact *body_facts(const Early *early, const Node *node)
{
    const Body *body = &node->body;
    Fact *facts = NEW_ARRAY(early->net->arena, Fact, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        facts[v] = op_arity(instr->op) == 0 ? leaf_fact(early, node, instr) : op_fact(early, instr, facts);
    }
    return facts;
}

static bool keeps_state(const Node *node, const Fact *facts, Val value)
{
    int state = facts[value].state;
    return state != NONE && node->states.at[state].next == value;
}

static void note_scan(const Early *early, const Node *node)
{
    const Fact *facts = body_facts(early, node);
    for (int k = 0; k < node->outs.count; k++) {
        Val value = node->outs.at[k].value;
        Fact *fact = &early->streams[node->outs.at[k].stream];
        *fact = facts[value];
        fact->kept = fact->kept || keeps_state(node, facts, value);
        fact->state = NONE;
    }
}

/* Streams without steps are the same at all of them. */
static void note_streams(const Early *early)
{
    const Net *net = early->net;
    for (int s = 0; s < net->streams.count; s++) {
        early->streams[s] = unknown;
        early->streams[s].kept = net->streams.at[s].steps == 0;
    }
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (node->kind == NODE_DATA && node->present)
            early->streams[node->out] = number_fact(0, false);
        else if (node->kind == NODE_SCAN && !node->reverse)
            note_scan(early, node);
    }
}

static bool is_zero(Fact fact)
{
    return fact.known && fact.number == 0;
}

/* What a node makes of all steps. */
static bool stays(const Early *early, const Node *node)
{
    bool sums = node->reduce == REDUCE_SUM || node->reduce == REDUCE_MEAN;
    if (node->kind == NODE_REDUCE)
        return sums ? is_zero(early->streams[node->in]) : early->streams[node->in].kept;
    if (node->kind != NODE_SCAN)
        return false;
    const Fact *facts = body_facts(early, node);
    bool all = true;
    for (int k = 0; k < node->outs.count; k++)
        if (early->net->streams.at[node->outs.at[k].stream].steps == 0)
            all = all && is_zero(facts[node->outs.at[k].value]);
    return all;
}

static bool makes_result(const Net *net, const Node *node)
{
    bool makes = false;
    for (int k = 0; k < node_made_count(node); k++)
        makes = makes || (node_made(node, k) != NONE && net->streams.at[node_made(node, k)].steps == 0);
    return makes;
}

bool ends_with_sample(const Net *net)
{
    const StepTime *times = step_times(net);
    Early early = {net, NEW_ARRAY(net->arena, Fact, net->streams.count + 1)};
    bool ends = net->stepwise;
    note_streams(&early);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (times[n] == STEP_EACH && makes_result(net, node))
            ends = ends && stays(&early, node);
    }
    return ends;
}
