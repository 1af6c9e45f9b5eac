/* Convolutions of spikes by few weights for each output. What spikes in a window, of the rows of weights of one part, is a
 * pattern; a table has the sum of weights for each, made once for a whole batch. An output is the sum of one number of each
 * table:
 *
 *   patterns[part][position] = sum of x[first row of the part + k] 2^k
 *   sums[tile][start of the part + pattern][j]          the first part's begin with the bias
 *
 * Where neurons look them up, there are patterns of all steps, [part][step][position], and what the map makes is nowhere.
 *
 * Their adjoints may add what flows back to tallies, one for each entry and channel. These are taken apart as the sums were
 * made, in the reverse order: what an entry has, the one had, too, that it was made of, and the row of weights that was added. */
#include "lower/maps/patterns.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/box.h"
#include "lower/maps/rows.h"
#include "lower/maps/tiles.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->patterns;
}

/* Rows first .. first + count - 1 of the weights, whose table begins at `start`. */
typedef struct RowPart {
    int first, count, start;
} RowPart;

static RowPart first_part(const Node *node)
{
    return (RowPart){0, even_parts(map_rows(node->map), PATTERN_ROWS).size, 0};
}

static int count_parts(const Node *node)
{
    Parts parts = even_parts(map_rows(node->map), PATTERN_ROWS);
    return parts.large + parts.small;
}

/* The one behind, or none: a count of 0. */
static RowPart next_part(const Node *node, RowPart part)
{
    Parts parts = even_parts(map_rows(node->map), PATTERN_ROWS);
    RowPart next = {part.first + part.count, parts.size, part.start + (1 << part.count)};
    if (next.first >= parts.large * parts.size)
        next.count--;
    if (next.first == map_rows(node->map))
        next.count = 0;
    return next;
}

/* ---- tables ---- */

/* Some channels of a tile that are made: as many as there are. */
typedef struct SumTable {
    const Node *node;
    BufferId sums;
    LoopExpr *tile, *j0, *width;
} SumTable;

static LoopStmt *for_channels(Lower *lower, const SumTable *table, LoopBlock *into)
{
    LoopStmt *loop = for_bounds(lower, into, "j", num(lower, 0), table->width);
    loop->independent = true;
    return loop;
}

static LoopExpr *start_of(Lower *lower, const SumTable *table, const RowPart *part, LoopExpr *j)
{
    if (part->first > 0 || table->node->bias == NONE)
        return loop_float(lower->arena, 0);
    return load1(lower, lower->params[table->node->bias].values, op2(lower, OP_ADD, table->j0, j));
}

/* Of each sum that is there, the one with this row of weights, too. */
static void emit_row(Lower *lower, const SumTable *table, const RowPart *part, int k, LoopBlock *into)
{
    LoopStmt *patterns = for_range(lower, into, "pattern", 1 << k);
    LoopExpr *from = op2(lower, OP_ADD, loop_variable(lower, patterns), num(lower, part->start)), *place[2];
    LoopStmt *loop = for_channels(lower, table, &patterns->body);
    LoopExpr *j = loop_variable(lower, loop);
    int count = weight_place(lower, table->node, num(lower, part->first + k),
                             op2(lower, OP_ADD, table->j0, j), place);
    LoopExpr *weight = loop_load(lower->program, weight_values(lower, table->node), count, place);
    LoopExpr *sum = loop_load(lower->program, table->sums, 3, (LoopExpr *[]){table->tile, from, j});
    LoopExpr *to = op2(lower, OP_ADD, from, num(lower, 1 << k));
    loop_store(lower->program, &loop->body, table->sums, 3, (LoopExpr *[]){table->tile, to, j},
               op2(lower, OP_ADD, sum, weight), false);
}

static void emit_part(Lower *lower, const SumTable *table, const RowPart *part, LoopBlock *into)
{
    LoopStmt *loop = for_channels(lower, table, into);
    LoopExpr *j = loop_variable(lower, loop);
    loop_store(lower->program, &loop->body, table->sums, 3,
               (LoopExpr *[]){table->tile, num(lower, part->start), j}, start_of(lower, table, part, j),
               false);
    for (int k = 0; k < part->count; k++)
        emit_row(lower, table, part, k, into);
}

/* The channels of the tile. */
static void begin_tile(Lower *lower, SumTable *table, int outs, LoopBlock *into)
{
    table->width = num(lower, WINDOW_WIDTH);
    table->j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, table->tile, table->width));
    if (outs % WINDOW_WIDTH)
        table->width = settled(lower, into, "width",
                               least(lower, op2(lower, OP_SUB, num(lower, outs), table->j0), table->width));
}

static BufferId add_sums(Lower *lower, const Node *node, int tiles)
{
    RowPart part = first_part(node);
    while (part.count > 0)
        part = next_part(node, part);
    int dims[3] = {tiles, part.start, WINDOW_WIDTH};
    BufferId sums = named_buffer(lower, "sums_of", weight_name(lower->net, node), TYPE_F32, BUFFER_SCRATCH,
                                 false, 3, dims);
    buffer_about(lower, sums, "of some rows after the others: what each pattern of spikes adds up to");
    return sums;
}

static void prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    const char *name = weight_name(lower->net, node);
    int outs = map_mixed(node->map)->out, tiles = (outs + WINDOW_WIDTH - 1) / WINDOW_WIDTH;
    linear->patterns = add_sums(lower, node, tiles);
    kernel_begin(lower, "add_up", name,
                 arena_printf(lower->arena, "%s: sums of weights for all patterns of spikes", name),
                 node->span, tiles);
    LoopStmt *items = kernel_items(lower, "tile");
    SumTable table = {node, linear->patterns, loop_variable(lower, items), NULL, NULL};
    LoopBlock *into = &items->body;
    begin_tile(lower, &table, outs, into);
    for (RowPart part = first_part(node); part.count > 0; part = next_part(node, part))
        emit_part(lower, &table, &part, into);
}

/* ---- patterns ---- */

/* Positions of what is made, at a step. */
typedef struct Windows {
    const Linear *map;
    Box box;
    BufferId pattern; /* [parts][positions], or [parts][steps][positions] */
} Windows;

static int positions_of(const Windows *windows)
{
    return map_positions(windows->map->node->map);
}

/* Whether there are patterns of all of them, for a scan that goes position by position. */
static bool has_all_steps(const Lower *lower, const Linear *map)
{
    return map->plan->role == ROLE_MAP_GRAD || lower->plan->streams[map->node->out].looked;
}

static Windows windows_of(Lower *lower, const Linear *map)
{
    Windows windows = {.map = map, .box = box_of(lower, map->node, TYPE_U8)};
    bool looked = has_all_steps(lower, map);
    int dims[3] = {count_parts(map->node), looked ? map->plan->steps : positions_of(&windows),
                   positions_of(&windows)};
    windows.pattern = named_buffer(lower, "patterns_of", stream_of(lower, map->node->in)->name, TYPE_U8,
                                   BUFFER_LOCAL, false, looked ? 3 : 2, dims);
    return windows;
}

/* The spikes of the window at `place`, as an index of the part's table. */
static LoopExpr *pattern_at(Lower *lower, const Windows *windows, const RowPart *part, LoopExpr *place)
{
    LoopExpr *pattern = NULL;
    for (int k = 0; k < part->count; k++) {
        LoopExpr *at = op2(lower, OP_ADD, place, num(lower, box_offset(&windows->box, part->first + k)));
        LoopExpr *spike = op2(lower, OP_MUL, load1(lower, windows->box.buffer, at), num(lower, 1 << k));
        pattern = pattern ? op2(lower, OP_ADD, pattern, spike) : spike;
    }
    return pattern;
}

static void store_pattern(Lower *lower, const Windows *windows, Site site, int part, LoopExpr *position,
                          LoopExpr *value)
{
    bool looked = has_all_steps(lower, windows->map);
    LoopExpr *at[3] = {num(lower, part), looked ? site.t : position, position};
    loop_store(lower->program, site.into, windows->pattern, looked ? 3 : 2, at, value, false);
}

/* Of all windows, a row of positions after the other. */
static void emit_patterns(Lower *lower, const Windows *windows, Site site)
{
    LoopBlock *into = site.into;
    const Box *box = &windows->box;
    int last = box->axes - 1;
    LoopExpr *row = num(lower, 0), *place = num(lower, 0);
    for (int a = 0; a < last; a++) {
        LoopStmt *loop = for_range(lower, into, box->axis[a].name, box->axis[a].out);
        LoopExpr *o = loop_variable(lower, loop);
        row = scaled_plus(lower, row, box->axis[a].out, o);
        place =
            scaled_plus(lower, place, box->extent[a], op2(lower, OP_MUL, o, num(lower, box->axis[a].stride)));
        into = &loop->body;
    }
    row = loop_local(lower, into, "row", op2(lower, OP_MUL, row, num(lower, box->axis[last].out)));
    place =
        loop_local(lower, into, "place", op2(lower, OP_MUL, place, num(lower, box->extent[last] * box->ins)));
    int number = 0;
    for (RowPart part = first_part(windows->map->node); part.count > 0;
         part = next_part(windows->map->node, part)) {
        LoopStmt *loop = for_units(lower, into, "n", box->axis[last].out);
        LoopExpr *n = loop_variable(lower, loop);
        LoopExpr *at =
            op2(lower, OP_ADD, place, op2(lower, OP_MUL, n, num(lower, box->axis[last].stride * box->ins)));
        site.into = &loop->body;
        store_pattern(lower, windows, site, number++, op2(lower, OP_ADD, row, n),
                      pattern_at(lower, windows, &part, at));
    }
}

/* ---- sums ---- */

/* Of all positions, channels of one tile. */
static void emit_tile(Lower *lower, const Windows *windows, Site site, LoopExpr *tile, int width)
{
    const Node *node = windows->map->node;
    LoopStmt *positions = for_range(lower, site.into, "n", positions_of(windows));
    LoopExpr *n = loop_variable(lower, positions), *rows[PATTERN_MOST], *sum = NULL;
    int parts = 0;
    for (RowPart part = first_part(node); part.count > 0; part = next_part(node, part), parts++) {
        LoopExpr *pattern = load2(lower, windows->pattern, num(lower, parts), n);
        rows[parts] = loop_local(lower, &positions->body, arena_printf(lower->arena, "p%d", parts),
                                 op2(lower, OP_ADD, pattern, num(lower, part.start)));
    }
    LoopExpr *unit =
        scaled_plus(lower, n, map_mixed(node->map)->out, op2(lower, OP_MUL, tile, num(lower, WINDOW_WIDTH)));
    unit = loop_local(lower, &positions->body, "unit", unit);
    LoopStmt *loop = for_units(lower, &positions->body, "j", width);
    LoopExpr *j = loop_variable(lower, loop);
    for (int p = 0; p < parts; p++) {
        LoopExpr *entry =
            loop_load(lower->program, windows->map->patterns, 3, (LoopExpr *[]){tile, rows[p], j});
        sum = sum ? op2(lower, OP_ADD, sum, entry) : entry;
    }
    site.into = &loop->body;
    store_stream(lower, node->out, site, op2(lower, OP_ADD, unit, j), sum, false);
}

static void emit_tiles(Lower *lower, const Windows *windows, Site site)
{
    int outs = map_mixed(windows->map->node->map)->out, tiles = outs / WINDOW_WIDTH;
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, site.into, "tile", tiles);
        Site inner = site;
        inner.into = &loop->body;
        emit_tile(lower, windows, inner, loop_variable(lower, loop), WINDOW_WIDTH);
    }
    if (outs % WINDOW_WIDTH)
        emit_tile(lower, windows, site, num(lower, tiles), outs % WINDOW_WIDTH);
}

/* Of the walk's samples, at its steps; the site at these. */
static Site make_patterns(Lower *lower, const Windows *windows, Site site, Walk walk)
{
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    box_zeros(lower, &windows->box, site.into);
    site = walk_steps(lower, walk, site);
    box_fill(lower, &windows->box, site);
    emit_patterns(lower, windows, site);
    return site;
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Windows windows = windows_of(lower, map);
    note_map(lower, map, site.into, ", by patterns of spikes");
    site = make_patterns(lower, &windows, site, walk);
    lower->streams[map->node->out].patterns = windows.pattern;
    if (!has_all_steps(lower, map))
        emit_tiles(lower, &windows, site);
}

/* ---- for who looks them up ---- */

static const int *part_starts(Lower *lower, const Node *node)
{
    int *starts = NEW_ARRAY(lower->arena, int, count_parts(node)), number = 0;
    for (RowPart part = first_part(node); part.count > 0; part = next_part(node, part))
        starts[number++] = part.start;
    return starts;
}

bool for_lookups(Lower *lower, const Linear *map, bool rest, Site *site, Tile *tile, Lookup *lookup)
{
    const Node *node = map->node;
    int outs = map_mixed(node->map)->out, tiles = outs / WINDOW_WIDTH;
    if (rest ? outs % WINDOW_WIDTH == 0 : tiles == 0)
        return false;
    *lookup = (Lookup){.patterns = lower->streams[node->out].patterns,
                       .sums = map->patterns,
                       .parts = count_parts(node),
                       .starts = part_starts(lower, node),
                       .tile = num(lower, rest ? tiles : 0)};
    if (!rest && tiles > 1) {
        LoopStmt *loop = for_range(lower, site->into, "tile", tiles);
        lookup->tile = loop_variable(lower, loop);
        site->into = &loop->body;
    }
    LoopStmt *positions = for_range(lower, site->into, "position", map_positions(node->map));
    site->into = &positions->body;
    lookup->position = loop_variable(lower, positions);
    LoopExpr *first = scaled_plus(lower, lookup->position, outs,
                                  op2(lower, OP_MUL, lookup->tile, num(lower, WINDOW_WIDTH)));
    *tile = (Tile){.width = rest ? outs % WINDOW_WIDTH : WINDOW_WIDTH, .whole = NONE, .lookup = lookup};
    tile->from = loop_local(lower, site->into, "first", first);
    site->tile = tile;
    return true;
}

/* ---- for whose adjoint adds to tallies ---- */

int tally_entries(const Node *gradient)
{
    RowPart part = first_part(gradient);
    while (part.count > 0)
        part = next_part(gradient, part);
    return part.start;
}

void emit_tally_patterns(Lower *lower, const Linear *gradient, Site site)
{
    Windows windows = windows_of(lower, gradient);
    note_gradient(lower, gradient, site.into, ", by patterns of spikes");
    make_patterns(lower, &windows, site, (Walk){NULL, NULL, gradient->plan->steps});
    lower->streams[gradient->node->aux].patterns = windows.pattern;
}

Lookup tally_at(Lower *lower, const Linear *gradient, LoopExpr *position)
{
    const Node *node = gradient->node;
    return (Lookup){.patterns = lower->streams[node->aux].patterns,
                    .sums = gradient->matrix.buffer,
                    .parts = count_parts(node),
                    .starts = part_starts(lower, node),
                    .position = position,
                    .tile = gradient->matrix.outer};
}

/* Entry `from`, or what a slice has of it, becomes part of entry `to` of the first slice. */
static void add_tally(Lower *lower, const SumTable *table, LoopBlock *into, LoopExpr *slice, LoopExpr *from,
                      LoopExpr *to)
{
    LoopStmt *loop = for_channels(lower, table, into);
    LoopExpr *j = op2(lower, OP_ADD, table->j0, loop_variable(lower, loop));
    LoopExpr *more = loop_load(lower->program, table->sums, 3, (LoopExpr *[]){slice, from, j});
    loop_store(lower->program, &loop->body, table->sums, 3, (LoopExpr *[]){num(lower, 0), to, j}, more, true);
}

/* Of each entry that was made by adding row k of the part. */
static void take_row(Lower *lower, const SumTable *table, const RowPart *part, int k, LoopBlock *into)
{
    LoopStmt *patterns = for_range(lower, into, "pattern", 1 << k);
    LoopExpr *to = op2(lower, OP_ADD, loop_variable(lower, patterns), num(lower, part->start));
    LoopExpr *from = op2(lower, OP_ADD, to, num(lower, 1 << k)), *place[2];
    LoopStmt *loop = for_channels(lower, table, &patterns->body);
    LoopExpr *j = op2(lower, OP_ADD, table->j0, loop_variable(lower, loop));
    int count = weight_place(lower, table->node, num(lower, part->first + k), j, place);
    LoopExpr *tally = loop_load(lower->program, table->sums, 3, (LoopExpr *[]){num(lower, 0), from, j});
    loop_store(lower->program, &loop->body, weight_gradient(lower, table->node), count, place, tally, true);
    add_tally(lower, table, &patterns->body, num(lower, 0), from, to);
}

void lower_tallies(Lower *lower, const Linear *gradient)
{
    const Node *node = gradient->node;
    const char *name = weight_name(lower->net, node);
    int outs = map_mixed(node->map)->out, tiles = (outs + WINDOW_WIDTH - 1) / WINDOW_WIDTH;
    kernel_begin(lower, "sum", name,
                 arena_printf(lower->arena, "gradient of %s: of what all patterns have", name), node->span,
                 tiles);
    LoopStmt *items = kernel_items(lower, "tile");
    SumTable table = {node, gradient->matrix.buffer, loop_variable(lower, items), NULL, NULL};
    begin_tile(lower, &table, outs, &items->body);
    LoopStmt *slices = for_bounds(lower, &items->body, "slice", num(lower, 1), num(lower, LOOP_SLICES));
    LoopStmt *entries = for_range(lower, &slices->body, "entry", tally_entries(node));
    LoopExpr *entry = loop_variable(lower, entries);
    add_tally(lower, &table, &entries->body, loop_variable(lower, slices), entry, entry);
    for (RowPart part = first_part(node); part.count > 0; part = next_part(node, part))
        for (int k = part.count - 1; k >= 0; k--)
            take_row(lower, &table, &part, k, &items->body);
}

const MapKernel by_patterns = {.serves = serves, .prepare = prepare, .forward = forward};
