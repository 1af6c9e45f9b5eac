/* Looking at the Loop IR: which buffers and expressions stand in kernels, what there is to do, when buffers are needed. */
#ifndef SNNC_LOOP_LOOK_H
#define SNNC_LOOP_LOOK_H

#include "loop.h"

/* ---- what stands in them ---- */

typedef enum Access { ACCESS_LOAD, ACCESS_STORE, ACCESS_ADD, ACCESS_HINT } Access;

/* Called for every buffer that stands in the block, operands before what needs them; may replace it. */
typedef void LoopVisit(void *context, BufferId *buffer, Access access);
void loop_visit(const LoopBlock *block, LoopVisit *visit, void *context);

/* Whether the block has to do with the buffer. */
bool loop_touches(const LoopBlock *block, BufferId buffer);

/* Called for every expression that stands in the block, and for all that it is made of, operands first. */
typedef void LoopExprVisit(void *context, LoopExpr *expr);
void loop_visit_exprs(const LoopBlock *block, LoopExprVisit *visit, void *context);
void loop_visit_expr(LoopExpr *expr, LoopExprVisit *visit, void *context);

/* Buffers, each once. */
typedef struct BufferSet {
    Arena *arena;
    bool *has; /* by buffer */
    VEC(BufferId) list;
} BufferSet;

BufferSet buffer_set(Arena *arena, const Program *program);
/* Those of the block are added, in the order in which they stand there. */
void buffer_set_add(BufferSet *set, const LoopBlock *block);
void buffer_set_sort(BufferSet *set); /* by number */
void buffer_set_clear(BufferSet *set);

/* ---- what there is to do ---- */

/* The most that all layers do: multiply-adds of maps; others' operations; spikes that maps follow. */
typedef struct LoopWork {
    int64_t products, operations, events;
} LoopWork;

/* Of a program that only predicts, once its constants have their values: at each step, or of a sample if it does not go step
 * by step. */
LoopWork program_work(const Program *program);
int64_t drive_products(const Program *program, const LoopDrive *drive);

/* ---- when buffers are needed, and where they stand ---- */

/* What a kernel does with one of its buffers. */
typedef struct LoopUse {
    BufferId buffer;
    bool makes;  /* stores to it before it loads from it: what was there before has no meaning */
    bool stores; /* at any time */
} LoopUse;

typedef VEC(LoopUse) LoopUses;

LoopUses *loop_uses(Arena *arena, const Program *program); /* by kernel */

/* A launch whose kernel stores to a buffer before it loads from it makes the buffer anew, if no launch before it did: what
 * it does not store of it has no meaning until somebody does, and is not read.
 * From the first launch that works on a buffer to the last one; launches are numbered through all phases. What the
 * runtime looks at after the forward phase lives as long. What launches work on that are joined lives as long as they all do. */
typedef struct Life {
    int first, last; /* -1: in none */
    int paused,
        resumed; /* not between these, which have launches: it is made again by the second one. 0: always */
    bool
        always; /* what it holds outlives the launches: weights, results, what the initial phase leaves for others, what is
                   made before the first step for all of them, and what is read before it is stored */
} Life;

Life *loop_lives(Arena *arena, const Program *program); /* by buffer */
bool life_has(const Life *life, int time);
bool lives_meet(const Life *a, const Life *b);
/* Bytes of the memory where a buffer stands, which of both needs more of them: what the largest there has for each sample, and the
 * largest in all. */
typedef struct LoopRoom {
    int64_t each_sample, whole;
} LoopRoom;

/* By buffer; {0} for one that is not the first in its place, or a kernel's. */
LoopRoom *loop_rooms(Arena *arena, const Program *program);
int64_t room_bytes(LoopRoom room, int64_t samples);

#endif
