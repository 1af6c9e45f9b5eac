/* What stands before the layers and behind them: encoders, reductions, losses, predictions, and what the runtime looks
 * at. Whole kernels. */
#ifndef SNNC_ENDS_H
#define SNNC_ENDS_H

#include "lower/lower.h"
#include "stepwise.h"

/* Before all else in a forward phase. */
void lower_schedule(Lower *lower);

void lower_poisson(Lower *lower, const Node *node);
void lower_latency(Lower *lower, const Node *node);
void lower_delay(Lower *lower, const Node *node);
void lower_copy(Lower *lower, const Node *node);

void lower_reduce(Lower *lower, const Node *node);
void lower_pick_grad(Lower *lower, const Node *node);
void lower_target(Lower *lower, const Node *node);
void lower_loss(Lower *lower, const Node *node);
void lower_loss_grad(Lower *lower, const Node *node);
void lower_predict(Lower *lower, const Node *node);
void lower_metric(Lower *lower, const Node *node);
void lower_activity(Lower *lower, const Node *node);

/* Adds buffers for all that the Net names, without those of single kernels. */
void add_buffers(Lower *lower);
/* For what tests run: what it has of its own are streams; data come from where they always do, `training` their buffers. */
void add_evaluated_buffers(Lower *lower, const StreamBuffers *training);
/* One that every model has; not named by it. */
BufferId fixed_buffer(Lower *lower, const char *name, Type type, BufferRole role, Shape shape);

/* Fills the program's tables for the runtime: parameters (with buffers for the optimiser's states),
 * streams, data, training. Needs the buffers of parameters and streams. */
void describe_program(Lower *lower);
/* Where the program says which buffer the stream of a DATA node has. */
BufferId *data_buffer(Program *program, const Node *data);
/* The layers of a program that only predicts, and what each has to do at most. `times`: by node. */
void describe_layers(Lower *lower, const StepTime *times);
/* The table of streams alone, of the phase that is lowered. */
void describe_streams(Lower *lower);

#endif
