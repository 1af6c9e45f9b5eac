/* Maps and gradients that follow spikes: rows of weights are added, one for each event of a list. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/heard.h"
#include "lower/maps/rows.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->listed;
}

static void prepare(Lower *lower, Linear *linear)
{
    lists_prepare(lower, linear->node->in);
}

/* Rows of `count` units are added, one behind the other: each sum is loaded and stored once for all of them, also by compilers
 * that do not know that weights are elsewhere than sums. */
static void emit_rows(Lower *lower, const Rows *rows, const Matrix *matrix, Site site, int count,
                      LoopExpr *const *units, LoopBlock *into)
{
    LoopStmt *loop_j = for_units(lower, into, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    site.into = &loop_j->body;
    if (!rows->in_place || count == 1) {
        for (int k = 0; k < count; k++)
            emit_sum(lower, rows, site, 0, j, matrix_load(lower, matrix, units[k], j));
        return;
    }
    StreamId out = rows->map->node->out;
    LoopExpr *sum = load_stream(lower, out, site, j);
    for (int k = 0; k < count; k++)
        sum = op2(lower, OP_ADD, sum, matrix_load(lower, matrix, units[k], j));
    store_stream(lower, out, site, j, sum, false);
}

/* Of the step at the site, all events. */
static void emit_sums(Lower *lower, const Linear *map, Site site, bool in_place)
{
    LoopExpr *units[EVENTS_TOGETHER];
    Rows rows = {map, NULL, 1, site_width(lower, site, map->node->out), in_place, false};
    emit_sums_start(lower, &rows, site);
    Heard heard = for_heard(lower, map, site);
    LoopExpr *first = NULL;
    if (lower->program->predicts) { /* each sum is loaded and stored once for some rows */
        LoopStmt *some =
            loop_events_together(lower, map->node->in, heard.site, EVENTS_TOGETHER, units, &first);
        emit_rows(lower, &rows, &heard.map.matrix, site, EVENTS_TOGETHER, units, &some->body);
    }
    LoopStmt *events = loop_events(lower, map->node->in, heard.site, units);
    if (first)
        events->from = first;
    emit_rows(lower, &rows, &heard.map.matrix, site, 1, units, &events->body);
    emit_sums_end(lower, &rows, site);
}

/* Some outputs after the other, of all or of a tile: their sums stay in registers, for all events. */
static void emit_parts(Lower *lower, const Linear *map, Site site, int width)
{
    Linear part = *map;
    Tile tile = {.width = width, .whole = NONE};
    part.sums = sums_buffer(lower, stream_of(lower, map->node->out)->name, 1, width);
    if (site_width(lower, site, map->node->out) > width) {
        LoopStmt *parts = for_range(lower, site.into, "part", stream_size(lower, map->node->out) / width);
        tile.from = loop_local(lower, &parts->body, "j0",
                               op2(lower, OP_MUL, loop_variable(lower, parts), num(lower, width)));
        part.matrix.column = tile.from;
        site.into = &parts->body;
        site.tile = &tile;
    }
    emit_sums(lower, &part, site, false);
}

/* Outputs whose sums registers hold, of one sample; 0: none do. A part of all may be as wide as they can be. */
static int part_width(Lower *lower, const Linear *map, Site site)
{
    int width = site_width(lower, site, map->node->out);
    if (!lower->program->predicts)
        return 0;
    if (width == stream_size(lower, map->node->out))
        return map->plan->event_part;
    return width % TILE_VECTOR == 0 && width <= BLOCK_WIDTH ? width : 0;
}

/* Without vectors, registers hold few sums: of one sample, these are better made in place. */
void emit_events(Lower *lower, const Linear *map, Site site)
{
    int part = part_width(lower, map, site);
    bool in_place = lower->program->predicts || site_width(lower, site, map->node->out) < LEAST_SUMS;
    if (part > 0) {
        LoopBlock *into = site.into;
        site.into = if_vectors(lower, into, true);
        emit_parts(lower, map, site, part);
        site.into = if_vectors(lower, into, false);
    }
    emit_sums(lower, map, site, in_place);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", event by event");
    emit_events(lower, map, walk_steps(lower, walk, site));
}

/* The row of gradients of one step waits in registers for the units that spike. */
static void gradient(Lower *lower, const Linear *gradient, Site site, Walk walk)
{
    const Node *node = gradient->node;
    LoopExpr *i, *zero = num(lower, 0);
    int width = site_width(lower, site, node->aux);
    note_gradient(lower, gradient, site.into, ", event by event");
    site = walk_rows(lower, walk, site);
    LoopStmt *row = for_units(lower, site.into, "j", width);
    LoopExpr *j = loop_variable(lower, row);
    store2(lower, &row->body, gradient->sums, zero, j, load_stream(lower, node->aux, site, j), false);
    LoopStmt *events = loop_events(lower, node->in, site, &i);
    LoopStmt *loop_j = for_units(lower, &events->body, "j", width);
    j = loop_variable(lower, loop_j);
    matrix_store(lower, &loop_j->body, &gradient->matrix, i, j, load2(lower, gradient->sums, zero, j), true);
}

const MapKernel by_events = {
    .serves = serves, .prepare = prepare, .forward = forward, .gradient = gradient, .rows = 1};
