/* Reductions over time: one value a sample of all its steps. */
#include "build.h"

static StreamId find_reduce(Build *b, StreamId in, ReduceKind kind)
{
    for (int i = 0; i < b->net->nodes.count; i++) {
        const Node *node = &b->net->nodes.at[i];
        if (node->kind == NODE_REDUCE && node->in == in && node->reduce == kind)
            return node->out;
    }
    return NONE;
}

Value build_reduce(Build *b, const StageUse *use)
{
    const Stage *stage = use->stage;
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    if (in == NONE || !check_temporal(b, in, use->in_span, true))
        return value_poison();
    if (stage->of_spikes) {
        RateUse rate = {in, use->in_span};
        vec_push(b->arena, &b->rates, rate);
    }
    StreamId same = find_reduce(b, in, stage->reduce);
    if (same != NONE)
        return value_stream(same, unit_plain);
    Node node = node_new(NODE_REDUCE, use->expr->span);
    node.in = in;
    node.reduce = stage->reduce;
    const char *name = use->name;
    if (!name)
        name = numbered(b, arena_printf(b->arena, "%s_%s", stream_at(b, in)->name, stage->name));
    node.out =
        add_stream(b, name, stage->name, STREAM_REALS, false, stream_at(b, in)->shape, use->expr->span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}
