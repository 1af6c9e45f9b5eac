/* Gives every local the name it was asked to have, with a number where that name is seen already: by a buffer, by a
 * kernel, or by a local in whose scope it is declared. Locals that never meet share a name. */
#include "loop.h"
#include "passes.h"

/* Steps that are written out declare a local once each; it keeps its name. */
static void name_local(Program *program, Kernel *kernel, VarId var)
{
    kernel->vars.at[var].name = loop_name(program, kernel->vars.at[var].name);
}

static void name_block(Program *program, Kernel *kernel, const LoopBlock *block)
{
    int outside = unique_mark(&program->names);
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        int before = unique_mark(&program->names);
        bool declares = stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE;
        if (declares || stmt->kind == LOOP_FOR)
            name_local(program, kernel, stmt->var);
        name_block(program, kernel, &stmt->body);
        if (!declares)
            unique_release(&program->names, before);
    }
    unique_release(&program->names, outside);
}

void name_locals(Program *program)
{
    for (int k = 0; k < program->kernels.count; k++) {
        Kernel *kernel = &program->kernels.at[k];
        for (VarId v = 0; v < kernel->vars.count; v++)
            kernel->vars.at[v].name = kernel->vars.at[v].base;
        int outside = unique_mark(&program->names);
        name_local(program, kernel, kernel->first);
        name_local(program, kernel, kernel->last);
        name_block(program, kernel, &kernel->body);
        unique_release(&program->names, outside);
    }
}
