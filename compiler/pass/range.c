#include "range.h"

#include "affine.h"
#include "rebuild.h"

#include <math.h>

typedef struct Ranges {
    const Net *net;
    const Node *scan;
    const Range *params;
    const bool *live;
    Range *states, *inputs; /* the leaves of affine values, states first */
    Leaves leaves;
    Affine *forms; /* by value */
    Range *values;
} Ranges;

static const Range anything = {-INFINITY, INFINITY};

static Val attached(const Node *scan, Val value)
{
    while (scan->body.code.at[value].op == OP_DETACH)
        value = scan->body.code.at[value].a;
    return value;
}

static bool is_same(const Node *scan, Val a, Val b)
{
    const Instr *code = scan->body.code.at, *x = &code[attached(scan, a)], *y = &code[attached(scan, b)];
    bool leaf = x->op == OP_INPUT || x->op == OP_STATE || x->op == OP_PARAM;
    return x == y || (leaf && x->op == y->op && x->index == y->index);
}

/* What the value is where `condition`, a step of its difference to something, is 0, or 1. */
static Range where_step(const Ranges *ranges, Val condition, Val value, bool fires)
{
    const Instr *code = ranges->scan->body.code.at;
    Range range = ranges->values[value];
    condition = attached(ranges->scan, condition);
    const Instr *difference = code[condition].op == OP_STEP ? &code[code[condition].a] : NULL;
    if (!difference || difference->op != OP_SUB || difference->a != value)
        return range;
    Range bound = ranges->values[difference->b];
    return fires ? (Range){fmax(range.low, bound.low), fmax(range.high, bound.low)}
                 : (Range){fmin(range.low, bound.high), fmin(range.high, bound.high)};
}

static Range choice(const Ranges *ranges, const Instr *instr)
{
    Range condition = ranges->values[instr->a];
    if (condition.low > 0)
        return ranges->values[instr->b];
    if (condition.low == 0 && condition.high == 0)
        return ranges->values[instr->c];
    return range_both(where_step(ranges, instr->a, instr->b, true),
                      where_step(ranges, instr->a, instr->c, false));
}

/* Of x - max(x), inputs of the scan: the stream of the greatest. NONE of anything else. */
static StreamId greatest_below(const Net *net, const Node *scan, Val value)
{
    const Instr *code = scan->body.code.at, *instr = &code[attached(scan, value)];
    if (instr->op != OP_SUB)
        return NONE;
    const Instr *x = &code[attached(scan, instr->a)], *most = &code[attached(scan, instr->b)];
    if (x->op != OP_INPUT || most->op != OP_INPUT)
        return NONE;
    StreamId greatest = scan->ins.at[most->index];
    int maker = net->streams.at[greatest].node;
    const Node *reduce = maker != NONE ? &net->nodes.at[maker] : NULL;
    bool is_greatest = reduce && reduce->kind == NODE_REDUCE && reduce->reduce == REDUCE_MAX
                       && reduce->each_step && reduce->in == scan->ins.at[x->index];
    return is_greatest ? greatest : NONE;
}

double scan_peak(const Net *net, const Node *scan, Val value, StreamId *greatest)
{
    const Instr *instr = &scan->body.code.at[attached(scan, value)];
    *greatest = greatest_below(net, scan, value);
    if (*greatest != NONE)
        return 0;
    return range_rises(instr->op) ? op_eval(instr->op, scan_peak(net, scan, instr->a, greatest), 0, 0)
                                  : -INFINITY;
}

static Range value_range(const Ranges *ranges, const Instr *instr, const Range *operands)
{
    switch ((int)instr->op) {
    case OP_CONST: return (Range){instr->number, instr->number};
    case OP_INPUT: return ranges->inputs[instr->index];
    case OP_PARAM: return ranges->params[instr->index];
    case OP_STATE: return ranges->states[instr->index];
    case OP_SELECT:
    case OP_MIX: return choice(ranges, instr);
    case OP_MUL:
    case OP_FMA:
    case OP_RESCALE:
        if (is_same(ranges->scan, instr->a, instr->b))
            return range_of(instr->op, range_square(operands[0]), (Range){1, 1}, operands[2]);
        return range_of(instr->op, operands[0], operands[1], operands[2]);
    default: return range_of(instr->op, operands[0], operands[1], operands[2]);
    }
}

/* As an affine value; one that is not is opaque. */
static void find_form(const Ranges *ranges, const Instr *instr, const Range *operands, Affine *form)
{
    const Affine *forms[3] = {0};
    for (int k = 0; k < op_value_arity(instr->op); k++)
        forms[k] = &ranges->forms[instr_operand(instr, k)];
    if (instr->op == OP_STATE)
        affine_leaf(&ranges->leaves, instr->index, form);
    else if (instr->op == OP_INPUT)
        affine_leaf(&ranges->leaves, ranges->scan->states.count + instr->index, form);
    else if (!affine_operation(&ranges->leaves, instr->op, forms, operands, form))
        affine_opaque(&ranges->leaves, value_range(ranges, instr, operands), form);
}

/* What is known of it in either way. */
static void find_value(const Ranges *ranges, Val v)
{
    const Instr *instr = &ranges->scan->body.code.at[v];
    Range operands[3] = {anything, anything, anything};
    for (int k = 0; k < op_value_arity(instr->op); k++)
        operands[k] = ranges->values[instr_operand(instr, k)];
    Range *range = &ranges->values[v];
    *range = value_range(ranges, instr, operands);
    find_form(ranges, instr, operands, &ranges->forms[v]);
    Range affine = affine_range(&ranges->leaves, &ranges->forms[v]);
    *range = (Range){fmax(range->low, affine.low), fmin(range->high, affine.high)};
    if (greatest_below(ranges->net, ranges->scan, v) != NONE)
        range->high = fmin(range->high, 0);
}

static void find_values(const Ranges *ranges)
{
    for (Val v = 0; v < ranges->scan->body.code.count; v++)
        if (ranges->live[v])
            find_value(ranges, v);
}

/* Whether a state may be more than it was known to be. */
static bool advance(const Ranges *ranges)
{
    bool more = false;
    for (int s = 0; s < ranges->scan->states.count; s++) {
        Val next = ranges->scan->states.at[s].next;
        if (!ranges->live[next])
            continue;
        Range *state = &ranges->states[s], now = range_both(*state, ranges->values[next]);
        more = more || now.low < state->low || now.high > state->high;
        *state = now;
    }
    return more;
}

static void prepare_leaves(Ranges *ranges, const Range *inputs)
{
    Arena *arena = ranges->net->arena;
    const Node *scan = ranges->scan;
    int states = scan->states.count, count = states + scan->ins.count, values = scan->body.code.count;
    ranges->states = NEW_ARRAY(arena, Range, count + 1);
    ranges->inputs = ranges->states + states;
    for (int s = 0; s < states; s++)
        ranges->states[s] = (Range){scan->states.at[s].initial, scan->states.at[s].initial};
    for (int i = 0; i < scan->ins.count; i++)
        ranges->inputs[i] = inputs[i];
    ranges->leaves = (Leaves){ranges->states, count};
    ranges->forms = NEW_ARRAY(arena, Affine, values + 1);
    double *slopes = NEW_ARRAY(arena, double, (size_t)values *(size_t)count + 1);
    for (Val v = 0; v < values; v++)
        ranges->forms[v].slopes = slopes + (size_t)v * (size_t)count;
}

Range *scan_ranges(const Net *net, const Node *scan, const Range *inputs, const Range *params, int steps)
{
    Ranges ranges = {.net = net, .scan = scan, .params = params};
    ranges.live = live_values(net->arena, scan);
    ranges.values = NEW_ARRAY(net->arena, Range, scan->body.code.count + 1);
    prepare_leaves(&ranges, inputs);
    find_values(&ranges);
    for (int t = 1; t < steps && advance(&ranges); t++)
        find_values(&ranges);
    return ranges.values;
}
