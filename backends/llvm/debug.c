/* Where in the model's file kernels come from, and what their buffers are called, for debuggers and profilers. */
#include "llvm.h"

#include <llvm-c/DebugInfo.h>
#include <string.h>

enum { BITS_OF_BYTE = 8 };

static void add_flag(const Unit *unit, const char *name, unsigned value)
{
    LLVMAddModuleFlag(unit->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(LLVMConstInt(unit->i32, value, false)));
}

void debug_begin(Unit *unit)
{
    const char *source = unit->program->source, *folder = ".";
    const char *producer = arena_printf(unit->arena, "snnc %s", unit->options->version);
    LLVMSetIsNewDbgInfoFormat(unit->module, true);
    add_flag(unit, "Debug Info Version", LLVMDebugMetadataVersion());
    add_flag(unit, "Dwarf Version", 4);
    unit->debug = LLVMCreateDIBuilder(unit->module);
    unit->file = LLVMDIBuilderCreateFile(unit->debug, source, strlen(source), folder, strlen(folder));
    LLVMDIBuilderCreateCompileUnit(unit->debug, LLVMDWARFSourceLanguageC11, unit->file, producer,
                                   strlen(producer), unit->options->optimize > 0, "", 0, 0, "", 0,
                                   LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
}

void debug_end(Unit *unit)
{
    LLVMDIBuilderFinalize(unit->debug);
    LLVMDisposeDIBuilder(unit->debug);
}

static LLVMMetadataRef number_type(const Unit *unit, Type type)
{
    /* of DWARF */
    enum { IS_BOOL = 2, IS_FLOAT = 4, IS_SIGNED = 5, IS_UNSIGNED = 7 };
    static const struct {
        const char *name;
        LLVMDWARFTypeEncoding encoding;
    } kinds[] = {[TYPE_F32] = {"float", IS_FLOAT},       [TYPE_I32] = {"int32_t", IS_SIGNED},
                 [TYPE_U32] = {"uint32_t", IS_UNSIGNED}, [TYPE_BOOL] = {"bool", IS_BOOL},
                 [TYPE_U8] = {"uint8_t", IS_UNSIGNED},   [TYPE_U16] = {"uint16_t", IS_UNSIGNED},
                 [TYPE_I8] = {"int8_t", IS_SIGNED},      [TYPE_I16] = {"int16_t", IS_SIGNED}};
    uint64_t bytes = LLVMABISizeOfType(unit->target->layout, element_type(unit, type));
    return LLVMDIBuilderCreateBasicType(unit->debug, kinds[type].name, strlen(kinds[type].name),
                                        BITS_OF_BYTE * bytes, kinds[type].encoding, LLVMDIFlagZero);
}

void debug_function(Code *code, const char *name)
{
    Unit *unit = code->unit;
    unsigned line = (unsigned)code->kernel->line;
    LLVMMetadataRef type =
        LLVMDIBuilderCreateSubroutineType(unit->debug, unit->file, NULL, 0, LLVMDIFlagZero);
    code->scope =
        LLVMDIBuilderCreateFunction(unit->debug, unit->file, name, strlen(name), "", 0, unit->file, line,
                                    type, true, true, line, LLVMDIFlagZero, unit->options->optimize > 0);
    LLVMSetSubprogram(code->function, code->scope);
    LLVMSetCurrentDebugLocation2(unit->builder,
                                 LLVMDIBuilderCreateDebugLocation(unit->context, line, 0, code->scope, NULL));
}

void debug_buffer(Code *code, const Buffer *buffer, LLVMValueRef pointer, int argument)
{
    Unit *unit = code->unit;
    uint32_t bits = BITS_OF_BYTE * LLVMPointerSize(unit->target->layout);
    LLVMMetadataRef type =
        LLVMDIBuilderCreatePointerType(unit->debug, number_type(unit, buffer->type), bits, bits, 0, "", 0);
    LLVMMetadataRef variable = LLVMDIBuilderCreateParameterVariable(
        unit->debug, code->scope, buffer->name, strlen(buffer->name), (unsigned)argument + 1, unit->file,
        (unsigned)code->kernel->line, type, true, LLVMDIFlagZero);
    LLVMDIBuilderInsertDbgValueRecordAtEnd(
        unit->debug, pointer, variable, LLVMDIBuilderCreateExpression(unit->debug, NULL, 0),
        LLVMGetCurrentDebugLocation2(unit->builder), LLVMGetInsertBlock(unit->builder));
}

void debug_nowhere(const Unit *unit)
{
    LLVMSetCurrentDebugLocation2(unit->builder, NULL);
}
