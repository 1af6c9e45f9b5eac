#include "cut.h"

#include <limits.h>

/* The body as a flow network: every value is an edge enter(v) -> leave(v) whose capacity is the cost of
 * saving v; operands feed their users without limit. Bodies have tens of values, so a dense matrix. */
typedef struct Flow {
    int size; /* vertices: 2 per value, then source and sink */
    int *capacity;
    int *from; /* of the last search: predecessor or -1 */
    int *queue;
} Flow;

enum { NO_LIMIT = INT_MAX / 4, COST_STORED = 1, COST_INPUT = 2, COST_NAMED = 4, COST_PLAIN = 5 };

static int enter(Val v)
{
    return 2 * v;
}

static int leave(Val v)
{
    return 2 * v + 1;
}

static int *edge(Flow *flow, int from, int to)
{
    return &flow->capacity[from * flow->size + to];
}

static int saving_cost(const Node *scan, Val v)
{
    const Instr *instr = &scan->body.code.at[v];
    if (op_is_truth(instr->op))
        return NO_LIMIT; /* not a stream: cheap to recompute */
    for (int k = 0; k < scan->outs.count; k++)
        if (scan->outs.at[k].value == v)
            return COST_STORED;
    if (instr->op == OP_INPUT)
        return COST_INPUT;
    return instr->name ? COST_NAMED : COST_PLAIN;
}

static Flow flow_of(Arena *arena, const Node *scan, const bool *needed)
{
    int count = scan->body.code.count;
    Flow flow = {.size = 2 * count + 2};
    int source = 2 * count, sink = 2 * count + 1;
    flow.capacity = NEW_ARRAY(arena, int, flow.size *flow.size);
    flow.from = NEW_ARRAY(arena, int, flow.size);
    flow.queue = NEW_ARRAY(arena, int, flow.size);
    for (Val v = 0; v < count; v++) {
        const Instr *instr = &scan->body.code.at[v];
        *edge(&flow, enter(v), leave(v)) = saving_cost(scan, v);
        if (instr->op == OP_STATE || instr->op == OP_INPUT)
            *edge(&flow, source, enter(v)) = NO_LIMIT;
        if (needed[v])
            *edge(&flow, leave(v), sink) = NO_LIMIT;
        for (int k = 0; k < op_value_arity(instr->op); k++)
            *edge(&flow, leave(instr_operand(instr, k)), enter(v)) = NO_LIMIT;
    }
    return flow;
}

/* Breadth first from `start` along edges with capacity left (backwards if asked); flow->from[x] >= 0
 * marks what was reached. */
static void search(Flow *flow, int start, bool backwards)
{
    int head = 0, tail = 0;
    for (int x = 0; x < flow->size; x++)
        flow->from[x] = -1;
    flow->from[start] = start;
    flow->queue[tail++] = start;
    while (head < tail) {
        int x = flow->queue[head++];
        for (int y = 0; y < flow->size; y++) {
            int left = backwards ? *edge(flow, y, x) : *edge(flow, x, y);
            if (left > 0 && flow->from[y] < 0) {
                flow->from[y] = x;
                flow->queue[tail++] = y;
            }
        }
    }
}

static void push_along_path(Flow *flow, int source, int sink)
{
    int least = NO_LIMIT;
    for (int y = sink; y != source; y = flow->from[y]) {
        int left = *edge(flow, flow->from[y], y);
        least = left < least ? left : least;
    }
    for (int y = sink; y != source; y = flow->from[y]) {
        *edge(flow, flow->from[y], y) -= least;
        *edge(flow, y, flow->from[y]) += least;
    }
}

void cheapest_saves(Arena *arena, const Node *scan, const bool *needed, bool *saved)
{
    int count = scan->body.code.count;
    Flow flow = flow_of(arena, scan, needed);
    int source = 2 * count, sink = 2 * count + 1;
    for (search(&flow, source, false); flow.from[sink] >= 0; search(&flow, source, false))
        push_along_path(&flow, source, sink);
    /* Of equal cuts the one nearest to the needed values: it leaves least to recompute. */
    search(&flow, sink, true);
    for (Val v = 0; v < count; v++)
        saved[v] = flow.from[leave(v)] >= 0 && flow.from[enter(v)] < 0;
}
