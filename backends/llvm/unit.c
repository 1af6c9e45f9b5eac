/* A module, from its first type to what is written of it. */
#include "llvm.h"

static bool has_kernels(const Unit *unit)
{
    return !unit->share || unit->share->number != TABLES;
}

static bool has_phases(const Unit *unit)
{
    return !unit->share || unit->share->number == unit->share->owner[0];
}

static bool has_tables(const Unit *unit)
{
    return !unit->share || unit->share->number == TABLES;
}

static void fill(Unit *unit)
{
    if (unit->program->predicts) {
        unit_functions(unit);
        unit_inference(unit);
        return;
    }
    if (has_kernels(unit))
        unit_functions(unit);
    for (int level = 0; level < unit->target->level_count && has_kernels(unit); level++) {
        LLVMValueRef *kernels = unit_kernels(unit, &unit->target->levels[level]);
        if (has_phases(unit))
            unit_phases(unit, level, kernels);
    }
    if (has_tables(unit))
        unit_tables(unit);
}

bool unit_make(Arena *arena, const Program *program, const BackendOptions *options, const Target *target,
               const Share *share, Out *out, const char **error)
{
    Unit unit = {.arena = arena, .program = program, .options = options, .target = target, .share = share};
    unit.context = LLVMContextCreate();
    unit.module = LLVMModuleCreateWithNameInContext(program->name, unit.context);
    unit.builder = LLVMCreateBuilderInContext(unit.context);
    LLVMSetSourceFileName(unit.module, program->source, strlen(program->source));
    LLVMSetTarget(unit.module, target->triple);
    LLVMSetModuleDataLayout(unit.module, target->layout);
    llvm_types(&unit);
    debug_begin(&unit);
    fill(&unit);
    debug_end(&unit);
    bool written = unit_write(&unit, out, error);
    LLVMDisposeBuilder(unit.builder);
    LLVMDisposeModule(unit.module);
    LLVMContextDispose(unit.context);
    return written;
}
