/* The functions that run the phases, and their tables of launches. */
#include "c.h"

#include "snn_launch.h"

_Static_assert((int)LOOP_SLICES == (int)SNN_SLICES, "kernels and the runtime cut batches alike");

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

/* Lines of `NET(a_), NET(b_), ...`. */
static void given_buffers(const Phases *phases, const Launch *launch)
{
    const char *line = "";
    for (int i = 0; i < launch->given.count; i++) {
        const char *name = c_buffer(phases->arena, buffer_at(phases, launch->given.at[i]));
        if (*line && strlen(line) + strlen(name) > LINE) {
            out_line(phases->out, "%s,", line);
            line = "";
        }
        line = arena_printf(phases->arena, "%s%sNET(%s)", line, *line ? ", " : "", name);
    }
    out_line(phases->out, "%s", line);
}

static const char *items_of(const Phases *phases, const Launch *launch)
{
    if (!launch->over_rows)
        return arena_printf(phases->arena, "%d", launch->items);
    return arena_printf(phases->arena, "SNN_SAMPLES%s%s", launch->ordered ? " | SNN_ORDERED" : "",
                        launch->joined ? " | SNN_JOINED" : "");
}

static void table_row(const Phases *phases, const Launch *launch)
{
    const Kernel *kernel = &phases->program->kernels.at[launch->kernel];
    const char *name = c_kernel_name(phases->arena, kernel);
    const char *items = items_of(phases, launch);
    if (kernel->given.count == 0) {
        out_line(phases->out, "{SNN_AT_LEVEL(%s), %s, %d, NULL},", name, items, launch->number);
        return;
    }
    c_heading(phases->arena, launch->origin, launch->about, phases->out);
    out_line(phases->out, "{SNN_AT_LEVEL(%s), %s, %d, (const size_t[]){", name, items, launch->number);
    out_indent(phases->out, 1);
    given_buffers(phases, launch);
    out_indent(phases->out, -1);
    out_line(phases->out, "}},");
}

static void launch_table(const Phases *phases, Phase phase)
{
    const Launches *launches = &phases->program->phases[phase];
    out_blank(phases->out);
    out_open(phases->out, "static const SnnLaunch SNN_AT_LEVEL(%s_launches)[] =", phase_name(phase));
    for (int i = 0; i < launches->count; i++)
        table_row(phases, &launches->at[i]);
    out_close(phases->out, ";");
}

static void phase_function(const Phases *phases, Phase phase)
{
    int count = phases->program->phases[phase].count;
    Out *out = phases->out;
    if (count > 0)
        launch_table(phases, phase);
    out_blank(out);
    out_line(out, "static void SNN_AT_LEVEL(%s)(void *context, SnnPool *pool)", phase_name(phase));
    out_open(out, "%s", "");
    if (count > 0) {
        out_line(out, "struct net *net = context;");
        out_line(out, "snn_launch(pool, net, net->run.rows, SNN_AT_LEVEL(%s_launches), %d);",
                 phase_name(phase), count);
    } else {
        out_line(out, "(void)context, (void)pool;");
    }
    out_close(out, "");
}

void c_phases(Arena *arena, const Program *program, Out *out)
{
    Phases phases = {arena, program, out};
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        if (program_has(program, phase))
            phase_function(&phases, phase);
}
