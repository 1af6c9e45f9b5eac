/* Maps along time that mix all units, of inputs that are busy, and gradients back through them. What is made at step t is a sum
 * over how much later things are heard, of inputs x(t - k), or gradients x(t + k), by weights w(k): a product, frequency by
 * frequency, of Fourier transforms along time. So instead of a product for each step and tap there are three for each of half
 * as many frequencies as steps. With an odd n >= steps + taps - 1, so that no sum goes round, and of angles 2 pi f t / n, for
 * f = 0 .. (n - 1) / 2:
 *
 *   a, b = sums over t of x(t) by cosines and sines, for each unit that is read
 *   c, d = the same of w(k), for each weight
 *   re, im = a c - b d, -(a d + b c), summed over what is read: by p = a c, q = b d, r = (a + b) (c + d) it is p - q and p + q - r
 *   turned: a c + b d, a d - b c:                               by p = a c, q = b d, r = (a + b) (c - d) it is p + q and p - q - r
 *   back at step t: the sum over f of re by cosines - im by sines, times 2 / n, or 1 / n where f = 0
 *
 * Three kernels make the waves, a and b, and the products; the fourth, of whoever wants what the map makes, ends it. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/taps.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

#define TWO_PI 6.283185307179586

/* Buffers have a cosine, or what goes with it, of each frequency, and behind them all sines. */
typedef struct Spectrum {
    Taps taps;
    int period, count; /* n; frequencies */
    int read, room;    /* units, and room for whole tiles of them */
    bool turned;
    BufferId waves;    /* [steps][2 count] */
    BufferId sums;     /* of what is read: [batch][2 count][room] */
    BufferId products; /* [batch][2 count][units of all tiles] */
} Spectrum;

static bool serves(const Linear *linear)
{
    return linear->plan->frequencies;
}

static Spectrum spectrum_of(const Node *node)
{
    Spectrum spectrum = {.taps = taps_of(node), .waves = -1, .sums = -1, .products = -1};
    spectrum.period = (spectrum.taps.steps + spectrum.taps.taps - 1) | 1;
    spectrum.count = (spectrum.period + 1) / 2;
    spectrum.turned = node->transposed;
    spectrum.read = spectrum.turned ? spectrum.taps.outs : spectrum.taps.ins;
    spectrum.room = (spectrum.read + STEPS_WIDTH - 1) / STEPS_WIDTH * STEPS_WIDTH;
    return spectrum;
}

static LoopExpr *sine_of(Lower *lower, const Spectrum *spectrum, LoopExpr *f)
{
    return op2(lower, OP_ADD, f, num(lower, spectrum->count));
}

/* ---- waves ---- */

static void store_wave(Lower *lower, const Spectrum *spectrum, LoopBlock *into, Op op, LoopExpr *t,
                       LoopExpr *f, LoopExpr *angle)
{
    LoopExpr *wave = loop_op(lower->arena, op, angle, NULL, NULL);
    store2(lower, into, spectrum->waves, t, f, wave, false);
}

/* The turn is made whole numbers first, and half of it at most, so that angles are exact to the last bit. */
static void emit_waves(Lower *lower, Spectrum *spectrum, const char *name, Span span)
{
    int steps = spectrum->taps.steps, period = spectrum->period;
    int dims[2] = {steps, 2 * spectrum->count};
    spectrum->waves = named_buffer(lower, "waves_of", name, TYPE_F32, BUFFER_SCRATCH, false, 2, dims);
    kernel_begin(lower, "waves", name,
                 arena_printf(lower->arena, "%s: cosines and sines of %d frequencies, at all steps", name,
                              spectrum->count),
                 span, steps);
    LoopStmt *items = kernel_items(lower, "t");
    LoopExpr *t = loop_variable(lower, items);
    LoopStmt *loop = for_range(lower, &items->body, "f", spectrum->count);
    LoopExpr *f = loop_variable(lower, loop), *n = num(lower, period);
    LoopExpr *turns = loop_local(lower, &loop->body, "turns", op2(lower, OP_MUL, f, t));
    LoopExpr *rest = op2(lower, OP_SUB, turns, op2(lower, OP_MUL, op2(lower, OP_DIV, turns, n), n));
    rest = loop_local(lower, &loop->body, "rest", rest);
    LoopExpr *part = loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, rest, num(lower, period / 2)),
                             op2(lower, OP_SUB, rest, n), rest);
    LoopExpr *angle = op2(lower, OP_MUL, loop_cast(lower->arena, TYPE_F32, part),
                          loop_float(lower->arena, TWO_PI / period));
    angle = loop_local(lower, &loop->body, "angle", angle);
    store_wave(lower, spectrum, &loop->body, OP_COS, t, f, angle);
    store_wave(lower, spectrum, &loop->body, OP_SIN, t, sine_of(lower, spectrum, f), angle);
}

/* ---- sums by waves ---- */

/* Sums over `read` rows of a tile, by waves: one for each step or wave that is made. */
typedef struct Waved {
    const Spectrum *spectrum;
    BufferId rows;
    int read, made;
    bool back; /* steps are made of waves */
    Site site;
    LoopExpr *j0, *width;
    StreamId out; /* back: what is made */
} Waved;

static LoopExpr *wave_of(Lower *lower, const Waved *waved, LoopExpr *made, LoopExpr *read)
{
    return waved->back ? load2(lower, waved->spectrum->waves, made, read)
                       : load2(lower, waved->spectrum->waves, read, made);
}

static void store_made(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *j,
                       LoopExpr *value)
{
    Site site = waved->site;
    LoopExpr *unit = op2(lower, OP_ADD, waved->j0, j);
    ParamId bias = waved->spectrum->taps.node->bias;
    site.into = into;
    site.t = made;
    if (waved->back && bias != NONE)
        value = op2(lower, OP_ADD, value, load1(lower, lower->params[bias].values, unit));
    if (waved->back)
        store_stream(lower, waved->out, site, unit, value, false);
    else
        loop_store(lower->program, into, waved->spectrum->sums, 3, (LoopExpr *[]){site.b, made, unit}, value,
                   false);
}

/* `count` of them, from `first` on. */
static void emit_some_waved(Lower *lower, const Waved *waved, LoopBlock *into, BufferId sums, LoopExpr *first,
                            int count)
{
    LoopExpr *wave[STEPS_TOGETHER];
    zero_sums(lower, into, sums, count, STEPS_WIDTH);
    LoopStmt *reads = for_range(lower, into, waved->back ? "f" : "t", waved->read);
    LoopExpr *read = loop_variable(lower, reads);
    for (int r = 0; r < count; r++)
        wave[r] = loop_local(lower, &reads->body, arena_printf(lower->arena, "wave%d", r),
                             wave_of(lower, waved, op2(lower, OP_ADD, first, num(lower, r)), read));
    LoopStmt *loop = for_units(lower, &reads->body, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *x = loop_local(lower, &loop->body, "x", load2(lower, waved->rows, read, j));
    for (int r = 0; r < count; r++)
        store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x, wave[r]);
    for (int r = 0; r < count; r++) {
        LoopStmt *units = taps_some(lower, into, num(lower, 0), waved->width);
        LoopExpr *unit = loop_variable(lower, units);
        store_made(lower, waved, &units->body, op2(lower, OP_ADD, first, num(lower, r)), unit,
                   load2(lower, sums, num(lower, r), unit));
    }
}

/* So many blocks of `count`, from `from` on. */
static void emit_blocks_waved(Lower *lower, const Waved *waved, LoopBlock *into, int from, int blocks,
                              int count)
{
    if (blocks == 0)
        return;
    BufferId sums =
        sums_buffer(lower, stream_of(lower, waved->spectrum->taps.node->out)->name, count, STEPS_WIDTH);
    LoopStmt *loop = for_range(lower, into, "block", blocks);
    LoopExpr *first = loop_local(lower, &loop->body, "first",
                                 scaled_plus(lower, loop_variable(lower, loop), count, num(lower, from)));
    emit_some_waved(lower, waved, &loop->body, sums, first, count);
}

static void emit_waved(Lower *lower, const Waved *waved, LoopBlock *into)
{
    Parts parts = even_parts(waved->made, STEPS_TOGETHER);
    emit_blocks_waved(lower, waved, into, 0, parts.large, parts.size);
    emit_blocks_waved(lower, waved, into, parts.large * parts.size, parts.small, parts.size - 1);
}

static BufferId waved_rows(Lower *lower, const char *name, int read)
{
    return named_buffer(lower, "rows_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, (int[]){read, STEPS_WIDTH});
}

/* Zeros behind the last unit of a tile. */
static void pad_rows(Lower *lower, LoopBlock *into, BufferId rows, LoopExpr *width)
{
    if (width->kind == LOOP_NUMBER)
        return;
    LoopStmt *loop = for_range(lower, into, "row", lower->program->buffers.at[rows].dims[0]);
    LoopStmt *units = taps_some(lower, &loop->body, width, num(lower, STEPS_WIDTH));
    store2(lower, &units->body, rows, loop_variable(lower, loop), loop_variable(lower, units),
           loop_float(lower->arena, 0), false);
}

/* ---- of what is read ---- */

static void emit_sums(Lower *lower, Spectrum *spectrum)
{
    const Taps *taps = &spectrum->taps;
    StreamId in = taps->node->in;
    const char *name = stream_of(lower, in)->name;
    int dims[2] = {2 * spectrum->count, spectrum->room};
    spectrum->sums = named_buffer(lower, "spectrum_of", name, TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    Site site = kernel_samples(lower, "transform", name,
                               arena_printf(lower->arena, "%s: Fourier transforms along time", name),
                               taps->node->span);
    site.into = if_chosen(lower, taps->node, site.into, true);
    LoopStmt *tiles = for_range(lower, site.into, "tile", spectrum->room / STEPS_WIDTH);
    Waved waved = {.spectrum = spectrum, .read = taps->steps, .made = dims[0], .site = site};
    site.into = &tiles->body;
    waved.rows = waved_rows(lower, name, taps->steps);
    waved.j0 = taps_first(lower, site.into, loop_variable(lower, tiles), STEPS_WIDTH);
    waved.width = taps_count(lower, site.into, waved.j0, spectrum->read, STEPS_WIDTH);
    taps_copy(lower, taps, site, in, waved.rows, waved.j0, waved.width);
    pad_rows(lower, site.into, waved.rows, waved.width);
    emit_waved(lower, &waved, site.into);
}

/* ---- products ---- */

/* One frequency of a tile: its weights, [c, d, c + d or c - d][read][unit], and of some samples a + b, [sample][read]. */
typedef struct Product {
    const Spectrum *spectrum;
    BufferId tiles, weights, both;
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
    int width = spectrum->taps.width;
    LoopExpr *wave[2];
    for (int part = 0; part < 2; part++)
        zero_sums(lower, into, sums[part], count, width);
    LoopStmt *later = for_range(lower, into, "later", spectrum->taps.taps);
    LoopExpr *k = loop_variable(lower, later);
    wave[0] = loop_local(lower, &later->body, "cosine", load2(lower, spectrum->waves, k, product->f));
    wave[1] = loop_local(lower, &later->body, "sine",
                         load2(lower, spectrum->waves, k, sine_of(lower, spectrum, product->f)));
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, &later->body, "j", width);
        LoopExpr *from = op2(lower, OP_ADD, o, num(lower, r));
        LoopExpr *place[4] = {product->tile, spectrum->turned ? k : from, spectrum->turned ? from : k,
                              loop_variable(lower, loop)};
        for (int part = 0; part < 2; part++)
            add_weight(lower, product, &loop->body, sums[part], r, place, wave[part]);
    }
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", width);
        LoopExpr *j = loop_variable(lower, loop), *row = num(lower, r);
        LoopExpr *c = load2(lower, sums[0], row, j), *d = load2(lower, sums[1], row, j);
        LoopExpr *value[3] = {c, d, op2(lower, spectrum->turned ? OP_SUB : OP_ADD, c, d)};
        for (int part = 0; part < 3; part++)
            loop_store(lower->program, &loop->body, product->weights, 3,
                       (LoopExpr *[]){num(lower, part), op2(lower, OP_ADD, o, row), j}, value[part], false);
    }
}

static void emit_weights(Lower *lower, const Product *product, LoopBlock *into)
{
    const Taps *taps = &product->spectrum->taps;
    const char *name = weight_name(lower->net, taps->node);
    Parts parts = even_parts(product->spectrum->read, FREQUENCY_READ);
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
        LoopStmt *loop = for_units(lower, into, "o", spectrum->read);
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
    zero_sums(lower, into, sums, count, spectrum->taps.width);
    LoopStmt *outputs = for_range(lower, into, "o", spectrum->read);
    LoopExpr *o = loop_variable(lower, outputs);
    for (int r = 0; r < count; r++)
        x[r] =
            loop_local(lower, &outputs->body, arena_printf(lower->arena, "x%d", r),
                       part == 2 ? load2(lower, product->both, num(lower, r), o)
                                 : gradient_at(lower, product, op2(lower, OP_ADD, b, num(lower, r)), f, o));
    LoopStmt *loop = for_units(lower, &outputs->body, "j", spectrum->taps.width);
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
    LoopExpr *x[3], *factor = loop_op(lower->arena, OP_SELECT, op2(lower, OP_EQ, product->f, num(lower, 0)),
                                      loop_float(lower->arena, 1.0 / spectrum->period),
                                      loop_float(lower->arena, 2.0 / spectrum->period));
    factor = loop_local(lower, into, "factor", factor);
    LoopStmt *loop = for_units(lower, into, "j", spectrum->taps.width);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, product->j0, j);
    for (int part = 0; part < 3; part++)
        x[part] = load2(lower, sums[part], num(lower, r), j);
    LoopExpr *re = op2(lower, spectrum->turned ? OP_ADD : OP_SUB, x[0], x[1]);
    LoopExpr *minus_im = spectrum->turned ? op2(lower, OP_ADD, op2(lower, OP_SUB, x[1], x[0]), x[2])
                                          : op2(lower, OP_SUB, op2(lower, OP_SUB, x[2], x[0]), x[1]);
    LoopExpr *sample = op2(lower, OP_ADD, b, num(lower, r));
    loop_store(lower->program, &loop->body, spectrum->products, 3, (LoopExpr *[]){sample, product->f, unit},
               op2(lower, OP_MUL, factor, re), false);
    loop_store(lower->program, &loop->body, spectrum->products, 3,
               (LoopExpr *[]){sample, sine_of(lower, spectrum, product->f), unit},
               op2(lower, OP_MUL, factor, minus_im), false);
}

static void emit_samples(Lower *lower, const Product *product, LoopBlock *into, LoopExpr *b, int count)
{
    const Taps *taps = &product->spectrum->taps;
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

static void emit_products_of(Lower *lower, Spectrum *spectrum, BufferId tiles)
{
    const Taps *taps = &spectrum->taps;
    const char *name = stream_of(lower, taps->node->out)->name;
    int parts = (spectrum->count + FREQUENCY_PART - 1) / FREQUENCY_PART;
    int dims[2] = {2 * spectrum->count, taps->tiles * taps->width};
    spectrum->products = named_buffer(lower, "spectrum_of", name, TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    kernel_begin(lower, "multiply", name,
                 arena_printf(lower->arena, "%s: transforms of weights, and their products with those of %s",
                              name, stream_of(lower, taps->node->in)->name),
                 taps->node->span, taps->tiles * parts);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_chosen(lower, taps->node, &items->body, true);
    LoopExpr *item = loop_variable(lower, items);
    Product product = {.spectrum = spectrum, .tiles = tiles};
    product.tile = loop_local(lower, into, "tile", op2(lower, OP_DIV, item, num(lower, parts)));
    product.j0 = taps_first(lower, into, product.tile, taps->width);
    LoopExpr *part = op2(lower, OP_SUB, item, op2(lower, OP_MUL, product.tile, num(lower, parts)));
    LoopExpr *f0 = loop_local(lower, into, "f0", op2(lower, OP_MUL, part, num(lower, FREQUENCY_PART)));
    LoopExpr *end =
        least(lower, op2(lower, OP_ADD, f0, num(lower, FREQUENCY_PART)), num(lower, spectrum->count));
    product.weights = named_buffer(lower, "weights_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                                   (int[]){3, spectrum->read, taps->width});
    product.both = named_buffer(lower, "both_of", name, TYPE_F32, BUFFER_LOCAL, false, 2,
                                (int[]){FREQUENCY_SAMPLES, spectrum->read});
    LoopStmt *loop = for_bounds(lower, into, "f", f0, loop_local(lower, into, "end", end));
    product.f = loop_variable(lower, loop);
    emit_weights(lower, &product, &loop->body);
    emit_all_samples(lower, &product, &loop->body);
}

/* ---- the map ---- */

static void prepare(Lower *lower, Linear *linear)
{
    const Node *node = linear->node;
    Spectrum spectrum = spectrum_of(node);
    taps_prepare(lower, linear);
    if (linear->plan->choice)
        choice_prepare(lower, node->in, RIVAL_FREQUENCIES);
    emit_waves(lower, &spectrum, stream_of(lower, node->in)->name, node->span);
    emit_sums(lower, &spectrum);
    emit_products_of(lower, &spectrum, linear->tiles);
    linear->waves = spectrum.waves;
    linear->spectrum = spectrum.products;
}

/* rows[f][j] = unit j0 + j of the products. */
static void copy_products(Lower *lower, const Waved *waved, LoopBlock *into)
{
    LoopStmt *waves = for_range(lower, into, "f", waved->read);
    LoopStmt *loop = taps_some(lower, &waves->body, num(lower, 0), waved->width);
    LoopExpr *f = loop_variable(lower, waves), *j = loop_variable(lower, loop);
    LoopExpr *place[3] = {waved->site.b, f, op2(lower, OP_ADD, waved->j0, j)};
    store2(lower, &loop->body, waved->rows, f, j,
           loop_load(lower->program, waved->spectrum->products, 3, place), false);
    pad_rows(lower, into, waved->rows, waved->width);
}

static LoopBlock *branch(Lower *lower, const Linear *linear, LoopBlock *into, bool chosen)
{
    return !chosen && !linear->plan->choice ? NULL : if_chosen(lower, linear->node, into, chosen);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Spectrum spectrum = spectrum_of(map->node);
    const Taps *taps = &spectrum.taps;
    spectrum.waves = map->waves;
    spectrum.products = map->spectrum;
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", back from frequencies");
    Waved waved = {.spectrum = &spectrum,
                   .read = 2 * spectrum.count,
                   .made = taps->steps,
                   .back = true,
                   .site = site,
                   .out = map->node->out};
    waved.rows = waved_rows(lower, stream_of(lower, map->node->out)->name, waved.read);
    LoopStmt *tiles = for_range(lower, site.into, "tile", (taps->units + STEPS_WIDTH - 1) / STEPS_WIDTH);
    site.into = &tiles->body;
    waved.j0 = taps_first(lower, site.into, loop_variable(lower, tiles), STEPS_WIDTH);
    waved.width = taps_count(lower, site.into, waved.j0, taps->units, STEPS_WIDTH);
    copy_products(lower, &waved, site.into);
    emit_waved(lower, &waved, site.into);
}

const MapKernel by_frequencies = {.serves = serves, .prepare = prepare, .branch = branch, .forward = forward};
