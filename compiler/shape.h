/* Space axes: the extents of a stream or parameter, outermost first, and what each is called. Two streams meet axis by
 * axis, by name. One that lacks an axis has the same value all along it. */
#ifndef SNNC_SHAPE_H
#define SNNC_SHAPE_H

#include "arena.h"
#include "room.h"

#include <stdbool.h>

typedef struct Shape {
    int ndim; /* 0: one number */
    int dims[MAX_DIMS];
    const char *axes[MAX_DIMS]; /* interned; NULL: by rank: [c], [y, x], [y, x, c], [z, y, x, c] */
} Shape;

int shape_size(Shape shape);
/* The same of a shape that may have more than an int counts. */
double shape_elements(Shape shape);            /* product of the dims; 1 for ndim 0 */
const char *shape_axis(Shape shape, int d);    /* what dimension d is called */
int shape_find(Shape shape, const char *axis); /* the dimension of that name; -1: none */
bool shape_equal(Shape a, Shape b);            /* the same axes in the same order, of the same extents */
/* Whether `whole` has all axes of `part`, of the same extents and in the same order. */
bool shape_within(Shape part, Shape whole);
Shape shape_part(Shape shape, const bool *keep); /* the dimensions d with keep[d] */
/* All axes of both: windows first, channels or inputs and outputs last. False if an axis of one name has two extents, or
 * there are more than MAX_DIMS. */
bool shape_merge(Shape a, Shape b, Shape *merged);
/* "[28, 28]"; axes that rank does not tell have their names: "[freq = 40, c = 3]". */
const char *shape_text(Arena *arena, Shape shape);

#endif
