#include "stepwise.h"

static const Stream *stream_at(const Net *net, StreamId stream)
{
    return &net->streams.at[stream];
}

/* Whether it is another one at every step of a sample. */
static bool flows(const Net *net, StreamId stream)
{
    return stream != NONE && stream_at(net, stream)->steps && stream_at(net, stream)->batched;
}

static bool runs_at_each_step(const Net *net, const Node *node)
{
    bool runs = node->kind == NODE_SCAN && scan_is_batched(net, node) && scan_steps(net, node);
    for (int k = 0; k < node_read_count(node) && !runs; k++)
        runs = flows(net, node_read(node, k));
    for (int k = 0; k < node_made_count(node) && !runs; k++)
        runs = flows(net, node_made(node, k));
    return runs;
}

/* Nodes stand in execution order, but for what a delay reads, which runs at each step in any case. What is predicted is asked
 * for behind a step, also where nothing it is made of goes over time. */
StepTime *step_times(const Net *net)
{
    StepTime *times = NEW_ARRAY(net->arena, StepTime, net->nodes.count + 1);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        times[n] = runs_at_each_step(net, node) ? STEP_EACH
                   : node->kind == NODE_PREDICT ? STEP_AFTER
                                                : STEP_BEFORE;
        for (int k = 0; k < node_read_count(node) && times[n] == STEP_BEFORE; k++) {
            int maker = node_read(node, k) == NONE ? NONE : stream_at(net, node_read(node, k))->node;
            if (maker != NONE && times[maker] != STEP_BEFORE)
                times[n] = STEP_AFTER;
        }
    }
    return times;
}

static bool reads_all_steps(const Net *net, const Node *node)
{
    bool reads = false;
    for (int k = 0; k < node_read_count(node); k++)
        reads = reads
                || (node_read(node, k) != NONE && stream_at(net, node_read(node, k))->steps
                    && !stream_at(net, node_read(node, k))->batched);
    return reads;
}

static bool reads_results(const Net *net, const Node *node, const StepTime *times)
{
    bool reads = false;
    for (int k = 0; k < node_read_count(node); k++) {
        StreamId stream = node_read(node, k);
        int maker = stream == NONE || flows(net, stream) ? NONE : stream_at(net, stream)->node;
        reads = reads || (maker != NONE && times[maker] != STEP_BEFORE);
    }
    return reads;
}

/* NULL: it runs step by step. */
static const char *needs_whole(const Net *net, const Node *node, const StepTime *times)
{
    if (reads_results(net, node, times))
        return "reads at each step what is made of all steps";
    if (reads_all_steps(net, node))
        return "has weights of its own at each step";
    if (node->kind == NODE_DELAY && node->steps < 0)
        return "looks ahead";
    if (node->kind == NODE_SCAN && node->reverse)
        return "goes from the last step to the first";
    if (node->kind == NODE_REDUCE && !node->each_step && node->reduce == REDUCE_ARGMAX)
        return "tells one step from the others";
    if (node->kind == NODE_COPY && copy_in_time(net, node))
        return "makes of all steps others";
    bool recalls = node->kind == NODE_MAP && !node->transposed && map_reads_past(node->map);
    if ((node->kind == NODE_MAP || node->kind == NODE_POOL) && !node_is_stepwise(node) && !recalls)
        return "mixes steps";
    return NULL;
}

const Node *whole_sample_node(const Net *net, const char **does)
{
    const StepTime *times = step_times(net);
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        *does = times[n] == STEP_EACH ? needs_whole(net, node, times) : NULL;
        if (*does)
            return node;
    }
    return NULL;
}
