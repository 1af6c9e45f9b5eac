#include "schedule.h"

/* Who reads what who makes, among the nodes that are scheduled; they are counted from 0 here. */
typedef struct Graph {
    Arena *arena;
    int count;
    Adjacency readers; /* of what node i makes */
    int *part;         /* of node i: the least of the nodes that it runs with, all of which need each other */
    bool *loops;       /* node i reads what it makes */
} Graph;

static void add_edge(Graph *graph, Edges *edges, int maker, int reader)
{
    if (maker < 0 || maker >= graph->count)
        return;
    vec_push(graph->arena, edges, maker);
    vec_push(graph->arena, edges, reader);
    graph->loops[reader] = graph->loops[reader] || maker == reader;
}

/* `known`: what delays read is. */
static Graph graph_of(Arena *arena, const Net *net, int first, int last, bool known)
{
    Graph graph = {.arena = arena, .count = last - first};
    Edges edges = {0};
    graph.loops = NEW_ARRAY(arena, bool, graph.count + 1);
    for (int i = 0; i < graph.count; i++) {
        const Node *node = &net->nodes.at[first + i];
        for (int k = 0; k < node_read_count(node) && !(known && node->kind == NODE_DELAY); k++) {
            StreamId stream = node_read(node, k);
            int maker = stream == NONE ? NONE : net->streams.at[stream].node;
            if (maker != NONE)
                add_edge(&graph, &edges, maker - first, i);
        }
    }
    graph.readers = adjacency_of(arena, &edges, graph.count);
    return graph;
}

/* ---- parts: Tarjan's strongly connected components, without recursion ---- */

typedef struct Search {
    int *number; /* in the order of discovery, from 1; 0: not seen */
    int *low;    /* the least number that is reached from here within the part */
    int *next;   /* edge to follow */
    VEC(int) path, open;
    int seen;
} Search;

static void enter(Graph *graph, Search *search, int node)
{
    search->number[node] = search->low[node] = ++search->seen;
    search->next[node] = graph->readers.first[node];
    graph->part[node] = -1;
    vec_push(graph->arena, &search->path, node);
    vec_push(graph->arena, &search->open, node);
}

static void close_part(Graph *graph, Search *search, int node)
{
    int first = search->open.count - 1, least = node;
    for (; search->open.at[first] != node; first--)
        least = search->open.at[first] < least ? search->open.at[first] : least;
    for (int i = first; i < search->open.count; i++)
        graph->part[search->open.at[i]] = least;
    search->open.count = first;
}

static void lower_to(Search *search, int node, int number)
{
    if (number < search->low[node])
        search->low[node] = number;
}

static void leave(Graph *graph, Search *search, int node)
{
    if (search->low[node] == search->number[node])
        close_part(graph, search, node);
    search->path.count--;
    if (search->path.count > 0)
        lower_to(search, search->path.at[search->path.count - 1], search->low[node]);
}

static void find_parts(Graph *graph)
{
    Arena *arena = graph->arena;
    int size = graph->count + 1;
    Search search = {.number = NEW_ARRAY(arena, int, size),
                     .low = NEW_ARRAY(arena, int, size),
                     .next = NEW_ARRAY(arena, int, size)};
    graph->part = NEW_ARRAY(arena, int, size);
    for (int root = 0; root < graph->count; root++) {
        if (search.number[root] == 0)
            enter(graph, &search, root);
        while (search.path.count > 0) {
            int node = search.path.at[search.path.count - 1];
            if (search.next[node] == graph->readers.first[node + 1]) {
                leave(graph, &search, node);
                continue;
            }
            int reader = graph->readers.to[search.next[node]++];
            if (search.number[reader] == 0)
                enter(graph, &search, reader);
            else if (graph->part[reader] < 0) /* still open */
                lower_to(&search, node, search.number[reader]);
        }
    }
}

/* ---- order ---- */

typedef struct Waiting {
    VEC(int) *members; /* by part */
    int *missing;      /* by part: streams from other parts that are not made yet */
} Waiting;

/* The parts that wait for nothing any more, from `next` on. */
static int made(const Graph *graph, Waiting *waiting, int part, int next)
{
    for (int m = 0; m < waiting->members[part].count; m++) {
        int node = waiting->members[part].at[m];
        for (int e = graph->readers.first[node]; e < graph->readers.first[node + 1]; e++) {
            int to = graph->part[graph->readers.to[e]];
            if (to != part && --waiting->missing[to] == 0 && to < next)
                next = to;
        }
    }
    return next;
}

static Waiting waiting_parts(const Graph *graph)
{
    Waiting waiting = {arena_alloc(graph->arena, sizeof *waiting.members * (size_t)(graph->count + 1)),
                       NEW_ARRAY(graph->arena, int, graph->count + 1)};
    for (int i = 0; i < graph->count; i++) {
        vec_push(graph->arena, &waiting.members[graph->part[i]], i);
        for (int e = graph->readers.first[i]; e < graph->readers.first[i + 1]; e++)
            waiting.missing[graph->part[graph->readers.to[e]]] +=
                graph->part[graph->readers.to[e]] != graph->part[i];
    }
    return waiting;
}

/* Of the parts whose inputs are made, always the one with the first node. */
static Schedule schedule_graph(Arena *arena, Graph graph, int first)
{
    find_parts(&graph);
    Waiting waiting = waiting_parts(&graph);
    Schedule schedule = {0};
    for (int next = 0; next < graph.count;) {
        int count = waiting.members[next].count;
        if (count == 0 || waiting.missing[next] != 0) {
            next++;
            continue;
        }
        Part part = {.nodes = NEW_ARRAY(arena, int, count), .count = count};
        part.recurrent = count > 1 || graph.loops[next];
        for (int i = 0; i < count; i++)
            part.nodes[i] = first + waiting.members[next].at[i];
        vec_push(arena, &schedule, part);
        waiting.missing[next] = -1; /* done */
        next = made(&graph, &waiting, next, next + 1);
    }
    return schedule;
}

Schedule schedule_nodes(Arena *arena, const Net *net, int first, int last)
{
    return schedule_graph(arena, graph_of(arena, net, first, last, false), first);
}

Schedule schedule_step(Arena *arena, const Net *net)
{
    return schedule_graph(arena, graph_of(arena, net, 0, net->nodes.count, true), 0);
}
