/* Loops. */
#include "llvm.h"

#include <llvm-c/DebugInfo.h>
#include <string.h>

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

static LLVMMetadataRef word(const Unit *unit, const char *text)
{
    return LLVMMDStringInContext2(unit->context, text, strlen(text));
}

/* What LLVM may do with a loop hangs at its last branch, as a list that begins with itself, so that no other loop has the
 * same: no vectors, and no turns written out. */
static void keep_loop(const Unit *unit, LLVMValueRef branch)
{
    LLVMContextRef context = unit->context;
    LLVMMetadataRef no = LLVMValueAsMetadata(LLVMConstInt(unit->i1, false, false));
    LLVMMetadataRef vectors[] = {word(unit, "llvm.loop.vectorize.enable"), no};
    LLVMMetadataRef turns[] = {word(unit, "llvm.loop.unroll.disable")};
    LLVMMetadataRef itself = LLVMTemporaryMDNode(context, NULL, 0);
    LLVMMetadataRef list[] = {itself, LLVMMDNodeInContext2(context, vectors, 2),
                              LLVMMDNodeInContext2(context, turns, 1)};
    LLVMMetadataRef hints = LLVMMDNodeInContext2(context, list, 3);
    LLVMMetadataReplaceAllUsesWith(itself, hints);
    LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(context, "llvm.loop", 9),
                    LLVMMetadataAsValue(context, hints));
}

void loop_end(Unit *unit, const Turns *turns)
{
    LLVMValueRef next = LLVMBuildNSWAdd(unit->builder, turns->var, turns->step, "");
    LLVMBasicBlockRef last = LLVMGetInsertBlock(unit->builder);
    LLVMValueRef branch = LLVMBuildBr(unit->builder, turns->head);
    if (turns->around)
        keep_loop(unit, branch);
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
