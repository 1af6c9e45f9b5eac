/* a * b + c, rounded once, of floats and of vectors of them. */
#include "llvm.h"

/* Scalars of this type, as many as the value has. */
static LLVMTypeRef like(LLVMValueRef value, LLVMTypeRef type)
{
    LLVMTypeRef of = LLVMTypeOf(value);
    return LLVMGetTypeKind(of) == LLVMVectorTypeKind ? LLVMVectorType(type, LLVMGetVectorSize(of)) : type;
}

static LLVMValueRef words(LLVMTypeRef type, unsigned long long number)
{
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
        return LLVMConstInt(type, number, false);
    LLVMValueRef all[LOOP_MOST_LANES];
    for (unsigned k = 0; k < LLVMGetVectorSize(type); k++)
        all[k] = LLVMConstInt(LLVMGetElementType(type), number, false);
    return LLVMConstVector(all, LLVMGetVectorSize(type));
}

/* What the sum of a and b lacks; 0 where that is no number. */
static LLVMValueRef rest_of(LLVMBuilderRef builder, LLVMValueRef a, LLVMValueRef b, LLVMValueRef sum)
{
    LLVMValueRef added = LLVMBuildFSub(builder, sum, a, "");
    LLVMValueRef of_a = LLVMBuildFSub(builder, a, LLVMBuildFSub(builder, sum, added, ""), "");
    LLVMValueRef rest = LLVMBuildFAdd(builder, of_a, LLVMBuildFSub(builder, b, added, ""), "");
    LLVMValueRef is = LLVMBuildFCmp(builder, LLVMRealOEQ, rest, rest, "");
    return LLVMBuildSelect(builder, is, rest, LLVMConstNull(LLVMTypeOf(rest)), "");
}

/* runtime/kernels/snn_fma.h says how. */
static LLVMValueRef by_doubles(const Unit *unit, LLVMValueRef *x)
{
    LLVMBuilderRef builder = unit->builder;
    LLVMTypeRef wide = like(x[0], LLVMDoubleTypeInContext(unit->context)), word = like(x[0], unit->i64);
    LLVMValueRef a = LLVMBuildFPExt(builder, x[0], wide, ""), b = LLVMBuildFPExt(builder, x[1], wide, "");
    LLVMValueRef c = LLVMBuildFPExt(builder, x[2], wide, ""), product = LLVMBuildFMul(builder, a, b, "");
    LLVMValueRef sum = LLVMBuildFAdd(builder, product, c, "");
    LLVMValueRef rest = LLVMBuildBitCast(builder, rest_of(builder, product, c, sum), word, "");
    LLVMValueRef bits = LLVMBuildBitCast(builder, sum, word, ""), one = words(word, 1), none = words(word, 0);
    LLVMValueRef some = LLVMBuildICmp(builder, LLVMIntNE, LLVMBuildShl(builder, rest, one, ""), none, "");
    LLVMValueRef even = LLVMBuildAnd(builder, LLVMBuildNot(builder, bits, ""), one, "");
    LLVMValueRef inwards =
        LLVMBuildICmp(builder, LLVMIntSLT, LLVMBuildXor(builder, rest, bits, ""), none, "");
    LLVMValueRef step = LLVMBuildSelect(builder, inwards, LLVMBuildNeg(builder, even, ""), even, "");
    bits = LLVMBuildAdd(builder, bits, LLVMBuildSelect(builder, some, step, none, ""), "");
    return LLVMBuildFPTrunc(builder, LLVMBuildBitCast(builder, bits, wide, ""), LLVMTypeOf(x[0]), "");
}

LLVMValueRef fma_value(Code *code, LLVMValueRef *x)
{
    return code->level->fma ? call_intrinsic(code->unit, "llvm.fma", LLVMTypeOf(x[0]), x, 3)
                            : by_doubles(code->unit, x);
}
