/* Expressions. */
#include "layout.h"

#include <string.h>

/* How operations on numbers are spelled: of floats, of I32, of U32. 0: an operation of another kind. */
typedef struct Spelling {
    LLVMOpcode real, whole, word;
} Spelling;

static const Spelling arithmetic[OP_COUNT] = {
    [OP_ADD] = {LLVMFAdd, LLVMAdd, LLVMAdd}, [OP_SUB] = {LLVMFSub, LLVMSub, LLVMSub},
    [OP_MUL] = {LLVMFMul, LLVMMul, LLVMMul}, [OP_DIV] = {LLVMFDiv, LLVMSDiv, LLVMUDiv},
    [OP_BITAND] = {.word = LLVMAnd},         [OP_BITOR] = {.word = LLVMOr},
    [OP_BITXOR] = {.word = LLVMXor},         [OP_SHL] = {.word = LLVMShl},
    [OP_SHR] = {.word = LLVMLShr},
};

typedef struct Comparison {
    LLVMRealPredicate real;
    LLVMIntPredicate whole, word;
} Comparison;

static const Comparison comparisons[OP_COUNT] = {
    [OP_LT] = {LLVMRealOLT, LLVMIntSLT, LLVMIntULT},  [OP_LE] = {LLVMRealOLE, LLVMIntSLE, LLVMIntULE},
    [OP_GT] = {LLVMRealOGT, LLVMIntSGT, LLVMIntUGT},  [OP_GE] = {LLVMRealOGE, LLVMIntSGE, LLVMIntUGE},
    [OP_EQ] = {LLVMRealOEQ, LLVMIntEQ, LLVMIntEQ},    [OP_NE] = {LLVMRealUNE, LLVMIntNE, LLVMIntNE},
    [OP_MIN] = {LLVMRealOLT, LLVMIntSLT, LLVMIntULT}, [OP_MAX] = {LLVMRealOGT, LLVMIntSGT, LLVMIntUGT},
};

static LLVMValueRef compare(const Unit *unit, Op op, Type type, LLVMValueRef a, LLVMValueRef b)
{
    const Comparison *comparison = &comparisons[op];
    if (type == TYPE_F32)
        return LLVMBuildFCmp(unit->builder, comparison->real, a, b, "");
    return LLVMBuildICmp(unit->builder, type == TYPE_U32 ? comparison->word : comparison->whole, a, b, "");
}

/* An index that overflows is wrong in any case: LLVM may know. */
static LLVMValueRef calculate(const Unit *unit, Op op, Type type, LLVMValueRef a, LLVMValueRef b)
{
    const Spelling *spelling = &arithmetic[op];
    LLVMOpcode opcode = type == TYPE_F32   ? spelling->real
                        : type == TYPE_U32 ? spelling->word
                                           : spelling->whole;
    LLVMValueRef value = LLVMBuildBinOp(unit->builder, opcode, a, b, "");
    if (type == TYPE_I32 && op != OP_DIV && LLVMIsAInstruction(value))
        LLVMSetNSW(value, true);
    return value;
}

/* `a && b` is false where a is false, whatever b may be: it may be a value that no processor can compute. */
static LLVMValueRef logic(const Unit *unit, Op op, LLVMValueRef a, LLVMValueRef b)
{
    LLVMTypeRef type = LLVMTypeOf(a);
    return op == OP_AND ? LLVMBuildSelect(unit->builder, a, b, LLVMConstNull(type), "")
                        : LLVMBuildSelect(unit->builder, a, LLVMConstAllOnes(type), b, "");
}

static LLVMValueRef call(Code *code, const LoopExpr *expr)
{
    const Unit *unit = code->unit;
    LLVMValueRef function = unit->functions[expr->function], arguments[LOOP_MAX_DIMS + 1];
    for (int i = 0; i < expr->nargs; i++)
        arguments[i] = expr_value(code, expr->args[i]);
    return LLVMBuildCall2(unit->builder, LLVMGlobalGetValueType(function), function, arguments,
                          (unsigned)expr->nargs, "");
}

/* By 64 bits: the product of two whole numbers has up to 62. */
static LLVMValueRef rescale(const Unit *unit, LLVMValueRef *x)
{
    LLVMTypeRef wide = LLVMInt64TypeInContext(LLVMGetTypeContext(unit->i32));
    LLVMValueRef a = LLVMBuildSExt(unit->builder, x[0], wide, ""),
                 b = LLVMBuildSExt(unit->builder, x[1], wide, ""),
                 c = LLVMBuildSExt(unit->builder, x[2], wide, ""), one = LLVMConstInt(wide, 1, false);
    LLVMValueRef half = LLVMBuildLShr(unit->builder, LLVMBuildShl(unit->builder, one, c, ""), one, "");
    LLVMValueRef sum = LLVMBuildAdd(unit->builder, LLVMBuildMul(unit->builder, a, b, ""), half, "");
    return LLVMBuildTrunc(unit->builder, LLVMBuildAShr(unit->builder, sum, c, ""), unit->i32, "");
}

LLVMValueRef op_value(Code *code, const LoopExpr *expr, LLVMValueRef *x)
{
    Unit *unit = code->unit;
    Type type = expr->args[expr->nargs - 1]->type;
    switch ((int)expr->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_BITAND:
    case OP_BITOR:
    case OP_BITXOR:
    case OP_SHL:
    case OP_SHR: return calculate(unit, expr->op, type, x[0], x[1]);
    case OP_NEG:
        return type == TYPE_F32 ? LLVMBuildFNeg(unit->builder, x[0], "")
                                : LLVMBuildNeg(unit->builder, x[0], "");
    case OP_RESCALE: return rescale(unit, x);
    case OP_ABS:
        if (type == TYPE_I32)
            return LLVMBuildSelect(unit->builder, compare(unit, OP_LT, type, x[0], LLVMConstNull(unit->i32)),
                                   LLVMBuildNeg(unit->builder, x[0], ""), x[0], "");
        return call_intrinsic(unit, "llvm.fabs", LLVMTypeOf(x[0]), x, 1);
    case OP_SQRT: return call_intrinsic(unit, "llvm.sqrt", LLVMTypeOf(x[0]), x, 1);
    case OP_MIN:
    case OP_MAX:
        return LLVMBuildSelect(unit->builder, compare(unit, expr->op, type, x[0], x[1]), x[0], x[1], "");
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_EQ:
    case OP_NE: return compare(unit, expr->op, type, x[0], x[1]);
    case OP_AND:
    case OP_OR: return logic(unit, expr->op, x[0], x[1]);
    case OP_NOT: return LLVMBuildNot(unit->builder, x[0], "");
    case OP_FMA: return fma_value(code, x);
    }
    return LLVMBuildSelect(unit->builder, x[0], x[1], x[2], ""); /* all others are functions by now */
}

static LLVMValueRef number(const Unit *unit, const LoopExpr *expr)
{
    if (expr->type == TYPE_F32)
        return LLVMConstReal(unit->f32, (double)(float)expr->number);
    return LLVMConstInt(value_type(unit, expr->type), (unsigned long long)(long long)expr->number, true);
}

static LLVMValueRef cast(const Unit *unit, const LoopExpr *expr, LLVMValueRef value)
{
    Type from = expr->args[0]->type, to = expr->type;
    LLVMTypeRef type = value_type(unit, to);
    if (from == to)
        return value;
    if (to == TYPE_BOOL)
        return compare(unit, OP_NE, from, value, LLVMConstNull(value_type(unit, from)));
    if (from == TYPE_F32)
        return to == TYPE_U32 ? LLVMBuildFPToUI(unit->builder, value, type, "")
                              : LLVMBuildFPToSI(unit->builder, value, type, "");
    if (to == TYPE_F32)
        return from == TYPE_I32 ? LLVMBuildSIToFP(unit->builder, value, type, "")
                                : LLVMBuildUIToFP(unit->builder, value, type, "");
    return from == TYPE_BOOL ? LLVMBuildZExt(unit->builder, value, type, "") : value;
}

/* Index by index: so what is the same in all turns of a loop is found in front of it. */
LLVMValueRef element_pointer(Code *code, BufferId id, int nindex, LoopExpr *const *index)
{
    Unit *unit = code->unit;
    LLVMTypeRef type = row_type(unit, &unit->program->buffers.at[id]);
    LLVMValueRef at = code->buffers[id];
    for (int i = 0; i < nindex; i++) {
        LLVMValueRef number = expr_value(code, index[i]);
        type = i > 0 ? LLVMGetElementType(type) : type;
        at = LLVMBuildInBoundsGEP2(unit->builder, type, at, &number, 1, "");
    }
    return at;
}

LLVMValueRef loaded_value(Code *code, BufferId buffer, LLVMValueRef element)
{
    const Unit *unit = code->unit;
    Type type = unit->program->buffers.at[buffer].type;
    if (type == TYPE_BOOL)
        return LLVMBuildICmp(unit->builder, LLVMIntNE, element, LLVMConstNull(unit->i8), "");
    if (type == TYPE_F32)
        return element;
    bool is_signed = type == TYPE_I8 || type == TYPE_I16;
    return is_signed ? LLVMBuildSExt(unit->builder, element, unit->i32, "")
                     : LLVMBuildZExt(unit->builder, element, unit->i32, "");
}

LLVMValueRef stored_value(Code *code, BufferId buffer, LLVMValueRef value)
{
    const Unit *unit = code->unit;
    LLVMTypeRef type = element_type(unit, unit->program->buffers.at[buffer].type);
    return type == unit->f32 ? value : LLVMBuildIntCast2(unit->builder, value, type, false, "");
}

static LLVMValueRef load(Code *code, const LoopExpr *expr)
{
    Unit *unit = code->unit;
    LLVMTypeRef type = element_type(unit, unit->program->buffers.at[expr->buffer].type);
    LLVMValueRef at = element_pointer(code, expr->buffer, expr->nargs, expr->args);
    return loaded_value(code, expr->buffer, LLVMBuildLoad2(unit->builder, type, at, ""));
}

static int scalar_member(Scalar scalar)
{
    static const int members[SCALAR_COUNT] = {
        [SCALAR_ROWS] = SnnRun_rows,        [SCALAR_LR] = SnnRun_lr,
        [SCALAR_STEP] = SnnRun_step,        [SCALAR_SCALE] = SnnRun_scale,
        [SCALAR_EPOCH] = SnnRun_epoch_now,  [SCALAR_EPOCHS] = SnnRun_epochs,
        [SCALAR_BATCH] = SnnRun_batch_now,  [SCALAR_BATCHES] = SnnRun_batches,
        [SCALAR_TRAINING] = SnnRun_training};
    return members[scalar];
}

static LLVMValueRef variable(const Code *code, VarId var)
{
    const Unit *unit = code->unit;
    LLVMValueRef value = code->vars[var];
    return code->stands[var] ? LLVMBuildLoad2(unit->builder, LLVMGetAllocatedType(value), value, "") : value;
}

static LLVMValueRef operation(Code *code, const LoopExpr *expr)
{
    LLVMValueRef x[3];
    for (int i = 0; i < expr->nargs; i++)
        x[i] = expr_value(code, expr->args[i]);
    return op_value(code, expr, x);
}

LLVMValueRef expr_value(Code *code, const LoopExpr *expr)
{
    Unit *unit = code->unit;
    switch (expr->kind) {
    case LOOP_NUMBER: return number(unit, expr);
    case LOOP_VAR: return variable(code, expr->var);
    case LOOP_LOAD: return load(code, expr);
    case LOOP_OP: return operation(code, expr);
    case LOOP_CAST: return cast(unit, expr, expr_value(code, expr->args[0]));
    case LOOP_BITS:
        return LLVMBuildBitCast(unit->builder, expr_value(code, expr->args[0]), value_type(unit, expr->type),
                                "");
    case LOOP_CALL: return call(code, expr);
    case LOOP_SCALAR: return load_member(unit, code->net, RECORD_SnnRun, scalar_member(expr->scalar));
    case LOOP_GIVEN: return code->given;
    case LOOP_PLACE: return code->place;
    case LOOP_LANES: return int_constant(unit, unit->target->vectors ? code->level->lanes : 1);
    case LOOP_KEY:
        return random_key(unit, code->net, expr_value(code, expr->args[0]), expr_value(code, expr->args[1]));
    case LOOP_RANDOM: break;
    }
    return random_bits(unit, expr_value(code, expr->args[0]), expr_value(code, expr->args[1]));
}
