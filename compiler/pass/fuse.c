/* Scans that follow each other unit by unit become one, and so does a mean or a sum behind a scan: what only
 * they hand to each other is then never stored. So do sums over the batch of one stream, which is then read once. The
 * first takes the second in: its streams, parameters, states and equations come behind its own. */
#include "passes.h"
#include "edit.h"
#include "rebuild.h"
#include "schedule.h"

typedef struct Fuse {
    Net *net;
    NetEdit edit;
    int *group;    /* by node: its recurrent group, NONE if it is in none */
    int *place;    /* by node: rising along the list */
    int *floor;    /* by place: what stands before this place needs nothing of what stands here or behind */
    Table **names; /* by node: see names_of; NULL: not made yet */
    int *visit;    /* by node: the last walk that came by */
    int *sums;     /* by stream: a node that only makes sums over the batch, and reads it; or NONE */
    int walk, places;
    VEC(int) open; /* nodes where the walk goes on */
} Fuse;

static int maker_of(const Fuse *fuse, StreamId stream)
{
    return stream == NONE ? NONE : fuse->net->streams.at[stream].node;
}

/* ---- what depends on what ---- */

/* What nodes read is made before them, but for the delays of a recurrent group: its floor is where the group begins,
 * or one that overlaps it. */
static void find_floors(Fuse *fuse, const int *end, int count)
{
    for (int n = 0, floor = 0, last = -1; n < count; n++) {
        floor = n > last ? n : floor;
        last = fuse->group[n] != NONE && end[fuse->group[n]] > last ? end[fuse->group[n]] : last;
        fuse->floor[n] = floor;
    }
}

/* Nodes from place `first` to `last` have changed places: where some are of a group, all count as one. */
static void join_floors(Fuse *fuse, int first, int last)
{
    bool group = false;
    int floor = fuse->floor[first], end = last;
    while (end + 1 < fuse->places && fuse->floor[end + 1] <= last)
        end++;
    for (int p = first; p <= end; p++)
        group = group || fuse->floor[p] < p;
    for (int p = first; p <= end && group; p++)
        fuse->floor[p] = floor;
}

/* A walk that does not enter `but`. */
static void start_walk(Fuse *fuse, int but)
{
    fuse->walk++;
    fuse->open.count = 0;
    fuse->visit[but] = fuse->walk;
}

static void visit(Fuse *fuse, int node)
{
    if (node == NONE || fuse->visit[node] == fuse->walk)
        return;
    fuse->visit[node] = fuse->walk;
    vec_push(fuse->net->arena, &fuse->open, node);
}

/* Whether `node` needs, directly or not, something that `first` makes, in this step or another; ways through the
 * node `but` do not count. */
static bool depends(Fuse *fuse, int node, int first, int but)
{
    int floor = fuse->floor[fuse->place[first]];
    start_walk(fuse, but);
    visit(fuse, node);
    while (fuse->open.count > 0) {
        int top = fuse->open.at[--fuse->open.count];
        const Node *reader = &fuse->net->nodes.at[top];
        if (top == first)
            return true;
        for (int k = 0; k < node_read_count(reader) && fuse->place[top] >= floor; k++)
            visit(fuse, maker_of(fuse, node_read(reader, k)));
    }
    return false;
}

/* ---- which scans ---- */

/* What `second` reads of `first` it reads at every step, unit by unit; what else it reads does not depend on `first` unless
 * by way of itself, through a delay. */
static bool inputs_allow(Fuse *fuse, int first, int second)
{
    const Node *reader = &fuse->net->nodes.at[second];
    for (int i = 0; i < reader->ins.count; i++) {
        const Stream *in = &fuse->net->streams.at[reader->ins.at[i]];
        const Node *maker = &fuse->net->nodes.at[first];
        bool sum = !in->steps || scan_sums(fuse->net, maker, reader->ins.at[i]);
        if (in->node == first ? sum : depends(fuse, in->node, first, second))
            return false;
    }
    return true;
}

/* Two recurrent groups stay two. */
static bool groups_allow(const Fuse *fuse, int first, int second)
{
    int a = fuse->group[first], b = fuse->group[second];
    return a == NONE || b == NONE || a == b;
}

/* Each step stands alone: no matter in which order they run. */
static bool is_map(const Net *net, const Node *scan)
{
    bool map = scan->states.count == 0 && scan->grads.count == 0;
    for (int k = 0; k < scan->outs.count; k++)
        map = map && net->streams.at[scan->outs.at[k].stream].steps;
    return map;
}

/* Over the same units and steps; one whose streams all go over them has faster loops than one whose do not. */
static bool units_allow(const Net *net, const Node *a, const Node *b)
{
    return shape_equal(scan_units(net, a), scan_units(net, b)) && scan_is_even(net, a) == scan_is_even(net, b)
           && scan_is_batched(net, a) == scan_is_batched(net, b) && scan_steps(net, a) == scan_steps(net, b);
}

static bool can_merge(Fuse *fuse, int first, int second)
{
    const Net *net = fuse->net;
    const Node *a = &net->nodes.at[first], *b = &net->nodes.at[second];
    bool one_phase = (first < net->backward) == (second < net->backward);
    if (a->kind != NODE_SCAN || !one_phase || (a->reverse != b->reverse && !is_map(net, b))
        || !can_be_one_body(a->body.code.count, b->body.code.count))
        return false;
    return units_allow(net, a, b) && groups_allow(fuse, first, second) && inputs_allow(fuse, first, second);
}

/* ---- names ---- */

/* Of the states and values of a node, to the last number that was tried behind them. */
static Table *names_of(Fuse *fuse, int n)
{
    const Node *node = &fuse->net->nodes.at[n];
    Arena *arena = fuse->net->arena;
    if (fuse->names[n])
        return fuse->names[n];
    Table *names = fuse->names[n] = NEW(arena, Table);
    for (int s = 0; s < node->states.count; s++)
        table_put_name(arena, names, node->states.at[s].name, 1);
    for (Val v = 0; v < node->body.code.count; v++) {
        const Instr *instr = &node->body.code.at[v];
        if (instr->name && op_arity(instr->op) > 0)
            table_put_name(arena, names, instr->name, 1);
    }
    return names;
}

typedef struct Merge {
    Node *into;
    Node first, second; /* as they were */
    Table *first_names;
    const Table *second_names;
    VEC(const char *) names; /* that the merged node has beside those of the first, */
    Table renamed;           /* and which of them stands for a name of the second */
} Merge;

static bool has_name(const Table *names, const char *name)
{
    return table_find_name(names, name) != TABLE_NONE;
}

/* Where the first scan has a name of the second, too, its v is v_li. */
static const char *other_name(Arena *arena, const Merge *merge, const char *name)
{
    const char *neuron = merge->second.name;
    const char *base = arena_printf(arena, "%s_%.*s", name, (int)strcspn(neuron, ","), neuron);
    int number = table_find_name(merge->first_names, base);
    for (name = base; has_name(merge->first_names, name) || has_name(merge->second_names, name);)
        name = arena_printf(arena, "%s_%d", base, number = number < 2 ? 2 : number + 1);
    if (has_name(merge->first_names, base))
        table_put_name(arena, merge->first_names, base, number);
    return name;
}

/* The name of a state or a value of the second scan. */
static const char *merged_name(Arena *arena, Merge *merge, const char *name)
{
    int index = table_find_name(&merge->renamed, name);
    if (index != TABLE_NONE)
        return merge->names.at[index];
    const char *merged = has_name(merge->first_names, name) ? other_name(arena, merge, name) : name;
    table_put_name(arena, &merge->renamed, name, merge->names.count);
    vec_push(arena, &merge->names, merged);
    return merged;
}

/* The merged node has the names of the first, and these. */
static void keep_names(Arena *arena, const Merge *merge)
{
    for (int i = 0; i < merge->names.count; i++)
        if (!has_name(merge->first_names, merge->names.at[i]))
            table_put_name(arena, merge->first_names, merge->names.at[i], 1);
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
    Merge *merge = rebuild->context;
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
    keep_names(arena, merge);
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
        double factor = reduce->reduce == REDUCE_MEAN ? 1.0 / net->streams.at[reduce->in].steps : 1;
        value = body_op2(net->arena, &into->body, OP_MUL, value, body_const(net->arena, &into->body, factor));
        vec_push(net->arena, &into->outs, ((ScanOut){reduce->out, value}));
        return;
    }
}

/* ---- the list of nodes ---- */

/* Visits what `second` needs of the nodes between the two. */
static void visit_needed(Fuse *fuse, int first, int second)
{
    start_walk(fuse, first);
    visit(fuse, second);
    while (fuse->open.count > 0) {
        const Node *node = &fuse->net->nodes.at[fuse->open.at[--fuse->open.count]];
        for (int k = 0; k < node_read_count(node); k++) {
            int maker = maker_of(fuse, node_read(node, k));
            if (maker != NONE && fuse->place[maker] > fuse->place[first]
                && fuse->place[maker] < fuse->place[second])
                visit(fuse, maker);
        }
    }
}

/* That comes to stand before `first`, in its order. */
static void move_needed(Fuse *fuse, int first, int second)
{
    NetEdit *edit = &fuse->edit;
    int from = fuse->place[first], place = from;
    visit_needed(fuse, first, second);
    for (int n = edit_next(edit, first), next; n != second; n = next) {
        next = edit_next(edit, n);
        if (fuse->visit[n] != fuse->walk)
            continue;
        edit_move_before(edit, n, first);
        fuse->place[n] = place++;
    }
    for (int n = first; n != second; n = edit_next(edit, n))
        fuse->place[n] = place++;
    join_floors(fuse, from, fuse->place[second]);
}

/* Node `first` has taken in node `second`, and stands for it. */
static void replace_second(Fuse *fuse, int first, int second)
{
    int group = fuse->group[second];
    if (group != NONE)
        fuse->group[first] = group;
    edit_merge(&fuse->edit, second, first);
}

static void merge_scans(Fuse *fuse, int first, int second)
{
    Node *into = &fuse->net->nodes.at[first];
    Merge merge = {.into = into,
                   .first = *into,
                   .second = fuse->net->nodes.at[second],
                   .first_names = names_of(fuse, first),
                   .second_names = names_of(fuse, second)};
    into->each_of = scan_steps(fuse->net, into); /* even if all that is left is a sum */
    into->batched = scan_is_batched(fuse->net, into);
    into->units = scan_is_even(fuse->net, into) ? (Shape){0} : scan_units(fuse->net, into);
    move_needed(fuse, first, second);
    take_in(fuse->net, &merge);
    replace_second(fuse, first, second);
}

static void merge_sum(Fuse *fuse, int scan, int reduce)
{
    Node *into = &fuse->net->nodes.at[scan];
    into->each_of = scan_steps(fuse->net, into);
    take_in_sum(fuse->net, into, &fuse->net->nodes.at[reduce]);
    replace_second(fuse, scan, reduce);
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

/* ---- sums over the batch ---- */

static bool sums_batch(const Net *net, const Node *node)
{
    bool sums = node->kind == NODE_SCAN && node->states.count == 0 && node->grads.count == 0;
    for (int k = 0; k < node->outs.count && sums; k++)
        sums = scan_sums_samples(net, node, node->outs.at[k].stream);
    return sums;
}

/* What stands for the node. */
static int standing(const Fuse *fuse, int node)
{
    while (node != NONE && fuse->edit.links.at[node].gone)
        node = fuse->edit.links.at[node].into;
    return node;
}

/* Another such node that reads what node n reads, and can take it in; NONE: then it is known from now on. */
static int sum_beside(Fuse *fuse, int n)
{
    const Node *node = &fuse->net->nodes.at[n];
    if (!sums_batch(fuse->net, node))
        return NONE;
    for (int i = 0; i < node->ins.count; i++) {
        int other = standing(fuse, fuse->sums[node->ins.at[i]]);
        bool alike = other != NONE && other != n
                     && scan_steps(fuse->net, &fuse->net->nodes.at[other]) == scan_steps(fuse->net, node);
        if (alike && can_merge(fuse, other, n))
            return other;
    }
    for (int i = 0; i < node->ins.count; i++)
        if (fuse->net->streams.at[node->ins.at[i]].batched)
            fuse->sums[node->ins.at[i]] = n;
    return NONE;
}

/* The node that took node n in; n itself if it stays what it is. */
static int merge_node(Fuse *fuse, int n)
{
    const Node *node = &fuse->net->nodes.at[n];
    if (merges_sum(fuse->net, node)) {
        int maker = maker_of(fuse, node->in);
        merge_sum(fuse, maker, n);
        return maker;
    }
    for (int i = 0; i < node->ins.count && node->kind == NODE_SCAN; i++) {
        int maker = maker_of(fuse, node->ins.at[i]);
        if (!can_merge(fuse, maker, n))
            continue;
        merge_scans(fuse, maker, n);
        return maker;
    }
    int beside = sum_beside(fuse, n);
    if (beside == NONE)
        return n;
    merge_scans(fuse, beside, n);
    return beside;
}

static Fuse fuse_start(Net *net)
{
    Arena *arena = net->arena;
    int count = net->nodes.count, *end = NEW_ARRAY(arena, int, count + 1);
    Fuse fuse = {.net = net, .edit = edit_start(net), .places = count};
    fuse.group = NEW_ARRAY(arena, int, count + 1);
    fuse.place = NEW_ARRAY(arena, int, count + 1);
    fuse.floor = NEW_ARRAY(arena, int, count + 1);
    fuse.names = NEW_ARRAY(arena, Table *, count + 1);
    fuse.visit = NEW_ARRAY(arena, int, count + 1);
    fuse.sums = NEW_ARRAY(arena, int, net->streams.count + 1);
    for (StreamId s = 0; s < net->streams.count; s++)
        fuse.sums[s] = NONE;
    Schedule schedule = schedule_nodes(arena, net, 0, count);
    for (int p = 0; p < schedule.count; p++)
        for (int i = 0; i < schedule.at[p].count; i++) {
            int n = schedule.at[p].nodes[i];
            fuse.place[n] = n;
            fuse.group[n] = schedule.at[p].recurrent ? p : NONE;
            end[p] = n > end[p] ? n : end[p];
        }
    find_floors(&fuse, end, count);
    return fuse;
}

void fuse_scans(Net *net)
{
    Fuse fuse = fuse_start(net);
    for (int n = fuse.edit.first; n != NONE;) {
        int merged = merge_node(&fuse, n);
        n = merged == n ? edit_next(&fuse.edit, n) : merged; /* which may be taken in, too */
    }
    edit_finish(&fuse.edit);
    simplify_net(net); /* what nobody reads now is not stored */
}
