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

/* A loop over the elements in a row, whatever shape they have: kernels of parameters of several shapes can be one. */
typedef struct Elements {
    LoopStmt *loop; /* the kernel's last statement */
    LoopExpr *at;   /* the element */
} Elements;

/* Begins such a kernel. */
Elements param_kernel(Lower *lower, ParamId param, const char *verb, const char *about);
/* The elements in a row of a buffer that has a value for each of them; to be asked for once in a kernel. */
BufferId param_elements(Lower *lower, BufferId buffer);

#endif
