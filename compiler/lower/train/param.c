#include "lower/train/param.h"

#include "lower/base/code.h"
#include "lower/base/equations.h"

/* Matrices are divided by rows, all else by elements. */
Elements param_kernel(Lower *lower, ParamId id, const char *verb, const char *about)
{
    const Param *param = &lower->net->params.at[id];
    bool matrix = param->matrix;
    kernel_begin(lower, verb, param->name, about, (Span){0, 0},
                 matrix ? param_rows(param) : shape_size(param->shape));
    LoopStmt *rows = kernel_items(lower, matrix ? "i" : "k");
    Elements all = {rows, &rows->body, {loop_variable(lower, rows)}, 1};
    rows->independent = !matrix;
    if (matrix) {
        LoopStmt *columns = for_units(lower, all.into, "j", param_columns(param));
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

/* Random numbers from -1 to 1: of the random stream of the launch's number, each draw at a step of its own, with a number
 * for each element. */
static LoopExpr **draw_numbers(Lower *lower, ParamId id, const Elements *all, int count, LoopBlock *before)
{
    Arena *arena = lower->arena;
    Launches *launches = &lower->program->phases[lower->phase];
    launches->at[launches->count - 1].number = id;
    LoopExpr *unit = all->index[0], **draws = NEW_ARRAY(arena, LoopExpr *, count + 1);
    if (all->dims == 2)
        unit = op2(lower, OP_ADD,
                   op2(lower, OP_MUL, unit, num(lower, param_columns(&lower->net->params.at[id]))),
                   all->index[1]);
    for (int k = 0; k < count; k++) {
        LoopExpr *key = loop_local(lower, before, "key", loop_key(arena, loop_given(arena), num(lower, k)));
        LoopExpr *random = op2(lower, OP_MUL, loop_float(arena, 2), random_fraction(lower, key, unit));
        draws[k] = op2(lower, OP_SUB, random, loop_float(arena, 1));
    }
    return draws;
}

static int count_draws(const Body *body)
{
    int count = 0;
    for (Val v = 0; v < body->code.count; v++)
        count += body->code.at[v].op == OP_UNIFORM;
    return count;
}

void lower_init(Lower *lower, ParamId id)
{
    const Param *param = &lower->net->params.at[id];
    const LoopParam *described = &lower->program->params.at[id];
    const Node *update = lower->params[id].update;
    Elements all = param_kernel(lower, id, "init",
                                arena_printf(lower->arena, "%s: initial values%s", param->name,
                                             described->states > 0 ? ", and of the optimiser's states" : ""));
    LoopBlock constants = {0};
    int draws = count_draws(&param->init->body);
    Equations equations = equations_start(lower, param->init);
    equations.into = all.into;
    equations.before = &constants;
    if (draws > 0)
        equations.draws = draw_numbers(lower, id, &all, draws, &constants);
    LoopExpr *value = equation_number(&equations, param->init->outs.at[0].value);
    loop_store(lower->program, all.into, described->value, all.dims, all.index, value, false);
    for (int s = 0; s < described->states; s++)
        loop_store(lower->program, all.into, described->state[s], all.dims, all.index,
                   loop_float(lower->arena, update->states.at[s].initial), false);
    vec_push(lower->arena, &constants,
             all.rows); /* what is the same for all elements stands before the loops */
    lower->kernel->body = constants;
}
