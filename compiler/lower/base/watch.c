/* Buffers that tell, after a forward phase, whether something was not finite: few numbers, so that looking
 * costs next to nothing. Elsewhere NaN and infinity reach the scores, the loss or the gradients, which are
 * looked at, too. */
#include "lower/base/watch.h"

#include <math.h>

#include "lower/base/code.h"

static void watch(Lower *lower, StreamId stream, const char *state, BufferId values)
{
    LoopWatch watch = {.stream = lower->streams[stream].described, .state = state, .values = values};
    vec_push(lower->arena, &lower->program->watches, watch);
}

void watch_scan_states(Lower *lower, const Node *scan, const ScanState *state)
{
    StreamId layer = scan_of_sample(lower->net, scan);
    if (lower->phase == PHASE_BACKWARD || layer == NONE)
        return;
    for (int s = 0; s < scan->states.count && !plan_of(lower, scan)->watched; s++)
        watch(lower, layer, scan->states.at[s].name, state->states[s]);
    for (int k = 0; k < scan->outs.count; k++)
        if (stream_of(lower, scan->outs.at[k].stream)->trace)
            watch(lower, layer, NULL, lower->streams[scan->outs.at[k].stream].values);
}

static LoopExpr *is_finite(Lower *lower, LoopExpr *value)
{
    LoopExpr *size = loop_op(lower->arena, OP_ABS, value, NULL, NULL);
    return op2(lower, OP_LT, size, loop_float(lower->arena, INFINITY));
}

static LoopExpr *is_number(Lower *lower, LoopExpr *value)
{
    return op2(lower, OP_EQ, value, value);
}

/* How many units of the sample's state are not as they should be. */
static LoopExpr *count_bad(Lower *lower, Site site, int units, BufferId state, const char *name,
                           LoopExpr *(*is_good)(Lower *lower, LoopExpr *value))
{
    LoopExpr *count = declare_local(lower, site.into, name, num(lower, 0));
    LoopStmt *loop = for_range(lower, site.into, "n", units);
    LoopExpr *value =
        loop_local(lower, &loop->body, "x", load2(lower, state, site.b, loop_variable(lower, loop)));
    LoopExpr *bad = loop_op(lower->arena, OP_SELECT, is_good(lower, value), num(lower, 0), num(lower, 1));
    loop_set(lower->arena, &loop->body, count->var, op2(lower, OP_ADD, count, bad));
    return count;
}

/* A number for each sample: 0, or infinity if a state is not finite, NaN if one is NaN. */
static void lower_watch(Lower *lower, const Node *scan, int s, BufferId state)
{
    const NodePlan *own = plan_of(lower, scan);
    const char *name = arena_printf(lower->arena, "%s_%s", scan->states.at[s].name, own->name);
    BufferId worst = named_buffer(lower, "worst", name, TYPE_F32, BUFFER_SCRATCH, true, 0, NULL);
    const char *about = arena_printf(lower->arena, "is the state `%s` finite?", scan->states.at[s].name);
    Site site = kernel_samples(lower, "watch", name, about, scan->span);
    store1(lower, site.into, worst, site.b, loop_float(lower->arena, 0), false);
    LoopExpr *bad = count_bad(lower, site, own->units, state, "bad", is_finite);
    site.into = &loop_if(lower->arena, site.into, op2(lower, OP_GT, bad, num(lower, 0)))->body;
    LoopExpr *nan = count_bad(lower, site, own->units, state, "nan", is_number);
    LoopExpr *numbers = as_bit(lower, op2(lower, OP_EQ, nan, num(lower, 0)));
    LoopExpr *value = op2(lower, OP_MUL, loop_float(lower->arena, INFINITY),
                          loop_cast(lower->arena, TYPE_F32, numbers)); /* 0 times infinity is NaN */
    store1(lower, site.into, worst, site.b, value, false);
    watch(lower, scan_of_sample(lower->net, scan), scan->states.at[s].name, worst);
}

void lower_state_watches(Lower *lower, const Node *scan, const ScanState *state)
{
    if (lower->phase == PHASE_BACKWARD || !plan_of(lower, scan)->watched
        || scan_of_sample(lower->net, scan) == NONE)
        return;
    for (int s = 0; s < scan->states.count; s++)
        lower_watch(lower, scan, s, state->states[s]);
}

/* Encoders and maxima compare what they read. (The runtime looks at parameters, which weights are made of.) */
void watch_streams(Lower *lower)
{
    const Net *net = lower->net;
    for (int n = 0; n < net->backward; n++) {
        const Node *node = &net->nodes.at[n];
        bool compares = node->kind == NODE_POISSON || node->kind == NODE_LATENCY
                        || (node->kind == NODE_REDUCE && reduce_compares(node->reduce));
        BufferId values =
            compares && stream_of(lower, node->in)->batched ? lower->streams[node->in].values : -1;
        if (values >= 0 && lower->program->buffers.at[values].type == TYPE_F32
            && lower->program->buffers.at[values].role != BUFFER_INPUT)
            watch(lower, node->in, NULL, values);
    }
}
