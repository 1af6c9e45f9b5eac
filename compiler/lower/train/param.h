/* Kernels that go through a parameter, element by element. */
#ifndef SNNC_PARAM_H
#define SNNC_PARAM_H

#include "lower/lower.h"

/* Its initial values, and those of the optimiser's states of it. */
void lower_init(Lower *lower, ParamId param);
/* Behind lower_init, for a matrix that is to be orthogonal. */
void lower_orthogonal(Lower *lower, ParamId param);
/* What its gradient starts from. */
void lower_zeroed(Lower *lower, ParamId param);
/* One step of the optimiser. */
void lower_update(Lower *lower, const Node *node);

/* ---- what these share ---- */

typedef struct Elements {
    LoopStmt *rows;     /* the outermost loop: the kernel's last statement */
    LoopBlock *into;    /* what is done with an element */
    LoopExpr *index[2]; /* of the element */
    int dims;           /* of which there are so many */
} Elements;

/* Begins a kernel with loops over the elements. */
Elements param_kernel(Lower *lower, ParamId param, const char *verb, const char *about);

#endif
