/* Convolutions of spikes of few weights in a row of taps. All windows of a step go through one row of taps after the other,
 * whose weights stay in the first cache meanwhile: what each reads by these is one piece of the list of a row's events, and
 * adds rows of weights to its sums, of so many channels that a processor has enough to add side by side. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/spikes/lists.h"
#include "lower/spikes/pieces.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->piece_rows;
}

/* What is read and made at the site's step. */
typedef struct Step {
    const Linear *map;
    Gather gather;
    BufferId event,
        ends; /* of all positions: where weights of each begin in a tile; where its events do, and the last one's end */
    int rows; /* of taps */
} Step;

static int rows_read(const Step *step)
{
    int rows = 1;
    for (int a = 0; a < step->gather.axes - 1; a++)
        rows *= step->gather.node->map->space[a].in;
    return rows;
}

static Step step_of(Lower *lower, const Linear *map)
{
    const Node *node = map->node;
    const char *name = stream_of(lower, node->in)->name;
    Step step = {.map = map, .gather = gather_of(node), .rows = 1};
    int last = step.gather.axes - 1;
    for (int a = 0; a < last; a++)
        step.rows *= node->map->space[a].taps;
    step.gather.view[last] = view_of(lower, &node->map->space[last], false, num(lower, 0));
    int numbers = node->map->space[last].in * step.rows * step.gather.ins,
        room = map_inputs(node->map) + step.gather.ins, ends = map_inputs(node->map) / step.gather.ins + 1;
    step.event = named_buffer(lower, "rows_of", name, index_type(numbers), BUFFER_LOCAL, false, 1, &room);
    step.ends = named_buffer(lower, "row_ends_of", name, TYPE_I32, BUFFER_LOCAL, false, 1, &ends);
    return step;
}

/* ---- events ---- */

/* Those of position x of a row. As many as could be are copied, and those that are not there are overwritten by what
 * follows: loops of a few turns cost more than vectors. */
static void emit_position(Lower *lower, const Step *step, Site site, LoopExpr *row, LoopExpr *x,
                          LoopExpr *count)
{
    const Gather *gather = &step->gather;
    LoopExpr *next = op2(lower, OP_ADD, x, num(lower, 1));
    Piece piece = piece_of(lower, gather->node->in, site, row, x, next);
    LoopExpr *before =
        loop_local(lower, site.into, "before", op2(lower, OP_MUL, x, num(lower, step->rows * gather->ins)));
    LoopStmt *loop = for_units(lower, site.into, "k", gather->ins);
    LoopExpr *k = loop_variable(lower, loop);
    LoopExpr *channel = load2(lower, piece.event, piece.b, op2(lower, OP_ADD, piece.from, k));
    store1(lower, &loop->body, step->event, op2(lower, OP_ADD, count, k), op2(lower, OP_ADD, channel, before),
           false);
    loop_set(lower->arena, site.into, count->var,
             op2(lower, OP_ADD, count, op2(lower, OP_SUB, piece.to, piece.from)));
    LoopExpr *position = scaled_plus(lower, row, last_view(gather)->in, next);
    store1(lower, site.into, step->ends, position, count, false);
}

static void emit_events_of(Lower *lower, const Step *step, Site site)
{
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    store1(lower, site.into, step->ends, num(lower, 0), num(lower, 0), false);
    LoopStmt *rows = for_range(lower, site.into, "row", rows_read(step));
    LoopStmt *positions = for_range(lower, &rows->body, "x", last_view(&step->gather)->in);
    site.into = &positions->body;
    emit_position(lower, step, site, loop_variable(lower, rows), loop_variable(lower, positions), count);
}

/* ---- sums ---- */

/* Channels j0 .. j0 + width - 1, of one tile: [slot][width] sums. */
typedef struct Channels {
    LoopExpr *tile;
    int width, slot;
    BufferId sums;
} Channels;

/* Those whose sums are made together. */
typedef struct Group {
    const Step *step;
    Channels part[PIECE_ROW_TILES];
    int parts;
} Group;

/* sums = what is made at this position so far, or the other way. */
static void emit_move(Lower *lower, const Group *group, LoopBlock *into, LoopExpr *position, bool back)
{
    const Gather *gather = &group->step->gather;
    Site site = gather->site;
    for (int p = 0; p < group->parts; p++) {
        const Channels *part = &group->part[p];
        LoopExpr *j0 = op2(lower, OP_MUL, part->tile, num(lower, WINDOW_WIDTH)),
                 *slot = num(lower, part->slot);
        LoopExpr *unit = loop_local(lower, into, "unit", scaled_plus(lower, position, gather->outs, j0));
        LoopStmt *loop = for_units(lower, into, "j", part->width);
        LoopExpr *j = loop_variable(lower, loop), *at = op2(lower, OP_ADD, unit, j);
        site.into = &loop->body;
        if (back)
            store_stream(lower, gather->node->out, site, at, load2(lower, part->sums, slot, j), false);
        else
            store2(lower, &loop->body, part->sums, slot, j, load_stream(lower, gather->node->out, site, at),
                   false);
    }
}

/* Adds the rows of weights of events e0 .. e1-1, whose numbers are greater by `shift`. */
static void emit_additions(Lower *lower, const Group *group, LoopBlock *into, LoopExpr *e0, LoopExpr *e1,
                           LoopExpr *shift)
{
    LoopStmt *events = for_bounds(lower, into, "e", e0, e1);
    LoopExpr *event = load1(lower, group->step->event, loop_variable(lower, events));
    LoopExpr *row = loop_local(lower, &events->body, "i", op2(lower, OP_SUB, event, shift));
    for (int p = 0; p < group->parts; p++) {
        const Channels *part = &group->part[p];
        LoopStmt *loop = for_units(lower, &events->body, "j", part->width);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *weight =
            loop_load(lower->program, group->step->map->tiles, 3, (LoopExpr *[]){part->tile, row, j});
        store2(lower, &loop->body, part->sums, num(lower, part->slot), j, weight, true);
    }
}

/* All positions of a row, by row number `tap` of taps, of what row number `row` reads. */
static void emit_row(Lower *lower, const Group *group, LoopBlock *into, LoopExpr *tap, LoopExpr *row,
                     LoopExpr *made)
{
    const Step *step = group->step;
    const Gather *gather = &step->gather;
    const View *view = last_view(gather);
    LoopExpr *start = loop_local(lower, into, "start", op2(lower, OP_MUL, row, num(lower, view->in)));
    LoopStmt *loop = for_bounds(lower, into, "x", num(lower, 0), view->count);
    LoopExpr *x = loop_variable(lower, loop);
    into = &loop->body;
    Section section = section_of(lower, gather, into, x);
    LoopExpr *e0 = load1(lower, step->ends, op2(lower, OP_ADD, start, section.from));
    LoopExpr *e1 = load1(lower, step->ends, op2(lower, OP_ADD, start, section.to));
    e0 = loop_local(lower, into, "e0", e0);
    e1 = loop_local(lower, into, "e1", e1);
    into = &loop_if(lower->arena, into, op2(lower, OP_LT, e0, e1))->body;
    LoopExpr *shift = op2(lower, OP_SUB, op2(lower, OP_MUL, section.lowest, num(lower, step->rows)), tap);
    shift = loop_local(lower, into, "shift", op2(lower, OP_MUL, shift, num(lower, gather->ins)));
    LoopExpr *position = loop_local(lower, into, "position", scaled_plus(lower, made, view->out, x));
    emit_move(lower, group, into, position, false);
    emit_additions(lower, group, into, e0, e1, shift);
    emit_move(lower, group, into, position, true);
}

/* One row of taps after the other, all rows of positions that read what is there by it. */
static void emit_rows(Lower *lower, const Group *group, LoopBlock *into)
{
    const MapAxis *axis = group->step->gather.node->map->space;
    int axes = group->step->gather.axes - 1;
    LoopExpr *k[MAX_DIMS], *from[MAX_DIMS], *to[MAX_DIMS];
    LoopExpr *tap = num(lower, 0), *row = tap, *made = tap;
    for (int a = 0; a < axes; a++) {
        LoopStmt *loop = for_range(lower, into, "m", axis[a].taps);
        k[a] = loop_variable(lower, loop);
        into = &loop->body;
        tap = scaled_plus(lower, tap, axis[a].taps, k[a]);
        tap_outputs(lower, into, &axis[a], k[a], &from[a], &to[a]);
    }
    for (int a = 0; a < axes; a++) {
        LoopStmt *loop = for_bounds(lower, into, axis[a].name, from[a], to[a]);
        LoopExpr *q = loop_variable(lower, loop);
        into = &loop->body;
        LoopExpr *first = scaled_plus(lower, k[a], axis[a].dilation, num(lower, -axis[a].before));
        row = scaled_plus(lower, row, axis[a].in, scaled_plus(lower, q, axis[a].stride, first));
        made = scaled_plus(lower, made, axis[a].out, q);
    }
    emit_row(lower, group, into, tap, row, made);
}

/* ---- channels ---- */

static void emit_starts(Lower *lower, const Step *step)
{
    const Gather *gather = &step->gather;
    ParamId bias = gather->node->bias;
    Site site = gather->site;
    LoopStmt *positions = for_range(lower, site.into, "n", map_positions(gather->node->map));
    LoopStmt *loop = for_units(lower, &positions->body, "j", gather->outs);
    LoopExpr *j = loop_variable(lower, loop);
    site.into = &loop->body;
    store_stream(
        lower, gather->node->out, site, scaled_plus(lower, loop_variable(lower, positions), gather->outs, j),
        bias == NONE ? loop_float(lower->arena, 0) : load1(lower, lower->params[bias].values, j), false);
}

static BufferId sums_of(Lower *lower, const Step *step, int tiles, int width)
{
    return sums_buffer(lower, stream_of(lower, step->gather.node->out)->name, tiles, width);
}

/* Tiles of all channels, from the first one on. */
static void add_tiles(Lower *lower, Group *group, LoopExpr *first, int tiles)
{
    BufferId sums = sums_of(lower, group->step, tiles, WINDOW_WIDTH);
    for (int p = 0; p < tiles; p++)
        group->part[group->parts++] =
            (Channels){op2(lower, OP_ADD, first, num(lower, p)), WINDOW_WIDTH, p, sums};
}

static void emit_groups(Lower *lower, const Step *step)
{
    LoopBlock *into = step->gather.site.into;
    int tiles = step->gather.outs / WINDOW_WIDTH, width = step->gather.outs % WINDOW_WIDTH,
        groups = tiles / PIECE_ROW_TILES, rest = tiles % PIECE_ROW_TILES;
    if (groups > 0) {
        Group group = {.step = step};
        LoopStmt *loop = for_range(lower, into, "group", groups);
        LoopExpr *first = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, PIECE_ROW_TILES));
        add_tiles(lower, &group, loop_local(lower, &loop->body, "tile", first), PIECE_ROW_TILES);
        emit_rows(lower, &group, &loop->body);
    }
    Group group = {.step = step};
    if (rest > 0)
        add_tiles(lower, &group, num(lower, groups * PIECE_ROW_TILES), rest);
    if (width > 0)
        group.part[group.parts++] = (Channels){num(lower, tiles), width, 0, sums_of(lower, step, 1, width)};
    if (group.parts > 0)
        emit_rows(lower, &group, into);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", event by event, one row of taps after the other");
    Step step = step_of(lower, map);
    step.gather.site = walk_steps(lower, (Walk){NULL, NULL, map->plan->steps}, site);
    emit_events_of(lower, &step, step.gather.site);
    emit_starts(lower, &step);
    emit_groups(lower, &step);
}

const MapKernel by_piece_rows = {
    .serves = serves, .prepare = piece_map_prepare, .branch = piece_branch, .forward = forward};
