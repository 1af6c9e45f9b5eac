/* Loops. */
#include "llvm.h"

/* `var` goes from `from` by `step`, as long as it and `limit` compare so. */
static Turns begin(Unit *unit, LLVMIntPredicate predicate, LLVMValueRef from, LLVMValueRef limit, int step)
{
    LLVMBuilderRef builder = unit->builder;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(builder);
    Turns turns = {.step = int_constant(unit, step), .head = append_block(unit)};
    LLVMBasicBlockRef body = append_block(unit);
    turns.after = append_block(unit);
    LLVMBuildBr(builder, turns.head);
    LLVMPositionBuilderAtEnd(builder, turns.head);
    turns.var = LLVMBuildPhi(builder, unit->i32, "");
    LLVMAddIncoming(turns.var, &from, &before, 1);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, predicate, turns.var, limit, ""), body, turns.after);
    LLVMPositionBuilderAtEnd(builder, body);
    return turns;
}

Turns loop_begin(Unit *unit, LLVMValueRef from, LLVMValueRef to, int step)
{
    return begin(unit, LLVMIntSLT, from, to, step);
}

Turns loop_begin_down(Unit *unit, LLVMValueRef from, LLVMValueRef to)
{
    LLVMValueRef start = LLVMBuildNSWSub(unit->builder, to, int_constant(unit, 1), "");
    return begin(unit, LLVMIntSGE, start, from, -1);
}

void loop_end(Unit *unit, const Turns *turns)
{
    LLVMValueRef next = LLVMBuildNSWAdd(unit->builder, turns->var, turns->step, "");
    LLVMBasicBlockRef last = LLVMGetInsertBlock(unit->builder);
    LLVMBuildBr(unit->builder, turns->head);
    LLVMAddIncoming(turns->var, &next, &last, 1);
    LLVMPositionBuilderAtEnd(unit->builder, turns->after);
}

bool is_known(LLVMValueRef value, long long *number)
{
    if (!LLVMIsAConstantInt(value))
        return false;
    *number = LLVMConstIntGetSExtValue(value);
    return true;
}
