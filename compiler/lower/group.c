/* Recurrent groups: one loop over time around all nodes of the group, for one sample at a time. */
#include "lower.h"

enum { GROUP_UNROLL = 4 };

static bool runs_backward(const Lower *lower, const int *nodes, int count)
{
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_DELAY)
            return lower->net->nodes.at[nodes[i]].steps < 0;
    return false;
}

static void emit_node(Lower *lower, const Node *node, const ScanState *state, Site site, int first_step)
{
    switch ((int)node->kind) {
    case NODE_DENSE: emit_dense(lower, node, site); break;
    case NODE_DELAY: emit_delay(lower, node, site, delay_copies(lower, node, first_step)); break;
    case NODE_SCAN: emit_scan_steps(lower, node, state, site, site.t, 1, true); break;
    default: break; /* net_verify lets nothing else into a group */
    }
}

static const char *group_about(Lower *lower, const int *nodes, int count)
{
    const char *text = "recurrent group, step by step:";
    for (int i = 0; i < count; i++) {
        const Node *node = &lower->net->nodes.at[nodes[i]];
        StreamId out = node->out != NONE ? node->out : node->outs.at[0].stream;
        text = arena_printf(lower->arena, "%s%s %s (%s)", text, i ? "," : "", stream_of(lower, out)->name,
                            node->kind == NODE_SCAN ? node->name : node_kind_name(node->kind));
    }
    return text;
}

static const Node *named_scan(const Lower *lower, const int *nodes, int count)
{
    const Node *found = &lower->net->nodes.at[nodes[count - 1]];
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            found = &lower->net->nodes.at[nodes[i]];
    return found;
}

static const char *group_name(Lower *lower, const int *nodes, int count)
{
    const Node *node = named_scan(lower, nodes, count);
    StreamId out = node->out != NONE ? node->out : node->outs.at[0].stream;
    return arena_printf(lower->arena, "recurrent_%s", stream_of(lower, out)->name);
}

/* The first step behind `from` at which a delay of the group changes sides, or T. */
static int next_edge(const Lower *lower, const int *nodes, int count, int from)
{
    int next = lower->net->steps;
    for (int i = 0; i < count; i++) {
        const Node *node = &lower->net->nodes.at[nodes[i]];
        int edge = node->kind == NODE_DELAY ? delay_edge(lower, node) : next;
        if (edge > from && edge < next)
            next = edge;
    }
    return next;
}

/* Steps from .. to-1, between two edges. */
static void emit_segment(Lower *lower, const int *nodes, int count, const ScanState *states, Site site,
                         int from, int to)
{
    LoopStmt *time = loop_for(lower->arena, site.into, loop_var(lower->arena, lower->kernel, "t", TYPE_I32),
                              loop_int(lower->arena, from), loop_int(lower->arena, to));
    time->down = runs_backward(lower, nodes, count);
    time->unroll = lower->unroll ? lower->unroll : GROUP_UNROLL;
    site.into = &time->body;
    site.t = loop_variable(lower, time);
    for (int i = 0; i < count; i++)
        emit_node(lower, &lower->net->nodes.at[nodes[i]], &states[i], site, from);
}

static void emit_segments(Lower *lower, const int *nodes, int count, const ScanState *states, Site site,
                          int from)
{
    int to = next_edge(lower, nodes, count, from);
    bool down = runs_backward(lower, nodes, count);
    if (down && to < lower->net->steps)
        emit_segments(lower, nodes, count, states, site, to);
    emit_segment(lower, nodes, count, states, site, from, to);
    if (!down && to < lower->net->steps)
        emit_segments(lower, nodes, count, states, site, to);
}

void lower_group(Lower *lower, const int *nodes, int count)
{
    ScanState *states = NEW_ARRAY(lower->arena, ScanState, count + 1);
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            states[i] = scan_buffers(lower, &lower->net->nodes.at[nodes[i]], true);
    kernel_begin(lower, group_name(lower, nodes, count), group_about(lower, nodes, count),
                 named_scan(lower, nodes, count)->span, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    Site site = {&loop_b->body, loop_variable(lower, loop_b), NULL, NULL};
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            emit_scan_start(lower, &lower->net->nodes.at[nodes[i]], &states[i], site);
    emit_segments(lower, nodes, count, states, site, 0);
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            lower_partials(lower, &lower->net->nodes.at[nodes[i]], &states[i]);
}
