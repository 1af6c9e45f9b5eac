/* Buffers that tell, after a forward phase, whether something was not finite: few numbers, so that looking
 * costs next to nothing. Elsewhere NaN and infinity reach the scores, the loss or the gradients, which are
 * looked at, too. */
#include "lower/base/watch.h"

static void watch(Lower *lower, StreamId stream, const char *state, BufferId values)
{
    LoopWatch watch = {.stream = lower->streams[stream].described, .state = state, .values = values};
    vec_push(lower->arena, &lower->program->watches, watch);
}

void watch_scan_states(Lower *lower, const Node *scan, const ScanState *state)
{
    if (lower->phase == PHASE_BACKWARD)
        return;
    for (int s = 0; s < scan->states.count; s++)
        watch(lower, scan->outs.at[0].stream, scan->states.at[s].name, state->states[s]);
    for (int k = 0; k < scan->outs.count; k++)
        if (stream_of(lower, scan->outs.at[k].stream)->trace)
            watch(lower, scan->outs.at[0].stream, NULL, lower->streams[scan->outs.at[k].stream].values);
}

/* Encoders and maxima compare what they read. (The runtime looks at parameters, which weights are made of.) */
void watch_streams(Lower *lower)
{
    const Net *net = lower->net;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        bool compares = node->kind == NODE_POISSON || node->kind == NODE_LATENCY
                        || (node->kind == NODE_REDUCE && reduce_compares(node->reduce));
        BufferId values =
            compares && stream_of(lower, node->in)->batched ? lower->streams[node->in].values : -1;
        if (values >= 0 && lower->program->buffers.at[values].type == TYPE_F32
            && lower->program->buffers.at[values].role != BUFFER_INPUT)
            watch(lower, node->in, NULL, values);
    }
}
