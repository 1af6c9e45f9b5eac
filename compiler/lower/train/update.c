/* The optimiser: the same equations for every parameter, element by element. */
#include "lower/base/code.h"
#include "lower/base/equations.h"
#include "lower/train/layer.h"

static int element_count(const Param *param)
{
    return shape_size(param->shape);
}

/* The value now, whatever is stored later. */
static LoopExpr *settled(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    bool constant = value->kind == LOOP_VAR || value->kind == LOOP_NUMBER;
    return constant ? value : model_local(lower, into, name, value);
}

static int item_count(const Param *param)
{
    return param->shape.ndim == 2 ? param->shape.dims[0] : element_count(param);
}

/* The loops over a parameter's elements; sets the indices, returns their number. */
static int element_loops(Lower *lower, const Param *param, LoopStmt **rows, LoopBlock **into,
                         LoopExpr *index[2])
{
    bool matrix = param->shape.ndim == 2;
    *rows = kernel_items(lower, matrix ? "i" : "k");
    (*rows)->independent = !matrix;
    *into = &(*rows)->body;
    index[0] = loop_variable(lower, *rows);
    if (!matrix)
        return 1;
    LoopStmt *columns = for_units(lower, *into, "j", param->shape.dims[1]);
    index[1] = loop_variable(lower, columns);
    *into = &columns->body;
    return 2;
}

void lower_zeroed(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    kernel_begin(lower, "zero", param->name,
                 arena_printf(lower->arena, "the gradient of %s, before a batch adds to it", param->name),
                 (Span){0, 0}, item_count(param));
    LoopStmt *rows;
    LoopBlock *into;
    LoopExpr *index[2];
    int dims = element_loops(lower, param, &rows, &into, index);
    loop_store(lower->program, into, lower->params[id].gradient, dims, index, loop_float(lower->arena, 0),
               false);
}

void lower_update(Lower *lower, const Node *node)
{
    Arena *arena = lower->arena;
    const Param *param = &lower->net->params.at[node->weight];
    const LoopParam *described = &lower->program->params.at[node->weight];
    kernel_begin(lower, "update", param->name,
                 arena_printf(arena, "%s: one step of %s", param->name, node->name), (Span){0, 0},
                 item_count(param));
    LoopBlock constants = {0}, *into;
    LoopStmt *rows;
    LoopExpr *index[2];
    int dims = element_loops(lower, param, &rows, &into, index);
    Equations equations = equations_start(lower, node);
    equations.into = into;
    equations.before = &constants;
    equations.inputs = (LoopExpr *[]){loop_load(lower->program, described->gradient, dims, index),
                                      loop_load(lower->program, described->value, dims, index)};
    equations.states = NEW_ARRAY(arena, LoopExpr *, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++)
        equations.states[s] = loop_load(lower->program, described->state[s], dims, index);
    /* All new values are known before the first is stored. */
    LoopExpr *weight = settled(lower, into, "updated", equation_number(&equations, node->outs.at[0].value));
    LoopExpr **next = NEW_ARRAY(arena, LoopExpr *, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++)
        next[s] = settled(lower, into, arena_printf(arena, "next_%s", node->states.at[s].name),
                          equation_number(&equations, node->states.at[s].next));
    for (int s = 0; s < node->states.count; s++)
        loop_store(lower->program, into, described->state[s], dims, index, next[s], false);
    loop_store(lower->program, into, described->value, dims, index, weight, false);
    vec_push(arena, &constants, rows); /* what is the same for all elements stands before the loops */
    lower->kernel->body = constants;
}
