/* The kernels of inference, and calls of them. */
#include "infer.h"

typedef struct Uses {
    const Program *program;
    bool state, in, out;
} Uses;

static void use(void *context, BufferId *id, Access access)
{
    Uses *uses = context;
    const Buffer *buffer = &uses->program->buffers.at[*id];
    (void)access;
    bool given =
        buffer->role == BUFFER_INPUT && *id != uses->program->sample && *id != uses->program->present;
    uses->in = uses->in || given;
    uses->out = uses->out || buffer->role == BUFFER_OUTPUT;
    uses->state =
        uses->state
        || (!given && buffer->role != BUFFER_OUTPUT && buffer->role != BUFFER_LOCAL && !buffer->values);
}

static Uses uses_of(const Infer *infer, const Kernel *kernel)
{
    Uses uses = {.program = infer->source};
    loop_visit(&kernel->body, use, &uses);
    return uses;
}

const Buffer *infer_input(const Infer *infer)
{
    return &infer->source->buffers.at[infer->source->input];
}

/* ---- kernels ---- */

static const char *formals(const Infer *infer, const Kernel *kernel)
{
    Uses uses = uses_of(infer, kernel);
    const char *state = uses.state ? arena_printf(infer->arena, ", %s_state *state", infer->name) : "";
    const char *in =
        uses.in ? arena_printf(infer->arena, ", const %s", c_pointer(infer->arena, infer_input(infer), ""))
                : "";
    const char *out = uses.out ? arena_printf(infer->arena, ", %s_output *out", infer->name) : "";
    const char *all = arena_printf(infer->arena, "%s%s%s", state, in, out);
    return *all ? all + 2 : "void";
}

static void own_arrays(const Infer *infer, const Kernel *kernel, BufferSet *used, Out *out)
{
    buffer_set_clear(used);
    buffer_set_add(used, &kernel->body);
    for (int i = 0; i < used->list.count; i++) {
        const Buffer *buffer = &infer->program->buffers.at[used->list.at[i]];
        if (buffer->role == BUFFER_LOCAL)
            out_line(out, "%s %s%s;", buffer->registers ? "snn_floats" : c_type(buffer->type),
                     c_buffer(infer->arena, buffer), infer_dims(infer->arena, buffer));
    }
}

static void write_kernel(const Infer *infer, const Kernel *kernel, BufferSet *used, Out *out)
{
    out_blank(out);
    c_heading(infer->arena, kernel->origin, kernel->about, out);
    out_line(out, "SNN_KERNEL void %s(%s)", c_kernel_name(infer->arena, kernel), formals(infer, kernel));
    out_open(out, "%s", "");
    own_arrays(infer, kernel, used, out);
    c_statements(infer->arena, infer->program, kernel, &kernel->body, out);
    out_close(out, "");
}

void infer_kernels(const Infer *infer, Out *out)
{
    BufferSet used = buffer_set(infer->arena, infer->program);
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < infer->program->phases[phase].count; i++)
            write_kernel(infer, &infer->program->kernels.at[infer->program->phases[phase].at[i].kernel],
                         &used, out);
}

void infer_call(const Infer *infer, const Kernel *kernel, Out *out)
{
    Uses uses = uses_of(infer, kernel);
    const char *all = arena_printf(infer->arena, "%s%s%s", uses.state ? ", state" : "", uses.in ? ", in" : "",
                                   uses.out ? ", out" : "");
    out_line(out, "%s(%s);", c_kernel_name(infer->arena, kernel), *all ? all + 2 : "");
}

void infer_calls_from(const Infer *infer, Phase phase, int first, Out *out)
{
    for (int i = first; i < infer->program->phases[phase].count; i++)
        infer_call(infer, &infer->program->kernels.at[infer->program->phases[phase].at[i].kernel], out);
}

void infer_calls(const Infer *infer, Phase phase, Out *out)
{
    infer_calls_from(infer, phase, 0, out);
}
