/* dense(size): each output is a weighted sum of all inputs. */
#include "build.h"

const char *const dense_formals[] = {name_size,  NULL,         name_bias, name_false,  name_init,
                                     name_none,  name_weights, name_none, name_frozen, name_false,
                                     name_clamp, name_none,    NULL};

static StreamId add_dense(Build *b, const StageUse *use, const Scope *frame, StreamId in, Shape shape,
                          bool bias)
{
    const Expr *stage = use->expr;
    int inputs = shape_size(stream_at(b, in)->shape), outputs = shape_size(shape);
    if (!check_array(b, (double)inputs * outputs, stage->span, "the weights of dense"))
        return NONE;
    Node node = node_new(NODE_MAP, stage->span);
    node.in = in;
    AxisMap *map = NEW(b->arena, AxisMap);
    *map = map_dense(inputs, outputs);
    node.map = map;
    node.weight = stage_weights(b, use, frame, map);
    if (node.weight == NONE)
        return NONE;
    if (bias)
        node.bias = stage_bias(b, use, frame, map);
    node.out =
        add_stream(b, use->name, "dense", STREAM_REALS, stream_at(b, in)->temporal, shape, stage->span);
    add_node(b, node);
    return node.out;
}

bool dense_shape(Build *b, const Scope *frame, Shape *shape)
{
    const Entry *size = given_argument(frame, name_size);
    return size && constant_shape(b, size->scope, size->expr, "the size of dense", shape);
}

static bool dense_bias(Build *b, const Scope *frame, bool *bias)
{
    const Entry *biased = given_argument(frame, name_bias);
    if (!biased || biased->expr->kind != EXPR_NUMBER)
        return !biased || constant_flag(b, biased->scope, biased->expr, "`bias`", bias);
    report(b, RULE_CONSTANT, biased->expr->span, "`bias` must be `true` or `false`");
    report_hint(b, "`dense` takes only the size of its result, as in `dense(100, bias)`");
    return false;
}

Value build_dense(Build *b, const StageUse *use)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    Shape shape;
    bool bias = false;
    bool fine = dense_shape(b, frame, &shape);
    fine &= dense_bias(b, frame, &bias);
    if (!fine || frame->wrong || in == NONE)
        return value_poison();
    StreamId out = add_dense(b, use, frame, in, shape, bias);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}
