/* How many steps of a scan are written out one after the other, and where its states are looked at. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* Operations of one step. */
static int step_cost(const Node *node)
{
    int cost = 0;
    for (Val v = 0; v < node->body.code.count; v++) {
        Op op = node->body.code.at[v].op;
        bool function = op == OP_POW || op == OP_EXP || op == OP_EXPM1 || op == OP_LOG || op == OP_TANH
                        || op == OP_SIGMOID || op == OP_ATAN || op == OP_ERF || op == OP_SIN || op == OP_COS;
        cost += function ? FUNCTION_COST : op_arity(op) > 0;
    }
    return cost > 0 ? cost : 1;
}

/* All of a short run, else a divisor if there is one of a good size. */
static int run_of(const Node *node, int steps, int unroll)
{
    int affordable = UNROLL_BUDGET / step_cost(node);
    if (unroll == UNROLL_FULL || (unroll == 0 && steps <= CHUNK_LIMIT && steps <= affordable))
        return steps;
    if (unroll > 0)
        return unroll < steps ? unroll : steps;
    int most = affordable < 1 ? 1 : affordable < CHUNK_LIMIT ? affordable : CHUNK_LIMIT;
    for (int chunk = most; chunk > most / 2; chunk--)
        if (steps % chunk == 0)
            return chunk;
    return most;
}

/* What a sample leaves of a wide layer is in a cache when its kernel ends, and not when the batch does. */
static bool is_watched(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    return plan->by_samples && n < plan->net->backward && !node->group && !node->cyclic
           && node->units >= done_from(plan->options, WATCH_LEAST);
}

void plan_runs(Planning *plan)
{
    for (int n = 0; n < plan->net->updates; n++) {
        NodePlan *node = &plan->nodes[n];
        if (node->role != ROLE_SCAN)
            continue;
        const Node *scan = &plan->net->nodes.at[n];
        int steps = scan_steps(plan->net, scan);
        node->run = steps <= 1 || node->cyclic ? 1 : run_of(scan, steps, plan->options.unroll);
        node->watched = is_watched(plan, n);
    }
}
