/* What the files of the verifier of the Loop IR share: loop_verify_expr.c is about expressions, loop_verify.c about all
 * that they stand in. */
#ifndef SNNC_LOOP_VERIFY_H
#define SNNC_LOOP_VERIFY_H

#include "loop.h"

typedef enum Binding {
    UNBOUND,
    CONSTANT, /* FOR, LET, first, last */
    FEW,      /* FOR: a constant of few values */
    VARIABLE  /* DECLARE */
} Binding;

typedef struct Verifier {
    const Program *program;
    const Kernel *kernel; /* or a function's code: `what` says it */
    const char *what;
    Binding *bound; /* by variable: what it is at this point of the kernel */
    VEC(VarId) scope;
    Unique names;         /* of buffers and kernels */
    BufferSet touched;    /* within the kernel */
    int known;            /* so many functions, the first ones, may be called */
    const Kernel **given; /* by buffer: the kernel that is given it */
    const char *error;
} Verifier;

/* Returns the condition, and keeps the first error: the message, with the kernel that it is in. */
bool require(Verifier *verifier, bool condition, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* There is such a variable. */
bool verify_var(Verifier *verifier, VarId var);
const char *var_name(const Verifier *verifier, VarId var);
/* Number of indices, their types, and the range of those that are constant. */
bool verify_index(Verifier *verifier, BufferId id, LoopExpr *const *index, int count);
bool verify_expr(Verifier *verifier, const LoopExpr *expr);

#endif
