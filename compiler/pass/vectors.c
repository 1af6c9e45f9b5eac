/* Marks the loops that are taken several turns at a time, and the sums that stay in registers between such loops:
 * whether a loop over the outputs of a tile becomes vectors is then no matter of a target compiler's luck. */
#include "loop_look.h"
#include "passes.h"

enum {
    MOST_UNROLLED = 80,   /* turns, */
    MOST_STATEMENTS = 640 /* with so many statements in all: of more, compilers take long */
};

typedef struct Sums {
    const Program *program;
    bool found;
} Sums;

static bool has_truths(const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (block->at[i]->value && block->at[i]->value->type == TYPE_BOOL)
            return true;
    return false;
}

static void find_small(void *context, BufferId *buffer, Access access)
{
    const Program *program = ((Sums *)context)->program;
    (void)access;
    ((Sums *)context)->found |= program->buffers.at[*buffer].small;
}

/* Neurons are not written out but for what registers hold: programs that only predict are to be small. */
static bool is_written_out(const Program *program, const LoopStmt *loop)
{
    Sums sums = {program, false};
    bool neurons = has_truths(&loop->body);
    int turns = loop_turns(loop);
    loop_visit(&loop->body, find_small, &sums);
    return turns <= MOST_UNROLLED && (sums.found || !neurons)
           && turns * loop->body.count <= (neurons ? MOST_WRITTEN_OUT : MOST_STATEMENTS);
}

static void mark_block(const Program *program, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmt *stmt = block->at[i];
        if (loop_suits_vectors(program, stmt)) {
            stmt->vector = true;
            stmt->few = is_written_out(program, stmt);
        } else {
            mark_block(program, &stmt->body);
        }
    }
}

void mark_vectors(Program *program)
{
    for (int k = 0; k < program->kernels.count; k++)
        mark_block(program, &program->kernels.at[k].body);
    const bool *suits = loop_suits_registers(program->arena, program);
    for (BufferId b = 0; b < program->buffers.count; b++)
        program->buffers.at[b].registers = program->buffers.at[b].small && suits[b];
}
