/* Convolutions of spikes of many weights. All windows of some samples go through one tap after the other, whose weights, for a
 * tile of channels, stay in a cache meanwhile: what a window reads by it are the events of one position, which add rows of
 * weights to its sums. Those of all windows are next to each other until the last tap is done. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/pieces.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->piece_taps;
}

/* All that is made of some samples, of the channels of one tile. */
typedef struct Made {
    const Linear *map;
    Gather gather;
    Walk samples;  /* of those for which it was chosen; without: the site's */
    int positions; /* of a step */
    LoopExpr *tile;
    int width;
    BufferId all;  /* [samples x steps x positions][width] */
    BufferId sums; /* [1][width]: of one position */
} Made;

/* Enters the loops over samples and steps; where the sums of the step begin. */
static Site for_steps(Lower *lower, const Made *made, LoopBlock *into, LoopExpr **first)
{
    int steps = made->map->plan->steps;
    Site site = made->gather.site;
    site.into = into;
    *first = num(lower, 0);
    if (made->samples.b0) {
        site = walk_samples(lower, made->samples, site);
        *first = op2(lower, OP_SUB, site.b, made->samples.b0);
        site.into = if_chosen(lower, made->map->node, site, false);
    }
    site = walk_steps(lower, (Walk){NULL, NULL, steps}, site);
    *first = scaled_plus(lower, *first, steps, row_step(lower, site));
    *first = loop_local(lower, site.into, "first", op2(lower, OP_MUL, *first, num(lower, made->positions)));
    return site;
}

static LoopExpr *first_channel(Lower *lower, const Made *made)
{
    return op2(lower, OP_MUL, made->tile, num(lower, WINDOW_WIDTH));
}

static void emit_starts(Lower *lower, const Made *made, LoopBlock *into)
{
    ParamId bias = made->gather.node->bias;
    LoopExpr *first;
    Site site = for_steps(lower, made, into, &first);
    LoopStmt *positions = for_range(lower, site.into, "n", made->positions);
    LoopStmt *loop = for_units(lower, &positions->body, "j", made->width);
    LoopExpr *j = loop_variable(lower, loop), *value = loop_float(lower->arena, 0);
    if (bias != NONE)
        value = load1(lower, lower->params[bias].values, op2(lower, OP_ADD, first_channel(lower, made), j));
    store2(lower, &loop->body, made->all, op2(lower, OP_ADD, first, loop_variable(lower, positions)), j,
           value, false);
}

static void emit_ends(Lower *lower, const Made *made, LoopBlock *into)
{
    const Gather *gather = &made->gather;
    LoopExpr *first;
    Site site = for_steps(lower, made, into, &first);
    LoopStmt *positions = for_range(lower, site.into, "n", made->positions);
    LoopExpr *n = loop_variable(lower, positions);
    LoopExpr *unit = scaled_plus(lower, n, gather->outs, first_channel(lower, made));
    unit = loop_local(lower, &positions->body, "unit", unit);
    LoopStmt *loop = for_units(lower, &positions->body, "j", made->width);
    LoopExpr *j = loop_variable(lower, loop);
    site.into = &loop->body;
    store_stream(lower, gather->node->out, site, op2(lower, OP_ADD, unit, j),
                 load2(lower, made->all, op2(lower, OP_ADD, first, n), j), false);
}

/* ---- taps ---- */

/* sums = what is made at this position so far, or the other way. */
static void emit_move(Lower *lower, const Made *made, LoopBlock *into, LoopExpr *position, bool back)
{
    LoopStmt *loop = for_units(lower, into, "j", made->width);
    LoopExpr *j = loop_variable(lower, loop), *zero = num(lower, 0);
    if (back)
        store2(lower, &loop->body, made->all, position, j, load2(lower, made->sums, zero, j), false);
    else
        store2(lower, &loop->body, made->sums, zero, j, load2(lower, made->all, position, j), false);
}

/* The sums of a position += the weights of the events at position x of a row, whose rows begin at `tap` of a tile. */
static void emit_position(Lower *lower, const Made *made, Site site, LoopExpr *row, LoopExpr *x,
                          LoopExpr *position, LoopExpr *tap)
{
    LoopExpr *next = op2(lower, OP_ADD, x, num(lower, 1));
    Piece piece = piece_of(lower, made->gather.node->in, site, row, x, next);
    LoopBlock *into = &loop_if(lower->arena, site.into, op2(lower, OP_LT, piece.from, piece.to))->body;
    position = loop_local(lower, into, "position", position);
    emit_move(lower, made, into, position, false);
    LoopStmt *events = for_bounds(lower, into, "e", piece.from, piece.to);
    LoopExpr *channel = load2(lower, piece.event, piece.b, loop_variable(lower, events));
    LoopExpr *i = loop_local(lower, &events->body, "i", op2(lower, OP_ADD, tap, channel));
    LoopStmt *loop = for_units(lower, &events->body, "j", made->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *weight = loop_load(lower->program, made->map->tiles, 3, (LoopExpr *[]){made->tile, i, j});
    store2(lower, &loop->body, made->sums, num(lower, 0), j, weight, true);
    emit_move(lower, made, into, position, true);
}

/* One tap after the other, all positions that read what is there by it. */
static void emit_taps(Lower *lower, const Made *made, LoopBlock *into)
{
    const MapAxis *axis = made->gather.node->map->space;
    int last = made->gather.axes - 1;
    LoopExpr *k[MAX_DIMS] = {NULL}, *from[MAX_DIMS], *to[MAX_DIMS], *zero = num(lower, 0);
    LoopExpr *tap = zero, *row = zero, *first, *x = NULL;
    for (int a = 0; a <= last; a++) {
        LoopStmt *loop = for_range(lower, into, "m", axis[a].taps);
        k[a] = loop_variable(lower, loop);
        into = &loop->body;
        tap = a < last ? scaled_plus(lower, tap, axis[a].taps, k[a]) : tap;
        tap_outputs(lower, into, &axis[a], k[a], &from[a], &to[a]);
    }
    tap = loop_local(lower, into, "tap", tile_row(lower, &made->gather, tap, k[last], zero));
    Site site = for_steps(lower, made, into, &first);
    LoopExpr *number = zero;
    for (int a = 0; a <= last; a++) {
        LoopStmt *loop = for_bounds(lower, site.into, axis[a].name, from[a], to[a]);
        LoopExpr *q = loop_variable(lower, loop);
        site.into = &loop->body;
        x = scaled_plus(lower, k[a], axis[a].dilation, num(lower, -axis[a].before));
        x = loop_local(lower, site.into, "at", scaled_plus(lower, q, axis[a].stride, x));
        row = a < last ? scaled_plus(lower, row, axis[a].in, x) : row;
        number = scaled_plus(lower, number, axis[a].out, q);
    }
    emit_position(lower, made, site, row, x, op2(lower, OP_ADD, first, number), tap);
}

/* ---- the map ---- */

static void emit_tile(Lower *lower, Made made, LoopBlock *into, LoopExpr *tile, int width)
{
    const LayerPlan *layer = made.map->plan->layer;
    const char *name = stream_of(lower, made.gather.node->out)->name;
    int samples = made.samples.b0 ? layer->together : 1,
        dims[2] = {samples * made.map->plan->steps * made.positions, width};
    made.tile = tile;
    made.width = width;
    made.all = named_buffer(lower, "made_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, dims);
    made.sums = sums_buffer(lower, name, 1, width);
    emit_starts(lower, &made, into);
    emit_taps(lower, &made, into);
    emit_ends(lower, &made, into);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Made made = {.map = map,
                 .gather = gather_of(map->node),
                 .samples = {walk.b0, walk.b1, 0},
                 .positions = map_positions(map->node->map)};
    int tiles = made.gather.outs / WINDOW_WIDTH, rest = made.gather.outs % WINDOW_WIDTH;
    site.tile = NULL;
    made.gather.site = site;
    note_map(lower, map, site.into, ", event by event, one tap after the other");
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, site.into, "tile", tiles);
        emit_tile(lower, made, &loop->body, loop_variable(lower, loop), WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_tile(lower, made, site.into, num(lower, tiles), rest);
}

const MapKernel by_piece_taps = {
    .serves = serves, .prepare = piece_map_prepare, .branch = piece_branch, .forward = forward, .asks = true};
