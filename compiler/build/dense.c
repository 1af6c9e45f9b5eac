/* dense(size): each output is a weighted sum of all inputs. */
#include "build.h"

const char *const dense_formals[] = {name_size, NULL, name_bias, name_false, name_init, name_none, NULL};

/* NONE if a mistake in its initial values was reported. `init`: as they are given, NULL: as usual. */
static ParamId dense_param(Build *b, const char *prefix, Shape shape, const Expr *stage, const Entry *init,
                           Fans fans)
{
    const char *base = arena_printf(b->arena, "%s_%s", prefix, b->binding);
    ParamId id = net_param(b->net, base, shape, stage->span);
    const Expr *expr = init ? init->expr : expr_name(b->arena, stage->span, name_linear);
    return build_init(b, &b->net->params.at[id], init ? init->scope : b->library, expr, fans, "`init`")
               ? id
               : NONE;
}

static StreamId add_dense(Build *b, const Expr *stage, StreamId in, Shape shape, bool bias, const Entry *init,
                          const char *name)
{
    int inputs = shape_size(stream_at(b, in)->shape), outputs = shape_size(shape);
    if (!check_array(b, (double)inputs * outputs, stage->span, "the weights of dense"))
        return NONE;
    Node node = node_new(NODE_MAP, stage->span);
    node.in = in;
    AxisMap *map = NEW(b->arena, AxisMap);
    *map = map_dense(inputs, outputs);
    node.map = map;
    Fans fans = fans_of(map);
    node.weight = dense_param(b, "w", (Shape){.ndim = 2, .dims = {inputs, outputs}}, stage, init, fans);
    if (node.weight == NONE)
        return NONE;
    b->net->params.at[node.weight].matrix = true;
    if (bias)
        node.bias = dense_param(b, "b", (Shape){.ndim = 1, .dims = {outputs}}, stage, NULL, fans);
    node.out = add_stream(b, name, "dense", STREAM_REALS, stream_at(b, in)->temporal, shape, stage->span);
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
    if (!fine || in == NONE)
        return value_poison();
    StreamId out = add_dense(b, use->expr, in, shape, bias, given_argument(frame, name_init), use->name);
    return out == NONE ? value_poison() : value_stream(out, unit_plain);
}
