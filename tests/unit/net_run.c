#include "net_run.h"
#include "schedule.h"

#include <check.h>
#include <math.h>

/* ---- numbers that look random ---- */

static double pseudo(int seed)
{
    double x = sin(seed * 12.9898 + 4.1) * 43758.5453;
    return x - floor(x);
}

double loss_weight(int n)
{
    return 0.3 + pseudo(900 + n);
}

/* ---- the evaluator ---- */

static int size_of(const Run *r, StreamId s)
{
    return shape_size(r->net->streams.at[s].shape);
}

static double *at(Run *r, StreamId s, int t, int n)
{
    return &r->stream[s][r->net->streams.at[s].steps ? t : 0][n];
}

static double eval_instr(const Run *r, const Instr *instr, const double *values)
{
    double x[3] = {0, 0, 0};
    for (int k = 0; k < op_arity(instr->op); k++)
        x[k] = values[instr_operand(instr, k)];
    if (r->smooth && instr->op == OP_STEP)
        return x[2];
    if (r->smooth && instr->op == OP_MIX)
        return x[0] * x[1] + (1 - x[0]) * x[2];
    return op_eval(instr->op, x[0], x[1], x[2]);
}

static double eval_leaf(Run *r, int node_index, const Instr *instr, int t, int n)
{
    const Node *node = &r->net->nodes.at[node_index];
    switch ((int)instr->op) {
    case OP_CONST: return instr->number;
    case OP_INPUT: return *at(r, node->ins.at[instr->index], t, n);
    case OP_STATE: return r->state[node_index][instr->index][n];
    case OP_PARAM: {
        ParamId param = node->params.at[instr->index];
        return r->param[param][r->net->params.at[param].shape.ndim == 0 ? 0 : n];
    }
    default: ck_abort_msg("no scalars in this test"); return 0;
    }
}

static void step_scan_unit(Run *r, int index, int t, int n)
{
    const Node *node = &r->net->nodes.at[index];
    double values[200];
    ck_assert_int_le(node->body.code.count, 200);
    for (Val v = 0; v < node->body.code.count; v++) {
        const Instr *instr = &node->body.code.at[v];
        values[v] = op_arity(instr->op) ? eval_instr(r, instr, values) : eval_leaf(r, index, instr, t, n);
    }
    for (int k = 0; k < node->outs.count; k++) {
        StreamId out = node->outs.at[k].stream;
        bool sum = scan_steps(r->net, node) && !r->net->streams.at[out].steps;
        *at(r, out, t, n) = values[node->outs.at[k].value] + (sum ? *at(r, out, t, n) : 0);
    }
    for (int k = 0; k < node->grads.count; k++) {
        ParamId param = node->grads.at[k].param;
        r->grad[param][r->net->params.at[param].shape.ndim == 0 ? 0 : n] += values[node->grads.at[k].value];
    }
    for (int s = 0; s < node->states.count; s++)
        r->state[index][s][n] = values[node->states.at[s].next];
}

static void step_dense(Run *r, const Node *node, int t)
{
    int inputs = size_of(r, node->in), outputs = size_of(r, node->out);
    for (int j = 0; j < outputs; j++) {
        double sum = node->bias == NONE ? 0 : r->param[node->bias][j];
        for (int i = 0; i < inputs; i++)
            sum += *at(r, node->in, t, i)
                   * r->param[node->weight][node->transposed ? j * inputs + i : i * outputs + j];
        *at(r, node->out, t, j) = sum;
    }
}

static void step_weight_grad(Run *r, const Node *node, int t)
{
    int inputs = size_of(r, node->in), outputs = size_of(r, node->aux);
    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < outputs; j++)
            r->grad[node->weight][i * outputs + j] += *at(r, node->in, t, i) * *at(r, node->aux, t, j);
}

static void step_delay(Run *r, const Node *node, int t)
{
    int from = t - node->steps;
    for (int n = 0; n < size_of(r, node->out); n++)
        *at(r, node->out, t, n) =
            from >= 0 && from < r->net->streams.at[node->in].steps ? *at(r, node->in, from, n) : 0;
}

static void reduce(Run *r, const Node *node)
{
    int steps = r->net->streams.at[node->in].steps;
    for (int n = 0; n < size_of(r, node->out); n++) {
        double sum = 0, top = -INFINITY, bottom = INFINITY, place = 0;
        for (int t = 0; t < steps; t++) {
            sum += *at(r, node->in, t, n);
            place = *at(r, node->in, t, n) > top ? t : place;
            top = fmax(top, *at(r, node->in, t, n));
            bottom = fmin(bottom, *at(r, node->in, t, n));
        }
        double values[] = {[REDUCE_MEAN] = sum / steps, [REDUCE_SUM] = sum,
                           [REDUCE_MAX] = top,          [REDUCE_MIN] = bottom,
                           [REDUCE_ARGMAX] = place,     [REDUCE_LAST] = *at(r, node->in, steps - 1, n)};
        *at(r, node->out, 0, n) = values[node->reduce];
    }
}

static void pick(Run *r, const Node *node)
{
    int steps = r->net->streams.at[node->aux].steps;
    for (int n = 0; n < size_of(r, node->out); n++) {
        int best = node->reduce == REDUCE_LAST ? steps - 1 : 0;
        double sign = node->reduce == REDUCE_MIN ? -1 : 1;
        for (int t = 0; t < steps && reduce_compares(node->reduce); t++)
            if (sign * *at(r, node->aux, t, n) > sign * *at(r, node->aux, best, n))
                best = t;
        for (int t = 0; t < steps; t++)
            *at(r, node->out, t, n) = t == best ? *at(r, node->in, 0, n) : 0;
    }
}

static bool is_stepwise(const Run *r, const Node *node)
{
    switch ((int)node->kind) {
    case NODE_SCAN: return scan_steps(r->net, node);
    case NODE_MAP: return r->net->streams.at[node->out].steps;
    case NODE_MAP_GRAD:
    case NODE_BIAS_GRAD: return r->net->streams.at[node->in].steps;
    case NODE_DELAY: return true;
    default: return false;
    }
}

static void step_node(Run *r, int index, int t)
{
    const Node *node = &r->net->nodes.at[index];
    switch ((int)node->kind) {
    case NODE_SCAN:
        for (int n = 0; n < size_of(r, node->outs.count ? node->outs.at[0].stream : node->ins.at[0]); n++)
            step_scan_unit(r, index, t, n);
        break;
    case NODE_MAP: step_dense(r, node, t); break;
    case NODE_MAP_GRAD: step_weight_grad(r, node, t); break;
    case NODE_BIAS_GRAD:
        for (int j = 0; j < size_of(r, node->in); j++)
            r->grad[node->bias][j] += *at(r, node->in, t, j);
        break;
    case NODE_DELAY: step_delay(r, node, t); break;
    case NODE_REDUCE: reduce(r, node); break;
    case NODE_PICK_GRAD: pick(r, node); break;
    case NODE_LOSS:
        r->loss = 0;
        for (int n = 0; n < size_of(r, node->in); n++)
            r->loss += loss_weight(n) * *at(r, node->in, 0, n);
        break;
    case NODE_LOSS_GRAD:
        for (int n = 0; n < size_of(r, node->out); n++)
            *at(r, node->out, 0, n) = loss_weight(n);
        break;
    default: break; /* data is given; predictions and activity do not matter here */
    }
}

static void start_part(Run *r, const Part *part)
{
    for (int i = 0; i < part->count; i++) {
        const Node *node = &r->net->nodes.at[part->nodes[i]];
        for (int s = 0; s < node->states.count; s++)
            for (int n = 0; n < MAX_UNITS; n++)
                r->state[part->nodes[i]][s][n] = node->states.at[s].initial;
        for (int k = 0; k < node->outs.count && node->kind == NODE_SCAN; k++)
            memset(r->stream[node->outs.at[k].stream], 0, sizeof r->stream[0]);
    }
}

static void run_part(Run *r, const Part *part)
{
    bool reverse = false, stepwise = false;
    start_part(r, part);
    for (int i = 0; i < part->count; i++) {
        reverse = reverse || r->net->nodes.at[part->nodes[i]].reverse;
        stepwise = stepwise || is_stepwise(r, &r->net->nodes.at[part->nodes[i]]);
    }
    for (int k = 0; k < (stepwise ? r->net->steps : 1); k++)
        for (int i = 0; i < part->count; i++)
            step_node(r, part->nodes[i], reverse ? r->net->steps - 1 - k : k);
}

void run_nodes(Run *r, int first, int last)
{
    ck_assert(r->net->streams.count <= MAX_STREAMS && r->net->nodes.count <= MAX_NODES
              && r->net->params.count <= MAX_PARAMS && r->net->steps <= MAX_STEPS);
    Schedule schedule = schedule_nodes(r->net->arena, r->net, first, last);
    for (int i = 0; i < schedule.count; i++)
        run_part(r, &schedule.at[i]);
}

/* ---- what is given ---- */

void param_is_drawn(const Net *net, Param *param, double most)
{
    Node *init = NEW(net->arena, Node);
    *init = node_new(NODE_SCAN, param->span);
    Body *body = &init->body;
    Val low = body_const(net->arena, body, -most), high = body_const(net->arena, body, most);
    vec_push(net->arena, &init->outs, ((ScanOut){NONE, body_uniform(net->arena, body, low, high, 0)}));
    param->init = init;
}

void run_fill(Run *r)
{
    for (ParamId p = 0; p < r->net->params.count; p++) {
        const Param *param = &r->net->params.at[p];
        double number;
        bool constant = body_is_const(&param->init->body, param->init->outs.at[0].value, &number);
        for (int i = 0; i < shape_size(param->shape); i++)
            r->param[p][i] = constant ? number + 0.1 * pseudo(i + 50 * p) : 2 * pseudo(i + 50 * p) - 0.8;
    }
    for (int n = 0; n < r->net->backward; n++)
        if (r->net->nodes.at[n].kind == NODE_DATA)
            for (int t = 0; t < MAX_STEPS; t++)
                for (int i = 0; i < size_of(r, r->net->nodes.at[n].out); i++)
                    *at(r, r->net->nodes.at[n].out, t, i) = 0.2 + pseudo(1000 + 20 * n + 7 * t + i);
}
