/* Sparse gradients: which maps lead back to neurons that multiply what they get by the slope of their surrogate, which
 * may be 0 for all but a few. See maps/gate.c. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* A body's values stand behind those that they are made of: each of these is one pass over them. */

static bool is_zero(const Body *body, Val v)
{
    const Instr *instr = &body->code.at[v];
    return instr->op == OP_CONST && instr->number == 0;
}

/* By value: whether it is 0 over a whole range of inputs, by its form. */
static bool *find_vanishing(Planning *plan, const Body *body)
{
    bool *vanishes = NEW_ARRAY(plan->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        switch ((int)instr->op) {
        case OP_MIN:
        case OP_MAX: vanishes[v] = is_zero(body, instr->a) || is_zero(body, instr->b); break;
        case OP_SELECT: vanishes[v] = is_zero(body, instr->b) || is_zero(body, instr->c); break;
        case OP_NEG: vanishes[v] = vanishes[instr->a]; break;
        case OP_MUL: vanishes[v] = vanishes[instr->a] || vanishes[instr->b]; break;
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE: vanishes[v] = true; break;
        default: break;
        }
    }
    return vanishes;
}

/* By value: whether it is made of parameters and of what the forward run has kept. */
static bool *find_kept(Planning *plan, const Node *scan)
{
    const Body *body = &scan->body;
    bool *kept = NEW_ARRAY(plan->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        kept[v] = instr->op != OP_STATE;
        if (instr->op == OP_INPUT) {
            const Stream *stream = &plan->net->streams.at[scan->ins.at[instr->index]];
            kept[v] = stream->node < plan->net->backward && stream->steps;
        }
        for (int k = 0; k < op_value_arity(instr->op); k++)
            kept[v] = kept[v] && kept[instr_operand(instr, k)];
    }
    return kept;
}

/* By value: whether it depends on input number `input`, other than as a factor of `slope`. */
static bool *find_leaks(Planning *plan, const Body *body, int input, Val slope)
{
    bool *leaks = NEW_ARRAY(plan->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        bool gated = instr->op == OP_MUL && (instr->a == slope || instr->b == slope);
        leaks[v] = instr->op == OP_INPUT && instr->index == input;
        for (int k = 0; k < op_value_arity(instr->op) && !gated; k++)
            leaks[v] = leaks[v] || leaks[instr_operand(instr, k)];
    }
    return leaks;
}

static bool gates(Planning *plan, const Node *scan, int input, Val slope)
{
    const bool *leaks = find_leaks(plan, &scan->body, input, slope);
    bool leak = leaks[slope];
    for (int k = 0; k < scan->outs.count; k++)
        leak = leak || leaks[scan->outs.at[k].value];
    for (int k = 0; k < scan->grads.count; k++)
        leak = leak || leaks[scan->grads.at[k].value];
    for (int s = 0; s < scan->states.count; s++)
        leak = leak || leaks[scan->states.at[s].next];
    return !leak;
}

static Val slope_of(Planning *plan, const Node *scan, StreamId stream)
{
    const bool *vanishes = find_vanishing(plan, &scan->body), *kept = find_kept(plan, scan);
    for (int i = 0; i < scan->ins.count; i++)
        for (Val v = 0; v < scan->body.code.count && scan->ins.at[i] == stream; v++)
            if (vanishes[v] && kept[v] && gates(plan, scan, i, v))
                return v;
    return NO_VAL;
}

static GatePlan *gate_of(Planning *plan, const Node *map)
{
    const Net *net = plan->net;
    StreamId stream = map->out;
    int later = 0;
    if (!map->transposed || !map_is_dense(map->map) || !net->streams.at[stream].steps)
        return NULL;
    int reader = only_reader(&plan->readers, stream);
    if (reader != NONE && net->nodes.at[reader].kind == NODE_DELAY) {
        later = net->nodes.at[reader].steps;
        stream = net->nodes.at[reader].out;
        reader = only_reader(&plan->readers, stream);
    }
    /* Steps behind t may have been overwritten: see StreamPlan.place. Neurons are listed tile by tile of the map, so what
     * their slope is made of must have room for these. */
    if (later > 0 || reader == NONE || !plan->nodes[reader].even || !plan->nodes[reader].in_time
        || tiling_room(plan->nodes[reader].tiles) < tiling_room(plan->streams[map->out].tiles))
        return NULL;
    Val slope = slope_of(plan, &net->nodes.at[reader], stream);
    if (slope == NO_VAL)
        return NULL;
    GatePlan *gate = NEW(plan->arena, GatePlan);
    *gate = (GatePlan){&net->nodes.at[reader], slope, later, plan->options.kernels != KERNELS_EVENT};
    return gate;
}

void plan_gates(Planning *plan)
{
    const Net *net = plan->net;
    if (is_without(plan->options.without, OPTIMISATION_GATES))
        return;
    for (int n = net->backward; n < net->updates; n++)
        if (plan->nodes[n].steps >= GATE_LEAST_STEPS)
            plan->nodes[n].gate = gate_of(plan, &net->nodes.at[n]);
}
