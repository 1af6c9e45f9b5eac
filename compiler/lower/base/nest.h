/* The loops over the units of a scan. Where all its streams have the same axes, there is one. Else there is one for each
 * run of axes that every stream either has or lacks, so that each stream is read or written at a sum of their variables;
 * the innermost goes over what is next to each other. */
#ifndef SNNC_NEST_H
#define SNNC_NEST_H

#include "lower/lower.h"

typedef struct Nest {
    int count;               /* of loops */
    LoopExpr *at[MAX_DIMS];  /* their variables */
    int first[MAX_DIMS + 1]; /* the dimension of the units that each begins with */
    Shape units;             /* ndim 0: one loop, and all streams are alike */
    LoopStmt *outer, *inner;
} Nest;

/* Divides the innermost loop into blocks of so many units, each of which is independent; returns the loop over the blocks. */
LoopStmt *nest_blocks(Lower *lower, Nest *nest, int width);
/* Of a unit that is known. */
Nest nest_at(LoopExpr *n);
/* Over so many units of an even scan, else over all. */
Nest nest_of(Lower *lower, LoopBlock *into, const Node *scan, int width);
/* Of units of which some axes are those of `part`: no loops yet, and 0 for each variable. */
Nest nest_split(Lower *lower, Shape units, Shape part);
/* The axes of the shape, and those that the innermost loop of an uneven scan goes over. */
Shape nest_parted(const Net *net, const Node *scan, Shape shape);
/* How many units the loop k goes over. */
int nest_extent(const Nest *nest, int k);
/* Loops over the axes that are within the part, or over the others; returns what stands in them. */
LoopBlock *nest_loops(Lower *lower, Nest *nest, LoopBlock *into, Shape part, bool within);
/* Which unit of a stream or parameter of that shape it is about. */
LoopExpr *nest_unit(Lower *lower, const Nest *nest, Shape shape);

#endif
