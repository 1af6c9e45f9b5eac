/* What the files of the verifier of the Loop IR share: loop_verify_expr.c is about expressions, loop_verify.c about all
 * that they stand in. */
#ifndef SNNC_LOOP_VERIFY_H
#define SNNC_LOOP_VERIFY_H

#include "loop_look.h"

typedef enum Binding {
    UNBOUND,
    CONSTANT, /* FOR, LET, first, last */
    FEW,      /* FOR: a constant of few values */
    VARIABLE  /* DECLARE */
} Binding;

typedef struct Verifier {
    const Program *program;
    Arena *arena;         /* of the verifier itself; messages are the program's */
    const Kernel *kernel; /* or a function's code: `what` says it */
    const char *what;
    Binding *bound; /* by variable: what it is at this point of the kernel */
    VEC(VarId) scope;
    Table names;          /* of buffers and kernels: numbers of those that meet, see unique.h */
    int *named;           /* by buffer: the number of its name */
    const Kernel **owner; /* by that number: the last kernel that was seen to touch a buffer called so */
    BufferSet touched;    /* within the kernel */
    int known;            /* so many functions, the first ones, may be called */
    const Kernel **given; /* by buffer: the kernel that is given it */
    const char *error;
} Verifier;

/* The condition. Where it does not hold, the message is kept, with the kernel that it is in, unless there is one before. */
#define require(verifier, condition, ...) ((condition) || refuse((verifier), __VA_ARGS__))
bool refuse(Verifier *verifier, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* There is such a variable. */
bool verify_var(Verifier *verifier, VarId var);
const char *var_name(const Verifier *verifier, VarId var);
/* Number of indices, their types, and the range of those that are constant. */
bool verify_index(Verifier *verifier, BufferId id, LoopExpr *const *index, int count);
bool verify_expr(Verifier *verifier, const LoopExpr *expr);

#endif
