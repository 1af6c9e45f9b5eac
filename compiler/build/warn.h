/* What is likely a mistake, and what definitions expect. Included by build.h. */
#ifndef SNNC_WARN_H
#define SNNC_WARN_H

#include "build.h"

/* An argument of a neuron, surrogate or optimizer whose default is `usual`. */
void warn_argument(Build *b, const Entry *entry, Value value, Value usual);
/* The first argument that an expression of a definition speaks of, or NULL. */
const Entry *named_argument(const Scope *frame, const Expr *expr);
/* A use of a definition that is not as this statement of it expects: at the argument, if one is to blame. A block cannot
 * be used so: a mistake. */
void tell_expected(Build *b, const Scope *frame, const Def *def, const Stmt *expect);
void warn_rate(Build *b, double rate, Span span);
/* A stream that is to be the probability of a spike. */
void warn_probability(Build *b, StreamId stream, Span span);
/* Of a model without errors. */
void warn_unused(Build *b);
void warn_no_gradient(Build *b);

#endif
