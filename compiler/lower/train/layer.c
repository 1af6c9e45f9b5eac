/* A layer's kernel. Forward: the linear maps that feed a scan, then the scan. Backward: the transposed maps that
 * feed the adjoint, the adjoint, then the gradients of the weights before it.
 *
 * Wide layers are cut into tiles of units, each with its own copy of the weights it needs; a tile goes through the
 * whole batch while they stay in a cache. Narrow layers are cut into samples, and where they have gradients
 * to sum, into a fixed number of slices of the batch, or of many inputs. Either way one thread makes each sum, in one
 * order. Where that is worth it, the samples of a slice stay items, one after the other: so other kernels may be joined
 * (pass/chain.c). */
#include "lower/train/layer.h"

#include "lower/base/code.h"
#include "lower/base/scan.h"
#include "lower/base/sums.h"
#include "lower/base/streams.h"
#include "lower/base/watch.h"
#include "lower/maps/linear.h"
#include "lower/maps/blanks.h"
#include "lower/maps/patterns.h"
#include "lower/maps/route.h"
#include "lower/spikes/lists.h"

typedef struct Layer {
    const LayerPlan *plan;
    const NodePlan *own; /* of the node that gives it its name */
    ScanState state;
    Tile tile;
    Linear *maps, *gradients; /* as in the plan */
} Layer;

/* A comment that tells a reader of the kernel what follows. */
static void note(Lower *lower, LoopBlock *into, const char *what, const char *of)
{
    loop_comment(lower->arena, into, arena_printf(lower->arena, "%s%s", what, of));
}

static const char *weights_name(const Lower *lower, const Node *map)
{
    return lower->program->buffers.at[weights_of(lower, map)].name;
}

/* ---- the kernel's own arrays ---- */

static void add_local_stream(Lower *lower, const Layer *layer, StreamId stream)
{
    const LayerPlan *plan = layer->plan;
    if (!lower->plan->streams[stream].local)
        return;
    int samples = plan->chunk ? plan->chunk : 1;
    int dims[4] = {plan->items, samples, steps_of(lower, stream), plan->width};
    lower->streams[stream].values = named_buffer(lower, "tiles_of", stream_of(lower, stream)->name, TYPE_F32,
                                                 BUFFER_SCRATCH, false, 4, dims);
}

static void add_local_streams(Lower *lower, const Layer *layer)
{
    const LayerPlan *plan = layer->plan;
    for (int i = 0; i < plan->maps.count; i++)
        add_local_stream(lower, layer, plan->maps.at[i]->out);
    for (int i = 0; plan->scan && i < plan->scan->outs.count; i++)
        add_local_stream(lower, layer, plan->scan->outs.at[i].stream);
}

static void set_arrays(Linear *linear, int count, BufferId sums, BufferId table)
{
    for (int i = 0; i < count; i++) {
        linear[i].sums = sums;
        linear[i].table = table;
    }
}

static int most_rows(const Linear *linear, int count)
{
    int most = 0;
    for (int i = 0; i < count; i++)
        most = linear_rows(&linear[i]) > most ? linear_rows(&linear[i]) : most;
    return most;
}

/* Those that its maps and gradients share. */
static void add_shared_arrays(Lower *lower, const Layer *layer)
{
    const LayerPlan *plan = layer->plan;
    int maps = most_rows(layer->maps, plan->maps.count);
    int gradients = most_rows(layer->gradients, plan->gradients.count),
        rows = maps > gradients ? maps : gradients;
    BufferId sums = rows > 0 ? sums_buffer(lower, layer->own->name, rows, plan->width) : -1;
    BufferId table = plan->table ? table_buffer(lower, layer->own->name, plan->width) : -1;
    set_arrays(layer->maps, plan->maps.count, sums, table);
    set_arrays(layer->gradients, plan->gradients.count, sums, table);
}

/* An array for each tile or slice. Those of tiles are not the kernel's own: with sums in an array of its own,
 * GCC keeps these in registers only if whatever else it reads comes from elsewhere. */
static Matrix own_matrix(Lower *lower, const Layer *layer, const char *prefix, const char *name, int rows)
{
    int dims[3] = {layer->plan->items, rows, layer->plan->width};
    return (Matrix){.buffer = named_buffer(lower, prefix, name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims),
                    .outer = layer->tile.item};
}

/* Weights of a tile, next to each other. */
static Matrix tile_weights(Lower *lower, const Layer *layer, const Node *map, LoopBlock *into)
{
    if (!plan_of(lower, map)->dense) /* needs none */
        return (Matrix){.buffer = -1};
    Matrix all = {.buffer = weights_of(lower, map)};
    if (layer->plan->cut != CUT_UNITS)
        return all;
    all.column = layer->tile.from;
    Matrix own = own_matrix(lower, layer, "tiles_of", weights_name(lower, map), stream_size(lower, map->in));
    note(lower, into, "the tile's part of ", weights_name(lower, map));
    matrix_copy(lower, into, &own, &all, stream_size(lower, map->in), &layer->tile, false);
    return own;
}

static int total_rows(const Lower *lower, const Node *node)
{
    return lower->plan->streams[node->aux].tallied ? tally_entries(node) : map_rows(node->map);
}

/* Where a tile, or a slice of the batch, sums the gradient: its own array, of zeros unless a kernel before has made these. */
static Matrix tile_total(Lower *lower, const Layer *layer, const Node *node, LoopBlock *into)
{
    if (plan_of(lower, node)->role == ROLE_BIAS_GRAD) /* needs none */
        return (Matrix){.buffer = -1};
    if (layer->plan->cut == CUT_INPUTS)
        return (Matrix){.buffer = weight_gradient(lower, node)};
    Matrix total = own_matrix(lower, layer, "parts_of", plan_of(lower, node)->name, total_rows(lower, node));
    if (into)
        matrix_copy(lower, into, &total, NULL, total_rows(lower, node), &layer->tile, false);
    return total;
}

/* Slices whose samples are items of their own have their sums before: a kernel makes these 0. */
static void lower_zeros(Lower *lower, Layer *layer)
{
    for (int i = 0; i < layer->plan->gradients.count; i++) {
        const Node *node = layer->plan->gradients.at[i];
        Matrix *total = &layer->gradients[i].matrix;
        *total = tile_total(lower, layer, node, NULL);
        if (total->buffer < 0)
            continue;
        const char *name = plan_of(lower, node)->name;
        kernel_begin(lower, "clear", name, arena_printf(lower->arena, "gradient of %s: no parts yet", name),
                     node->span, layer->plan->items);
        LoopStmt *slices = kernel_items(lower, "slice");
        total->outer = loop_variable(lower, slices);
        matrix_copy(lower, &slices->body, total, NULL, total_rows(lower, node), &layer->tile, false);
    }
}

static void emit_matrices(Lower *lower, const Layer *layer, LoopBlock *into)
{
    for (int i = 0; i < layer->plan->maps.count; i++)
        layer->maps[i].matrix = tile_weights(lower, layer, layer->plan->maps.at[i], into);
    for (int i = 0; i < layer->plan->gradients.count && layer->plan->cut != CUT_ORDERED; i++)
        layer->gradients[i].matrix = tile_total(lower, layer, layer->plan->gradients.at[i], into);
}

/* The slice that the sample is of: see Launch. */
static void find_slice(Lower *lower, Layer *layer, Site site)
{
    LoopExpr *before =
        op2(lower, OP_ADD, op2(lower, OP_MUL, site.b, num(lower, LOOP_SLICES)), num(lower, LOOP_SLICES - 1));
    layer->tile.item =
        loop_local(lower, site.into, "slice", op2(lower, OP_DIV, before, samples_of(lower, layer->own)));
    for (int i = 0; i < layer->plan->gradients.count; i++)
        layer->gradients[i].matrix.outer = layer->tile.item;
}

/* ---- the samples of an item ---- */

/* The rows of a map or a gradient: samples from .. to-1, or the site's, at all steps of its streams. */
static Walk walk_of(const Linear *linear, LoopExpr *from, LoopExpr *to)
{
    return (Walk){from, to, linear->plan->in_time ? linear->plan->steps : 0};
}

static void emit_all(Lower *lower, const Linear *linear, int count, Site site, LoopExpr *from, LoopExpr *to)
{
    for (int i = 0; i < count; i++)
        emit_linear(lower, &linear[i], site, walk_of(&linear[i], from, to));
}

/* The loop over all positions, as the scan needs it, for so many channels; the number of the position. */
static LoopExpr *for_positions(Lower *lower, const NodePlan *scan, int channels, Site *site, Routed *routed)
{
    if (scan->route)
        return for_routes(lower, scan->route, site, routed);
    LoopStmt *loop = for_range(lower, site->into, "position", scan->units / channels);
    site->into = &loop->body;
    return loop_variable(lower, loop);
}

/* A gradient that has a meaning only where spikes are met, is made of one that is routed, or is tallied: position by
 * position. */
static void emit_scan_by_positions(Lower *lower, const Layer *layer, Site site, int channels)
{
    const NodePlan *scan = plan_of(lower, layer->plan->scan);
    bool tallied = layer->plan->tallied != NULL;
    if (tallied)
        emit_tally_patterns(lower, layer->gradients, site);
    Routed routed;
    Lookup lookup;
    LoopExpr *position = for_positions(lower, scan, channels, &site, &routed);
    site.into = scan->met == NONE ? site.into : if_met(lower, scan->met, site.b, site.into, position);
    Tile part = {.width = channels, .whole = NONE, .routed = scan->route ? &routed : NULL};
    part.from = loop_local(lower, site.into, "first", op2(lower, OP_MUL, position, num(lower, channels)));
    if (tallied) {
        lookup = tally_at(lower, layer->gradients, position);
        part.lookup = &lookup;
    }
    site.tile = &part;
    emit_scan(lower, layer->plan->scan, &layer->state, site);
}

static void emit_whole_scan(Lower *lower, const Layer *layer, Site site)
{
    const NodePlan *scan = plan_of(lower, layer->plan->scan);
    const Node *tallied = layer->plan->tallied;
    if (scan->route)
        emit_scan_by_positions(lower, layer, site, route_channels(scan->route));
    else if (tallied)
        emit_scan_by_positions(lower, layer, site, map_mixed(tallied->map)->out);
    else if (scan->met != NONE)
        emit_scan_by_positions(lower, layer, site, met_channels(lower, scan->met));
    else
        emit_scan(lower, layer->plan->scan, &layer->state, site);
}

/* One that looks up what a map makes, position by position. */
static void emit_looking_scan(Lower *lower, const Layer *layer, Site site)
{
    const Linear *looked = layer->maps;
    while (looked->node != layer->plan->looked)
        looked++;
    for (int rest = 0; rest < 2; rest++) {
        Tile tile;
        Lookup lookup;
        Site inner = site;
        if (for_lookups(lower, looked, rest, &inner, &tile, &lookup))
            emit_scan(lower, layer->plan->scan, &layer->state, inner);
    }
}

/* One after the other; the maps, and gradients outside time or of few numbers, may take several at once: so many as one
 * making of tables is worth, as stay in a cache, or all. */
static void emit_samples(Lower *lower, Layer *layer, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    const LayerPlan *plan = layer->plan;
    int chunk = plan->chunk + plan->together;
    if (chunk) {
        into = &for_chunks(lower, into, "chunk", from, to, chunk, &from, &to)->body;
        layer->tile.b0 = from;
    }
    bool together = plan->chunk || plan->once || plan->together;
    Site site = {.into = into, .tile = &layer->tile};
    if (together)
        emit_all(lower, layer->maps, plan->maps.count, site, from, to);
    if (plan->once || plan->together) {
        emit_all(lower, layer->gradients, plan->gradients.count, site, from, to);
        return;
    }
    site = walk_samples(lower, (Walk){from, to, 0}, site);
    if (plan->cut == CUT_ORDERED)
        find_slice(lower, layer, site);
    if (!together)
        emit_all(lower, layer->maps, plan->maps.count, site, NULL, NULL);
    if (plan->scan) {
        note(lower, site.into, plan->scan->name, "");
        (plan->looked ? emit_looking_scan : emit_whole_scan)(lower, layer, site);
    }
    if (!plan->tallied)
        emit_all(lower, layer->gradients, plan->gradients.count, site, NULL, NULL);
}

/* ---- the kernel ---- */

static const char *about(Lower *lower, const Layer *layer)
{
    const LayerPlan *plan = layer->plan;
    const char *text = arena_printf(lower->arena, "%s:", layer->own->name), *comma = " ";
    for (int i = 0; i < plan->maps.count; i++, comma = ", then ")
        text = arena_printf(lower->arena, "%s%slinear map of %s, %d -> %d", text, comma,
                            stream_of(lower, plan->maps.at[i]->in)->name,
                            stream_size(lower, plan->maps.at[i]->in), layer->own->units);
    if (plan->scan) {
        bool once = !plan_of(lower, plan->scan)->in_time;
        text = arena_printf(lower->arena, "%s%s%s, %d units%s", text, comma, plan->scan->name,
                            layer->own->units, once ? ", once for all steps" : "");
        comma = ", then ";
    }
    for (int i = 0; i < plan->gradients.count; i++, comma = ", then ")
        text = arena_printf(lower->arena, "%s%sgradient of %s", text, comma,
                            plan_of(lower, plan->gradients.at[i])->name);
    return text;
}

static const char *kernel_verb(const LayerPlan *plan)
{
    if (plan->scan)
        return plan->scan->reverse ? "adjoint" : plan->maps.count ? "layer" : "scan";
    return plan->maps.count ? plan->maps.at[0]->map->name : "gradient";
}

static LoopExpr *slice_edge(Lower *lower, const Layer *layer, LoopExpr *slice)
{
    LoopExpr *rows = samples_of(lower, layer->own);
    return op2(lower, OP_DIV, op2(lower, OP_MUL, rows, slice), num(lower, layer->plan->items));
}

/* The samples that one item goes through. */
static void item_range(Lower *lower, Layer *layer, LoopBlock **into, LoopExpr **from, LoopExpr **to)
{
    LoopExpr *first = loop_ref(lower->arena, lower->kernel, lower->kernel->first);
    LoopExpr *last = loop_ref(lower->arena, lower->kernel, lower->kernel->last);
    *into = &lower->kernel->body;
    *from = num(lower, 0);
    *to = samples_of(lower, layer->own);
    layer->tile.from = num(lower, 0);
    if (layer->plan->cut == CUT_SAMPLES || layer->plan->cut == CUT_ORDERED) {
        *from = first;
        *to = last;
        return;
    }
    LoopStmt *items = kernel_items(lower, layer->plan->cut == CUT_UNITS ? "tile" : "slice");
    LoopExpr *item = loop_variable(lower, items);
    layer->tile.item = item;
    *into = &items->body;
    if (layer->plan->cut == CUT_UNITS) {
        LoopExpr *unit = op2(lower, OP_MUL, item, num(lower, layer->tile.width));
        layer->tile.from = loop_local(lower, *into, "j0", unit);
        count_units(lower, &layer->tile, *into, layer->own->units);
        return;
    }
    if (layer->plan->cut == CUT_INPUTS)
        return;
    *from = loop_local(lower, *into, "b0", slice_edge(lower, layer, item));
    *to = loop_local(lower, *into, "b1", slice_edge(lower, layer, op2(lower, OP_ADD, item, num(lower, 1))));
}

static void add_totals(Lower *lower, const Layer *layer, LoopBlock *into)
{
    for (int i = 0; i < layer->plan->gradients.count; i++) {
        const Node *node = layer->plan->gradients.at[i];
        if (layer->gradients[i].matrix.buffer < 0)
            continue;
        Matrix whole = {.buffer = weight_gradient(lower, node), .column = layer->tile.from};
        note(lower, into, "to the gradient of ", plan_of(lower, node)->name);
        matrix_copy(lower, into, &whole, &layer->gradients[i].matrix, stream_size(lower, node->in),
                    &layer->tile, true);
    }
}

/* gradient += the slices' parts, from the first to the last */
static void lower_parts(Lower *lower, const Layer *layer, const Linear *gradient)
{
    const Node *node = gradient->node;
    const char *name = weight_name(lower->net, node);
    if (layer->plan->tallied) {
        lower_tallies(lower, gradient);
        return;
    }
    kernel_begin(lower, "sum", name, arena_printf(lower->arena, "gradient of %s: sum of the parts", name),
                 node->span, map_rows(node->map));
    LoopStmt *loop_i = kernel_items(lower, "i");
    LoopStmt *loop_s = for_range(lower, &loop_i->body, "slice", layer->plan->items);
    LoopStmt *loop_j = for_units(lower, &loop_s->body, "j", layer->plan->width);
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop_j);
    Matrix part = {.buffer = gradient->matrix.buffer, .outer = loop_variable(lower, loop_s)};
    LoopExpr *place[2];
    int count = weight_place(lower, node, i, j, place);
    loop_store(lower->program, &loop_j->body, weight_gradient(lower, node), count, place,
               matrix_load(lower, &part, i, j), true);
}

static bool sums_slices(const LayerPlan *plan)
{
    return plan->cut == CUT_ORDERED || plan->cut == CUT_SLICES;
}

static void finish(Lower *lower, const Layer *layer, LoopBlock *into)
{
    const LayerPlan *plan = layer->plan;
    if (plan->cut == CUT_UNITS)
        add_totals(lower, layer, into);
    for (int i = 0; i < plan->gradients.count && sums_slices(plan); i++)
        if (layer->gradients[i].matrix.buffer >= 0)
            lower_parts(lower, layer, &layer->gradients[i]);
    if (plan->scan)
        lower_partials(lower, plan->scan, &layer->state);
    if (plan->scan)
        lower_state_watches(lower, plan->scan, &layer->state);
}

static Span origin_of(const LayerPlan *plan)
{
    return plan->scan         ? plan->scan->span
           : plan->maps.count ? plan->maps.at[0]->span
                              : plan->gradients.at[0]->span;
}

/* Each as its kernels see it; what is made of its input stands before the layer's kernel. */
static Linear *prepare(Lower *lower, const Nodes *nodes)
{
    Linear *linear = NEW_ARRAY(lower->arena, Linear, nodes->count + 1);
    for (int i = 0; i < nodes->count; i++)
        linear[i] = linear_of(lower, nodes->at[i]);
    return linear;
}

static void lower_kernel(Lower *lower, const Node *node)
{
    const LayerPlan *plan = plan_of(lower, node)->layer;
    Layer layer = {.plan = plan, .own = plan_of(lower, node)};
    layer.tile = (Tile){.width = plan->width, .whole = layer.own->joined ? node->out : NONE};
    layer.maps = prepare(lower, &plan->maps);
    layer.gradients = prepare(lower, &plan->gradients);
    if (plan->scan)
        layer.state = scan_prepare(lower, plan->scan);
    if (plan->scan && plan_of(lower, plan->scan)->met != NONE)
        blanks_prepare(lower, plan_of(lower, plan->scan)->met);
    if (plan->scan && plan_of(lower, plan->scan)->route)
        blanks_prepare(lower, plan_of(lower, plan->scan)->route->in);
    add_local_streams(lower, &layer);
    add_shared_arrays(lower, &layer);
    bool ordered = plan->cut == CUT_ORDERED;
    if (ordered)
        lower_zeros(lower, &layer);
    kernel_begin(lower, kernel_verb(plan), layer.own->name, about(lower, &layer), origin_of(plan),
                 ordered ? 0 : plan->items);
    last_launch(lower)->ordered = ordered;
    LoopBlock *into;
    LoopExpr *from, *to;
    item_range(lower, &layer, &into, &from, &to);
    emit_matrices(lower, &layer, into);
    emit_samples(lower, &layer, into, from, to);
    finish(lower, &layer, into);
}

/* A map that a recurrent group makes from events: here only its tables, for all steps. */
static void lower_joined(Lower *lower, const Node *map)
{
    int dims[2] = {steps_of(lower, map->out), stream_room(lower, map->out)};
    if (!plan_of(lower, map)->tables) {
        lists_prepare(lower, map->in);
        return;
    }
    lower->streams[map->out].whole = named_buffer(lower, "tables_of", stream_of(lower, map->out)->name,
                                                  TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    lower_kernel(lower, map);
}

void lower_layer(Lower *lower, const Node *node)
{
    if (plan_of(lower, node)->joined)
        lower_joined(lower, node);
    else
        lower_kernel(lower, node);
}
