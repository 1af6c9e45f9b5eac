#include "lower/maps/tiles.h"

#include "lower/base/code.h"
#include "lower/tuned.h"

/* The weight by which channel j that is made reads channel i of its group, in row number `row` of taps along the last axis, by tap
 * m of these, counted in the order of what they read. */
static LoopExpr *weight(Lower *lower, const Gather *gather, LoopExpr *row, LoopExpr *m, LoopExpr *i,
                        LoopExpr *j)
{
    const Node *node = gather->node;
    int taps = node->map->space[gather->axes - 1].taps;
    LoopExpr *place[2], *tap = node->transposed ? op2(lower, OP_SUB, num(lower, taps - 1), m) : m;
    tap = scaled_plus(lower, row, taps, tap);
    LoopExpr *weight_row = scaled_plus(lower, tap, gather->depth, i), *column = j;
    if (node->transposed) {
        int width = gather->outs / node->map->groups;
        LoopExpr *group = node->map->groups == 1 ? num(lower, 0) : op2(lower, OP_DIV, j, num(lower, width));
        weight_row = scaled_plus(lower, tap, width,
                                 op2(lower, OP_SUB, j, op2(lower, OP_MUL, group, num(lower, width))));
        column = scaled_plus(lower, group, gather->depth, i);
    }
    if (reads_transposed(lower, node))
        return load2(lower, weights_of(lower, node), column, weight_row);
    int count = weight_place(lower, node, weight_row, column, place);
    return loop_load(lower->program, weight_values(lower, node), count, place);
}

static int tap_rows(const Gather *gather)
{
    int rows = 1;
    for (int a = 0; a < gather->axes - 1; a++)
        rows *= gather->node->map->space[a].taps;
    return rows;
}

/* The row of a tile: of row number `row` of taps along the last axis, by tap m in the order of the tile's. */
static LoopExpr *place_of(Lower *lower, const Gather *gather, LoopExpr *row, LoopExpr *m, LoopExpr *i)
{
    int taps = gather->node->map->space[gather->axes - 1].taps;
    LoopExpr *at = gather->node->transposed ? scaled_plus(lower, row, taps, m)
                                            : scaled_plus(lower, m, tap_rows(gather), row);
    return scaled_plus(lower, at, gather->depth, i);
}

LoopExpr *tile_row(Lower *lower, const Gather *gather, LoopExpr *row, LoopExpr *tap, LoopExpr *i)
{
    int taps = gather->node->map->space[gather->axes - 1].taps;
    LoopExpr *m = gather->node->transposed ? op2(lower, OP_SUB, num(lower, taps - 1), tap) : tap;
    return place_of(lower, gather, row, m, i);
}

static int tiles_of_group(const Gather *gather)
{
    return (gather->made + WINDOW_WIDTH - 1) / WINDOW_WIDTH;
}

/* The first channel of the tile's group, and the first of the tile within this. */
static void find_tile(Lower *lower, const Gather *gather, LoopBlock *into, LoopExpr *tile, LoopExpr **group,
                      LoopExpr **j0)
{
    int tiles = tiles_of_group(gather);
    *group = num(lower, 0);
    if (gather->groups > 1) {
        LoopExpr *number = settled(lower, into, "group", op2(lower, OP_DIV, tile, num(lower, tiles)));
        tile = op2(lower, OP_SUB, tile, op2(lower, OP_MUL, number, num(lower, tiles)));
        *group = op2(lower, OP_MUL, number, num(lower, gather->made));
    }
    *j0 = loop_local(lower, into, "j0", op2(lower, OP_MUL, tile, num(lower, WINDOW_WIDTH)));
}

/* A row of a tile: as many channels as there are, of a group. */
static LoopStmt *for_tile(Lower *lower, const Gather *gather, LoopBlock *into, LoopExpr *j0)
{
    LoopExpr *all = num(lower, WINDOW_WIDTH);
    LoopExpr *width = gather->made % WINDOW_WIDTH
                          ? settled(lower, into, "width",
                                    least(lower, op2(lower, OP_SUB, num(lower, gather->made), j0), all))
                          : all;
    LoopStmt *loop = for_bounds(lower, into, "j", num(lower, 0), width);
    loop->independent = true;
    return loop;
}

/* The taps of a row that are laid out: those that meet what is there; but where transposes have a stride, kernels go through
 * all of them. */
static void tile_taps(const Gather *gather, int *from, int *to)
{
    const MapAxis *last = &gather->node->map->space[gather->axes - 1];
    if (!gather->node->transposed) {
        axis_met(last, from, to);
        return;
    }
    int first = 0, end = last->taps;
    if (last->stride == 1)
        axis_met(last, &first, &end);
    *from = last->taps - end;
    *to = last->taps - first;
}

/* Of rows of taps, and of the taps of each, those that meet what is there. */
static void emit_tile(Lower *lower, const Gather *gather, LoopBlock *into, BufferId tiles, LoopExpr *tile)
{
    const AxisMap *map = gather->node->map;
    int taps = map->space[gather->axes - 1].taps, first, end, from, to;
    map_met(map, &first, &end);
    tile_taps(gather, &from, &to);
    LoopExpr *group, *j0;
    find_tile(lower, gather, into, tile, &group, &j0);
    LoopStmt *rows =
        for_bounds(lower, into, "row", num(lower, first / taps), num(lower, (end - 1) / taps + 1));
    LoopStmt *loop_m = for_bounds(lower, &rows->body, "m", num(lower, from), num(lower, to));
    LoopStmt *loop_i = for_range(lower, &loop_m->body, "i", gather->depth);
    LoopExpr *row = loop_variable(lower, rows), *m = loop_variable(lower, loop_m),
             *i = loop_variable(lower, loop_i);
    LoopStmt *loop_j = for_tile(lower, gather, &loop_i->body, j0);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *at = place_of(lower, gather, row, m, i);
    loop_store(lower->program, &loop_j->body, tiles, 3, (LoopExpr *[]){tile, at, j},
               weight(lower, gather, row, m, i, op2(lower, OP_ADD, op2(lower, OP_ADD, group, j0), j)), false);
    LoopStmt *zeros = for_units(lower, into, "j", WINDOW_WIDTH);
    LoopExpr *behind = num(lower, tap_rows(gather) * taps * gather->depth);
    loop_store(lower->program, &zeros->body, tiles, 3,
               (LoopExpr *[]){tile, behind, loop_variable(lower, zeros)}, loop_float(lower->arena, 0), false);
}

BufferId weight_tiles(Lower *lower, const Node *node)
{
    Gather gather = gather_of(node);
    const char *name = weight_name(lower->net, node);
    int taps = node->map->space[gather.axes - 1].taps, tiles = gather.groups * tiles_of_group(&gather);
    int dims[3] = {tiles, tap_rows(&gather) * taps * gather.depth + 1, WINDOW_WIDTH};
    BufferId buffer = named_buffer(lower, "tiles_of", name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims);
    buffer_about(lower, buffer, "some channels next to each other, and a row of zeros behind them");
    kernel_begin(
        lower, node->transposed ? "turn" : "tile", name,
        arena_printf(lower->arena, "%s: weights of %d channels next to each other", name, WINDOW_WIDTH),
        node->span, tiles);
    LoopStmt *items = kernel_items(lower, "tile");
    emit_tile(lower, &gather, &items->body, buffer, loop_variable(lower, items));
    return buffer;
}
