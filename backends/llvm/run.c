/* A program that runs where it was made: its object is linked with the runtime in this process, by LLVM's ORC. */
#include "llvm.h"

#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>

/* True, with *error set, if there is one. */
static bool failed(Arena *arena, LLVMErrorRef reason, const char **error)
{
    if (!reason)
        return false;
    char *text = LLVMGetErrorMessage(reason);
    *error = arena_printf(arena, "LLVM cannot run it: %s", text);
    LLVMDisposeErrorMessage(text);
    return true;
}

/* What the program does not define is in this process: the runtime, and libraries. */
static bool link(Arena *arena, LLVMOrcLLJITRef linker, const Out *object, const char **error)
{
    LLVMOrcJITDylibRef library = LLVMOrcLLJITGetMainJITDylib(linker);
    LLVMOrcDefinitionGeneratorRef process;
    char prefix = LLVMOrcLLJITGetGlobalPrefix(linker);
    if (failed(arena, LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, prefix, NULL, NULL),
               error))
        return false;
    LLVMOrcJITDylibAddGenerator(library, process);
    LLVMMemoryBufferRef code =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(out_text(object), out_length(object), "program");
    return !failed(arena, LLVMOrcLLJITAddObjectFile(linker, library, code), error);
}

bool run_object(Arena *arena, const Out *object, int argc, char **argv, int *status, const char **error)
{
    LLVMOrcLLJITRef linker;
    LLVMOrcExecutorAddress address;
    if (failed(arena, LLVMOrcCreateLLJIT(&linker, NULL), error))
        return false;
    bool linked = link(arena, linker, object, error)
                  && !failed(arena, LLVMOrcLLJITLookup(linker, &address, "main"), error);
    if (linked) {
        int (*program)(int argc, char **argv) = (int (*)(int, char **))(uintptr_t)address;
        *status = program(argc, argv);
    }
    LLVMConsumeError(LLVMOrcDisposeLLJIT(linker));
    return linked;
}
