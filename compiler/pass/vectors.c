/* Marks the loops that are taken several turns at a time, and the sums that stay in registers between such loops:
 * whether a loop over the outputs of a tile becomes vectors is then no matter of a target compiler's luck. */
#include "loop.h"
#include "passes.h"

enum {
    MOST_UNROLLED = 80,   /* turns, */
    MOST_STATEMENTS = 640 /* with so many statements in all: of more, compilers take long */
};

static void mark_block(const Program *program, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        LoopStmt *stmt = block->at[i];
        if (loop_suits_vectors(program, stmt)) {
            stmt->vector = true;
            stmt->few =
                loop_turns(stmt) <= MOST_UNROLLED && loop_turns(stmt) * stmt->body.count <= MOST_STATEMENTS;
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
