/* What linear maps need beside the kernels of layers. Weights lie [inputs][outputs], so that inner loops run over
 * outputs, contiguous. */
#include "lower/lower.h"

BufferId weights_of(const Lower *lower, const Node *map)
{
    return map->transposed ? lower->transposed[map->weight] : lower->values[map->weight];
}

void lower_transposed(Lower *lower, ParamId weight)
{
    const Param *param = &lower->net->params.at[weight];
    int rows = param->shape.dims[0], columns = param->shape.dims[1];
    kernel_begin(
        lower, "transpose", param->name,
        arena_printf(lower->arena, "%s with outputs first, for the gradient of its inputs", param->name),
        (Span){0, 0}, columns);
    LoopStmt *loop_j = kernel_items(lower, "j");
    LoopStmt *loop_i = for_range(lower, &loop_j->body, "i", rows);
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop_j);
    store2(lower, &loop_i->body, lower->transposed[weight], j, i, load2(lower, lower->values[weight], i, j),
           false);
}

/* Loops over the batch and, if `temporal`, over time: the order in which a parameter's gradient is summed. */
static Site emit_sum_loops(Lower *lower, LoopBlock *into, bool temporal)
{
    Site site = {0};
    LoopStmt *loop_b = loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, "b", TYPE_I32),
                                loop_int(lower->arena, 0), loop_scalar(lower->arena, SCALAR_ROWS));
    site.b = loop_variable(lower, loop_b);
    site.into = &loop_b->body;
    if (temporal) {
        LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
        site.t = loop_variable(lower, loop_t);
        site.into = &loop_t->body;
    }
    return site;
}

void lower_bias_grad(Lower *lower, const Node *node)
{
    const Param *param = &lower->net->params.at[node->bias];
    kernel_begin(lower, "gradient", param->name,
                 arena_printf(lower->arena, "gradient of %s: sum over the batch and time of %s", param->name,
                              stream_of(lower, node->in)->name),
                 node->span, param->shape.dims[0]);
    Site site = emit_sum_loops(lower, &lower->kernel->body, stream_of(lower, node->in)->temporal);
    LoopStmt *loop_j = loop_for(lower->arena, site.into, loop_var(lower->arena, lower->kernel, "j", TYPE_I32),
                                loop_ref(lower->arena, lower->kernel, lower->kernel->first),
                                loop_ref(lower->arena, lower->kernel, lower->kernel->last));
    loop_j->independent = true;
    LoopExpr *j = loop_variable(lower, loop_j);
    store1(lower, &loop_j->body, lower->gradients[node->bias], j, load_stream(lower, node->in, site, j),
           true);
}
