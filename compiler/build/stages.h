/* The stages that are built in, as the rows of language.c name them. Included by build.h, whose types they are about. */
#ifndef SNNC_STAGES_H
#define SNNC_STAGES_H

#include "build.h"

extern const char *const dense_formals[];
bool dense_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
Value build_dense(Build *b, const StageUse *use);
extern const char *const repeat_formals[];
Value build_repeat(Build *b, const StageUse *use);
extern const char *const conv_formals[], *const conv_transpose_formals[];
bool conv_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
bool conv_transpose_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
Value build_conv(Build *b, const StageUse *use);
Value build_conv_transpose(Build *b, const StageUse *use);
extern const char *const pool_formals[], *const upsample_formals[];
int pool_steps(Build *b, const Scope *arguments, int in);
int upsample_steps(Build *b, const Scope *arguments, int in);
int conv_steps(Build *b, const Scope *arguments, int in);
int conv_transpose_steps(Build *b, const Scope *arguments, int in);
int dense_steps(Build *b, const Scope *arguments, int in);
int slice_steps(Build *b, const Scope *arguments, int in);
bool pool_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
bool upsample_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
Value build_sum_pool(Build *b, const StageUse *use);
Value build_avg_pool(Build *b, const StageUse *use);
Value build_max_pool(Build *b, const StageUse *use);
Value build_upsample(Build *b, const StageUse *use);
Value build_poisson(Build *b, const StageUse *use);
Value build_latency(Build *b, const StageUse *use);
extern const char *const flatten_formals[], *const reshape_formals[], *const slice_formals[],
                                                                          *const concat_formals[];
bool flatten_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
bool reshape_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
bool slice_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
bool concat_shape(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
int concat_steps(Build *b, const Scope *arguments, int in);
Value build_flatten(Build *b, const StageUse *use);
Value build_reshape(Build *b, const StageUse *use);
Value build_slice(Build *b, const StageUse *use);
Value build_concat(Build *b, const StageUse *use);
/* For what does not mind shapes: the stream that this one has the values of, if it is only reshaped; else itself. */
StreamId stream_reshaped(Build *b, StreamId stream);
Value build_reduce(Build *b, const StageUse *use);
/* A named argument of the call, or NULL. */
const Expr *told_argument(const Expr *call, const char *name);
/* Which axes a reduction goes over: time, unless something else is told. */
bool reduced_axes(Build *b, const StageUse *use, StreamId in, AxisSet *over);
/* What the stage makes of a stream over these axes. */
StreamId reduce_stream(Build *b, const StageUse *use, StreamId in, const AxisSet *over);
/* That no sum over the batch is in a loop: looped[n], node n is in one. */
void check_loop_sums(Build *b, const bool *looped);
/* How many values a reduction goes over: a number, or a run scalar where it goes over the batch. */
Value build_count(Build *b, const StageUse *use);
void check_counts(Build *b);
/* *shape, of what the reduction is given, becomes that of its result. */
bool reduced_shape(Build *b, const Scope *scope, const Expr *call, Shape *shape);

#endif
