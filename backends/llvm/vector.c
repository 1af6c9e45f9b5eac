/* Vector loops: vectors of floats, as many as the level has lanes. */
#include "llvm.h"

static LLVMTypeRef vector_type(const Code *code)
{
    return LLVMVectorType(code->unit->f32, (unsigned)code->level->lanes);
}

static LLVMValueRef all_lanes(const Code *code, LLVMValueRef x)
{
    LLVMBuilderRef builder = code->unit->builder;
    LLVMValueRef none = LLVMGetPoison(vector_type(code)), first = int_constant(code->unit, 0);
    LLVMTypeRef mask = LLVMVectorType(code->unit->i32, (unsigned)code->level->lanes);
    LLVMValueRef one = LLVMBuildInsertElement(builder, none, x, first, "");
    return LLVMBuildShuffleVector(builder, one, none, LLVMConstNull(mask), "");
}

/* A row may begin anywhere. */
static LLVMValueRef load_at(const Code *code, LLVMValueRef at)
{
    LLVMValueRef value = LLVMBuildLoad2(code->unit->builder, vector_type(code), at, "");
    LLVMSetAlignment(value, (unsigned)sizeof(float));
    return value;
}

LLVMValueRef vector_value(Code *code, const LoopExpr *expr)
{
    if (!loop_differs(code->vector, expr))
        return all_lanes(code, expr_value(code, expr));
    if (expr->kind == LOOP_LOAD)
        return load_at(code, element_pointer(code, expr->buffer, expr->nargs, expr->args));
    if (expr->kind == LOOP_VAR)
        return expr_value(code, expr);
    if (expr->kind == LOOP_CAST) /* of truths */
        return LLVMBuildUIToFP(code->unit->builder, vector_value(code, expr->args[0]), vector_type(code), "");
    LLVMValueRef x[3];
    for (int i = 0; i < expr->nargs; i++)
        x[i] = expr->args[i]->type == TYPE_BOOL && !loop_differs(code->vector, expr->args[i])
                   ? expr_value(code, expr->args[i]) /* chooses for all lanes */
                   : vector_value(code, expr->args[i]);
    return op_value(code, expr, x);
}

static void store_flags(Code *code, LLVMValueRef truths, LLVMValueRef at)
{
    LLVMTypeRef bytes = LLVMVectorType(code->unit->i8, (unsigned)code->level->lanes);
    LLVMValueRef flags = LLVMBuildZExt(code->unit->builder, truths, bytes, "");
    LLVMSetAlignment(LLVMBuildStore(code->unit->builder, flags, at), 1);
}

void vector_store(Code *code, const LoopStmt *stmt)
{
    LLVMValueRef value = vector_value(code, stmt->value);
    LLVMValueRef at = element_pointer(code, stmt->buffer, stmt->nindex, stmt->index);
    if (stmt->value->type == TYPE_BOOL) {
        store_flags(code, value, at);
        return;
    }
    if (stmt->add)
        value = LLVMBuildFAdd(code->unit->builder, load_at(code, at), value, "");
    LLVMSetAlignment(LLVMBuildStore(code->unit->builder, value, at), (unsigned)sizeof(float));
}
