#include "interp.h"

#include "snn_random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = 16,            /* of a machine like any other */
    FUNCTION_ROUNDINGS = 6 /* exp and the like are off by at most 3 ulp */
};

static size_t row_size(const Buffer *buffer)
{
    return buffer->ndim > 0 ? (size_t)buffer->dims[buffer->ndim - 1] : 1;
}

static size_t row_count(const Interp *interp, const Buffer *buffer)
{
    size_t rows = buffer->per_sample ? (size_t)interp->rows : 1;
    for (int d = 0; d < buffer->ndim - 1; d++)
        rows *= (size_t)buffer->dims[d];
    return rows;
}

size_t interp_count(const Interp *interp, BufferId id)
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    return row_count(interp, buffer) * (row_size(buffer) - (size_t)buffer->padding);
}

double *interp_at(const Interp *interp, BufferId id, size_t k)
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    size_t padding = (size_t)buffer->padding;
    return &interp->buffers[id][k + k / (row_size(buffer) - padding) * padding];
}

static int most_vars(const Program *program)
{
    int most = 1;
    for (int k = 0; k < program->kernels.count; k++)
        if (program->kernels.at[k].vars.count > most)
            most = program->kernels.at[k].vars.count;
    return most;
}

static double **frames_of(const Program *program)
{
    int count = program->functions.count, all = 0;
    for (int f = 0; f < count; f++)
        all += program->functions.at[f].code.vars.count;
    double **frames = calloc((size_t)count + 1, sizeof *frames);
    double *vars = frames ? calloc((size_t)all + 1, sizeof *vars) : NULL;
    for (int f = 0; f <= count && vars; f++) {
        frames[f] = vars; /* the first one begins what is freed, even if there are no functions */
        vars += f < count ? program->functions.at[f].code.vars.count : 0;
    }
    return frames;
}

static bool has_memory(const Program *program, BufferId id)
{
    return program->buffers.at[id].role != BUFFER_GIVEN && program->buffers.at[id].place == id;
}

/* By place: of those buffers that stand there. NULL if there is not enough memory. */
static size_t *most_elements(const Interp *interp)
{
    const Program *program = interp->program;
    size_t *most = calloc((size_t)program->buffers.count + 1, sizeof *most);
    for (BufferId b = 0; most && b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        size_t *there = &most[buffer->place], count = row_count(interp, buffer) * row_size(buffer);
        *there = count > *there ? count : *there;
    }
    return most;
}

/* By time. What is always there is made by none. */
static BufferIds *made_by_launches(const Program *program)
{
    Arena *arena = program->arena;
    const Life *lives = loop_lives(arena, program);
    int launches = 0;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        launches += program->phases[phase].count;
    BufferIds *made = NEW_ARRAY(arena, BufferIds, launches + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        if (!lives[b].always)
            vec_push(arena, &made[lives[b].first], b);
        if (!lives[b].always && lives[b].resumed > 0)
            vec_push(arena, &made[lives[b].resumed], b);
    }
    return made;
}

Interp *interp_new(const Program *program, int rows, Precision precision)
{
    Interp *interp = calloc(1, sizeof *interp);
    if (!interp)
        return NULL;
    *interp = (Interp){.program = program, .precision = precision, .rows = rows};
    interp->scalars[SCALAR_ROWS] = rows;
    interp->scalars[SCALAR_LR] = program->lr;
    interp->scalars[SCALAR_STEP] = interp->scalars[SCALAR_SCALE] = interp->scalars[SCALAR_BATCHES] = 1;
    interp->scalars[SCALAR_TRAINING] = 1;
    interp->scalars[SCALAR_EPOCHS] = program->epochs;
    interp->made = made_by_launches(program);
    interp->vars = calloc((size_t)most_vars(program), sizeof *interp->vars);
    interp->frames = frames_of(program);
    interp->buffers = calloc((size_t)program->buffers.count + 1, sizeof *interp->buffers);
    size_t *most = most_elements(interp);
    bool complete = interp->vars && interp->frames && interp->frames[0] && interp->buffers && most;
    for (int b = 0; b < program->buffers.count && complete; b++) {
        if (!has_memory(program, b))
            continue;
        interp->buffers[b] = calloc(most[b] + 1, sizeof **interp->buffers);
        complete = interp->buffers[b] != NULL;
    }
    for (int b = 0; b < program->buffers.count && complete; b++)
        interp->buffers[b] = interp->buffers[program->buffers.at[b].place];
    free(most);
    if (complete)
        return interp;
    interp_free(interp);
    return NULL;
}

Interp *interp_of_constants(const Program *program)
{
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    for (BufferId b = 0; interp && b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        if (buffer->values)
            memcpy(interp->buffers[b], buffer->values,
                   (size_t)buffer_elements(buffer) * sizeof *buffer->values);
    }
    return interp;
}

void interp_free(Interp *interp)
{
    for (int b = 0; interp->buffers && b < interp->program->buffers.count; b++)
        if (has_memory(interp->program, b))
            free(interp->buffers[b]);
    free(interp->buffers);
    if (interp->frames)
        free(interp->frames[0]);
    free(interp->frames);
    free(interp->vars);
    free(interp);
}

static double value_of(Interp *interp, const LoopExpr *expr);

/* No kernel has such an index, but by a mistake of the compiler. */
static void stop(const Interp *interp, BufferId id, double index)
{
    fprintf(stderr,
            "snnc: internal error: index %g is outside of `%s`\nPlease report this, with the model.\n", index,
            interp->program->buffers.at[id].name);
    exit(3);
}

/* Row-major position of an element. */
static size_t element(Interp *interp, BufferId id, int nindex, LoopExpr *const *index)
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    size_t at = 0;
    int d = buffer->per_sample ? -1 : 0;
    for (int i = 0; i < nindex; i++, d++) {
        int size = d < 0 ? interp->rows : buffer->dims[d];
        double k = value_of(interp, index[i]);
        if (!(k >= 0 && k < size))
            stop(interp, id, k);
        at = at * (size_t)size + (size_t)k;
    }
    return at;
}

/* A value, by up to so many roundings more or less where it is shaken: each time the same way for the same value, as roundings are.
 * Neurons that do the same at all steps add up what is off. */
static double shaken(const Interp *interp, double value, int roundings)
{
    if (!interp->shaken || value == (double)(float)value)
        return value;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t word = snn_mix((uint32_t)bits ^ snn_mix((uint32_t)(bits >> 32) ^ interp->shaken));
    return value * (1 + roundings * ldexp((double)word / UINT32_MAX - 0.5, -23));
}

static double rounded(Interp *interp, Type type, double value)
{
    if (type == TYPE_I32)
        return trunc(value); /* of a division */
    if (type != TYPE_F32)
        return value;
    if (interp->precision == PRECISION_SINGLE)
        return (double)(float)value;
    return shaken(interp, value, 1);
}

/* Wraps as the targets do; doubles cannot hold every product. */
static double word_op(Op op, double a, double b, double c)
{
    uint32_t x = (uint32_t)a, y = (uint32_t)b;
    switch ((int)op) {
    case OP_ADD: return x + y;
    case OP_SUB: return x - y;
    case OP_MUL: return x * y;
    case OP_DIV: return y ? x / y : 0;
    case OP_NEG: return 0 - x;
    default: return op_eval(op, a, b, c);
    }
}

static double op_value(Interp *interp, const LoopExpr *expr)
{
    double a = value_of(interp, expr->args[0]);
    double b = expr->nargs > 1 ? value_of(interp, expr->args[1]) : 0;
    double c = expr->nargs > 2 ? value_of(interp, expr->args[2]) : 0;
    if (expr->type == TYPE_U32)
        return word_op(expr->op, a, b, c);
    if (expr->op == OP_FMA && interp->precision == PRECISION_SINGLE)
        return (double)fmaf((float)a, (float)b, (float)c); /* the rounded double one is rounded twice */
    return rounded(interp, expr->type, op_eval(expr->op, a, b, c));
}

static double bits(Type type, double value)
{
    float single = (float)value;
    uint32_t word = (uint32_t)(type == TYPE_U32 ? 0 : value);
    memcpy(type == TYPE_U32 ? (void *)&word : (void *)&single,
           type == TYPE_U32 ? (void *)&single : (void *)&word, sizeof word);
    return type == TYPE_U32 ? (double)word : (double)single;
}

static double call(Interp *interp, const LoopExpr *expr)
{
    const LoopFunction *function = &interp->program->functions.at[expr->function];
    double args[LOOP_MAX_DIMS + 1] = {0};
    for (int i = 0; i < expr->nargs; i++)
        args[i] = value_of(interp, expr->args[i]);
    if (function->op == OP_COUNT || interp->precision == PRECISION_SINGLE)
        return interp_call(interp, expr->function, args);
    return shaken(interp, op_eval(function->op, args[0], args[1], args[2]), FUNCTION_ROUNDINGS);
}

static double cast(Interp *interp, Type type, double value)
{
    if (type == TYPE_BOOL)
        return value != 0;
    return type == TYPE_F32 ? rounded(interp, type, value) : trunc(value);
}

static double value_of(Interp *interp, const LoopExpr *expr)
{
    switch (expr->kind) {
    case LOOP_NUMBER: return rounded(interp, expr->type, expr->number);
    case LOOP_VAR: return interp->vars[expr->var];
    case LOOP_LOAD:
        return interp->buffers[expr->buffer][element(interp, expr->buffer, expr->nargs, expr->args)];
    case LOOP_OP: return op_value(interp, expr);
    case LOOP_CAST: return cast(interp, expr->type, value_of(interp, expr->args[0]));
    case LOOP_BITS: return bits(expr->type, value_of(interp, expr->args[0]));
    case LOOP_CALL: return call(interp, expr);
    case LOOP_GIVEN: return interp->given;
    case LOOP_PLACE: return 0; /* all is done one after the other */
    case LOOP_LANES: return LANES;
    case LOOP_SCALAR: return rounded(interp, expr->type, interp->scalars[expr->scalar]);
    case LOOP_KEY:
        return snn_key(interp->seed, interp->epoch, (uint32_t)value_of(interp, expr->args[0]),
                       (uint32_t)value_of(interp, expr->args[1]));
    case LOOP_RANDOM:
        return snn_random((uint32_t)value_of(interp, expr->args[0]),
                          (uint32_t)value_of(interp, expr->args[1]));
    }
    return NAN;
}

static void run_block(Interp *interp, const LoopBlock *block);

static void run_for(Interp *interp, const LoopStmt *loop)
{
    int from = (int)value_of(interp, loop->from), to = (int)value_of(interp, loop->to);
    for (int k = from; k < to; k++) {
        interp->vars[loop->var] = loop->down ? from + to - 1 - k : k;
        if (!loop->value || value_of(interp, loop->value) != 0)
            run_block(interp, &loop->body);
    }
}

static void run_store(Interp *interp, const LoopStmt *store)
{
    double value = value_of(interp, store->value);
    double *place =
        &interp->buffers[store->buffer][element(interp, store->buffer, store->nindex, store->index)];
    *place = store->add ? rounded(interp, store->value->type, *place + value) : value;
}

static void run_list(Interp *interp, const LoopStmt *list)
{
    const LoopExpr *value = list->value;
    const double *flags =
        &interp->buffers[value->buffer][element(interp, value->buffer, value->nargs, value->args)];
    double *place = &interp->buffers[list->buffer][element(interp, list->buffer, list->nindex, list->index)];
    int listed = 0;
    for (int turn = 0; turn < list->count; turn++) {
        int position = loop_list_position(list->count, turn);
        if (flags[position] != 0)
            place[listed++] = position;
    }
    interp->vars[list->var] += listed;
}

static void run_stmt(Interp *interp, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_FOR: run_for(interp, stmt); break;
    case LOOP_LET:
    case LOOP_DECLARE:
    case LOOP_SET: interp->vars[stmt->var] = value_of(interp, stmt->value); break;
    case LOOP_STORE: run_store(interp, stmt); break;
    case LOOP_AHEAD: break;
    case LOOP_LIST: run_list(interp, stmt); break;
    case LOOP_IF:
        if (value_of(interp, stmt->value) != 0)
            run_block(interp, &stmt->body);
        break;
    case LOOP_BLOCK: run_block(interp, &stmt->body); break;
    case LOOP_COMMENT: break;
    }
}

static void run_block(Interp *interp, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        run_stmt(interp, block->at[i]);
}

double interp_call(Interp *interp, int function, const double *args)
{
    const LoopFunction *called = &interp->program->functions.at[function];
    double *outside = interp->vars;
    interp->vars = interp->frames[function];
    for (int i = 0; i < called->params; i++)
        interp->vars[i] = args[i];
    run_block(interp, &called->code.body);
    double result = value_of(interp, called->result);
    interp->vars = outside;
    return result;
}

/* What is made at this time may stand where another buffer stood: whatever that left has no meaning. */
static void spoil(const Interp *interp, const BufferIds *made)
{
    for (int i = 0; i < made->count; i++)
        for (size_t k = 0; k < interp_count(interp, made->at[i]); k++)
            *interp_at(interp, made->at[i], k) = NAN;
}

/* Items from .. to-1. */
static void launch(Interp *interp, const Launch *launch, int from, int to)
{
    const Kernel *kernel = &interp->program->kernels.at[launch->kernel];
    for (int i = 0; i < kernel->given.count; i++)
        interp->buffers[kernel->given.at[i]] = interp->buffers[launch->given.at[i]];
    interp->given = launch->number;
    interp->vars[kernel->first] = from;
    interp->vars[kernel->last] = to;
    run_block(interp, &kernel->body);
}

/* One, or several that are joined. */
static void launch_run(Interp *interp, const Launch *launches, int count)
{
    if (count == 1)
        launch(interp, launches, 0, launches->over_rows ? interp->rows : launches->items);
    for (int row = 0; row < interp->rows && count > 1; row++)
        for (int i = 0; i < count; i++)
            launch(interp, &launches[i], row, row + 1);
}

void interp_run(Interp *interp, Phase phase)
{
    const Launches *launches = &interp->program->phases[phase];
    uint32_t epoch = interp->epoch;
    if (phase == PHASE_INIT)
        interp->epoch = SNN_INIT_EPOCH;
    int time = 0;
    for (Phase before = 0; before < phase; before++)
        time += interp->program->phases[before].count;
    for (int i = 0; i < launches->count;) {
        int count = loop_run(launches, i);
        for (int k = 0; k < count; k++)
            spoil(interp, &interp->made[time++]);
        launch_run(interp, &launches->at[i], count);
        i += count;
    }
    interp->epoch = epoch;
}
