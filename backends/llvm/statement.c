/* Statements. */
#include "llvm.h"

void set_var(Code *code, VarId var, LLVMValueRef value)
{
    code->vars[var] = value;
    code->stands[var] = false;
}

static void declare_var(Code *code, VarId var, LLVMValueRef value)
{
    code->vars[var] = stack_room(code->unit, LLVMTypeOf(value));
    code->stands[var] = true;
    LLVMBuildStore(code->unit->builder, value, code->vars[var]);
}

static void for_flagged(Code *code, const LoopStmt *loop)
{
    Unit *unit = code->unit;
    LLVMBuilderRef builder = unit->builder;
    const LoopExpr *flag = loop->value;
    LLVMValueRef from = expr_value(code, loop->from), to = expr_value(code, loop->to);
    LoopExpr *index[LOOP_MAX_DIMS + 1];
    memcpy(index, flag->args, sizeof index);
    index[flag->nargs - 1] = loop_int(unit->arena, 0);
    LLVMValueRef flags = element_pointer(code, flag->buffer, flag->nargs, index);
    LLVMValueRef place = stack_room(unit, unit->i32); /* where the next flag is looked for */
    LLVMBasicBlockRef head = append_block(unit), body = append_block(unit), after = append_block(unit);
    LLVMBuildStore(builder, from, place);
    LLVMBuildBr(builder, head);
    LLVMPositionBuilderAtEnd(builder, head);
    LLVMValueRef next = next_flag(unit, flags, LLVMBuildLoad2(builder, unit->i32, place, ""), to);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntSLT, next, to, ""), body, after);
    LLVMPositionBuilderAtEnd(builder, body);
    set_var(code, loop->var, next);
    code_block(code, &loop->body);
    LLVMBuildStore(builder, LLVMBuildNSWAdd(builder, next, int_constant(unit, 1), ""), place);
    LLVMBuildBr(builder, head);
    LLVMPositionBuilderAtEnd(builder, after);
}

/* A loop of few turns is written out; bounds that are the variable of such a loop are known, too. */
static void for_few(Code *code, const LoopStmt *loop, long long from, long long to, int step)
{
    for (long long turn = from; turn < to; turn += step) {
        set_var(code, loop->var, int_constant(code->unit, loop->down ? from + to - 1 - turn : turn));
        code_block(code, &loop->body);
    }
}

/* Else LLVM, where it writes out the turns of such loops, may make vectors of the turns of this one. */
static bool has_independent(const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (block->at[i]->independent || has_independent(&block->at[i]->body))
            return true;
    return false;
}

/* Of inference, which is to be small, a loop stays one where there are no vectors. */
static bool stays_loop(const Unit *unit, const LoopStmt *loop)
{
    return loop->vector && unit->program->predicts && !unit->target->vectors;
}

static void for_loop(Code *code, const LoopStmt *loop)
{
    Unit *unit = code->unit;
    LLVMValueRef from = expr_value(code, loop->from), to = expr_value(code, loop->to);
    const LoopStmt *around = code->vector;
    bool vector = loop->vector && !stays_loop(unit, loop);
    int step = vector ? code->level->lanes : 1;
    long long first, end;
    code->vector = vector ? loop : around;
    if (loop->few && !stays_loop(unit, loop) && is_known(from, &first) && is_known(to, &end)) {
        for_few(code, loop, first, end, step);
    } else {
        Turns turns = loop->down ? loop_begin_down(unit, from, to) : loop_begin(unit, from, to, step);
        turns.around = has_independent(&loop->body);
        set_var(code, loop->var, turns.var);
        code_block(code, &loop->body);
        loop_end(unit, &turns);
    }
    code->vector = around;
}

/* Of a local: in a vector loop, one for each lane. */
static LLVMValueRef local_value(Code *code, const LoopExpr *expr)
{
    return code->vector ? vector_value(code, expr) : expr_value(code, expr);
}

static void store(Code *code, const LoopStmt *stmt)
{
    LLVMBuilderRef builder = code->unit->builder;
    LLVMValueRef value = expr_value(code, stmt->value);
    LLVMValueRef at = element_pointer(code, stmt->buffer, stmt->nindex, stmt->index);
    const Buffer *buffer = &code->unit->program->buffers.at[stmt->buffer];
    if (stmt->add) {
        LLVMValueRef old = loaded_value(
            code, stmt->buffer, LLVMBuildLoad2(builder, element_type(code->unit, buffer->type), at, ""));
        value = buffer->type == TYPE_F32 ? LLVMBuildFAdd(builder, old, value, "")
                                         : LLVMBuildAdd(builder, old, value, "");
    }
    LLVMBuildStore(builder, stored_value(code, stmt->buffer, value), at);
}

/* Every line of a cache. */
static void ahead(Code *code, const LoopStmt *stmt)
{
    enum { LINE = 64 };
    Unit *unit = code->unit;
    LLVMValueRef at = element_pointer(code, stmt->buffer, stmt->nindex, stmt->index);
    LLVMTypeRef type = element_type(unit, unit->program->buffers.at[stmt->buffer].type);
    long long bytes = (long long)LLVMABISizeOfType(unit->target->layout, type) * stmt->count;
    Turns turns = loop_begin(unit, int_constant(unit, 0), int_constant(unit, bytes), LINE);
    LLVMValueRef line = LLVMBuildGEP2(unit->builder, unit->i8, at, &turns.var, 1, "");
    /* to be read, all of it, as data: what __builtin_prefetch() says of itself */
    LLVMValueRef arguments[] = {line, int_constant(unit, 0), int_constant(unit, 3), int_constant(unit, 1)};
    call_intrinsic(unit, "llvm.prefetch", unit->pointer, arguments, 4);
    loop_end(unit, &turns);
}

static void condition(Code *code, const LoopStmt *stmt)
{
    Unit *unit = code->unit;
    LLVMBasicBlockRef then = append_block(unit), after = append_block(unit);
    LLVMBuildCondBr(unit->builder, expr_value(code, stmt->value), then, after);
    LLVMPositionBuilderAtEnd(unit->builder, then);
    code_block(code, &stmt->body);
    LLVMBuildBr(unit->builder, after);
    LLVMPositionBuilderAtEnd(unit->builder, after);
}

static void statement(Code *code, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_FOR:
        if (stmt->value)
            for_flagged(code, stmt);
        else
            for_loop(code, stmt);
        break;
    case LOOP_LET: set_var(code, stmt->var, local_value(code, stmt->value)); break;
    case LOOP_DECLARE: declare_var(code, stmt->var, local_value(code, stmt->value)); break;
    case LOOP_SET:
        LLVMBuildStore(code->unit->builder, local_value(code, stmt->value), code->vars[stmt->var]);
        break;
    case LOOP_STORE:
        if (code->vector)
            vector_store(code, stmt);
        else
            store(code, stmt);
        break;
    case LOOP_AHEAD: ahead(code, stmt); break;
    case LOOP_LIST: list_statement(code, stmt); break;
    case LOOP_IF: condition(code, stmt); break;
    case LOOP_BLOCK: code_block(code, &stmt->body); break;
    case LOOP_COMMENT: break;
    }
}

void code_block(Code *code, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        statement(code, block->at[i]);
}
