/* What runs when: nodes in an order in which all their inputs are ready, and recurrent groups, whose
 * nodes feed each other through delays and must run together, step by step. */
#ifndef SNNC_SCHEDULE_H
#define SNNC_SCHEDULE_H

#include "net.h"

typedef struct Part {
    int *nodes; /* in execution order */
    int count;
    bool recurrent; /* a group: one loop over time around all of them */
} Part;

typedef VEC(Part) Schedule;

/* Of nodes first .. last-1. */
Schedule schedule_nodes(Arena *arena, const Net *net, int first, int last);
/* Of all nodes, if each step is made whole before the next one: what a delay gives is known when a step begins. There are
 * no groups then. */
Schedule schedule_step(Arena *arena, const Net *net);

#endif
