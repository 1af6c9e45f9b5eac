/* Types, and where a net has what. */
#include "layout.h"

void llvm_types(Unit *unit)
{
    LLVMContextRef context = unit->context;
    unit->f32 = LLVMFloatTypeInContext(context);
    unit->i1 = LLVMInt1TypeInContext(context);
    unit->i8 = LLVMInt8TypeInContext(context);
    unit->i16 = LLVMInt16TypeInContext(context);
    unit->i32 = LLVMInt32TypeInContext(context);
    unit->i64 = LLVMInt64TypeInContext(context);
    unit->word = LLVMIntPtrTypeInContext(context, unit->target->layout);
    unit->pointer = LLVMPointerTypeInContext(context, 0);
    unit->nothing = LLVMVoidTypeInContext(context);
    layout_types(unit);

    const Program *program = unit->program;
    LLVMTypeRef *types = NEW_ARRAY(unit->arena, LLVMTypeRef, program->buffers.count + 1);
    unit->members = NEW_ARRAY(unit->arena, int, program->buffers.count + 1);
    unsigned count = 0;
    types[count++] = unit->records[RECORD_SnnRun];
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (!buffer_is_of_kernel(&program->buffers.at[b])) {
            unit->members[b] = (int)count;
            types[count++] = unit->pointer;
        }
    unit->net = LLVMStructTypeInContext(context, types, count, false);
}

LLVMTypeRef value_type(const Unit *unit, Type type)
{
    switch (type) {
    case TYPE_F32: return unit->f32;
    case TYPE_BOOL: return unit->i1;
    case TYPE_I32:
    case TYPE_U32:
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_I8:
    case TYPE_I16: break;
    }
    return unit->i32;
}

LLVMTypeRef element_type(const Unit *unit, Type type)
{
    switch (type) {
    case TYPE_F32: return unit->f32;
    case TYPE_BOOL:
    case TYPE_U8:
    case TYPE_I8: return unit->i8;
    case TYPE_U16:
    case TYPE_I16: return unit->i16;
    case TYPE_I32:
    case TYPE_U32: break;
    }
    return unit->i32;
}

LLVMTypeRef row_type(const Unit *unit, const Buffer *buffer)
{
    LLVMTypeRef type = element_type(unit, buffer->type);
    for (int d = buffer->ndim - 1; d >= (buffer->per_sample ? 0 : 1); d--)
        type = LLVMArrayType2(type, (uint64_t)buffer->dims[d]);
    return type;
}

unsigned long long net_place(const Unit *unit, BufferId buffer)
{
    return buffer < 0 ? 0
                      : LLVMOffsetOfElement(unit->target->layout, unit->net, (unsigned)unit->members[buffer]);
}

LLVMValueRef int_constant(const Unit *unit, long long number)
{
    return LLVMConstInt(unit->i32, (unsigned long long)number, true);
}
