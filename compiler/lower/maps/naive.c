/* Maps of every kind, their transposes and the gradients of their weights: one loop nest over output positions and taps,
 * as their definition says. It serves whatever no other kernel does, and is what the others are compared with. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"

/* Inside the loops: a position of the outputs, a tap, the input position where they meet. */
typedef struct Nest {
    const Linear *linear;
    const AxisMap *map;
    Site site;
    LoopExpr *out_t, *in_t;       /* steps; NULL outside time */
    LoopExpr *out, *in;           /* the first units there */
    LoopExpr *tap;                /* its number, or that of the input step where time is mixed */
    LoopExpr *position[MAX_DIMS]; /* of the outputs, by axis */
} Nest;

/* Where a weight of one input and one output is, and where they are. */
typedef struct Meeting {
    LoopExpr *in, *out;     /* units */
    LoopExpr *row, *column; /* of the weights */
} Meeting;

/* The axis whose units lie next to each other, inside all loops: not part of a position. */
static const MapAxis *inner_axis(const AxisMap *map)
{
    const MapAxis *last = &map->space[map->count - 1];
    return last->reach == REACH_WINDOW ? NULL : last;
}

static int outer_axes(const AxisMap *map)
{
    return inner_axis(map) ? map->count - 1 : map->count;
}

static LoopExpr *scaled(Lower *lower, LoopExpr *a, int factor, LoopExpr *b)
{
    LoopExpr *product = op2(lower, OP_MUL, a, num(lower, factor));
    return b ? op2(lower, OP_ADD, product, b) : product;
}

/* ---- positions and taps ---- */

static Nest for_positions(Lower *lower, const Linear *linear, Site site)
{
    const AxisMap *map = linear->node->map;
    Nest nest = {linear, map, site, site.t, site.t, num(lower, 0), num(lower, 0), num(lower, 0), {NULL}};
    if (map->time.reach != REACH_SAME) {
        LoopStmt *loop = for_range(lower, nest.site.into, "t", map->time.out);
        nest.out_t = loop_variable(lower, loop);
        nest.site.into = &loop->body;
    }
    for (int a = 0; a < outer_axes(map); a++) {
        LoopStmt *loop = for_range(lower, nest.site.into, map->space[a].name, map->space[a].out);
        nest.position[a] = loop_variable(lower, loop);
        nest.out = scaled(lower, nest.out, map->space[a].out, nest.position[a]);
        nest.site.into = &loop->body;
    }
    if (inner_axis(map))
        nest.out = scaled(lower, nest.out, inner_axis(map)->out, NULL);
    nest.out = loop_local(lower, nest.site.into, "out", nest.out);
    return nest;
}

/* The input position that tap k of an output position reads; what follows stands where there is one. */
static LoopExpr *reached(Lower *lower, Nest *nest, const MapAxis *axis, LoopExpr *output, LoopExpr *k)
{
    Arena *arena = lower->arena;
    LoopExpr *at =
        op2(lower, OP_ADD, scaled(lower, output, axis->stride, NULL), scaled(lower, k, axis->dilation, NULL));
    if (axis->before)
        at = op2(lower, OP_SUB, at, num(lower, axis->before));
    at = loop_local(lower, nest->site.into, "at", at);
    LoopExpr *first = num(lower, 0), *last = num(lower, axis->in - 1);
    if (nest->map->edge == EDGE_REPLICATE) {
        at = loop_op(arena, OP_SELECT, op2(lower, OP_LT, at, first), first, at);
        return loop_op(arena, OP_SELECT, op2(lower, OP_GT, at, last), last, at);
    }
    LoopExpr *inside = op2(lower, OP_AND, op2(lower, OP_GE, at, first), op2(lower, OP_LE, at, last));
    nest->site.into = &loop_if(arena, nest->site.into, inside)->body;
    return at;
}

static LoopExpr *for_taps_of(Lower *lower, Nest *nest, const MapAxis *axis, LoopExpr *output)
{
    if (axis->reach == REACH_SAME)
        return output;
    bool window = axis->reach == REACH_WINDOW;
    LoopStmt *loop =
        for_range(lower, nest->site.into, window ? "tap" : "from", window ? axis->taps : axis->in);
    LoopExpr *k = loop_variable(lower, loop);
    nest->site.into = &loop->body;
    nest->tap = scaled(lower, nest->tap, window ? axis->taps : axis->in, k);
    return window ? reached(lower, nest, axis, output, k) : k;
}

static Nest for_taps(Lower *lower, Nest nest)
{
    const AxisMap *map = nest.map;
    if (map->time.reach != REACH_SAME)
        nest.in_t = for_taps_of(lower, &nest, &map->time, nest.out_t);
    for (int a = 0; a < outer_axes(map); a++)
        nest.in = scaled(lower, nest.in, map->space[a].in,
                         for_taps_of(lower, &nest, &map->space[a], nest.position[a]));
    if (inner_axis(map))
        nest.in = scaled(lower, nest.in, inner_axis(map)->in, NULL);
    nest.in = loop_local(lower, nest.site.into, "in", nest.in);
    return nest;
}

/* ---- what meets there ---- */

/* Whether the last axis of space has weights of its own. */
static bool has_channels(const AxisMap *map)
{
    return map->space[map->count - 1].reach == REACH_ALL;
}

/* One input for each output: groups of one channel, or none mixed. */
static Meeting for_pairs(Lower *lower, Nest *nest)
{
    const AxisMap *map = nest->map;
    const MapAxis *inner = inner_axis(map);
    LoopStmt *loop = for_units(lower, nest->site.into, "n", inner ? inner->out : 1);
    LoopExpr *n = loop_variable(lower, loop);
    nest->site.into = &loop->body;
    LoopExpr *column = has_channels(map) ? n : map->time.reach == REACH_ALL ? nest->out_t : num(lower, 0);
    return (Meeting){op2(lower, OP_ADD, nest->in, n), op2(lower, OP_ADD, nest->out, n), nest->tap, column};
}

/* Loops over the inputs and outputs that meet; the inner one is over outputs, or inputs. */
static Meeting for_channels(Lower *lower, Nest *nest, bool inputs_inside)
{
    const MapAxis *mixed = map_mixed(nest->map);
    int groups = nest->map->groups;
    if (!map_mixes_space(nest->map))
        return for_pairs(lower, nest);
    int ins = mixed->in / groups, outs = mixed->out / groups;
    LoopExpr *group = num(lower, 0);
    if (groups > 1) {
        LoopStmt *loop = for_range(lower, nest->site.into, "group", groups);
        group = loop_variable(lower, loop);
        nest->site.into = &loop->body;
    }
    LoopStmt *outer =
        for_range(lower, nest->site.into, inputs_inside ? "j" : "i", inputs_inside ? outs : ins);
    LoopStmt *inner = for_units(lower, &outer->body, inputs_inside ? "i" : "j", inputs_inside ? ins : outs);
    LoopExpr *i = loop_variable(lower, inputs_inside ? inner : outer),
             *j = loop_variable(lower, inputs_inside ? outer : inner);
    nest->site.into = &inner->body;
    LoopExpr *column = scaled(lower, group, outs, j);
    return (Meeting){op2(lower, OP_ADD, nest->in, scaled(lower, group, ins, i)),
                     op2(lower, OP_ADD, nest->out, column), scaled(lower, nest->tap, ins, i), column};
}

/* ---- maps ---- */

static LoopExpr *real(Lower *lower, StreamId stream, Site site, LoopExpr *t, LoopExpr *unit)
{
    site.t = t;
    site.tile = NULL;
    return loop_cast(lower->arena, TYPE_F32, load_stream(lower, stream, site, unit));
}

static LoopExpr *weight(Lower *lower, const Node *node, const Meeting *meeting)
{
    LoopExpr *place[2];
    if (node->weight == NONE && node->aux == NONE)
        return loop_float(lower->arena, node->map->constant);
    if (reads_transposed(lower->net, node))
        return load2(lower, weights_of(lower, node), meeting->column, meeting->row);
    int count = weight_place(lower, node, meeting->row, meeting->column, place);
    return loop_load(lower->program, weight_values(lower, node), count, place);
}

/* What an output starts from: `unit` within its position, at step t. */
static LoopExpr *start(Lower *lower, const Node *node, LoopExpr *unit, LoopExpr *t)
{
    if (node->bias == NONE)
        return loop_float(lower->arena, 0);
    LoopExpr *number = has_channels(node->map)              ? unit
                       : node->map->time.reach == REACH_ALL ? t
                                                            : num(lower, 0);
    return load1(lower, lower->params[node->bias].values, number);
}

static void emit_gathered(Lower *lower, const Linear *linear, Site site)
{
    const Node *node = linear->node;
    Nest nest = for_positions(lower, linear, site);
    const MapAxis *inner = inner_axis(nest.map);
    LoopStmt *loop = for_units(lower, nest.site.into, "n", inner ? inner->out : 1);
    LoopExpr *n = loop_variable(lower, loop);
    Site out = nest.site;
    out.into = &loop->body;
    out.t = nest.out_t;
    store_stream(lower, node->out, out, op2(lower, OP_ADD, nest.out, n), start(lower, node, n, nest.out_t),
                 false);
    nest = for_taps(lower, nest);
    Meeting meeting = for_channels(lower, &nest, false);
    out.into = nest.site.into;
    store_stream_product(lower, node->out, out, meeting.out,
                         real(lower, node->in, nest.site, nest.in_t, meeting.in),
                         weight(lower, node, &meeting));
}

/* The start of all that a transposed map makes: its outputs are the map's inputs. */
static void emit_starts(Lower *lower, const Linear *linear, Site site)
{
    const Node *node = linear->node;
    const AxisMap *map = node->map;
    int channels = has_channels(map) ? map_mixed(map)->in : 1;
    if (map->time.reach != REACH_SAME)
        site = walk_steps(lower, (Walk){NULL, NULL, map->time.in}, site);
    LoopStmt *positions = for_range(lower, site.into, "position", map_inputs(map) / channels);
    LoopStmt *loop = for_units(lower, &positions->body, "n", channels);
    LoopExpr *n = loop_variable(lower, loop);
    site.into = &loop->body;
    store_stream(lower, node->out, site, scaled(lower, loop_variable(lower, positions), channels, n),
                 start(lower, node, n, site.t), false);
}

static void emit_scattered(Lower *lower, const Linear *linear, Site site)
{
    const Node *node = linear->node;
    emit_starts(lower, linear, site);
    Nest nest = for_taps(lower, for_positions(lower, linear, site));
    Meeting meeting = for_channels(lower, &nest, true);
    Site to = nest.site;
    to.t = nest.in_t;
    store_stream_product(lower, node->out, to, meeting.in,
                         real(lower, node->in, nest.site, nest.out_t, meeting.out),
                         weight(lower, node, &meeting));
}

/* A map that goes over time itself takes all steps. */
static Site walk_outside(Lower *lower, const Node *node, Walk walk, Site site)
{
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    return node->map->time.reach == REACH_SAME ? walk_steps(lower, walk, site) : site;
}

static void forward(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    site = walk_outside(lower, linear->node, walk, site);
    (linear->node->transposed ? emit_scattered : emit_gathered)(lower, linear, site);
}

/* ---- gradients ---- */

static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    const Node *node = linear->node;
    Nest nest = for_taps(lower, for_positions(lower, linear, walk_outside(lower, node, walk, site)));
    Meeting meeting = for_channels(lower, &nest, false);
    LoopExpr *place[3] = {linear->matrix.outer, meeting.row, meeting.column};
    store_product(lower, nest.site.into, linear->matrix.buffer, 3, place,
                  real(lower, node->in, nest.site, nest.in_t, meeting.in),
                  real(lower, node->aux, nest.site, nest.out_t, meeting.out));
}

static bool serves(const Linear *linear)
{
    return linear->plan->role != ROLE_BIAS_GRAD && !linear->plan->dense;
}

const MapKernel by_definition = {serves, NULL, NULL, forward, gradient, 0};
