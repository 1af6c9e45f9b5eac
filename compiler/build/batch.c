/* Reductions over the batch in loops through the past. */
#include "build.h"

static bool sums_samples(Build *b, const Node *node)
{
    bool sums = false;
    for (int k = 0; k < node->outs.count && node->kind == NODE_SCAN; k++)
        sums = sums || scan_sums_samples(b->net, node, node->outs.at[k].stream);
    return sums;
}

/* The first one: others are likely of the same loop. */
void check_loop_sums(Build *b, const bool *looped)
{
    for (int n = 0; n < b->net->nodes.count; n++) {
        if (!looped[n] || !sums_samples(b, &b->net->nodes.at[n]))
            continue;
        report(
            b, RULE_LOOP, made_at(b, &b->net->nodes.at[n]),
            "a reduction over the batch needs all samples at once, but in this loop each goes step by step");
        report_hint(b, "take it of what enters or leaves the loop");
        return;
    }
}
