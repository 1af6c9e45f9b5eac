/* A layer's kernel. Forward: the linear maps that feed a scan, then the scan. Backward: the transposed maps that
 * feed the adjoint, the adjoint, then the gradients of the weights before it.
 *
 * Wide layers are cut into tiles of units, each with its own copy of the weights it needs; a tile goes through the
 * whole batch while they stay in a cache. Narrow layers are cut into samples, and where they have gradients
 * to sum, into a fixed number of slices of the batch. Either way one thread makes each sum, in one order. */
#include "lower/train/layer.h"
#include "lower/spikes/events.h"
#include "lower/maps/gate.h"
#include "lower/spikes/pack.h"
#include "lower/base/tile.h"

typedef enum Cut {
    CUT_UNITS,   /* items are tiles */
    CUT_SAMPLES, /* items are samples */
    CUT_SLICES   /* items are slices of the batch */
} Cut;

typedef struct Layer {
    const char *name;
    const Node *scan; /* NULL: none */
    ScanState state;
    VEC(const Node *) maps;
    VEC(const Node *) gradients; /* of weights and biases */
    int units;
    Cut cut;
    Tile tile;
    BufferId sums, table; /* -1: not needed */
    Matrix *weights;      /* by map */
    Matrix *totals;       /* by gradient */
} Layer;

/* A comment that tells a reader of the kernel what follows. */
static void note(Lower *lower, LoopBlock *into, const char *what, const char *of, const char *how)
{
    loop_comment(lower->arena, into, arena_printf(lower->arena, "%s%s%s", what, of, how));
}

/* ---- what belongs together ---- */

static bool maps_use_tables(const Lower *lower, const Layer *layer)
{
    bool any = false;
    for (int i = 0; i < layer->maps.count; i++)
        any = any || table_use(lower, layer->maps.at[i]);
    return any;
}

static bool gradients_use_tables(const Lower *lower, const Layer *layer)
{
    bool any = false;
    for (int i = 0; i < layer->gradients.count; i++)
        any =
            any
            || (layer->gradients.at[i]->kind == NODE_WEIGHT_GRAD && table_use(lower, layer->gradients.at[i]));
    return any;
}

static void add_member(Lower *lower, Layer *layer, const Node *node)
{
    if (node->kind == NODE_DENSE)
        vec_push(lower->arena, &layer->maps, node);
    else if (node->kind == NODE_SCAN)
        layer->scan = node;
    else
        vec_push(lower->arena, &layer->gradients, node);
}

static Layer collect(Lower *lower, const Node *node)
{
    const Net *net = lower->net;
    int self = (int)(node - net->nodes.at);
    Layer layer = {.sums = -1, .table = -1};
    for (int n = 0; n < net->updates; n++)
        if (n == self || lower->host[n] == self)
            add_member(lower, &layer, &net->nodes.at[n]);
    if (layer.scan) {
        layer.units = scan_units(lower, layer.scan);
        layer.name = scan_name(lower, layer.scan);
    } else if (node->kind == NODE_DENSE) {
        layer.units = stream_size(lower, node->out);
        layer.name = stream_of(lower, node->out)->name;
    } else {
        layer.units = stream_size(lower, node->aux);
        layer.name = net->params.at[node->weight].name;
    }
    bool scan_only = layer.maps.count == 0 && layer.gradients.count == 0;
    bool cut = tile_width(layer.units) < layer.units && !scan_only;
    layer.cut = cut ? CUT_UNITS : layer.gradients.count ? CUT_SLICES : CUT_SAMPLES;
    layer.tile.width = cut ? tile_width(layer.units) : layer.units;
    return layer;
}

/* ---- kernels made before ---- */

static void prepare_stream(Lower *lower, const Node *node)
{
    if (table_use(lower, node))
        pack_prepare(lower, node);
    if (event_use(lower, node))
        events_prepare(lower, node->in);
}

static void prepare_streams(Lower *lower, const Layer *layer)
{
    for (int i = 0; i < layer->maps.count; i++) {
        prepare_stream(lower, layer->maps.at[i]);
        gate_prepare(lower, layer->maps.at[i]);
    }
    for (int i = 0; i < layer->gradients.count; i++)
        if (layer->gradients.at[i]->kind == NODE_WEIGHT_GRAD)
            prepare_stream(lower, layer->gradients.at[i]);
}

/* ---- the kernel's own arrays ---- */

static void add_local_stream(Lower *lower, Layer *layer, StreamId stream, int samples)
{
    if (!lower->local[stream])
        return;
    int dims[4] = {layer->units / layer->tile.width, samples, lower->net->steps, layer->tile.width};
    layer->tile.local[stream] = named_buffer(lower, "tiles_of", stream_of(lower, stream)->name, TYPE_F32,
                                             BUFFER_SCRATCH, false, 4, dims);
}

static void add_local_streams(Lower *lower, Layer *layer, int samples)
{
    layer->tile.local = no_local_streams(lower);
    for (int i = 0; i < layer->maps.count; i++)
        add_local_stream(lower, layer, layer->maps.at[i]->out, samples);
    for (int i = 0; layer->scan && i < layer->scan->outs.count; i++)
        add_local_stream(lower, layer, layer->scan->outs.at[i].stream, samples);
}

/* An array for each tile or slice. Those of tiles are not the kernel's own: with sums in an array of its own,
 * GCC keeps these in registers only if whatever else it reads comes from elsewhere. */
static Matrix own_matrix(Lower *lower, const Layer *layer, const char *prefix, const char *name, StreamId in)
{
    int items = layer->cut == CUT_UNITS ? layer->units / layer->tile.width : SLICES;
    int dims[3] = {items, stream_size(lower, in), layer->tile.width};
    return (Matrix){named_buffer(lower, prefix, name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims),
                    layer->tile.item, NULL};
}

/* to[i][j] = (or +=) from[i][j] for all inputs and the tile's outputs; from NULL: 0 */
static void emit_copy(Lower *lower, LoopBlock *into, const Matrix *to, const Matrix *from, int rows,
                      int width, bool add)
{
    LoopStmt *loop_i = for_range(lower, into, "i", rows);
    LoopExpr *i = loop_variable(lower, loop_i);
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *value = from ? matrix_load(lower, from, i, j) : loop_float(lower->arena, 0);
    matrix_store(lower, &loop_j->body, to, i, j, value, add);
}

/* Weights of a tile, next to each other. */
static Matrix tile_weights(Lower *lower, const Layer *layer, const Node *map, LoopBlock *into)
{
    Matrix all = {weights_of(lower, map), NULL, layer->cut == CUT_UNITS ? layer->tile.from : NULL};
    if (layer->cut != CUT_UNITS)
        return all;
    Matrix own = own_matrix(lower, layer, "tiles_of", lower->program->buffers.at[all.buffer].name, map->in);
    note(lower, into, "the tile's part of ", lower->program->buffers.at[all.buffer].name, "");
    emit_copy(lower, into, &own, &all, stream_size(lower, map->in), layer->tile.width, false);
    return own;
}

static Matrix whole_gradient(const Lower *lower, const Layer *layer, const Node *node)
{
    return (Matrix){lower->gradients[node->weight], NULL, layer->cut == CUT_UNITS ? layer->tile.from : NULL};
}

/* Where a tile, or a slice, sums the gradient: its own array of zeros. */
static Matrix tile_total(Lower *lower, const Layer *layer, const Node *node, LoopBlock *into)
{
    if (node->kind != NODE_WEIGHT_GRAD)
        return (Matrix){-1, NULL, NULL};
    Matrix total = own_matrix(lower, layer, "parts_of", lower->net->params.at[node->weight].name, node->in);
    emit_copy(lower, into, &total, NULL, stream_size(lower, node->in), layer->tile.width, false);
    return total;
}

static void emit_matrices(Lower *lower, Layer *layer, LoopBlock *into)
{
    layer->weights = NEW_ARRAY(lower->arena, Matrix, layer->maps.count + 1);
    layer->totals = NEW_ARRAY(lower->arena, Matrix, layer->gradients.count + 1);
    for (int i = 0; i < layer->maps.count; i++)
        layer->weights[i] = tile_weights(lower, layer, layer->maps.at[i], into);
    for (int i = 0; i < layer->gradients.count; i++)
        layer->totals[i] = tile_total(lower, layer, layer->gradients.at[i], into);
}

/* ---- one sample ---- */

static void emit_bias_grad(Lower *lower, const Layer *layer, const Node *node, Site site)
{
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    LoopStmt *loop_j = for_units(lower, &loop_t->body, "j", layer->tile.width);
    LoopExpr *j = loop_variable(lower, loop_j);
    site.t = loop_variable(lower, loop_t);
    store1(lower, &loop_j->body, lower->gradients[node->bias], unit_of(lower, site, j),
           load_stream(lower, node->in, site, j), true);
}

static void emit_gradient(Lower *lower, const Layer *layer, int k, Site site)
{
    const Node *node = layer->gradients.at[k];
    LoopBlock *into = site.into;
    if (node->kind == NODE_BIAS_GRAD) {
        emit_bias_grad(lower, layer, node, site);
        return;
    }
    bool tables = table_use(lower, node);
    const char *param = lower->net->params.at[node->weight].name;
    if (tables) {
        site.into = if_chosen(lower, node, into, true);
        note(lower, site.into, "gradient of ", param, ", by tables over five steps");
        emit_weight_grad_tables(lower, node, &layer->totals[k], layer->table, site);
    }
    if (!tables || event_use(lower, node)) {
        site.into = tables ? if_chosen(lower, node, into, false) : into;
        note(lower, site.into, "gradient of ", param,
             follows_events(lower, node->in) ? ", event by event" : "");
        emit_weight_grad(lower, node, &layer->totals[k], layer->sums, site, NULL, NULL);
    }
}

/* The scan and the gradients, whose inputs have been made. */
static void emit_rest(Lower *lower, const Layer *layer, Site site)
{
    if (layer->scan) {
        note(lower, site.into, layer->scan->name, "", "");
        emit_scan(lower, layer->scan, &layer->state, site);
    }
    for (int i = 0; i < layer->gradients.count; i++)
        emit_gradient(lower, layer, i, site);
}

/* ---- samples from .. to-1 ---- */

static void emit_map_any(Lower *lower, const Layer *layer, int k, Site site, LoopExpr *from, LoopExpr *to)
{
    const Node *map = layer->maps.at[k];
    LoopBlock *into = site.into;
    bool tables = table_use(lower, map);
    if (tables) {
        site.into = if_chosen(lower, map, into, true);
        note(lower, site.into, "rows of ", lower->program->buffers.at[weights_of(lower, map)].name,
             ", by tables over five inputs");
        emit_map_tables(lower, map, &layer->weights[k], layer->table, site, from, to);
    }
    bool joined = lower->joined[map - lower->net->nodes.at] != 0;
    if (joined || (tables && !event_use(lower, map)))
        return;
    into = tables ? if_chosen(lower, map, into, false) : into;
    LoopStmt *loop_b = for_bounds(lower, into, "b", from, to);
    site.b = loop_variable(lower, loop_b);
    site.into = &loop_b->body;
    emit_map(lower, map, &layer->weights[k], layer->sums, site);
}

/* So many samples at a time as one making of tables is worth. */
static void emit_chunks(Lower *lower, Layer *layer, LoopBlock *into, LoopExpr *from, LoopExpr *to, int size)
{
    LoopExpr *b1;
    LoopBlock *body = &for_chunks(lower, into, "chunk", from, to, size, &layer->tile.b0, &b1)->body;
    Site site = {body, NULL, NULL, &layer->tile};
    for (int i = 0; i < layer->maps.count; i++)
        emit_map_any(lower, layer, i, site, layer->tile.b0, b1);
    LoopStmt *loop_b = for_bounds(lower, body, "b", layer->tile.b0, b1);
    site.b = loop_variable(lower, loop_b);
    site.into = &loop_b->body;
    emit_rest(lower, layer, site);
}

/* Whether the kernel is but matrix products of streams outside time. */
static bool is_once(const Lower *lower, const Layer *layer)
{
    bool once = !layer->scan;
    for (int i = 0; i < layer->maps.count; i++)
        once = once && !stream_of(lower, layer->maps.at[i]->out)->temporal;
    for (int i = 0; i < layer->gradients.count; i++)
        once = once && layer->gradients.at[i]->kind == NODE_WEIGHT_GRAD
               && !stream_of(lower, layer->gradients.at[i]->aux)->temporal;
    return once;
}

static void emit_once(Lower *lower, Layer *layer, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    Site site = {into, NULL, NULL, &layer->tile};
    for (int i = 0; i < layer->maps.count; i++) {
        note(lower, into, "rows of ", lower->program->buffers.at[weights_of(lower, layer->maps.at[i])].name,
             ", some samples at a time");
        emit_map_once(lower, layer->maps.at[i], &layer->weights[i], layer->sums, site, from, to);
    }
    for (int i = 0; i < layer->gradients.count; i++) {
        note(lower, into, "gradient of ", lower->net->params.at[layer->gradients.at[i]->weight].name,
             ", summed over the samples");
        emit_weight_grad(lower, layer->gradients.at[i], &layer->totals[i], layer->sums, site, from, to);
    }
}

static void emit_samples(Lower *lower, Layer *layer, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    LoopStmt *loop_b = for_bounds(lower, into, "b", from, to);
    Site site = {&loop_b->body, loop_variable(lower, loop_b), NULL, &layer->tile};
    for (int i = 0; i < layer->maps.count; i++)
        emit_map(lower, layer->maps.at[i], &layer->weights[i], layer->sums, site);
    emit_rest(lower, layer, site);
}

/* ---- the kernel ---- */

static const char *about(Lower *lower, const Layer *layer)
{
    const char *text = arena_printf(lower->arena, "%s:", layer->name), *comma = " ";
    for (int i = 0; i < layer->maps.count; i++, comma = ", then ")
        text = arena_printf(lower->arena, "%s%slinear map of %s, %d -> %d", text, comma,
                            stream_of(lower, layer->maps.at[i]->in)->name,
                            stream_size(lower, layer->maps.at[i]->in), layer->units);
    if (layer->scan) {
        bool once = !scan_in_time(lower->net, layer->scan);
        text = arena_printf(lower->arena, "%s%s%s, %d units%s", text, comma, layer->scan->name, layer->units,
                            once ? ", once for all steps" : "");
        comma = ", then ";
    }
    for (int i = 0; i < layer->gradients.count; i++, comma = ", then ") {
        const Node *node = layer->gradients.at[i];
        ParamId param = node->kind == NODE_WEIGHT_GRAD ? node->weight : node->bias;
        text =
            arena_printf(lower->arena, "%s%sgradient of %s", text, comma, lower->net->params.at[param].name);
    }
    return text;
}

static const char *kernel_verb(const Layer *layer)
{
    if (layer->scan)
        return layer->scan->reverse ? "adjoint" : layer->maps.count ? "layer" : "scan";
    return layer->maps.count ? "dense" : "gradient";
}

static LoopExpr *slice_edge(Lower *lower, LoopExpr *slice)
{
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    return op2(lower, OP_DIV, op2(lower, OP_MUL, rows, slice), num(lower, SLICES));
}

/* The samples that one item goes through. */
static void item_range(Lower *lower, Layer *layer, LoopBlock **into, LoopExpr **from, LoopExpr **to)
{
    LoopExpr *first = loop_ref(lower->arena, lower->kernel, lower->kernel->first);
    LoopExpr *last = loop_ref(lower->arena, lower->kernel, lower->kernel->last);
    *into = &lower->kernel->body;
    *from = num(lower, 0);
    *to = loop_scalar(lower->arena, SCALAR_ROWS);
    layer->tile.from = num(lower, 0);
    if (layer->cut == CUT_SAMPLES) {
        *from = first;
        *to = last;
        return;
    }
    LoopStmt *items = kernel_items(lower, layer->cut == CUT_UNITS ? "tile" : "slice");
    LoopExpr *item = loop_variable(lower, items);
    layer->tile.item = item;
    *into = &items->body;
    if (layer->cut == CUT_UNITS) {
        LoopExpr *unit = op2(lower, OP_MUL, item, num(lower, layer->tile.width));
        layer->tile.from = loop_local(lower, *into, "j0", unit);
        return;
    }
    *from = loop_local(lower, *into, "b0", slice_edge(lower, item));
    *to = loop_local(lower, *into, "b1", slice_edge(lower, op2(lower, OP_ADD, item, num(lower, 1))));
}

static void add_totals(Lower *lower, const Layer *layer, LoopBlock *into)
{
    for (int i = 0; i < layer->gradients.count; i++) {
        const Node *node = layer->gradients.at[i];
        if (node->kind != NODE_WEIGHT_GRAD)
            continue;
        Matrix whole = whole_gradient(lower, layer, node);
        note(lower, into, "to the gradient of ", lower->net->params.at[node->weight].name, "");
        emit_copy(lower, into, &whole, &layer->totals[i], stream_size(lower, node->in), layer->tile.width,
                  true);
    }
}

/* gradient += the slices' parts, from the first to the last */
static void lower_parts(Lower *lower, const Layer *layer, int k)
{
    const Node *node = layer->gradients.at[k];
    const Param *param = &lower->net->params.at[node->weight];
    kernel_begin(lower, "sum", param->name,
                 arena_printf(lower->arena, "gradient of %s: sum of the parts", param->name), node->span,
                 param->shape.dims[0]);
    LoopStmt *loop_i = kernel_items(lower, "i");
    LoopStmt *loop_s = for_range(lower, &loop_i->body, "slice", SLICES);
    LoopStmt *loop_j = for_units(lower, &loop_s->body, "j", layer->units);
    LoopExpr *i = loop_variable(lower, loop_i), *j = loop_variable(lower, loop_j);
    Matrix part = {layer->totals[k].buffer, loop_variable(lower, loop_s), NULL};
    store2(lower, &loop_j->body, lower->gradients[node->weight], i, j, matrix_load(lower, &part, i, j), true);
}

static void finish(Lower *lower, const Layer *layer, LoopBlock *into)
{
    if (layer->cut == CUT_UNITS)
        add_totals(lower, layer, into);
    for (int i = 0; i < layer->gradients.count && layer->cut == CUT_SLICES; i++)
        if (layer->gradients.at[i]->kind == NODE_WEIGHT_GRAD)
            lower_parts(lower, layer, i);
    if (layer->scan)
        lower_partials(lower, layer->scan, &layer->state);
}

static int most_rows(const Lower *lower, const Layer *layer)
{
    int most = 1;
    for (int i = 0; i < layer->maps.count + layer->gradients.count; i++) {
        const Node *node =
            i < layer->maps.count ? layer->maps.at[i] : layer->gradients.at[i - layer->maps.count];
        int rows = sums_rows(lower, node->in);
        most = rows > most ? rows : most;
    }
    return most;
}

static Span origin_of(const Layer *layer)
{
    return layer->scan         ? layer->scan->span
           : layer->maps.count ? layer->maps.at[0]->span
                               : layer->gradients.at[0]->span;
}

static void lower_kernel(Lower *lower, const Node *node)
{
    Layer layer = collect(lower, node);
    prepare_streams(lower, &layer);
    bool chunks = maps_use_tables(lower, &layer);
    if (layer.scan)
        layer.state = scan_prepare(lower, layer.scan);
    add_local_streams(lower, &layer, chunks ? chunk_samples(lower) : 1);
    if (layer.maps.count > 0 || layer.gradients.count > 0)
        layer.sums = sums_buffer(lower, layer.name, most_rows(lower, &layer), layer.tile.width);
    if (chunks || gradients_use_tables(lower, &layer))
        layer.table = table_buffer(lower, layer.name, layer.tile.width);
    int items = layer.cut == CUT_UNITS    ? layer.units / layer.tile.width
                : layer.cut == CUT_SLICES ? SLICES
                                          : 0;
    kernel_begin(lower, kernel_verb(&layer), layer.name, about(lower, &layer), origin_of(&layer), items);
    LoopBlock *into;
    LoopExpr *from, *to;
    item_range(lower, &layer, &into, &from, &to);
    emit_matrices(lower, &layer, into);
    if (chunks)
        emit_chunks(lower, &layer, into, from, to, chunk_samples(lower));
    else if (is_once(lower, &layer))
        emit_once(lower, &layer, into, from, to);
    else
        emit_samples(lower, &layer, into, from, to);
    finish(lower, &layer, into);
}

/* A map that a recurrent group makes from events: here only its tables, for all steps. */
static void lower_joined(Lower *lower, const Node *map)
{
    int dims[2] = {lower->net->steps, stream_size(lower, map->out)}, slots = lower->slots[map->out];
    BufferId row = lower->streams[map->out];
    if (!table_use(lower, map)) {
        prepare_stream(lower, map);
        return;
    }
    lower->slots[map->out] = 0;
    lower->streams[map->out] = named_buffer(lower, "tables_of", stream_of(lower, map->out)->name, TYPE_F32,
                                            BUFFER_SCRATCH, true, 2, dims);
    lower_kernel(lower, map);
    lower->whole[map->out] = lower->streams[map->out];
    lower->streams[map->out] = row;
    lower->slots[map->out] = slots;
}

void lower_layer(Lower *lower, const Node *node)
{
    int n = (int)(node - lower->net->nodes.at);
    if (lower->joined[n])
        lower_joined(lower, node);
    else if (lower->host[n] == NONE) /* else within its host's kernel */
        lower_kernel(lower, node);
}
