/* Targets: which processors code is made for. */
#include "llvm.h"

#include <string.h>

/* No more than what snn_level.h looks for before they run. */
#define UNASKED "-f16c,-lzcnt,-movbe"

/* Levels of x86-64: number, suffix, cpu, features, lanes, fma. */
static const Level x86_v3 = {3, "_v3", "x86-64-v3", UNASKED, 8, true},
                   x86_v4 = {4, "_v4", "x86-64-v4", UNASKED, 16, true};

/* LLVM's texts are its own to free. */
static const char *kept(Arena *arena, char *text)
{
    const char *copy = arena_printf(arena, "%s", text);
    LLVMDisposeMessage(text);
    return copy;
}

/* This machine has vectors as its features say. */
static Level native(Arena *arena)
{
    const char *features = kept(arena, LLVMGetHostCPUFeatures());
    bool x86 = strstr(features, "+sse2") != NULL;
    return (Level){.suffix = "",
                   .cpu = kept(arena, LLVMGetHostCPUName()),
                   .features = features,
                   .lanes = strstr(features, "+avx512f") ? 16
                            : strstr(features, "+avx")   ? 8
                                                         : 4,
                   .fma = !x86 || strstr(arena_printf(arena, "%s,", features), "+fma,")};
}

/* WebAssembly has floats, and no instruction for a * b + c. */
static Level level_of(const TargetRow *row)
{
    if (strcmp(row->cpu, x86_v3.cpu) == 0)
        return (Level){0, "", row->cpu, row->features, x86_v3.lanes, x86_v3.fma};
    if (strcmp(row->cpu, x86_v4.cpu) == 0)
        return (Level){0, "", row->cpu, row->features, x86_v4.lanes, x86_v4.fma};
    bool none =
        strncmp(row->triple, "x86", 3) == 0 || strncmp(row->triple, "wasm", 4) == 0 || row->reals == 0;
    return (Level){0, "", row->cpu, row->features, 4, !none};
}

/* A program for any PC has kernels for those that have AVX2 and AVX-512, too. */
static void add_levels(Target *target)
{
    if (strncmp(target->triple, "x86_64", 6) != 0 || target->levels[0].lanes > 4)
        return;
    target->levels[target->level_count++] = x86_v3;
    target->levels[target->level_count++] = x86_v4;
}

/* NEON of 32 bits makes 0 of what is next to it. */
static bool has_vectors(const char *triple)
{
    return strncmp(triple, "x86_64", 6) == 0 || strncmp(triple, "aarch64", 7) == 0;
}

static void find_levels(Arena *arena, const TargetRow *row, Target *target)
{
    bool own = *row->triple == '\0';
    *target = (Target){.level_count = 1, .levels = {own ? native(arena) : level_of(row)}};
    target->triple =
        own ? kept(arena, LLVMGetDefaultTargetTriple()) : kept(arena, LLVMNormalizeTargetTriple(row->triple));
    target->vectors = has_vectors(target->triple);
    if (!own)
        add_levels(target);
}

bool target_open(Arena *arena, const BackendOptions *options, Target *target, const char **error)
{
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                 LLVMCodeGenLevelLess, LLVMCodeGenLevelAggressive};
    LLVMTargetRef found;
    char *reason = NULL;
    LLVMInitializeAllTargetInfos();
    LLVMInitializeAllTargets();
    LLVMInitializeAllTargetMCs();
    LLVMInitializeAllAsmPrinters();
    find_levels(arena, options->target, target);
    if (LLVMGetTargetFromTriple(target->triple, &found, &reason)) {
        *error = kept(arena, reason);
        return false;
    }
    if (strcmp(options->form, "o") == 0 && !LLVMTargetHasAsmBackend(found)) {
        *error = arena_printf(arena, "LLVM makes no objects for %s: `-o FILE.s` writes its assembly",
                              options->target->name);
        return false;
    }
    const Level *level = &target->levels[0];
    bool hosted = options->target->system != TARGET_NONE;
    target->machine =
        LLVMCreateTargetMachine(found, target->triple, level->cpu, level->features, levels[options->optimize],
                                hosted ? LLVMRelocPIC : LLVMRelocStatic, LLVMCodeModelDefault);
    target->layout = LLVMCreateTargetDataLayout(target->machine);
    return true;
}

void target_close(Target *target)
{
    LLVMDisposeTargetData(target->layout);
    LLVMDisposeTargetMachine(target->machine);
}
