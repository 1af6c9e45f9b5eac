/* The choice between kernels for several processors, when the network is opened. */
#include "layout.h"

int phase_member(Phase phase)
{
    static const int members[PHASE_COUNT] = {[PHASE_INIT] = SnnModel_init,
                                             [PHASE_FORWARD] = SnnModel_forward,
                                             [PHASE_BACKWARD] = SnnModel_backward,
                                             [PHASE_UPDATE] = SnnModel_update,
                                             [PHASE_EVALUATE] = SnnModel_evaluate};
    return members[phase];
}

/* The phases of a level, where the processor is one of these. */
static void choose(Unit *unit, LLVMValueRef model, LLVMValueRef processor, int level)
{
    LLVMBuilderRef builder = unit->builder;
    LLVMBasicBlockRef then = append_block(unit), after = append_block(unit);
    LLVMValueRef number = int_constant(unit, unit->target->levels[level].number);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntSGE, processor, number, ""), then, after);
    LLVMPositionBuilderAtEnd(builder, then);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        if (program_has(unit->program, phase))
            LLVMBuildStore(builder, unit->phases[level][phase],
                           LLVMBuildStructGEP2(builder, unit->records[RECORD_SnnModel], model,
                                               (unsigned)phase_member(phase), ""));
    LLVMBuildBr(builder, after);
    LLVMPositionBuilderAtEnd(builder, after);
}

static void choose_level(Unit *unit, LLVMValueRef model)
{
    LLVMTypeRef type = LLVMFunctionType(unit->i32, NULL, 0, false);
    LLVMValueRef function = named_function(unit, "snn_processor", type);
    LLVMValueRef processor = LLVMBuildCall2(unit->builder, type, function, NULL, 0, "");
    for (int level = 1; level < unit->target->level_count; level++)
        choose(unit, model, processor, level);
}

/* Something of this process. */
static LLVMValueRef address_constant(const Unit *unit, uintptr_t address)
{
    return LLVMConstIntToPtr(LLVMConstInt(unit->word, address, false), unit->pointer);
}

/* Phases that are linked by now are made elsewhere. */
static void choose_linked(Unit *unit, LLVMValueRef model)
{
    LLVMTypeRef types[] = {unit->pointer, unit->pointer};
    LLVMTypeRef type = LLVMFunctionType(unit->nothing, types, 2, false);
    LLVMValueRef link = address_constant(unit, (uintptr_t)unit->share->link);
    LLVMValueRef arguments[] = {address_constant(unit, (uintptr_t)unit->share->context), model};
    LLVMBuildCall2(unit->builder, type, link, arguments, 2, "");
}

LLVMValueRef unit_choice(Unit *unit)
{
    if (!unit->share && unit->target->level_count == 1)
        return LLVMConstNull(unit->pointer);
    LLVMTypeRef type = LLVMFunctionType(unit->nothing, &unit->pointer, 1, false);
    LLVMValueRef function = unit_function(unit, "choose_level", type, LLVMInternalLinkage);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    if (unit->share)
        choose_linked(unit, LLVMGetParam(function, 0));
    else
        choose_level(unit, LLVMGetParam(function, 0));
    LLVMBuildRetVoid(unit->builder);
    return function;
}
