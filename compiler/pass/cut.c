#include "cut.h"

#include <limits.h>

/* The body as a flow network: every value is an edge enter(v) -> leave(v) whose capacity is the cost of
 * saving v; operands feed their users without limit. */
typedef struct Edge {
    int to, left; /* capacity that is left; edge e ^ 1 leads back */
    int next;     /* edge from the same vertex, or -1 */
} Edge;

typedef struct Flow {
    Arena *arena;
    int size; /* vertices: 2 per value, then source and sink */
    VEC(Edge) edges;
    int *first; /* of each vertex: an edge, or -1 */
    int *by;    /* of the last search: the edge that led here, -1 where it did not come */
    int *queue;
} Flow;

enum { NO_LIMIT = INT_MAX / 4, COST_STORED = 1, COST_INPUT = 2, COST_NAMED = 4, COST_PLAIN = 5 };
enum { START = -2 }; /* Flow.by of the vertex where the search began */

static int enter(Val v)
{
    return 2 * v;
}

static int leave(Val v)
{
    return 2 * v + 1;
}

static void add_half(Flow *flow, int from, int to, int capacity)
{
    Edge edge = {.to = to, .left = capacity, .next = flow->first[from]};
    flow->first[from] = flow->edges.count;
    vec_push(flow->arena, &flow->edges, edge);
}

static void add_edge(Flow *flow, int from, int to, int capacity)
{
    add_half(flow, from, to, capacity);
    add_half(flow, to, from, 0);
}

static bool is_stored(const Net *net, const Node *scan, const ScanOut *out, Val v)
{
    return out->value == v && !scan_sums(net, scan, out->stream);
}

static int saving_cost(const Net *net, const Node *scan, Val v)
{
    const Instr *instr = &scan->body.code.at[v];
    if (op_is_truth(instr->op))
        return NO_LIMIT; /* not a stream: cheap to recompute */
    for (int k = 0; k < scan->outs.count; k++)
        if (is_stored(net, scan, &scan->outs.at[k], v))
            return COST_STORED;
    if (instr->op == OP_INPUT)
        return COST_INPUT;
    return instr->name ? COST_NAMED : COST_PLAIN;
}

static Flow flow_of(const Net *net, const Node *scan, const bool *needed)
{
    int count = scan->body.code.count;
    Flow flow = {.arena = net->arena, .size = 2 * count + 2};
    int source = 2 * count, sink = 2 * count + 1;
    flow.first = NEW_ARRAY(net->arena, int, flow.size);
    flow.by = NEW_ARRAY(net->arena, int, flow.size);
    flow.queue = NEW_ARRAY(net->arena, int, flow.size);
    for (int x = 0; x < flow.size; x++)
        flow.first[x] = -1;
    for (Val v = 0; v < count; v++) {
        const Instr *instr = &scan->body.code.at[v];
        add_edge(&flow, enter(v), leave(v), saving_cost(net, scan, v));
        if (instr->op == OP_STATE || instr->op == OP_INPUT)
            add_edge(&flow, source, enter(v), NO_LIMIT);
        if (needed[v])
            add_edge(&flow, leave(v), sink, NO_LIMIT);
        for (int k = 0; k < op_value_arity(instr->op); k++)
            add_edge(&flow, leave(instr_operand(instr, k)), enter(v), NO_LIMIT);
    }
    return flow;
}

/* Breadth first from `start` to `end` (-1: everywhere) along edges with capacity left, backwards if asked;
 * flow->by marks what was reached. */
static void search(Flow *flow, int start, int end, bool backwards)
{
    int head = 0, tail = 0;
    for (int x = 0; x < flow->size; x++)
        flow->by[x] = -1;
    flow->by[start] = START;
    flow->queue[tail++] = start;
    while (head < tail && (end < 0 || flow->by[end] == -1)) {
        int x = flow->queue[head++];
        for (int e = flow->first[x]; e >= 0; e = flow->edges.at[e].next) {
            int y = flow->edges.at[e].to, left = flow->edges.at[backwards ? e ^ 1 : e].left;
            if (left > 0 && flow->by[y] == -1) {
                flow->by[y] = e;
                flow->queue[tail++] = y;
            }
        }
    }
}

static void push_along_path(Flow *flow, int source, int sink)
{
    int least = NO_LIMIT;
    for (int y = sink; y != source; y = flow->edges.at[flow->by[y] ^ 1].to) {
        int left = flow->edges.at[flow->by[y]].left;
        least = left < least ? left : least;
    }
    for (int y = sink; y != source; y = flow->edges.at[flow->by[y] ^ 1].to) {
        flow->edges.at[flow->by[y]].left -= least;
        flow->edges.at[flow->by[y] ^ 1].left += least;
    }
}

void cheapest_saves(const Net *net, const Node *scan, const bool *needed, bool *saved)
{
    int count = scan->body.code.count;
    Flow flow = flow_of(net, scan, needed);
    int source = 2 * count, sink = 2 * count + 1;
    for (search(&flow, source, sink, false); flow.by[sink] != -1; search(&flow, source, sink, false))
        push_along_path(&flow, source, sink);
    /* Of equal cuts the one nearest to the needed values: it leaves least to recompute. */
    search(&flow, sink, -1, true);
    for (Val v = 0; v < count; v++)
        saved[v] = flow.by[leave(v)] != -1 && flow.by[enter(v)] == -1;
}
