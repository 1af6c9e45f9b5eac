/* Recurrent groups: one loop over time around all nodes of the group. A few samples go through it in lock-step, so
 * that each weight which is fetched serves several of them. */
#include "lower/step/group.h"

#include "lower/base/code.h"
#include "lower/base/extreme.h"
#include "lower/base/scan.h"
#include "lower/base/sums.h"
#include "lower/base/streams.h"
#include "lower/spikes/lists.h"
#include "lower/step/map.h"
#include "lower/tuned.h"

/* A node of the group. */
typedef struct Member {
    const Node *node;
    const struct Stepping *stepping;
    ScanState state; /* of a scan */
    Linear map;      /* of a map, */
    bool lists;      /* before which the events of its input are listed */
} Member;

typedef struct Group {
    Member *members; /* those that join the group, then its own */
    int count, steps;
    bool down;    /* from the last step to the first */
    Walk samples; /* that go together */
} Group;

/* What a kind of node does in a group. NULL: nothing. */
typedef struct Stepping {
    void (*arrays)(Lower *lower, Member *member);  /* for the group's kernel */
    void (*prepare)(Lower *lower, Member *member); /* kernels that run before */
    void (*start)(Lower *lower, const Member *member, Site site);
    void (*step)(Lower *lower, const Group *group, const Member *member, Site site); /* for all samples */
    void (*finish)(Lower *lower, const Member *member); /* kernels that run after */
} Stepping;

/* ---- maps ---- */

static bool is_tiled(const Lower *lower, const Node *map)
{
    return plan_of(lower, map)->dense || plan_of(lower, map)->past;
}

static void prepare_map(Lower *lower, Member *member)
{
    StreamId in = member->node->in;
    if (!is_tiled(lower, member->node)) {
        member->map = linear_of(lower, member->node);
        return;
    }
    member->map = step_map_of(lower, member->node);
    member->lists = !member->map.plan->joined && lower->plan->streams[in].events && list_buffers(lower, in);
}

static void start_map(Lower *lower, const Member *member, Site site)
{
    if (member->lists)
        emit_list_start(lower, member->node->in, site);
}

static void step_map(Lower *lower, const Group *group, const Member *member, Site site)
{
    if (member->lists)
        emit_list_step(lower, member->node->in, walk_samples(lower, group->samples, site));
    if (is_tiled(lower, member->node))
        emit_step_map(lower, &member->map, site, group->samples);
    else
        emit_linear(lower, &member->map, site, group->samples);
}

static void step_pool(Lower *lower, const Group *group, const Member *member, Site site)
{
    site = walk_samples(lower, group->samples, site);
    (member->node->kind == NODE_POOL ? emit_pool : emit_pool_grad)(lower, member->node, site);
}

/* ---- delays ---- */

static void step_delay(Lower *lower, const Group *group, const Member *member, Site site)
{
    if (!lower->plan->streams[member->node->out].shifted)
        emit_delay(lower, member->node, walk_samples(lower, group->samples, site));
}

static void step_copy(Lower *lower, const Group *group, const Member *member, Site site)
{
    emit_copy(lower, member->node, walk_samples(lower, group->samples, site));
}

static void step_extreme(Lower *lower, const Group *group, const Member *member, Site site)
{
    emit_extreme(lower, member->node, walk_samples(lower, group->samples, site));
}

/* ---- scans ---- */

static void scan_arrays(Lower *lower, Member *member)
{
    member->state = scan_buffers(lower, member->node, true);
}

static void start_scan(Lower *lower, const Member *member, Site site)
{
    emit_scan_start(lower, member->node, &member->state, site);
}

/* What the scan reads or stores at the next step, of streams that keep all of them: samples lie so far apart that a
 * processor does not see it coming. */
static void emit_ahead(Lower *lower, const Node *scan, StreamId stream, Site site)
{
    const StreamPlan *plan = &lower->plan->streams[stream];
    bool apart = stream_of(lower, stream)->steps && stream_of(lower, stream)->batched;
    if (plan->slots || plan->drawn || !apart)
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

static void step_scan(Lower *lower, const Group *group, const Member *member, Site site)
{
    site = walk_samples(lower, group->samples, site);
    emit_scan_ahead(lower, member->node, site);
    emit_scan_steps(lower, member->node, &member->state, site, site.t, 1, true);
}

static void finish_scan(Lower *lower, const Member *member)
{
    lower_partials(lower, member->node, &member->state);
}

/* ---- the group ---- */

/* The kinds that run step by step: see nodes.def. */
static const Stepping steppings[NODE_KIND_COUNT] = {
    [NODE_MAP] = {NULL, prepare_map, start_map, step_map, NULL},
    [NODE_POOL] = {NULL, NULL, NULL, step_pool, NULL},
    [NODE_POOL_GRAD] = {NULL, NULL, NULL, step_pool, NULL},
    [NODE_DELAY] = {NULL, NULL, NULL, step_delay, NULL},
    [NODE_COPY] = {NULL, NULL, NULL, step_copy, NULL},
    [NODE_REDUCE] = {NULL, NULL, NULL, step_extreme, NULL},
    [NODE_PICK_GRAD] = {NULL, NULL, NULL, step_extreme, NULL},
    [NODE_SCAN] = {scan_arrays, NULL, start_scan, step_scan, finish_scan},
};

static Group group_of(Lower *lower, const Part *part)
{
    Group group = {NEW_ARRAY(lower->arena, Member, part->count + 1), part->count, 1, false, {NULL, NULL, 0}};
    for (int i = part->count - 1; i >= 0; i--) {
        const Node *node = &lower->net->nodes.at[part->nodes[i]];
        group.members[i] = (Member){.node = node, .stepping = &steppings[node->kind]};
        group.steps = plan_of(lower, node)->steps;
        if (node->kind == NODE_DELAY)
            group.down = node->steps < 0;
    }
    return group;
}

static const char *member_name(const Lower *lower, const Node *node)
{
    return stream_of(lower, node->out != NONE ? node->out : node->outs.at[0].stream)->name;
}

static const char *group_about(Lower *lower, const Group *group)
{
    const char *text = "recurrent group, step by step:";
    for (int i = 0; i < group->count; i++) {
        const Node *node = group->members[i].node;
        bool in_place = node->out != NONE && lower->plan->streams[node->out].shifted;
        text = arena_printf(lower->arena, "%s%s %s (%s%s)", text, i ? "," : "", member_name(lower, node),
                            node->kind == NODE_SCAN ? node->name : node_title(node),
                            in_place ? ", read in place" : "");
    }
    return text;
}

/* The last scan, or the last node. */
static const Node *named_node(const Group *group)
{
    const Node *found = group->members[group->count - 1].node;
    for (int i = 0; i < group->count; i++)
        if (group->members[i].node->kind == NODE_SCAN)
            found = group->members[i].node;
    return found;
}

/* The first step behind `from` at which a delay of the group changes sides, or T. Where that is asked, none does. */
static int next_edge(const Lower *lower, const Group *group, int from)
{
    int next = group->steps;
    for (int i = 0; i < group->count; i++) {
        const Node *node = group->members[i].node;
        bool splits = node->kind == NODE_DELAY && !plan_of(lower, node)->asked;
        int edge = splits ? delay_edge(lower, node) : next;
        if (edge > from && edge < next)
            next = edge;
    }
    return next;
}

/* Steps from .. to-1, between two edges. */
static void emit_segment(Lower *lower, const Group *group, LoopBlock *into, int from, int to)
{
    LoopStmt *time = for_bounds(lower, into, "t", num(lower, from), num(lower, to));
    int unroll = lower->plan->options.unroll;
    time->down = group->down;
    time->unroll = unroll ? unroll : UNROLL_NONE;
    Site site = {.into = &time->body, .t = loop_variable(lower, time), .segment = from};
    for (int i = 0; i < group->count; i++)
        group->members[i].stepping->step(lower, group, &group->members[i], site);
}

static void emit_segments(Lower *lower, const Group *group, LoopBlock *into, int from)
{
    int to = next_edge(lower, group, from);
    if (group->down && to < group->steps)
        emit_segments(lower, group, into, to);
    emit_segment(lower, group, into, from, to);
    if (!group->down && to < group->steps)
        emit_segments(lower, group, into, to);
}

static void emit_starts(Lower *lower, const Group *group, LoopBlock *into)
{
    Site site = walk_samples(lower, group->samples, (Site){.into = into});
    for (int i = 0; i < group->count; i++)
        if (group->members[i].stepping->start)
            group->members[i].stepping->start(lower, &group->members[i], site);
}

/* The kernel's samples, so many at a time as go together. */
static LoopBlock *emit_blocks(Lower *lower, Group *group)
{
    int size = leaves_out(lower, OPTIMISATION_LOCKSTEP) ? 1 : TOGETHER;
    LoopExpr *first = loop_ref(lower->arena, lower->kernel, lower->kernel->first);
    LoopExpr *last = loop_ref(lower->arena, lower->kernel, lower->kernel->last);
    LoopStmt *blocks = for_chunks(lower, &lower->kernel->body, "block", first, last, size, &group->samples.b0,
                                  &group->samples.b1);
    return &blocks->body;
}

void lower_group(Lower *lower, const Part *part)
{
    Group group = group_of(lower, part);
    for (int i = 0; i < group.count; i++)
        if (group.members[i].stepping->arrays)
            group.members[i].stepping->arrays(lower, &group.members[i]);
    for (int i = 0; i < group.count; i++)
        if (group.members[i].stepping->prepare)
            group.members[i].stepping->prepare(lower, &group.members[i]);
    const Node *named = named_node(&group);
    kernel_begin(lower, "recurrent", member_name(lower, named), group_about(lower, &group), named->span, 0);
    LoopBlock *into = emit_blocks(lower, &group);
    emit_starts(lower, &group, into);
    emit_segments(lower, &group, into, 0);
    for (int i = 0; i < group.count; i++)
        if (group.members[i].stepping->finish)
            group.members[i].stepping->finish(lower, &group.members[i]);
}
