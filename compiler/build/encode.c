/* Encoders: streams of spikes made of numbers. */
#include "build.h"

static Value encode(Build *b, NodeKind kind, Span span, StreamId in, const char *name)
{
    Node node = node_new(kind, span);
    node.in = in;
    int steps = stream_at(b, in)->steps ? stream_at(b, in)->steps : b->net->steps;
    node.out = add_stream(b, name, node_kind_name(kind), STREAM_SPIKES, steps, stream_at(b, in)->shape, span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

/* A rate in Hz becomes a probability per step. */
static StreamId rate_to_probability(Build *b, Value in, Span span)
{
    StreamId stream = stream_of(b, in, span);
    if (stream == NONE || !unit_equal(in.unit, unit_rate))
        return plain_stream_of(b, in, span);
    if (b->net->dt > 0)
        return build_scaled(b, stream, b->net->dt, NULL, span);
    if (b->time_known) {
        report(b, RULE_TIME, span, "a rate needs to know how long a step is");
        report_hint(b, "write `time %d steps of 1 ms`", b->net->steps);
    }
    return NONE;
}

Value build_poisson(Build *b, const StageUse *use)
{
    StreamId stream = rate_to_probability(b, use->in, use->in_span);
    if (stream == NONE)
        return value_poison();
    warn_probability(b, stream, use->in_span);
    return encode(b, NODE_POISSON, use->expr->span, stream, use->name);
}

Value build_latency(Build *b, const StageUse *use)
{
    StreamId stream = plain_stream_of(b, use->in, use->in_span);
    if (stream == NONE || !check_temporal(b, stream, use->in_span, false))
        return value_poison();
    return encode(b, NODE_LATENCY, use->expr->span, stream, use->name);
}
