/* The LLVM backend: a module of kernels and tables, linked with the runtime as a library. */
#include "llvm.h"

static void fill(Unit *unit)
{
    unit_functions(unit);
    for (int level = 0; level < unit->target->level_count; level++)
        unit_phases(unit, level, unit_kernels(unit, &unit->target->levels[level]));
    unit_tables(unit);
}

static bool emit_for(Arena *arena, const Program *program, const BackendOptions *options,
                     const Target *target, Out *out, const char **error)
{
    Unit unit = {.arena = arena, .program = program, .options = options, .target = target};
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

static bool emit(const Program *program, const BackendOptions *options, Out *out, const char **error)
{
    Target target;
    Arena *arena = program->arena;
    if (!target_open(arena, options, &target, error))
        return false;
    bool written = emit_for(arena, program, options, &target, out, error);
    target_close(&target);
    return written;
}

static bool run(const Program *program, const BackendOptions *options, int argc, char **argv, int *status,
                const char **error)
{
    Out *object = out_new(program->arena);
    return emit(program, options, object, error)
           && run_object(program->arena, object, argc, argv, status, error);
}

const Backend backend_llvm = {"llvm", "o", true, emit, run};
