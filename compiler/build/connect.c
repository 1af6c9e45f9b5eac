/* What all connections share: their weights, their biases, the node. */
#include "connect.h"

bool check_connection(Build *b, const Connection *connection, const AxisMap *map)
{
    Span span = connection->use->expr->span;
    double weights = 1, units = 1;
    int dims[MAX_DIMS], count = map_weight_dims(map, dims);
    for (int d = 0; d < count; d++)
        weights *= dims[d];
    for (int d = 0; d < connection->out.ndim; d++)
        units *= connection->out.dims[d];
    return check_array(b, weights, span, arena_printf(b->arena, "the weights of %s", map->name))
           && check_array(b, units, span, arena_printf(b->arena, "the result of %s", map->name));
}

/* False if a mistake was reported. */
static bool add_params(Build *b, Node *node, const Connection *connection, const AxisMap *kernel)
{
    const Entry *spread = connection->spread;
    bool fine = spread ? delayed_weights(b, connection->use, connection->frame, spread, kernel, node)
                       : stage_weights(b, connection->use, connection->frame, node);
    if (!fine)
        return false;
    if (!connection->bias)
        return true;
    int biases = map_biases(node->map, node->transposed);
    node->bias = stage_bias(b, connection->use, connection->frame, node->map, biases, connection->bias_init);
    return node->bias != NONE;
}

Value add_connection(Build *b, const Connection *connection)
{
    const StageUse *use = connection->use;
    AxisMap *map = NEW(b->arena, AxisMap), *kernel = map;
    *map = connection->map;
    if (connection->spread) {
        kernel = NEW(b->arena, AxisMap);
        *kernel = *map;
        kernel->time = window_in_time(stream_at(b, connection->in)->steps, connection->taps, 1);
    }
    if (!check_connection(b, connection, kernel))
        return value_poison();
    Node node = node_new(NODE_MAP, use->expr->span);
    node.in = connection->in;
    node.map = map;
    node.transposed = connection->transposed;
    if (!connection->fixed && !add_params(b, &node, connection, kernel))
        return value_poison();
    bool same = map->time.reach == REACH_SAME;
    node.out =
        add_stream(b, use->name, map->name, STREAM_REALS, same ? stream_at(b, node.in)->steps : map->time.out,
                   connection->out, use->expr->span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

Value add_greatest(Build *b, const Connection *pool)
{
    const Stream *in = stream_at(b, pool->in);
    AxisMap *map = NEW(b->arena, AxisMap);
    *map = pool->map;
    Node node = node_new(NODE_POOL, pool->use->expr->span);
    node.in = pool->in;
    node.map = map;
    node.out = add_stream(b, pool->use->name, map->name, in->kind, in->steps, pool->out, node.span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

/* ---- bias ---- */

static bool is_named(const Expr *stage, const char *name)
{
    for (int i = 0; i < stage->args.count; i++)
        if (stage->args.at[i].name == name)
            return true;
    return false;
}

/* A number, or a formula of random ones: no flag. */
static bool is_initial(Build *b, const Entry *argument)
{
    Context c = context_constant(b);
    b->mute++;
    Value value = eval(&c, argument->scope, argument->expr);
    b->mute--;
    return value.kind == VALUE_NUMBER || draws(argument->scope, argument->expr);
}

bool connection_bias(Build *b, Connection *connection)
{
    const Entry *biased = given_argument(connection->frame, name_bias);
    if (!biased)
        return true;
    if (is_named(connection->use->expr, name_bias) && is_initial(b, biased)) {
        connection->bias = true;
        connection->bias_init = biased;
        return true;
    }
    if (biased->expr->kind != EXPR_NUMBER)
        return constant_flag(b, biased->scope, biased->expr, "`bias`", &connection->bias);
    report(b, RULE_CONSTANT, biased->expr->span, "`bias` must be `true` or `false`");
    report_hint(b, "`%s` takes only the size of its result, as in `%s(100, bias)`", connection->map.name,
                connection->map.name);
    return false;
}
