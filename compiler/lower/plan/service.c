/* Which kernels serve a map or a gradient that spikes drive: lists of events, tables, or either, by each batch's
 * activity. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

static bool follows(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    return node->dense && node->role != ROLE_BIAS_GRAD && plan->streams[plan->net->nodes.at[n].in].events;
}

/* Small layers have no choice. */
static bool is_large(const Node *node)
{
    return map_rows(node->map) * map_columns(node->map) >= LEAST_WEIGHTS;
}

static void serve(Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    NodePlan *record = &plan->nodes[n];
    Kernels kernels = plan->options.kernels;
    if (!follows(plan, n))
        return;
    bool possible = !node->transposed;
    record->choice = possible && kernels == KERNELS_AUTO && is_large(node);
    record->tables = possible && (kernels == KERNELS_TABLE || record->choice);
    record->listed = !(record->tables && kernels == KERNELS_TABLE);
}

void plan_service(Planning *plan)
{
    const Net *net = plan->net;
    for (StreamId s = 0; s < net->streams.count; s++) {
        const Stream *stream = &net->streams.at[s];
        plan->streams[s].events = plan->streams[s].all_choose =
            stream->kind == STREAM_SPIKES && stream->temporal;
    }
    for (int n = 0; n < net->updates; n++) {
        serve(plan, n);
        if (follows(plan, n) && !plan->nodes[n].choice)
            plan->streams[net->nodes.at[n].in].all_choose = false;
    }
}
