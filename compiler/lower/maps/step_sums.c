/* The gradient of the weights by which a map along time reads each step at each. Each is a sum over samples and units: of a
 * slice of the samples, over tiles of units, for each unit of a tile by itself; then these are added up, in their
 * order. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->steps_shared && linear->plan->role == ROLE_MAP_GRAD
           && linear->node->map->time.reach == REACH_ALL;
}

static LoopExpr *value_at(Lower *lower, StreamId stream, Site site, LoopExpr *t, LoopExpr *unit)
{
    site.t = t;
    return load_number(lower, stream, site, unit);
}

/* Gradients that are made together: of the weights by which all steps read steps in .. in + rows - 1, a sum over samples
 * for each weight and each unit of a tile. */
typedef struct Read {
    const Linear *linear;
    LoopExpr *in;
    int rows;
    BufferId wide; /* [rows][steps][STEPS_WIDTH] */
} Read;

/* `count` steps of these, from t0 on, in registers. */
typedef struct Some {
    const Read *read;
    LoopExpr *t0;
    int count;
    BufferId sums; /* of step r of what is read and step k: row r * count + k */
} Some;

/* The sums go to the registers, or back. */
static void move_sums(Lower *lower, const Some *some, LoopBlock *into, bool back)
{
    for (int k = 0; k < some->read->rows * some->count; k++) {
        LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
        LoopExpr *own[2] = {num(lower, k), loop_variable(lower, loop)};
        LoopExpr *all[3] = {num(lower, k / some->count),
                            op2(lower, OP_ADD, some->t0, num(lower, k % some->count)), own[1]};
        if (back)
            loop_store(lower->program, &loop->body, some->read->wide, 3, all,
                       load2(lower, some->sums, own[0], own[1]), false);
        else
            store2(lower, &loop->body, some->sums, own[0], own[1],
                   loop_load(lower->program, some->read->wide, 3, all), false);
    }
}

/* The sums += what a tile of units of a sample contributes, from n0 on. */
static void emit_tile(Lower *lower, const Some *some, Site site, LoopExpr *n0)
{
    const Node *node = some->read->linear->node;
    LoopStmt *loop = for_units(lower, site.into, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop), *n = op2(lower, OP_ADD, n0, j), *x[STEPS_READ];
    site.into = &loop->body;
    for (int r = 0; r < some->read->rows; r++) {
        LoopExpr *from = op2(lower, OP_ADD, some->read->in, num(lower, r));
        x[r] = loop_local(lower, site.into, arena_printf(lower->arena, "x%d", r),
                          value_at(lower, node->in, site, from, n));
    }
    for (int k = 0; k < some->count; k++) {
        LoopExpr *t = op2(lower, OP_ADD, some->t0, num(lower, k));
        LoopExpr *g = loop_local(lower, site.into, arena_printf(lower->arena, "g%d", k),
                                 value_at(lower, node->aux, site, t, n));
        for (int r = 0; r < some->read->rows; r++)
            store_product(lower, site.into, some->sums, 2, (LoopExpr *[]){num(lower, r * some->count + k), j},
                          x[r], g);
    }
}

/* Whole tiles of units of a sample. */
static void add_tiles(Lower *lower, Some some, Site site, int tiles)
{
    const char *name = stream_of(lower, some.read->linear->node->in)->name;
    if (tiles == 0)
        return;
    some.sums = sums_buffer(lower, name, some.read->rows * some.count, STEPS_WIDTH);
    move_sums(lower, &some, site.into, false);
    LoopStmt *loop = for_range(lower, site.into, "tile", tiles);
    LoopExpr *n = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, STEPS_WIDTH));
    Site inner = site;
    inner.into = &loop->body;
    emit_tile(lower, &some, inner, loop_local(lower, inner.into, "n0", n));
    move_sums(lower, &some, site.into, true);
}

/* The last `units` of a sample, from n0 on: too few for registers. */
static void add_rest(Lower *lower, const Some *some, Site site, int n0, int units)
{
    const Node *node = some->read->linear->node;
    LoopBlock *into = site.into;
    for (int k = 0; k < some->read->rows * some->count && units > 0; k++) {
        LoopStmt *loop = for_units(lower, into, "j", units);
        LoopExpr *j = loop_variable(lower, loop), *n = op2(lower, OP_ADD, num(lower, n0), j);
        LoopExpr *from = op2(lower, OP_ADD, some->read->in, num(lower, k / some->count));
        LoopExpr *t = op2(lower, OP_ADD, some->t0, num(lower, k % some->count));
        LoopExpr *at[3] = {num(lower, k / some->count), t, j};
        site.into = &loop->body;
        store_product(lower, site.into, some->read->wide, 3, at, value_at(lower, node->in, site, from, n),
                      value_at(lower, node->aux, site, t, n));
    }
}

/* So many blocks of steps, from `first` on. */
static void emit_blocks(Lower *lower, const Read *read, Site site, int first, int blocks, int count)
{
    int units = map_outputs(read->linear->node->map), tiles = units / STEPS_WIDTH;
    if (blocks == 0)
        return;
    LoopStmt *loop = for_range(lower, site.into, "block", blocks);
    LoopExpr *t = scaled_plus(lower, loop_variable(lower, loop), count, num(lower, first));
    Some some = {.read = read, .t0 = loop_local(lower, &loop->body, "t0", t), .count = count};
    site.into = &loop->body;
    add_tiles(lower, some, site, tiles);
    add_rest(lower, &some, site, tiles * STEPS_WIDTH, units % STEPS_WIDTH);
}

/* The units' sums of each weight, added up in their order. */
static void end_read(Lower *lower, const Read *read, LoopBlock *into, int steps)
{
    for (int r = 0; r < read->rows; r++) {
        LoopStmt *loop = for_range(lower, into, "t", steps);
        LoopStmt *units = for_range(lower, &loop->body, "unit", STEPS_WIDTH);
        LoopExpr *t = loop_variable(lower, loop);
        LoopExpr *at[3] = {num(lower, r), t, loop_variable(lower, units)};
        matrix_store(lower, &units->body, &read->linear->matrix, op2(lower, OP_ADD, read->in, num(lower, r)),
                     t, loop_load(lower->program, read->wide, 3, at), true);
    }
}

static void emit_read_steps(Lower *lower, Read read, Site site, Walk walk)
{
    LoopBlock *into = site.into;
    int steps = read.linear->node->map->time.out, dims[3] = {read.rows, steps, STEPS_WIDTH};
    read.wide = named_buffer(lower, "wide", plan_of(lower, read.linear->node)->name, TYPE_F32, BUFFER_LOCAL,
                             false, 3, dims);
    for (int r = 0; r < read.rows; r++) {
        LoopStmt *time = for_range(lower, into, "t", steps);
        LoopStmt *loop = for_units(lower, &time->body, "j", STEPS_WIDTH);
        LoopExpr *at[3] = {num(lower, r), loop_variable(lower, time), loop_variable(lower, loop)};
        loop_store(lower->program, &loop->body, read.wide, 3, at, loop_float(lower->arena, 0), false);
    }
    site = walk_samples(lower, walk, site);
    Parts parts = even_parts(steps, STEPS_TOGETHER);
    emit_blocks(lower, &read, site, 0, parts.large, parts.size);
    emit_blocks(lower, &read, site, parts.large * parts.size, parts.small, parts.size - 1);
    end_read(lower, &read, into, steps);
}

/* Steps from .. to - 1 that are read, `rows` at a time. */
static void emit_reads(Lower *lower, const Linear *linear, Site site, Walk walk, LoopExpr *from, LoopExpr *to,
                       int rows)
{
    LoopStmt *loop = for_bounds(lower, site.into, "some", from, to);
    Read read = {.linear = linear, .rows = rows};
    LoopExpr *in = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, rows));
    read.in = loop_local(lower, &loop->body, "from", in);
    site.into = &loop->body;
    emit_read_steps(lower, read, site, walk);
}

/* Where vectors are wide, registers hold the sums of several steps that are read. */
static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    site.tile = NULL;
    note_gradient(lower, linear, site.into, ", some steps at a time");
    int steps = linear->node->map->time.in;
    LoopExpr *blocks = loop_local(lower, site.into, "blocks",
                                  loop_op(lower->arena, OP_SELECT, lanes_are_wide(lower),
                                          num(lower, steps / STEPS_READ), num(lower, 0)));
    emit_reads(lower, linear, site, walk, num(lower, 0), blocks, STEPS_READ);
    emit_reads(lower, linear, site, walk, op2(lower, OP_MUL, blocks, num(lower, STEPS_READ)),
               num(lower, steps), 1);
}

const MapKernel by_step_sums = {.serves = serves, .gradient = gradient};
