/* Encoders and delays: what makes streams out of data or out of a stream's past. */
#include "lower.h"

void emit_poisson(Lower *lower, const Node *node, Site site)
{
    LoopExpr *sample = load1(lower, lower->program->sample, site.b);
    LoopExpr *key = loop_local(lower, site.into, "key", loop_key(lower->arena, sample, site.t));
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *x = load_stream(lower, node->in, site, n);
    site.into = &loop->body;
    LoopExpr *spike = loop_op(lower->arena, OP_LT, loop_uniform(lower->arena, key, n),
                              loop_cast(lower->arena, TYPE_F32, x), NULL);
    store_stream(lower, node->out, site, n, spike, false);
}

/* The brighter, the earlier: step (1 - x) (T - 1), rounded; nothing for x = 0. */
void emit_latency(Lower *lower, const Node *node, Site site)
{
    Arena *arena = lower->arena;
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *x = loop_local(lower, &loop->body, "x",
                             loop_cast(arena, TYPE_F32, load_stream(lower, node->in, site, n)));
    LoopExpr *late = loop_op(arena, OP_MUL, loop_op(arena, OP_SUB, loop_float(arena, 1), x, NULL),
                             loop_float(arena, lower->net->steps - 1), NULL);
    LoopExpr *when = loop_cast(arena, TYPE_I32, loop_op(arena, OP_ADD, late, loop_float(arena, 0.5), NULL));
    LoopExpr *fires = loop_op(arena, OP_AND, loop_op(arena, OP_GT, x, loop_float(arena, 0), NULL),
                              loop_op(arena, OP_EQ, when, site.t, NULL), NULL);
    site.into = &loop->body;
    store_stream(lower, node->out, site, n, fires, false);
}

void emit_delay(Lower *lower, const Node *node, Site site, bool copy)
{
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop);
    Site source = site;
    source.t = loop_op(lower->arena, OP_SUB, site.t, loop_int(lower->arena, node->steps), NULL);
    site.into = &loop->body;
    LoopExpr *zero = stream_of(lower, node->out)->kind == STREAM_SPIKES ? loop_int(lower->arena, 0)
                                                                        : loop_float(lower->arena, 0);
    store_stream(lower, node->out, site, n, copy ? load_stream(lower, node->in, source, n) : zero, false);
}

int delay_edge(const Lower *lower, const Node *node)
{
    int steps = lower->net->steps, edge = node->steps > 0 ? node->steps : steps + node->steps;
    return edge < 0 ? 0 : edge > steps ? steps : edge;
}

bool delay_copies(const Lower *lower, const Node *node, int t)
{
    return (t >= delay_edge(lower, node)) == (node->steps > 0);
}
