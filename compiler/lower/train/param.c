#include "lower/train/param.h"

#include "lower/base/code.h"
#include "lower/base/equations.h"

Elements param_kernel(Lower *lower, ParamId id, const char *verb, const char *about)
{
    const Param *param = &lower->net->params.at[id];
    kernel_begin(lower, verb, param->name, about, (Span){0, 0}, shape_size(param->shape));
    LoopStmt *loop = kernel_items(lower, "k");
    loop->independent = true;
    return (Elements){loop, loop_variable(lower, loop)};
}

BufferId param_elements(Lower *lower, BufferId buffer)
{
    Program *program = lower->program;
    Launches *launches = &program->phases[lower->phase];
    BufferId row = loop_given_buffer(program, buffer);
    program->buffers.at[row].ndim = 1;
    program->buffers.at[row].dims[0] = (int)buffer_elements(&program->buffers.at[buffer]);
    vec_push(lower->arena, &lower->kernel->given, row);
    vec_push(lower->arena, &launches->at[launches->count - 1].given, buffer);
    return row;
}

void lower_zeroed(Lower *lower, ParamId id)
{
    const char *name = lower->net->params.at[id].name;
    Elements all = param_kernel(
        lower, id, "zero", arena_printf(lower->arena, "the gradient of %s, before a batch adds to it", name));
    store1(lower, &all.loop->body, param_elements(lower, lower->params[id].gradient), all.at,
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
    LoopExpr **draws = NEW_ARRAY(arena, LoopExpr *, count + 1);
    for (int k = 0; k < count; k++) {
        LoopExpr *key = loop_local(lower, before, "key", loop_key(arena, loop_given(arena), num(lower, k)));
        LoopExpr *random = op2(lower, OP_MUL, loop_float(arena, 2), random_fraction(lower, key, all->at));
        draws[k] = op2(lower, OP_SUB, random, loop_float(arena, 1));
    }
    return draws;
}

/* Where the element is along each dimension: those in a row are counted along the last one fastest. */
static LoopExpr **element_places(Lower *lower, const Param *param, const Elements *all)
{
    LoopExpr **places = NEW_ARRAY(lower->arena, LoopExpr *, param->shape.ndim + 1);
    LoopExpr *number = all->at;
    for (int d = param->shape.ndim - 1; d >= 0; d--) {
        LoopExpr *extent = num(lower, param->shape.dims[d]), *whole = op2(lower, OP_DIV, number, extent);
        places[d] = d > 0 ? op2(lower, OP_SUB, number, op2(lower, OP_MUL, whole, extent)) : number;
        number = whole;
    }
    return places;
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
    int draws = body_draws(&param->init->body);
    Equations equations = equations_start(lower, param->init);
    equations.into = &all.loop->body;
    equations.before = &constants;
    equations.places = element_places(lower, param, &all);
    if (draws > 0)
        equations.draws = draw_numbers(lower, id, &all, draws, &constants);
    LoopExpr *value = equation_number(&equations, param->init->outs.at[0].value);
    store1(lower, &all.loop->body, param_elements(lower, described->value), all.at, value, false);
    for (int s = 0; s < described->states; s++)
        store1(lower, &all.loop->body, param_elements(lower, described->state[s]), all.at,
               loop_float(lower->arena, update->states.at[s].initial), false);
    vec_push(lower->arena, &constants,
             all.loop); /* what is the same for all elements stands before the loop */
    lower->kernel->body = constants;
}
