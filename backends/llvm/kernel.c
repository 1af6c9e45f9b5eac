/* Kernels. Each is two functions: what the runtime calls finds the buffers, and calls what works on them, which may take
 * them for different ones since they are its arguments. */
#include "layout.h"

#include "snn_memory.h"

#include <string.h>

enum { NET, NUMBER, PLACE, FIRST, LAST, BUFFERS /* the first of them */ };

static void add_buffers(const Code *code, const BufferSet *used, BufferId *list, int *count)
{
    for (int i = 0; i < used->list.count; i++)
        if (code->unit->program->buffers.at[used->list.at[i]].role != BUFFER_LOCAL)
            list[(*count)++] = used->list.at[i];
}

static LLVMTypeRef worker_type(const Unit *unit, int buffers)
{
    LLVMTypeRef *types = NEW_ARRAY(unit->arena, LLVMTypeRef, BUFFERS + buffers);
    types[NET] = unit->pointer;
    types[NUMBER] = types[PLACE] = types[FIRST] = types[LAST] = unit->i32;
    for (int i = 0; i < buffers; i++)
        types[BUFFERS + i] = unit->pointer;
    return LLVMFunctionType(unit->nothing, types, (unsigned)(BUFFERS + buffers), false);
}

/* Arrays of the runtime stand where the widest vectors like it; a state of inference is its caller's. */
static unsigned alignment_of(const Unit *unit, const Buffer *buffer)
{
    return unit->program->predicts
               ? LLVMABIAlignmentOfType(unit->target->layout, element_type(unit, buffer->type))
               : SNN_ALIGN;
}

static void mark_buffer(const Unit *unit, LLVMValueRef function, int argument, const Buffer *buffer)
{
    int at = argument + ON_ARGUMENT;
    add_attribute(unit, function, at, "noalias", 0);
    add_attribute(unit, function, at, "nocapture", 0);
    add_attribute(unit, function, at, "align", alignment_of(unit, buffer));
}

static LLVMValueRef own_array(const Code *code, const Buffer *buffer)
{
    const Unit *unit = code->unit;
    LLVMTypeRef type = LLVMArrayType2(row_type(unit, buffer), (uint64_t)buffer->dims[0]);
    LLVMValueRef array = LLVMBuildAlloca(unit->builder, type, buffer->name);
    LLVMSetAlignment(array, SNN_ALIGN);
    return array;
}

/* What works on the buffers of the list. */
static void make_worker(Code *code, const char *name, const BufferSet *used, const BufferId *list, int count)
{
    Unit *unit = code->unit;
    const Program *program = unit->program;
    LLVMValueRef function = code->function;
    add_level(unit, function, code->level);
    add_attribute(unit, function, ON_FUNCTION, "noinline", 0);
    add_attribute(unit, function, ON_ARGUMENT + NET, "noalias", 0);
    add_attribute(unit, function, ON_ARGUMENT + NET, "readonly", 0);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    debug_function(code, name);
    code->net = LLVMGetParam(function, NET);
    code->given = LLVMGetParam(function, NUMBER);
    code->place = LLVMGetParam(function, PLACE);
    set_var(code, code->kernel->first, LLVMGetParam(function, FIRST));
    set_var(code, code->kernel->last, LLVMGetParam(function, LAST));
    for (int i = 0; i < count; i++) {
        code->buffers[list[i]] = LLVMGetParam(function, (unsigned)(BUFFERS + i));
        LLVMSetValueName2(code->buffers[list[i]], program->buffers.at[list[i]].name,
                          strlen(program->buffers.at[list[i]].name));
        mark_buffer(unit, function, BUFFERS + i, &program->buffers.at[list[i]]);
        debug_buffer(code, &program->buffers.at[list[i]], code->buffers[list[i]], BUFFERS + i);
    }
    for (int i = 0; i < used->list.count; i++)
        if (program->buffers.at[used->list.at[i]].role == BUFFER_LOCAL)
            code->buffers[used->list.at[i]] = own_array(code, &program->buffers.at[used->list.at[i]]);
    code_block(code, &code->kernel->body);
    LLVMBuildRetVoid(unit->builder);
    debug_nowhere(unit);
}

/* Number in the kernel's list of those that it is given; -1: a buffer of the net. */
static int given_number(const Kernel *kernel, BufferId buffer)
{
    for (int i = 0; i < kernel->given.count; i++)
        if (kernel->given.at[i] == buffer)
            return i;
    return -1;
}

static LLVMValueRef find_buffer(const Code *code, LLVMValueRef net, LLVMValueRef given, BufferId buffer)
{
    const Unit *unit = code->unit;
    int number = given_number(code->kernel, buffer);
    LLVMValueRef place = LLVMConstInt(unit->word, net_place(unit, buffer), false);
    if (number >= 0) {
        LLVMValueRef index = int_constant(unit, number);
        LLVMValueRef at = LLVMBuildInBoundsGEP2(unit->builder, unit->word, given, &index, 1, "");
        place = LLVMBuildLoad2(unit->builder, unit->word, at, "");
    }
    LLVMValueRef at = LLVMBuildInBoundsGEP2(unit->builder, unit->i8, net, &place, 1, "");
    return LLVMBuildLoad2(unit->builder, unit->pointer, at, "");
}

/* Of what the runtime calls: an SnnKernel. */
static LLVMTypeRef caller_type(const Unit *unit)
{
    LLVMTypeRef types[] = {unit->pointer, unit->i32, unit->i32};
    return LLVMFunctionType(unit->nothing, types, 3, false);
}

static LLVMValueRef make_caller(Code *code, const char *name, const BufferId *list, int count)
{
    Unit *unit = code->unit;
    LLVMValueRef caller = unit_function(unit, name, caller_type(unit), unit_linkage(unit));
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, caller, ""));
    LLVMValueRef *arguments = NEW_ARRAY(unit->arena, LLVMValueRef, BUFFERS + count);
    LLVMValueRef context = LLVMGetParam(caller, 0);
    LLVMValueRef given = load_member(unit, context, RECORD_SnnContext, SnnContext_given);
    arguments[NET] = load_member(unit, context, RECORD_SnnContext, SnnContext_net);
    arguments[NUMBER] = load_member(unit, context, RECORD_SnnContext, SnnContext_number);
    arguments[PLACE] = load_member(unit, context, RECORD_SnnContext, SnnContext_place);
    arguments[FIRST] = LLVMGetParam(caller, 1);
    arguments[LAST] = LLVMGetParam(caller, 2);
    for (int i = 0; i < count; i++)
        arguments[BUFFERS + i] = find_buffer(code, arguments[NET], given, list[i]);
    LLVMBuildCall2(unit->builder, worker_type(unit, count), code->function, arguments,
                   (unsigned)(BUFFERS + count), "");
    LLVMBuildRetVoid(unit->builder);
    return caller;
}

/* As in C: a name of the model ends with an underscore. */
static const char *kernel_name(const Code *code)
{
    const Kernel *kernel = code->kernel;
    return kernel->of_model
               ? arena_printf(code->unit->arena, "%s_%s", name_stem(kernel->name), code->level->suffix)
               : arena_printf(code->unit->arena, "%s%s", kernel->name, code->level->suffix);
}

static Worker worker_of(Code *code, BufferSet *used)
{
    Unit *unit = code->unit;
    Worker worker = {0};
    buffer_set_clear(used);
    buffer_set_add(used, &code->kernel->body);
    buffer_set_sort(used);
    worker.buffers = NEW_ARRAY(unit->arena, BufferId, used->list.count + 1);
    add_buffers(code, used, worker.buffers, &worker.count);
    const char *name = kernel_name(code);
    code->function = unit_function(unit, arena_printf(unit->arena, "%s.work", name),
                                   worker_type(unit, worker.count), LLVMInternalLinkage);
    make_worker(code, name, used, worker.buffers, worker.count);
    worker.function = code->function;
    return worker;
}

static LLVMValueRef make_kernel(Code *code, BufferSet *used)
{
    Worker worker = worker_of(code, used);
    return make_caller(code, kernel_name(code), worker.buffers, worker.count);
}

/* The variables of a kernel, or of a function. */
static Code code_of(Unit *unit, const Kernel *kernel, const Level *level)
{
    return (Code){.unit = unit,
                  .kernel = kernel,
                  .level = level,
                  .vars = NEW_ARRAY(unit->arena, LLVMValueRef, kernel->vars.count + 1),
                  .stands = NEW_ARRAY(unit->arena, bool, kernel->vars.count + 1)};
}

/* Inlined wherever it is called: so it is for the level that it is called at. */
static LLVMValueRef make_function(Unit *unit, const LoopFunction *function)
{
    LLVMTypeRef types[LOOP_MAX_DIMS + 1], result = value_type(unit, function->result->type);
    for (int i = 0; i < function->params; i++)
        types[i] = value_type(unit, function->code.vars.at[i].type);
    LLVMTypeRef type = LLVMFunctionType(result, types, (unsigned)function->params, false);
    const char *name = arena_printf(unit->arena, "snn_%s", function->name); /* no name that LLVM knows */
    LLVMValueRef made = unit_function(unit, name, type, LLVMInternalLinkage);
    add_attribute(unit, made, ON_FUNCTION, "alwaysinline", 0);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, made, ""));
    Code code = code_of(unit, &function->code, &unit->target->levels[0]);
    for (int i = 0; i < function->params; i++)
        set_var(&code, i, LLVMGetParam(made, (unsigned)i));
    code_block(&code, &function->code.body);
    LLVMBuildRet(unit->builder, expr_value(&code, function->result));
    return made;
}

void unit_functions(Unit *unit)
{
    const LoopFunctions *functions = &unit->program->functions;
    unit->functions = NEW_ARRAY(unit->arena, LLVMValueRef, functions->count + 1);
    for (int f = 0; f < functions->count; f++)
        unit->functions[f] = make_function(unit, &functions->at[f]);
}

Worker *unit_workers(Unit *unit)
{
    const Program *program = unit->program;
    Worker *workers = NEW_ARRAY(unit->arena, Worker, program->kernels.count + 1);
    LLVMValueRef *buffers = NEW_ARRAY(unit->arena, LLVMValueRef, program->buffers.count + 1);
    BufferSet used = buffer_set(unit->arena, program);
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++) {
            int k = program->phases[phase].at[i].kernel;
            Code code = code_of(unit, &program->kernels.at[k], &unit->target->levels[0]);
            code.buffers = buffers;
            workers[k] = worker_of(&code, &used);
        }
    return workers;
}

void call_worker(Unit *unit, const Worker *worker, LLVMValueRef const *buffers)
{
    LLVMValueRef *arguments = NEW_ARRAY(unit->arena, LLVMValueRef, BUFFERS + worker->count);
    arguments[NET] = LLVMConstNull(unit->pointer);
    arguments[NUMBER] = arguments[PLACE] = arguments[FIRST] = arguments[LAST] = int_constant(unit, 0);
    memcpy(arguments + BUFFERS, buffers, sizeof *buffers * (size_t)worker->count);
    LLVMBuildCall2(unit->builder, worker_type(unit, worker->count), worker->function, arguments,
                   (unsigned)(BUFFERS + worker->count), "");
}

LLVMValueRef *unit_kernels(Unit *unit, const Level *level)
{
    const Program *program = unit->program;
    LLVMValueRef *kernels = NEW_ARRAY(unit->arena, LLVMValueRef, program->kernels.count + 1);
    LLVMValueRef *buffers = NEW_ARRAY(unit->arena, LLVMValueRef, program->buffers.count + 1);
    BufferSet used = buffer_set(unit->arena, program);
    for (int k = 0; k < program->kernels.count; k++) {
        Code code = code_of(unit, &program->kernels.at[k], level);
        code.buffers = buffers;
        kernels[k] = !unit->share || unit->share->owner[k] == unit->share->number
                         ? make_kernel(&code, &used)
                         : named_function(unit, kernel_name(&code), caller_type(unit));
    }
    return kernels;
}
