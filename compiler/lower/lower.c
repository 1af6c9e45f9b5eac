/* Net -> Loop: a plan is made, then buffers for what the model names, then kernels in the order of the schedule. */
#include "lower/lower.h"

#include "lower/base/code.h"
#include "lower/base/watch.h"
#include "lower/ends/ends.h"
#include "lower/maps/linear.h"
#include "lower/step/group.h"
#include "lower/step/past.h"
#include "lower/train/layer.h"
#include "lower/train/param.h"
#include "lower/train/weights.h"
#include "stepwise.h"

/* ---- kernels ---- */

static void lower_node(Lower *lower, const Node *node)
{
    if (plan_of(lower, node)->host != NONE)
        return; /* within its host's kernel */
    switch (node->kind) {
    case NODE_DATA: break; /* the runtime fills it */
    case NODE_POISSON: lower_poisson(lower, node); break;
    case NODE_LATENCY: lower_latency(lower, node); break;
    case NODE_DELAY:
        if (plan_of(lower, node)->in_time && lower->net->stepwise)
            lower_recall(lower, node);
        else
            lower_delay(lower, node);
        break;
    case NODE_COPY: lower_copy(lower, node); break;
    case NODE_POOL: lower_pool(lower, node); break;
    case NODE_POOL_GRAD:
        if (!lower->plan->streams[node->out].routed)
            lower_pool(lower, node);
        break;
    case NODE_REDUCE:
        if (lower->net->stepwise && !node->each_step && stream_of(lower, node->in)->steps
            && stream_of(lower, node->in)->batched)
            lower_running(lower, node);
        else
            lower_reduce(lower, node);
        break;
    case NODE_TARGET: lower_target(lower, node); break;
    case NODE_LOSS: lower_loss(lower, node); break;
    case NODE_PREDICT: lower_predict(lower, node); break;
    case NODE_METRIC: lower_metric(lower, node); break;
    case NODE_ACTIVITY: lower_activity(lower, node); break;
    case NODE_LOSS_GRAD: lower_loss_grad(lower, node); break;
    case NODE_PICK_GRAD: lower_pick_grad(lower, node); break;
    case NODE_BIAS_GRAD: lower_bias_grad(lower, node); break;
    case NODE_RANDOM: break; /* drawn where it is read */
    case NODE_PARAM: break;  /* its values are the parameter's */
    case NODE_KEEP: break;   /* see lower_keeps */
    case NODE_PARAM_GRAD: lower_param_grad(lower, node); break;
    case NODE_SCAN:
        if (scan_is_batched(lower->net, node))
            lower_layer(lower, node);
        else
            lower_weights(lower, node);
        break;
    case NODE_MAP: lower_layer(lower, node); break;
    case NODE_MAP_GRAD:
        (plan_of(lower, node)->role == ROLE_NONE ? lower_gradient_alone : lower_layer)(lower, node);
        break;
    case NODE_UPDATE: lower_update(lower, node); break;
    case NODE_KIND_COUNT: break;
    }
}

/* ---- a program that only predicts ---- */

static Phase phase_at(const Lower *lower, const StepTime *times, int node)
{
    static const Phase phases[] = {
        [STEP_BEFORE] = PHASE_BEGIN, [STEP_EACH] = PHASE_STEP, [STEP_AFTER] = PHASE_RESULT};
    return lower->net->stepwise ? phases[times[node]] : PHASE_RESULT;
}

/* Each node in the phase that it belongs to. */
static void lower_predictions(Lower *lower)
{
    const Schedule *schedule = &lower->plan->phases[PHASE_FORWARD];
    const StepTime *times = step_times(lower->net);
    describe_layers(lower, times);
    for (int p = 0; p < schedule->count; p++) {
        const Part *part = &schedule->at[p];
        lower->layer = lower->layers[part->nodes[0]];
        lower->phase = phase_at(lower, times, part->nodes[0]);
        if (part->recurrent)
            lower_group(lower, part);
        else
            lower_node(lower, &lower->net->nodes.at[part->nodes[0]]);
    }
    lower->layer = NONE;
    if (!lower->net->stepwise)
        return;
    lower->phase = PHASE_STEP;
    lower_remember(lower);
}

static void begin_gradient(Lower *lower, const Node *node)
{
    if (node->kind == NODE_MAP_GRAD && node->out != NONE)
        lower_zeroed_weights(lower, node->out);
}

/* Gradients of weights that are streams start at 0 right before a kernel adds to them: until then others have their memory. */
static void begin_gradients(Lower *lower, const Part *part)
{
    for (int i = 0; i < part->count; i++) {
        const Node *node = &lower->net->nodes.at[part->nodes[i]];
        const LayerPlan *layer = plan_of(lower, node)->layer;
        if (!layer && plan_of(lower, node)->host == NONE)
            begin_gradient(lower, node);
        for (int k = 0; layer && k < layer->gradients.count; k++)
            begin_gradient(lower, layer->gradients.at[k]);
    }
}

static void lower_phase(Lower *lower, Phase phase)
{
    const Schedule *schedule = &lower->plan->phases[phase];
    for (int p = 0; p < schedule->count; p++) {
        const Part *part = &schedule->at[p];
        begin_gradients(lower, part);
        if (part->recurrent)
            lower_group(lower, part);
        else
            lower_node(lower, &lower->net->nodes.at[part->nodes[0]]);
    }
}

/* What memories know of the batch, when nobody reads any more what they knew before. */
static void lower_keeps(Lower *lower)
{
    for (int n = 0; n < lower->net->backward; n++)
        if (lower->net->nodes.at[n].kind == NODE_KEEP)
            lower_keep(lower, &lower->net->nodes.at[n]);
}

/* What the backward phase reads the other way round of weights, parameters or streams. */
static void turn_weights(Lower *lower)
{
    const Net *net = lower->net;
    for (ParamId p = 0; p < net->params.count; p++)
        if (lower->params[p].transposed >= 0)
            lower_transposed(lower, p, NONE);
    for (StreamId s = 0; s < net->streams.count; s++)
        if (lower->streams[s].transposed >= 0)
            lower_transposed(lower, NONE, s);
}

/* ---- what tests run, where that is something else ---- */

/* By kernels whose sums are those of inference, unless who compiles wants others. */
static LowerOptions evaluating(LowerOptions options)
{
    if (options.kernels == KERNELS_AUTO)
        options.kernels = KERNELS_PLAIN;
    return options;
}

static void lower_evaluated(Lower *lower, const Net *net, LowerOptions options)
{
    const StreamBuffers *training = lower->streams;
    Plan plan = make_plan(lower->arena, net, evaluating(options));
    lower->net = net;
    lower->plan = &plan;
    lower->phase = PHASE_EVALUATE;
    add_evaluated_buffers(lower, training);
    describe_streams(lower);
    lower_schedule(lower);
    lower_phase(lower, PHASE_FORWARD);
    watch_streams(lower);
}

Program *lower_net(Arena *arena, const Net *net, LowerOptions options)
{
    Program *program = program_new(arena, net->name);
    Plan plan = make_plan(arena, net, net->training.present ? options : evaluating(options));
    Lower lower = {.arena = arena, .net = net, .plan = &plan, .program = program, .layer = NONE};
    add_buffers(&lower);
    lower.phase = PHASE_FORWARD;
    describe_program(&lower);
    lower.phase = PHASE_INIT;
    for (ParamId p = 0; p < net->params.count; p++)
        lower_init(&lower, p);
    for (ParamId p = 0; p < net->params.count; p++)
        if (net->params.at[p].orthogonal != 0)
            lower_orthogonal(&lower, p);
    lower.phase = PHASE_FORWARD;
    lower_schedule(&lower);
    lower_phase(&lower, PHASE_FORWARD);
    watch_streams(&lower);
    lower.phase = PHASE_BACKWARD;
    for (ParamId p = 0; p < net->params.count; p++)
        if (lower.params[p].gradient >= 0)
            lower_zeroed(&lower, p);
    turn_weights(&lower);
    lower_phase(&lower, PHASE_BACKWARD);
    lower.phase = PHASE_UPDATE;
    lower_phase(&lower, PHASE_UPDATE);
    lower_keeps(&lower);
    if (net->evaluated && (!net->evaluated_alike || plan_changes_order(&plan, net)))
        lower_evaluated(&lower, net->evaluated, options);
    spill_locals(program);
    return program;
}

Program *lower_inference(Arena *arena, const Net *net, LowerOptions options)
{
    Program *program = program_new(arena, net->name);
    Plan plan = make_plan(arena, net, options);
    Lower lower = {.arena = arena, .net = net, .plan = &plan, .program = program, .layer = NONE};
    program->predicts = true;
    program->whole_why = net->whole_why;
    program->ends_early = ends_with_sample(net);
    add_buffers(&lower);
    if (net->stepwise)
        program->step = fixed_buffer(&lower, "step", TYPE_I32, BUFFER_SCRATCH, (Shape){0});
    describe_program(&lower);
    lower.phase = PHASE_RESET;
    if (net->stepwise)
        lower_first_step(&lower);
    lower.phase = PHASE_BEGIN;
    lower_schedule(&lower);
    lower_predictions(&lower);
    spill_locals(program);
    return program;
}
