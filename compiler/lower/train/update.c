/* The optimiser: the same equations for every parameter, element by element. */
#include "lower/base/code.h"
#include "lower/base/equations.h"
#include "lower/train/param.h"

/* The value now, whatever is stored later. */
static LoopExpr *settled(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    bool constant = value->kind == LOOP_VAR || value->kind == LOOP_NUMBER;
    return constant ? value : model_local(lower, into, name, value);
}

void lower_update(Lower *lower, const Node *node)
{
    Arena *arena = lower->arena;
    const Param *param = &lower->net->params.at[node->weight];
    const LoopParam *described = &lower->program->params.at[node->weight];
    Elements all = param_kernel(lower, node->weight, "update",
                                arena_printf(arena, "%s: one step of %s", param->name, node->name));
    LoopBlock constants = {0}, *into = &all.loop->body;
    Equations equations = equations_start(lower, node);
    equations.into = into;
    equations.before = &constants;
    BufferId value = param_elements(lower, described->value), state[MAX_STATES];
    BufferId gradient = param_elements(lower, described->gradient);
    equations.inputs = (LoopExpr *[]){load1(lower, gradient, all.at), load1(lower, value, all.at)};
    equations.states = NEW_ARRAY(arena, LoopExpr *, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++) {
        state[s] = param_elements(lower, described->state[s]);
        equations.states[s] = load1(lower, state[s], all.at);
    }
    /* All new values are known before the first is stored. */
    LoopExpr *weight = settled(lower, into, "updated", equation_number(&equations, node->outs.at[0].value));
    LoopExpr **next = NEW_ARRAY(arena, LoopExpr *, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++)
        next[s] = settled(lower, into, arena_printf(arena, "next_%s", node->states.at[s].name),
                          equation_number(&equations, node->states.at[s].next));
    for (int s = 0; s < node->states.count; s++)
        store1(lower, into, state[s], all.at, next[s], false);
    store1(lower, into, value, all.at, weight, false);
    vec_push(arena, &constants, all.loop); /* what is the same for all elements stands before the loop */
    lower->kernel->body = constants;
}
