#include "net.h"

#include "intern.h"

#include <stdio.h>

StreamId net_stream(Net *net, const char *name, StreamKind kind, int steps, Shape shape, Span span)
{
    Stream stream = {.kind = kind, .batched = true, .steps = steps, .shape = shape, .node = NONE};
    stream.span = span;
    stream.name = unique_name(net->arena, &net->stream_names, name);
    vec_push(net->arena, &net->streams, stream);
    return net->streams.count - 1;
}

void param_starts_at(const Net *net, Param *param, double number)
{
    Node *init = NEW(net->arena, Node);
    *init = node_new(NODE_SCAN, param->span);
    vec_push(net->arena, &init->outs, ((ScanOut){NONE, body_const(net->arena, &init->body, number)}));
    param->init = init;
}

ParamId net_param(Net *net, const char *name, Shape shape, Span span)
{
    Param param = {.shape = shape, .span = span};
    /* safetensors files keep names with underscores in front to themselves */
    param.name = unique_name(net->arena, &net->param_names, name_stem(name));
    param_starts_at(net, &param, 0);
    vec_push(net->arena, &net->params, param);
    return net->params.count - 1;
}

int param_columns(const Param *param)
{
    return param->matrix ? param->shape.dims[param->shape.ndim - 1] : shape_size(param->shape);
}

int param_rows(const Param *param)
{
    return shape_size(param->shape) / param_columns(param);
}

int net_add(Net *net, Node node)
{
    int id = net->nodes.count;
    for (int k = 0; k < node_made_count(&node); k++)
        if (node_made(&node, k) != NONE)
            net->streams.at[node_made(&node, k)].node = id;
    vec_push(net->arena, &net->nodes, node);
    return id;
}

Shape shape_of_weights(Shape shape)
{
    static const char *const taps[] = {name_z, name_y, name_x};
    enum { MOST_TAPS = sizeof taps / sizeof *taps };
    int windows = shape.ndim - 2;
    for (int d = 0; d < windows; d++)
        shape.axes[d] = shape.axes[d] ? shape.axes[d] : taps[MOST_TAPS - windows + d];
    static const char *const last[] = {name_inputs, name_outputs};
    for (int d = windows < 0 ? 0 : windows; d < shape.ndim; d++)
        shape.axes[d] = shape.axes[d] ? shape.axes[d] : last[d - windows];
    return shape;
}

StreamId net_weights(Net *net, ParamId param, Span span)
{
    const Param *of = &net->params.at[param];
    Shape shape = shape_of_weights(of->shape);
    Node node = node_new(NODE_PARAM, span);
    node.weight = param;
    node.out = net_stream(net, of->name, STREAM_REALS, false, shape, span);
    net->streams.at[node.out].batched = false;
    net_add(net, node);
    return node.out;
}

const char *net_metric(const Net *net, const Node *node)
{
    if (node->kind == NODE_METRIC)
        return node->name;
    const Stream *scores = node->kind == NODE_PREDICT && node->class ? &net->streams.at[node->in] : NULL;
    if (!scores || shape_size(scores->shape) != net->data.classes
        || (scores->steps > 0) != net->data.label_temporal)
        return NULL;
    return node->name ? arena_printf(net->arena, "%s_accuracy", node->name) : "accuracy";
}

const Node *net_loss(const Net *net)
{
    for (int n = 0; n < net->backward; n++)
        if (net->nodes.at[n].kind == NODE_LOSS)
            return &net->nodes.at[n];
    return NULL;
}

void net_add_out(Net *net, int scan, StreamId stream, Val value)
{
    net->streams.at[stream].node = scan;
    vec_push(net->arena, &net->nodes.at[scan].outs, ((ScanOut){stream, value}));
}

bool *learned_params(const Net *net)
{
    bool *learned = NEW_ARRAY(net->arena, bool, net->params.count + 1);
    for (int n = net->updates; n < net->nodes.count; n++)
        learned[net->nodes.at[n].weight] = true;
    return learned;
}

bool param_may_learn(const Net *net, ParamId param)
{
    return param != NONE && !net->params.at[param].frozen;
}

static bool is_behind_params(const Net *net, const Node *node, const bool *behind)
{
    bool is =
        param_may_learn(net, node->weight) || param_may_learn(net, node->bias) || node->params.count > 0;
    for (int k = 0; k < node_read_count(node); k++)
        is = is || (node_read(node, k) != NONE && behind[node_read(node, k)]);
    return is;
}

/* To a fixed point, because recurrent delays read streams made later. */
bool *streams_behind_params(const Net *net)
{
    bool *behind = NEW_ARRAY(net->arena, bool, net->streams.count + 1);
    for (bool changed = true; changed;) {
        changed = false;
        for (StreamId s = 0; s < net->streams.count; s++) {
            int node = net->streams.at[s].node;
            if (behind[s] || node == NONE || !is_behind_params(net, &net->nodes.at[node], behind))
                continue;
            behind[s] = changed = true;
        }
    }
    return behind;
}

/* Those that go over time have as many steps, so the first one says it. */
int scan_steps(const Net *net, const Node *scan)
{
    int steps = scan->each_of;
    for (int i = 0; i < scan->ins.count && steps == 0; i++)
        steps = net->streams.at[scan->ins.at[i]].steps;
    for (int k = 0; k < scan->outs.count && steps == 0; k++)
        steps = net->streams.at[scan->outs.at[k].stream].steps;
    return steps == 0 && scan->states.count > 0 ? net->steps : steps;
}

const char *own_steps_text(const Net *net, StreamId stream)
{
    int steps = net->streams.at[stream].steps;
    if (steps == 0 || steps == net->steps)
        return "";
    return arena_printf(net->arena, " in %d step%s", steps, steps == 1 ? "" : "s");
}

bool copy_in_time(const Net *net, const Node *copy)
{
    return net->streams.at[copy->in].steps != net->streams.at[copy->out].steps;
}

static void widen(const Net *net, StreamId stream, Shape *units)
{
    Shape shape = net->streams.at[stream].shape;
    if (shape.ndim > units->ndim)
        *units = shape;
}

Shape scan_units(const Net *net, const Node *scan)
{
    Shape units = scan->units;
    for (int k = 0; k < scan->outs.count; k++)
        widen(net, scan->outs.at[k].stream, &units);
    for (int i = 0; i < scan->ins.count; i++)
        widen(net, scan->ins.at[i], &units);
    return units;
}

bool scan_is_even(const Net *net, const Node *scan)
{
    Shape units = scan_units(net, scan);
    bool even = true;
    for (int k = 0; k < scan->outs.count; k++)
        even = even && shape_equal(net->streams.at[scan->outs.at[k].stream].shape, units);
    for (int i = 0; i < scan->ins.count; i++)
        even = even && shape_equal(net->streams.at[scan->ins.at[i]].shape, units);
    for (int p = 0; p < scan->params.count; p++) {
        Shape shape = net->params.at[scan->params.at[p]].shape;
        even = even && (shape.ndim == 0 || shape_equal(shape, units));
    }
    return even;
}

bool scan_is_batched(const Net *net, const Node *scan)
{
    if (scan->batched)
        return true;
    for (int i = 0; i < scan->ins.count; i++)
        if (net->streams.at[scan->ins.at[i]].batched)
            return true;
    for (int k = 0; k < scan->outs.count; k++)
        if (net->streams.at[scan->outs.at[k].stream].batched)
            return true;
    return false;
}

StreamId scan_of_sample(const Net *net, const Node *scan)
{
    for (int k = 0; k < scan->outs.count; k++)
        if (net->streams.at[scan->outs.at[k].stream].batched)
            return scan->outs.at[k].stream;
    return NONE;
}

void scan_fix(const Net *net, Node *scan)
{
    Shape units = scan_is_even(net, scan) ? (Shape){0} : scan_units(net, scan);
    scan->each_of = scan_steps(net, scan);
    scan->batched = scan_is_batched(net, scan);
    scan->units = units;
}

bool scan_sums_steps(const Net *net, const Node *scan, StreamId out)
{
    return !net->streams.at[out].steps && scan_steps(net, scan);
}

bool scan_sums_units(const Net *net, const Node *scan, StreamId out)
{
    return net->streams.at[out].shape.ndim < scan_units(net, scan).ndim;
}

bool scan_sums_samples(const Net *net, const Node *scan, StreamId out)
{
    return !net->streams.at[out].batched && scan_is_batched(net, scan);
}

bool scan_sums(const Net *net, const Node *scan, StreamId out)
{
    return scan_sums_steps(net, scan, out) || scan_sums_units(net, scan, out)
           || scan_sums_samples(net, scan, out);
}

static bool sums_samples(const Net *net, const Node *node)
{
    bool sums = false;
    for (int k = 0; k < node->outs.count && node->kind == NODE_SCAN; k++)
        sums = sums || scan_sums_samples(net, node, node->outs.at[k].stream);
    return sums;
}

/* By value of the body: whether it follows from how many samples a batch has. `scalars`: the same for the equations of
 * the run scalars, NULL in these themselves. */
static bool *values_of_rows(const Net *net, const Body *body, const bool *scalars)
{
    bool *of_rows = NEW_ARRAY(net->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        of_rows[v] = instr->op == OP_SCALAR
                     && (instr->index < SCALAR_COUNT
                             ? instr->index == SCALAR_ROWS
                             : scalars[net->schedule.outs.at[instr->index - SCALAR_COUNT].value]);
        for (int k = 0; k < op_arity(instr->op); k++)
            of_rows[v] = of_rows[v] || of_rows[instr_operand(instr, k)];
    }
    return of_rows;
}

static bool counts_samples(const Net *net, const Node *node, const bool *scalars)
{
    const bool *of_rows = values_of_rows(net, &node->body, scalars);
    for (Val v = 0; v < node->body.code.count; v++)
        if (of_rows[v])
            return true;
    return false;
}

/* By node: whether predictions depend on it. To a fixed point, because delays read streams made later. */
static bool *nodes_behind_predictions(const Net *net)
{
    bool *behind = NEW_ARRAY(net->arena, bool, net->nodes.count + 1);
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = net->backward - 1; n >= 0; n--) {
            const Node *node = &net->nodes.at[n];
            behind[n] = behind[n] || node->kind == NODE_PREDICT;
            for (int k = 0; k < node_read_count(node) && behind[n]; k++) {
                int maker = node_read(node, k) == NONE ? NONE : net->streams.at[node_read(node, k)].node;
                changed = changed || (maker > n && !behind[maker]);
                if (maker != NONE)
                    behind[maker] = true;
            }
        }
    }
    return behind;
}

const Node *net_shared_prediction(const Net *net)
{
    const bool *behind = nodes_behind_predictions(net);
    const bool *scalars = values_of_rows(net, &net->schedule.body, NULL);
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        if (behind[n] && (sums_samples(net, node) || counts_samples(net, node, scalars)))
            return node;
    }
    return NULL;
}

const char *net_axes_reduced(const Net *net, StreamId whole, StreamId part)
{
    const Stream *from = &net->streams.at[whole], *to = &net->streams.at[part];
    const char *text = from->steps && !to->steps ? "time" : "";
    for (int d = 0; d < from->shape.ndim; d++)
        if (shape_find(to->shape, shape_axis(from->shape, d)) < 0)
            text = arena_printf(net->arena, "%s%s%s", text, text[0] ? ", " : "", shape_axis(from->shape, d));
    return text;
}

bool same_axes(const Net *net, StreamId a, StreamId b)
{
    const Stream *first = &net->streams.at[a], *second = &net->streams.at[b];
    return first->batched == second->batched && first->steps == second->steps
           && shape_equal(first->shape, second->shape);
}

Adjacency net_readers(const Net *net)
{
    Edges reads = {0};
    int *last = NEW_ARRAY(net->arena, int, net->streams.count + 1); /* by stream: its last reader, from 1 */
    for (int n = 0; n < net->nodes.count; n++)
        for (int k = 0; k < node_read_count(&net->nodes.at[n]); k++) {
            StreamId stream = node_read(&net->nodes.at[n], k);
            if (stream == NONE || last[stream] == n + 1)
                continue;
            last[stream] = n + 1;
            vec_push(net->arena, &reads, stream);
            vec_push(net->arena, &reads, n);
        }
    return adjacency_of(net->arena, &reads, net->streams.count);
}

int only_reader(const Adjacency *readers, StreamId stream)
{
    int first = readers->first[stream];
    return readers->first[stream + 1] == first + 1 ? readers->to[first] : NONE;
}
