/* Sparse gradients. What flows back into a neuron is multiplied by the slope of its surrogate, which may be 0 for all
 * but a few neurons near their threshold. Of a linear map back to such neurons only the outputs of those are needed:
 * a dot product each, of their row of weights. They are listed step by step from what the forward run has kept.
 *
 * In a batch where many neurons are near, the whole product is quicker: a kernel measures and chooses. */
#include "lower/maps/gate.h"
#include "lower/base/equations.h"
#include "lower/spikes/events.h"
#include "lower/spikes/measure.h"
#include "lower/base/tile.h"

enum { LANES = 16, MOST_LANES = 64 /* sums of a dot product */, LEAST_STEPS = 2 };

/* A dot product takes about two and a half times as long as its part of a whole product (tests/bench). */
static const double few_near = 0.36;

/* ---- which maps have a gate ---- */

/* A body's values stand behind those that they are made of: each of these is one pass over them. */

static bool is_zero(const Body *body, Val v)
{
    const Instr *instr = &body->code.at[v];
    return instr->op == OP_CONST && instr->number == 0;
}

/* By value: whether it is 0 over a whole range of inputs, by its form. */
static bool *find_vanishing(Lower *lower, const Body *body)
{
    bool *vanishes = NEW_ARRAY(lower->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        switch ((int)instr->op) {
        case OP_MIN:
        case OP_MAX: vanishes[v] = is_zero(body, instr->a) || is_zero(body, instr->b); break;
        case OP_SELECT: vanishes[v] = is_zero(body, instr->b) || is_zero(body, instr->c); break;
        case OP_NEG: vanishes[v] = vanishes[instr->a]; break;
        case OP_MUL: vanishes[v] = vanishes[instr->a] || vanishes[instr->b]; break;
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE: vanishes[v] = true; break;
        default: break;
        }
    }
    return vanishes;
}

/* By value: whether it is made of parameters and of what the forward run has kept. */
static bool *find_kept(Lower *lower, const Node *scan)
{
    const Body *body = &scan->body;
    bool *kept = NEW_ARRAY(lower->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        kept[v] = instr->op != OP_STATE;
        if (instr->op == OP_INPUT) {
            const Stream *stream = stream_of(lower, scan->ins.at[instr->index]);
            kept[v] = stream->node < lower->net->backward && stream->temporal;
        }
        for (int k = 0; k < op_value_arity(instr->op); k++)
            kept[v] = kept[v] && kept[instr_operand(instr, k)];
    }
    return kept;
}

/* By value: whether it depends on input number `input`, other than as a factor of `slope`. */
static bool *find_leaks(Lower *lower, const Body *body, int input, Val slope)
{
    bool *leaks = NEW_ARRAY(lower->arena, bool, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        bool gated = instr->op == OP_MUL && (instr->a == slope || instr->b == slope);
        leaks[v] = instr->op == OP_INPUT && instr->index == input;
        for (int k = 0; k < op_value_arity(instr->op) && !gated; k++)
            leaks[v] = leaks[v] || leaks[instr_operand(instr, k)];
    }
    return leaks;
}

static bool gates(Lower *lower, const Node *scan, int input, Val slope)
{
    const bool *leaks = find_leaks(lower, &scan->body, input, slope);
    bool leak = leaks[slope];
    for (int k = 0; k < scan->outs.count; k++)
        leak = leak || leaks[scan->outs.at[k].value];
    for (int k = 0; k < scan->grads.count; k++)
        leak = leak || leaks[scan->grads.at[k].value];
    for (int s = 0; s < scan->states.count; s++)
        leak = leak || leaks[scan->states.at[s].next];
    return !leak;
}

static Val slope_of(Lower *lower, const Node *scan, StreamId stream)
{
    const bool *vanishes = find_vanishing(lower, &scan->body), *kept = find_kept(lower, scan);
    for (int i = 0; i < scan->ins.count; i++)
        for (Val v = 0; v < scan->body.code.count && scan->ins.at[i] == stream; v++)
            if (vanishes[v] && kept[v] && gates(lower, scan, i, v))
                return v;
    return NO_VAL;
}

static Gate *gate_of(Lower *lower, const Node *map)
{
    const Net *net = lower->net;
    StreamId stream = map->out;
    int later = 0;
    if (map->kind != NODE_DENSE || !map->transposed || !stream_of(lower, stream)->temporal)
        return NULL;
    int reader = net_only_reader(net, stream);
    if (reader != NONE && net->nodes.at[reader].kind == NODE_DELAY) {
        later = net->nodes.at[reader].steps;
        stream = net->nodes.at[reader].out;
        reader = net_only_reader(net, stream);
    }
    /* Steps behind t may have been overwritten: see Lower.place. */
    if (later > 0 || reader == NONE || net->nodes.at[reader].kind != NODE_SCAN
        || !scan_in_time(net, &net->nodes.at[reader]))
        return NULL;
    Val slope = slope_of(lower, &net->nodes.at[reader], stream);
    if (slope == NO_VAL)
        return NULL;
    Gate *gate = NEW(lower->arena, Gate);
    *gate = (Gate){&net->nodes.at[reader], slope, later, -1, -1, -1, -1, -1};
    return gate;
}

void gate_plan(Lower *lower)
{
    if (is_without(lower->without, OPTIMISATION_GATES) || lower->net->steps < LEAST_STEPS)
        return;
    for (int n = lower->net->backward; n < lower->net->updates; n++)
        lower->gates[n] = gate_of(lower, &lower->net->nodes.at[n]);
}

/* ---- which neurons are near ---- */

/* For unit n of the site: a truth value. */
static LoopExpr *is_near(Lower *lower, const Gate *gate, Site site, LoopBlock *before, LoopExpr *n)
{
    const Node *scan = gate->adjoint;
    Equations equations = equations_of(lower, scan, gate->slope);
    equations.into = site.into;
    equations.before = before;
    scan_leaves(lower, scan, &equations, site, n);
    return equation_truth(&equations, gate->slope);
}

/* A truth value as a number. */
static LoopExpr *as_bit(Lower *lower, LoopExpr *truth)
{
    return loop_op(lower->arena, OP_SELECT, truth, num(lower, 1), num(lower, 0));
}

static void emit_constants(Lower *lower, LoopBlock *into, const LoopBlock *constants, LoopStmt *loop)
{
    for (int i = 0; i < constants->count; i++)
        vec_push(lower->arena, into, constants->at[i]);
    vec_push(lower->arena, into, loop);
}

static void emit_measure(Lower *lower, const Gate *gate, const char *name, int units, BufferId counts)
{
    Site site = {0};
    LoopExpr *count = measure_kernel(lower, name, "neurons near the threshold of", counts, &site);
    Tile tile = {.width = tile_width(units), .local = no_local_streams(lower)};
    LoopStmt *tiles = for_range(lower, site.into, "tile", units / tile.width);
    tile.item = loop_variable(lower, tiles);
    tile.from = loop_local(lower, &tiles->body, "j0", op2(lower, OP_MUL, tile.item, num(lower, tile.width)));
    site.tile = &tile;
    LoopBlock constants = {0}, loop = {0};
    LoopStmt *loop_n = for_range(lower, &loop, "n", tile.width);
    site.into = &loop_n->body;
    LoopExpr *near = as_bit(lower, is_near(lower, gate, site, &constants, loop_variable(lower, loop_n)));
    loop_set(lower->arena, site.into, count->var, op2(lower, OP_ADD, count, near));
    emit_constants(lower, &tiles->body, &constants, loop_n);
}

static void emit_choice(Lower *lower, Gate *gate, const char *name, int units)
{
    int one = 1;
    BufferId counts = named_buffer(lower, "near_of", name, TYPE_I32, BUFFER_SCRATCH, true, 0, NULL);
    gate->few = named_buffer(lower, "few_of", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &one);
    emit_measure(lower, gate, name, units, counts);
    kernel_begin(
        lower, "choose_near", name,
        arena_printf(lower->arena, "are few neurons of %s near their threshold? By this batch alone", name),
        (Span){0, 0}, 1);
    LoopStmt *item = kernel_items(lower, "k");
    LoopExpr *all, *near = measured_total(lower, &item->body, counts, units, &all);
    LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, few_near), all);
    loop_comment(lower->arena, &item->body,
                 arena_printf(lower->arena,
                              "products of single neurons are faster for less than %g %% of them",
                              100 * few_near));
    store1(lower, &item->body, gate->few, loop_variable(lower, item),
           as_bit(lower, op2(lower, OP_LT, near, limit)), false);
}

void gate_prepare(Lower *lower, const Node *map)
{
    Gate *gate = lower->gates[map - lower->net->nodes.at];
    if (!gate)
        return;
    int units = scan_units(lower, gate->adjoint);
    if (lower->kernels != KERNELS_EVENT)
        emit_choice(lower, gate, scan_name(lower, gate->adjoint), units);
}

LoopBlock *if_few(Lower *lower, const Gate *gate, LoopBlock *into, bool few)
{
    if (gate->few < 0)
        return few ? into : NULL;
    LoopExpr *flag = load1(lower, gate->few, num(lower, 0));
    return &loop_if(lower->arena, into, op2(lower, few ? OP_NE : OP_EQ, flag, num(lower, 0)))->body;
}

/* ---- their dot products ---- */

/* Sums that are made side by side: as many as divide the row. */
static int lanes_of(int length)
{
    int lanes = MOST_LANES;
    while (lanes > LANES && length % lanes != 0)
        lanes /= 2;
    return length < LANES ? 0 : lanes;
}

static void add_locals(Lower *lower, const Node *map, Gate *gate, int width)
{
    const char *name = stream_of(lower, map->out)->name;
    int room = list_room(width), lanes = lanes_of(stream_size(lower, map->in)), sixteen = LANES;
    gate->near = named_buffer(lower, "near", name, TYPE_U8, BUFFER_LOCAL, false, 1, &width);
    gate->list = named_buffer(lower, "list_near", name, index_type(width), BUFFER_LOCAL, false, 1, &room);
    if (lanes == 0)
        return;
    gate->sums = sums_buffer(lower, arena_printf(lower->arena, "near_%s", name), 1, lanes);
    gate->lanes = named_buffer(lower, "lanes", name, TYPE_F32, BUFFER_LOCAL, false, 1, &sixteen);
}

/* The step at which the map's output is read; at the first steps nobody reads it. */
static LoopExpr *asked_step(Lower *lower, const Gate *gate, Site site)
{
    if (gate->later == 0)
        return site.t;
    LoopExpr *step =
        loop_local(lower, site.into, "asked", op2(lower, OP_ADD, site.t, num(lower, gate->later)));
    LoopExpr *some = op2(lower, OP_GT, step, num(lower, 0));
    return loop_local(lower, site.into, "at", loop_op(lower->arena, OP_SELECT, some, step, num(lower, 0)));
}

static LoopExpr *emit_list_near(Lower *lower, const Gate *gate, Site site, int width)
{
    Site asked = site;
    asked.t = asked_step(lower, gate, site);
    LoopBlock constants = {0}, block = {0};
    LoopStmt *loop = for_units(lower, &block, "n", width);
    LoopExpr *n = loop_variable(lower, loop);
    asked.into = &loop->body;
    store1(lower, &loop->body, gate->near, n, as_bit(lower, is_near(lower, gate, asked, &constants, n)),
           false);
    emit_constants(lower, site.into, &constants, loop);
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    loop_list(lower->program, site.into, count->var, gate->list, 1, (LoopExpr *[]){num(lower, 0)},
              load1(lower, gate->near, num(lower, 0)), width);
    return count;
}

typedef struct Dot {
    const Node *map;
    const Gate *gate;
    Site site;
    LoopExpr *unit; /* in the layer: the row of weights */
} Dot;

static LoopExpr *factor(Lower *lower, const Dot *dot, LoopExpr *k)
{
    Site input = dot->site;
    input.tile = NULL; /* inputs are counted from the layer's first */
    LoopExpr *g = load_stream(lower, dot->map->in, input, k);
    return op2(lower, OP_MUL, g, load2(lower, lower->values[dot->map->weight], dot->unit, k));
}

/* All lanes, two by two, in one fixed order. */
static LoopExpr *fold(Lower *lower, BufferId lanes, int from, int count)
{
    if (count == 1)
        return load1(lower, lanes, num(lower, from));
    return op2(lower, OP_ADD, fold(lower, lanes, from, count / 2),
               fold(lower, lanes, from + count / 2, count / 2));
}

static void emit_lanes(Lower *lower, const Dot *dot, int length, int lanes)
{
    LoopBlock *into = dot->site.into;
    BufferId sums = dot->gate->sums;
    LoopExpr *zero = num(lower, 0);
    LoopStmt *start = for_units(lower, into, "j", lanes);
    store2(lower, &start->body, sums, zero, loop_variable(lower, start), loop_float(lower->arena, 0), false);
    LoopStmt *blocks = for_range(lower, into, "block", length / lanes);
    LoopExpr *from = loop_local(lower, &blocks->body, "k0",
                                op2(lower, OP_MUL, loop_variable(lower, blocks), num(lower, lanes)));
    LoopStmt *add = for_units(lower, &blocks->body, "j", lanes);
    LoopExpr *j = loop_variable(lower, add);
    store2(lower, &add->body, sums, zero, j, factor(lower, dot, op2(lower, OP_ADD, from, j)), true);
    LoopStmt *end = for_units(lower, into, "j", LANES);
    LoopExpr *lane = loop_variable(lower, end), *sum = load2(lower, sums, zero, lane);
    for (int more = LANES; more < lanes; more += LANES)
        sum = op2(lower, OP_ADD, sum, load2(lower, sums, zero, op2(lower, OP_ADD, lane, num(lower, more))));
    store1(lower, &end->body, dot->gate->lanes, lane, sum, false);
}

/* The sum over the map's inputs. */
static LoopExpr *emit_dot(Lower *lower, const Dot *dot)
{
    int length = stream_size(lower, dot->map->in), lanes = lanes_of(length), done = 0;
    LoopExpr *start = loop_float(lower->arena, 0);
    if (lanes > 0) {
        emit_lanes(lower, dot, length, lanes);
        start = fold(lower, dot->gate->lanes, 0, LANES);
        done = length / lanes * lanes;
    }
    LoopExpr *sum = declare_local(lower, dot->site.into, "sum", start);
    if (done < length) {
        LoopStmt *rest = for_bounds(lower, dot->site.into, "k", num(lower, done), num(lower, length));
        LoopExpr *x = factor(lower, dot, loop_variable(lower, rest));
        loop_set(lower->arena, &rest->body, sum->var, op2(lower, OP_ADD, sum, x));
    }
    return sum;
}

void emit_gated(Lower *lower, const Node *map, Site site)
{
    Gate *gate = lower->gates[map - lower->net->nodes.at];
    int width = site_width(lower, site, map->out);
    add_locals(lower, map, gate, width);
    LoopExpr *count = emit_list_near(lower, gate, site, width);
    LoopStmt *zeros = for_units(lower, site.into, "j", width);
    Site inner = site;
    inner.into = &zeros->body;
    store_stream(lower, map->out, inner, loop_variable(lower, zeros), loop_float(lower->arena, 0), false);
    LoopStmt *loop = for_bounds(lower, site.into, "e", num(lower, 0), count);
    LoopExpr *j = loop_local(lower, &loop->body, "j", load1(lower, gate->list, loop_variable(lower, loop)));
    inner.into = &loop->body;
    Dot dot = {map, gate, inner, unit_of(lower, site, j)};
    store_stream(lower, map->out, inner, j, emit_dot(lower, &dot), false);
}
