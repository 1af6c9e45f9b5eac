/* The same model, compiled with and without an optimisation: the same numbers. */
#ifndef SNNC_AGREE_H
#define SNNC_AGREE_H

#include "golden.h"

/* Compiles the text. Fails the running test if it has mistakes. */
Compilation *compiled_with(Arena *arena, const char *text, LowerOptions lower);
/* Compiles the text without the optimisations of the set. Fails the running test if it has mistakes. */
Compilation *compiled_without(Arena *arena, const char *text, Without without);

/* Runs random batches of both in double precision, forward and backward: losses, scores, spike counts and all
 * gradients agree to 1e-12 of their largest, and no gradient is all zero. Else the running test fails. */
void expect_agreement(const Compilation *a, const Compilation *b);

int count_nodes(const Net *net, NodeKind kind);

#endif
