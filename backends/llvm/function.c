/* Functions: what is the same of all of them. */
#include "llvm.h"

#include <string.h>

LLVMValueRef unit_function(Unit *unit, const char *name, LLVMTypeRef type, LLVMLinkage linkage)
{
    LLVMValueRef function = LLVMAddFunction(unit->module, name, type);
    LLVMSetLinkage(function, linkage);
    add_attribute(unit, function, ON_FUNCTION, "nounwind", 0);
    return function;
}

LLVMLinkage unit_linkage(const Unit *unit)
{
    return unit->share ? LLVMExternalLinkage : LLVMInternalLinkage;
}

LLVMValueRef named_function(Unit *unit, const char *name, LLVMTypeRef type)
{
    LLVMValueRef known = LLVMGetNamedFunction(unit->module, name);
    return known ? known : unit_function(unit, name, type, LLVMExternalLinkage);
}

void add_attribute(const Unit *unit, LLVMValueRef function, int at, const char *name, uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)at,
                            LLVMCreateEnumAttribute(unit->context, kind, value));
}

static void add_text(const Unit *unit, LLVMValueRef function, const char *name, const char *value)
{
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)ON_FUNCTION,
                            LLVMCreateStringAttribute(unit->context, name, (unsigned)strlen(name), value,
                                                      (unsigned)strlen(value)));
}

void add_level(const Unit *unit, LLVMValueRef function, const Level *level)
{
    add_text(unit, function, "target-cpu", level->cpu);
    if (*level->features)
        add_text(unit, function, "target-features", level->features);
    if (unit->program->predicts) /* loops that clear are loops: memset() may be nowhere */
        add_text(unit, function, "no-builtins", "");
    add_text(unit, function, "prefer-vector-width", arena_printf(unit->arena, "%d", 32 * level->lanes));
}

LLVMValueRef call_intrinsic(Unit *unit, const char *name, LLVMTypeRef type, LLVMValueRef *arguments,
                            int count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(unit->module, id, &type, 1);
    LLVMTypeRef signature = LLVMIntrinsicGetType(unit->context, id, &type, 1);
    return LLVMBuildCall2(unit->builder, signature, function, arguments, (unsigned)count, "");
}

LLVMBasicBlockRef append_block(const Unit *unit)
{
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(unit->builder));
    return LLVMAppendBasicBlockInContext(unit->context, function, "");
}

LLVMValueRef stack_room(Unit *unit, LLVMTypeRef type)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(unit->builder);
    LLVMBasicBlockRef first = LLVMGetEntryBasicBlock(LLVMGetBasicBlockParent(here));
    LLVMValueRef begin = LLVMGetFirstInstruction(first);
    if (begin)
        LLVMPositionBuilderBefore(unit->builder, begin);
    else
        LLVMPositionBuilderAtEnd(unit->builder, first);
    LLVMValueRef room = LLVMBuildAlloca(unit->builder, type, "");
    LLVMPositionBuilderAtEnd(unit->builder, here);
    return room;
}

LLVMValueRef load_member(Unit *unit, LLVMValueRef record, Record kind, int member)
{
    LLVMTypeRef type = unit->records[kind];
    LLVMValueRef at = LLVMBuildStructGEP2(unit->builder, type, record, (unsigned)member, "");
    return LLVMBuildLoad2(unit->builder, LLVMStructGetTypeAtIndex(type, (unsigned)member), at, "");
}
