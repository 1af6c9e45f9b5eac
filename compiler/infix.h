/* Expressions for the dumps of both representations: infix, spelled as in the language, with parentheses
 * only where its precedences need them. */
#ifndef SNNC_INFIX_H
#define SNNC_INFIX_H

#include "body.h"

typedef struct Infix {
    const char *text;
    int precedence; /* see operators.def; INFIX_PRIMARY for what never needs parentheses */
} Infix;

enum { INFIX_PRIMARY = 10 };

Infix infix_name(const char *name);
/* `suffix` stands behind the digits. */
Infix infix_number(Arena *arena, double number, const char *suffix);
/* One operation on op_arity(op) operands; name(a, b, c) where the language has no operator for it. */
Infix infix_op(Arena *arena, Op op, const Infix *operands);
/* The operation on two operands whose sign stands at the start of the text, how many characters it has and how tightly
 * it binds; OP_COUNT where there is none. */
Op infix_sign(const char *text, int *length, int *precedence);
Infix infix_call(Arena *arena, const char *name, const Infix *operands, int count);

#endif
