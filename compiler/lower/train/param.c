#include "lower/train/param.h"

#include "lower/base/code.h"

/* Matrices are divided by rows, all else by elements. */
Elements param_kernel(Lower *lower, ParamId id, const char *verb, const char *about)
{
    const Param *param = &lower->net->params.at[id];
    bool matrix = param->shape.ndim == 2;
    kernel_begin(lower, verb, param->name, about, (Span){0, 0},
                 matrix ? param->shape.dims[0] : shape_size(param->shape));
    LoopStmt *rows = kernel_items(lower, matrix ? "i" : "k");
    Elements all = {rows, &rows->body, {loop_variable(lower, rows)}, 1};
    rows->independent = !matrix;
    if (matrix) {
        LoopStmt *columns = for_units(lower, all.into, "j", param->shape.dims[1]);
        all.into = &columns->body;
        all.index[all.dims++] = loop_variable(lower, columns);
    }
    return all;
}

void lower_zeroed(Lower *lower, ParamId id)
{
    const char *name = lower->net->params.at[id].name;
    Elements all = param_kernel(
        lower, id, "zero", arena_printf(lower->arena, "the gradient of %s, before a batch adds to it", name));
    loop_store(lower->program, all.into, lower->params[id].gradient, all.dims, all.index,
               loop_float(lower->arena, 0), false);
}

/* ---- initial values ---- */

/* Uniform in -most .. most: from the random stream of the launch's number, with a number of it for each element. */
static LoopExpr *uniform(Lower *lower, ParamId id, const Elements *all, double most)
{
    Arena *arena = lower->arena;
    Launches *launches = &lower->program->phases[lower->phase];
    launches->at[launches->count - 1].number = id;
    LoopBlock body = {0};
    LoopExpr *key = loop_local(lower, &body, "key", loop_key(arena, loop_given(arena), num(lower, 0)));
    vec_push(arena, &body, all->rows);
    lower->kernel->body = body;
    LoopExpr *unit = all->index[0];
    if (all->dims == 2)
        unit =
            op2(lower, OP_ADD, op2(lower, OP_MUL, unit, num(lower, lower->net->params.at[id].shape.dims[1])),
                all->index[1]);
    LoopExpr *random = op2(lower, OP_MUL, loop_float(arena, 2), random_fraction(lower, key, unit));
    return op2(lower, OP_MUL, op2(lower, OP_SUB, random, loop_float(arena, 1)), loop_float(arena, most));
}

void lower_init(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    const LoopParam *described = &lower->program->params.at[id];
    const Node *update = lower->params[id].update;
    Elements all = param_kernel(lower, id, "init",
                                arena_printf(lower->arena, "%s: initial values%s", param->name,
                                             described->states > 0 ? ", and of the optimiser's states" : ""));
    LoopExpr *value = param->init == INIT_CONSTANT ? loop_float(lower->arena, param->number)
                                                   : uniform(lower, id, &all, param->number);
    loop_store(lower->program, all.into, described->value, all.dims, all.index, value, false);
    for (int s = 0; s < described->states; s++)
        loop_store(lower->program, all.into, described->state[s], all.dims, all.index,
                   loop_float(lower->arena, update->states.at[s].initial), false);
}
