/* What inference reads, in constants, and what it keeps, in the state that its caller owns. */
#include "infer.h"

#include "literal.h"

#include <math.h>

enum { LINE = 100 }; /* characters */

const char *infer_dims(Arena *arena, const Buffer *buffer)
{
    const char *text = "";
    for (int d = 0; d < buffer->ndim; d++)
        text =
            arena_printf(arena, buffer->registers && d == buffer->ndim - 1 ? "%s[%d / SNN_LANES]" : "%s[%d]",
                         text, buffer->dims[d]);
    return text;
}

static void write_member(const Infer *infer, BufferId id, Out *out)
{
    const Buffer *buffer = &infer->source->buffers.at[id];
    const char *about =
        buffer->about ? arena_printf(infer->arena, " /**< %s */", c_comment(infer->arena, buffer->about))
                      : "";
    out_line(out, "%s %s%s;%s", c_type(buffer->type), c_buffer(infer->arena, buffer),
             infer_dims(infer->arena, buffer), about);
}

/* Scratch that is needed in turn is in a union. */
static void write_members(const Infer *infer, Out *out)
{
    const InferencePlaces *state = &infer->layout->state;
    for (int i = 0; i < state->count; i++) {
        int shared = state->at[i].shared;
        bool opens = shared > 0 && (i == 0 || state->at[i - 1].shared != shared);
        bool closes = shared > 0 && (i == state->count - 1 || state->at[i + 1].shared != shared);
        if (opens) {
            out_line(out, "union");
            out_open(out, "%s", "");
        }
        write_member(infer, state->at[i].buffer, out);
        if (closes)
            out_close(out, arena_printf(infer->arena, " shared_%d; /**< one after another */", shared));
    }
}

void infer_state_struct(const Infer *infer, Out *out)
{
    out_line(out, "/** What is kept between steps, and what is worked on. The caller owns it; there may be "
                  "any number. */");
    out_line(out, "typedef struct %s_state", infer->name);
    out_open(out, "%s", "");
    write_members(infer, out);
    const Inference *layout = infer->layout;
    if (layout->event_count > 0)
        out_line(out, "uint8_t events[%d]; /**< of %s_step_events() */", layout->event_count, infer->name);
    int rest = (int)(layout->state_bytes - layout->events - layout->event_count);
    if (rest > 0)
        out_line(out, "uint8_t rest[%d]; /**< of a word; C has no empty struct */", rest);
    out_close(out, arena_printf(infer->arena, " %s_state;", infer->name));
}

void infer_constant_names(const Infer *infer, Out *out)
{
    for (BufferId b = 0; b < infer->program->buffers.count; b++) {
        const Buffer *buffer = &infer->program->buffers.at[b];
        if (infer->layout->constants[b])
            out_line(out, "extern const %s %s%s;", c_type(buffer->type), buffer->name,
                     infer_dims(infer->arena, buffer));
    }
}

void infer_flash_check(const Infer *infer, Out *out)
{
    out_line(out, "/* Fails to compile if constants take another size than the header says. */");
    out_line(out, "typedef char %s_flash_has_its_size[(0", infer->name);
    out_indent(out, 1);
    for (BufferId b = 0; b < infer->program->buffers.count; b++)
        if (infer->layout->constants[b])
            out_line(out, "+ sizeof %s", infer->program->buffers.at[b].name);
    out_line(out, ") == %s_FLASH_BYTES ? 1 : -1];", infer->upper);
    out_indent(out, -1);
}

/* ---- values ---- */

static const char *value_text(const Infer *infer, const Buffer *buffer, int64_t k)
{
    char text[LITERAL_SIZE];
    double value = isnan(buffer->values[k]) ? 0 : buffer->values[k]; /* behind the last unit */
    switch ((int)buffer->type) {
    case TYPE_F32: return arena_printf(infer->arena, "%s", literal_float(text, (float)value));
    case TYPE_U32: return arena_printf(infer->arena, "0x%08llxu", (unsigned long long)value);
    default: return arena_printf(infer->arena, "%lld", (long long)value);
    }
}

/* Elements first .. first + count - 1, as many on a line as fit. */
static void write_row(const Infer *infer, const Buffer *buffer, int64_t first, int count, Out *out)
{
    char line[LINE + LITERAL_SIZE + 4];
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        const char *text = value_text(infer, buffer, first + i);
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s%s", used ? " " : "", text,
                                 i + 1 < count ? "," : "");
        if (used < LINE && i + 1 < count)
            continue;
        out_line(out, "%s", line);
        used = 0;
    }
}

static void write_part(const Infer *infer, const Buffer *buffer, int dim, int64_t first, const char *after,
                       Out *out)
{
    int64_t size = 1;
    for (int d = dim + 1; d < buffer->ndim; d++)
        size *= buffer->dims[d];
    out_line(out, "{");
    out_indent(out, 1);
    if (dim == buffer->ndim - 1)
        write_row(infer, buffer, first, buffer->dims[dim], out);
    else
        for (int i = 0; i < buffer->dims[dim]; i++)
            write_part(infer, buffer, dim + 1, first + i * size, i + 1 < buffer->dims[dim] ? "," : "", out);
    out_indent(out, -1);
    out_line(out, "}%s", after);
}

void infer_array(const Infer *infer, const Buffer *array, const char *before, Out *out)
{
    out_line(out, "%sconst %s %s%s =%s", before, c_type(array->type), array->name,
             infer_dims(infer->arena, array),
             array->ndim ? "" : arena_printf(infer->arena, " %s;", value_text(infer, array, 0)));
    if (array->ndim > 0)
        write_part(infer, array, 0, 0, ";", out);
}

static void define_lines(const Infer *infer, Out *out)
{
    out_blank(out);
    out_line(out,
             "/* Stands before rows of wide vectors: none of these lies across two lines of a cache. */");
    out_line(out, "#if defined(__GNUC__) && defined(__AVX__)");
    out_line(out, "#define %s_LINES __attribute__((aligned(%d)))", infer->upper, LINE_BYTES);
    out_line(out, "#else");
    out_line(out, "#define %s_LINES", infer->upper);
    out_line(out, "#endif");
}

/* What stands in front of the type. */
static const char *storage(const Infer *infer, const Buffer *buffer, bool internal)
{
    const char *lines =
        inference_has_lines(buffer) ? arena_printf(infer->arena, "%s_LINES ", infer->upper) : "";
    return arena_printf(infer->arena, "%s_SECTION_WEIGHTS %s%s", infer->upper, lines,
                        internal ? "static " : "");
}

void infer_constant_values(const Infer *infer, bool internal, Out *out)
{
    bool defined = false;
    for (BufferId b = 0; b < infer->program->buffers.count; b++) {
        const Buffer *buffer = &infer->program->buffers.at[b];
        if (!infer->layout->constants[b])
            continue;
        if (inference_has_lines(buffer) && !defined) {
            define_lines(infer, out);
            defined = true;
        }
        out_blank(out);
        if (buffer->about)
            out_line(out, "/* %s */", c_comment(infer->arena, buffer->about));
        infer_array(infer, buffer, storage(infer, buffer, internal), out);
    }
}
