/* Arrays of a kernel live on a thread's stack. What is too large for it gets memory instead, with a place for each thread
 * that may do some of the kernel's items. */
#include "lower/base/code.h"
#include "lower/tuned.h"

typedef struct Spill {
    Program *program;
    Kernel *kernel;
    const Launch *launch; /* the kernel's only one */
    bool *used;           /* by buffer: an array of this kernel, or of one before */
    bool *spilled;        /* by buffer */
    VEC(BufferId) arrays; /* of this kernel */
} Spill;

/* Marks a local that is touched; puts the place before the indices of one that is spilled, once. */
static int touch(Spill *spill, BufferId id, LoopExpr **index, int count)
{
    const Buffer *buffer = &spill->program->buffers.at[id];
    if (buffer->role == BUFFER_LOCAL && !spill->used[id]) {
        spill->used[id] = true;
        vec_push(spill->program->arena, &spill->arrays, id);
    }
    if (!spill->spilled[id] || count > buffer->ndim)
        return count;
    memmove(index + 1, index, (size_t)count * sizeof *index);
    index[0] = loop_place(spill->program->arena);
    return count + 1;
}

static void walk_expr(Spill *spill, LoopExpr *expr)
{
    if (!expr)
        return;
    for (int i = 0; i < expr->nargs; i++)
        walk_expr(spill, expr->args[i]);
    if (expr->kind == LOOP_LOAD)
        expr->nargs = touch(spill, expr->buffer, expr->args, expr->nargs);
}

static void walk(Spill *spill, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmt *stmt = block->at[i];
        walk_expr(spill, stmt->from);
        walk_expr(spill, stmt->to);
        walk_expr(spill, stmt->value);
        for (int k = 0; k < stmt->nindex; k++)
            walk_expr(spill, stmt->index[k]);
        if (loop_has_element(stmt))
            stmt->nindex = touch(spill, stmt->buffer, stmt->index, stmt->nindex);
        walk(spill, &stmt->body);
    }
}

static int64_t most_local(const Program *program)
{
    return program->predicts ? LOCAL_SMALL_MOST : LOOP_MOST_LOCAL;
}

/* The largest local of the kernel, the first of equals, if all together are too large, else -1. */
static BufferId largest_of_too_many(const Spill *spill)
{
    BufferId largest = -1;
    int64_t all = 0, most = 0;
    for (int k = 0; k < spill->arrays.count; k++) {
        BufferId b = spill->arrays.at[k];
        int64_t bytes = spill->spilled[b] ? 0 : buffer_bytes(&spill->program->buffers.at[b]);
        all += bytes;
        if (bytes > most || (bytes == most && b < largest)) {
            most = bytes;
            largest = b;
        }
    }
    return all > most_local(spill->program) ? largest : -1;
}

static void move_to_memory(const Spill *spill, BufferId id)
{
    Buffer *buffer = &spill->program->buffers.at[id];
    buffer->role = BUFFER_SCRATCH;
    buffer->small = false;
    buffer->sparse = true;
    buffer->per_sample = spill->launch->over_rows;
    if (buffer->per_sample)
        return;
    memmove(buffer->dims + 1, buffer->dims, (size_t)buffer->ndim++ * sizeof *buffer->dims);
    buffer->dims[0] = spill->launch->items;
}

static void spill_kernel(Spill *spill)
{
    walk(spill, &spill->kernel->body);
    BufferId largest;
    bool any = false;
    while ((largest = largest_of_too_many(spill)) >= 0)
        any = spill->spilled[largest] = true;
    if (!any)
        return;
    walk(spill, &spill->kernel->body);
    for (int k = 0; k < spill->arrays.count; k++)
        if (spill->spilled[spill->arrays.at[k]])
            move_to_memory(spill, spill->arrays.at[k]);
}

void spill_locals(Program *program)
{
    int count = program->buffers.count + 1;
    Spill spill = {.program = program,
                   .used = NEW_ARRAY(program->arena, bool, count),
                   .spilled = NEW_ARRAY(program->arena, bool, count)};
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++) {
            spill.launch = &program->phases[phase].at[i];
            spill.kernel = &program->kernels.at[spill.launch->kernel];
            spill.arrays.count = 0;
            spill_kernel(&spill);
        }
}
