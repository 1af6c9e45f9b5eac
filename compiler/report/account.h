/* What a program that only predicts takes: memory, operations, energy, layer by layer.
 *
 * Energy is that of 45 nm silicon at 0.9 V, by M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC
 * 2014, figure 1.1.9: see figures.def. It says what a network asks for, not what a processor takes, which also fetches
 * instructions: networks can be compared by it. */
#ifndef SNNC_ACCOUNT_H
#define SNNC_ACCOUNT_H

#include "loop_look.h"
#include "report/rates.h"

typedef struct Cost {
    double additions, products;         /* of synapses: of a weight; of a weight times a number */
    double multiplications, operations; /* of neurons and formulas; the others of these */
    double constant_bytes, state_bytes; /* that are read of constants; read and stored elsewhere */
    double arithmetic, memory;          /* pJ */
} Cost;

typedef struct LayerAccount {
    const LoopLayer *layer; /* NULL: what belongs to all */
    int64_t flash, ram;     /* bytes of constants; of the state */
    int64_t stack;          /* bytes of arrays of its kernels */
    double rate;            /* at which it spikes; negative: nobody knows */
    Cost worst, expected;   /* at each step, or of a sample, as the layer says */
} LayerAccount;

/* Of weights that have a delay each: how many there are, and what they take in each form. */
typedef struct DelayAccount {
    int64_t synapses;                /* 0: there are none, or none of a map that goes step by step */
    int64_t table_bytes, code_bytes; /* of constants, to the byte; of code, about: see figures.def */
    bool as_code;                    /* the form they have here */
} DelayAccount;

typedef struct Account {
    const Program *program;
    const Rates *rates;        /* NULL: none were measured, and nothing is expected */
    VEC(LayerAccount) layers;  /* those that take something */
    VEC(const char *) unknown; /* streams that `rates` does not have: taken to spike always */
    int steps;                 /* of a sample, that are made one by one; 1: none are */
    int64_t flash, ram;        /* bytes: as the macros of the header say */
    int64_t stack;             /* at most, with all calls: see kernel_stack() */
    DelayAccount delays;
    Cost worst, expected;  /* of a sample */
    Cost every_step, once; /* of the same connections as products of all inputs: at each step; once, behind a
                                 rectifier instead of a neuron */
    double below_every_step,
        below_once; /* the rate below which spikes need less energy than these; 0: none, 1: any */
} Account;

/* What a call of a kernel takes of a stack, in bytes. */
typedef struct KernelStack {
    int64_t arrays; /* of its own */
    int64_t most;   /* with these, whatever compiler makes it, and with those who call it */
} KernelStack;

KernelStack kernel_stack(const Program *program, const Kernel *kernel);
/* Of a program whose constants have their values. In its arena. */
Account *account_of(const Program *program, const Rates *rates);
double cost_energy(const Cost *cost); /* pJ */
double cost_bytes(const Cost *cost);
/* Synaptic operations: weights that are added. */
double cost_synapses(const Cost *cost);
double cost_operations(const Cost *cost); /* all of them, a multiply-add as one */

#endif
