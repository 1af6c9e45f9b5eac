/* Linear maps and their weight gradients, for one sample and a tile of outputs. Where spikes come in, rows of
 * weights are added, one for each event; else it is a matrix product, with sums of a few rows kept in registers. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/gate.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"
#include "lower/spikes/pack.h"
#include "lower/tuned.h"

int sums_rows(const Lower *lower, const Linear *linear)
{
    return lower->plan->streams[linear->node->in].events ? 1 : BLOCK;
}

void linear_prepare(Lower *lower, Linear *linear)
{
    if (linear->plan->tables)
        pack_prepare(lower, linear->node);
    if (linear->plan->listed)
        lists_prepare(lower, linear->node->in);
    linear->few = gate_prepare(lower, linear->node);
}

/* ---- sums of one to four rows, in registers or, if narrow, where they belong ---- */

typedef struct Rows {
    const Node *dense;
    BufferId sums;
    LoopExpr *first; /* step of the first row, or its sample; NULL outside time */
    int count, width;
    bool in_place;
    bool samples; /* rows are samples, not steps */
} Rows;

static Site row_site(Lower *lower, const Rows *rows, Site site, int r, LoopBlock *into)
{
    site.into = into;
    LoopExpr *row = rows->first ? op2(lower, OP_ADD, rows->first, num(lower, r)) : NULL;
    *(rows->samples ? &site.b : &site.t) = row;
    return site;
}

LoopExpr *map_start(Lower *lower, const Node *dense, Site site, LoopExpr *j)
{
    ParamId bias = dense->bias;
    return bias == NONE ? loop_float(lower->arena, 0)
                        : load1(lower, lower->params[bias].values, unit_of(lower, site, j));
}

static void emit_sums_start(Lower *lower, const Rows *rows, Site site)
{
    for (int r = 0; r < rows->count; r++) {
        LoopStmt *loop = for_units(lower, site.into, "j", rows->width);
        LoopExpr *j = loop_variable(lower, loop), *start = map_start(lower, rows->dense, site, j);
        if (rows->in_place)
            store_stream(lower, rows->dense->out, row_site(lower, rows, site, r, &loop->body), j, start,
                         false);
        else
            store2(lower, &loop->body, rows->sums, num(lower, r), j, start, false);
    }
}

static void emit_sum(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *value)
{
    if (rows->in_place)
        store_stream(lower, rows->dense->out, row_site(lower, rows, site, r, site.into), j, value, true);
    else
        store2(lower, site.into, rows->sums, num(lower, r), j, value, true);
}

static void emit_sums_end(Lower *lower, const Rows *rows, Site site)
{
    for (int r = 0; r < rows->count && !rows->in_place; r++) {
        LoopStmt *loop = for_units(lower, site.into, "j", rows->width);
        LoopExpr *j = loop_variable(lower, loop);
        store_stream(lower, rows->dense->out, row_site(lower, rows, site, r, &loop->body), j,
                     load2(lower, rows->sums, num(lower, r), j), false);
    }
}

/* ---- maps ---- */

/* The map at one step of one sample. */
static void emit_events_step(Lower *lower, const Linear *map, Site site)
{
    const Node *dense = map->node;
    LoopExpr *i;
    int width = site_width(lower, site, dense->out);
    Rows rows = {dense, map->sums, site.t, 1, width, width < LEAST_SUMS, false};
    emit_sums_start(lower, &rows, site);
    LoopStmt *events = loop_events(lower, dense->in, site, &i);
    LoopStmt *loop_j = for_units(lower, &events->body, "j", width);
    LoopExpr *j = loop_variable(lower, loop_j);
    Site inner = site;
    inner.into = &loop_j->body;
    emit_sum(lower, &rows, inner, 0, j, matrix_load(lower, &map->matrix, i, j));
    emit_sums_end(lower, &rows, site);
}

static void emit_map_events(Lower *lower, const Linear *map, Site site)
{
    LoopStmt *loop_t = for_range(lower, site.into, "t", map->plan->steps);
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    emit_events_step(lower, map, site);
}

static LoopExpr *product_apart(Lower *lower, LoopBlock *into, int r, LoopExpr *value)
{
    VarId var = loop_var(lower->arena, lower->kernel, arena_printf(lower->arena, "p%d", r), TYPE_F32);
    loop_let_apart(lower->arena, into, var, value);
    return loop_ref(lower->arena, lower->kernel, var);
}

/* The sums of all rows += x[row] * w. */
static void emit_multiply_add(Lower *lower, const Rows *rows, Site site, LoopExpr *j, LoopExpr *const *x,
                              LoopExpr *w)
{
    LoopExpr *products[MOST_ROWS];
    bool apart = !rows->in_place && rows->count >= APART && !leaves_out(lower, OPTIMISATION_APART);
    for (int first = 0; first < rows->count; first += APART) {
        int end = first + APART < rows->count ? first + APART : rows->count;
        for (int r = first; r < end; r++) {
            products[r] = op2(lower, OP_MUL, x[r], w);
            if (apart)
                products[r] = product_apart(lower, site.into, r, products[r]);
        }
        for (int r = first; r < end; r++)
            emit_sum(lower, rows, site, r, j, products[r]);
    }
}

/* Rows `first` .. first + count - 1 of a map of reals. */
static void emit_product(Lower *lower, const Rows *rows, const Matrix *weights, Site site)
{
    emit_sums_start(lower, rows, site);
    LoopStmt *loop_i = for_range(lower, site.into, "i", stream_size(lower, rows->dense->in));
    LoopExpr *i = loop_variable(lower, loop_i), *x[MOST_ROWS];
    for (int r = 0; r < rows->count; r++) {
        Site input = row_site(lower, rows, site, r, &loop_i->body);
        input.tile = NULL; /* inputs are counted from the layer's first */
        x[r] = loop_local(lower, &loop_i->body, arena_printf(lower->arena, "x%d", r),
                          loop_cast(lower->arena, TYPE_F32, load_stream(lower, rows->dense->in, input, i)));
    }
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *w = loop_local(lower, &loop_j->body, "w", matrix_load(lower, weights, i, j));
    Site inner = site;
    inner.into = &loop_j->body;
    emit_multiply_add(lower, rows, inner, j, x, w);
    emit_sums_end(lower, rows, site);
}

/* Where few of the neurons behind a map are near their threshold: at all steps of the site's sample, or at the site's
 * step for samples b0 .. b1-1. Returns where the whole product goes, or NULL. */
static LoopBlock *emit_near(Lower *lower, const Linear *map, Site site, LoopExpr *b0, LoopExpr *b1)
{
    if (!map->plan->gate)
        return site.into;
    LoopBlock *few = if_few(lower, map, site.into, true);
    LoopStmt *loop = b0 ? for_bounds(lower, few, "b", b0, b1) : for_range(lower, few, "t", map->plan->steps);
    Site each = site;
    *(b0 ? &each.b : &each.t) = loop_variable(lower, loop);
    each.into = &loop->body;
    emit_gated(lower, map, each);
    return if_few(lower, map, site.into, false);
}

static void emit_map_reals(Lower *lower, const Linear *map, Site site)
{
    const Node *dense = map->node;
    site.into = emit_near(lower, map, site, NULL, NULL);
    if (!site.into)
        return;
    bool temporal = stream_of(lower, dense->out)->temporal;
    int steps = map->plan->steps, width = site_width(lower, site, dense->out);
    int blocks = steps / BLOCK, rest = steps % BLOCK;
    Rows rows = {dense, map->sums, NULL, BLOCK, width, width < LEAST_SUMS, false};
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, site.into, "block", blocks);
        rows.first = loop_local(lower, &loop->body, "t0",
                                op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, BLOCK)));
        Site inner = site;
        inner.into = &loop->body;
        emit_product(lower, &rows, &map->matrix, inner);
    }
    rows.count = rest;
    rows.first = temporal ? num(lower, blocks * BLOCK) : NULL;
    if (rest > 0)
        emit_product(lower, &rows, &map->matrix, site);
}

void emit_map(Lower *lower, const Linear *map, Site site)
{
    const Node *dense = map->node;
    const char *name = lower->program->buffers.at[weights_of(lower, dense)].name;
    bool events = lower->plan->streams[dense->in].events;
    loop_comment(lower->arena, site.into,
                 arena_printf(lower->arena, "rows of %s%s", name, events ? ", event by event" : ""));
    if (events)
        emit_map_events(lower, map, site);
    else
        emit_map_reals(lower, map, site);
}

/* ---- maps of several samples at one step ---- */

/* So many samples at a time, as long as there are; returns the first that is left. */
static LoopExpr *emit_sample_blocks(Lower *lower, const Rows *rows, LoopExpr *blocks, const Matrix *weights,
                                    Site site, LoopExpr *b0)
{
    Rows some = *rows;
    LoopExpr *together = num(lower, rows->count);
    LoopBlock *into = site.into;
    blocks = loop_local(lower, into, "blocks", blocks);
    LoopStmt *loop = for_range(lower, into, "block", 0);
    loop->to = blocks;
    LoopExpr *offset = op2(lower, OP_MUL, loop_variable(lower, loop), together);
    some.first = loop_local(lower, &loop->body, "b", op2(lower, OP_ADD, b0, offset));
    site.into = &loop->body;
    emit_product(lower, &some, weights, site);
    return loop_local(lower, into, "left", op2(lower, OP_ADD, b0, op2(lower, OP_MUL, blocks, together)));
}

/* Samples b0 .. b1-1: eight at a time where the sums fit into vectors of the widest kind, then four, then one. */
static void emit_samples(Lower *lower, Rows rows, const Matrix *weights, Site site, LoopExpr *b0,
                         LoopExpr *b1)
{
    for (int count = rows.count; count >= BLOCK; count /= 2) {
        rows.count = count;
        LoopExpr *blocks = op2(lower, OP_DIV, op2(lower, OP_SUB, b1, b0), num(lower, count));
        if (count > BLOCK)
            blocks = loop_op(lower->arena, OP_SELECT,
                             op2(lower, OP_GE, loop_lanes(lower->arena), num(lower, WIDE_LANES)), blocks,
                             num(lower, 0));
        b0 = emit_sample_blocks(lower, &rows, blocks, weights, site, b0);
    }
    LoopStmt *rest = for_bounds(lower, site.into, "b", b0, b1);
    rows.first = loop_variable(lower, rest);
    rows.count = 1;
    site.into = &rest->body;
    emit_product(lower, &rows, weights, site);
}

void emit_map_once(Lower *lower, const Linear *map, Site site, LoopExpr *b0, LoopExpr *b1)
{
    const Node *dense = map->node;
    int width = site_width(lower, site, dense->out);
    Rows rows = {dense, map->sums, NULL, BLOCK, width, width < LEAST_SUMS, true};
    emit_samples(lower, rows, &map->matrix, site, b0, b1);
}

/* A map in a group: its outputs go tile by tile. */
typedef struct StepMap {
    Linear linear;
    Tile tile;
} StepMap;

static LoopStmt *loop_tiles(Lower *lower, StepMap *map, LoopBlock *into)
{
    LoopStmt *tiles = for_range(lower, into, "tile", map->linear.plan->units / map->tile.width);
    map->tile.from = loop_local(lower, &tiles->body, "j0",
                                op2(lower, OP_MUL, loop_variable(lower, tiles), num(lower, map->tile.width)));
    map->linear.matrix.outer = loop_variable(lower, tiles);
    return tiles;
}

static void emit_step_reals(Lower *lower, StepMap *map, Site site, LoopExpr *b0, LoopExpr *b1)
{
    Site whole = site;
    whole.tile = NULL;
    site.into = emit_near(lower, &map->linear, whole, b0, b1);
    if (!site.into)
        return;
    LoopStmt *tiles = loop_tiles(lower, map, site.into);
    site.into = &tiles->body;
    Rows rows = {map->linear.node, map->linear.sums, NULL, MOST_ROWS, map->tile.width, false, true};
    emit_samples(lower, rows, &map->linear.matrix, site, b0, b1);
}

/* All tiles of the map for one sample, whose events at this step are listed. */
static void emit_step_listed(Lower *lower, StepMap *map, Site site)
{
    LoopStmt *tiles = loop_tiles(lower, map, site.into);
    site.into = &tiles->body;
    emit_events_step(lower, &map->linear, site);
}

/* From the list of the stream, which the group itself makes. */
static void emit_step_spikes(Lower *lower, StepMap *map, Site site, LoopExpr *b0, LoopExpr *b1)
{
    LoopStmt *loop_b = for_bounds(lower, site.into, "b", b0, b1);
    site.b = loop_variable(lower, loop_b);
    site.into = &loop_b->body;
    emit_step_listed(lower, map, site);
}

/* From the list of the whole stream, or from what tables have made of it. */
static void emit_step_joined(Lower *lower, StepMap *map, Site site, LoopExpr *b0, LoopExpr *b1)
{
    const Node *dense = map->linear.node;
    StreamId out = dense->out;
    LoopStmt *loop_b = for_bounds(lower, site.into, "b", b0, b1);
    site.b = loop_variable(lower, loop_b);
    if (lower->streams[out].whole >= 0) {
        LoopBlock *busy = if_chosen(lower, dense, &loop_b->body, true);
        LoopStmt *loop_j = for_units(lower, busy, "j", stream_size(lower, out));
        LoopExpr *j = loop_variable(lower, loop_j), *place[3] = {site.b, site.t, j};
        Site all = {&loop_j->body, site.b, site.t, NULL, site.segment};
        store_stream(lower, out, all, j, loop_load(lower->program, lower->streams[out].whole, 3, place),
                     false);
    }
    site.into = if_chosen(lower, dense, &loop_b->body, false);
    emit_step_listed(lower, map, site);
}

Matrix tiled_weights(Lower *lower, const Node *dense)
{
    BufferId weights = weights_of(lower, dense);
    const char *name = lower->program->buffers.at[weights].name;
    int inputs = stream_size(lower, dense->in), outputs = stream_size(lower, dense->out);
    int width = plan_of(lower, dense)->step_width, dims[3] = {outputs / width, inputs, width};
    Matrix tiles = {named_buffer(lower, "tiles_of", name, TYPE_F32, BUFFER_SCRATCH, false, 3, dims), NULL,
                    NULL};
    kernel_begin(lower, "tile", name, arena_printf(lower->arena, "%s, tile by tile", name), (Span){0, 0},
                 dims[0]);
    LoopStmt *loop_tile = kernel_items(lower, "tile");
    tiles.outer = loop_variable(lower, loop_tile);
    LoopStmt *loop_i = for_range(lower, &loop_tile->body, "i", inputs);
    LoopExpr *i = loop_variable(lower, loop_i);
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", width);
    LoopExpr *j = loop_variable(lower, loop_j);
    Matrix all = {weights, NULL, op2(lower, OP_MUL, tiles.outer, num(lower, width))};
    matrix_store(lower, &loop_j->body, &tiles, i, j, matrix_load(lower, &all, i, j), false);
    return tiles;
}

void emit_step_map(Lower *lower, const Linear *linear, Site site, LoopExpr *b0, LoopExpr *b1)
{
    const char *name = stream_of(lower, linear->node->out)->name;
    bool events = lower->plan->streams[linear->node->in].events;
    StepMap map = {*linear, {.width = linear->plan->step_width, .whole = NONE}};
    map.linear.sums = sums_buffer(lower, name, events ? 1 : MOST_ROWS, map.tile.width);
    site.tile = &map.tile;
    if (linear->plan->joined)
        emit_step_joined(lower, &map, site, b0, b1);
    else if (events)
        emit_step_spikes(lower, &map, site, b0, b1);
    else
        emit_step_reals(lower, &map, site, b0, b1);
}

/* ---- weight gradients ---- */

/* The row of gradients of one step waits in registers for the units that spike. */
static void emit_grad_events(Lower *lower, const Linear *gradient, Site site)
{
    const Node *node = gradient->node;
    BufferId sums = gradient->sums;
    LoopExpr *i, *zero = num(lower, 0);
    int width = site_width(lower, site, node->aux);
    LoopStmt *loop_t = for_range(lower, site.into, "t", gradient->plan->steps);
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    LoopStmt *row = for_units(lower, site.into, "j", width);
    LoopExpr *j = loop_variable(lower, row);
    store2(lower, &row->body, sums, zero, j, load_stream(lower, node->aux, site, j), false);
    LoopStmt *events = loop_events(lower, node->in, site, &i);
    LoopStmt *loop_j = for_units(lower, &events->body, "j", width);
    j = loop_variable(lower, loop_j);
    matrix_store(lower, &loop_j->body, &gradient->matrix, i, j, load2(lower, sums, zero, j), true);
}

typedef struct Columns {
    const Linear *gradient;
    LoopExpr *first; /* input */
    int count, width;
    LoopExpr *b0, *b1; /* samples, if sums go over them; else they go over the steps of one */
} Columns;

static void emit_columns_step(Lower *lower, const Columns *columns, Site site)
{
    LoopExpr *x[BLOCK];
    Site input = site;
    input.tile = NULL;
    for (int r = 0; r < columns->count; r++) {
        LoopExpr *i = op2(lower, OP_ADD, columns->first, num(lower, r));
        x[r] = loop_local(
            lower, site.into, arena_printf(lower->arena, "x%d", r),
            loop_cast(lower->arena, TYPE_F32, load_stream(lower, columns->gradient->node->in, input, i)));
    }
    LoopStmt *loop_j = for_units(lower, site.into, "j", columns->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *g =
        loop_local(lower, &loop_j->body, "g", load_stream(lower, columns->gradient->node->aux, site, j));
    for (int r = 0; r < columns->count; r++)
        store2(lower, &loop_j->body, columns->gradient->sums, num(lower, r), j, op2(lower, OP_MUL, x[r], g),
               true);
}

/* Inputs first .. first + count - 1: summed over the steps of the sample or over samples, then added. */
static void emit_columns(Lower *lower, const Columns *columns, Site site)
{
    for (int r = 0; r < columns->count; r++) {
        LoopStmt *loop = for_units(lower, site.into, "j", columns->width);
        store2(lower, &loop->body, columns->gradient->sums, num(lower, r), loop_variable(lower, loop),
               loop_float(lower->arena, 0), false);
    }
    Site inner = site;
    if (columns->b0) {
        LoopStmt *loop_b = for_bounds(lower, site.into, "b", columns->b0, columns->b1);
        inner.b = loop_variable(lower, loop_b);
        inner.into = &loop_b->body;
    } else if (stream_of(lower, columns->gradient->node->in)->temporal) {
        LoopStmt *loop_t = for_range(lower, site.into, "t", columns->gradient->plan->steps);
        inner.t = loop_variable(lower, loop_t);
        inner.into = &loop_t->body;
    }
    emit_columns_step(lower, columns, inner);
    for (int r = 0; r < columns->count; r++) {
        LoopStmt *loop = for_units(lower, site.into, "j", columns->width);
        LoopExpr *j = loop_variable(lower, loop);
        matrix_store(lower, &loop->body, &columns->gradient->matrix,
                     op2(lower, OP_ADD, columns->first, num(lower, r)), j,
                     load2(lower, columns->gradient->sums, num(lower, r), j), true);
    }
}

static void emit_grad_reals(Lower *lower, const Linear *gradient, Site site, LoopExpr *b0, LoopExpr *b1)
{
    const Node *node = gradient->node;
    int inputs = stream_size(lower, node->in), blocks = inputs / BLOCK;
    Columns columns = {gradient, NULL, BLOCK, 0, b0, b1};
    columns.width = site_width(lower, site, node->aux);
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, site.into, "block", blocks);
        columns.first = loop_local(lower, &loop->body, "i0",
                                   op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, BLOCK)));
        Site inner = site;
        inner.into = &loop->body;
        emit_columns(lower, &columns, inner);
    }
    columns.count = inputs % BLOCK;
    columns.first = num(lower, blocks * BLOCK);
    if (columns.count > 0)
        emit_columns(lower, &columns, site);
}

void emit_weight_grad(Lower *lower, const Linear *gradient, Site site, LoopExpr *b0, LoopExpr *b1)
{
    if (lower->plan->streams[gradient->node->in].events)
        emit_grad_events(lower, gradient, site);
    else
        emit_grad_reals(lower, gradient, site, b0, b1);
}
