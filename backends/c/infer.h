/* Inference as C99, internal: what its files share. */
#ifndef SNNC_C_INFER_H
#define SNNC_C_INFER_H

#include "c.h"

#include "inference.h"

typedef struct Infer {
    Arena *arena;
    const Program *program; /* its buffers are called as they stand in C */
    const Program *source;  /* the same, with the names of the Loop IR */
    const BackendOptions *options;
    const char *name;  /* kws */
    const char *upper; /* KWS */
    bool single;       /* the weights stand beside the functions */
    const Inference *layout;
} Infer;

/* ---- infer_kernels.c ---- */

void infer_kernels(const Infer *infer, Out *out);
void infer_call(const Infer *infer, const Kernel *kernel, Out *out);
/* Calls of a phase's kernels, a line each; from number `first` on. */
void infer_calls(const Infer *infer, Phase phase, Out *out);
void infer_calls_from(const Infer *infer, Phase phase, int first, Out *out);
/* What a sample's step, or all of it, is given as. */
const Buffer *infer_input(const Infer *infer);

/* ---- infer_data.c ---- */

void infer_state_struct(const Infer *infer, Out *out);
/* "[784][800]"; of vectors "[2][32 / SNN_LANES]" */
const char *infer_dims(Arena *arena, const Buffer *buffer);
/* `extern const float kws_w_[784][800];` */
void infer_constant_names(const Infer *infer, Out *out);
void infer_flash_check(const Infer *infer, Out *out);
void infer_constant_values(const Infer *infer, bool internal, Out *out);
/* The definition of an array, which has values; `before`: what stands in front of its type, but for const. */
void infer_array(const Infer *infer, const Buffer *array, const char *before, Out *out);

/* ---- infer_api.c ---- */

void infer_heading(const Infer *infer, const char *what, Out *out);
void infer_header(const Infer *infer, Out *out);
/* That the header is the one of this source. */
void infer_header_check(const Infer *infer, Out *out);
/* The functions that the header declares. */
void infer_functions(const Infer *infer, Out *out);

/* ---- infer_steps.c ---- */

/* `if (condition) return KWS_STATUS;` */
void infer_refuse_if(const Infer *infer, const char *condition, const char *status, Out *out);
/* kws_step() and kws_step_events(), of which these are the heads. */
void infer_step(const Infer *infer, const char *head, Out *out);
void infer_step_events(const Infer *infer, const char *head, Out *out);
/* Whether lists of events are taken as they are given, for which snn_given.h is needed. */
bool infer_takes_lists(const Infer *infer);

/* ---- infer_selftest.c ---- */

/* Nothing, where the program has no vectors. */
void infer_selftest_declared(const Infer *infer, Out *out);
void infer_selftest(const Infer *infer, Out *out);

#endif
