/* The functions that run the phases, and their tables of launches. */
#include "layout.h"

#include "snn_launch.h"

static LLVMValueRef given_places(Unit *unit, const Launch *launch)
{
    int count = launch->given.count;
    LLVMValueRef *places = NEW_ARRAY(unit->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        places[i] = LLVMConstInt(unit->word, net_place(unit, launch->given.at[i]), false);
    return table_constant(unit, "given", unit->word, places, count);
}

static int items_of(const Launch *launch)
{
    if (!launch->over_rows)
        return launch->items;
    return SNN_SAMPLES | (launch->ordered ? SNN_ORDERED : 0) | (launch->joined ? SNN_JOINED : 0);
}

static LLVMValueRef launch_table(Unit *unit, Phase phase, const Level *level, LLVMValueRef *kernels)
{
    const Launches *launches = &unit->program->phases[phase];
    LLVMValueRef *rows = NEW_ARRAY(unit->arena, LLVMValueRef, launches->count + 1);
    for (int i = 0; i < launches->count; i++) {
        const Launch *launch = &launches->at[i];
        Row row = row_new(unit, RECORD_SnnLaunch);
        row_value(&row, SnnLaunch_kernel, kernels[launch->kernel]);
        row_number(&row, SnnLaunch_items, items_of(launch));
        row_number(&row, SnnLaunch_number, launch->number);
        row_value(&row, SnnLaunch_given, given_places(unit, launch));
        rows[i] = row_constant(&row);
    }
    const char *name = arena_printf(unit->arena, "%s_launches%s", phase_name(phase), level->suffix);
    return table_constant(unit, name, unit->records[RECORD_SnnLaunch], rows, launches->count);
}

/* void (void *net, SnnPool *pool) */
static LLVMValueRef phase_function(Unit *unit, Phase phase, const Level *level, LLVMValueRef *kernels)
{
    LLVMTypeRef types[] = {unit->pointer, unit->pointer, unit->i32, unit->pointer, unit->word};
    LLVMTypeRef launch_type = LLVMFunctionType(unit->nothing, types, 5, false);
    const char *name = arena_printf(unit->arena, "%s%s", phase_name(phase), level->suffix);
    LLVMValueRef function =
        unit_function(unit, name, LLVMFunctionType(unit->nothing, types, 2, false), unit_linkage(unit));
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    LLVMValueRef net = LLVMGetParam(function, 0), pool = LLVMGetParam(function, 1);
    LLVMValueRef rows = load_member(unit, net, RECORD_SnnRun, SnnRun_rows);
    LLVMValueRef count = LLVMConstInt(unit->word, (unsigned)unit->program->phases[phase].count, false);
    LLVMValueRef arguments[] = {pool, net, rows, launch_table(unit, phase, level, kernels), count};
    LLVMBuildCall2(unit->builder, launch_type, named_function(unit, "snn_launch", launch_type), arguments, 5,
                   "");
    LLVMBuildRetVoid(unit->builder);
    return function;
}

void unit_phases(Unit *unit, int level, LLVMValueRef *kernels)
{
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        if (program_has(unit->program, phase))
            unit->phases[level][phase] = phase_function(unit, phase, &unit->target->levels[level], kernels);
}
