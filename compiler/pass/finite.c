#include "finite.h"

#include <float.h>
#include <math.h>

const double largest_finite = (double)FLT_MAX;

/* How a value grows with the leaves, as the degree of a polynomial: leaves up to 1e9 to the power TAME stay
 * within single precision. */
enum { TAME = 4, WILD = 1000 };

typedef struct Degrees {
    const Node *scan;
    const bool *wild_streams;
    bool *wild_states;
    int *at;       /* by value */
    double *least; /* by value: see least_value */
} Degrees;

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Of so many factors that they are no longer counted. */
static int product_degree(int a, int b)
{
    return a + b > WILD ? WILD : a + b;
}

/* What the value is not below, if it is a number at all. */
static double least_value(const Degrees *degrees, const Instr *instr)
{
    const double *least = degrees->least;
    switch ((int)instr->op) {
    case OP_CONST: return instr->number;
    case OP_SCALAR: return instr->index == SCALAR_ROWS ? 1 : -INFINITY;
    case OP_MAX: return fmax(least[instr->a], least[instr->b]);
    case OP_ADD: return least[instr->a] + least[instr->b];
    case OP_SQRT: return sqrt(fmax(least[instr->a], 0));
    default: return -INFINITY;
    }
}

/* Dividing by it is like multiplying by another leaf. */
static bool is_away_from_zero(const Degrees *degrees, Val v)
{
    return degrees->least[v] > 1e-9;
}

static int degree_of(const Degrees *degrees, const Instr *instr)
{
    const int *at = degrees->at;
    int a = instr->a == NO_VAL ? 0 : at[instr->a], b = instr->b == NO_VAL ? 0 : at[instr->b];
    double divisor;
    switch ((int)instr->op) {
    case OP_INPUT: return degrees->wild_streams[degrees->scan->ins.at[instr->index]] ? WILD : 1;
    case OP_STATE: return degrees->wild_states[instr->index] ? WILD : 1;
    case OP_PARAM:
    case OP_SCALAR: return 1;
    case OP_NEG:
    case OP_ABS:
    case OP_FLOOR:
    case OP_DETACH: return a;
    case OP_ADD:
    case OP_SUB:
    case OP_MIN:
    case OP_MAX: return larger(a, b);
    case OP_SELECT:
    case OP_MIX: return larger(b, at[instr->c]);
    case OP_MUL: return product_degree(a, b);
    case OP_FMA: return larger(product_degree(a, b), at[instr->c]);
    case OP_DIV:
        return body_is_const(&degrees->scan->body, instr->b, &divisor) ? a
               : is_away_from_zero(degrees, instr->b)                  ? product_degree(a, 1)
                                                                       : WILD;
    case OP_SQRT: return is_away_from_zero(degrees, instr->a) ? a : WILD;
    case OP_TANH:
    case OP_SIGMOID:
    case OP_ATAN:
    case OP_SIN:
    case OP_COS:
    case OP_ERF: return a > TAME ? WILD : 0;
    case OP_CONST:
    case OP_STEP: return 0;
    default: return op_is_truth(instr->op) ? 0 : WILD; /* exp, log and whatever else nobody vouches for */
    }
}

static void find_degrees(Degrees *degrees)
{
    for (Val v = 0; v < degrees->scan->body.code.count; v++)
        degrees->at[v] = degree_of(degrees, &degrees->scan->body.code.at[v]);
}

/* A state is wild where what it becomes is. */
static bool states_changed(Degrees *degrees)
{
    bool changed = false;
    for (int s = 0; s < degrees->scan->states.count; s++) {
        bool wild = degrees->at[degrees->scan->states.at[s].next] > TAME;
        changed = changed || wild != degrees->wild_states[s];
        degrees->wild_states[s] = wild;
    }
    return changed;
}

bool *wild_values(const Net *net, const Node *scan, const bool *wild_streams)
{
    int count = scan->body.code.count;
    Degrees degrees = {.scan = scan, .wild_streams = wild_streams};
    degrees.wild_states = NEW_ARRAY(net->arena, bool, scan->states.count + 1);
    degrees.at = NEW_ARRAY(net->arena, int, count + 1);
    degrees.least = NEW_ARRAY(net->arena, double, count + 1);
    for (Val v = 0; v < count; v++)
        degrees.least[v] = least_value(&degrees, &scan->body.code.at[v]);
    do
        find_degrees(&degrees);
    while (states_changed(&degrees));
    bool *wild = NEW_ARRAY(net->arena, bool, count + 1);
    for (Val v = 0; v < count; v++)
        wild[v] = degrees.at[v] > TAME;
    return wild;
}

static bool make_wild(bool *wild_streams, StreamId stream, bool wild)
{
    bool changed = wild && !wild_streams[stream];
    wild_streams[stream] = wild_streams[stream] || wild;
    return changed;
}

static bool scan_changed(const Net *net, const Node *scan, bool *wild_streams)
{
    bool changed = false;
    const bool *wild = wild_values(net, scan, wild_streams);
    for (int k = 0; k < scan->outs.count; k++)
        changed = make_wild(wild_streams, scan->outs.at[k].stream, wild[scan->outs.at[k].value]) || changed;
    return changed;
}

/* Whether a stream that the node makes is found to be wild that was not. */
static bool streams_changed(const Net *net, const Node *node, bool *wild_streams)
{
    switch (node->kind) {
    case NODE_SCAN: return scan_changed(net, node, wild_streams);
    case NODE_COPY:
        return make_wild(wild_streams, node->out,
                         wild_streams[node->in] || (node->aux != NONE && wild_streams[node->aux]));
    case NODE_DELAY:
    case NODE_POOL:
    case NODE_REDUCE: return make_wild(wild_streams, node->out, wild_streams[node->in]);
    case NODE_DATA:
    case NODE_TARGET:
    case NODE_RANDOM:
    case NODE_POOL_GRAD:
    case NODE_PARAM: /* the runtime looks at parameters */
    case NODE_POISSON:
    case NODE_LATENCY:
    case NODE_MAP: /* a sum over many units */
    case NODE_LOSS:
    case NODE_PREDICT:
    case NODE_KEEP:
    case NODE_METRIC:
    case NODE_ACTIVITY:
    case NODE_LOSS_GRAD:
    case NODE_PICK_GRAD:
    case NODE_MAP_GRAD:
    case NODE_PARAM_GRAD:
    case NODE_BIAS_GRAD:
    case NODE_UPDATE:
    case NODE_KIND_COUNT: break;
    }
    return false;
}

/* To a fixed point, because delays read streams made later. */
bool *wild_streams(const Net *net)
{
    bool *wild = NEW_ARRAY(net->arena, bool, net->streams.count + 1);
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = 0; n < net->backward; n++)
            changed = streams_changed(net, &net->nodes.at[n], wild) || changed;
    }
    return wild;
}
