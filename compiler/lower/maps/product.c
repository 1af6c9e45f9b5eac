/* Maps and gradients of reals: matrix products, with the sums of a few rows kept in registers. They serve whatever no
 * other kernel does. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/heard.h"
#include "lower/maps/rows.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->dense && linear->plan->role != ROLE_BIAS_GRAD && !linear->plan->tables
           && !linear->plan->listed;
}

/* ---- maps ---- */

/* The sums of all rows += x[row] * w, some products made before the first of them is added. */
static void emit_apart(Lower *lower, const Rows *rows, Site site, LoopExpr *j, LoopExpr *const *x,
                       LoopExpr *w)
{
    VarId products[MOST_ROWS];
    for (int first = 0; first < rows->count; first += APART) {
        for (int r = first; r < first + APART; r++) {
            products[r] =
                loop_var(lower->arena, lower->kernel, arena_printf(lower->arena, "p%d", r), TYPE_F32);
            loop_let_apart(lower->arena, site.into, products[r], op2(lower, OP_MUL, x[r], w));
        }
        for (int r = first; r < first + APART; r++)
            emit_sum(lower, rows, site, r, j, loop_ref(lower->arena, lower->kernel, products[r]));
    }
}

/* The sums of all rows += x[row] * w. */
static void emit_multiply_add(Lower *lower, const Rows *rows, Site site, LoopExpr *j, LoopExpr *const *x,
                              LoopExpr *w)
{
    bool apart = lower->plan->options.products == PRODUCTS_APART && !leaves_out(lower, OPTIMISATION_APART);
    if (apart && !rows->in_place && rows->count % APART == 0) {
        emit_apart(lower, rows, site, j, x, w);
        return;
    }
    for (int r = 0; r < rows->count; r++)
        emit_sum_product(lower, rows, site, r, j, x[r], w);
}

/* Rows `first` .. first + count - 1 of a map of reals. */
static void emit_product(Lower *lower, const Rows *rows, Site site)
{
    emit_sums_start(lower, rows, site);
    Heard heard = for_heard(lower, rows->map, site);
    LoopStmt *loop_i = for_range(lower, heard.site.into, "i", stream_size(lower, rows->map->node->in));
    LoopExpr *i = loop_variable(lower, loop_i), *x[MOST_ROWS];
    for (int r = 0; r < rows->count; r++) {
        Site input = row_site(lower, rows, heard.site, r, &loop_i->body);
        input.tile = NULL; /* inputs are counted from the layer's first */
        input.first = NULL;
        x[r] = loop_local(lower, &loop_i->body, arena_printf(lower->arena, "x%d", r),
                          load_number(lower, rows->map->node->in, input, i));
    }
    LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *w = loop_local(lower, &loop_j->body, "w", matrix_load(lower, &heard.map.matrix, i, j));
    Site inner = site;
    inner.into = &loop_j->body;
    emit_multiply_add(lower, rows, inner, j, x, w);
    emit_sums_end(lower, rows, site);
}

/* Steps 0 .. steps-1 of the site's sample. */
static void emit_steps(Lower *lower, Rows rows, Site site, int steps)
{
    int blocks = steps / BLOCK;
    rows.count = BLOCK;
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, site.into, "block", blocks);
        rows.first = loop_local(lower, &loop->body, "t0",
                                op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, BLOCK)));
        Site inner = site;
        inner.into = &loop->body;
        emit_product(lower, &rows, inner);
    }
    rows.count = steps % BLOCK;
    rows.first = num(lower, blocks * BLOCK);
    if (rows.count > 0)
        emit_product(lower, &rows, site);
}

/* So many samples at a time, as long as there are; returns the first that is left. */
static LoopExpr *emit_sample_blocks(Lower *lower, const Rows *rows, LoopExpr *blocks, Site site, LoopExpr *b0)
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
    emit_product(lower, &some, site);
    return loop_local(lower, into, "left", op2(lower, OP_ADD, b0, op2(lower, OP_MUL, blocks, together)));
}

/* Samples b0 .. b1-1: eight at a time where the sums fit into vectors of the widest kind, then four, then one. */
static void emit_samples(Lower *lower, Rows rows, Site site, Walk walk)
{
    LoopExpr *b0 = walk.b0;
    for (int count = rows.count; count >= BLOCK; count /= 2) {
        rows.count = count;
        LoopExpr *blocks = op2(lower, OP_DIV, op2(lower, OP_SUB, walk.b1, b0), num(lower, count));
        if (count > BLOCK)
            blocks = loop_op(lower->arena, OP_SELECT, lanes_are_wide(lower), blocks, num(lower, 0));
        b0 = emit_sample_blocks(lower, &rows, blocks, site, b0);
    }
    LoopStmt *rest = for_bounds(lower, site.into, "b", b0, walk.b1);
    rows.first = loop_variable(lower, rest);
    rows.count = 1;
    site.into = &rest->body;
    emit_product(lower, &rows, site);
}

void emit_products(Lower *lower, const Linear *map, Site site, Walk samples, int together)
{
    Rows rows = {map, NULL, together, site_width(lower, site, map->node->out), false, true};
    emit_samples(lower, rows, site, samples);
}

/* Rows of the walk, whose sums are made together: steps of the site's sample, or samples. */
static void emit_rows(Lower *lower, const Linear *map, Site site, Walk walk, int width, bool in_place)
{
    bool samples = !walk.steps;
    Rows rows = {map, NULL, samples ? BLOCK : 1, width, in_place, samples};
    if (samples)
        emit_samples(lower, rows, site, walk);
    else
        emit_steps(lower, rows, site, walk.steps);
}

/* The same of columns first .. first + width - 1 of those that the site has. */
static void emit_part(Lower *lower, const Linear *map, Site site, Walk walk, LoopExpr *first, int width)
{
    Linear part = *map;
    site.first = part.matrix.column = first;
    part.sums = sums_buffer(lower, stream_of(lower, map->node->out)->name, BLOCK, width);
    emit_rows(lower, &part, site, walk, width, false);
}

/* All columns, `size` at a time. */
static void emit_parts_of(Lower *lower, const Linear *map, Site site, Walk walk, int width, int size)
{
    int parts = width / size, rest = width % size;
    LoopStmt *loop = for_range(lower, site.into, "part", parts);
    Site inner = site;
    inner.into = &loop->body;
    LoopExpr *first = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, size));
    emit_part(lower, map, inner, walk, loop_local(lower, inner.into, "p0", first), size);
    if (rest > 0)
        emit_part(lower, map, site, walk, num(lower, parts * size), rest);
}

/* So many at a time that their sums stay in registers, and, where units are not cut, their weights in a cache. */
static void emit_parts(Lower *lower, const Linear *map, Site site, Walk walk, int width)
{
    LoopBlock *into = site.into;
    site.into = if_wide(lower, into, true);
    if (width > TILE_MOST)
        emit_parts_of(lower, map, site, walk, width, TILE_MOST);
    else
        emit_rows(lower, map, site, walk, width, false);
    site.into = if_wide(lower, into, false);
    emit_parts_of(lower, map, site, walk, width, TILE_NARROW);
}

/* Whether registers of AVX2 don't hold the sums of a few rows. */
static bool is_cut(int width)
{
    return width > TILE_MOST || (width > TILE_NARROW && width % TILE_NARROW == 0);
}

/* ---- few outputs of one sample ----
 *
 * Registers hold their sums though they are no whole vectors: the last vector begins where it ends with them, and makes some sums once
 * more. Without vectors, they are made in place. */

enum { MOST_PIECES = 2 };

/* One of the vectors: the map of its columns, and the sums' row. */
typedef struct Piece {
    Linear map;
    Rows rows;
    Site site;
} Piece;

static bool overlaps(const Lower *lower, const Linear *map, int width)
{
    return lower->program->predicts && !map->plan->past && !map->matrix.column && width > TILE_VECTOR
           && width < LEAST_SUMS;
}

static void begin_piece(Lower *lower, const Linear *map, Site site, LoopExpr *sample, int first, Piece *piece)
{
    piece->map = *map;
    piece->site = site;
    piece->site.first = piece->map.matrix.column = num(lower, first);
    piece->map.sums = sums_buffer(lower, stream_of(lower, map->node->out)->name, 1, TILE_VECTOR);
    piece->rows = (Rows){&piece->map, sample, 1, TILE_VECTOR, false, true};
    emit_sums_start(lower, &piece->rows, piece->site);
}

static void emit_pieces(Lower *lower, const Linear *map, Site site, LoopExpr *sample, int width)
{
    Piece pieces[MOST_PIECES];
    for (int p = 0; p < MOST_PIECES; p++)
        begin_piece(lower, map, site, sample, p == 0 ? 0 : width - TILE_VECTOR, &pieces[p]);
    LoopStmt *loop_i = for_range(lower, site.into, "i", stream_size(lower, map->node->in));
    LoopExpr *i = loop_variable(lower, loop_i);
    Site input = site;
    input.b = sample;
    LoopExpr *x = loop_local(lower, &loop_i->body, "x", load_number(lower, map->node->in, input, i));
    for (int p = 0; p < MOST_PIECES; p++) {
        LoopStmt *loop_j = for_units(lower, &loop_i->body, "j", TILE_VECTOR);
        LoopExpr *j = loop_variable(lower, loop_j);
        LoopExpr *w = loop_local(lower, &loop_j->body, "w", matrix_load(lower, &pieces[p].map.matrix, i, j));
        Site inner = pieces[p].site;
        inner.into = &loop_j->body;
        emit_sum_product(lower, &pieces[p].rows, inner, 0, j, x, w);
    }
    for (int p = 0; p < MOST_PIECES; p++)
        emit_sums_end(lower, &pieces[p].rows, pieces[p].site);
}

static void emit_overlapping(Lower *lower, const Linear *map, Site site, Walk walk, int width)
{
    LoopBlock *into = site.into;
    LoopStmt *loop = for_bounds(lower, if_vectors(lower, into, true), "b", walk.b0, walk.b1);
    site.into = &loop->body;
    emit_pieces(lower, map, site, loop_variable(lower, loop), width);
    site.into = if_vectors(lower, into, false);
    emit_rows(lower, map, site, walk, width, true);
}

/* ---- maps ---- */

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    int width = site_width(lower, site, map->node->out);
    bool samples = walk.b0 && !walk.steps, in_place = width < LEAST_SUMS;
    Rows row = {map, NULL, 1, width, in_place, false};
    if (!samples)
        site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, samples ? ", some samples at a time" : "");
    if (!samples && !walk.steps)
        emit_product(lower, &row, site);
    else if (samples && overlaps(lower, map, width))
        emit_overlapping(lower, map, site, walk, width);
    else if (is_cut(width) && !map->matrix.column)
        emit_parts(lower, map, site, walk, width);
    else
        emit_rows(lower, map, site, walk, width, in_place);
}

/* ---- weight gradients ---- */

typedef struct Columns {
    const Linear *gradient;
    LoopExpr *first; /* input */
    int count, width;
    Walk walk; /* that the sums go over */
} Columns;

static void emit_columns_step(Lower *lower, const Columns *columns, Site site)
{
    LoopExpr *x[BLOCK];
    Site input = site;
    input.tile = NULL; /* inputs are counted from the layer's first */
    input.first = NULL;
    for (int r = 0; r < columns->count; r++) {
        LoopExpr *i = op2(lower, OP_ADD, columns->first, num(lower, r));
        x[r] = loop_local(lower, site.into, arena_printf(lower->arena, "x%d", r),
                          load_number(lower, columns->gradient->node->in, input, i));
    }
    LoopStmt *loop_j = for_units(lower, site.into, "j", columns->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *g =
        loop_local(lower, &loop_j->body, "g", load_stream(lower, columns->gradient->node->aux, site, j));
    for (int r = 0; r < columns->count; r++)
        store_product(lower, &loop_j->body, columns->gradient->sums, 2, (LoopExpr *[]){num(lower, r), j},
                      x[r], g);
}

/* Inputs first .. first + count - 1: summed over the rows of the walk, then added. */
static void emit_columns(Lower *lower, const Columns *columns, Site site)
{
    LoopStmt *loop = for_units(lower, site.into, "j", columns->width);
    for (int r = 0; r < columns->count; r++)
        store2(lower, &loop->body, columns->gradient->sums, num(lower, r), loop_variable(lower, loop),
               loop_float(lower->arena, 0), false);
    emit_columns_step(lower, columns, walk_rows(lower, columns->walk, site));
    loop = for_units(lower, site.into, "j", columns->width);
    LoopExpr *j = loop_variable(lower, loop);
    for (int r = 0; r < columns->count; r++)
        matrix_store(lower, &loop->body, &columns->gradient->matrix,
                     op2(lower, OP_ADD, columns->first, num(lower, r)), j,
                     load2(lower, columns->gradient->sums, num(lower, r), j), true);
}

/* Of all inputs, BLOCK at a time. */
static void emit_inputs(Lower *lower, Columns columns, Site site)
{
    int inputs = stream_size(lower, columns.gradient->node->in), blocks = inputs / BLOCK;
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

/* Of TILE_NARROW outputs at a time. */
static void emit_narrow(Lower *lower, Columns columns, Site site)
{
    Linear part = *columns.gradient;
    LoopStmt *loop = for_range(lower, site.into, "part", columns.width / TILE_NARROW);
    LoopExpr *first = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, TILE_NARROW));
    site.into = &loop->body;
    site.first = part.matrix.column = loop_local(lower, site.into, "p0", first);
    columns.gradient = &part;
    columns.width = TILE_NARROW;
    part.sums = sums_buffer(lower, stream_of(lower, part.node->aux)->name, BLOCK, TILE_NARROW);
    emit_inputs(lower, columns, site);
}

static void gradient(Lower *lower, const Linear *gradient, Site site, Walk walk)
{
    const Node *node = gradient->node;
    Columns columns = {gradient, NULL, BLOCK, site_width(lower, site, node->aux), walk};
    LoopBlock *into = site.into;
    note_gradient(lower, gradient, into, walk.b0 && !walk.steps ? ", summed over the samples" : "");
    if (!is_cut(columns.width) || columns.width % TILE_NARROW != 0 || gradient->matrix.column) {
        emit_inputs(lower, columns, site);
        return;
    }
    site.into = if_wide(lower, into, true);
    emit_inputs(lower, columns, site);
    site.into = if_wide(lower, into, false);
    emit_narrow(lower, columns, site);
}

const MapKernel by_products = {.serves = serves, .forward = forward, .gradient = gradient, .rows = BLOCK};
