/* Makes calls of the operations that no target has an instruction for, and puts the functions that define them into
 * the program. Which operations these are, library/functions.loop says alone. */
#include "embedded.h"
#include "loop_look.h"
#include "passes.h"

#include <stdlib.h>

typedef struct Calls {
    Program *program;
    LoopFunctions defined; /* all that there are */
    int *places;           /* by these: in the program, from 1 on; 0: not there yet */
    int by_op[OP_COUNT];   /* in `defined`, from 1 on; 0: a target has it */
} Calls;

static void move_call(void *context, LoopExpr *expr);

/* Where the program has the function. Those that it calls come first. */
static int place_of(Calls *calls, int defined)
{
    if (calls->places[defined] == 0) {
        LoopFunction *function = &calls->defined.at[defined];
        loop_visit_exprs(&function->code.body, move_call, calls);
        loop_visit_expr(function->result, move_call, calls);
        vec_push(calls->program->arena, &calls->program->functions, *function);
        calls->places[defined] = calls->program->functions.count;
    }
    return calls->places[defined] - 1;
}

static void move_call(void *context, LoopExpr *expr)
{
    if (expr->kind == LOOP_CALL)
        expr->function = place_of(context, expr->function);
}

static void call(void *context, LoopExpr *expr)
{
    Calls *calls = context;
    if (expr->kind != LOOP_OP || calls->by_op[expr->op] == 0)
        return;
    expr->kind = LOOP_CALL;
    expr->function = place_of(calls, calls->by_op[expr->op] - 1);
}

static void read_functions(Calls *calls)
{
    Arena *arena = calls->program->arena;
    const char *path = "library/functions.loop";
    const char *wrong = loop_read(arena, embedded_find(path)->text, &calls->defined);
    if (wrong) {
        fprintf(stderr, "snnc: internal error: %s: %s\n", path, wrong);
        exit(3);
    }
    calls->places = NEW_ARRAY(arena, int, calls->defined.count + 1);
    for (int f = 0; f < calls->defined.count; f++)
        if (calls->defined.at[f].op != OP_COUNT)
            calls->by_op[calls->defined.at[f].op] = f + 1;
}

void call_functions(Program *program)
{
    Calls calls = {.program = program};
    read_functions(&calls);
    for (int k = 0; k < program->kernels.count; k++)
        loop_visit_exprs(&program->kernels.at[k].body, call, &calls);
}
