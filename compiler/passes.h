/* The passes that lead from the model to the Loop IR, in the order of the table in pipeline.c. */
#ifndef SNNC_PASSES_H
#define SNNC_PASSES_H

#include "ast.h"
#include "diag.h"
#include "loop.h"
#include "net.h"
#include "without.h"

/* `-D name=value`: what a `let` of the model shall hold. `used` is set when one of that name was found. */
typedef struct Define {
    const char *text; /* as it was given */
    const Item *item; /* parsed: name and value */
    bool used;
} Define;

/* AST -> Net. `library` holds the standard neurons, surrogates and optimizers; `model` may hide them by
 * definitions of its own. Reports every mistake it finds; NULL if there was one. */
Net *build_net(Arena *arena, const Sources *sources, Diag *diag, const File *library, const File *model,
               Define *defines, int define_count);

/* Net -> Net, on what build_net made: `training` is a constant. Where something depends on it, net->evaluated is what
 * tests run; with `orders`, also where training may have kernels that add in another order than inference does, which is known
 * when the Net is lowered. Passes over the Net are then to be run on both. */
void evaluate_net(Net *net, bool orders);

/* Net -> Net, before differentiate: a map of a multiple of spikes reads the spikes; who reads it multiplies. */
void factor_maps(Net *net);

/* Net -> Net, of what tests run: factors of a map's outputs that are made of parameters are part of its weights. */
void fold_norms(Net *net);

/* Net -> Net: fuses pointwise maps into the scans that read them; drops what nobody reads. */
void simplify_net(Net *net);

/* Net -> Net, before differentiate: where a map leads to one along time, and nobody else reads what lies between, and it is
 * less work, the latter goes before it. */
void exchange_maps(Net *net);

/* Net -> Net, before differentiate: where a dense map leads, perhaps through linear scans, to a mean, a sum or
 * a last value over time, and nobody else reads what lies between, the map goes behind it and runs once. */
void commute_dense(Net *net);

/* Net -> Net: the adjoint of everything that a parameter's gradient needs, then one UPDATE a parameter. */
void differentiate(Net *net);

/* Net -> Net, after differentiate: a scan takes in the scans, means and sums that read its streams unit by
 * unit, if nothing stands between them. */
void fuse_scans(Net *net);

/* Net -> Net, the last: NaN and infinity that a forward scan compares are in a state at the end, or in a stream
 * of its own. */
void watch_net(Net *net);

/* Net -> Net: what is to predict, and nothing else, of what tests run; it is changed. `all_steps`:
 * layer by layer, also where it could go step by step. */
Net *infer_net(Net *net, bool all_steps);

/* How many bits weights have, in whole numbers. */
typedef enum Quantize {
    QUANTIZE_NO, /* they are reals */
    QUANTIZE_INT8,
    QUANTIZE_INT16,
    QUANTIZE_BINARY, /* 1 or -1, and a unit for each channel */
    QUANTIZE_TERNARY /* 0, too */
} Quantize;

/* Of a Net by infer_net: what is made of parameters alone, and all numbers that are no spikes, stay in buffers of the streams' names. */
void keep_numbers(Net *net);
/* Net -> Net, of such a Net: all its numbers are whole ones, made of what `floats`, which it was lowered to, has as constants.
 * `seen`: by buffer of these, the greatest magnitude that data show; where that leaves more bits for fractions, numbers are held
 * within twice as much. NULL: nobody has looked. NULL, or what cannot be whole, and what to do: then the Net is of no use any more. */
const char *quantize_net(Net *net, const Program *floats, const double *seen, Quantize kind);

/* What `smooth_steps` does with detach(a): keeps it and records a in a stream "held_N", or reads that
 * stream, which the caller fills, instead. */
typedef enum Held { HELD_RECORD, HELD_REPLAY } Held;

/* Net -> Net, before differentiate: the network whose true derivative the adjoint is. Every step becomes
 * its smooth antiderivative (with HELD_RECORD, one whose derivative is by decree the surrogate's), every mix
 * a weighted sum; spikes of neurons become reals. */
void smooth_steps(Net *net, Held held);

/* Which kernels serve dense layers that spikes drive. */
typedef enum Kernels {
    KERNELS_AUTO,  /* both, chosen batch by batch by measured activity */
    KERNELS_EVENT, /* silent inputs are skipped */
    KERNELS_TABLE, /* subset-sum tables, where they fit */
    KERNELS_PLAIN  /* those that are worth it, among which add in the order of inference: of what predicts */
} Kernels;

/* Whether kernels may add in no other order than inference does. */
static inline bool kernels_keep_order(Kernels kernels)
{
    return kernels == KERNELS_EVENT || kernels == KERNELS_PLAIN;
}

/* How the terms of matrix products are added. */
typedef enum Products {
    PRODUCTS_FUSED, /* a product and a sum are rounded once */
    PRODUCTS_APART  /* each by itself */
} Products;

typedef struct LowerOptions {
    int unroll; /* time steps written out one after the other: 0 to choose, UNROLL_FULL, or a factor */
    Kernels kernels;
    Products products;
    Without without;     /* also of passes over the Net and the Program */
    bool infer;          /* a program that predicts, one sample at a time, and does not learn */
    bool all_steps;      /* and takes whole samples */
    Quantize quantize;   /* and computes in whole numbers */
    bool delays_as_code; /* and has each weight of delays as a literal */
    bool small;          /* for tests: what pays from some size on is done at every size */
} LowerOptions;

/* Net -> Loop. */
Program *lower_net(Arena *arena, const Net *net, LowerOptions options);
/* The same, of a Net by infer_net. */
Program *lower_inference(Arena *arena, const Net *net, LowerOptions options);

/* Loop -> Loop: a program of a Net of whole numbers has no reals. */
void whole_program(Program *program);
/* Loop -> Loop, after that: what holds nothing but bytes lies in bytes. */
void bytes_program(Program *program);
/* Loop -> Loop, on kernels that are launched once: there is one sample, and loops of one turn are none. */
void single_sample(Program *program);
/* Loop -> Loop: what is made of parameters alone belongs to the initial phase. */
void freeze_kernels(Program *program);

/* Loop -> Loop, of a program that goes step by step: an array that is a copy of another one is that one, where it can be. */
void drop_copies(Program *program);

/* Statements of a loop of neurons, by all its turns, that reads what is in registers: so it is written out. */
enum { MOST_WRITTEN_OUT = 1600 };
/* Loop -> Loop, of a program that goes step by step, on kernels that are launched once: neurons are made where registers hold their
 * sums. */
void join_neurons(Program *program);

/* Loop -> Loop, once constants are known: branches that these decide are taken or left out; with `loops`, loops marked `literal` are
 * written out, and what is read of constants are numbers. */
void write_literals(Program *program, bool loops);

/* Loop -> Loop, on kernels that are launched once: samples go through some that follow each other one by one. `small`:
 * whatever the size of what lies between them. */
void chain_kernels(Program *program, bool small);

/* Loop -> Loop, on kernels that are launched once: no two are equal up to buffers and names. */
void share_kernels(Program *program);

/* Loop -> Loop: somebody reads every local. */
void drop_unused_locals(Program *program);

/* Loop -> Loop, when loops and locals are what they will be: marks vector loops and what is in registers. */
void mark_vectors(Program *program);

/* Loop -> Loop: no local name hides another one. */
void name_locals(Program *program);

/* Loop -> Loop: operations that no target has an instruction for are calls of functions, and the program has these. */
void call_functions(Program *program);

/* Loop -> Loop: the program says what it needs of the runtime. */
void list_needs(Program *program);

/* Loop -> Loop: what is quickly made, and has at least so many bytes, is made again for the backward phase, where it is in the way
 * when most memory is in use. */
void make_again(Program *program, int64_t least);

/* Loop -> Loop, the last: buffers that are not alive at the same time share their place; `by_type`: only those of one type,
 * which are members of a union whose bytes are never read as another type. */
void place_buffers(Program *program, bool by_type);

/* Loop -> Loop, once buffers have their values, which the initial phase made and does not make again: arrays are no longer than
 * they have to be. */
void trim_constants(Program *program);

#endif
