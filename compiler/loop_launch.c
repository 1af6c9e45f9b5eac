/* Launches: their verifier. */
#include "loop_look.h"

/* Whether a launch may give the buffer for this place. */
static bool is_like(const Buffer *buffer, const Buffer *place)
{
    if (buffer->type != place->type || buffer->per_sample != place->per_sample)
        return false;
    if (!place->per_sample && place->ndim == 1)
        return buffer_elements(buffer) <= place->dims[0];
    bool like = buffer->ndim == place->ndim;
    for (int d = 0; d < place->ndim && like; d++)
        like = d == 0 && !place->per_sample ? buffer->dims[d] <= place->dims[d]
                                            : buffer->dims[d] == place->dims[d];
    return like;
}

static bool gives_twice(const Launch *launch, int i)
{
    for (int k = 0; k < i; k++)
        if (launch->given.at[k] == launch->given.at[i])
            return true;
    return false;
}

/* NULL, or what is wrong with buffer number `i` of those that are given. `named`: what the kernel works on in any
 * launch; targets take it that no two names of a kernel are one buffer. */
static const char *verify_gift(const Program *program, const Launch *launch, const bool *named, int i)
{
    Arena *arena = program->arena;
    const Kernel *kernel = &program->kernels.at[launch->kernel];
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
    if (named[id])
        return arena_printf(arena, "`%s` is given `%s`, which it has anyway", kernel->name, buffer->name);
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
    if (!launch->over_rows && (launch->ordered || launch->joined))
        return arena_printf(arena, "`%s` is launched in the order of samples, but not over these",
                            kernel->name);
    if (launch->given.count != kernel->given.count)
        return arena_printf(arena, "`%s` is given %d buffers, not %d", kernel->name, launch->given.count,
                            kernel->given.count);
    return NULL;
}

/* Launches by their kernels. */
typedef VEC(const Launch *) LaunchList;

static const char *verify_gifts(const Program *program, const Kernel *kernel, const LaunchList *launches,
                                BufferSet *named)
{
    const char *wrong = NULL;
    if (kernel->given.count == 0)
        return NULL;
    buffer_set_clear(named);
    buffer_set_add(named, &kernel->body);
    for (int l = 0; l < launches->count; l++)
        for (int i = 0; i < kernel->given.count && !wrong; i++)
            wrong = verify_gift(program, launches->at[l], named->has, i);
    return wrong;
}

const char *launches_verify(const Program *program)
{
    Arena *arena = program->arena;
    const char *wrong = NULL;
    LaunchList *of = NEW_ARRAY(arena, LaunchList, program->kernels.count + 1);
    BufferSet named = buffer_set(arena, program);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count && !wrong; i++) {
            const Launch *launch = &program->phases[phase].at[i];
            wrong = verify_launch(program, launch);
            if (!wrong)
                vec_push(arena, &of[launch->kernel], launch);
        }
    for (int k = 0; k < program->kernels.count && !wrong; k++)
        wrong = verify_gifts(program, &program->kernels.at[k], &of[k], &named);
    return wrong;
}
