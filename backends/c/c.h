/* The C backend, internal: expressions, kernels, and the tables for the runtime. */
#ifndef SNNC_BACKEND_C_H
#define SNNC_BACKEND_C_H

#include "backend.h"

#include "arena.h"
#include "loop_look.h"
#include "out.h"

/* Names as they stand in C: see names.c. */
const char *c_buffer(Arena *arena, const Buffer *buffer);
const char *c_kernel_name(Arena *arena, const Kernel *kernel);
const char *c_function_name(Arena *arena, const LoopFunction *function);
const char *c_var(Arena *arena, const Kernel *kernel, VarId var);

/* An expression, with parentheses where C's precedence needs them. In the arena. */
const char *c_expr(Arena *arena, const Program *program, const Kernel *kernel, const LoopExpr *expr);
/* One within a function. */
const char *c_value(Arena *arena, const Program *program, const LoopFunction *function, const LoopExpr *expr);
/* `place[b][t][n]` */
const char *c_element(Arena *arena, const Program *program, const Kernel *kernel, BufferId buffer, int nindex,
                      LoopExpr *const *index);
const char *c_type(Type type);
/* A text as the inside of a C comment, or as a string literal with its quotes. */
const char *c_comment(Arena *arena, const char *text);
const char *c_string(Arena *arena, const char *text);

/* What a kernel's block does. */
void c_statements(Arena *arena, const Program *program, const Kernel *kernel, const LoopBlock *stmts,
                  Out *out);

/* "kws_w, sizeof kws_w[0]": rows of weights which the list's events stand for, and what one takes, where it is worth while to fetch
 * them ahead; else NULL. The kernel makes the list; NULL: another one. */
const char *c_rows(Arena *arena, const Program *program, const Kernel *lister, BufferId list);

/* `float (*hidden)[25][800]`: a pointer to the buffer's elements; `qualifier` ("" or "restrict ") stands
 * before the name. */
const char *c_pointer(Arena *arena, const Buffer *buffer, const char *qualifier);

/* A comment: what it comes from (or NULL), and what it computes. */
void c_heading(Arena *arena, const char *origin, const char *about, Out *out);

/* The program's functions. */
void c_functions(Arena *arena, const Program *program, Out *out);
/* One function per kernel. */
void c_kernels(Arena *arena, const Program *program, Out *out);
/* struct net; the functions that run its phases (launch.c); those that open, close and describe it. */
void c_struct(Arena *arena, const Program *program, Out *out);
void c_phases(Arena *arena, const Program *program, Out *out);
void c_tables(Arena *arena, const Program *program, const BackendOptions *options, Out *out);

/* Kernels and phases for other processors, before those for any; the function that chooses between them. */
void c_levels(Out *out);
void c_level_choice(const Program *program, Out *out);

/* Inference: see infer.c. */
bool c_infer(const Program *program, const BackendOptions *options, bool single, InferFiles *files,
             const char **error);

/* `for (...) {`, with the hint before it. */
void c_open_for(Arena *arena, const Program *program, const Kernel *kernel, const LoopStmt *loop, Out *out);
/* One that is marked as a vector loop. */
void c_vector_loop(Arena *arena, const Program *program, const Kernel *kernel, const LoopStmt *stmt,
                   Out *out);

#endif
