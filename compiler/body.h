/* A body: the equations of one neuron (or of anything pointwise), one time step, one unit, as scalar
 * instructions in single assignment. A Val names the instruction that made it.
 *
 * Above the shared operations (ops.def) a body has leaves and four operations of its own:
 *
 *   step(a; slope b, smooth c)  1 where a >= 0, else 0. Its derivative is b by decree (the surrogate);
 *                               c is the antiderivative of b, which gradcheck puts in the step's place.
 *   mix(a, b, c)                a ? b : c for a spike a in {0, 1}, differentiable in a as if it were
 *                               a * b + (1 - a) * c: d/da = b - c.
 *   detach(a)                   a, with derivative 0.
 *   uniform(a, b; draw `index`) a random number from a up to b, another one for each element and draw. Only where the
 *                               first values of a parameter are made.
 *
 * b and c of a step are ordinary values of the body; a plain forward run does not need them. */
#ifndef SNNC_BODY_H
#define SNNC_BODY_H

#include "out.h"
#include "source.h"
#include "table.h"
#include "vec.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum Op {
#define OP(id, name, arity, result, meaning) OP_##id,
#include "ops.def"
#undef OP
    OP_COUNT,
    /* Leaves of a body; `index` says which one, `number` the value of a constant. */
    OP_CONST = OP_COUNT, /* number */
    OP_INPUT,            /* the value of input stream `index` here and now */
    OP_STATE,            /* state `index` at the start of the step */
    OP_PARAM,            /* learned parameter `index` of the node */
    OP_SCALAR,           /* run-time scalar `index`: enum Scalar, and from SCALAR_COUNT on Net.scalars */
    OP_POSITION, /* where an element stands along dimension `index`, from 0: of a parameter whose first values
                            are made */
    /* Operations that only a body has. */
    OP_STEP,
    OP_MIX,
    OP_DETACH,
    OP_UNIFORM,
    OP_BODY_COUNT
} Op;

/* Values that change between batches, the same for all units. */
typedef enum Scalar {
    SCALAR_ROWS,  /* samples in this batch */
    SCALAR_LR,    /* the learning rate, or the number that its schedule goes from */
    SCALAR_STEP,  /* optimiser steps, this one included */
    SCALAR_SCALE, /* factor of every gradient (clipping by norm) */
    /* Where the training is; when it is measured or done, where it was last. */
    SCALAR_EPOCH, /* from 0 */
    SCALAR_EPOCHS,
    SCALAR_BATCH, /* of the epoch, from 0 */
    SCALAR_BATCHES,
    SCALAR_TRAINING, /* 1 while the network learns, else 0: in equations, a constant from the pass `evaluate` on */
    SCALAR_COUNT
} Scalar;

typedef int Val; /* index into Body.code; NO_VAL where there is none */
enum { NO_VAL = -1 };

typedef struct Instr {
    Op op;
    Val a, b, c;      /* operands; NO_VAL where unused */
    int index;        /* leaves, UNIFORM */
    double number;    /* OP_CONST */
    const char *name; /* the name the user gave it, or NULL */
    Span span;        /* what the user wrote that it came from */
} Instr;

typedef struct Body {
    VEC(Instr) code; /* operands precede their users */
    Span at;         /* what the user wrote for the instructions that are made next */
    Table values;    /* of the instructions, by what they compute */
} Body;

const char *op_name(Op op); /* the leaves and body operations too */
int op_arity(Op op);        /* number of operands in a, b, c */
bool op_is_truth(Op op);    /* its result is a truth value */
bool op_is_word(Op op);     /* it is about the bits of words; no body has it */
const char *scalar_name(Scalar scalar);

/* Constructors. They fold constants and drop neutral operations (x + 0, x * 1, 0 * x, select of a
 * constant, detach of a constant), and return an existing equal instruction instead of a second one.
 * Factors are gathered only where single precision holds the product. */
Val body_const(Arena *arena, Body *body, double number);
Val body_leaf(Arena *arena, Body *body, Op op, int index, const char *name);
Val body_op1(Arena *arena, Body *body, Op op, Val a);
Val body_op2(Arena *arena, Body *body, Op op, Val a, Val b);
Val body_op3(Arena *arena, Body *body, Op op, Val a, Val b, Val c); /* SELECT, STEP, MIX */
Val body_uniform(Arena *arena, Body *body, Val a, Val b, int draw);

/* Names the value for dumps and generated code, unless it has a name already or is a constant. */
void body_name(Body *body, Val value, const char *name);

/* A copy of an instruction of another body, with operands of this one. */
Val body_copy(Arena *arena, Body *body, const Instr *instr, Val a, Val b, Val c);

/* Operands that the value of an operation needs: of a step only a, not its slope and smooth. */
int op_value_arity(Op op);
Val instr_operand(const Instr *instr, int k); /* k = 0, 1, 2: a, b, c */
/* Sets live[v] for every value that computing `value` needs, itself included. */
void body_mark(const Body *body, Val value, bool *live);

/* Whether the antiderivative `c` of a step sees the step's operand through `detach`: then learning goes through it to what
 * else it is made of, as a slope that is a parameter. */
bool step_learns(Arena *arena, const Body *body, const Instr *step);

/* Of random numbers. */
int body_draws(const Body *body);
/* True with *number set if the value is a constant. */
bool body_is_const(const Body *body, Val value, double *number);

/* Whether single precision, in which networks run, holds the number: finite, and not 0 unless it is 0. */
bool single_holds(double number);
/* The first constant from `from` on that single precision does not hold, or NO_VAL. */
Val body_unheld(const Body *body, Val from);

/* The arithmetic of one shared operation in double precision (truth values are 0 and 1). */
double op_eval(Op op, double a, double b, double c);
/* RESCALE, of whole numbers whose product has at most 62 bits. */
int64_t rescaled(int64_t a, int64_t b, int c);

#endif
