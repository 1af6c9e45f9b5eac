/* Maps along time that mix all units, of inputs that are busy, and gradients back through them. What is made at step t is a sum
 * over how much later things are heard, of inputs x(t - k), or gradients x(t + k), by weights w(k): a product, frequency by
 * frequency, of Fourier transforms along time, which spectrum.c describes. So instead of a product for each step and tap there
 * are three for each of half as many frequencies as steps:
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

enum { FREQUENCY_PRODUCTS = 3 };

/* A frequency q of the first quarter, the one that half the period mirrors it to, and some units that are made. */
typedef struct Product {
    const Spectrum *spectrum; /* of what is read */
    BufferId tiles;           /* weights: see taps_prepare() */
    BufferId weights;    /* their transforms: c, d, c + d or c - d: [panel][2 frequencies][3][read][unit] */
    BufferId both;       /* a + b of some samples: [sample][read] */
    BufferId parts;      /* p, q, r of these samples: [3][sample][unit] */
    BufferId products;   /* re and - im, times the frequency's share: [batch][2 count][unit] */
    LoopExpr *panel;     /* STEPS_WIDTH units that are made, at most: which of those of an item, */
    LoopExpr *tile, *j0; /* of which tile of the weights, from which unit of it on, */
    LoopExpr *width;     /* and how many there are */
    LoopExpr *q, *f, *which; /* f is the one or the other */
} Product;

enum { COSINE_SUMS = 2, WEIGHT_SUMS = 4 }; /* by cosines over even taps, and odd ones; the same by sines */

/* Of the weights by which units o .. o + count - 1 are read, over every second tap. */
static void add_weights(Lower *lower, const Product *product, LoopBlock *into,
                        const BufferId sums[WEIGHT_SUMS], LoopExpr *o, int count, int parity)
{
    const Spectrum *spectrum = product->spectrum;
    LoopExpr *wave[2];
    LoopStmt *taps = for_range(lower, into, "tap", (spectrum->taps->taps + 1 - parity) / 2);
    LoopExpr *k = loop_local(lower, &taps->body, "later",
                             scaled_plus(lower, loop_variable(lower, taps), 2, num(lower, parity)));
    waves_at(lower, spectrum, k, product->q, wave);
    wave[0] = loop_local(lower, &taps->body, "cosine", wave[0]);
    wave[1] = loop_local(lower, &taps->body, "sine", wave[1]);
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = taps_some(lower, &taps->body, num(lower, 0), product->width);
        LoopExpr *j = loop_variable(lower, loop), *from = op2(lower, OP_ADD, o, num(lower, r));
        LoopExpr *place[4] = {product->tile, turned_of(spectrum) ? k : from, turned_of(spectrum) ? from : k,
                              op2(lower, OP_ADD, product->j0, j)};
        LoopExpr *w = loop_load(lower->program, product->tiles, 4, place);
        for (int part = 0; part < 2; part++)
            store_product(lower, &loop->body, sums[COSINE_SUMS * part + parity], 2,
                          (LoopExpr *[]){num(lower, r), j}, wave[part], w);
    }
}

/* Of frequencies q and 2 m - q: see spectrum.c. */
static void store_weights(Lower *lower, const Product *product, LoopBlock *into,
                          const BufferId sums[WEIGHT_SUMS], LoopExpr *o, int r)
{
    LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop), *x[WEIGHT_SUMS];
    for (int sum = 0; sum < WEIGHT_SUMS; sum++)
        x[sum] = load2(lower, sums[sum], num(lower, r), j);
    for (int which = 0; which < 2; which++) {
        LoopExpr *c = op2(lower, which == 0 ? OP_ADD : OP_SUB, x[0], x[1]);
        LoopExpr *d = which == 0 ? op2(lower, OP_ADD, x[2], x[3]) : op2(lower, OP_SUB, x[3], x[2]);
        c = loop_local(lower, &loop->body, "c", c);
        d = loop_local(lower, &loop->body, "d", d);
        LoopExpr *value[FREQUENCY_PRODUCTS] = {
            c, d, op2(lower, turned_of(product->spectrum) ? OP_SUB : OP_ADD, c, d)};
        for (int part = 0; part < FREQUENCY_PRODUCTS; part++) {
            LoopExpr *place[5] = {product->panel, num(lower, which), num(lower, part),
                                  op2(lower, OP_ADD, o, num(lower, r)), j};
            loop_store(lower->program, &loop->body, product->weights, 5, place, value[part], false);
        }
    }
}

static void emit_weights(Lower *lower, const Product *product, LoopBlock *into)
{
    const char *name = weight_name(lower->net, product->spectrum->taps->node);
    Parts parts = even_parts(product->spectrum->units, FREQUENCY_READ);
    for (int small = 0; small < 2; small++) {
        int count = parts.size - small, blocks = small ? parts.small : parts.large;
        if (blocks == 0)
            continue;
        BufferId sums[WEIGHT_SUMS];
        for (int sum = 0; sum < WEIGHT_SUMS; sum++)
            sums[sum] = sums_buffer(lower, name, count, STEPS_WIDTH);
        LoopStmt *loop = for_range(lower, into, "block", blocks);
        int from = small ? parts.large * parts.size : 0;
        LoopExpr *o = loop_local(lower, &loop->body, "o",
                                 scaled_plus(lower, loop_variable(lower, loop), count, num(lower, from)));
        for (int sum = 0; sum < WEIGHT_SUMS; sum++)
            zero_sums(lower, &loop->body, sums[sum], count, STEPS_WIDTH);
        for (int parity = 0; parity < 2; parity++)
            add_weights(lower, product, &loop->body, sums, o, count, parity);
        for (int r = 0; r < count; r++)
            store_weights(lower, product, &loop->body, sums, o, r);
    }
}

static LoopExpr *read_at(Lower *lower, const Product *product, LoopExpr *b, LoopExpr *f, LoopExpr *o)
{
    return loop_load(lower->program, product->spectrum->sums, 3, (LoopExpr *[]){b, f, o});
}

/* a + b of samples first .. end - 1. */
static void emit_both(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *first, LoopExpr *end)
{
    const Spectrum *spectrum = product->spectrum;
    LoopStmt *samples = for_bounds(lower, into, "b", first, end);
    LoopStmt *loop = for_units(lower, &samples->body, "o", spectrum->units);
    LoopExpr *b = loop_variable(lower, samples), *o = loop_variable(lower, loop);
    LoopExpr *sum = op2(lower, OP_ADD, read_at(lower, product, b, product->f, o),
                        read_at(lower, product, b, sine_of(lower, spectrum, product->f), o));
    store2(lower, &loop->body, product->both, op2(lower, OP_SUB, b, first), o, sum, false);
}

/* p, q or r of samples b .. b + count - 1, which are s .. of those that are in the caches. */
static void emit_block(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *b, LoopExpr *s,
                       int count, int part)
{
    const Spectrum *spectrum = product->spectrum;
    BufferId sums = sums_buffer(lower, stream_of(lower, spectrum->taps->node->out)->name, count, STEPS_WIDTH);
    LoopExpr *f = part == 1 ? sine_of(lower, spectrum, product->f) : product->f;
    zero_sums(lower, into, sums, count, STEPS_WIDTH);
    LoopStmt *outputs = for_range(lower, into, "o", spectrum->units);
    LoopExpr *o = loop_variable(lower, outputs);
    for (int r = 0; r < count; r++) {
        LoopExpr *sample = op2(lower, OP_ADD, part == 2 ? s : b, num(lower, r));
        LoopExpr *x = loop_local(lower, &outputs->body, arena_printf(lower->arena, "x%d", r),
                                 part == 2 ? load2(lower, product->both, sample, o)
                                           : read_at(lower, product, sample, f, o));
        LoopStmt *loop = for_units(lower, &outputs->body, "j", STEPS_WIDTH);
        LoopExpr *j = loop_variable(lower, loop),
                 *place[5] = {product->panel, product->which, num(lower, part), o, j};
        store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x,
                      loop_load(lower->program, product->weights, 5, place));
    }
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *place[3] = {num(lower, part), op2(lower, OP_ADD, s, num(lower, r)), j};
        loop_store(lower->program, &loop->body, product->parts, 3, place,
                   load2(lower, sums, num(lower, r), j), false);
    }
}

/* Of samples first .. end - 1: as many at a time as registers hold, then four, then one by one. */
static void emit_part(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *first, LoopExpr *end,
                      int part)
{
    static const int counts[] = {FREQUENCY_SAMPLES, FREQUENCY_NARROW_SAMPLES, 4, 1};
    LoopExpr *b0 = first;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        LoopExpr *blocks = op2(lower, OP_DIV, op2(lower, OP_SUB, end, b0), num(lower, counts[k]));
        if (counts[k] == FREQUENCY_SAMPLES)
            blocks = loop_op(lower->arena, OP_SELECT, lanes_are_wide(lower), blocks, num(lower, 0));
        blocks = loop_local(lower, into, "blocks", blocks);
        LoopStmt *loop = for_bounds(lower, into, "block", num(lower, 0), blocks);
        LoopExpr *b = scaled_plus(lower, loop_variable(lower, loop), counts[k], b0);
        b = loop_local(lower, &loop->body, "b", b);
        LoopExpr *s = loop_local(lower, &loop->body, "s", op2(lower, OP_SUB, b, first));
        emit_block(lower, product, &loop->body, b, s, counts[k], part);
        b0 = loop_local(lower, into, "left", scaled_plus(lower, blocks, counts[k], b0));
    }
}

static void store_products(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *first,
                           LoopExpr *end)
{
    const Spectrum *spectrum = product->spectrum;
    LoopExpr *x[FREQUENCY_PRODUCTS], *share = frequency_share(lower, spectrum, product->f);
    share = loop_local(lower, into, "share", share);
    LoopStmt *samples = for_bounds(lower, into, "b", first, end);
    LoopStmt *loop = taps_some(lower, &samples->body, num(lower, 0), product->width);
    LoopExpr *b = loop_variable(lower, samples), *j = loop_variable(lower, loop);
    for (int part = 0; part < FREQUENCY_PRODUCTS; part++)
        x[part] = loop_load(lower->program, product->parts, 3,
                            (LoopExpr *[]){num(lower, part), op2(lower, OP_SUB, b, first), j});
    LoopExpr *re = op2(lower, turned_of(spectrum) ? OP_ADD : OP_SUB, x[0], x[1]);
    LoopExpr *minus_im = turned_of(spectrum) ? op2(lower, OP_ADD, op2(lower, OP_SUB, x[1], x[0]), x[2])
                                             : op2(lower, OP_SUB, op2(lower, OP_SUB, x[2], x[0]), x[1]);
    LoopExpr *unit = op2(lower, OP_ADD, j,
                         op2(lower, OP_ADD, product->j0,
                             op2(lower, OP_MUL, product->tile, num(lower, spectrum->taps->width))));
    loop_store(lower->program, &loop->body, product->products, 3, (LoopExpr *[]){b, product->f, unit},
               op2(lower, OP_MUL, share, re), false);
    loop_store(lower->program, &loop->body, product->products, 3,
               (LoopExpr *[]){b, sine_of(lower, spectrum, product->f), unit},
               op2(lower, OP_MUL, share, minus_im), false);
}

/* How many there are of all tiles: see Product. */
static int panels_of(const Taps *taps)
{
    return taps->tiles * ((taps->width + STEPS_WIDTH - 1) / STEPS_WIDTH);
}

/* Those of an item, the first of which is p0. */
static Product for_panels(Lower *lower, Product product, LoopBlock *into, LoopExpr *p0, LoopBlock **body)
{
    const Taps *taps = product.spectrum->taps;
    LoopExpr *left = op2(lower, OP_SUB, num(lower, panels_of(taps)), p0),
             *of_tile = num(lower, panels_of(taps) / taps->tiles);
    LoopStmt *loop =
        for_bounds(lower, into, "panel", num(lower, 0), least(lower, left, num(lower, FREQUENCY_PANELS)));
    *body = &loop->body;
    product.panel = loop_variable(lower, loop);
    LoopExpr *number = loop_local(lower, *body, "number", op2(lower, OP_ADD, p0, product.panel));
    product.tile = loop_local(lower, *body, "tile", op2(lower, OP_DIV, number, of_tile));
    product.j0 = taps_first(
        lower, *body, op2(lower, OP_SUB, number, op2(lower, OP_MUL, product.tile, of_tile)), STEPS_WIDTH);
    product.width = taps_count(lower, *body, product.j0, taps->width, STEPS_WIDTH);
    return product;
}

/* Frequency q, and the other one. */
static void emit_frequencies(Lower *lower, Product product, LoopBlock *into, LoopExpr *p0)
{
    LoopExpr *first, *end, *half = num(lower, 2 * product.spectrum->quarter);
    LoopExpr *twice = op2(lower, OP_MUL, num(lower, 2), product.q);
    LoopExpr *both =
        loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, twice, half), num(lower, 2), num(lower, 1));
    LoopBlock *body;
    LoopStmt *loop =
        for_bounds(lower, into, "which", num(lower, 0), loop_local(lower, into, "frequencies", both));
    product.which = loop_variable(lower, loop);
    product.f = loop_op(lower->arena, OP_SELECT, op2(lower, OP_EQ, product.which, num(lower, 0)), product.q,
                        mirrored(lower, product.spectrum, product.q));
    product.f = loop_local(lower, &loop->body, "f", product.f);
    LoopStmt *chunks = for_chunks(lower, &loop->body, "chunk", num(lower, 0),
                                  loop_scalar(lower->arena, SCALAR_ROWS), FREQUENCY_BATCH, &first, &end);
    emit_both(lower, &product, &chunks->body, first, end);
    product = for_panels(lower, product, &chunks->body, p0, &body);
    for (int part = 0; part < FREQUENCY_PRODUCTS; part++)
        emit_part(lower, &product, body, first, end, part);
    store_products(lower, &product, body, first, end);
}

static void add_buffers(Lower *lower, Product *product)
{
    const Spectrum *spectrum = product->spectrum;
    const char *name = stream_of(lower, spectrum->taps->node->out)->name;
    int all = panels_of(spectrum->taps), panels = all < FREQUENCY_PANELS ? all : FREQUENCY_PANELS;
    product->weights = named_buffer(lower, "weights_of", name, TYPE_F32, BUFFER_LOCAL, false, 5,
                                    (int[]){panels, 2, FREQUENCY_PRODUCTS, spectrum->units, STEPS_WIDTH});
    product->both = named_buffer(lower, "both_of", name, TYPE_F32, BUFFER_LOCAL, false, 2,
                                 (int[]){FREQUENCY_BATCH, spectrum->units});
    product->parts = named_buffer(lower, "parts_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                                  (int[]){FREQUENCY_PRODUCTS, FREQUENCY_BATCH, STEPS_WIDTH});
}

/* An item of the kernel: some panels, at some frequencies. */
static void emit_item(Lower *lower, Product product, LoopBlock *into, LoopExpr *item, int parts)
{
    LoopBlock *body;
    LoopExpr *group = loop_local(lower, into, "group", op2(lower, OP_DIV, item, num(lower, parts)));
    LoopExpr *part = op2(lower, OP_SUB, item, op2(lower, OP_MUL, group, num(lower, parts)));
    LoopExpr *p0 = loop_local(lower, into, "p0", op2(lower, OP_MUL, group, num(lower, FREQUENCY_PANELS)));
    LoopExpr *q0 = loop_local(lower, into, "q0", op2(lower, OP_MUL, part, num(lower, FREQUENCY_PART)));
    LoopExpr *end = least(lower, op2(lower, OP_ADD, q0, num(lower, FREQUENCY_PART)),
                          num(lower, product.spectrum->quarter + 1));
    LoopStmt *loop = for_bounds(lower, into, "q", q0, loop_local(lower, into, "end", end));
    product.q = loop_variable(lower, loop);
    Product one = for_panels(lower, product, &loop->body, p0, &body);
    emit_weights(lower, &one, body);
    emit_frequencies(lower, product, &loop->body, p0);
}

static BufferId emit_products_of(Lower *lower, const Spectrum *spectrum, BufferId tiles)
{
    const Taps *taps = spectrum->taps;
    const char *name = stream_of(lower, taps->node->out)->name;
    int parts = (spectrum->quarter + FREQUENCY_PART) / FREQUENCY_PART;
    int groups = (panels_of(taps) + FREQUENCY_PANELS - 1) / FREQUENCY_PANELS;
    int dims[2] = {2 * spectrum->count, taps->tiles * taps->width};
    BufferId products = named_buffer(lower, "spectrum_of", name, TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    kernel_begin(lower, "multiply", name,
                 arena_printf(lower->arena, "%s: transforms of weights, and their products with those of %s",
                              name, stream_of(lower, taps->node->in)->name),
                 taps->node->span, groups * parts);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, taps->node, &items->body, false);
    into = if_chosen(lower, taps->node, (Site){.into = into}, true);
    Product product = {.spectrum = spectrum, .tiles = tiles, .products = products};
    add_buffers(lower, &product);
    emit_item(lower, product, into, loop_variable(lower, items), parts);
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
    LoopStmt *waves = for_range(lower, into, "f", 2 * waved->spectrum->count);
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
    Waved waved = {
        .spectrum = &spectrum, .steps = taps.steps, .back = true, .site = site, .store = store_made};
    waved_buffers(lower, &waved, stream_of(lower, node->out)->name);
    LoopStmt *tiles = for_range(lower, site.into, "tile", (taps.units + STEPS_WIDTH - 1) / STEPS_WIDTH);
    site.into = &tiles->body;
    waved.j0 = taps_first(lower, site.into, loop_variable(lower, tiles), STEPS_WIDTH);
    waved.width = taps_count(lower, site.into, waved.j0, taps.units, STEPS_WIDTH);
    copy_products(lower, &waved, site.into, map->spectrum);
    emit_waved(lower, &waved, site.into);
}

const MapKernel by_frequencies = {
    .serves = serves, .prepare = prepare, .branch = branch, .forward = forward, .alone = frequency_gradient};
