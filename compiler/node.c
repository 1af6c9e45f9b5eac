#include "node.h"

const NodeFacts *node_facts(NodeKind kind)
{
    enum { NO = false, YES = true, WHOLE = false, STEPWISE = true };
    static const NodeFacts facts[NODE_KIND_COUNT] = {
#define NODE(id, name, phase, in, aux, out, weight, bias, equations, steps, adjoint) \
    [NODE_##id] = {name,                                                             \
                   NODE_PHASE_##phase,                                               \
                   REFERENCE_##in,                                                   \
                   REFERENCE_##aux,                                                  \
                   REFERENCE_##out,                                                  \
                   REFERENCE_##weight,                                               \
                   REFERENCE_##bias,                                                 \
                   equations,                                                        \
                   steps},
#include "nodes.def"
#undef NODE
    };
    return &facts[kind];
}

const char *node_kind_name(NodeKind kind)
{
    return node_facts(kind)->name;
}

const char *reduce_name(ReduceKind kind)
{
    static const char *const names[REDUCE_COUNT] = {
        [REDUCE_MEAN] = name_mean, [REDUCE_SUM] = name_sum,   [REDUCE_MAX] = name_max,
        [REDUCE_MIN] = name_min,   [REDUCE_LAST] = name_last, [REDUCE_ARGMAX] = name_argmax};
    return names[kind];
}

bool reduce_picks(ReduceKind kind)
{
    return kind != REDUCE_MEAN && kind != REDUCE_SUM;
}

bool reduce_compares(ReduceKind kind)
{
    return reduce_picks(kind) && kind != REDUCE_LAST;
}

const char *loss_name(LossKind kind)
{
    static const char *const names[LOSS_COUNT] = {[LOSS_CROSS_ENTROPY] = name_cross_entropy,
                                                  [LOSS_MSE] = name_mse,
                                                  [LOSS_VALUE] = "a loss by a formula"};
    return names[kind];
}

bool node_is_stepwise(const Node *node)
{
    bool reduces = node->kind == NODE_REDUCE || node->kind == NODE_PICK_GRAD;
    return node_facts(node->kind)->stepwise && (!reduces || node->each_step)
           && (!node->map || node->map->time.reach == REACH_SAME);
}

bool node_may_loop(const Node *node)
{
    return node_is_stepwise(node) || (node->kind == NODE_MAP && map_is_causal(node->map));
}

const char *node_title(const Node *node)
{
    return node->kind == NODE_MAP && node->map ? node->map->name : node_kind_name(node->kind);
}

Node node_new(NodeKind kind, Span span)
{
    return (Node){.kind = kind,
                  .in = NONE,
                  .aux = NONE,
                  .out = NONE,
                  .weight = NONE,
                  .bias = NONE,
                  .phrase = NONE,
                  .forward = NONE,
                  .span = span};
}

int node_read_count(const Node *node)
{
    return 2 + node->ins.count;
}

StreamId node_read(const Node *node, int k)
{
    return k == 0 ? node->in : k == 1 ? node->aux : node->ins.at[k - 2];
}

int node_made_count(const Node *node)
{
    return 1 + node->outs.count;
}

StreamId node_made(const Node *node, int k)
{
    return k == 0 ? node->out : node->outs.at[k - 1].stream;
}

bool node_makes(const Node *node, StreamId stream)
{
    for (int k = 0; k < node_made_count(node); k++)
        if (node_made(node, k) == stream)
            return true;
    return false;
}
