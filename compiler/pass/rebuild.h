/* Writes a scan's body anew: only what its results need, with leaves replaced on the way. */
#ifndef SNNC_REBUILD_H
#define SNNC_REBUILD_H

#include "net.h"

typedef struct Rebuild Rebuild;

/* Makes the instruction `instr` of the old body in `rebuild->out`, given its new operands. */
typedef Val RebuildInstr(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c);

struct Rebuild {
    Arena *arena;
    const Body *from;
    Body out;
    Val *done;          /* old value -> new value */
    VEC(Val) open;      /* values whose operands are being rebuilt */
    RebuildInstr *make; /* NULL: plain copies */
    bool keep_slopes;   /* of steps: needed until differentiate has run */
    void *context;
};

Rebuild rebuild_start(Arena *arena, const Body *from, bool keep_slopes);
Val rebuild_value(Rebuild *rebuild, Val value);
/* Rebuilds outs, grads and the states' next values of a node whose body is rebuild->from. */
void rebuild_node(Rebuild *rebuild, Node *node);

/* The index of the stream among the node's inputs, where it is put if it is not there. */
int input_index(Arena *arena, Node *node, StreamId stream);

/* Whether two bodies of so many operations shall become one: those of neurons do. Long ones gain nothing by it: what
 * they hand to each other costs little beside them, and a kernel of a thousand lines is hard to read and to compile. */
bool can_be_one_body(int operations, int others);

/* live[v]: the node's results need value v of its body. A state that is read needs its next value. */
bool *live_values(Arena *arena, const Node *node);

#endif
