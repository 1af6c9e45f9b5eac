/* The choice between kernels for several processors, when the network is opened. */
#include "layout.h"

int phase_member(Phase phase)
{
    static const int members[PHASE_COUNT] = {[PHASE_INIT] = SnnModel_init,
                                             [PHASE_FORWARD] = SnnModel_forward,
                                             [PHASE_BACKWARD] = SnnModel_backward,
                                             [PHASE_UPDATE] = SnnModel_update};
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
        LLVMBuildStore(builder, unit->phases[level][phase],
                       LLVMBuildStructGEP2(builder, unit->records[RECORD_SnnModel], model,
                                           (unsigned)phase_member(phase), ""));
    LLVMBuildBr(builder, after);
    LLVMPositionBuilderAtEnd(builder, after);
}

LLVMValueRef unit_choice(Unit *unit)
{
    if (unit->target->level_count == 1)
        return LLVMConstNull(unit->pointer);
    LLVMTypeRef type = LLVMFunctionType(unit->nothing, &unit->pointer, 1, false);
    LLVMTypeRef processor_type = LLVMFunctionType(unit->i32, NULL, 0, false);
    LLVMValueRef function = unit_function(unit, "choose_level", type, LLVMInternalLinkage);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    LLVMValueRef processor = LLVMBuildCall2(
        unit->builder, processor_type, named_function(unit, "snn_processor", processor_type), NULL, 0, "");
    for (int level = 1; level < unit->target->level_count; level++)
        choose(unit, LLVMGetParam(function, 0), processor, level);
    LLVMBuildRetVoid(unit->builder);
    return function;
}
