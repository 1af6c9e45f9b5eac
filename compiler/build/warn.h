/* What is likely a mistake. Included by build.h. */
#ifndef SNNC_WARN_H
#define SNNC_WARN_H

#include "build.h"

/* As in `20 ms`. */
const char *quantity_text(Build *b, double number, Unit unit);
/* An argument of a neuron, surrogate or optimizer whose default is `usual`. */
void warn_argument(Build *b, const Entry *entry, Value value, Value usual);
void warn_rate(Build *b, double rate, Span span);
/* A stream that is to be the probability of a spike. */
void warn_probability(Build *b, StreamId stream, Span span);
/* What learning makes small. */
void warn_loss(Build *b, const Expr *loss);
/* Of a model without errors. */
void warn_unused(Build *b);
void warn_no_gradient(Build *b);

#endif
