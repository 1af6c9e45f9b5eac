/* Runs a net in double precision, slowly and obviously, in the order of its schedule. The loss is not the
 * model's but sum of loss_weight(n) * in[n]: it is linear and adds no error of its own to a finite difference. */
#ifndef SNNC_NET_RUN_H
#define SNNC_NET_RUN_H

#include "net.h"

enum { MAX_STEPS = 6, MAX_UNITS = 8, MAX_STREAMS = 80, MAX_PARAMS = 12, MAX_NODES = 60 };

typedef struct Run {
    const Net *net;
    bool smooth; /* steps by their antiderivatives, mix as a weighted sum */
    double stream[MAX_STREAMS][MAX_STEPS][MAX_UNITS];
    double state[MAX_NODES][MAX_STATES][MAX_UNITS];
    double param[MAX_PARAMS][MAX_UNITS * MAX_UNITS], grad[MAX_PARAMS][MAX_UNITS * MAX_UNITS];
    double loss;
} Run;

/* The parameter starts at random, from -most to most. */
void param_is_drawn(const Net *net, Param *param, double most);
double loss_weight(int n);
/* Parameters and data get numbers that look random. */
void run_fill(Run *r);
/* Nodes first .. last-1; gradients of parameters are added to r->grad. */
void run_nodes(Run *r, int first, int last);

#endif
