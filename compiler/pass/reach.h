/* Which values the loss has a derivative by: `detach`, truth values and the choices of a `select` pass none on. The
 * derivatives may still be 0. */
#ifndef SNNC_REACH_H
#define SNNC_REACH_H

#include "net.h"

bool *reached_streams(const Net *net); /* by stream */

/* By value of the scan's body, where those of its outputs are reached that `outs` says (by output). */
bool *reached_values(Arena *arena, const Node *scan, const bool *outs);

#endif
