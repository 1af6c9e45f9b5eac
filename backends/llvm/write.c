/* From a module to a file: checked, optimised, written. */
#include "llvm.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Transforms/PassBuilder.h>

static bool fail(Unit *unit, const char *doing, char *reason, const char **error)
{
    *error = arena_printf(unit->arena, "LLVM cannot %s: %s", doing, reason);
    return false;
}

static bool verify(Unit *unit, const char **error)
{
    char *reason = NULL;
    bool right = !LLVMVerifyModule(unit->module, LLVMReturnStatusAction, &reason);
    if (!right)
        fail(unit, "accept what was made of the model, an error of snnc", reason, error);
    LLVMDisposeMessage(reason);
    return right;
}

static bool optimise(Unit *unit, const char **error)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    if (unit->options->optimize < 3) { /* what these find is a few percent, for a fifth of the time */
        LLVMPassBuilderOptionsSetSLPVectorization(options, false);
        LLVMPassBuilderOptionsSetLoopUnrolling(options, false);
    }
    const char *passes = arena_printf(unit->arena, "default<O%d>", unit->options->optimize);
    LLVMErrorRef failed = LLVMRunPasses(unit->module, passes, unit->target->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!failed)
        return true;
    char *reason = LLVMGetErrorMessage(failed);
    fail(unit, "optimise it", reason, error);
    LLVMDisposeErrorMessage(reason);
    return false;
}

static void put(LLVMMemoryBufferRef buffer, Out *out)
{
    out_raw(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
}

static bool put_code(Unit *unit, LLVMCodeGenFileType type, Out *out, const char **error)
{
    LLVMMemoryBufferRef buffer;
    char *reason = NULL;
    if (!LLVMTargetMachineEmitToMemoryBuffer(unit->target->machine, unit->module, type, &reason, &buffer)) {
        put(buffer, out);
        return true;
    }
    fail(unit, "write code for this target", reason, error);
    LLVMDisposeMessage(reason);
    return false;
}

static bool put_text(Unit *unit, Out *out, const char **error)
{
    (void)error;
    char *text = LLVMPrintModuleToString(unit->module);
    out_raw(out, text, strlen(text));
    LLVMDisposeMessage(text);
    return true;
}

static bool put_bitcode(Unit *unit, Out *out, const char **error)
{
    (void)error;
    put(LLVMWriteBitcodeToMemoryBuffer(unit->module), out);
    return true;
}

static bool put_assembly(Unit *unit, Out *out, const char **error)
{
    return put_code(unit, LLVMAssemblyFile, out, error);
}

static bool put_object(Unit *unit, Out *out, const char **error)
{
    return put_code(unit, LLVMObjectFile, out, error);
}

bool unit_write(Unit *unit, Out *out, const char **error)
{
    static const struct {
        const char *form;
        bool (*put)(Unit *unit, Out *out, const char **error);
    } forms[] = {{"ll", put_text}, {"bc", put_bitcode}, {"s", put_assembly}, {"o", put_object}};
    size_t form = 0;
    while (strcmp(forms[form].form, unit->options->form) != 0)
        form++;
    if (unit->share) /* no debugger hears of what is linked here */
        LLVMStripModuleDebugInfo(unit->module);
    return verify(unit, error) && optimise(unit, error) && forms[form].put(unit, out, error);
}
