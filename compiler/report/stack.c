/* How much of a stack inference takes: no kernel is inlined, so it is the functions that the header declares and the kernel that
 * takes most. */
#include "report/account.h"

/* What a kernel's frame has beside its arrays is up to compilers: what does not fit into registers. More than GCC and Clang take
 * from -Os to -O3, which tests/infer.sh and tests/quantize.sh ask; but where vectors are wider than 16 bytes, there may be more of
 * it. */
enum {
    STACK_OF_CALLS = 256,  /* the functions that call a kernel, */
    STACK_OF_KERNEL = 768, /* registers that it saves and spills, beside few sums */
    STACK_OF_SUMS = 2048   /* beside many, in vectors */
};

/* Rows of sums that a kernel reads: of one sample these may be the first ones of an array. */
typedef struct Rows {
    const Program *program;
    BufferId sums;
    int count;
} Rows;

static void find_row(void *context, LoopExpr *expr)
{
    Rows *rows = context;
    if (expr->kind != LOOP_LOAD || expr->buffer != rows->sums)
        return;
    bool known = expr->args[0]->kind == LOOP_NUMBER;
    int row = known ? (int)expr->args[0]->number + 1 : rows->program->buffers.at[rows->sums].dims[0];
    rows->count = row > rows->count ? row : rows->count;
}

static int64_t sums_bytes(const Program *program, const Kernel *kernel, BufferId sums)
{
    const Buffer *buffer = &program->buffers.at[sums];
    Rows rows = {.program = program, .sums = sums};
    loop_visit_exprs(&kernel->body, find_row, &rows);
    return buffer_bytes(buffer) / buffer->dims[0] * rows.count;
}

/* Few sums in vectors are in registers, with as many loads and products as compilers make in advance; of many, most are in memory.
 * Of whole numbers, compilers are not asked for vectors. */
static int64_t spilled_bytes(const Program *program, int64_t sums)
{
    int64_t few = STACK_OF_KERNEL + (program->whole_numbers ? 2 : 8) * sums, many = STACK_OF_SUMS + 2 * sums;
    return few < many ? few : many;
}

KernelStack kernel_stack(const Program *program, const Kernel *kernel)
{
    BufferSet used = buffer_set(program->arena, program);
    KernelStack stack = {0};
    int64_t sums = 0;
    buffer_set_add(&used, &kernel->body);
    for (int k = 0; k < used.list.count; k++) {
        const Buffer *buffer = &program->buffers.at[used.list.at[k]];
        if (buffer->role != BUFFER_LOCAL)
            continue;
        stack.arrays += buffer_bytes(buffer);
        sums += buffer->small ? sums_bytes(program, kernel, used.list.at[k]) : 0;
        stack.most += buffer->small ? 0 : buffer_bytes(buffer);
    }
    stack.most += STACK_OF_CALLS + spilled_bytes(program, sums);
    return stack;
}
