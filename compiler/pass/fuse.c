/* Scans that follow each other unit by unit become one, and so does a mean or a sum behind a scan: what only
 * they hand to each other is then never stored. The first takes the second in: its streams, parameters,
 * states and equations come behind its own. */
#include "passes.h"
#include "rebuild.h"

/* ---- what depends on what ---- */

static bool is_marked(const Net *net, StreamId stream, const bool *marked)
{
    int maker = stream == NONE ? NONE : net->streams.at[stream].node;
    return maker != NONE && marked[maker];
}

static bool reads_marked(const Net *net, const Node *node, const bool *marked)
{
    bool reads = false;
    for (int k = 0; k < node_read_count(node) && !reads; k++)
        reads = is_marked(net, node_read(node, k), marked);
    return reads;
}

/* depends[n]: node n needs, directly or not, something that `node` makes, in this step or another; ways
 * through the node `but` do not count (NONE: all do). */
static bool *dependents(const Net *net, int node, int but)
{
    bool *depends = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    bool *marked = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    marked[node] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = 0; n < net->nodes.count; n++) {
            if (depends[n] || n == but || !reads_marked(net, &net->nodes.at[n], marked))
                continue;
            depends[n] = marked[n] = changed = true;
        }
    }
    return depends;
}

static void mark_needed(const Net *net, StreamId stream, bool *needed)
{
    int maker = stream == NONE ? NONE : net->streams.at[stream].node;
    if (maker == NONE || needed[maker])
        return;
    needed[maker] = true;
    const Node *node = &net->nodes.at[maker];
    for (int k = 0; k < node_read_count(node); k++)
        mark_needed(net, node_read(node, k), needed);
}

/* ---- which scans ---- */

/* What `second` reads of `first` it reads at every step; what else it reads does not depend on `first` unless
 * by way of itself, through a delay. */
static bool inputs_allow(const Net *net, int first, int second)
{
    const Node *reader = &net->nodes.at[second];
    const bool *depends = dependents(net, first, second);
    for (int i = 0; i < reader->ins.count; i++) {
        const Stream *in = &net->streams.at[reader->ins.at[i]];
        if (in->node == first ? !in->temporal : depends[in->node])
            return false;
    }
    return true;
}

/* Two recurrent groups stay two. */
static bool groups_allow(const Net *net, int first, int second)
{
    const bool *behind = dependents(net, second, NONE);
    return behind[first] || !behind[second] || !dependents(net, first, NONE)[first];
}

/* Each step stands alone: no matter in which order they run. */
static bool is_map(const Net *net, const Node *scan)
{
    bool map = scan->states.count == 0 && scan->grads.count == 0;
    for (int k = 0; k < scan->outs.count; k++)
        map = map && net->streams.at[scan->outs.at[k].stream].temporal;
    return map;
}

static bool can_merge(const Net *net, int first, int second)
{
    const Node *a = &net->nodes.at[first], *b = &net->nodes.at[second];
    if (a->kind != NODE_SCAN || first > second || (first < net->backward) != (second < net->backward)
        || (a->reverse != b->reverse && !is_map(net, b)))
        return false;
    return inputs_allow(net, first, second) && groups_allow(net, first, second);
}

/* ---- names ---- */

static bool has_name(const Node *node, const char *name)
{
    for (int s = 0; s < node->states.count; s++)
        if (strcmp(node->states.at[s].name, name) == 0)
            return true;
    for (Val v = 0; v < node->body.code.count; v++) {
        const Instr *instr = &node->body.code.at[v];
        if (instr->name && op_arity(instr->op) > 0 && strcmp(instr->name, name) == 0)
            return true;
    }
    return false;
}

typedef struct Merge {
    Node *into;
    Node first, second; /* as they were */
} Merge;

/* The name of a state or a value of the second scan: where the first has such a name, too, its v is v_li. */
static const char *merged_name(Arena *arena, const Merge *merge, const char *name)
{
    const char *neuron = merge->second.name, *merged = name;
    int length = (int)strcspn(neuron, ",");
    for (int n = 1; has_name(&merge->first, merged) || (n > 1 && has_name(&merge->second, merged)); n++)
        merged = n == 1 ? arena_printf(arena, "%s_%.*s", name, length, neuron)
                        : arena_printf(arena, "%s_%.*s_%d", name, length, neuron, n);
    return merged;
}

/* "lif, li"; of adjoints "li, lif, adjoint". */
static const char *merged_neurons(Arena *arena, const Merge *merge)
{
    static const char adjoint[] = ", adjoint";
    const char *first = merge->first.name, *tail = strstr(first, adjoint);
    int length = (int)(tail && strstr(merge->second.name, adjoint) ? (size_t)(tail - first) : strlen(first));
    return arena_printf(arena, "%.*s, %s", length, first, merge->second.name);
}

/* ---- merging ---- */

static int param_index(Arena *arena, Node *node, ParamId param)
{
    for (int p = 0; p < node->params.count; p++)
        if (node->params.at[p] == param)
            return p;
    vec_push(arena, &node->params, param);
    return node->params.count - 1;
}

/* What the first scan makes is at hand; another stream becomes an input. */
static Val merged_input(Rebuild *rebuild, const Instr *instr)
{
    const Merge *merge = rebuild->context;
    StreamId stream = merge->second.ins.at[instr->index];
    for (int k = 0; k < merge->first.outs.count; k++)
        if (merge->first.outs.at[k].stream == stream)
            return merge->first.outs.at[k].value;
    int index = input_index(rebuild->arena, merge->into, stream);
    return body_leaf(rebuild->arena, &rebuild->out, OP_INPUT, index, instr->name);
}

static Val merged_instr(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const Merge *merge = rebuild->context;
    Arena *arena = rebuild->arena;
    Instr copy = *instr;
    switch ((int)instr->op) {
    case OP_INPUT: return merged_input(rebuild, instr);
    case OP_STATE: copy.index += merge->first.states.count; break;
    case OP_PARAM: copy.index = param_index(arena, merge->into, merge->second.params.at[instr->index]); break;
    default: copy.name = instr->name ? merged_name(arena, merge, instr->name) : NULL;
    }
    return body_copy(arena, &rebuild->out, &copy, a, b, c);
}

static void take_in(Net *net, Merge *merge)
{
    Arena *arena = net->arena;
    Node *into = merge->into;
    const Node *second = &merge->second;
    Rebuild rebuild = rebuild_start(arena, &second->body, true);
    rebuild.out = into->body;
    rebuild.make = merged_instr;
    rebuild.context = merge;
    for (int k = 0; k < second->outs.count; k++) {
        ScanOut out = second->outs.at[k];
        vec_push(arena, &into->outs, ((ScanOut){out.stream, rebuild_value(&rebuild, out.value)}));
    }
    for (int g = 0; g < second->grads.count; g++) {
        ScanGrad grad = second->grads.at[g];
        param_index(arena, into, grad.param);
        vec_push(arena, &into->grads, ((ScanGrad){grad.param, rebuild_value(&rebuild, grad.value)}));
    }
    for (int s = 0; s < second->states.count; s++) {
        State state = second->states.at[s];
        state.name = merged_name(arena, merge, state.name);
        state.next = rebuild_value(&rebuild, state.next);
        vec_push(arena, &into->states, state);
    }
    into->body = rebuild.out;
    into->name = merged_neurons(arena, merge);
    if (second->forward == NONE)
        return;
    into->forward = second->forward; /* of two adjoints the second belongs to what runs first */
    into->span = second->span;
}

/* A mean or a sum over time: the scan adds it up while it runs. */
static void take_in_sum(Net *net, Node *into, const Node *reduce)
{
    for (int k = 0; k < into->outs.count; k++) {
        Val value = into->outs.at[k].value;
        if (into->outs.at[k].stream != reduce->in)
            continue;
        double factor = reduce->reduce == REDUCE_MEAN ? 1.0 / net->steps : 1;
        value = body_op2(net->arena, &into->body, OP_MUL, value, body_const(net->arena, &into->body, factor));
        vec_push(net->arena, &into->outs, ((ScanOut){reduce->out, value}));
        return;
    }
}

/* ---- the list of nodes ---- */

/* Renumbers: node n goes to place to[n]; several may share a place, which the first of them keeps. */
static void place_nodes(Net *net, const int *to)
{
    int count = net->nodes.count, kept = 0;
    Node *nodes = NEW_ARRAY(net->arena, Node, count + 1);
    for (int n = count - 1; n >= 0; n--) {
        Node node = net->nodes.at[n];
        node.forward = node.forward == NONE ? NONE : to[node.forward];
        nodes[to[n]] = node;
        kept = to[n] >= kept ? to[n] + 1 : kept;
    }
    for (int n = 0; n < kept; n++)
        net->nodes.at[n] = nodes[n];
    net->nodes.count = kept;
    for (StreamId s = 0; s < net->streams.count; s++)
        if (net->streams.at[s].node != NONE)
            net->streams.at[s].node = to[net->streams.at[s].node];
}

/* Node `second` is part of node `first` now, behind what else it needs of the nodes between them. Returns the
 * place of the two. */
static int drop_merged(Net *net, int first, int second, const bool *needed)
{
    int *to = NEW_ARRAY(net->arena, int, net->nodes.count + 1), place = first;
    for (int n = 0; n < net->nodes.count; n++)
        to[n] = n < first ? n : n - 1;
    for (int n = first + 1; n < second; n++)
        if (needed[n])
            to[n] = place++;
    to[first] = to[second] = place++;
    for (int n = first + 1; n < second; n++)
        if (!needed[n])
            to[n] = place++;
    net->updates--;
    net->backward -= second < net->backward;
    place_nodes(net, to);
    return to[first];
}

static int merge_scans(Net *net, int first, int second)
{
    Node *into = &net->nodes.at[first];
    Merge merge = {.into = into, .first = *into, .second = net->nodes.at[second]};
    bool *needed = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    needed[first] = true; /* and nothing before it has to move */
    for (int i = 0; i < merge.second.ins.count; i++)
        mark_needed(net, merge.second.ins.at[i], needed);
    into->in_time = true; /* even if all that is left is a sum */
    take_in(net, &merge);
    return drop_merged(net, first, second, needed);
}

static int merge_sum(Net *net, int scan, int reduce)
{
    Node *into = &net->nodes.at[scan];
    into->in_time = true;
    take_in_sum(net, into, &net->nodes.at[reduce]);
    return drop_merged(net, scan, reduce, NEW_ARRAY(net->arena, bool, net->nodes.count + 1));
}

/* ---- the pass ---- */

/* Spikes are stored anyway, to be counted, and are counted exactly where the division comes last. */
static bool merges_sum(const Net *net, const Node *node)
{
    if (node->kind != NODE_REDUCE || (node->reduce != REDUCE_MEAN && node->reduce != REDUCE_SUM))
        return false;
    const Stream *in = &net->streams.at[node->in];
    const Node *maker = &net->nodes.at[in->node];
    return in->kind == STREAM_REALS && maker->kind == NODE_SCAN && !maker->reverse;
}

/* The place of the node that took node n in; NONE if n stays what it is. */
static int merge_node(Net *net, int n)
{
    const Node *node = &net->nodes.at[n];
    if (merges_sum(net, node))
        return merge_sum(net, net->streams.at[node->in].node, n);
    for (int i = 0; i < node->ins.count && node->kind == NODE_SCAN; i++) {
        int maker = net->streams.at[node->ins.at[i]].node;
        if (can_merge(net, maker, n))
            return merge_scans(net, maker, n);
    }
    return NONE;
}

void fuse_scans(Net *net)
{
    for (int n = 0; n < net->updates;) {
        int place = merge_node(net, n);
        n = place == NONE ? n + 1 : place; /* the merged node may be taken in, too */
    }
    simplify_net(net); /* what nobody reads now is not stored */
}
