#include "target.h"

#include "diag.h"

#include <stdio.h>
#include <string.h>

const TargetRow targets[] = {
#define TARGET(name, triple, cpu, features, bits, reals, memory, system, compiler, options, notes) \
    {name, triple, cpu, features, bits, reals, memory, TARGET_##system, compiler, options, notes},
#include "targets.def"
#undef TARGET
};
const int target_count = sizeof targets / sizeof *targets;

const TargetRow *find_target(const char *name)
{
    for (int i = 0; i < target_count; i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

const char *closest_target(const char *name)
{
    const char *names[sizeof targets / sizeof *targets];
    for (int i = 0; i < target_count; i++) {
        if (strncmp(targets[i].name, name, strlen(name)) == 0)
            return targets[i].name;
        names[i] = targets[i].name;
    }
    return closest_name(name, names, target_count);
}

const char *target_c_options(Arena *arena, const TargetRow *target)
{
    return arena_printf(arena, "-std=c11 -O3 %s -ffp-contract=off -fno-math-errno -fno-trapping-math%s",
                        target->options, target->system == TARGET_OTHER ? " -DSNN_NO_ZLIB" : "");
}

const char *target_program_options(const TargetRow *target)
{
    return target->system == TARGET_OTHER ? " -static" : "";
}

bool target_has_library(const TargetRow *target, const char *library)
{
    return target->system == TARGET_OWN || strcmp(library, "-lz") != 0;
}

const char *target_memory_text(Arena *arena, const TargetRow *target)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    return target->memory == 64
               ? ""
               : arena_printf(arena, "%d %s", 1 << target->memory % 10, units[target->memory / 10]);
}

void print_targets(Arena *arena)
{
    static const char *const programs[] = {
        [TARGET_OWN] = "trainers", [TARGET_OTHER] = "trainers", [TARGET_NONE] = "kernels"};
    printf("%-12s %-8s %4s  %-6s  %-7s  %s\n", "target", "makes", "bits", "floats", "memory", "");
    for (int i = 0; i < target_count; i++) {
        const TargetRow *target = &targets[i];
        const char *floats = target->reals ? arena_printf(arena, "%d bit", target->reals) : "none";
        printf("%-12s %-8s %4d  %-6s  %-7s  %s\n", target->name, programs[target->system], target->bits,
               floats, target_memory_text(arena, target), target->notes);
        printf("%-12s %s %s\n", "", target->compiler, target->options);
    }
}
