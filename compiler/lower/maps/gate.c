/* Sparse gradients. What flows back into a neuron is multiplied by the slope of its surrogate, which may be 0 for all
 * but a few neurons near their threshold. Of a linear map back to such neurons only the outputs of those are needed:
 * a dot product each, of their row of weights. They are listed step by step from what the forward run has kept.
 *
 * In a batch where many neurons are near, the whole product is quicker: a kernel measures and chooses. */
#include "lower/base/code.h"
#include "lower/base/scan.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/spikes/lists.h"
#include "lower/spikes/measure.h"
#include "lower/tuned.h"

/* ---- which neurons are near ---- */

/* For unit n of the site, if there is one: a truth value. */
static LoopExpr *is_near(Lower *lower, const GatePlan *gate, Site site, LoopBlock *before, LoopExpr *n)
{
    const Node *scan = gate->adjoint;
    Equations equations = equations_of(lower, scan, gate->slope);
    equations.into = site.into;
    equations.before = before;
    Nest nest = nest_at(n);
    scan_leaves(lower, scan, &equations, site, &nest);
    LoopExpr *near = equation_truth(&equations, gate->slope);
    bool all = !site.tile || !site.tile->units;
    return all ? near : op2(lower, OP_AND, op2(lower, OP_LT, n, site.tile->units), near);
}

static void emit_constants(Lower *lower, LoopBlock *into, const LoopBlock *constants, LoopStmt *loop)
{
    for (int i = 0; i < constants->count; i++)
        vec_push(lower->arena, into, constants->at[i]);
    vec_push(lower->arena, into, loop);
}

static void emit_measure(Lower *lower, const GatePlan *gate, BufferId counts)
{
    const NodePlan *adjoint = plan_of(lower, gate->adjoint);
    Site site = {0};
    LoopExpr *count =
        measure_kernel(lower, adjoint->name, "neurons near the threshold of", counts, adjoint->steps, &site);
    Tile tile = {.width = adjoint->tiles.width, .whole = NONE};
    LoopStmt *tiles = for_range(lower, site.into, "tile", adjoint->tiles.count);
    tile.item = loop_variable(lower, tiles);
    tile.from = loop_local(lower, &tiles->body, "j0", op2(lower, OP_MUL, tile.item, num(lower, tile.width)));
    count_units(lower, &tile, &tiles->body, adjoint->units);
    site.tile = &tile;
    LoopBlock constants = {0}, loop = {0};
    LoopStmt *loop_n = for_range(lower, &loop, "n", tile.width);
    site.into = &loop_n->body;
    LoopExpr *near = as_bit(lower, is_near(lower, gate, site, &constants, loop_variable(lower, loop_n)));
    loop_set(lower->arena, site.into, count->var, op2(lower, OP_ADD, count, near));
    emit_constants(lower, &tiles->body, &constants, loop_n);
}

static bool serves(const Linear *linear)
{
    return linear->plan->gate != NULL;
}

static void prepare(Lower *lower, Linear *map)
{
    const GatePlan *gate = map->plan->gate;
    if (!gate->measured)
        return;
    const NodePlan *adjoint = plan_of(lower, gate->adjoint);
    const char *name = adjoint->name;
    int one = 1;
    BufferId counts = named_buffer(lower, "near_of", name, TYPE_I32, BUFFER_SCRATCH, true, 0, NULL);
    map->few = named_buffer(lower, "few_of", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &one);
    emit_measure(lower, gate, counts);
    kernel_begin(
        lower, "choose_near", name,
        arena_printf(lower->arena, "are few neurons of %s near their threshold? By this batch alone", name),
        (Span){0, 0}, 1);
    LoopStmt *item = kernel_items(lower, "k");
    LoopExpr *all, *near = measured_total(lower, &item->body, counts, adjoint->steps, adjoint->units, &all);
    LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, FEW_NEAR), all);
    loop_comment(lower->arena, &item->body,
                 arena_printf(lower->arena,
                              "products of single neurons are faster for less than %g %% of them",
                              100 * FEW_NEAR));
    store1(lower, &item->body, map->few, loop_variable(lower, item),
           as_bit(lower, op2(lower, OP_LT, near, limit)), false);
}

/* Whether few neurons are near. */
static LoopBlock *branch(Lower *lower, const Linear *map, Site site, bool few)
{
    if (map->few < 0)
        return few ? site.into : NULL;
    LoopExpr *flag = load1(lower, map->few, num(lower, 0));
    return &loop_if(lower->arena, site.into, op2(lower, few ? OP_NE : OP_EQ, flag, num(lower, 0)))->body;
}

/* ---- their dot products ---- */

/* The arrays of one kernel's dot products. */
typedef struct Near {
    BufferId near, list; /* by unit, of one sample and step: is it near; those that are */
    int together;        /* sums that are made side by side; 0: the rows are too short for vectors */
    BufferId sums, lanes;
} Near;

/* As many as divide the row. */
static int lanes_of(int length)
{
    int lanes = DOT_MOST_LANES;
    while (lanes > DOT_LANES && length % lanes != 0)
        lanes /= 2;
    return length < DOT_LANES ? 0 : lanes;
}

static Near add_arrays(Lower *lower, const Node *map, int width)
{
    const char *name = stream_of(lower, map->out)->name;
    int room = list_room(width), lanes = DOT_LANES;
    Near near = {.together = lanes_of(stream_size(lower, map->in)), .sums = -1, .lanes = -1};
    near.near = named_buffer(lower, "near", name, TYPE_U8, BUFFER_LOCAL, false, 1, &width);
    near.list = named_buffer(lower, "list_near", name, index_type(width), BUFFER_LOCAL, false, 1, &room);
    if (near.together == 0)
        return near;
    near.sums = sums_buffer(lower, arena_printf(lower->arena, "near_%s", name), 1, near.together);
    near.lanes = named_buffer(lower, "lanes", name, TYPE_F32, BUFFER_LOCAL, false, 1, &lanes);
    return near;
}

/* The step at which the map's output is read; at the first steps nobody reads it. */
static LoopExpr *asked_step(Lower *lower, const GatePlan *gate, Site site)
{
    if (gate->later == 0)
        return site.t;
    LoopExpr *step =
        loop_local(lower, site.into, "asked", op2(lower, OP_ADD, site.t, num(lower, gate->later)));
    LoopExpr *some = op2(lower, OP_GT, step, num(lower, 0));
    return loop_local(lower, site.into, "at", loop_op(lower->arena, OP_SELECT, some, step, num(lower, 0)));
}

static LoopExpr *emit_list_near(Lower *lower, const GatePlan *gate, const Near *near, Site site, int width)
{
    Site asked = site;
    asked.t = asked_step(lower, gate, site);
    LoopBlock constants = {0}, block = {0};
    LoopStmt *loop = for_units(lower, &block, "n", width);
    LoopExpr *n = loop_variable(lower, loop);
    asked.into = &loop->body;
    store1(lower, &loop->body, near->near, n, as_bit(lower, is_near(lower, gate, asked, &constants, n)),
           false);
    emit_constants(lower, site.into, &constants, loop);
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    loop_list(lower->program, site.into, count->var, near->list, 1, (LoopExpr *[]){num(lower, 0)},
              load1(lower, near->near, num(lower, 0)), width);
    return count;
}

typedef struct Dot {
    const Node *map;
    const Near *near;
    Site site;
    LoopExpr *unit; /* in the layer: the row of weights */
} Dot;

typedef struct Factors {
    LoopExpr *gradient, *weight;
} Factors;

static Factors factors(Lower *lower, const Dot *dot, LoopExpr *k)
{
    Site input = dot->site;
    input.tile = NULL; /* inputs are counted from the layer's first */
    return (Factors){load_stream(lower, dot->map->in, input, k),
                     load2(lower, weight_values(lower, dot->map), dot->unit, k)};
}

/* All lanes, two by two, in one fixed order. */
static LoopExpr *fold(Lower *lower, BufferId lanes, int from, int count)
{
    if (count == 1)
        return load1(lower, lanes, num(lower, from));
    return op2(lower, OP_ADD, fold(lower, lanes, from, count / 2),
               fold(lower, lanes, from + count / 2, count / 2));
}

static void emit_lanes(Lower *lower, const Dot *dot, int length)
{
    LoopBlock *into = dot->site.into;
    int lanes = dot->near->together;
    BufferId sums = dot->near->sums;
    LoopExpr *zero = num(lower, 0);
    LoopStmt *start = for_units(lower, into, "j", lanes);
    store2(lower, &start->body, sums, zero, loop_variable(lower, start), loop_float(lower->arena, 0), false);
    LoopStmt *blocks = for_range(lower, into, "block", length / lanes);
    LoopExpr *from = loop_local(lower, &blocks->body, "k0",
                                op2(lower, OP_MUL, loop_variable(lower, blocks), num(lower, lanes)));
    LoopStmt *add = for_units(lower, &blocks->body, "j", lanes);
    LoopExpr *j = loop_variable(lower, add);
    Factors at = factors(lower, dot, op2(lower, OP_ADD, from, j));
    store_product(lower, &add->body, sums, 2, (LoopExpr *[]){zero, j}, at.gradient, at.weight);
    LoopStmt *end = for_units(lower, into, "j", DOT_LANES);
    LoopExpr *lane = loop_variable(lower, end), *sum = load2(lower, sums, zero, lane);
    for (int more = DOT_LANES; more < lanes; more += DOT_LANES)
        sum = op2(lower, OP_ADD, sum, load2(lower, sums, zero, op2(lower, OP_ADD, lane, num(lower, more))));
    store1(lower, &end->body, dot->near->lanes, lane, sum, false);
}

/* The sum over the map's inputs. */
static LoopExpr *emit_dot(Lower *lower, const Dot *dot)
{
    int length = stream_size(lower, dot->map->in), lanes = dot->near->together, done = 0;
    LoopExpr *start = loop_float(lower->arena, 0);
    if (lanes > 0) {
        emit_lanes(lower, dot, length);
        start = fold(lower, dot->near->lanes, 0, DOT_LANES);
        done = length / lanes * lanes;
    }
    LoopExpr *sum = declare_local(lower, dot->site.into, "sum", start);
    if (done < length) {
        LoopStmt *rest = for_bounds(lower, dot->site.into, "k", num(lower, done), num(lower, length));
        Factors at = factors(lower, dot, loop_variable(lower, rest));
        loop_set(lower->arena, &rest->body, sum->var, multiply_add(lower, sum, at.gradient, at.weight));
    }
    return sum;
}

/* At one sample and step: a dot product for each unit that is near, else 0. */
static void emit_row(Lower *lower, const Linear *linear, Site site)
{
    const Node *map = linear->node;
    int width = site_width(lower, site, map->out);
    Near near = add_arrays(lower, map, width);
    LoopExpr *count = emit_list_near(lower, linear->plan->gate, &near, site, width);
    LoopStmt *zeros = for_units(lower, site.into, "j", width);
    Site inner = site;
    inner.into = &zeros->body;
    store_stream(lower, map->out, inner, loop_variable(lower, zeros), loop_float(lower->arena, 0), false);
    LoopStmt *loop = for_bounds(lower, site.into, "e", num(lower, 0), count);
    LoopExpr *j = loop_local(lower, &loop->body, "j", load1(lower, near.list, loop_variable(lower, loop)));
    inner.into = &loop->body;
    Dot dot = {map, &near, inner, unit_of(lower, site, j)};
    store_stream(lower, map->out, inner, j, emit_dot(lower, &dot), false);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    note_map(lower, map, site.into, ", of neurons near their threshold");
    emit_row(lower, map, walk_rows(lower, walk, site));
}

const MapKernel by_gate = {.serves = serves, .prepare = prepare, .branch = branch, .forward = forward};
