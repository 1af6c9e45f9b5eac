/* Interval arithmetic: what an operation may give, of what its operands may be. */
#ifndef SNNC_INTERVAL_H
#define SNNC_INTERVAL_H

#include "body.h"

typedef struct Range {
    double low, high;
} Range;

Range range_both(Range a, Range b);
/* Times a factor. */
Range range_times(Range a, double factor);
/* Of a value times itself. */
Range range_square(Range a);
/* The greater of the magnitudes of its ends. */
double range_most(Range a);
/* Whether the operation never falls where its operand rises. */
bool range_rises(Op op);
/* Operands that the operation does not have mean nothing. */
Range range_of(Op op, Range a, Range b, Range c);

#endif
