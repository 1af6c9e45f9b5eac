/* What things are called in C. A name of the model ends with an underscore there, and no name of C's headers, of the
 * runtime or of the compiler does: so models may use any name. Underscores in front, where C has its own names, are
 * dropped; the Loop IR's names differ without them, too. */
#include "c.h"

static const char *spelled(Arena *arena, const char *name, bool of_model)
{
    return of_model ? arena_printf(arena, "%s_", name_stem(name)) : name;
}

const char *c_buffer(Arena *arena, const Buffer *buffer)
{
    return spelled(arena, buffer->name, buffer->of_model);
}

const char *c_kernel_name(Arena *arena, const Kernel *kernel)
{
    return spelled(arena, kernel->name, kernel->of_model);
}

/* As C's own functions are called, with snn_ before. */
const char *c_function_name(Arena *arena, const LoopFunction *function)
{
    return arena_printf(arena, "snn_%s%s", function->name, function->result->type == TYPE_F32 ? "f" : "");
}

const char *c_var(Arena *arena, const Kernel *kernel, VarId var)
{
    return spelled(arena, kernel->vars.at[var].name, kernel->vars.at[var].of_model);
}
