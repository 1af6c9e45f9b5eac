/* Nodes and their streams, as whoever builds one adds them to the net. */
#include "build.h"

/* The phrase of this text within the one that is being built; NONE: there is none yet. */
static int find_phrase(const Build *b, Span span)
{
    const Net *net = b->net;
    int phrase = b->phrase == NONE ? NONE : net->phrases.at[b->phrase].first;
    while (phrase != NONE
           && (net->phrases.at[phrase].span.lo != span.lo || net->phrases.at[phrase].span.hi != span.hi))
        phrase = net->phrases.at[phrase].next;
    return phrase;
}

static int add_phrase(Build *b, Span span)
{
    int number = b->net->phrases.count, outer = b->phrase;
    Phrase phrase = {.binding = b->binding, .span = span, .outer = outer, .first = NONE, .next = NONE};
    if (outer != NONE) {
        phrase.next = b->net->phrases.at[outer].first;
        b->net->phrases.at[outer].first = number;
    }
    vec_push(b->arena, &b->net->phrases, phrase);
    return number;
}

int enter_phrase(Build *b, Span span)
{
    int outer = b->phrase, phrase = find_phrase(b, span);
    b->phrase = phrase != NONE ? phrase : add_phrase(b, span);
    b->net->phrases.at[b->phrase].times++;
    return outer;
}

int add_node(Build *b, Node node)
{
    node.phrase = b->phrase;
    node.of_loss = b->in_loss;
    return net_add(b->net, node);
}

const char *numbered(Build *b, const char *name)
{
    return unique_name(b->arena, &b->names, name);
}

StreamId add_stream(Build *b, const char *name, const char *stage, StreamKind kind, int steps, Shape shape,
                    Span span)
{
    if (!name)
        name = numbered(b, arena_printf(b->arena, "%s_%s", b->binding, stage));
    Span shown = blamed(b, span);
    StreamId stream = net_stream(b->net, name, kind, steps, shape, shown);
    stream_at(b, stream)->inner = shown.lo != span.lo;
    return stream;
}

Span made_at(Build *b, const Node *node)
{
    StreamId made = node->kind == NODE_SCAN ? node->outs.at[0].stream : node->out;
    return stream_at(b, made)->span;
}

StreamId label_stream(Build *b, Span span)
{
    if (b->label != NONE)
        return b->label;
    Node node = node_new(NODE_TARGET, span);
    Shape shape = {.ndim = 1, .dims = {b->net->data.classes}};
    int steps = b->net->data.label_temporal ? b->net->steps : 0;
    node.out = add_stream(b, NULL, "target", STREAM_SPIKES, steps, shape, span);
    add_node(b, node);
    return b->label = node.out;
}

StreamId target_stream(Build *b, Span span)
{
    if (b->target != NONE)
        return b->target;
    const Data *data = &b->net->data;
    Node node = node_new(NODE_DATA, span);
    node.target = true;
    node.out = add_stream(b, numbered(b, name_target), name_target, STREAM_REALS,
                          data->target_temporal ? b->net->steps : 0, data->target, span);
    add_node(b, node);
    return b->target = node.out;
}

StreamId present_stream(Build *b, Span span)
{
    if (b->present != NONE)
        return b->present;
    if (!b->net->data.temporal) {
        report(b, RULE_DATA, span, "`present` needs data over time");
        report_hint(b, "it is 1 at the steps that a sample has, 0 behind its last one");
        return NONE;
    }
    Node node = node_new(NODE_DATA, span);
    node.present = true;
    node.out = add_stream(b, numbered(b, name_present), name_present, STREAM_SPIKES, b->net->steps,
                          (Shape){0}, span);
    node.phrase = NONE;
    net_add(b->net, node);
    b->net->data.lengths = true;
    return b->present = node.out;
}

StreamId stream_of(Build *b, Value value, Span span)
{
    if (value.kind == VALUE_STREAM)
        return value.stream;
    if (value.kind == VALUE_WEIGHTS)
        report(b, RULE_STREAM, span, "a stream is needed here, found weights");
    else if (value.kind != VALUE_POISON)
        report(b, RULE_STREAM, span, "a stream is needed here, found a constant");
    if (value.kind == VALUE_WEIGHTS)
        report_hint(b, "they are those of a connection, as in `x -> dense(100, weights = %s)`",
                    b->net->params.at[value.param].name);
    return NONE;
}

StreamId plain_stream_of(Build *b, Value value, Span span)
{
    StreamId stream = stream_of(b, value, span);
    if (stream == NONE || !check_plain(b, value, span, "a stream"))
        return NONE;
    if (stream_at(b, stream)->batched)
        return stream;
    report(b, RULE_STREAM, span,
           "a stream of samples is needed here, found what is the same for all of them");
    report_hint(b, "it may be part of a formula, as in `x - mean(x, over = batch)`, or be weights, as in "
                   "`x -> dense(100, weights = k)`");
    return NONE;
}

StreamId weights_stream(Build *b, ParamId param, Span span)
{
    for (int n = 0; n < b->net->nodes.count; n++)
        if (b->net->nodes.at[n].kind == NODE_PARAM && b->net->nodes.at[n].weight == param)
            return b->net->nodes.at[n].out;
    StreamId stream = net_weights(b->net, param, span);
    b->net->nodes.at[b->net->nodes.count - 1].phrase = b->phrase;
    return stream;
}

StreamId units_stream(Build *b, const char *name, ParamId param, Shape shape, int steps, Span span)
{
    Node node = node_new(NODE_PARAM, span);
    node.weight = param;
    node.out = net_stream(b->net, name, STREAM_REALS, steps, shape, span);
    stream_at(b, node.out)->batched = false;
    add_node(b, node);
    return node.out;
}

Shape units_stored(Shape shape, int steps)
{
    Shape whole = {.ndim = steps > 0, .dims = {steps}};
    for (int d = 0; d < shape.ndim; d++)
        whole.dims[whole.ndim++] = shape.dims[d];
    return whole;
}

/* ---- pointwise formulas: a scan without states for each ------------------------------------------------ */

StreamId add_map(Build *b, Node node, Val val, const char *name)
{
    Shape shape = scan_units(b->net, &node);
    bool batched = scan_is_batched(b->net, &node);
    StreamKind kind = batched ? kind_of_output(b, &node, val) : STREAM_REALS;
    ScanOut out = {add_stream(b, name, "map", kind, scan_steps(b->net, &node), shape, node.span), val};
    stream_at(b, out.stream)->batched = batched;
    node.units = (Shape){0}; /* the result has all axes */
    vec_push(b->arena, &node.outs, out);
    add_node(b, node);
    return out.stream;
}

StreamId build_scaled(Build *b, StreamId in, double factor, const char *name, Span span)
{
    Node node = node_new(NODE_SCAN, span);
    node.name = "map";
    node.formula = true;
    vec_push(b->arena, &node.ins, in);
    node.body.at = span;
    Val x = body_leaf(b->arena, &node.body, OP_INPUT, 0, stream_at(b, in)->name);
    Val y = body_op2(b->arena, &node.body, OP_MUL, x, body_const(b->arena, &node.body, factor));
    check_body(b, &node.body);
    return add_map(b, node, y, name);
}
