/* What a program that only predicts has to do at most, as its header says. */
#include "lower/ends/ends.h"

static int64_t equation_operations(const Net *net, const Node *scan)
{
    int64_t count = 0;
    for (Val v = 0; v < scan->body.code.count; v++)
        count += op_arity(scan->body.code.at[v].op) > 0;
    return count * shape_size(scan_units(net, scan));
}

/* Inputs of a map that spike: each does so at most once a step. A stream is counted once, in `seen`. */
static int64_t map_events(const Lower *lower, const Node *map, bool *seen)
{
    bool counted = seen[map->in] || stream_of(lower, map->in)->kind != STREAM_SPIKES;
    seen[map->in] = true;
    return counted ? 0 : (int64_t)stream_size(lower, map->in) * steps_of(lower, map->in);
}

/* Of nodes at each step, if they go step by step; else of all steps together. */
void describe_work(Lower *lower, const StepTime *times)
{
    const Net *net = lower->net;
    LoopWork *work = &lower->program->work;
    bool *seen = NEW_ARRAY(lower->arena, bool, net->streams.count + 1);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (net->stepwise && times[n] != STEP_EACH)
            continue;
        if (node->kind == NODE_SCAN && scan_is_batched(net, node))
            work->equations += equation_operations(net, node) * plan_of(lower, node)->steps;
        if (node->kind != NODE_MAP)
            continue;
        if (!plan_of(lower, node)->recent)
            work->products += map_operations(node->map, steps_of(lower, node->out));
        work->events += map_events(lower, node, seen);
    }
}
