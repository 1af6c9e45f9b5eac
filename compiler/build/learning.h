/* What is said of parameters: what they start from, and what learning does with them. Included by build.h, whose types it is
 * about. */
#ifndef SNNC_LEARNING_H
#define SNNC_LEARNING_H

#include "build.h"

/* Of the weights of a map, as PyTorch counts them; of [taps..., inputs, outputs]. */
Fans fans_of(const AxisMap *map);
Fans fans_of_shape(Shape shape);
/* Whether a random number is drawn somewhere in the expression. */
bool draws(Scope *scope, const Expr *expr);
/* What a connection says of its parameters, in its arguments. Each is false if a mistake was reported. */
bool frozen_argument(Build *b, const Scope *arguments, bool *frozen);
bool clamp_argument(Build *b, const Scope *arguments, Param *param);
/* `usual`: the group of one that names none. */
bool group_argument(Build *b, const Scope *arguments, const char *usual, Param *param);
bool learning_arguments(Build *b, const Scope *arguments, const char *usual, Param *param);
/* What a line of equations says of its parameter, whose group it usually is: what it starts from, what learning does. */
bool read_param(Build *b, Scope *scope, const Stmt *stmt, Fans fans, Param *param);
ParamId add_read_param(Build *b, const char *name, const Param *read, Span span);
/* The first values of a parameter: a formula that may draw random numbers. `expr` is evaluated in `scope`; false if a
 * mistake was reported. `what` it is for, in messages. */
bool build_init(Build *b, Param *param, Scope *scope, const Expr *expr, Fans fans, const char *what);

#endif
