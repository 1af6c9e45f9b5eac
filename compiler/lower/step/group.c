/* Recurrent groups: one loop over time around all nodes of the group. A few samples go through it in lock-step, so
 * that each weight which is fetched serves several of them. */
#include "lower/step/group.h"

#include "lower/base/code.h"
#include "lower/base/scan.h"
#include "lower/base/streams.h"
#include "lower/spikes/lists.h"
#include "lower/step/map.h"
#include "lower/tuned.h"

typedef struct Group {
    const int *nodes;
    int count;
    const ScanState *states; /* by node */
    const Linear *maps;      /* by node */
    const bool *lists;       /* by node: a map before which the events of its input are listed */
    Walk samples;            /* that go together */
} Group;

static bool runs_backward(const Lower *lower, const int *nodes, int count)
{
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_DELAY)
            return lower->net->nodes.at[nodes[i]].steps < 0;
    return false;
}

/* What the scan reads or stores at the next step, of streams that keep all of them: samples lie so far apart that a
 * processor does not see it coming. */
static void emit_ahead(Lower *lower, const Node *scan, StreamId stream, Site site)
{
    if (lower->plan->streams[stream].slots || !stream_of(lower, stream)->temporal)
        return;
    LoopExpr *last = num(lower, scan->reverse ? 0 : steps_of(lower, stream) - 1);
    LoopExpr *next = op2(lower, scan->reverse ? OP_SUB : OP_ADD, site.t, num(lower, 1));
    LoopExpr *more = op2(lower, scan->reverse ? OP_GT : OP_LT, site.t, last);
    LoopExpr *index[3] = {site.b, loop_op(lower->arena, OP_SELECT, more, next, last), num(lower, 0)};
    loop_ahead(lower->program, site.into, lower->streams[stream].values, 3, index,
               stream_size(lower, stream));
}

static void emit_scan_ahead(Lower *lower, const Node *scan, Site site)
{
    if (leaves_out(lower, OPTIMISATION_AHEAD))
        return;
    for (int i = 0; i < scan->ins.count; i++)
        emit_ahead(lower, scan, scan->ins.at[i], site);
    for (int i = 0; i < scan->outs.count; i++)
        if (lower->plan->streams[scan->outs.at[i].stream].place == NONE)
            emit_ahead(lower, scan, scan->outs.at[i].stream, site);
}

/* The node at step site.t, for all samples of the group. */
static void emit_node(Lower *lower, const Group *group, int k, Site site)
{
    const Node *node = &lower->net->nodes.at[group->nodes[k]];
    Site all = site;
    if (node->kind == NODE_DELAY && lower->plan->streams[node->out].shifted)
        return;
    if (node->kind != NODE_DENSE || group->lists[k])
        site = walk_samples(lower, group->samples, site);
    if (group->lists[k])
        emit_list_step(lower, node->in, site);
    if (node->kind == NODE_DENSE)
        emit_step_map(lower, &group->maps[k], all, group->samples);
    else if (node->kind == NODE_DELAY)
        emit_delay(lower, node, site);
    else if (node->kind == NODE_SCAN) { /* net_verify lets nothing else into a group */
        emit_scan_ahead(lower, node, site);
        emit_scan_steps(lower, node, &group->states[k], site, site.t, 1, true);
    }
}

static const char *group_about(Lower *lower, const int *nodes, int count)
{
    const char *text = "recurrent group, step by step:";
    for (int i = 0; i < count; i++) {
        const Node *node = &lower->net->nodes.at[nodes[i]];
        StreamId out = node->out != NONE ? node->out : node->outs.at[0].stream;
        text = arena_printf(lower->arena, "%s%s %s (%s%s)", text, i ? "," : "", stream_of(lower, out)->name,
                            node->kind == NODE_SCAN ? node->name : node_kind_name(node->kind),
                            lower->plan->streams[out].shifted ? ", read in place" : "");
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

static const char *group_name(const Lower *lower, const int *nodes, int count)
{
    const Node *node = named_scan(lower, nodes, count);
    StreamId out = node->out != NONE ? node->out : node->outs.at[0].stream;
    return stream_of(lower, out)->name;
}

/* A group is in time: each of its nodes runs at every step. */
static int group_steps(const Lower *lower, const int *nodes)
{
    return lower->plan->nodes[nodes[0]].steps;
}

/* The first step behind `from` at which a delay of the group changes sides, or T. */
static int next_edge(const Lower *lower, const int *nodes, int count, int from)
{
    int next = group_steps(lower, nodes);
    for (int i = 0; i < count; i++) {
        const Node *node = &lower->net->nodes.at[nodes[i]];
        int edge = node->kind == NODE_DELAY ? delay_edge(lower, node) : next;
        if (edge > from && edge < next)
            next = edge;
    }
    return next;
}

/* Steps from .. to-1, between two edges. */
static void emit_segment(Lower *lower, const Group *group, LoopBlock *into, int from, int to)
{
    LoopStmt *time = loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, "t", TYPE_I32),
                              num(lower, from), num(lower, to));
    int unroll = lower->plan->options.unroll;
    time->down = runs_backward(lower, group->nodes, group->count);
    time->unroll = unroll ? unroll : UNROLL_NONE;
    Site site = {&time->body, NULL, loop_variable(lower, time), NULL, NULL, from};
    for (int i = 0; i < group->count; i++) /* those that join come first */
        emit_node(lower, group, i, site);
}

static void emit_segments(Lower *lower, const Group *group, LoopBlock *into, int from)
{
    int to = next_edge(lower, group->nodes, group->count, from), steps = group_steps(lower, group->nodes);
    bool down = runs_backward(lower, group->nodes, group->count);
    if (down && to < steps)
        emit_segments(lower, group, into, to);
    emit_segment(lower, group, into, from, to);
    if (!down && to < steps)
        emit_segments(lower, group, into, to);
}

static void emit_starts(Lower *lower, const Group *group, LoopBlock *into)
{
    Site site = walk_samples(lower, group->samples, (Site){.into = into});
    for (int i = 0; i < group->count; i++) {
        const Node *node = &lower->net->nodes.at[group->nodes[i]];
        if (node->kind == NODE_SCAN)
            emit_scan_start(lower, node, &group->states[i], site);
        if (group->lists[i])
            emit_list_start(lower, node->in, site);
    }
}

/* The kernel's samples, so many at a time as go together. */
static LoopBlock *emit_blocks(Lower *lower, Group *group)
{
    int size = leaves_out(lower, OPTIMISATION_LOCKSTEP) ? 1 : TOGETHER;
    LoopExpr *first = loop_ref(lower->arena, lower->kernel, lower->kernel->first);
    LoopExpr *last = loop_ref(lower->arena, lower->kernel, lower->kernel->last);
    return &for_chunks(lower, &lower->kernel->body, "block", first, last, size, &group->samples.b0,
                       &group->samples.b1)
                ->body;
}

void lower_group(Lower *lower, const Part *part)
{
    const int *nodes = part->nodes;
    int count = part->count;
    ScanState *states = NEW_ARRAY(lower->arena, ScanState, count + 1);
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            states[i] = scan_buffers(lower, &lower->net->nodes.at[nodes[i]], true);
    Linear *maps = NEW_ARRAY(lower->arena, Linear, count + 1);
    bool *lists = NEW_ARRAY(lower->arena, bool, count + 1);
    for (int i = 0; i < count; i++) {
        const Node *node = &lower->net->nodes.at[nodes[i]];
        if (node->kind != NODE_DENSE)
            continue;
        maps[i] = step_map_of(lower, node);
        lists[i] =
            !maps[i].plan->joined && lower->plan->streams[node->in].events && list_buffers(lower, node->in);
    }
    kernel_begin(lower, "recurrent", group_name(lower, nodes, count), group_about(lower, nodes, count),
                 named_scan(lower, nodes, count)->span, 0);
    Group group = {nodes, count, states, maps, lists, {NULL, NULL, 0}};
    LoopBlock *into = emit_blocks(lower, &group);
    emit_starts(lower, &group, into);
    emit_segments(lower, &group, into, 0);
    for (int i = 0; i < count; i++)
        if (lower->net->nodes.at[nodes[i]].kind == NODE_SCAN)
            lower_partials(lower, &lower->net->nodes.at[nodes[i]], &states[i]);
}
