#include "schedule.h"

/* reach[i * count + j]: node first+j needs, directly or not, something that node first+i makes. */
static bool *reachability(Arena *arena, const Net *net, int first, int count)
{
    bool *reach = NEW_ARRAY(arena, bool, count *count + 1);
    for (int s = 0; s < net->streams.count; s++) {
        int from = net->streams.at[s].node - first;
        if (net->streams.at[s].node == NONE || from < 0 || from >= count)
            continue;
        for (int to = 0; to < count; to++)
            if (node_reads(&net->nodes.at[first + to], s))
                reach[from * count + to] = true;
    }
    for (int via = 0; via < count; via++)
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count && reach[i * count + via]; j++)
                reach[i * count + j] = reach[i * count + j] || reach[via * count + j];
    return reach;
}

static bool together(const bool *reach, int count, int i, int j)
{
    return i == j || (reach[i * count + j] && reach[j * count + i]);
}

/* Every input from outside the part of node i has been made. */
static bool is_ready(const bool *reach, int count, const bool *done, int i)
{
    for (int from = 0; from < count; from++)
        if (reach[from * count + i] && !done[from] && !together(reach, count, from, i))
            return false;
    return true;
}

Schedule schedule_nodes(Arena *arena, const Net *net, int first, int last)
{
    int count = last - first, scheduled = 0;
    bool *reach = reachability(arena, net, first, count);
    bool *done = NEW_ARRAY(arena, bool, count + 1);
    Schedule schedule = {0};
    while (scheduled < count) {
        int next = 0;
        while (done[next] || !is_ready(reach, count, done, next))
            next++;
        Part part = {.nodes = NEW_ARRAY(arena, int, count), .recurrent = reach[next * count + next]};
        for (int i = 0; i < count; i++)
            if (together(reach, count, i, next))
                part.nodes[part.count++] = first + i;
        for (int i = 0; i < part.count; i++)
            done[part.nodes[i] - first] = true;
        scheduled += part.count;
        vec_push(arena, &schedule, part);
    }
    return schedule;
}
