/* Pointwise formulas of streams, as in `0.5 * a + tanh(b)`: one scan without states for each. */
#include "build.h"

Value map_input(Context *c, Value stream, Span span)
{
    Build *b = c->build;
    Node *node = c->node;
    if (node->ins.count > 0 && !check_same_shape(b, node->ins.at[0], stream.stream, span))
        return value_poison();
    int index = 0;
    while (index < node->ins.count && node->ins.at[index] != stream.stream)
        index++;
    if (index == node->ins.count)
        vec_push(b->arena, &node->ins, stream.stream);
    node->body.at = span;
    Val val = body_leaf(b->arena, &node->body, OP_INPUT, index, stream_at(b, stream.stream)->name);
    return value_body(val, stream.unit, false);
}

static bool any_temporal(Build *b, const Node *node)
{
    for (int i = 0; i < node->ins.count; i++)
        if (stream_at(b, node->ins.at[i])->temporal)
            return true;
    return false;
}

static StreamId finish_map(Build *b, Node node, Val val, const char *name)
{
    Shape shape = stream_at(b, node.ins.at[0])->shape;
    StreamKind kind = kind_of_output(b, &node, val);
    ScanOut out = {add_stream(b, name, "map", kind, any_temporal(b, &node), shape, node.span), val};
    vec_push(b->arena, &node.outs, out);
    add_node(b, node);
    return out.stream;
}

Value build_map(Build *b, Scope *scope, const Expr *expr, const char *name)
{
    Node node = node_new(NODE_SCAN, expr->span);
    node.name = "map";
    node.formula = true;
    Context c = {
        .build = b, .node = &node, .streams = true, .steps = true, .owner = "map", .span = expr->span};
    Value value = eval(&c, scope, expr);
    if (value.kind != VALUE_BODY)
        return value;
    if (!check_number(b, value, expr->span))
        return value_poison();
    check_body(b, &node.body);
    const Instr *instr = &node.body.code.at[value.val];
    if (instr->op == OP_INPUT) /* nothing was computed */
        return value_stream(node.ins.at[instr->index], value.unit);
    return value_stream(finish_map(b, node, value.val, name), value.unit);
}

StreamId build_scaled(Build *b, StreamId in, double factor, Span span)
{
    Node node = node_new(NODE_SCAN, span);
    node.name = "map";
    node.formula = true;
    vec_push(b->arena, &node.ins, in);
    node.body.at = span;
    Val x = body_leaf(b->arena, &node.body, OP_INPUT, 0, stream_at(b, in)->name);
    Val y = body_op2(b->arena, &node.body, OP_MUL, x, body_const(b->arena, &node.body, factor));
    check_body(b, &node.body);
    return finish_map(b, node, y, NULL);
}
