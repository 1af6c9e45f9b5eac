/* What depends on all samples of a batch: a prediction must not, since it would be another in other company. */
#include "build.h"

static bool sums_samples(Build *b, const Node *node)
{
    bool sums = false;
    for (int k = 0; k < node->outs.count && node->kind == NODE_SCAN; k++)
        sums = sums || scan_sums_samples(b->net, node, node->outs.at[k].stream);
    return sums;
}

/* The first sum over the batch that stream s depends on, NONE if there is none; seen[s] is set on the way. */
static int sum_behind(Build *b, StreamId stream, bool *seen)
{
    int maker = stream == NONE ? NONE : stream_at(b, stream)->node, found = NONE;
    if (maker == NONE || seen[stream])
        return NONE;
    seen[stream] = true;
    const Node *node = &b->net->nodes.at[maker];
    if (sums_samples(b, node))
        return maker;
    for (int k = 0; k < node_read_count(node) && found == NONE; k++)
        found = sum_behind(b, node_read(node, k), seen);
    return found;
}

void check_prediction(Build *b)
{
    for (int n = 0; n < b->net->nodes.count && b->diag->errors == 0; n++) {
        const Node *node = &b->net->nodes.at[n];
        bool *seen = NEW_ARRAY(b->arena, bool, b->net->streams.count + 1);
        int sum = node->kind == NODE_PREDICT ? sum_behind(b, node->in, seen) : NONE;
        if (sum == NONE)
            continue;
        report(b, RULE_BATCH, b->net->nodes.at[sum].span,
               "the prediction would depend on which samples share a batch");
        report_hint(b, "only what is learned may read a sum over the batch, as the loss does");
    }
}

/* Reductions over the batch in loops: each sample goes step by step. */
void check_loop_sums(Build *b, const bool *looped)
{
    for (int n = 0; n < b->net->nodes.count; n++) {
        if (!looped[n] || !sums_samples(b, &b->net->nodes.at[n]))
            continue;
        report(
            b, RULE_LOOP, b->net->nodes.at[n].span,
            "a reduction over the batch needs all samples at once, but in this loop each goes step by step");
        report_hint(b, "take it of what enters or leaves the loop");
    }
}
