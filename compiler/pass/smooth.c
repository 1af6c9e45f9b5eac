#include "passes.h"
#include "edit.h"
#include "finite.h"
#include "rebuild.h"

typedef struct Smooth {
    Net *net;
    int scan;   /* the node */
    Node *node; /* the same */
    Held held;
    int *count;       /* held streams made so far */
    const bool *wild; /* by value of the node's body: may be infinite or NaN */
} Smooth;

static StreamId held_stream(Smooth *smooth)
{
    const Node *node = smooth->node;
    const Net *net = smooth->net;
    const char *name = arena_printf(smooth->net->arena, "held_%d", (*smooth->count)++);
    StreamId held =
        net_stream(smooth->net, name, STREAM_REALS, scan_steps(net, node), scan_units(net, node), node->span);
    smooth->net->streams.at[held].batched = scan_is_batched(net, node);
    return held;
}

/* detach(a): in the run that records, a itself and a stream of it; in the run that replays, that stream. */
static Val make_held(Rebuild *rebuild, Smooth *smooth, Val a)
{
    StreamId stream = held_stream(smooth);
    smooth->net->streams.at[stream].keep = true;
    if (smooth->held == HELD_RECORD) {
        net_add_out(smooth->net, smooth->scan, stream, a);
        return body_op1(rebuild->arena, &rebuild->out, OP_DETACH, a);
    }
    vec_push(rebuild->arena, &smooth->node->ins, stream);
    return body_leaf(rebuild->arena, &rebuild->out, OP_INPUT, smooth->node->ins.count - 1, "held");
}

/* The antiderivative, with the derivative that the surrogate declares: detach(c) + (a - detach(a)) b is c,
 * and only a and b count in its derivative, or what c is made of beside detach(a). So gradcheck sees whether the two belong
 * together. */
static Val declared_slope(Rebuild *rebuild, const Instr *step, Val a, Val b, Val c)
{
    Arena *arena = rebuild->arena;
    Body *out = &rebuild->out;
    Val zero = body_op2(arena, out, OP_SUB, a, body_op1(arena, out, OP_DETACH, a));
    Val slope = body_op2(arena, out, OP_MUL, zero, body_op1(arena, out, OP_DETACH, b));
    if (!step_learns(arena, rebuild->from, step))
        c = body_op1(arena, out, OP_DETACH, c);
    return body_op2(arena, out, OP_ADD, c, slope);
}

/* weight * branch. Between 0 and 1 a smooth spike takes of both branches: a part of what is infinite or NaN is none. */
static Val part_of(Rebuild *rebuild, Val weight, Val branch, bool wild)
{
    Arena *arena = rebuild->arena;
    Body *out = &rebuild->out;
    Val part = body_op2(arena, out, OP_MUL, weight, branch);
    if (!wild)
        return part;
    Val size = body_op1(arena, out, OP_ABS, branch);
    Val finite = body_op2(arena, out, OP_LE, size, body_const(arena, out, largest_finite));
    return body_op3(arena, out, OP_SELECT, finite, part, body_const(arena, out, 0));
}

/* Whether it is how the antiderivative of a step sees the step's operand. */
static bool is_of_step(Arena *arena, const Body *body, const Instr *detach)
{
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *step = &body->code.at[v];
        if (step->op == OP_STEP && step->a == detach->a && step_learns(arena, body, step))
            return true;
    }
    return false;
}

static Val make_smooth(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    Arena *arena = rebuild->arena;
    Body *out = &rebuild->out;
    Smooth *smooth = rebuild->context;
    if (instr->op == OP_STEP)
        return smooth->held == HELD_RECORD ? declared_slope(rebuild, instr, a, b, c) : c;
    if (instr->op == OP_DETACH && is_of_step(arena, rebuild->from, instr))
        return smooth->held == HELD_RECORD ? body_op1(arena, out, OP_DETACH, a) : a;
    if (instr->op == OP_DETACH)
        return make_held(rebuild, smooth, a);
    if (instr->op != OP_MIX)
        return body_copy(arena, out, instr, a, b, c);
    Val rest = body_op2(arena, out, OP_SUB, body_const(arena, out, 1), a);
    return body_op2(arena, out, OP_ADD, part_of(rebuild, a, b, smooth->wild[instr->b]),
                    part_of(rebuild, rest, c, smooth->wild[instr->c]));
}

static void smooth_node(Net *net, int scan, const bool *wild, Held held, int *count)
{
    Node *node = &net->nodes.at[scan];
    Smooth smooth = {.net = net, .scan = scan, .node = node, .held = held, .count = count};
    smooth.wild = wild_values(net, node, wild);
    Body old = node->body;
    int outs = node->outs.count;
    Rebuild rebuild = rebuild_start(net->arena, &old, true);
    rebuild.make = make_smooth;
    rebuild.context = &smooth;
    for (int k = 0; k < outs; k++)
        node->outs.at[k].value = rebuild_value(&rebuild, node->outs.at[k].value);
    for (int s = 0; s < node->states.count; s++)
        node->states.at[s].next = rebuild_value(&rebuild, node->states.at[s].next);
    node->body = rebuild.out;
    for (int k = 0; k < outs; k++)
        net->streams.at[node->outs.at[k].stream].kind = STREAM_REALS;
}

/* Sources for the replayed streams stand first: before all that read them. */
static void add_held_sources(Net *net, int first_stream)
{
    NetEdit edit = edit_start(net);
    for (int s = net->streams.count - 1; s >= first_stream; s--) {
        Node source = node_new(NODE_DATA, net->streams.at[s].span);
        source.out = s;
        source.held = true;
        edit_add_first(&edit, source);
    }
    edit_finish(&edit);
}

/* What is only moved is of reals where what it was is; whether that was news. */
static bool follow_kinds(Net *net)
{
    bool changed = false;
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        if (node->kind != NODE_DELAY && node->kind != NODE_COPY && node->kind != NODE_POOL)
            continue;
        StreamKind *kind = &net->streams.at[node->out].kind;
        bool reals = net->streams.at[node->in].kind == STREAM_REALS
                     || (node->kind == NODE_COPY && node->aux != NONE
                         && net->streams.at[node->aux].kind == STREAM_REALS);
        bool news = *kind == STREAM_SPIKES && reals;
        *kind = news ? STREAM_REALS : *kind;
        changed = changed || news;
    }
    return changed;
}

void smooth_steps(Net *net, Held held)
{
    int count = 0, first_stream = net->streams.count;
    const bool *wild = wild_streams(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == NODE_SCAN)
            smooth_node(net, n, wild, held, &count);
    while (follow_kinds(net))
        ;
    if (held == HELD_REPLAY)
        add_held_sources(net, first_stream);
}
