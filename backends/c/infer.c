/* Inference: C99 that needs nothing but itself. The kernels of a program that only predicts, over constants and a state
 * that the caller owns: infer_kernels.c writes the first, infer_data.c the others, infer_api.c what the caller sees. */
#include "infer.h"

#include "paste.h"

#include <ctype.h>

static const char *prediction_member(const Infer *infer, BufferId id)
{
    const Program *program = infer->source;
    for (int p = 0; p < program->predictions.count; p++) {
        const LoopPrediction *prediction = &program->predictions.at[p];
        if (prediction->values == id || prediction->predicted == id)
            return c_buffer(infer->arena, &program->buffers.at[id]);
    }
    return NULL;
}

/* What stands for the buffer in C. */
static const char *place_of(const Infer *infer, BufferId id)
{
    const Buffer *buffer = &infer->source->buffers.at[id];
    const char *name = c_buffer(infer->arena, buffer), *member = prediction_member(infer, id);
    if (member)
        return arena_printf(infer->arena, "out->%s", member);
    if (infer->layout->constants[id])
        return arena_printf(infer->arena, "%s_%s", infer->name, name);
    const InferencePlace *place = inference_place(infer->layout, id);
    if (place && place->shared > 0)
        return arena_printf(infer->arena, "state->shared_%d.%s", place->shared, name);
    return place ? arena_printf(infer->arena, "state->%s", name) : name;
}

static const Program *placed(const Infer *infer)
{
    Program *program = NEW(infer->arena, Program);
    *program = *infer->source;
    program->buffers.at = NEW_ARRAY(infer->arena, Buffer, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        program->buffers.at[b] = infer->source->buffers.at[b];
        program->buffers.at[b].name = place_of(infer, b);
        program->buffers.at[b].of_model = false;
    }
    return program;
}

static const char *upper_of(Arena *arena, const char *name)
{
    char *upper = NEW_ARRAY(arena, char, strlen(name) + 1);
    for (size_t i = 0; name[i]; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    return upper;
}

static void paste(const char *name, Paste *into)
{
    paste_file(into, runtime_file(name, strlen(name)));
}

static bool has_vectors(const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (block->at[i]->vector || has_vectors(&block->at[i]->body))
            return true;
    return false;
}

/* What its kernels call. */
static const char *kernel_header(const Program *program)
{
    if (program->whole_numbers)
        return "snn_whole.h";
    for (int k = 0; k < program->kernels.count; k++)
        if (has_vectors(&program->kernels.at[k].body))
            return "snn_lanes.h";
    return "snn_plain.h";
}

static void write_source(const Infer *infer, Out *out)
{
    Paste into = paste_begin(infer->arena, out);
    infer_heading(infer, "the network", out);
    out_line(out, "#include \"%s.h\"", infer->name);
    if (infer->program->whole_numbers)
        out_line(out, "#define SNN_WITHOUT_REALS");
    paste(kernel_header(infer->program), &into);
    if (infer->layout->draws)
        paste("snn_random.h", &into);
    if (infer_takes_lists(infer))
        paste("snn_given.h", &into);
    c_functions(infer->arena, infer->program, out);
    out_blank(out);
    if (infer->single)
        infer_constant_values(infer, true, out);
    else
        infer_constant_names(infer, out);
    out_blank(out);
    infer_flash_check(infer, out);
    infer_header_check(infer, out);
    infer_kernels(infer, out);
    infer_functions(infer, out);
}

bool c_infer(const Program *program, const BackendOptions *options, bool single, InferFiles *files,
             const char **error)
{
    Arena *arena = program->arena;
    Infer infer = {
        .arena = arena, .source = program, .program = program, .options = options, .single = single};
    infer.name = options->file ? options->file : program->name;
    *error = inference_refusal(arena, program, infer.name);
    if (*error)
        return false;
    infer.upper = upper_of(arena, infer.name);
    infer.layout = inference_of(arena, program);
    infer.program = placed(&infer);
    infer_header(&infer, files->header);
    write_source(&infer, files->source);
    if (single)
        return true;
    infer_heading(&infer, "its weights", files->weights);
    out_line(files->weights, "#include \"%s.h\"", infer.name);
    out_blank(files->weights);
    infer_constant_names(&infer, files->weights);
    infer_constant_values(&infer, false, files->weights);
    return true;
}
