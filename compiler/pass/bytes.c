/* Of whole numbers, what only ever holds bytes lies in bytes: counts of events that wait for their delay, above all. A buffer does
 * if all that is stored there is a number that a byte holds, or read from another one that does. */
#include "passes.h"

#include <math.h>

typedef struct Bytes {
    Program *program;
    const LoopExpr **lets; /* by variable of the kernel: what it is, if it is a constant of its scope */
    bool *narrow;          /* by buffer */
    bool less;             /* one more was found to hold something else */
} Bytes;

static bool is_byte(const Bytes *bytes, const LoopExpr *value)
{
    switch ((int)value->kind) {
    case LOOP_NUMBER:
        return value->number >= 0 && value->number <= UINT8_MAX && value->number == floor(value->number);
    case LOOP_LOAD:
        return bytes->narrow[value->buffer] || bytes->program->buffers.at[value->buffer].type == TYPE_U8;
    case LOOP_VAR: return bytes->lets[value->var] && is_byte(bytes, bytes->lets[value->var]);
    case LOOP_CAST: return value->type == TYPE_I32 && is_byte(bytes, value->args[0]);
    case LOOP_OP:
        return op_is_truth(value->op)
               || (value->op == OP_SELECT && is_byte(bytes, value->args[1])
                   && is_byte(bytes, value->args[2]));
    default: return false;
    }
}

static void drop(Bytes *bytes, BufferId buffer)
{
    bytes->less = bytes->less || bytes->narrow[buffer];
    bytes->narrow[buffer] = false;
}

static void look(Bytes *bytes, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if (stmt->kind == LOOP_LET)
            bytes->lets[stmt->var] = stmt->value;
        if (stmt->kind == LOOP_LIST
            || (stmt->kind == LOOP_STORE && (stmt->add || !is_byte(bytes, stmt->value))))
            drop(bytes, stmt->buffer);
        look(bytes, &stmt->body);
    }
}

static void look_at_kernel(Bytes *bytes, const Kernel *kernel)
{
    bytes->lets = NEW_ARRAY(bytes->program->arena, const LoopExpr *, kernel->vars.count + 1);
    look(bytes, &kernel->body);
}

/* Results are as wide as the header says. */
static void find_candidates(Bytes *bytes)
{
    const Program *program = bytes->program;
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        bytes->narrow[b] = buffer->type == TYPE_I32 && buffer->ndim > 0 && !buffer->keep
                           && (buffer->role == BUFFER_SCRATCH || buffer->role == BUFFER_STREAM);
    }
    for (int p = 0; p < program->predictions.count; p++)
        bytes->narrow[program->predictions.at[p].values] = false;
}

void bytes_program(Program *program)
{
    Bytes bytes = {.program = program};
    bytes.narrow = NEW_ARRAY(program->arena, bool, program->buffers.count + 1);
    find_candidates(&bytes);
    do {
        bytes.less = false;
        for (int k = 0; k < program->kernels.count; k++)
            look_at_kernel(&bytes, &program->kernels.at[k]);
    } while (bytes.less);
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (bytes.narrow[b])
            program->buffers.at[b].type = TYPE_U8;
}
