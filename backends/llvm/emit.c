/* The LLVM backend: a module of kernels and tables, linked with the runtime as a library. */
#include "llvm.h"

#include "abi.h"

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

const char abi_of_llvm[] = BACKEND_ABI;
const Backend backend_llvm = {"llvm", "o", true, emit, llvm_run, llvm_infer};
