/* Affine arithmetic (L. de Figueiredo and J. Stolfi, "Affine arithmetic: concepts and applications", 2004): a value as a sum of
 * slopes times leaves, and a rest of which only the range is known. v + (x - v) / 2 is v / 2 + x / 2, which stays within what v
 * and x are; by ranges alone, it might grow at each step. */
#ifndef SNNC_AFFINE_H
#define SNNC_AFFINE_H

#include "interval.h"

typedef struct Affine {
    double *slopes; /* by leaf */
    Range rest;
} Affine;

/* The numbers that come in: what they may be. */
typedef struct Leaves {
    const Range *at;
    int count;
} Leaves;

/* Nothing is known of it but its range. */
void affine_opaque(const Leaves *leaves, Range range, Affine *value);
void affine_leaf(const Leaves *leaves, int leaf, Affine *value);
/* value = op(operands), of values that are in `ranges`. False: that is not affine. */
bool affine_operation(const Leaves *leaves, Op op, const Affine *const *operands, const Range *ranges,
                      Affine *value);
Range affine_range(const Leaves *leaves, const Affine *value);

#endif
