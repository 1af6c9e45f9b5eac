/* What of a forward Net runs when, if a sample goes through it step by step, as it does in a program that does not learn:
 * what is the same at all steps before the first one, then each step as it comes, and what is made of all of them behind
 * the last one. */
#ifndef SNNC_STEPWISE_H
#define SNNC_STEPWISE_H

#include "net.h"

typedef enum StepTime { STEP_BEFORE, STEP_EACH, STEP_AFTER } StepTime;

/* By node. */
StepTime *step_times(const Net *net);
/* NULL, or the first node that cannot run before all steps are known, with what it does, as "looks ahead". */
const Node *whole_sample_node(const Net *net, const char **does);
/* Whether steps behind the last one that a sample has change nothing of what is predicted. */
bool ends_with_sample(const Net *net);

#endif
