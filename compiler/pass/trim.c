/* Once the constants of a program that only predicts are known: those of one number are numbers of what reads them, arrays are as
 * long as these say, and whole numbers lie in as few bytes as hold them. */
#include "loop_look.h"
#include "passes.h"

static bool is_number(const Buffer *buffer)
{
    return buffer->values && buffer->ndim == 0 && buffer->type == TYPE_I32;
}

static void put_number(void *context, LoopExpr *expr)
{
    const Program *program = context;
    if (expr->kind != LOOP_LOAD || !is_number(&program->buffers.at[expr->buffer]))
        return;
    double number = program->buffers.at[expr->buffer].values[0];
    *expr = (LoopExpr){.kind = LOOP_NUMBER, .type = TYPE_I32, .number = number};
}

/* No array is empty in C. */
static void cut(const Program *program, Buffer *buffer)
{
    const double *length = buffer->length >= 0 ? program->buffers.at[buffer->length].values : NULL;
    if (length)
        buffer->dims[buffer->ndim - 1] = *length > 0 ? (int)*length : 1;
}

static void narrow(Buffer *buffer)
{
    double least = 0, most = 0;
    if (!buffer->values || (buffer->type != TYPE_I32 && buffer->type != TYPE_U16))
        return;
    for (int64_t k = 0; k < buffer_elements(buffer); k++) {
        least = buffer->values[k] < least ? buffer->values[k] : least;
        most = buffer->values[k] > most ? buffer->values[k] : most;
    }
    if (least == 0 && most <= UINT16_MAX)
        buffer->type = most <= UINT8_MAX ? TYPE_U8 : TYPE_U16;
    else if (least >= INT16_MIN && most <= INT16_MAX)
        buffer->type = least >= INT8_MIN && most <= INT8_MAX ? TYPE_I8 : TYPE_I16;
}

/* Its kernels made the constants, which may be narrower now than what they would store. */
static void drop_initial(Program *program)
{
    Launches *initial = &program->phases[PHASE_INIT];
    for (int i = 0; i < initial->count; i++)
        program->kernels.at[initial->at[i].kernel].body = (LoopBlock){0};
    initial->count = 0;
}

void trim_constants(Program *program)
{
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            loop_visit_exprs(&program->kernels.at[program->phases[phase].at[i].kernel].body, put_number,
                             program);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        cut(program, &program->buffers.at[b]);
        narrow(&program->buffers.at[b]);
    }
    drop_initial(program);
}
