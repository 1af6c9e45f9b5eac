/* The Loop IR: a small imperative program over buffers. Everything that a target does not decide is
 * decided here; a backend only spells it.
 *
 * A Program has one function a phase: a list of launches, run in order, each when the one before has ended. A
 * launch says which kernel runs, how many items it does, and what it is given: buffers and a number. A kernel's work is a
 * number of independent items; it does the items first .. last-1, so a runtime may divide them among threads. It names
 * the buffers that it always works on, and its GIVEN ones, in whose place each launch gives others.
 * It may contain: loops with known bounds, scoped constants and variables, loads, stores, scalar
 * operations (ops.def), random numbers by counter, calls of functions. It may not contain: pointers, recursion,
 * anything that depends on the model beyond what is spelled out.
 *
 * A function makes one value of its arguments and of nothing else. What no target has an instruction for, as exp, is
 * an operation until the pass `functions`, and then a call of the function that defines it, to the bit.
 *
 * Types: F32 arithmetic is exact IEEE single precision without contraction, in the written order.
 * U32 arithmetic wraps. U8, U16, I8 and I16 are storage types, for spikes, for indices and for small numbers: a load gives I32, a store
 * of a truth value or an I32 is converted.
 * Operands of one operation have one type (indices I32; random keys U32); casts are explicit. */
#ifndef SNNC_LOOP_H
#define SNNC_LOOP_H

#include "arena.h"
#include "body.h"
#include "out.h"
#include "room.h"
#include "source.h"
#include "unique.h"
#include "vec.h"

#include <stdint.h>

typedef enum Type { TYPE_F32, TYPE_I32, TYPE_U32, TYPE_BOOL, TYPE_U8, TYPE_U16, TYPE_I8, TYPE_I16 } Type;

typedef enum BufferRole {
    BUFFER_PARAM,    /* weights, learned or frozen; kept between batches */
    BUFFER_GRADIENT, /* of a parameter */
    BUFFER_MOMENT,   /* optimiser state of a parameter; kept */
    BUFFER_STREAM,   /* per sample */
    BUFFER_SCRATCH,  /* per sample or not; no meaning outside its kernels */
    BUFFER_LOCAL,    /* exists while a kernel's items run; one for each thread */
    BUFFER_GIVEN, /* of one kernel: stands for a buffer that each launch names, like this one but for its role; its outermost
                     dimension may be less than here. One of a single dimension, not for each sample, stands for the
                     elements of any buffer, in a row */
    BUFFER_INPUT, /* per sample, filled before the forward phase */
    BUFFER_OUTPUT /* per sample, read by the runtime: loss, predicted, scores, activity */
} BufferRole;

enum {
    LOOP_MAX_DIMS = 6,
    LOOP_MOST_LOCAL = 1 << 16, /* bytes of a kernel's LOCAL buffers */
    LOOP_SLICES = 8,           /* of a batch: see Launch */
    LOOP_MOST_LANES = 16,      /* floats of a vector; fewer are a power of two */
    LOOP_LIST_ROWS = 8,        /* see loop_list_columns() */
    LOOP_LIST_BLOCK = 8
};

typedef struct Buffer {
    const char *name;  /* unique among buffers and kernels, see unique.h; of a GIVEN one, in its kernel */
    bool of_model;     /* the model's name is, or is part of, this name; else it is the compiler's own */
    const char *about; /* what it holds, for readers; NULL where its name says so */
    Type type;
    BufferRole role;
    bool small;      /* LOCAL: sums of a few rows, which registers may hold */
    bool registers;  /* LOCAL: an array of vectors, see "vector loops" below. Set by the pass `vectors` */
    bool per_sample; /* an outermost dimension of batch size comes before dims */
    bool sparse; /* made for the worst case, filled from the front of each row: pages of it are seldom used */
    int ndim;
    int dims[LOOP_MAX_DIMS];
    int padding; /* of the last dimension: elements at its end that are worked on with the others and mean nothing, so
                    that loops go over whole vectors. Nobody looks at them */
    bool keep; /* somebody looks at it when all is done */
    int place; /* BufferId: of the first buffer in the memory where it stands; its own, unless it shares */
    int param; /* PARAM, GRADIENT, MOMENT: index into Program.params; else -1 */
    int length; /* BufferId: of a constant that says how long the last dimension is, if that is less than here; -1: none */
    const double *values; /* what it holds, if it is a constant of a program that only predicts; else NULL */
    Span span;
} Buffer;

typedef int BufferId;
typedef int VarId;

typedef struct Var {
    const char *name; /* unique in the kernel; after the pass `names`, unique where it is seen */
    const char *base; /* what it was asked to be called */
    bool of_model;    /* as of a buffer */
    Type type;
} Var;

typedef enum LoopExprKind {
    LOOP_NUMBER, /* number                      of `type` */
    LOOP_VAR,    /* var */
    LOOP_LOAD,   /* buffer, args = indices */
    LOOP_OP,     /* op (a shared operation), args */
    LOOP_CAST,   /* args[0] to `type` */
    LOOP_BITS,   /* args[0], F32 or U32         the same 32 bits as the other of these types */
    LOOP_CALL,   /* function, args */
    LOOP_SCALAR, /* scalar                      I32 for rows, else F32 */
    LOOP_GIVEN,  /* the number that the launch gives: I32 */
    LOOP_PLACE, /* where who runs this keeps what is its own: I32, less than there are items, and different for all that
                    run at the same time; no result may depend on it */
    LOOP_LANES, /* floats of the widest vector of the machine: I32, to 16, 1 where it has none; no result may depend on it */
    LOOP_KEY,   /* args: sample, step (I32)    random stream of one sample and step: U32 */
    LOOP_RANDOM /* args: key (U32), unit (I32) 32 random bits: U32 */
} LoopExprKind;

typedef struct LoopExpr LoopExpr;
struct LoopExpr {
    LoopExprKind kind;
    Type type; /* of the value; no storage type */
    double number;
    VarId var;
    BufferId buffer;
    Op op;
    Scalar scalar;
    int function; /* in Program.functions */
    int nargs;
    LoopExpr *args[LOOP_MAX_DIMS + 1];
};

typedef enum LoopStmtKind {
    LOOP_FOR,     /* var, from, to, down, independent, vector, few, unroll, body: var = from .. to-1, or
                     downwards; value, if not NULL: only where it is not 0, a U8 element with var as its last index */
    LOOP_LET,     /* var, value         a constant of this scope */
    LOOP_DECLARE, /* var, value         a variable of this scope */
    LOOP_SET,     /* var, value */
    LOOP_STORE,   /* buffer, index, value; add: += */
    LOOP_AHEAD,   /* buffer, index, count: so many elements from there on will soon be read or stored. A hint:
                     it changes no value */
    LOOP_LIST, /* var, buffer, index, value, count: value is a load of the first of `count` U8 elements in a row,
                     flags that are 0 or 1. In the order of loop_list_position, the positions (from 0 on) of those
                     that are 1 are stored to buffer, from index on; var, which is I32, becomes greater by their
                     number. There is room for `count` positions and LOOP_LIST_SLACK more from index on: what stands
                     behind the stored ones has no meaning afterwards */
    LOOP_IF,     /* value, body */
    LOOP_BLOCK,  /* text (a comment or NULL), body: a scope */
    LOOP_COMMENT /* text */
} LoopStmtKind;

enum { UNROLL_FULL = -1, UNROLL_NONE = 1, LOOP_LIST_SLACK = 8 };

typedef struct LoopStmt LoopStmt;
typedef VEC(LoopStmt *) LoopBlock;

struct LoopStmt {
    LoopStmtKind kind;
    VarId var;
    LoopExpr *from, *to;
    bool down;
    bool independent; /* FOR: no iteration touches what another stores, so it may be vectorised */
    bool vector;      /* FOR: see "vector loops" below. Set by the pass `vectors` */
    bool
        few; /* FOR: from a number to a number, or to the variable of such a loop around it; faster if a target writes
                   the turns out. A hint */
    bool literal; /* FOR: turns are written out once constants are known: see write_literals() */
    int unroll;   /* FOR: UNROLL_NONE, UNROLL_FULL or a factor: see unroll_loops */
    LoopExpr *value;
    BufferId buffer;
    int nindex;
    LoopExpr *index[LOOP_MAX_DIMS + 1];
    bool add;
    bool apart; /* LET: made where it stands, not within the expression that needs it; changes no value */
    int count;
    const char *text;
    LoopBlock body;
};

typedef enum Phase {
    PHASE_INIT, /* once, before a training: initial values of parameters and of the optimiser's states */
    PHASE_FORWARD,
    PHASE_BACKWARD,
    PHASE_UPDATE,
    PHASE_EVALUATE, /* in the place of a forward phase, where nothing is learned; empty: the forward phase does */
    /* Of a program that only predicts, whose PHASE_INIT makes what it has as constants: */
    PHASE_RESET,  /* before a sample */
    PHASE_BEGIN,  /* once its data are there, but for what they have step by step */
    PHASE_STEP,   /* for each step, if it goes step by step */
    PHASE_RESULT, /* what is predicted, by the steps so far; or all, if it does not go step by step */
    PHASE_COUNT
} Phase;

typedef struct Kernel {
    const char *name; /* unique among buffers and kernels */
    bool of_model;
    const char *about;   /* what it computes, one line */
    const char *origin;  /* "model.snn:7  hidden = input -> dense(800)": place and source line, or NULL */
    int line;            /* of the model's file, where it comes from; 0: from none */
    VEC(BufferId) given; /* no two launches need give the same; one launch gives different ones */
    VarId first, last;
    VEC(Var) vars;
    Unique names; /* of vars */
    LoopBlock body;
} Kernel;

/* Pure: its statements are LETs and COMMENTs, and no expression of it is a LOAD, a SCALAR, LANES or a KEY. */
typedef struct LoopFunction {
    const char *name;  /* unique among functions */
    const char *about; /* lines of a comment, or NULL */
    Op op;             /* the operation that it defines in single precision, or OP_COUNT */
    int params;        /* so many of the variables, the first ones, are what it is called with */
    Kernel code;       /* its variables and statements, and nothing else */
    LoopExpr *result;
} LoopFunction;

typedef VEC(LoopFunction) LoopFunctions;

typedef struct Launch {
    int kernel;         /* in Program.kernels */
    const char *about;  /* what it computes here, as of a kernel */
    const char *origin; /* as of a kernel */
    bool over_rows;     /* items are the samples of the batch, else 0 .. items-1 */
    int items;
    bool ordered; /* over_rows: the batch is cut into LOOP_SLICES slices, of which number s begins with sample
                     rows * s / LOOP_SLICES; samples of a slice are not done at the same time, but in their order */
    bool
        joined; /* over_rows: to the launch before: both are done for a sample before the next sample is begun */
    bool
        quick; /* makes one buffer anew, in about the time that it takes to read what was kept of it, of what it reads alone: may be
                   made again */
    bool again;          /* is made again: see make_again() */
    int number;          /* given, too: see LOOP_GIVEN */
    int layer;           /* whose it is, of a program that only predicts: in Program.layers; else -1 */
    VEC(BufferId) given; /* for those of the kernel, in their order; never a LOCAL or a GIVEN one */
} Launch;

typedef VEC(Launch) Launches;

/* How many launches are joined from the first on: 1, if it stands alone. */
static inline int loop_run(const Launches *launches, int first)
{
    int end = first + 1;
    while (end < launches->count && launches->at[end].joined)
        end++;
    return end - first;
}

/* What the runtime must know about the network, beside its kernels. */
typedef struct LoopParam {
    const char *name, *about;
    int line; /* of the model's file */
    int ndim;
    int dims[MAX_DIMS];
    bool matrix;
    bool frozen; /* by the model: gradients of it are nobody's concern */
    bool kept;   /* a state of a memory: frozen, and changed with every batch */
    BufferId value;
    BufferId gradient; /* -1: frozen, not learned; then it has no states either */
    int states;
    BufferId state[MAX_STATES];
    const char *state_name[MAX_STATES];
} LoopParam;

/* A stream worth reporting: firing rates, NaN, `info`. */
typedef struct LoopStream {
    const char *name, *about;
    int line; /* of the model's file */
    int size;
    int steps;                 /* if they are others than the program's; else 0 */
    bool spikes, saved;        /* saved: for the backward pass only */
    bool evaluated;            /* of the phase `evaluate`, not of `forward` */
    bool part;                 /* of what a later row shows, or of the loss: the model has no such layer */
    int64_t parameters;        /* numbers that are learned, or frozen, to make it */
    BufferId values, activity; /* -1: none */
    int64_t operations;        /* multiply-adds per sample to compute it, all steps, dense */
} LoopStream;

/* Values that are finite after every forward phase, or something went wrong. */
typedef struct LoopWatch {
    int stream;        /* of the layer, in Program.streams */
    const char *state; /* the layer's state that they are at the end; NULL: what it compares */
    BufferId values;
} LoopWatch;

/* What it says of a sample. */
typedef struct LoopPrediction {
    const char *name;           /* "": it has none */
    int size, steps;            /* steps 0: once for all of them */
    BufferId values, predicted; /* predicted -1: it says numbers, not a class */
    double unit;                /* of whole numbers: 1 stands for so much */
} LoopPrediction;

/* What a map of a layer has to do, at each step or for a sample, as its layer says. */
typedef struct LoopDrive {
    int map;            /* its node's number in the Net, for who writes its kernel */
    const char *stream; /* that it reads, or that this is a copy, a late one or a maximum of */
    int window;         /* a maximum: of so many positions; else 1 */
    bool spikes;        /* what is silent costs nothing; else all inputs count */
    bool again;         /* a drive before it reads the same stream */
    int64_t inputs;     /* that there are */
    int64_t products;   /* multiply-adds, as if all of them were there, */
    BufferId counted;   /* and so many more; a constant, or -1 */
    int64_t dense;      /* multiply-adds of a product with all of its weights, absent ones, too */
} LoopDrive;

/* What one kernel computes together, of a program that only predicts: connections and the neurons behind them. */
typedef struct LoopLayer {
    const char *name, *about; /* of the last stream that it makes */
    int line;                 /* of the model's file */
    int units;
    bool each_step;     /* runs at each step; else once a sample, all its steps */
    int64_t parameters; /* as the model has them */
    VEC(LoopDrive) drives;
    int64_t multiplications, operations; /* of neurons and formulas; the others of these */
    int64_t touched;                     /* bytes that these read and store */
} LoopLayer;

/* A sample, and what is predicted of it, to the bit. */
typedef struct LoopVector {
    int sample;          /* its number */
    const double *input; /* all of its data */
    const double
        *results; /* of each prediction in turn: the class, or 0 if it says numbers; then its values */
} LoopVector;

/* How many samples of a test set are taken for the class that they have. */
typedef struct LoopAccuracy {
    const char *folder; /* of the test set; NULL: nothing was measured */
    int samples, of;    /* so many samples of all */
    int floats, whole;  /* right in reals; in whole numbers, */
    int alike;          /* and taken for the same class by both */
} LoopAccuracy;

/* A number for each sample, whose mean is told. */
typedef struct LoopMetric {
    const char *name;
    int prediction;  /* of which it is the accuracy, */
    BufferId values; /* if this is -1 */
} LoopMetric;

/* What it needs of the runtime: needs.def. */
#define NEED(name, header) NEED_##name,
typedef enum Need {
#include "needs.def"
    NEED_COUNT
} Need;
#undef NEED

typedef struct Program {
    Arena *arena;
    const char *name;   /* of the model */
    const char *source; /* file name of the model, without folders */
    int steps;
    const char *whole_why; /* of one that only predicts: why it does not go step by step; NULL: it does */
    bool ends_early;       /* likewise: steps that a sample has not need not be made */
    double dt;             /* ms that a step lasts, 0: not said */
    bool learns;           /* has a backward phase and updates */
    bool whole;         /* the backward phase does what the forward phase does first, so need not follow it */
    bool predicts;      /* and nothing else: one sample at a time, without a runtime */
    bool whole_numbers; /* likewise, and has no reals */
    double data_unit;   /* then 1 of its input stands for so much, */
    VEC(const char *) notes; /* and this is to be said of them, a line each */
    bool takes_lengths;      /* the model asks which steps a sample has; else all samples have all of them */
    bool takes_spikes;       /* its input is spikes, not numbers */
    unsigned needs;          /* a bit for each Need, of a program that all passes are done with */
    Unique names;            /* of buffers and kernels */
    VEC(Buffer) buffers;
    LoopFunctions functions; /* those that are called; each calls only functions before it */
    VEC(Kernel) kernels;
    Launches phases[PHASE_COUNT];
    VEC(LoopParam) params;
    VEC(LoopStream) streams;
    VEC(LoopWatch) watches; /* in forward order */
    VEC(LoopPrediction) predictions;
    VEC(LoopMetric) metrics;
    VEC(LoopVector) vectors;                              /* of one that only predicts; */
    VEC(LoopLayer) layers;                                /* likewise */
    LoopAccuracy accuracy;                                /* likewise */
    BufferId input, label, target, present, sample, loss; /* -1 where the model has none */
    BufferId step; /* of one that only predicts: the last kernel of PHASE_STEP counts it; else -1 */
    /* Plain facts for the runtime's table. */
    const char *data_format; /* "idx": snn_idx reads it; NULL: nothing is read */
    const char *data_folder;
    VEC(const char *) data_settings; /* for its reader */
    int data_ndim;
    int data_dims[MAX_DIMS + 1];
    int target_ndim; /* 0: data have no target */
    int target_dims[MAX_DIMS + 1];
    int classes, batch, epochs; /* classes 0: data have no label */
    int label_steps;            /* labels of a sample, one for each step; 0: one for all of it */
    int least_batch;            /* see Training */
    uint32_t seed;
    uint64_t weights_hash; /* of one that only predicts: of its parameters */
    double clock
        [SCALAR_COUNT]; /* likewise: where the training of its weights has ended, by SCALAR_EPOCH and so on */
    double lr;          /* see SCALAR_LR */
    BufferId rate;      /* the learning rate of the batch: one number; -1: lr */
    double clip_norm;
    const char *optimizer, *learning; /* its name; with all that was set */
    /* The model as lines of text: what its results depend on, and what only its training does. */
    VEC(const char *) network_text, training_text;
    VEC(const char *) drawing; /* as SVG, of some lines each */
} Program;

bool program_needs(const Program *program, Need need);
const char *type_name(Type type);
/* Of a value loaded from a buffer of this type. */
Type type_loaded(Type type);
const char *phase_name(Phase phase);
/* A program that learns or tests has all phases of a training, but PHASE_EVALUATE perhaps; of other phases, programs have those
 * in which something is launched. */
bool program_has(const Program *program, Phase phase);

/* ---- building: all nodes live in program->arena ---- */

/* Without kernels and buffers: it has no input, no loss, nothing that the runtime looks at. */
Program *program_new(Arena *arena, const char *name);
/* `base`, with a number behind it if a buffer or a kernel has this name. */
const char *loop_name(Program *program, const char *base);
/* The buffer's name is from loop_name. */
BufferId loop_buffer(Program *program, Buffer buffer);
/* A GIVEN one that stands for this buffer, and has its name. */
BufferId loop_given_buffer(Program *program, BufferId buffer);
/* A LOCAL or a GIVEN one: no memory of the program. */
bool buffer_is_of_kernel(const Buffer *buffer);
/* Of one sample, where it has some for each. */
int64_t buffer_elements(const Buffer *buffer);
/* The values of a stream, if they are floats, which the runtime looks for NaN; else -1. */
BufferId stream_floats(const Program *program, const LoopStream *stream);
/* The same if they are spikes, a byte each. */
BufferId stream_fired(const Program *program, const LoopStream *stream);
/* Whether its input is spikes, not reals; false where it has none. */
bool program_takes_spikes(const Program *program);
int type_bytes(Type type); /* of an element in memory */
int64_t buffer_bytes(const Buffer *buffer);
BufferId loop_find(const Program *program, const char *name); /* -1 if there is none */

VarId loop_var(Arena *arena, Kernel *kernel, const char *base, Type type); /* unique in the kernel */

LoopExpr *loop_int(Arena *arena, int number);
LoopExpr *loop_word(Arena *arena, uint32_t number);
LoopExpr *loop_float(Arena *arena, double number);
LoopExpr *loop_ref(Arena *arena, const Kernel *kernel, VarId var);
/* Folds integer constants, x + 0 and x * 1; F32 arithmetic only where nothing can change. */
LoopExpr *loop_op(Arena *arena, Op op, LoopExpr *a, LoopExpr *b, LoopExpr *c);
LoopExpr *loop_cast(Arena *arena, Type type, LoopExpr *a);
LoopExpr *loop_bits(Arena *arena, LoopExpr *a);
/* functions->at[function] of as many arguments as it has parameters. */
LoopExpr *loop_call(Arena *arena, const LoopFunctions *functions, int function, LoopExpr *const *args);
LoopExpr *loop_load(Program *program, BufferId buffer, int nindex, LoopExpr *const *index);
LoopExpr *loop_scalar(Arena *arena, Scalar scalar);
LoopExpr *loop_given(Arena *arena);
LoopExpr *loop_place(Arena *arena);
LoopExpr *loop_lanes(Arena *arena);
/* Whether there are vectors of several floats, or whether there are none; and which of these an expression asks. */
LoopExpr *loop_vectors(Arena *arena, bool there_are);
bool loop_asks_for_vectors(const LoopExpr *expr, bool *there_are);
LoopExpr *loop_key(Arena *arena, LoopExpr *sample, LoopExpr *step);
LoopExpr *loop_random(Arena *arena, LoopExpr *key, LoopExpr *unit);

/* Functions as they are written in library/functions.loop, behind those that there are. NULL, or what is wrong, and in
 * which line. */
const char *loop_read(Arena *arena, const char *text, LoopFunctions *functions);
int loop_function(const LoopFunctions *functions, const char *name); /* -1 if there is none */

LoopStmt *loop_for(Arena *arena, LoopBlock *into, VarId var, LoopExpr *from, LoopExpr *to);
LoopStmt *loop_block(Arena *arena, LoopBlock *into, const char *text);
LoopStmt *loop_if(Arena *arena, LoopBlock *into, LoopExpr *condition);
void loop_let(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value);
/* The same, and it is made where it stands. */
void loop_let_apart(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value);
void loop_declare(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value);
void loop_set(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value);
void loop_store(Program *program, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                LoopExpr *value, bool add);
void loop_ahead(Program *program, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                int count);
/* `flags` is a load of the first of `count` flags. */
void loop_list(Program *program, LoopBlock *into, VarId var, BufferId buffer, int nindex,
               LoopExpr *const *index, LoopExpr *flags, int count);
/* The position that LIST looks at as number `turn` of `count`: each of them once, in an order that a target can keep
 * while it packs eight contiguous rows of flags into one row of bytes. */
int loop_list_position(int count, int turn);
/* Most positions of LIST lie in LOOP_LIST_ROWS rows of so many columns, and come first: blocks of LOOP_LIST_BLOCK columns, all rows
 * of one before the next one. 0: there are no such rows. */
int loop_list_columns(int count);
/* Turns of the loop, if its bounds are numbers or it goes to from + number; else -1. */
int loop_turns(const LoopStmt *loop);
/* Whether the statement is about buffer[index...]. */
bool loop_has_element(const LoopStmt *stmt);
void loop_comment(Arena *arena, LoopBlock *into, const char *text);

/* ---- vector loops ----
 *
 * A vector loop may be taken several turns at a time, as the lanes of vectors of floats: any power of two of them up to
 * LOOP_MOST_LANES; its bounds are multiples of that. It is `independent`, goes upwards, and stands in no other vector
 * loop. In it stand, of type F32:
 *  - LET, DECLARE, and SET of a variable that is declared in it: each has a value for each lane;
 *  - STORE to a row: the last index is contiguous (the loop's variable, or that plus what is the same in all lanes), the
 *    other indices are the same in all lanes;
 *  - FOR, marked as `few`, with bounds that are the same in all lanes, over such statements.
 * Their values are loads of rows, variables, whatever is the same in all lanes, and sums, differences, products (fused
 * or not) and negations of these. A result does not depend on the number of lanes.
 * In a program that only predicts, values are compared too: LET of type BOOL has a truth for each lane, of <, <=, > or >= and by
 * `and` and `or`; it chooses a value for each lane, is 0 or 1 as F32, and is stored to a row of U8.
 *
 * A buffer in registers is LOCAL, of type F32, with rows of a multiple of LOOP_MOST_LANES. Only vector loops touch it, at
 * their variable or that plus such a multiple: it may be held as vectors. */

/* Whether the value, in the body of the loop, may differ from turn to turn: it is made of the loop's variable, or of
 * what is declared in the body. Else it is the same in all lanes. */
bool loop_differs(const LoopStmt *loop, const LoopExpr *expr);
/* Whether it is as a vector loop has to be, but for the loops around it. */
bool loop_suits_vectors(const Program *program, const LoopStmt *loop);
/* By buffer: whether it is as one in registers has to be, once vector loops are marked. */
bool *loop_suits_registers(Arena *arena, const Program *program);

void loop_print(Out *out, const Program *program);
/* NULL, or what is wrong (an internal error of the pass that ran last). */
const char *loop_verify(const Program *program);
/* The same, of functions being pure, of vector loops, of what the runtime is told, of launches and of places alone;
 * what comes before is right. */
const char *functions_verify(const Program *program);
const char *vectors_verify(const Program *program);
const char *tables_verify(const Program *program);
const char *launches_verify(const Program *program);
const char *places_verify(const Program *program);

/* Loop -> Loop: makes of the loops that are marked by `unroll` rounds of few turns. */
void unroll_loops(Program *program);

#endif
