/* The equations of a body as statements: values with a name or with several users become constants of
 * the scope, the others are written where they are used; what does not change between units and steps
 * is computed once, before the loops. */
#ifndef SNNC_EQUATIONS_H
#define SNNC_EQUATIONS_H

#include "lower/lower.h"

typedef struct Equations {
    Lower *lower;
    const Body *body;
    LoopBlock *into;                       /* where values of this step and unit go */
    LoopBlock *before;                     /* where values that never change go */
    LoopExpr **inputs, **states, **params; /* what the leaves mean here, by index */
    LoopExpr **draws;                      /* by draw: a random number in -1 .. 1 */
    LoopExpr **places;                     /* by dimension: where the element is */
    bool *shared_params;                   /* by index: one number for all units */
    int *uses;                             /* by value */
    bool *steady;                          /* by value: the same for all units and steps */
    LoopExpr **done; /* by value: how it is written; a truth value for step and comparisons */
} Equations;

/* Of all the node's outs, grads and states. */
Equations equations_start(Lower *lower, const Node *node);
/* Of one value of its body. */
Equations equations_of(Lower *lower, const Node *node, Val value);
bool equation_reads(const Equations *equations, int input);
/* Gives an input a constant now, before something else is stored in its place. */
void equation_read(Equations *equations, int input);
LoopExpr *equation_number(Equations *equations, Val value); /* F32 */
LoopExpr *equation_truth(Equations *equations, Val value);  /* BOOL */

#endif
