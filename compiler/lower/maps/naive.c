/* Maps of every kind, their transposes and the gradients of their weights: one loop nest over output positions and taps,
 * as their definition says. It serves whatever no other kernel does, and is what the others are compared with. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/nest.h"
#include "lower/maps/rows.h"

/* Where a weight of one input and one output is, and where they are. */
typedef struct Meeting {
    LoopExpr *in, *out;     /* units */
    LoopExpr *row, *column; /* of the weights */
} Meeting;

/* ---- what meets there ---- */

/* Whether the last axis of space has weights of its own. */
static bool has_channels(const AxisMap *map)
{
    return map->space[map->count - 1].reach == REACH_ALL;
}

/* One input for each output: groups of one channel, or none mixed. */
static Meeting for_pairs(Lower *lower, MapNest *nest)
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
static Meeting for_channels(Lower *lower, MapNest *nest, bool inputs_inside)
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
    return load_number(lower, stream, site, unit);
}

static LoopExpr *weight(Lower *lower, const Node *node, const MapNest *nest, const Meeting *meeting)
{
    LoopExpr *place[2];
    if (node->weight == NONE && node->aux == NONE)
        return nest->constant;
    if (reads_transposed(lower, node))
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
    MapNest nest = for_positions(lower, node->map, site);
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
                         weight(lower, node, &nest, &meeting));
}

/* The start of all that a transposed map makes: its outputs are the map's inputs. */
static void emit_starts(Lower *lower, const Linear *linear, Site site)
{
    const Node *node = linear->node;
    const AxisMap *map = node->map;
    int channels = has_channels(map) ? map_mixed(map)->in : 1;
    if (map->time.reach != REACH_SAME && !site.t)
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
    MapNest nest = for_positions(lower, node->map, site);
    nest.back = node->map->time.reach != REACH_SAME && site.t;
    nest = for_taps(lower, nest);
    Meeting meeting = for_channels(lower, &nest, true);
    Site to = nest.site;
    to.t = nest.in_t;
    store_stream_product(lower, node->out, to, meeting.in,
                         real(lower, node->in, nest.site, nest.out_t, meeting.out),
                         weight(lower, node, &nest, &meeting));
}

/* A map that goes over time itself takes all steps, unless it is given one. */
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
    MapNest nest = for_taps(lower, for_positions(lower, node->map, walk_outside(lower, node, walk, site)));
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

const MapKernel by_definition = {.serves = serves, .forward = forward, .gradient = gradient};
