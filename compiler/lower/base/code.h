/* Kernels, loops and expressions. */
#ifndef SNNC_CODE_H
#define SNNC_CODE_H

#include "lower/lower.h"

/* A kernel over the samples of the batch (items 0) or over 0 .. items-1; `name` is of the model, or NULL. */
void kernel_begin(Lower *lower, const char *verb, const char *name, const char *about, Span origin,
                  int items);
/* Of the kernel that was begun last. */
Launch *last_launch(Lower *lower);
/* What a map has to do in its layer, of a program that only predicts: the row of Program.layers that ends/work.c made. */
LoopDrive *layer_drive(const Lower *lower, const Node *map);
/* The loop over the kernel's items; `name` of its variable. */
LoopStmt *kernel_items(Lower *lower, const char *name);
/* The same, within other loops. */
LoopStmt *kernel_items_in(Lower *lower, LoopBlock *into, const char *name);
/* A kernel over the samples, up to the loop over them. */
Site kernel_samples(Lower *lower, const char *verb, const char *name, const char *about, Span origin);
/* The same, in another phase than that of its surroundings. */
Site kernel_samples_in(Lower *lower, Phase phase, const char *verb, const char *name, const char *about,
                       Span origin);

LoopStmt *for_range(Lower *lower, LoopBlock *into, const char *name, int count);
/* The same, over units (or elements) that do not touch each other: the loops that vectorise. */
LoopStmt *for_units(Lower *lower, LoopBlock *into, const char *name, int count);
/* name = from .. to-1 */
LoopStmt *for_bounds(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to);
/* A loop over from .. to-1, `size` at a time; the body does *first .. *end-1. */
LoopStmt *for_chunks(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to, int size,
                     LoopExpr **first, LoopExpr **end);
LoopExpr *loop_variable(Lower *lower, const LoopStmt *loop);
/* A local value: `const float name = value`; returns the reference to it. */
LoopExpr *loop_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);
/* The same for a value of the model's equations; NULL if they have no name for it. */
LoopExpr *model_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);
LoopExpr *declare_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value);

LoopExpr *num(Lower *lower, int number);
LoopExpr *least(Lower *lower, LoopExpr *a, LoopExpr *b);
/* Whether x is greater (OP_GT) or less (OP_LT) than what was most so far, or NaN: whoever keeps it then keeps NaN, too. x may
 * be read twice. */
LoopExpr *is_beyond(Lower *lower, Op than, LoopExpr *x, LoopExpr *extreme);
/* Whether vectors have WIDE_LANES floats, as those of processors with 32 registers do. */
LoopExpr *lanes_are_wide(Lower *lower);
/* The block that runs where they have, or where they do not. */
LoopBlock *if_wide(Lower *lower, LoopBlock *into, bool wide);
/* What is done where there are vectors, or where there are none. */
LoopBlock *if_vectors(Lower *lower, LoopBlock *into, bool there_are);
/* A truth value as a number. */
LoopExpr *as_bit(Lower *lower, LoopExpr *truth);
LoopExpr *op2(Lower *lower, Op op, LoopExpr *a, LoopExpr *b);
/* Uniform in [0, 1), a multiple of 2^-24: F32. */
LoopExpr *random_fraction(Lower *lower, LoopExpr *key, LoopExpr *unit);
LoopExpr *load1(Lower *lower, BufferId buffer, LoopExpr *i);
LoopExpr *load2(Lower *lower, BufferId buffer, LoopExpr *i, LoopExpr *j);
void store1(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *value, bool add);
void store2(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *j, LoopExpr *value,
            bool add);
/* sum + a * b, as --products says. */
LoopExpr *multiply_add(Lower *lower, LoopExpr *sum, LoopExpr *a, LoopExpr *b);
/* buffer[index...] becomes greater by a * b. */
void store_product(Lower *lower, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                   LoopExpr *a, LoopExpr *b);

/* `name` is of the model, or NULL; dims outermost first. */
BufferId named_buffer(Lower *lower, const char *prefix, const char *name, Type type, BufferRole role,
                      bool per_sample, int ndim, const int *dims);
/* Of a program that only predicts: the first element of a whole-numbered buffer of the kernel is 0 before loops of as many turns as data
 * say fill it. Checkers of C, which people run over it, do not see that what is read was stored. */
void emit_defined(Lower *lower, Site site, BufferId buffer);
/* Says to readers what a buffer holds. */
void buffer_about(Lower *lower, BufferId buffer, const char *about);

/* Leaves no kernel more than LOOP_MOST_LOCAL bytes of local arrays, or LOCAL_SMALL_MOST of a program that only predicts. Each
 * belongs to one kernel. */
void spill_locals(Program *program);

#endif
