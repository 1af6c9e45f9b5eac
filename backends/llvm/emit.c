/* The LLVM backend: a module of kernels and tables, linked with the runtime as a library. */
#include "llvm.h"

#include "abi.h"
#include "inference.h"

static bool emit(const Program *program, const BackendOptions *options, Out *out, const char **error)
{
    Target target;
    Arena *arena = program->arena;
    if (!target_open(arena, options, &target, error))
        return false;
    bool written = unit_make(arena, program, options, &target, NULL, out, error);
    target_close(&target);
    return written;
}

/* The module is the source, which has the weights in any case. */
static bool infer(const Program *program, const BackendOptions *options, bool single, InferFiles *files,
                  const char **error)
{
    Target target;
    (void)single;
    *error = inference_refusal(program->arena, program, options->file ? options->file : program->name);
    if (*error || !target_open(program->arena, options, &target, error))
        return false;
    target.level_count = 1; /* nobody is asked what processor it is */
    bool written = unit_make(program->arena, program, options, &target, NULL, files->source, error);
    target_close(&target);
    return written;
}

const char abi_of_llvm[] = BACKEND_ABI;
const Backend backend_llvm = {"llvm", "o", true, emit, llvm_run, infer};
