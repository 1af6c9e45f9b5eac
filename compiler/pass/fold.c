/* In a test, a norm multiplies what a map makes by a number for each output that is the same for all samples. The map's
 * weights do as well: (W x + b) g = (W g) x + b g, and W g and b g are made once a batch. So what is left of the norm is a
 * sum. */
#include "passes.h"
#include "edit.h"
#include "rebuild.h"

/* A product of a scan: of what a map makes, and of a stream with a value for each output. */
typedef struct Product {
    int map;
    Val of, by; /* inputs of the scan */
    StreamId gains;
    int bias; /* the input of the scan that is added in the product's place; NONE: there is none */
} Product;

typedef struct Fold {
    Net *net;
    Adjacency readers;
    VEC(Node) made; /* each behind those that it reads; they read parameters alone */
} Fold;

static const Stream *stream_at(const Fold *fold, StreamId stream)
{
    return &fold->net->streams.at[stream];
}

/* ---- the gains, along the outputs of the weights ---- */

static StreamId add_stream(Fold *fold, const char *base, Shape shape, Span span)
{
    StreamId stream = net_stream(fold->net, base, STREAM_REALS, 0, shape, span);
    fold->net->streams.at[stream].batched = false;
    return stream;
}

static bool is_made_of_params(const Fold *fold, StreamId stream)
{
    const Node *maker = &fold->net->nodes.at[stream_at(fold, stream)->node];
    if (stream_at(fold, stream)->batched || stream_at(fold, stream)->shape.ndim > 1)
        return false;
    if (maker->kind == NODE_PARAM)
        return true;
    bool is = maker->kind == NODE_SCAN && maker->outs.count == 1 && maker->states.count == 0
              && maker->params.count == 0 && maker->each_of == 0;
    for (int i = 0; is && i < maker->ins.count; i++)
        is = is_made_of_params(fold, maker->ins.at[i])
             && stream_at(fold, maker->ins.at[i])->shape.ndim <= stream_at(fold, stream)->shape.ndim;
    return is;
}

/* The same stream once more, whose axis is called otherwise. */
static StreamId copy_along(Fold *fold, StreamId stream, const char *axis)
{
    Net *net = fold->net;
    const Stream of = *stream_at(fold, stream);
    Node node = net->nodes.at[of.node];
    Shape shape = of.shape;
    for (int d = 0; d < shape.ndim; d++)
        shape.axes[d] = axis;
    StreamId out = add_stream(fold, of.name, shape, of.span);
    if (node.kind == NODE_PARAM) {
        node.out = out;
        vec_push(net->arena, &fold->made, node);
        return out;
    }
    Node copy = node_new(NODE_SCAN, node.span);
    copy.name = node.name;
    copy.formula = node.formula;
    for (int i = 0; i < node.ins.count; i++)
        vec_push(net->arena, &copy.ins, copy_along(fold, node.ins.at[i], axis));
    vec_push(net->arena, &copy.outs, ((ScanOut){out, node.outs.at[0].value}));
    Rebuild rebuild = rebuild_start(net->arena, &node.body, false);
    rebuild_node(&rebuild, &copy);
    vec_push(net->arena, &fold->made, copy);
    return out;
}

/* A parameter, seen as a stream of that shape, times gains along its last axis. */
static StreamId gained(Fold *fold, ParamId id, Shape shape, StreamId gains)
{
    Net *net = fold->net;
    const Param *param = &net->params.at[id];
    Node values = node_new(NODE_PARAM, param->span);
    values.weight = id;
    values.out = add_stream(fold, param->name, shape, param->span);
    vec_push(net->arena, &fold->made, values);
    Node product = node_new(NODE_SCAN, param->span);
    product.name = "map";
    product.formula = true;
    vec_push(net->arena, &product.ins, values.out);
    vec_push(net->arena, &product.ins, copy_along(fold, gains, shape_axis(shape, shape.ndim - 1)));
    Val w = body_leaf(net->arena, &product.body, OP_INPUT, 0, param->name);
    Val g = body_leaf(net->arena, &product.body, OP_INPUT, 1, stream_at(fold, product.ins.at[1])->name);
    StreamId out = add_stream(fold, arena_printf(net->arena, "gained_%s", param->name), shape, param->span);
    vec_push(net->arena, &product.outs, ((ScanOut){out, body_op2(net->arena, &product.body, OP_MUL, w, g)}));
    vec_push(net->arena, &fold->made, product);
    return out;
}

/* ---- where there is one ---- */

static StreamId input_of(const Node *scan, Val value)
{
    const Instr *instr = &scan->body.code.at[value];
    return instr->op == OP_INPUT ? scan->ins.at[instr->index] : NONE;
}

static int uses_of(const Net *net, const Node *scan, Val value)
{
    const bool *live = live_values(net->arena, scan);
    int uses = 0;
    for (Val v = 0; v < scan->body.code.count; v++)
        for (int k = 0; live[v] && k < op_value_arity(scan->body.code.at[v].op); k++)
            uses += instr_operand(&scan->body.code.at[v], k) == value;
    return uses;
}

static bool is_map(const Fold *fold, StreamId stream, int reader)
{
    const Net *net = fold->net;
    int maker = stream == NONE ? NONE : stream_at(fold, stream)->node;
    const Node *map = maker == NONE ? NULL : &net->nodes.at[maker];
    return map && map->kind == NODE_MAP && !map->transposed && map->weight != NONE
           && net->params.at[map->weight].matrix && !stream_at(fold, stream)->keep
           && only_reader(&fold->readers, stream) == reader;
}

/* A number for each output of the map's weights, which are its channels. */
static bool are_gains(const Fold *fold, StreamId stream, StreamId made)
{
    const Net *net = fold->net;
    Shape whole = stream_at(fold, made)->shape;
    if (stream == NONE || whole.ndim == 0)
        return false;
    int outputs = param_columns(&net->params.at[net->nodes.at[stream_at(fold, made)->node].weight]);
    Shape shape = stream_at(fold, stream)->shape;
    int last = whole.ndim - 1;
    return shape.ndim == 1 && shape.dims[0] == whole.dims[last] && shape.dims[0] == outputs
           && shape_axis(shape, 0) == shape_axis(whole, last) && !stream_at(fold, stream)->steps
           && is_made_of_params(fold, stream);
}

static bool is_product(const Fold *fold, int n, Val of, Val by, Product *product)
{
    const Node *scan = &fold->net->nodes.at[n];
    StreamId made = input_of(scan, of), gains = input_of(scan, by);
    if (!is_map(fold, made, n) || !are_gains(fold, gains, made) || uses_of(fold->net, scan, of) != 1)
        return false;
    *product = (Product){stream_at(fold, made)->node, of, by, gains, NONE};
    return true;
}

static bool find_product(const Fold *fold, int n, Product *product)
{
    const Node *scan = &fold->net->nodes.at[n];
    const bool *live = live_values(fold->net->arena, scan);
    for (Val v = 0; v < scan->body.code.count; v++) {
        const Instr *instr = &scan->body.code.at[v];
        if (live[v] && instr->op == OP_MUL
            && (is_product(fold, n, instr->a, instr->b, product)
                || is_product(fold, n, instr->b, instr->a, product)))
            return true;
    }
    return false;
}

static Val make_without(Rebuild *rebuild, const Instr *instr, Val a, Val b, Val c)
{
    const Product *product = rebuild->context;
    bool first = instr->a == product->of && instr->b == product->by,
         second = instr->b == product->of && instr->a == product->by;
    if (instr->op != OP_MUL || !(first || second))
        return body_copy(rebuild->arena, &rebuild->out, instr, a, b, c);
    Val made = first ? a : b;
    return product->bias == NONE
               ? made
               : body_op2(rebuild->arena, &rebuild->out, OP_ADD, made,
                          body_leaf(rebuild->arena, &rebuild->out, OP_INPUT, product->bias, NULL));
}

static void fold_product(Fold *fold, int n, Product product)
{
    Net *net = fold->net;
    const Body old = net->nodes.at[n].body;
    const Node map = net->nodes.at[product.map];
    if (map.bias != NONE) {
        StreamId bias = gained(fold, map.bias, stream_at(fold, product.gains)->shape, product.gains);
        product.bias = input_index(net->arena, &net->nodes.at[n], bias);
    }
    Rebuild rebuild = rebuild_start(net->arena, &old, false);
    rebuild.make = make_without;
    rebuild.context = &product;
    StreamId weights =
        gained(fold, map.weight, shape_of_weights(net->params.at[map.weight].shape), product.gains);
    rebuild_node(&rebuild, &net->nodes.at[n]);
    net->nodes.at[product.map].weight = net->nodes.at[product.map].bias = NONE;
    net->nodes.at[product.map].aux = weights;
}

void fold_norms(Net *net)
{
    Fold fold = {.net = net, .readers = net_readers(net)};
    Product product;
    for (int n = 0; n < net->nodes.count; n++)
        while (net->nodes.at[n].kind == NODE_SCAN && find_product(&fold, n, &product))
            fold_product(&fold, n, product);
    NetEdit edit = edit_start(net);
    for (int k = fold.made.count - 1; k >= 0; k--)
        edit_add_first(&edit, fold.made.at[k]);
    edit_finish(&edit);
}
