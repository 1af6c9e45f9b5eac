#include "lower/step/map.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

/* Tiles up to that with the last unit: those of a group may be narrower than the layer's, whose room they divide. */
static int tile_count(const Lower *lower, const Node *map, int width)
{
    return (stream_size(lower, map->out) + width - 1) / width;
}

/* Rows are inputs of one tap after the other. Their transpose has the taps one after the other in its columns. */
static void copy_taps(Lower *lower, LoopBlock *into, const Node *map, Matrix tiles, Matrix all,
                      const Tile *tile)
{
    int inputs = stream_size(lower, map->in), outputs = stream_size(lower, map->out);
    LoopStmt *loop = for_range(lower, into, "tap", map->map->time.taps);
    LoopExpr *tap = loop_variable(lower, loop);
    tiles.row = loop_local(lower, &loop->body, "row", op2(lower, OP_MUL, tap, num(lower, inputs)));
    if (map->transposed)
        all.column = op2(lower, OP_ADD, op2(lower, OP_MUL, tap, num(lower, outputs)), all.column);
    else
        all.row = tiles.row;
    matrix_copy(lower, &loop->body, &tiles, &all, inputs, tile, false);
}

static Matrix tiled_weights(Lower *lower, const Node *map, int width)
{
    BufferId weights = weights_of(lower, map);
    const char *name = lower->program->buffers.at[weights].name;
    int taps = plan_of(lower, map)->past ? map->map->time.taps : 1;
    int dims[3] = {tile_count(lower, map, width), taps * stream_size(lower, map->in), width};
    Tile tile = {.width = width};
    Matrix tiles = {.buffer =
                        named_buffer(lower, "tiles_of", name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims)};
    kernel_begin(lower, "tile", name, arena_printf(lower->arena, "%s, tile by tile", name), (Span){0, 0},
                 dims[0]);
    LoopStmt *loop_tile = kernel_items(lower, "tile");
    tiles.outer = loop_variable(lower, loop_tile);
    tile.from = op2(lower, OP_MUL, tiles.outer, num(lower, width));
    count_units(lower, &tile, &loop_tile->body, stream_size(lower, map->out));
    Matrix all = {.buffer = weights, .column = tile.from};
    if (taps > 1)
        copy_taps(lower, &loop_tile->body, map, tiles, all, &tile);
    else
        matrix_copy(lower, &loop_tile->body, &tiles, &all, stream_size(lower, map->in), &tile, false);
    return tiles;
}

Linear step_map_of(Lower *lower, const Node *map)
{
    Linear linear = linear_alone(lower, map);
    linear.matrix = tiled_weights(lower, map, linear.plan->step_width);
    if (by_gate.serves(&linear))
        by_gate.prepare(lower, &linear);
    return linear;
}

/* Its outputs go tile by tile. */
typedef struct StepMap {
    Linear linear;
    Tile tile;
} StepMap;

static Site for_tiles(Lower *lower, StepMap *map, Site site)
{
    int count = tile_count(lower, map->linear.node, map->tile.width);
    LoopStmt *tiles = for_range(lower, site.into, "tile", count);
    map->tile.from = loop_local(lower, &tiles->body, "j0",
                                op2(lower, OP_MUL, loop_variable(lower, tiles), num(lower, map->tile.width)));
    map->linear.matrix.outer = loop_variable(lower, tiles);
    site.into = &tiles->body;
    site.tile = &map->tile;
    return site;
}

static void emit_reals(Lower *lower, StepMap *map, Site site, Walk samples)
{
    if (by_gate.serves(&map->linear)) {
        Site near = site;
        near.into = by_gate.branch(lower, &map->linear, site, true);
        by_gate.forward(lower, &map->linear, near, samples);
        site.into = by_gate.branch(lower, &map->linear, site, false);
    }
    if (site.into)
        emit_products(lower, &map->linear, for_tiles(lower, map, site), samples, MOST_ROWS);
}

/* What tables have made of the whole stream, where they were chosen; returns the block that runs elsewhere, or NULL. */
static LoopBlock *emit_whole(Lower *lower, const Linear *map, Site site)
{
    StreamId out = map->node->out;
    if (lower->streams[out].whole >= 0) {
        LoopBlock *busy = if_chosen(lower, map->node, site, true);
        LoopStmt *loop_j = for_units(lower, busy, "j", map->plan->units);
        LoopExpr *j = loop_variable(lower, loop_j), *place[3] = {site.b, site.t, j};
        Site unit = site;
        unit.into = &loop_j->body;
        store_stream(lower, out, unit, j, loop_load(lower->program, lower->streams[out].whole, 3, place),
                     false);
    }
    return map->plan->listed ? if_chosen(lower, map->node, site, false) : NULL;
}

/* From lists: of the whole stream, or those that the group itself makes. */
static void emit_spikes(Lower *lower, StepMap *map, Site site, Walk samples)
{
    site = walk_samples(lower, samples, site);
    if (map->linear.plan->joined)
        site.into = emit_whole(lower, &map->linear, site);
    if (site.into)
        emit_events(lower, &map->linear, for_tiles(lower, map, site));
}

void emit_step_map(Lower *lower, const Linear *linear, Site site, Walk samples)
{
    const char *name = stream_of(lower, linear->node->out)->name;
    bool events = lower->plan->streams[linear->node->in].events;
    StepMap map = {*linear, {.width = linear->plan->step_width, .whole = NONE}};
    map.linear.sums = sums_buffer(lower, name, events ? 1 : MOST_ROWS, map.tile.width);
    (events ? emit_spikes : emit_reals)(lower, &map, site, samples);
}
