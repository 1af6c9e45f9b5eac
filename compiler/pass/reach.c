#include "reach.h"

/* Whether the derivative by an operation is passed on to its k-th operand. */
static bool passes_on(const Instr *instr, int k)
{
    return instr->op != OP_DETACH && !op_is_truth(instr->op) && !(instr->op == OP_SELECT && k == 0);
}

static void reach_operands(Arena *arena, const Body *body, bool *reached)
{
    for (Val v = body->code.count - 1; v >= 0; v--) {
        const Instr *instr = &body->code.at[v];
        for (int k = 0; reached[v] && k < op_value_arity(instr->op); k++)
            if (passes_on(instr, k))
                reached[instr_operand(instr, k)] = true;
        if (reached[v] && instr->op == OP_STEP && step_learns(arena, body, instr))
            reached[instr->c] = true;
    }
}

/* A state that is reached is so at the end of the step before, too. */
static bool reach_states(const Node *scan, bool *reached)
{
    bool changed = false;
    for (Val v = 0; v < scan->body.code.count; v++) {
        const Instr *instr = &scan->body.code.at[v];
        if (instr->op != OP_STATE || !reached[v] || reached[scan->states.at[instr->index].next])
            continue;
        reached[scan->states.at[instr->index].next] = changed = true;
    }
    return changed;
}

bool *reached_values(Arena *arena, const Node *scan, const bool *outs)
{
    bool *reached = NEW_ARRAY(arena, bool, scan->body.code.count + 1);
    for (int k = 0; k < scan->outs.count; k++)
        if (outs[k])
            reached[scan->outs.at[k].value] = true;
    do
        reach_operands(arena, &scan->body, reached);
    while (reach_states(scan, reached));
    return reached;
}

static bool reach(bool *reached, StreamId stream)
{
    bool changed = !reached[stream];
    reached[stream] = true;
    return changed;
}

static bool reach_inputs(const Net *net, const Node *scan, bool *reached)
{
    bool *outs = NEW_ARRAY(net->arena, bool, scan->outs.count + 1), changed = false;
    for (int k = 0; k < scan->outs.count; k++)
        outs[k] = reached[scan->outs.at[k].stream];
    const bool *values = reached_values(net->arena, scan, outs);
    for (Val v = 0; v < scan->body.code.count; v++) {
        const Instr *instr = &scan->body.code.at[v];
        if (instr->op == OP_INPUT && values[v])
            changed = reach(reached, scan->ins.at[instr->index]) || changed;
    }
    return changed;
}

static bool reach_both(const Node *node, bool *reached)
{
    bool changed = reach(reached, node->in);
    return (node->aux != NONE && reach(reached, node->aux)) || changed;
}

/* Whether a stream that the node reads is found to be reached that was not. */
static bool streams_changed(const Net *net, const Node *node, bool *reached)
{
    switch (node->kind) {
    case NODE_LOSS: return reach(reached, node->in);
    case NODE_REDUCE: return node->reduce != REDUCE_ARGMAX && reached[node->out] && reach(reached, node->in);
    case NODE_POOL:
    case NODE_DELAY: return reached[node->out] && reach(reached, node->in);
    case NODE_COPY:
    case NODE_MAP: return reached[node->out] && reach_both(node, reached);
    case NODE_SCAN: return reach_inputs(net, node, reached);
    case NODE_DATA:
    case NODE_TARGET:
    case NODE_RANDOM:
    case NODE_PARAM:
    case NODE_POOL_GRAD:
    case NODE_POISSON:
    case NODE_LATENCY: /* spikes at random or at a time of their own: no derivative */
    case NODE_PREDICT:
    case NODE_KEEP:
    case NODE_METRIC:
    case NODE_ACTIVITY: /* no part of the loss */
    case NODE_LOSS_GRAD:
    case NODE_PICK_GRAD:
    case NODE_MAP_GRAD:
    case NODE_PARAM_GRAD:
    case NODE_BIAS_GRAD:
    case NODE_UPDATE:
    case NODE_KIND_COUNT: break;
    }
    return false;
}

/* To a fixed point, because delays read streams made later. */
bool *reached_streams(const Net *net)
{
    bool *reached = NEW_ARRAY(net->arena, bool, net->streams.count + 1);
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = net->nodes.count - 1; n >= 0; n--)
            changed = streams_changed(net, &net->nodes.at[n], reached) || changed;
    }
    return reached;
}
