/* What is certainly 0 or 1: the values that are spikes, and so the streams that carry them. A choice between spikes is
 * one, and so are their products, their minimum and maximum, and 1 - spike. */
#include "build.h"

typedef struct Spikes {
    const Build *build;
    const Node *node;
    const bool *states; /* by state: taken for a spike; NULL: none is */
    bool *at;           /* by value */
} Spikes;

static bool is_bit(double number)
{
    return number == 0 || number == 1;
}

static bool carries_spikes(const Spikes *spikes, int input)
{
    const Node *node = spikes->node; /* a definition that is only checked has no inputs */
    return input < node->ins.count
           && spikes->build->net->streams.at[node->ins.at[input]].kind == STREAM_SPIKES;
}

/* The operands' answers are known. */
static bool makes_spikes(const Spikes *spikes, const Instr *instr)
{
    double number;
    switch ((int)instr->op) {
    case OP_CONST: return is_bit(instr->number);
    case OP_INPUT: return carries_spikes(spikes, instr->index);
    case OP_STATE: return spikes->states && spikes->states[instr->index];
    case OP_STEP: return true;
    case OP_DETACH: return spikes->at[instr->a];
    case OP_MUL:
    case OP_MIN:
    case OP_MAX: return spikes->at[instr->a] && spikes->at[instr->b];
    case OP_SUB:
        return body_is_const(&spikes->node->body, instr->a, &number) && number == 1 && spikes->at[instr->b];
    case OP_SELECT:
    case OP_MIX: return spikes->at[instr->b] && spikes->at[instr->c];
    default: return false;
    }
}

bool is_spike(Context *c, Val val)
{
    while (c->spikes.count <= val) {
        Spikes spikes = {.build = c->build, .node = c->node, .at = c->spikes.at};
        bool spike = makes_spikes(&spikes, &c->node->body.code.at[c->spikes.count]);
        vec_push(c->build->arena, &c->spikes, spike);
    }
    return c->spikes.at[val];
}

/* Drops the states that do not become a spike from spikes. Returns whether there was one. */
static bool drop_states(const Spikes *spikes, bool *states)
{
    bool dropped = false;
    for (int s = 0; s < spikes->node->states.count; s++) {
        Val next = spikes->node->states.at[s].next;
        bool stays = states[s] && next != NO_VAL && spikes->at[next];
        dropped = dropped || stays != states[s];
        states[s] = stays;
    }
    return dropped;
}

StreamKind kind_of_output(Build *b, const Node *node, Val val)
{
    int count = node->body.code.count;
    bool *states = NEW_ARRAY(b->arena, bool, node->states.count + 1);
    Spikes spikes = {b, node, states, NEW_ARRAY(b->arena, bool, count + 1)};
    for (int s = 0; s < node->states.count; s++)
        states[s] = is_bit(node->states.at[s].initial);
    do
        for (Val v = 0; v < count; v++)
            spikes.at[v] = makes_spikes(&spikes, &node->body.code.at[v]);
    while (drop_states(&spikes, states));
    return spikes.at[val] ? STREAM_SPIKES : STREAM_REALS;
}
