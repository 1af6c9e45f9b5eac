/* Inference as a module: the functions that the header of the C backend declares, over constants of the module and a state
 * of the caller, laid out as inference.h says. */
#include "llvm.h"

#include "inference.h"

#include <math.h>

/* What all functions are made of. */
typedef struct Infer {
    Unit *unit;
    const Inference *layout;
    const char *name;         /* kws */
    Worker *workers;          /* by kernel */
    LLVMValueRef *constants;  /* by buffer; NULL: none */
    LLVMTypeRef status;       /* an enumeration of C */
    LLVMValueRef reset, step; /* functions; NULL: it takes whole samples */
} Infer;

/* One function: its arguments, or NULL. */
typedef struct Entry {
    const Infer *infer;
    LLVMValueRef function, state, in, out;
    LLVMValueRef sample, steps; /* arguments; NULL: there are none */
} Entry;

/* ---- constants ---- */

static LLVMValueRef element_constant(const Unit *unit, const Buffer *buffer, int64_t k)
{
    LLVMTypeRef type = element_type(unit, buffer->type);
    double value = isnan(buffer->values[k]) ? 0 : buffer->values[k]; /* behind the last unit */
    return type == unit->f32 ? LLVMConstReal(type, (double)(float)value)
                             : LLVMConstInt(type, (unsigned long long)(long long)value, true);
}

/* Of half a line of a cache, or a whole one. */
static bool has_wide_vectors(const Target *target)
{
    const int lanes = target->levels[target->level_count - 1].lanes;
    return target->vectors && 2 * lanes * (int)sizeof(float) >= LINE_BYTES;
}

/* Sections as -fdata-sections has them: a linker may place each array. */
static LLVMValueRef array_constant(const Infer *infer, const Buffer *buffer)
{
    const Unit *unit = infer->unit;
    int64_t count = buffer_elements(buffer);
    LLVMValueRef *values = NEW_ARRAY(unit->arena, LLVMValueRef, count + 1);
    for (int64_t k = 0; k < count; k++)
        values[k] = element_constant(unit, buffer, k);
    LLVMValueRef array = LLVMConstArray2(element_type(unit, buffer->type), values, (uint64_t)count);
    const char *name =
        arena_printf(unit->arena, "%s_%s%s", infer->name, buffer->name, buffer->of_model ? "_" : "");
    LLVMValueRef constant = LLVMAddGlobal(unit->module, LLVMTypeOf(array), name);
    LLVMSetInitializer(constant, array);
    LLVMSetGlobalConstant(constant, true);
    LLVMSetLinkage(constant, LLVMInternalLinkage);
    if (has_wide_vectors(unit->target) && inference_has_lines(buffer))
        LLVMSetAlignment(constant, LINE_BYTES);
    LLVMSetSection(constant, arena_printf(unit->arena, ".rodata.%s", name));
    return constant;
}

static void make_constants(Infer *infer)
{
    const Program *program = infer->unit->program;
    infer->constants = NEW_ARRAY(infer->unit->arena, LLVMValueRef, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (infer->layout->constants[b])
            infer->constants[b] = array_constant(infer, &program->buffers.at[b]);
}

/* ---- parts of functions ---- */

static LLVMValueRef bytes_behind(const Unit *unit, LLVMValueRef base, int64_t bytes)
{
    LLVMValueRef offset = LLVMConstInt(unit->word, (unsigned long long)bytes, false);
    return LLVMBuildInBoundsGEP2(unit->builder, unit->i8, base, &offset, 1, "");
}

static LLVMValueRef buffer_pointer(const Entry *entry, BufferId buffer)
{
    const Infer *infer = entry->infer;
    const InferencePlace *in_state = inference_place(infer->layout, buffer);
    int64_t in_output = inference_output(infer->layout, buffer);
    if (infer->constants[buffer])
        return infer->constants[buffer];
    if (in_state)
        return bytes_behind(infer->unit, entry->state, in_state->offset);
    return in_output >= 0 ? bytes_behind(infer->unit, entry->out, in_output) : entry->in;
}

static void run_phase(const Entry *entry, Phase phase)
{
    Unit *unit = entry->infer->unit;
    const Launches *launches = &unit->program->phases[phase];
    for (int i = 0; i < launches->count; i++) {
        const Worker *worker = &entry->infer->workers[launches->at[i].kernel];
        LLVMValueRef *buffers = NEW_ARRAY(unit->arena, LLVMValueRef, worker->count + 1);
        for (int b = 0; b < worker->count; b++)
            buffers[b] = buffer_pointer(entry, worker->buffers[b]);
        call_worker(unit, worker, buffers);
    }
}

static LLVMValueRef is_null(const Unit *unit, LLVMValueRef pointer)
{
    return LLVMBuildICmp(unit->builder, LLVMIntEQ, pointer, LLVMConstNull(unit->pointer), "");
}

static LLVMValueRef either(const Unit *unit, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildOr(unit->builder, a, b, "");
}

/* if (condition): what is built from here on; close_if(its result) ends it. */
static LLVMBasicBlockRef open_if(const Unit *unit, LLVMValueRef condition)
{
    LLVMBasicBlockRef then = append_block(unit), after = append_block(unit);
    LLVMBuildCondBr(unit->builder, condition, then, after);
    LLVMPositionBuilderAtEnd(unit->builder, then);
    return after;
}

static void close_if(const Unit *unit, LLVMBasicBlockRef after)
{
    LLVMBuildBr(unit->builder, after);
    LLVMPositionBuilderAtEnd(unit->builder, after);
}

static void return_status(const Infer *infer, InferenceStatus status)
{
    LLVMBuildRet(infer->unit->builder, LLVMConstInt(infer->status, status, false));
}

static void refuse_if(const Infer *infer, LLVMValueRef condition, InferenceStatus status)
{
    LLVMBasicBlockRef after = open_if(infer->unit, condition);
    return_status(infer, status);
    LLVMPositionBuilderAtEnd(infer->unit->builder, after);
}

static void set_sample(const Entry *entry, LLVMValueRef sample)
{
    const Infer *infer = entry->infer;
    if (infer->layout->draws)
        LLVMBuildStore(infer->unit->builder, sample, buffer_pointer(entry, infer->unit->program->sample));
}

/* Whether the sample has step `t`: a flag of all of them, or, step by step, of the one that comes. */
static void set_present(const Entry *entry, LLVMValueRef t, LLVMValueRef truth)
{
    const Infer *infer = entry->infer;
    Unit *unit = infer->unit;
    LLVMTypeRef type = element_type(unit, unit->program->buffers.at[unit->program->present].type);
    LLVMValueRef flag = buffer_pointer(entry, unit->program->present);
    if (unit->program->whole_why)
        flag = LLVMBuildInBoundsGEP2(unit->builder, type, flag, &t, 1, "");
    LLVMBuildStore(unit->builder, LLVMBuildZExt(unit->builder, truth, type, ""), flag);
}

/* Whether steps behind the sample's last one are left out. */
static bool ends_early(const Infer *infer)
{
    return infer->step && infer->layout->lengths && infer->unit->program->ends_early;
}

static void set_has_step(const Entry *entry, LLVMValueRef t)
{
    const Infer *infer = entry->infer;
    if (infer->layout->lengths && !ends_early(infer))
        set_present(entry, t, LLVMBuildICmp(infer->unit->builder, LLVMIntSLT, t, entry->steps, ""));
}

/* ---- functions ---- */

/* A function whose arguments are `types`: the first is the state, the last is `out` where there is one. */
static Entry begin_entry(const Infer *infer, const char *what, LLVMTypeRef result, LLVMTypeRef *types,
                         int count)
{
    Unit *unit = infer->unit;
    const char *name = arena_printf(unit->arena, "%s_%s", infer->name, what);
    LLVMTypeRef type = LLVMFunctionType(result, types, (unsigned)count, false);
    Entry entry = {.infer = infer, .function = unit_function(unit, name, type, LLVMExternalLinkage)};
    add_level(unit, entry.function, &unit->target->levels[0]);
    if (result != unit->nothing) /* as an int has to be on processors whose registers are wider */
        add_attribute(unit, entry.function, ON_RESULT, "signext", 0);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, entry.function, ""));
    entry.state = LLVMGetParam(entry.function, 0);
    return entry;
}

static LLVMValueRef argument(const Entry *entry, int number)
{
    return LLVMGetParam(entry->function, (unsigned)number);
}

static void clear_flags(const Entry *entry)
{
    Unit *unit = entry->infer->unit;
    const Inference *layout = entry->infer->layout;
    LLVMValueRef flags = bytes_behind(unit, entry->state, layout->events);
    Turns n = loop_begin(unit, int_constant(unit, 0), int_constant(unit, layout->event_count), 1);
    LLVMBuildStore(unit->builder, LLVMConstNull(unit->i8),
                   LLVMBuildInBoundsGEP2(unit->builder, unit->i8, flags, &n.var, 1, ""));
    loop_end(unit, &n);
}

/* void reset(state[, sample]) */
static LLVMValueRef make_reset(const Infer *infer)
{
    Unit *unit = infer->unit;
    const Inference *layout = infer->layout;
    LLVMTypeRef types[] = {unit->pointer, unit->i32};
    Entry entry = begin_entry(infer, "reset", unit->nothing, types, layout->draws ? 2 : 1);
    LLVMBasicBlockRef none = open_if(unit, is_null(unit, entry.state));
    LLVMBuildRetVoid(unit->builder);
    LLVMPositionBuilderAtEnd(unit->builder, none);
    if (layout->draws)
        set_sample(&entry, argument(&entry, 1));
    if (layout->lengths)
        set_present(&entry, NULL, LLVMConstInt(LLVMInt1TypeInContext(unit->context), 1, false));
    run_phase(&entry, PHASE_RESET);
    if (layout->event_count > 0)
        clear_flags(&entry);
    LLVMBuildRetVoid(unit->builder);
    return entry.function;
}

/* status step(state, in, out) */
static LLVMValueRef make_step(const Infer *infer)
{
    Unit *unit = infer->unit;
    const Program *program = unit->program;
    LLVMBuilderRef builder = unit->builder;
    LLVMTypeRef types[] = {unit->pointer, unit->pointer, unit->pointer};
    Entry entry = begin_entry(infer, "step", infer->status, types, 3);
    entry.in = argument(&entry, 1);
    entry.out = argument(&entry, 2);
    refuse_if(infer, either(unit, is_null(unit, entry.state), is_null(unit, entry.in)),
              INFERENCE_BAD_ARGUMENT);
    LLVMValueRef step = LLVMBuildLoad2(builder, unit->i32, buffer_pointer(&entry, program->step), "");
    LLVMValueRef steps = int_constant(unit, program->steps); /* less than 0 is more than these */
    refuse_if(infer, LLVMBuildICmp(builder, LLVMIntUGE, step, steps, ""), INFERENCE_OVER);
    if (program->phases[PHASE_BEGIN].count > 0) {
        LLVMValueRef first = LLVMBuildICmp(builder, LLVMIntEQ, step, int_constant(unit, 0), "");
        LLVMBasicBlockRef after = open_if(unit, first);
        run_phase(&entry, PHASE_BEGIN);
        close_if(unit, after);
    }
    run_phase(&entry, PHASE_STEP);
    LLVMBasicBlockRef after = open_if(unit, LLVMBuildNot(builder, is_null(unit, entry.out), ""));
    run_phase(&entry, PHASE_RESULT);
    close_if(unit, after);
    return_status(infer, INFERENCE_OK);
    return entry.function;
}

static LLVMValueRef call(const Unit *unit, LLVMValueRef function, LLVMValueRef *arguments, int count)
{
    return LLVMBuildCall2(unit->builder, LLVMGlobalGetValueType(function), function, arguments,
                          (unsigned)count, "");
}

/* events[e], as a number that is not negative */
static LLVMValueRef event_at(const Infer *infer, LLVMValueRef events, LLVMValueRef e)
{
    const Unit *unit = infer->unit;
    LLVMTypeRef type = element_type(unit, infer->layout->event);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(unit->builder, type, events, &e, 1, "");
    return LLVMBuildIntCast2(unit->builder, LLVMBuildLoad2(unit->builder, type, at, ""), unit->i32, false,
                             "");
}

static void set_flags(const Infer *infer, LLVMValueRef flags, LLVMValueRef events, LLVMValueRef count,
                      int flag)
{
    Unit *unit = infer->unit;
    Turns e = loop_begin(unit, int_constant(unit, 0), count, 1);
    LLVMValueRef place = event_at(infer, events, e.var);
    LLVMBuildStore(unit->builder, LLVMConstInt(unit->i8, (unsigned)flag, false),
                   LLVMBuildInBoundsGEP2(unit->builder, unit->i8, flags, &place, 1, ""));
    loop_end(unit, &e);
}

/* status step_events(state, events, count, out) */
static void make_step_events(const Infer *infer)
{
    Unit *unit = infer->unit;
    LLVMBuilderRef builder = unit->builder;
    LLVMTypeRef types[] = {unit->pointer, unit->pointer, unit->i32, unit->pointer};
    Entry entry = begin_entry(infer, "step_events", infer->status, types, 4);
    LLVMValueRef events = argument(&entry, 1), count = argument(&entry, 2), none = int_constant(unit, 0);
    LLVMValueRef some = LLVMBuildICmp(builder, LLVMIntNE, count, none, "");
    LLVMValueRef missing = LLVMBuildAnd(builder, is_null(unit, events), some, "");
    LLVMValueRef negative = LLVMBuildICmp(builder, LLVMIntSLT, count, none, "");
    refuse_if(infer, either(unit, is_null(unit, entry.state), either(unit, negative, missing)),
              INFERENCE_BAD_ARGUMENT);
    Turns e = loop_begin(unit, none, count, 1);
    LLVMValueRef inputs = int_constant(unit, infer->layout->units);
    refuse_if(infer, LLVMBuildICmp(builder, LLVMIntUGE, event_at(infer, events, e.var), inputs, ""),
              INFERENCE_BAD_ARGUMENT);
    loop_end(unit, &e);
    LLVMValueRef flags = bytes_behind(unit, entry.state, infer->layout->events);
    set_flags(infer, flags, events, count, 1);
    LLVMValueRef arguments[] = {entry.state, flags, argument(&entry, 3)};
    LLVMValueRef status = call(unit, infer->step, arguments, 3);
    set_flags(infer, flags, events, count, 0);
    LLVMBuildRet(builder, status);
}

/* The data of step t: a row of its own, or the sample. */
static LLVMValueRef row_at(const Entry *entry, LLVMValueRef t)
{
    const Infer *infer = entry->infer;
    const Unit *unit = infer->unit;
    const Buffer *input = &unit->program->buffers.at[unit->program->input];
    LLVMTypeRef row = LLVMArrayType2(element_type(unit, input->type), (uint64_t)infer->layout->units);
    return infer->layout->temporal ? LLVMBuildInBoundsGEP2(unit->builder, row, entry->in, &t, 1, "")
                                   : entry->in;
}

static void run_steps(const Entry *entry)
{
    const Infer *infer = entry->infer;
    Unit *unit = infer->unit;
    LLVMValueRef start[] = {entry->state, entry->sample}, one = int_constant(unit, 1);
    LLVMValueRef steps = ends_early(infer) ? entry->steps : int_constant(unit, unit->program->steps);
    LLVMValueRef last = LLVMBuildNSWSub(unit->builder, steps, one, "");
    call(unit, infer->reset, start, infer->layout->draws ? 2 : 1);
    Turns t = loop_begin(unit, int_constant(unit, 0), last, 1);
    LLVMValueRef arguments[] = {entry->state, row_at(entry, t.var), LLVMConstNull(unit->pointer)};
    set_has_step(entry, t.var);
    call(unit, infer->step, arguments, 3);
    loop_end(unit, &t);
    LLVMValueRef end[] = {entry->state, row_at(entry, last), entry->out};
    set_has_step(entry, last);
    LLVMBuildRet(unit->builder, call(unit, infer->step, end, 3));
}

static void run_whole(const Entry *entry)
{
    const Infer *infer = entry->infer;
    Unit *unit = infer->unit;
    set_sample(entry, entry->sample);
    if (infer->layout->lengths) {
        Turns t = loop_begin(unit, int_constant(unit, 0), int_constant(unit, unit->program->steps), 1);
        set_has_step(entry, t.var);
        loop_end(unit, &t);
    }
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        run_phase(entry, phase);
    return_status(infer, INFERENCE_OK);
}

/* status run(state[, sample], in, out), or run_steps(state[, sample], in, steps, out) */
static Entry begin_run(const Infer *infer, bool steps)
{
    Unit *unit = infer->unit;
    bool draws = infer->layout->draws;
    LLVMTypeRef types[5];
    int count = 0;
    types[count++] = unit->pointer;
    if (draws)
        types[count++] = unit->i32;
    types[count++] = unit->pointer;
    if (steps)
        types[count++] = unit->i32;
    types[count++] = unit->pointer;
    Entry entry = begin_entry(infer, steps ? "run_steps" : "run", infer->status, types, count);
    entry.sample = draws ? argument(&entry, 1) : NULL;
    entry.in = argument(&entry, 1 + draws);
    entry.steps = steps ? argument(&entry, 2 + draws) : NULL;
    entry.out = argument(&entry, count - 1);
    return entry;
}

static LLVMValueRef make_run(const Infer *infer, bool steps)
{
    Unit *unit = infer->unit;
    Entry entry = begin_run(infer, steps);
    LLVMValueRef missing = either(unit, is_null(unit, entry.in), is_null(unit, entry.out));
    LLVMValueRef bad = either(unit, is_null(unit, entry.state), missing);
    if (steps) {
        LLVMValueRef all = int_constant(unit, unit->program->steps), one = int_constant(unit, 1);
        bad = either(unit, bad, LLVMBuildICmp(unit->builder, LLVMIntSLT, entry.steps, one, ""));
        bad = either(unit, bad, LLVMBuildICmp(unit->builder, LLVMIntSGT, entry.steps, all, ""));
    }
    refuse_if(infer, bad, INFERENCE_BAD_ARGUMENT);
    if (infer->step)
        run_steps(&entry);
    else
        run_whole(&entry);
    return entry.function;
}

/* Of all its steps. */
static void make_run_all(const Infer *infer, LLVMValueRef run)
{
    Unit *unit = infer->unit;
    Entry entry = begin_run(infer, false);
    LLVMValueRef all = int_constant(unit, unit->program->steps);
    LLVMValueRef plain[] = {entry.state, entry.in, all, entry.out};
    LLVMValueRef drawing[] = {entry.state, entry.sample, entry.in, all, entry.out};
    LLVMBuildRet(unit->builder, entry.sample ? call(unit, run, drawing, 5) : call(unit, run, plain, 4));
}

/* Compilers for bare ARM make an enumeration as small as it can be; as an int it is right for them, too. */
static LLVMTypeRef status_type(const Unit *unit)
{
    return unit->options->target->bits < 32 ? unit->i16 : unit->i32;
}

void unit_inference(Unit *unit)
{
    const Program *program = unit->program;
    Infer infer = {.unit = unit,
                   .layout = inference_of(unit->arena, program),
                   .name = unit->options->file ? unit->options->file : program->name,
                   .status = status_type(unit)};
    make_constants(&infer);
    infer.workers = unit_workers(unit);
    debug_nowhere(unit);
    if (!program->whole_why) {
        infer.reset = make_reset(&infer);
        infer.step = make_step(&infer);
        if (infer.layout->event_count > 0)
            make_step_events(&infer);
    }
    LLVMValueRef run = make_run(&infer, infer.layout->lengths);
    if (infer.layout->lengths)
        make_run_all(&infer, run);
}
