/* Run scalars: one number each, made anew for every batch. */
#include "lower/ends/ends.h"

#include "lower/base/code.h"
#include "lower/base/equations.h"

void lower_schedule(Lower *lower)
{
    const Node *schedule = &lower->net->schedule;
    if (schedule->outs.count == 0)
        return;
    kernel_begin(lower, "schedule", NULL, "what is the same for all samples of this batch", (Span){0, 0}, 1);
    LoopStmt *once = kernel_items(lower, "k");
    Equations equations = equations_start(lower, schedule);
    equations.into = equations.before = &once->body;
    for (int k = 0; k < schedule->outs.count; k++)
        store1(lower, &once->body, lower->scalars[k], loop_variable(lower, once),
               equation_number(&equations, schedule->outs.at[k].value), false);
}
