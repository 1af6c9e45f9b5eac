/* Maps along time that all units share. Of some steps, the sums are made together, in registers, for a tile of units, over
 * the steps that they read, in the order of its definition. And gradients of windows along time: each tap's is a sum over
 * samples and units, over the samples' tiles; then the units of the tile are added up, in their order. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->steps_shared;
}

static LoopExpr *value_at(Lower *lower, StreamId stream, Site site, LoopExpr *t, LoopExpr *unit)
{
    site.t = t;
    return load_number(lower, stream, site, unit);
}

/* ---- maps ---- */

/* Steps t0 .. t0 + count - 1 that are made, of units n0 .. n0 + width - 1. */
typedef struct Made {
    const Node *node;
    Site site;
    LoopExpr *t0, *n0;
    int count, width;
    BufferId sums;
} Made;

/* By which the step that is made reads another. */
static LoopExpr *weight(Lower *lower, const Node *node, LoopExpr *made, LoopExpr *read)
{
    LoopExpr *place[2];
    bool turned = node->transposed;
    int count = weight_place(lower, node, turned ? made : read, turned ? read : made, place);
    return loop_load(lower->program, weight_values(lower, node), count, place);
}

static void emit_read(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *read)
{
    LoopExpr *w[STEPS_TOGETHER];
    for (int r = 0; r < made->count; r++)
        w[r] = loop_local(lower, into, arena_printf(lower->arena, "w%d", r),
                          weight(lower, made->node, op2(lower, OP_ADD, made->t0, num(lower, r)), read));
    LoopStmt *loop = for_units(lower, into, "j", made->width);
    LoopExpr *j = loop_variable(lower, loop);
    Site site = made->site;
    site.into = &loop->body;
    LoopExpr *x = loop_local(lower, site.into, "x",
                             value_at(lower, made->node->in, site, read, op2(lower, OP_ADD, made->n0, j)));
    for (int r = 0; r < made->count; r++)
        store_product(lower, site.into, made->sums, 2, (LoopExpr *[]){num(lower, r), j}, x, w[r]);
}

static void emit_made(Lower *lower, const Made *made, LoopBlock *into)
{
    const Node *node = made->node;
    int steps = node->transposed ? node->map->time.out : node->map->time.in;
    for (int r = 0; r < made->count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", made->width);
        LoopExpr *start = loop_float(lower->arena, 0);
        if (node->bias != NONE)
            start =
                load1(lower, lower->params[node->bias].values, op2(lower, OP_ADD, made->t0, num(lower, r)));
        store2(lower, &loop->body, made->sums, num(lower, r), loop_variable(lower, loop), start, false);
    }
    LoopStmt *reads = for_range(lower, into, "from", steps);
    emit_read(lower, made, &reads->body, loop_variable(lower, reads));
    Site site = made->site;
    for (int r = 0; r < made->count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", made->width);
        LoopExpr *j = loop_variable(lower, loop);
        site.into = &loop->body;
        site.t = op2(lower, OP_ADD, made->t0, num(lower, r));
        store_stream(lower, node->out, site, op2(lower, OP_ADD, made->n0, j),
                     load2(lower, made->sums, num(lower, r), j), false);
    }
}

/* Some tiles of units, from `first` on. */
static void make_tiles(Lower *lower, Made made, LoopBlock *into, int first, int tiles)
{
    if (tiles == 0)
        return;
    made.sums = sums_buffer(lower, stream_of(lower, made.node->out)->name, made.count, made.width);
    LoopStmt *loop = for_range(lower, into, "tile", tiles);
    LoopExpr *n = scaled_plus(lower, loop_variable(lower, loop), made.width, num(lower, first));
    made.n0 = loop_local(lower, &loop->body, "n0", n);
    emit_made(lower, &made, &loop->body);
}

/* So many blocks of steps, from `first` on. */
static void make_blocks(Lower *lower, Made made, int first, int blocks)
{
    int units = map_outputs(made.node->map), tiles = units / STEPS_WIDTH;
    if (blocks == 0)
        return;
    LoopStmt *loop = for_range(lower, made.site.into, "block", blocks);
    LoopExpr *t = scaled_plus(lower, loop_variable(lower, loop), made.count, num(lower, first));
    made.t0 = loop_local(lower, &loop->body, "t0", t);
    made.width = STEPS_WIDTH;
    make_tiles(lower, made, &loop->body, 0, tiles);
    made.width = units % STEPS_WIDTH;
    make_tiles(lower, made, &loop->body, tiles * STEPS_WIDTH, made.width > 0);
}

static void forward(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    const Node *node = linear->node;
    site.tile = NULL;
    note_map(lower, linear, site.into, ", some steps at a time");
    Made made = {.node = node, .site = walk_samples(lower, walk, site)};
    Parts parts = even_parts(node->transposed ? node->map->time.in : node->map->time.out, STEPS_TOGETHER);
    made.count = parts.size;
    make_blocks(lower, made, 0, parts.large);
    made.count--;
    make_blocks(lower, made, parts.large * parts.size, parts.small);
}

/* ---- gradients of windows ---- */

/* The gradient of one tap, by which steps from .. to - 1 read. */
typedef struct Tap {
    const Linear *linear;
    LoopExpr *number, *from, *to;
    int width;
    BufferId sums;
} Tap;

/* The sums += what units n0 .. n0 + width - 1 of a sample contribute where step `out` reads step `in`. */
static void emit_units(Lower *lower, const Tap *tap, Site site, LoopExpr *in, LoopExpr *out, LoopExpr *n0)
{
    const Node *node = tap->linear->node;
    LoopStmt *loop = for_units(lower, site.into, "j", tap->width);
    LoopExpr *j = loop_variable(lower, loop), *n = op2(lower, OP_ADD, n0, j);
    site.into = &loop->body;
    LoopExpr *x = loop_local(lower, site.into, "x", value_at(lower, node->in, site, in, n));
    store_product(lower, site.into, tap->sums, 2, (LoopExpr *[]){num(lower, 0), j}, x,
                  value_at(lower, node->aux, site, out, n));
}

static void emit_ends(Lower *lower, const Tap *tap, LoopBlock *into)
{
    LoopStmt *loop = for_range(lower, into, "unit", tap->width);
    LoopExpr *j = loop_variable(lower, loop), *zero = num(lower, 0);
    matrix_store(lower, &loop->body, &tap->linear->matrix, tap->number, zero,
                 load2(lower, tap->sums, zero, j), true);
}

/* Some tiles of units, from n0 on, of all samples. */
static void emit_tiles(Lower *lower, Tap tap, Site site, Walk walk, int n0, int tiles)
{
    const MapAxis *axis = &tap.linear->node->map->time;
    LoopBlock *into = site.into;
    if (tiles == 0)
        return;
    tap.sums = sums_buffer(lower, stream_of(lower, tap.linear->node->in)->name, 1, tap.width);
    zero_sums(lower, into, tap.sums, 1, tap.width);
    site = walk_samples(lower, walk, site);
    LoopStmt *time = for_bounds(lower, site.into, "t", tap.from, tap.to);
    LoopExpr *out = loop_variable(lower, time);
    LoopExpr *in = scaled_plus(lower, out, axis->stride,
                               scaled_plus(lower, tap.number, axis->dilation, num(lower, -axis->before)));
    LoopStmt *loop = for_range(lower, &time->body, "tile", tiles);
    site.into = &loop->body;
    LoopExpr *n = scaled_plus(lower, loop_variable(lower, loop), tap.width, num(lower, n0));
    emit_units(lower, &tap, site, in, out, loop_local(lower, site.into, "n0", n));
    emit_ends(lower, &tap, into);
}

static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    const AxisMap *map = linear->node->map;
    int tiles = map_outputs(map) / STEPS_WIDTH;
    site.tile = NULL;
    note_gradient(lower, linear, site.into, ", step by step");
    LoopStmt *loop = for_range(lower, site.into, "tap", map->time.taps);
    site.into = &loop->body;
    Tap tap = {.linear = linear, .number = loop_variable(lower, loop), .width = STEPS_WIDTH};
    tap_outputs(lower, site.into, &map->time, tap.number, &tap.from, &tap.to);
    emit_tiles(lower, tap, site, walk, 0, tiles);
    tap.width = map_outputs(map) % STEPS_WIDTH;
    emit_tiles(lower, tap, site, walk, tiles * STEPS_WIDTH, tap.width > 0);
}

const MapKernel by_steps = {.serves = serves, .forward = forward, .gradient = gradient};

/* ---- biases ---- */

/* The sums += some tiles of units of every sample, from `first` on; then the bias's gradient += the sums. */
static void add_tiles(Lower *lower, const Node *node, Site site, LoopExpr *item, int width, int first,
                      int tiles)
{
    LoopBlock *into = site.into;
    if (tiles == 0)
        return;
    BufferId sums = sums_buffer(lower, stream_of(lower, node->in)->name, 1, width);
    LoopExpr *zero = num(lower, 0);
    zero_sums(lower, into, sums, 1, width);
    site = walk_samples(lower, (Walk){zero, samples_of(lower, plan_of(lower, node)), 0}, site);
    if (node->map->time.reach == REACH_ALL)
        site.t = item;
    else if (stream_of(lower, node->in)->steps)
        site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, node->in)}, site);
    LoopStmt *loop = for_range(lower, site.into, "tile", tiles);
    LoopExpr *n0 = scaled_plus(lower, loop_variable(lower, loop), width, num(lower, first));
    n0 = loop_local(lower, &loop->body, "n0", n0);
    LoopStmt *units = for_units(lower, &loop->body, "j", width);
    LoopExpr *j = loop_variable(lower, units);
    site.into = &units->body;
    store2(lower, site.into, sums, zero, j, load_stream(lower, node->in, site, op2(lower, OP_ADD, n0, j)),
           true);
    LoopStmt *ends = for_range(lower, into, "unit", width);
    store1(lower, &ends->body, lower->params[node->bias].gradient, item,
           load2(lower, sums, zero, loop_variable(lower, ends)), true);
}

void lower_shared_bias(Lower *lower, const Node *node)
{
    bool each = node->map->time.reach == REACH_ALL;
    int units = stream_size(lower, node->in), tiles = units / STEPS_WIDTH, rest = units % STEPS_WIDTH;
    LoopStmt *items = kernel_items(lower, each ? "t" : "k");
    Site site = {.into = &items->body};
    add_tiles(lower, node, site, loop_variable(lower, items), STEPS_WIDTH, 0, tiles);
    add_tiles(lower, node, site, loop_variable(lower, items), rest, tiles * STEPS_WIDTH, rest > 0);
}
