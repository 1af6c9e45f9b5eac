/* Fusion of pointwise maps, and removal of what nobody reads. */
#include "passes.h"
#include "edit.h"
#include "rebuild.h"

/* ---- fusion: a map that only one scan reads becomes part of that scan's body ---- */

/* What fewer units need is not computed for more, nor what all samples share for each of them. */
static bool same_units(const Net *net, const Node *a, const Node *b)
{
    return shape_equal(scan_units(net, a), scan_units(net, b))
           && scan_is_batched(net, a) == scan_is_batched(net, b);
}

/* The scan that node n can be fused into, or NONE. A sum must stay a node of its own. */
static int fusion_target(const Net *net, const Adjacency *readers, int n)
{
    const Node *map = &net->nodes.at[n];
    if (map->kind != NODE_SCAN || map->states.count || map->grads.count || map->params.count
        || map->outs.count != 1 || net->streams.at[map->outs.at[0].stream].keep
        || scan_sums(net, map, map->outs.at[0].stream))
        return NONE;
    int reader = only_reader(readers, map->outs.at[0].stream);
    bool scan = reader != NONE && reader > n && net->nodes.at[reader].kind == NODE_SCAN;
    return scan && same_units(net, map, &net->nodes.at[reader]) ? reader : NONE;
}

/* The maps that become part of other scans, and the operations of each scan with those that become part of it. */
typedef struct Fused {
    bool *gone;
    int *size;
} Fused;

static Fused fused_maps(const Net *net)
{
    int count = net->nodes.count + 1;
    Fused fused = {NEW_ARRAY(net->arena, bool, count), NEW_ARRAY(net->arena, int, count)};
    const Adjacency readers = net_readers(net);
    for (int n = 0; n < net->nodes.count; n++)
        fused.size[n] = net->nodes.at[n].body.code.count;
    for (int n = 0; n < net->nodes.count; n++) {
        int into = fusion_target(net, &readers, n);
        fused.gone[n] = into != NONE && can_be_one_body(fused.size[n], fused.size[into]);
        if (fused.gone[n])
            fused.size[into] += fused.size[n];
    }
    return fused;
}

typedef struct Fusion {
    const Net *net;
    const Fused *fused;
    const Node *from; /* the node whose body is copied: `into` as it was, or a map */
    Node *into;       /* its ins are collected anew */
} Fusion;

static Val make_fused_instr(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c);

/* The result of a map, in the place of the stream of it. */
static Val map_value(Rebuild *rebuild, const Node *map)
{
    Fusion fusion = *(const Fusion *)rebuild->context;
    fusion.from = map;
    Rebuild inner = rebuild_start(rebuild->arena, &map->body, rebuild->keep_slopes);
    inner.out = rebuild->out;
    inner.make = make_fused_instr;
    inner.context = &fusion;
    Val value = rebuild_value(&inner, map->outs.at[0].value);
    rebuild->out = inner.out;
    return value;
}

static Val make_fused_instr(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const Fusion *fusion = rebuild->context;
    if (instr->op != OP_INPUT)
        return body_copy(rebuild->arena, &rebuild->out, instr, a, b, c);
    StreamId stream = fusion->from->ins.at[instr->index];
    int maker = fusion->net->streams.at[stream].node;
    if (maker != NONE && fusion->fused->gone[maker])
        return map_value(rebuild, &fusion->net->nodes.at[maker]);
    int index = input_index(rebuild->arena, fusion->into, stream);
    return body_leaf(rebuild->arena, &rebuild->out, OP_INPUT, index, instr->name);
}

/* Nothing reads the maps' results then; sweeping removes them. */
static void take_maps_in(Net *net, const Fused *fused, int into, bool keep_slopes)
{
    Node *node = &net->nodes.at[into];
    Node old = *node;
    Fusion fusion = {.net = net, .fused = fused, .from = &old, .into = node};
    scan_fix(net, node); /* its only temporal input may be a map's result, and so may its largest one */
    memset(&node->ins, 0, sizeof node->ins);
    Rebuild rebuild = rebuild_start(net->arena, &old.body, keep_slopes);
    rebuild.make = make_fused_instr;
    rebuild.context = &fusion;
    rebuild_node(&rebuild, node);
}

static void fuse_maps(Net *net, bool keep_slopes)
{
    const Fused fused = fused_maps(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (!fused.gone[n] && fused.size[n] > net->nodes.at[n].body.code.count)
            take_maps_in(net, &fused, n, keep_slopes);
}

/* ---- removal ---- */

/* What makes no stream is there for what it does, but for a scan that nobody reads any more; a stream that is kept
 * somebody looks at. */
static bool has_effect(const Net *net, const Node *node)
{
    bool makes = false, kept = false;
    for (int k = 0; k < node_made_count(node); k++) {
        StreamId stream = node_made(node, k);
        makes = makes || stream != NONE;
        kept = kept || (stream != NONE && net->streams.at[stream].keep);
    }
    return (!makes && node->kind != NODE_SCAN) || kept || node->grads.count > 0;
}

/* live[n]: node n has an effect, or makes what a live node reads. */
static bool *live_nodes(const Net *net)
{
    bool *live = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    VEC(int) open = {0};
    for (int n = 0; n < net->nodes.count; n++) {
        live[n] = has_effect(net, &net->nodes.at[n]);
        if (live[n])
            vec_push(net->arena, &open, n);
    }
    while (open.count > 0) {
        const Node *node = &net->nodes.at[open.at[--open.count]];
        for (int k = 0; k < node_read_count(node); k++) {
            int maker = node_read(node, k) == NONE ? NONE : net->streams.at[node_read(node, k)].node;
            if (maker == NONE || live[maker])
                continue;
            live[maker] = true;
            vec_push(net->arena, &open, maker);
        }
    }
    return live;
}

static void sweep_nodes(Net *net)
{
    const bool *live = live_nodes(net);
    NetEdit edit = edit_start(net);
    for (int n = 0; n < net->nodes.count; n++)
        if (!live[n])
            edit_drop(&edit, n);
    edit_finish(&edit);
}

/* Adds `by` to the uses of what the node reads. */
static void count_uses(const Node *node, int by, int *uses)
{
    for (int k = 0; k < node_read_count(node); k++)
        if (node_read(node, k) != NONE)
            uses[node_read(node, k)] += by;
}

static void drop_unread_outs(Net *net, Node *node, const int *uses)
{
    int kept = 0;
    for (int k = 0; k < node->outs.count; k++) {
        ScanOut out = node->outs.at[k];
        if (out.stream == NONE || uses[out.stream] > 0 || net->streams.at[out.stream].keep)
            node->outs.at[kept++] = out;
        else
            net->streams.at[out.stream].node = NONE;
    }
    node->outs.count = kept;
}

typedef struct Renumber {
    int *state, *input; /* old index -> new */
} Renumber;

static Val make_renumbered(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const Renumber *renumber = rebuild->context;
    if (instr->op != OP_STATE && instr->op != OP_INPUT)
        return body_copy(rebuild->arena, &rebuild->out, instr, a, b, c);
    int index = (instr->op == OP_STATE ? renumber->state : renumber->input)[instr->index];
    return body_leaf(rebuild->arena, &rebuild->out, instr->op, index, instr->name);
}

/* new_index[i]: position of leaf i among the leaves of its kind that are used, or NONE. Returns their number. */
static int number_leaves(const Node *node, const bool *live, Op op, int count, int *new_index)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        new_index[i] = NONE;
    for (Val v = 0; v < node->body.code.count; v++)
        if (live[v] && node->body.code.at[v].op == op)
            new_index[node->body.code.at[v].index] = 0;
    for (int i = 0; i < count; i++)
        if (new_index[i] != NONE)
            new_index[i] = used++;
    return used;
}

static void sweep_body(Net *net, Node *node, bool keep_slopes)
{
    Arena *arena = net->arena;
    bool update = node->kind == NODE_UPDATE; /* its two inputs are fixed */
    bool *live = live_values(arena, node);
    int inputs = update ? 2 : node->ins.count;
    Renumber renumber = {NEW_ARRAY(arena, int, node->states.count + 1), NEW_ARRAY(arena, int, inputs + 1)};
    int states = number_leaves(node, live, OP_STATE, node->states.count, renumber.state);
    int ins = number_leaves(node, live, OP_INPUT, inputs, renumber.input);
    for (int s = 0; s < node->states.count; s++)
        if (renumber.state[s] != NONE)
            node->states.at[renumber.state[s]] = node->states.at[s];
    node->states.count = states;
    for (int i = 0; i < inputs; i++) {
        if (update)
            renumber.input[i] = i;
        else if (renumber.input[i] != NONE)
            node->ins.at[renumber.input[i]] = node->ins.at[i];
    }
    if (!update)
        node->ins.count = ins;
    Body old = node->body;
    Rebuild rebuild = rebuild_start(arena, &old, keep_slopes);
    rebuild.make = make_renumbered;
    rebuild.context = &renumber;
    rebuild_node(&rebuild, node);
}

/* From the last node to the first: what it no longer reads may be what an earlier one need not make. */
static void sweep_bodies(Net *net, bool keep_slopes)
{
    int *uses = NEW_ARRAY(net->arena, int, net->streams.count + 1);
    for (int n = 0; n < net->nodes.count; n++)
        count_uses(&net->nodes.at[n], 1, uses);
    for (int n = net->nodes.count - 1; n >= 0; n--) {
        Node *node = &net->nodes.at[n];
        if (!node_facts(node->kind)->equations)
            continue;
        drop_unread_outs(net, node, uses);
        count_uses(node, -1, uses);
        sweep_body(net, node, keep_slopes);
        count_uses(node, 1, uses);
    }
}

void simplify_net(Net *net)
{
    bool keep_slopes = net->backward == net->nodes.count; /* differentiate has not run yet */
    fuse_maps(net, keep_slopes);
    sweep_nodes(net);
    sweep_bodies(net, keep_slopes);
    sweep_nodes(net);
}
