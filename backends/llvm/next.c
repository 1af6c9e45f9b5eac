/* The next flag that is set: a function of the program. Flags are looked at eight at a time. */
#include "llvm.h"

/* What the function is made of. */
typedef struct Search {
    Unit *unit;
    LLVMBuilderRef builder;
    LLVMValueRef flags, from, count;
    LLVMBasicBlockRef entry, one; /* one: where there are not eight any more */
} Search;

static LLVMValueRef flag_at(const Search *search, LLVMTypeRef type, LLVMValueRef at)
{
    LLVMValueRef place = LLVMBuildInBoundsGEP2(search->builder, search->unit->i8, search->flags, &at, 1, "");
    LLVMValueRef flags = LLVMBuildLoad2(search->builder, type, place, "");
    LLVMSetAlignment(flags, 1);
    return flags;
}

static LLVMValueRef step_from(const Search *search, LLVMValueRef at, int by)
{
    return LLVMBuildNSWAdd(search->builder, at, int_constant(search->unit, by), "");
}

/* In a word of eight flags, one of which is set. */
static LLVMValueRef first_in(const Search *search, LLVMValueRef eight)
{
    Unit *unit = search->unit;
    bool little = LLVMByteOrder(unit->target->layout) == LLVMLittleEndian;
    LLVMValueRef arguments[] = {eight, LLVMConstAllOnes(unit->i1)};
    LLVMValueRef bit = call_intrinsic(unit, little ? "llvm.cttz" : "llvm.ctlz", unit->i64, arguments, 2);
    bit = LLVMBuildTrunc(search->builder, bit, unit->i32, "");
    return LLVMBuildLShr(search->builder, bit, int_constant(unit, 3), "");
}

/* Returns where it ends, if it finds none. */
static LLVMValueRef look_at_eight(const Search *search)
{
    const Unit *unit = search->unit;
    LLVMBuilderRef builder = search->builder;
    LLVMBasicBlockRef head = append_block(unit), body = append_block(unit), found = append_block(unit),
                      none = append_block(unit), entry = search->entry;
    LLVMValueRef from = search->from;
    LLVMBuildBr(builder, head);
    LLVMPositionBuilderAtEnd(builder, head);
    LLVMValueRef at = LLVMBuildPhi(builder, unit->i32, "");
    LLVMValueRef left = LLVMBuildNSWSub(builder, search->count, at, "");
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntSGE, left, int_constant(unit, 8), ""), body,
                    search->one);
    LLVMPositionBuilderAtEnd(builder, body);
    LLVMValueRef eight = flag_at(search, unit->i64, at);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntNE, eight, LLVMConstNull(unit->i64), ""), found,
                    none);
    LLVMPositionBuilderAtEnd(builder, found);
    LLVMBuildRet(builder, LLVMBuildNSWAdd(builder, at, first_in(search, eight), ""));
    LLVMPositionBuilderAtEnd(builder, none);
    LLVMValueRef next = step_from(search, at, 8);
    LLVMBuildBr(builder, head);
    LLVMAddIncoming(at, (LLVMValueRef[]){from, next}, (LLVMBasicBlockRef[]){entry, none}, 2);
    return at;
}

static void look_at_one(const Search *search, LLVMValueRef from)
{
    const Unit *unit = search->unit;
    LLVMBuilderRef builder = search->builder;
    LLVMPositionBuilderAtEnd(builder, search->one);
    LLVMBasicBlockRef head = append_block(unit), body = append_block(unit), none = append_block(unit),
                      done = append_block(unit), before = search->one;
    LLVMBuildBr(builder, head);
    LLVMPositionBuilderAtEnd(builder, head);
    LLVMValueRef at = LLVMBuildPhi(builder, unit->i32, "");
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntSLT, at, search->count, ""), body, done);
    LLVMPositionBuilderAtEnd(builder, body);
    LLVMValueRef flag = flag_at(search, unit->i8, at);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntNE, flag, LLVMConstNull(unit->i8), ""), done,
                    none);
    LLVMPositionBuilderAtEnd(builder, none);
    LLVMValueRef next = step_from(search, at, 1);
    LLVMBuildBr(builder, head);
    LLVMAddIncoming(at, (LLVMValueRef[]){from, next}, (LLVMBasicBlockRef[]){before, none}, 2);
    LLVMPositionBuilderAtEnd(builder, done);
    LLVMBuildRet(builder, at);
}

static LLVMValueRef next_function(Unit *unit, LLVMTypeRef type)
{
    static const char name[] = "next_flag";
    LLVMValueRef function = LLVMGetNamedFunction(unit->module, name);
    if (function)
        return function;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(unit->builder);
    LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(unit->builder);
    debug_nowhere(unit);
    function = unit_function(unit, name, type, LLVMInternalLinkage);
    add_attribute(unit, function, ON_FUNCTION, "alwaysinline", 0);
    Search search = {.unit = unit,
                     .builder = unit->builder,
                     .flags = LLVMGetParam(function, 0),
                     .from = LLVMGetParam(function, 1),
                     .count = LLVMGetParam(function, 2),
                     .entry = LLVMAppendBasicBlockInContext(unit->context, function, ""),
                     .one = LLVMAppendBasicBlockInContext(unit->context, function, "")};
    LLVMPositionBuilderAtEnd(unit->builder, search.entry);
    look_at_one(&search, look_at_eight(&search));
    LLVMPositionBuilderAtEnd(unit->builder, here);
    LLVMSetCurrentDebugLocation2(unit->builder, place);
    return function;
}

LLVMValueRef next_flag(Unit *unit, LLVMValueRef flags, LLVMValueRef from, LLVMValueRef count)
{
    LLVMTypeRef types[] = {unit->pointer, unit->i32, unit->i32};
    LLVMTypeRef type = LLVMFunctionType(unit->i32, types, 3, false);
    LLVMValueRef arguments[] = {flags, from, count};
    return LLVMBuildCall2(unit->builder, type, next_function(unit, type), arguments, 3, "");
}
