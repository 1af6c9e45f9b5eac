/* What numbers of equations may be, from the least to the greatest: of reals, and of whole numbers. */
#ifndef SNNC_RANGE_H
#define SNNC_RANGE_H

#include "interval.h"
#include "net.h"

/* By value of the scan's body: all that it may be in so many steps, given what inputs and parameters may be. A step that
 * compares a value with a number says of the value on either side of a choice what it then is. Values that nothing needs
 * have no range. */
Range *scan_ranges(const Net *net, const Node *scan, const Range *inputs, const Range *params, int steps);

/* At least one unit in each group has a value that is no less: of a rising function of x less the greatest of x, in the groups
 * of which `greatest` has one each. -INFINITY where that is not known. */
double scan_peak(const Net *net, const Node *scan, Val value, StreamId *greatest);

#endif
