/* Launches: their verifier. */
#include "loop.h"

/* What a launch must give for this one. */
static bool is_like(const Buffer *a, const Buffer *b)
{
    return a->type == b->type && a->per_sample == b->per_sample && a->ndim == b->ndim
           && memcmp(a->dims, b->dims, sizeof *a->dims * (size_t)a->ndim) == 0;
}

static bool gives_twice(const Launch *launch, int i)
{
    for (int k = 0; k < i; k++)
        if (launch->given.at[k] == launch->given.at[i])
            return true;
    return false;
}

/* NULL, or what is wrong with buffer number `i` of those that are given. */
static const char *verify_gift(const Program *program, const Kernel *kernel, const Launch *launch, int i)
{
    Arena *arena = program->arena;
    BufferId id = launch->given.at[i];
    if (id < 0 || id >= program->buffers.count)
        return arena_printf(arena, "`%s` is given buffer %d", kernel->name, id);
    const Buffer *buffer = &program->buffers.at[id];
    const Buffer *place = &program->buffers.at[kernel->given.at[i]];
    if (buffer_is_of_kernel(buffer))
        return arena_printf(arena, "`%s` is given `%s`, which a kernel has", kernel->name, buffer->name);
    if (gives_twice(launch, i))
        return arena_printf(arena, "`%s` is given `%s` twice", kernel->name, buffer->name);
    if (!is_like(buffer, place))
        return arena_printf(arena, "`%s` is given `%s`, which is not like `%s`", kernel->name, buffer->name,
                            place->name);
    return NULL;
}

static const char *verify_launch(const Program *program, const Launch *launch)
{
    Arena *arena = program->arena;
    if (launch->kernel < 0 || launch->kernel >= program->kernels.count)
        return arena_printf(arena, "kernel %d is launched", launch->kernel);
    const Kernel *kernel = &program->kernels.at[launch->kernel];
    if (!launch->over_rows && launch->items <= 0)
        return arena_printf(arena, "`%s` is launched with %d items", kernel->name, launch->items);
    if (launch->given.count != kernel->given.count)
        return arena_printf(arena, "`%s` is given %d buffers, not %d", kernel->name, launch->given.count,
                            kernel->given.count);
    const char *wrong = NULL;
    for (int i = 0; i < launch->given.count && !wrong; i++)
        wrong = verify_gift(program, kernel, launch, i);
    return wrong;
}

const char *launches_verify(const Program *program)
{
    const char *wrong = NULL;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count && !wrong; i++)
            wrong = verify_launch(program, &program->phases[phase].at[i]);
    return wrong;
}
