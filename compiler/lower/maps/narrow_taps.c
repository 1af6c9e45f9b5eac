/* The taps of a synapse that are there, of maps along time whose weights are made as `where(there, weight, 0)`: those of narrow
 * bumps, or the only one of a delay of whole steps. Where all of them stand next to each other in a window of NARROW_TAPS, for
 * every synapse, and inputs are sparse enough, the map and its gradient go through these windows. Since delays learn, this is
 * found anew in every batch, from weights and inputs alone. */
#include "lower/maps/narrow_taps.h"

#include "lower/base/code.h"
#include "lower/base/elements.h"
#include "lower/base/equations.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

Taps narrow_of(const Node *node, int width)
{
    Taps taps = taps_of(node);
    Parts parts = even_parts(taps.outs, width);
    taps.units = taps.outs;
    taps.width = parts.size;
    taps.tiles = parts.large + parts.small;
    return taps;
}

int narrow_room(const Taps *taps)
{
    int room = taps->steps + taps->taps - 1 + NARROW_TAPS - 1;
    return (room + LOOP_MOST_LANES - 1) / LOOP_MOST_LANES * LOOP_MOST_LANES;
}

static NarrowBuffers *buffers_of(const Lower *lower, const Node *node)
{
    return &lower->narrow[map_of(lower->net, node) - lower->net->nodes.at];
}

LoopExpr *narrow_begin(Lower *lower, const Node *node, LoopExpr *i, LoopExpr *unit)
{
    return load2(lower, buffers_of(lower, node)->begins, i, unit);
}

LoopExpr *narrow_weight(Lower *lower, const Node *node, LoopExpr *i, LoopExpr *tile, LoopExpr *j, LoopExpr *m)
{
    return loop_load(lower->program, buffers_of(lower, node)->windows, 4, (LoopExpr *[]){tile, i, j, m});
}

/* ---- where they begin ---- */

/* The windows of one input. */
typedef struct Found {
    const Node *map;
    const Taps *taps;
    const NarrowBuffers *buffers;
    BufferId starts, ends; /* [outputs]: the first tap, and behind the last one; ints, as vectors want them */
    BufferId fits;         /* [inputs]: whether no window is too short */
    LoopExpr *i;
} Found;

/* Whether the weight is there by which unit j hears the input so many steps later. */
static LoopExpr *there(Lower *lower, const Found *found, LoopBlock *into, LoopExpr *later, LoopExpr *j)
{
    const Net *net = lower->net;
    StreamId weights = found->map->aux;
    const Node *maker = &net->nodes.at[net->streams.at[weights].node];
    LoopExpr *tap = op2(lower, OP_SUB, num(lower, found->taps->taps - 1), later);
    Units units = {.shape = stream_of(lower, weights)->shape, .at = {tap, found->i, j}};
    Val condition = weight_condition(net, weights);
    Equations equations = equations_of(lower, maker, condition);
    equations.before = equations.into = into;
    equations.inputs = load_elements(lower, &units, maker);
    return equation_truth(&equations, condition);
}

static LoopExpr *choose(Lower *lower, LoopExpr *which, LoopExpr *a, LoopExpr *b)
{
    return loop_op(lower->arena, OP_SELECT, which, a, b);
}

/* One of these, [outputs], where a tap is there. */
static void store_where(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *j, LoopExpr *is,
                        LoopExpr *value)
{
    store1(lower, into, buffer, j, choose(lower, is, value, load1(lower, buffer, j)), false);
}

/* The first and the last tap of each synapse: from the last on, it begins where a tap was seen at last. */
static void emit_ends(Lower *lower, const Found *found, LoopBlock *into)
{
    BufferId begins = found->buffers->begins;
    int taps = found->taps->taps, room = lower->program->buffers.at[begins].dims[1];
    LoopStmt *units = for_units(lower, into, "j", room);
    LoopExpr *j = loop_variable(lower, units);
    store1(lower, &units->body, found->starts, j, num(lower, 0), false);
    store1(lower, &units->body, found->ends, j, num(lower, 0), false);
    LoopStmt *steps = for_range(lower, into, "k", taps);
    LoopExpr *k = loop_local(lower, &steps->body, "later",
                             op2(lower, OP_SUB, num(lower, taps - 1), loop_variable(lower, steps)));
    LoopStmt *loop = for_units(lower, &steps->body, "j", found->taps->outs);
    j = loop_variable(lower, loop);
    LoopExpr *is = loop_local(lower, &loop->body, "there", there(lower, found, &loop->body, k, j));
    LoopExpr *end = load1(lower, found->ends, j), *behind = op2(lower, OP_ADD, k, num(lower, 1));
    store_where(lower, &loop->body, found->starts, j, is, k);
    store_where(lower, &loop->body, found->ends, j, is,
                choose(lower, op2(lower, OP_LT, end, behind), behind, end));
    LoopStmt *copies = for_units(lower, into, "j", room);
    j = loop_variable(lower, copies);
    store2(lower, &copies->body, begins, found->i, j, load1(lower, found->starts, j), false);
}

static void emit_fits(Lower *lower, const Found *found, LoopBlock *into)
{
    LoopExpr *fits = declare_local(lower, into, "fits", num(lower, 1));
    LoopStmt *loop = for_range(lower, into, "j", found->taps->outs);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *length = op2(lower, OP_SUB, load1(lower, found->ends, j), load1(lower, found->starts, j));
    loop_set(lower->arena, &loop->body, fits->var,
             choose(lower, op2(lower, OP_GT, length, num(lower, NARROW_TAPS)), num(lower, 0), fits));
    store1(lower, into, found->fits, found->i, fits, false);
}

/* Zeros behind the last tap, and where the last tile has no unit. */
static void emit_windows(Lower *lower, const Found *found, LoopBlock *into)
{
    const Taps *taps = found->taps;
    LoopExpr *place[2];
    LoopStmt *tiles = for_range(lower, into, "tile", taps->tiles);
    LoopStmt *units = for_range(lower, &tiles->body, "j", taps->width);
    LoopExpr *tile = loop_variable(lower, tiles), *j = loop_variable(lower, units);
    LoopExpr *unit = loop_local(lower, &units->body, "unit", scaled_plus(lower, tile, taps->width, j));
    LoopExpr *begin =
        loop_local(lower, &units->body, "begin", load2(lower, found->buffers->begins, found->i, unit));
    LoopStmt *loop = for_units(lower, &units->body, "m", NARROW_TAPS);
    LoopExpr *m = loop_variable(lower, loop), *at[4] = {tile, found->i, j, m};
    LoopExpr *later = op2(lower, OP_ADD, begin, m);
    loop_store(lower->program, &loop->body, found->buffers->windows, 4, at, loop_float(lower->arena, 0),
               false);
    LoopExpr *is = op2(lower, OP_LT, later, num(lower, taps->taps));
    if (taps->outs % taps->width != 0)
        is = op2(lower, OP_AND, is, op2(lower, OP_LT, unit, num(lower, taps->outs)));
    LoopBlock *inside = &loop_if(lower->arena, &loop->body, is)->body;
    int count = weight_place(lower, found->map, taps_row(lower, taps, later, found->i), unit, place);
    loop_store(lower->program, inside, found->buffers->windows, 4, at,
               loop_load(lower->program, weight_values(lower, found->map), count, place), false);
}

/* Outputs up to those of the last tile, of maps and of gradients. */
static int begins_room(const Node *map)
{
    Taps made = narrow_of(map, NARROW_WIDTH), summed = narrow_of(map, NARROW_SUM_WIDTH);
    int most = made.tiles * made.width, other = summed.tiles * summed.width;
    return most > other ? most : other;
}

static void add_buffers(Lower *lower, Found *found, NarrowBuffers *buffers, const char *name)
{
    const Taps *taps = found->taps;
    int room = begins_room(found->map), one = 1;
    buffers->begins = named_buffer(lower, "begins_of", name, index_type(taps->taps), BUFFER_SCRATCH, false, 2,
                                   (int[]){taps->ins, room});
    buffer_about(lower, buffers->begins, "how many steps later each synapse is first heard");
    buffers->windows = named_buffer(lower, "windows_of", name, TYPE_F32, BUFFER_SCRATCH, false, 4,
                                    (int[]){taps->tiles, taps->ins, taps->width, NARROW_TAPS});
    buffers->chosen = named_buffer(lower, "narrow", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &one);
    buffer_about(lower, buffers->chosen, "windows of few taps are followed in this batch");
    found->fits = named_buffer(lower, "fits", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &taps->ins);
}

static void lower_windows(Lower *lower, Found *found, const char *name)
{
    int room = begins_room(found->map);
    kernel_begin(lower, "windows", name,
                 arena_printf(lower->arena, "%s: where the taps of each synapse are, if there are few", name),
                 found->map->span, found->taps->ins);
    LoopStmt *items = kernel_items(lower, "i");
    found->i = loop_variable(lower, items);
    found->starts = named_buffer(lower, "starts_of", name, TYPE_I32, BUFFER_LOCAL, false, 1, &room);
    found->ends = named_buffer(lower, "ends_of", name, TYPE_I32, BUFFER_LOCAL, false, 1, &room);
    emit_ends(lower, found, &items->body);
    emit_fits(lower, found, &items->body);
    emit_windows(lower, found, &items->body);
}

/* ---- the choice ---- */

static void lower_choice(Lower *lower, const Found *found, const Node *node, const char *name)
{
    bool measured = plan_of(lower, node)->choice;
    if (measured)
        choice_prepare(lower, node->in, RIVAL_FREQUENCIES);
    kernel_begin(lower, "choose", name,
                 arena_printf(lower->arena, "are there few enough taps of %s to follow%s?", name,
                              measured ? ", and spikes of this batch" : ""),
                 (Span){0, 0}, 1);
    LoopStmt *once = kernel_items(lower, "k");
    LoopExpr *chosen = declare_local(lower, &once->body, "chosen", num(lower, 1));
    LoopStmt *inputs = for_range(lower, &once->body, "i", found->taps->ins);
    loop_set(lower->arena, &inputs->body, chosen->var,
             least(lower, chosen, load1(lower, found->fits, loop_variable(lower, inputs))));
    if (measured) {
        LoopExpr *above = spikes_above(lower, &once->body, node->in, NARROW_ACTIVITY);
        loop_set(lower->arena, &once->body, chosen->var, choose(lower, above, num(lower, 0), chosen));
    }
    store1(lower, &once->body, found->buffers->chosen, num(lower, 0), chosen, false);
}

void narrow_prepare(Lower *lower, const Node *node)
{
    NarrowBuffers *buffers = buffers_of(lower, node);
    if (buffers->chosen >= 0)
        return;
    const Node *map = map_of(lower->net, node);
    Taps taps = narrow_of(node, NARROW_WIDTH);
    const char *name = stream_of(lower, map->aux)->name;
    Found found = {.map = map, .taps = &taps, .buffers = buffers};
    add_buffers(lower, &found, buffers, name);
    lower_windows(lower, &found, name);
    lower_choice(lower, &found, node, name);
}
