#include "rebuild.h"

Rebuild rebuild_start(Arena *arena, const Body *from, bool keep_slopes)
{
    Rebuild rebuild = {.arena = arena, .from = from, .keep_slopes = keep_slopes};
    rebuild.done = NEW_ARRAY(arena, Val, from->code.count + 1);
    for (Val v = 0; v < from->code.count; v++)
        rebuild.done[v] = NO_VAL;
    return rebuild;
}

static int used_operands(const Rebuild *rebuild, const Instr *instr)
{
    return rebuild->keep_slopes ? op_arity(instr->op) : op_value_arity(instr->op);
}

/* The first operand that is not rebuilt yet, NO_VAL if all are. */
static Val missing_operand(const Rebuild *rebuild, const Instr *instr)
{
    for (int k = 0; k < used_operands(rebuild, instr); k++)
        if (rebuild->done[instr_operand(instr, k)] == NO_VAL)
            return instr_operand(instr, k);
    return NO_VAL;
}

static void rebuild_instr(Rebuild *rebuild, Val value)
{
    const Instr *instr = &rebuild->from->code.at[value];
    Val operand[3] = {NO_VAL, NO_VAL, NO_VAL};
    for (int k = 0; k < op_arity(instr->op); k++)
        operand[k] = k < used_operands(rebuild, instr) ? rebuild->done[instr_operand(instr, k)]
                                                       : body_const(rebuild->arena, &rebuild->out, 0);
    rebuild->out.at = instr->span;
    Val made = rebuild->make
                   ? rebuild->make(rebuild, instr, operand[0], operand[1], operand[2])
                   : body_copy(rebuild->arena, &rebuild->out, instr, operand[0], operand[1], operand[2]);
    rebuild->done[value] = made;
}

/* Not by recursion: equations may be a long chain. */
Val rebuild_value(Rebuild *rebuild, Val value)
{
    int depth = rebuild->open.count;
    vec_push(rebuild->arena, &rebuild->open, value);
    while (rebuild->open.count > depth) {
        Val top = rebuild->open.at[rebuild->open.count - 1];
        Val missing =
            rebuild->done[top] != NO_VAL ? NO_VAL : missing_operand(rebuild, &rebuild->from->code.at[top]);
        if (missing != NO_VAL) {
            vec_push(rebuild->arena, &rebuild->open, missing);
            continue;
        }
        if (rebuild->done[top] == NO_VAL)
            rebuild_instr(rebuild, top);
        rebuild->open.count--;
    }
    return rebuild->done[value];
}

void rebuild_node(Rebuild *rebuild, Node *node)
{
    for (int k = 0; k < node->outs.count; k++)
        node->outs.at[k].value = rebuild_value(rebuild, node->outs.at[k].value);
    for (int k = 0; k < node->grads.count; k++)
        node->grads.at[k].value = rebuild_value(rebuild, node->grads.at[k].value);
    for (int s = 0; s < node->states.count; s++)
        node->states.at[s].next = rebuild_value(rebuild, node->states.at[s].next);
    node->body = rebuild->out;
}

int input_index(Arena *arena, Node *node, StreamId stream)
{
    for (int i = 0; i < node->ins.count; i++)
        if (node->ins.at[i] == stream)
            return i;
    vec_push(arena, &node->ins, stream);
    return node->ins.count - 1;
}

bool can_be_one_body(int operations, int others)
{
    enum { MOST = 1000 };
    return operations + others <= MOST;
}

typedef VEC(Val) Values;

static void need(Arena *arena, Val value, bool *live, Values *open)
{
    if (live[value])
        return;
    live[value] = true;
    vec_push(arena, open, value);
}

bool *live_values(Arena *arena, const Node *node)
{
    bool *live = NEW_ARRAY(arena, bool, node->body.code.count + 1);
    Values open = {0};
    for (int k = 0; k < node->outs.count; k++)
        need(arena, node->outs.at[k].value, live, &open);
    for (int k = 0; k < node->grads.count; k++)
        need(arena, node->grads.at[k].value, live, &open);
    while (open.count > 0) {
        const Instr *instr = &node->body.code.at[open.at[--open.count]];
        for (int k = 0; k < op_value_arity(instr->op); k++)
            need(arena, instr_operand(instr, k), live, &open);
        if (instr->op == OP_STATE)
            need(arena, node->states.at[instr->index].next, live, &open);
    }
    return live;
}
