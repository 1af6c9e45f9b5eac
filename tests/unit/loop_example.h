/* A small program of the Loop IR, for tests that break it. */
#ifndef SNNC_LOOP_EXAMPLE_H
#define SNNC_LOOP_EXAMPLE_H

#include "loop.h"

typedef struct Example {
    Program *program;
    Kernel *kernel;
    BufferId weights, spikes, label;
    LoopStmt *items, *let, *declare, *set, *store, *branch;
    VarId n, x, sum;
} Example;

/* for n in first .. last { let x = w[n]; var sum = 0.0; sum = sum + x; s[n, 0, n] = sum > x;
 *                          if n < 2 { w[n] += 1.0 } } */
Example loop_example(Arena *arena);
LoopExpr *example_var(const Example *e, VarId id);

/* Something that makes it wrong, and what the verifier says then. */
typedef struct BadExample {
    void (*spoil)(Example *e);
    const char *message;
} BadExample;

void expect_bad_example(Arena *arena, const BadExample *bad);

#endif
