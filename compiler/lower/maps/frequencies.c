/* Maps along time that mix all units, of inputs that are busy, and gradients back through them. What is made at step t is a sum
 * over how much later things are heard, of inputs x(t - k), or gradients x(t + k), by weights w(k): a product, frequency by
 * frequency, of Fourier transforms along time. So instead of a product for each step and tap there are three for each of half
 * as many frequencies as steps:
 *
 *   a, b = sums over t of x(t) by cosines and sines, for each unit that is read
 *   c, d = the same of w(k), for each weight
 *   re, im = a c - b d, -(a d + b c), summed over what is read: by p = a c, q = b d, r = (a + b) (c + d) it is p - q and p + q - r
 *   turned: a c + b d, a d - b c:                               by p = a c, q = b d, r = (a + b) (c - d) it is p + q and p - q - r
 *   back at step t: the sum over f of re by cosines - im by sines, times 2 / n, or 1 / n where f = 0
 *
 * Two kernels make the transforms and the products; the third, of whoever wants what the map makes, ends it. */
#include "lower/maps/frequencies.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/spectrum.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->frequencies;
}

/* ---- products ---- */

static bool turned_of(const Spectrum *spectrum)
{
    return spectrum->taps->node->transposed;
}

/* One frequency of a tile: its weights, [c, d, c + d or c - d][read][unit], and of some samples a + b, [sample][read]. */
typedef struct Product {
    const Spectrum *spectrum; /* of what is read */
    BufferId tiles, weights, both, products;
    LoopExpr *tile, *j0, *f;
} Product;

static void add_weight(Lower *lower, const Product *product, LoopBlock *into, BufferId sums, int output,
                       LoopExpr *place[4], LoopExpr *wave)
{
    LoopExpr *w = loop_load(lower->program, product->tiles, 4, place);
    store_product(lower, into, sums, 2, (LoopExpr *[]){num(lower, output), place[3]}, wave, w);
}

/* Of those by which units o .. o + count - 1 are read. */
static void emit_some_weights(Lower *lower, const Product *product, LoopBlock *into, const BufferId sums[2],
                              LoopExpr *o, int count)
{
    const Spectrum *spectrum = product->spectrum;
    int width = spectrum->taps->width;
    LoopExpr *wave[2];
    for (int part = 0; part < 2; part++)
        zero_sums(lower, into, sums[part], count, width);
    LoopStmt *later = for_range(lower, into, "later", spectrum->taps->taps);
    LoopExpr *k = loop_variable(lower, later);
    wave[0] = loop_local(lower, &later->body, "cosine", load2(lower, spectrum->waves, k, product->f));
    wave[1] = loop_local(lower, &later->body, "sine",
                         load2(lower, spectrum->waves, k, sine_of(lower, spectrum, product->f)));
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, &later->body, "j", width);
        LoopExpr *from = op2(lower, OP_ADD, o, num(lower, r));
        LoopExpr *place[4] = {product->tile, turned_of(spectrum) ? k : from, turned_of(spectrum) ? from : k,
                              loop_variable(lower, loop)};
        for (int part = 0; part < 2; part++)
            add_weight(lower, product, &loop->body, sums[part], r, place, wave[part]);
    }
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", width);
        LoopExpr *j = loop_variable(lower, loop), *row = num(lower, r);
        LoopExpr *c = load2(lower, sums[0], row, j), *d = load2(lower, sums[1], row, j);
        LoopExpr *value[3] = {c, d, op2(lower, turned_of(spectrum) ? OP_SUB : OP_ADD, c, d)};
        for (int part = 0; part < 3; part++)
            loop_store(lower->program, &loop->body, product->weights, 3,
                       (LoopExpr *[]){num(lower, part), op2(lower, OP_ADD, o, row), j}, value[part], false);
    }
}

static void emit_weights(Lower *lower, const Product *product, LoopBlock *into)
{
    const Taps *taps = product->spectrum->taps;
    const char *name = weight_name(lower->net, taps->node);
    Parts parts = even_parts(product->spectrum->units, FREQUENCY_READ);
    for (int small = 0; small < 2; small++) {
        int count = parts.size - small, blocks = small ? parts.small : parts.large;
        if (blocks == 0)
            continue;
        BufferId sums[2];
        for (int part = 0; part < 2; part++)
            sums[part] = sums_buffer(lower, name, count, taps->width);
        LoopStmt *loop = for_range(lower, into, "block", blocks);
        int from = small ? parts.large * parts.size : 0;
        LoopExpr *o = loop_local(lower, &loop->body, "o",
                                 scaled_plus(lower, loop_variable(lower, loop), count, num(lower, from)));
        emit_some_weights(lower, product, &loop->body, sums, o, count);
    }
}

static LoopExpr *gradient_at(Lower *lower, const Product *product, LoopExpr *b, LoopExpr *f, LoopExpr *o)
{
    return loop_load(lower->program, product->spectrum->sums, 3, (LoopExpr *[]){b, f, o});
}

/* a + b of samples b .. b + count - 1. */
static void emit_both(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *b, int count)
{
    const Spectrum *spectrum = product->spectrum;
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "o", spectrum->units);
        LoopExpr *o = loop_variable(lower, loop), *sample = op2(lower, OP_ADD, b, num(lower, r));
        LoopExpr *sum = op2(lower, OP_ADD, gradient_at(lower, product, sample, product->f, o),
                            gradient_at(lower, product, sample, sine_of(lower, spectrum, product->f), o));
        store2(lower, &loop->body, product->both, num(lower, r), o, sum, false);
    }
}

/* p, q or r of these samples. */
static void emit_part(Lower *lower, const Product *product, LoopBlock *into, BufferId sums, LoopExpr *b,
                      int count, int part)
{
    const Spectrum *spectrum = product->spectrum;
    LoopExpr *x[FREQUENCY_SAMPLES], *f = part == 1 ? sine_of(lower, spectrum, product->f) : product->f;
    zero_sums(lower, into, sums, count, spectrum->taps->width);
    LoopStmt *outputs = for_range(lower, into, "o", spectrum->units);
    LoopExpr *o = loop_variable(lower, outputs);
    for (int r = 0; r < count; r++)
        x[r] =
            loop_local(lower, &outputs->body, arena_printf(lower->arena, "x%d", r),
                       part == 2 ? load2(lower, product->both, num(lower, r), o)
                                 : gradient_at(lower, product, op2(lower, OP_ADD, b, num(lower, r)), f, o));
    LoopStmt *loop = for_units(lower, &outputs->body, "j", spectrum->taps->width);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *w =
        loop_local(lower, &loop->body, "w",
                   loop_load(lower->program, product->weights, 3, (LoopExpr *[]){num(lower, part), o, j}));
    for (int r = 0; r < count; r++)
        store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x[r], w);
}

static void store_product_of(Lower *lower, const Product *product, LoopBlock *into, const BufferId sums[3],
                             LoopExpr *b, int r)
{
    const Spectrum *spectrum = product->spectrum;
    LoopExpr *x[3], *factor = loop_local(lower, into, "factor", frequency_share(lower, spectrum, product->f));
    LoopStmt *loop = for_units(lower, into, "j", spectrum->taps->width);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, product->j0, j);
    for (int part = 0; part < 3; part++)
        x[part] = load2(lower, sums[part], num(lower, r), j);
    LoopExpr *re = op2(lower, turned_of(spectrum) ? OP_ADD : OP_SUB, x[0], x[1]);
    LoopExpr *minus_im = turned_of(spectrum) ? op2(lower, OP_ADD, op2(lower, OP_SUB, x[1], x[0]), x[2])
                                             : op2(lower, OP_SUB, op2(lower, OP_SUB, x[2], x[0]), x[1]);
    LoopExpr *sample = op2(lower, OP_ADD, b, num(lower, r));
    loop_store(lower->program, &loop->body, product->products, 3, (LoopExpr *[]){sample, product->f, unit},
               op2(lower, OP_MUL, factor, re), false);
    loop_store(lower->program, &loop->body, product->products, 3,
               (LoopExpr *[]){sample, sine_of(lower, spectrum, product->f), unit},
               op2(lower, OP_MUL, factor, minus_im), false);
}

static void emit_samples(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *b, int count)
{
    const Taps *taps = product->spectrum->taps;
    BufferId sums[3];
    emit_both(lower, product, into, b, count);
    for (int part = 0; part < 3; part++) {
        sums[part] = sums_buffer(lower, stream_of(lower, taps->node->out)->name, count, taps->width);
        emit_part(lower, product, into, sums[part], b, count, part);
    }
    for (int r = 0; r < count; r++)
        store_product_of(lower, product, into, sums, b, r);
}

/* All samples: some at a time as long as there are so many, half as many, then one by one. */
static void emit_all_samples(Lower *lower, const Product *product, LoopBlock *into)
{
    LoopExpr *b0 = num(lower, 0), *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    for (int count = FREQUENCY_SAMPLES; count > 1; count = count > FREQUENCY_SAMPLES / 2 ? count / 2 : 1) {
        LoopExpr *blocks = op2(lower, OP_DIV, op2(lower, OP_SUB, rows, b0), num(lower, count));
        if (count == FREQUENCY_SAMPLES)
            blocks = loop_op(lower->arena, OP_SELECT,
                             op2(lower, OP_GE, loop_lanes(lower->arena), num(lower, WIDE_LANES)), blocks,
                             num(lower, 0));
        blocks = loop_local(lower, into, "blocks", blocks);
        LoopStmt *loop = for_bounds(lower, into, "block", num(lower, 0), blocks);
        LoopExpr *b = scaled_plus(lower, loop_variable(lower, loop), count, b0);
        emit_samples(lower, product, &loop->body, loop_local(lower, &loop->body, "b", b), count);
        b0 = loop_local(lower, into, "left", scaled_plus(lower, blocks, count, b0));
    }
    LoopStmt *rest = for_bounds(lower, into, "b", b0, rows);
    emit_samples(lower, product, &rest->body, loop_variable(lower, rest), 1);
}

static BufferId emit_products_of(Lower *lower, const Spectrum *spectrum, BufferId tiles)
{
    const Taps *taps = spectrum->taps;
    const char *name = stream_of(lower, taps->node->out)->name;
    int parts = (spectrum->count + FREQUENCY_PART - 1) / FREQUENCY_PART;
    int dims[2] = {2 * spectrum->count, taps->tiles * taps->width};
    BufferId products = named_buffer(lower, "spectrum_of", name, TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    kernel_begin(lower, "multiply", name,
                 arena_printf(lower->arena, "%s: transforms of weights, and their products with those of %s",
                              name, stream_of(lower, taps->node->in)->name),
                 taps->node->span, taps->tiles * parts);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, taps->node, &items->body, false);
    into = if_chosen(lower, taps->node, (Site){.into = into}, true);
    LoopExpr *item = loop_variable(lower, items);
    Product product = {.spectrum = spectrum, .tiles = tiles, .products = products};
    product.tile = loop_local(lower, into, "tile", op2(lower, OP_DIV, item, num(lower, parts)));
    product.j0 = taps_first(lower, into, product.tile, taps->width);
    LoopExpr *part = op2(lower, OP_SUB, item, op2(lower, OP_MUL, product.tile, num(lower, parts)));
    LoopExpr *f0 = loop_local(lower, into, "f0", op2(lower, OP_MUL, part, num(lower, FREQUENCY_PART)));
    LoopExpr *end =
        least(lower, op2(lower, OP_ADD, f0, num(lower, FREQUENCY_PART)), num(lower, spectrum->count));
    product.weights = named_buffer(lower, "weights_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                                   (int[]){3, spectrum->units, taps->width});
    product.both = named_buffer(lower, "both_of", name, TYPE_F32, BUFFER_LOCAL, false, 2,
                                (int[]){FREQUENCY_SAMPLES, spectrum->units});
    LoopStmt *loop = for_bounds(lower, into, "f", f0, loop_local(lower, into, "end", end));
    product.f = loop_variable(lower, loop);
    emit_weights(lower, &product, &loop->body);
    emit_all_samples(lower, &product, &loop->body);
    return products;
}

/* ---- the map ---- */

static void prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    Taps taps = taps_of(node);
    if (linear->plan->choice)
        choice_prepare(lower, node->in, RIVAL_FREQUENCIES);
    taps_prepare(lower, linear);
    Spectrum spectrum = spectrum_of(lower, &taps, node->in);
    linear->spectrum = emit_products_of(lower, &spectrum, linear->tiles);
}

static LoopBlock *branch(Lower *lower, const Linear *linear, Site site, bool chosen)
{
    return !chosen && !linear->plan->choice ? NULL : if_chosen(lower, linear->node, site, chosen);
}

/* rows[f][j] = unit j0 + j of the products. */
static void copy_products(Lower *lower, const Waved *waved, LoopBlock *into, BufferId products)
{
    LoopStmt *waves = for_range(lower, into, "f", waved->read);
    LoopStmt *loop = taps_some(lower, &waves->body, num(lower, 0), waved->width);
    LoopExpr *f = loop_variable(lower, waves), *j = loop_variable(lower, loop);
    LoopExpr *place[3] = {waved->site.b, f, op2(lower, OP_ADD, waved->j0, j)};
    store2(lower, &loop->body, waved->rows, f, j, loop_load(lower->program, products, 3, place), false);
    pad_rows(lower, into, waved);
}

static void store_made(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *unit,
                       LoopExpr *value)
{
    const Node *node = waved->spectrum->taps->node;
    Site site = waved->site;
    site.into = into;
    site.t = made;
    if (node->bias != NONE)
        value = op2(lower, OP_ADD, value, load1(lower, lower->params[node->bias].values, unit));
    store_stream(lower, node->out, site, unit, value, false);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    const Node *node = map->node;
    Taps taps = taps_of(node);
    Spectrum spectrum = spectrum_of(lower, &taps, node->in);
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", back from frequencies");
    Waved waved = {.spectrum = &spectrum,
                   .read = 2 * spectrum.count,
                   .made = taps.steps,
                   .back = true,
                   .site = site,
                   .store = store_made};
    waved.rows = waved_rows(lower, stream_of(lower, node->out)->name, waved.read);
    LoopStmt *tiles = for_range(lower, site.into, "tile", (taps.units + STEPS_WIDTH - 1) / STEPS_WIDTH);
    site.into = &tiles->body;
    waved.j0 = taps_first(lower, site.into, loop_variable(lower, tiles), STEPS_WIDTH);
    waved.width = taps_count(lower, site.into, waved.j0, taps.units, STEPS_WIDTH);
    copy_products(lower, &waved, site.into, map->spectrum);
    emit_waved(lower, &waved, site.into);
}

const MapKernel by_frequencies = {
    .serves = serves, .prepare = prepare, .branch = branch, .forward = forward, .alone = frequency_gradient};
