/* Recurrent groups: their nodes go through time together, step by step, so that few steps of what passes between them
 * have to be kept. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* group[node]: the number of its recurrent group, or 0. */
static void schedule_phase(Planning *plan, Phase phase, int first, int last)
{
    Schedule schedule = schedule_nodes(plan->arena, plan->net, first, last);
    for (int p = 0; p < schedule.count; p++)
        for (int i = 0; i < schedule.at[p].count; i++)
            plan->nodes[schedule.at[p].nodes[i]].group = schedule.at[p].recurrent ? first + p + 1 : 0;
    plan->phases[phase] = schedule;
}

/* Where all nodes go through time together, whatever a delay gives is known when a step begins. */
static void schedule_steps(Planning *plan)
{
    for (int n = 0; n < plan->net->nodes.count; n++) {
        plan->nodes[n].cyclic = plan->nodes[n].group != 0;
        plan->nodes[n].group = 0;
    }
    plan->phases[PHASE_FORWARD] = schedule_step(plan->arena, plan->net);
}

/* The group in whose loop over time the node runs, or 0. */
static int group_of(const Planning *plan, int n)
{
    return plan->nodes[n].group ? plan->nodes[n].group : plan->nodes[n].joined;
}

/* A map from spikes into a group is made by the group, step by step: its currents need no array. */
static int joined_of(const Planning *plan, int n)
{
    const Net *net = plan->net;
    const Node *node = &net->nodes.at[n];
    if (plan->nodes[n].role != ROLE_MAP || !plan->nodes[n].dense || node->transposed || plan->nodes[n].group
        || !plan->streams[node->in].events)
        return 0;
    int reader = only_reader(&plan->readers, node->out);
    bool joins = reader != NONE && plan->nodes[reader].role == ROLE_SCAN
                 && (n < net->backward) == (reader < net->backward);
    return joins ? plan->nodes[reader].group : 0;
}

/* From a step that the node makes to the furthest that it reads for it. */
static int steps_apart(const Node *node)
{
    const MapAxis *time = node->map ? &node->map->time : NULL;
    if (time && time->reach == REACH_WINDOW)
        return (time->taps - 1) * time->dilation;
    return node->kind == NODE_DELAY ? (node->steps < 0 ? -node->steps : node->steps) : 0;
}

/* How many steps of a stream are needed at a time; 0: all, or nobody reads it. */
static int slots_of(const Planning *plan, StreamId stream)
{
    const Net *net = plan->net;
    int maker = net->streams.at[stream].node, slots = 0;
    if (maker == NONE || !group_of(plan, maker) || !net->streams.at[stream].steps)
        return 0;
    for (int r = plan->readers.first[stream]; r < plan->readers.first[stream + 1]; r++) {
        int n = plan->readers.to[r];
        const Node *node = &net->nodes.at[n];
        int back = steps_apart(node);
        if (n == maker || plan->nodes[n].group != group_of(plan, maker) || back + 1 > MOST_SLOTS)
            return 0;
        slots = back + 1 > slots ? back + 1 : slots;
    }
    return slots < plan->streams[stream].steps ? slots : 0;
}

/* The steps of a delay of the group, not `other`; 0: there is none. */
static int other_delay(const Net *net, const Part *group, int other)
{
    for (int i = 0; i < group->count; i++) {
        const Node *node = &net->nodes.at[group->nodes[i]];
        if (node->kind == NODE_DELAY && node->steps != other)
            return node->steps;
    }
    return 0;
}

/* A group with one delay is written down twice, for the steps before it has a past and for the others. With several it
 * would be written once more for each. */
static void plan_delays(Planning *plan, const Part *group)
{
    int first = other_delay(plan->net, group, 0);
    bool asked = first != 0 && other_delay(plan->net, group, first) != 0;
    for (int i = 0; i < group->count; i++)
        plan->nodes[group->nodes[i]].asked = asked && plan->net->nodes.at[group->nodes[i]].kind == NODE_DELAY;
}

/* A delayed stream that only its group reads needs no copy: what it is made from is kept as long. */
static bool is_shifted(const Planning *plan, StreamId stream)
{
    const Net *net = plan->net;
    int maker = net->streams.at[stream].node;
    if (!plan->streams[stream].slots || net->nodes.at[maker].kind != NODE_DELAY || plan->nodes[maker].asked)
        return false;
    for (int r = plan->readers.first[stream]; r < plan->readers.first[stream + 1]; r++)
        if (steps_apart(&net->nodes.at[plan->readers.to[r]]) > 0
            || net->nodes.at[plan->readers.to[r]].kind == NODE_DELAY)
            return false; /* and not longer */
    return true;
}

typedef VEC(int) NodeList;

/* Puts n where it belongs among nodes in order, once. */
static void insert(Arena *arena, NodeList *nodes, int n)
{
    int k = nodes->count;
    while (k > 0 && nodes->at[k - 1] > n)
        k--;
    if (k > 0 && nodes->at[k - 1] == n)
        return;
    vec_push(arena, nodes, n);
    memmove(nodes->at + k + 1, nodes->at + k, (size_t)(nodes->count - 1 - k) * sizeof *nodes->at);
    nodes->at[k] = n;
}

/* The maps that join the group, then its own nodes. */
static void join(Planning *plan, Part *part)
{
    NodeList all = {0};
    int group = plan->nodes[part->nodes[0]].group;
    for (int i = 0; i < part->count; i++) {
        const Node *node = &plan->net->nodes.at[part->nodes[i]];
        for (int k = 0; k < node_read_count(node); k++) {
            StreamId stream = node_read(node, k);
            int maker = stream == NONE ? NONE : plan->net->streams.at[stream].node;
            if (maker != NONE && plan->nodes[maker].joined == group)
                insert(plan->arena, &all, maker);
        }
    }
    for (int i = 0; i < part->count; i++)
        vec_push(plan->arena, &all, part->nodes[i]);
    part->nodes = all.at;
    part->count = all.count;
}

/* Few outputs at a time for many samples of reals; many for the events of one. */
static int step_width(const Planning *plan, const Node *map, Tiling tiles)
{
    int best = plan->streams[map->in].events ? STEP_SPIKES : STEP_REALS;
    for (int width = best; width >= STEP_REALS; width -= STEP_REALS)
        if (tiling_room(tiles) % width == 0)
            return width;
    return tiles.width;
}

/* Pieces are listed, and chosen, of all steps before the first map reads them, and transforms made of them: a group has its
 * streams step by step. */
static void leave_whole(NodePlan *node)
{
    if (node->group && node->pieces)
        node->pieces = node->piece_rows = node->piece_taps = node->choice = false;
    if (!node->group || !node->taps)
        return;
    node->past = true;
    node->taps = node->frequencies = node->narrow = node->choice = false;
}

void plan_groups(Planning *plan)
{
    const Net *net = plan->net;
    schedule_phase(plan, PHASE_FORWARD, 0, net->backward);
    schedule_phase(plan, PHASE_BACKWARD, net->backward, net->updates);
    schedule_phase(plan, PHASE_UPDATE, net->updates, net->nodes.count);
    if (net->stepwise)
        schedule_steps(plan);
    for (int n = 0; n < net->updates; n++) {
        plan->nodes[n].joined = joined_of(plan, n);
        leave_whole(&plan->nodes[n]);
    }
    for (StreamId s = 0; s < net->streams.count; s++)
        plan->streams[s].slots = slots_of(plan, s);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int p = 0; p < plan->phases[phase].count; p++)
            if (plan->phases[phase].at[p].recurrent)
                plan_delays(plan, &plan->phases[phase].at[p]);
    for (StreamId s = 0; s < net->streams.count; s++)
        plan->streams[s].shifted = is_shifted(plan, s);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int p = 0; p < plan->phases[phase].count; p++)
            if (plan->phases[phase].at[p].recurrent)
                join(plan, &plan->phases[phase].at[p]);
    for (int n = 0; n < net->updates; n++)
        if (plan->nodes[n].role == ROLE_MAP && group_of(plan, n))
            plan->nodes[n].step_width = step_width(plan, &net->nodes.at[n], plan->nodes[n].tiles);
}
