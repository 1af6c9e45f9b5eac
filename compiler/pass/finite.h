/* Which values may be infinite or not a number, though data and parameters are not: a quotient, a logarithm, a root, a
 * power, an exponential, a product of many factors, and what is made of them unit by unit. Sums and small products
 * of ordinary numbers count as finite, and so do sums over many units. */
#ifndef SNNC_FINITE_H
#define SNNC_FINITE_H

#include "net.h"

bool *wild_streams(const Net *net); /* by stream */
bool *wild_values(const Net *net, const Node *scan,
                  const bool *wild_streams); /* by value of the scan's body */

/* The largest number of single precision: what is not above it in size is finite. */
extern const double largest_finite;

#endif
