/* What linear maps need beside the kernels of layers. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/linear.h"
#include "lower/tuned.h"

void lower_bias_grad(Lower *lower, const Node *node)
{
    const Param *param = &lower->net->params.at[node->bias];
    kernel_begin(lower, "gradient", param->name,
                 arena_printf(lower->arena, "gradient of %s: sum over the batch and time of %s", param->name,
                              stream_of(lower, node->in)->name),
                 node->span, shape_size(param->shape));
    if (node->map->space[node->map->count - 1].reach != REACH_ALL) {
        lower_shared_bias(lower, node);
        return;
    }
    /* The order in which a parameter's gradient is summed: over the batch, then over time. */
    LoopStmt *loop_b = for_range(lower, &lower->kernel->body, "b", 0);
    loop_b->to = samples_of(lower, plan_of(lower, node));
    Site site = {.into = &loop_b->body, .b = loop_variable(lower, loop_b)};
    if (stream_of(lower, node->in)->steps) {
        LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, node->in));
        site.t = loop_variable(lower, loop_t);
        site.into = &loop_t->body;
    }
    LoopExpr *unit = NULL;
    if (stream_size(lower, node->in) > shape_size(param->shape)) {
        LoopStmt *loop =
            for_range(lower, site.into, "position", stream_size(lower, node->in) / shape_size(param->shape));
        unit = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, shape_size(param->shape)));
        site.into = &loop->body;
    }
    LoopStmt *loop_j = kernel_items_in(lower, site.into, "j");
    loop_j->independent = true;
    LoopExpr *j = loop_variable(lower, loop_j);
    unit = unit ? op2(lower, OP_ADD, unit, j) : j;
    store1(lower, &loop_j->body, lower->params[node->bias].gradient, j,
           load_stream(lower, node->in, site, unit), true);
}

/* ---- gradients of biases in the kernel of their layer ---- */

static bool serves(const Linear *linear)
{
    return linear->plan->role == ROLE_BIAS_GRAD;
}

static void gradient(Lower *lower, const Linear *gradient, Site site, Walk walk)
{
    const Node *node = gradient->node;
    site = walk_rows(lower, walk, site);
    LoopStmt *loop_j = for_units(lower, site.into, "j", site_width(lower, site, node->in));
    LoopExpr *j = loop_variable(lower, loop_j);
    store1(lower, &loop_j->body, lower->params[node->bias].gradient, unit_of(lower, site, j),
           load_stream(lower, node->in, site, j), true);
}

const MapKernel by_sums = {.serves = serves, .gradient = gradient};
