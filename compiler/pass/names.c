/* Gives every local the name it was asked to have, with a number where that name is seen already: by a
 * buffer, by C, or by a local in whose scope it is declared. Locals that never meet share a name. */
#include "net.h"
#include "passes.h"

typedef struct Scopes {
    const Kernel *kernel;
    bool *meets; /* meets[a * count + b]: b is declared where a is seen */
    VEC(VarId) seen;
    Arena *arena;
} Scopes;

static void declare(Scopes *scopes, VarId var)
{
    int count = scopes->kernel->vars.count;
    for (int i = 0; i < scopes->seen.count; i++) {
        scopes->meets[scopes->seen.at[i] * count + var] = true;
        scopes->meets[var * count + scopes->seen.at[i]] = true;
    }
    vec_push(scopes->arena, &scopes->seen, var);
}

static void walk(Scopes *scopes, const LoopBlock *block)
{
    int depth = scopes->seen.count;
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        int outside = scopes->seen.count;
        bool declares = stmt->kind == LOOP_LET || stmt->kind == LOOP_DECLARE;
        if (declares || stmt->kind == LOOP_FOR)
            declare(scopes, stmt->var);
        walk(scopes, &stmt->body);
        if (!declares)
            scopes->seen.count = outside;
    }
    scopes->seen.count = depth;
}

static bool is_taken(const Program *program, const Scopes *scopes, VarId var, const char *name)
{
    int count = scopes->kernel->vars.count;
    if (name_is_reserved(name) || loop_find(program, name) >= 0)
        return true;
    for (VarId v = 0; v < var; v++)
        if (v != var && scopes->meets[v * count + var] && strcmp(scopes->kernel->vars.at[v].name, name) == 0)
            return true;
    return false;
}

static void name_kernel(Program *program, Kernel *kernel)
{
    int count = kernel->vars.count;
    Scopes scopes = {.kernel = kernel, .arena = program->arena};
    scopes.meets = NEW_ARRAY(program->arena, bool, count *count + 1);
    declare(&scopes, kernel->first);
    declare(&scopes, kernel->last);
    walk(&scopes, &kernel->body);
    for (VarId v = 0; v < count; v++) {
        const char *base = kernel->vars.at[v].base, *name = base;
        for (int n = 2; is_taken(program, &scopes, v, name); n++)
            name = arena_printf(program->arena, "%s_%d", base, n);
        kernel->vars.at[v].name = name;
    }
}

void name_locals(Program *program)
{
    for (int k = 0; k < program->kernels.count; k++)
        name_kernel(program, &program->kernels.at[k]);
}
