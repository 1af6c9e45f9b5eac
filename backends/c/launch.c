/* The functions that run the phases, launch by launch. */
#include "c.h"

typedef struct Phases {
    Arena *arena;
    const Program *program;
    Out *out;
} Phases;

enum { LINE = 100 };

static const Buffer *buffer_at(const Phases *phases, BufferId id)
{
    return &phases->program->buffers.at[id];
}

const char *c_outer_count(Arena *arena, const Buffer *buffer)
{
    return buffer->per_sample ? "rows" : arena_printf(arena, "%d", buffer->ndim ? buffer->dims[0] : 1);
}

static void zero_gradients(const Phases *phases)
{
    for (int b = 0; b < phases->program->buffers.count; b++) {
        const Buffer *buffer = buffer_at(phases, b);
        const char *name = c_buffer(phases->arena, buffer);
        if (buffer->role == BUFFER_GRADIENT)
            out_line(phases->out, "memset(net->%s, 0, %s * sizeof *net->%s);", name,
                     c_outer_count(phases->arena, buffer), name);
    }
}

/* Lines of `net->a_, net->b_, ...`. */
static void given_buffers(const Phases *phases, const Launch *launch)
{
    const char *line = "net";
    for (int i = 0; i < launch->given.count; i++) {
        const char *name = c_buffer(phases->arena, buffer_at(phases, launch->given.at[i]));
        if (strlen(line) + strlen(name) > LINE) {
            out_line(phases->out, "%s,", line);
            line = arena_printf(phases->arena, "net->%s", name);
        } else {
            line = arena_printf(phases->arena, "%s, net->%s", line, name);
        }
    }
    out_line(phases->out, "%s", line);
}

static void run_launch(const Phases *phases, const Launch *launch)
{
    const Kernel *kernel = &phases->program->kernels.at[launch->kernel];
    const char *name = c_kernel_name(phases->arena, kernel);
    const char *items =
        launch->over_rows ? "net->run.rows" : arena_printf(phases->arena, "%d", launch->items);
    if (kernel->given.count == 0) {
        out_line(phases->out, "snn_parallel(pool, SNN_AT_LEVEL(%s), net, %s);", name, items);
        return;
    }
    c_heading(phases->arena, launch->origin, launch->about, phases->out);
    out_line(phases->out, "snn_parallel(pool, SNN_AT_LEVEL(%s), (void *[]){", name);
    out_indent(phases->out, 1);
    given_buffers(phases, launch);
    out_indent(phases->out, -1);
    out_line(phases->out, "}, %s);", items);
}

static void phase_function(const Phases *phases, Phase phase)
{
    const Launches *launches = &phases->program->phases[phase];
    Out *out = phases->out;
    out_blank(out);
    out_line(out, "static void SNN_AT_LEVEL(%s)(void *context, SnnPool *pool)", phase_name(phase));
    out_open(out, "%s", "");
    out_line(out, "struct net *net = context;");
    if (phase == PHASE_BACKWARD)
        zero_gradients(phases);
    for (int i = 0; i < launches->count; i++)
        run_launch(phases, &launches->at[i]);
    if (launches->count == 0)
        out_line(out, "(void)net, (void)pool;");
    out_close(out, "");
}

void c_phases(Arena *arena, const Program *program, Out *out)
{
    Phases phases = {arena, program, out};
    for (Phase phase = PHASE_FORWARD; phase < PHASE_COUNT; phase++)
        phase_function(&phases, phase);
}
