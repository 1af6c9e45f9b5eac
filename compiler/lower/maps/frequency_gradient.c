/* Gradients of the weights of maps along time that mix all units, by frequencies. By how much later an input x is heard, it is the
 * sum over samples and t of g(t + k) x(t): of transforms a, b of the outputs' gradients and c, d of the inputs, for each frequency
 *
 *   re, im = a c + b d, a d - b c, summed over samples: by p = a c, q = b d, r = (a + b) (c - d) it is p + q and p - q - r
 *
 * and back from these to taps, by waves: see spectrum.c. */
#include "lower/base/code.h"
#include "lower/maps/frequencies.h"
#include "lower/maps/spectrum.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

/* Some inputs, from i0 on, by some outputs, from j0 on: parts reach beyond the last one, where all is 0. */
typedef struct Pairs {
    const Taps *taps;
    const Spectrum *in, *out;
    int ins, outs; /* of a part */
    LoopExpr *i0, *j0, *in_count, *out_count, *f;
    BufferId read;     /* c, d, c - d of some samples: [3][sample][input] */
    BufferId made;     /* a, b, a + b: [3][sample][output] */
    BufferId products; /* p, q, r, summed over samples: [3][input][output] */
    BufferId spectra;  /* re and - im, times shares: [input][tile][2 count][STEPS_WIDTH] */
} Pairs;

enum { PRODUCTS = 3 };

static Pairs pairs_of(const Taps *taps, const Spectrum *in, const Spectrum *out)
{
    Pairs pairs = {.taps = taps, .in = in, .out = out, .outs = FREQUENCY_OUTPUTS};
    while (pairs.outs > STEPS_WIDTH && pairs.outs / 2 >= taps->outs)
        pairs.outs /= 2;
    pairs.ins = even_parts(taps->ins, FREQUENCY_PART_INPUTS).size;
    return pairs;
}

/* ---- some samples at one frequency ---- */

/* Their transforms go next to each other, with the sums or differences of these, and zeros behind the last unit. */
static void emit_gather(Lower *lower, const Pairs *pairs, LoopBlock *into, const Spectrum *spectrum,
                        BufferId to, LoopExpr *first, LoopExpr *end)
{
    bool inputs = spectrum == pairs->in;
    LoopExpr *u0 = inputs ? pairs->i0 : pairs->j0, *count = inputs ? pairs->in_count : pairs->out_count;
    int room = inputs ? pairs->ins : pairs->outs;
    LoopStmt *samples = for_bounds(lower, into, "b", first, end);
    LoopExpr *b = loop_variable(lower, samples), *at = op2(lower, OP_SUB, b, first), *value[PRODUCTS];
    LoopStmt *loop = taps_some(lower, &samples->body, num(lower, 0), count);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, u0, j);
    for (int part = 0; part < 2; part++) {
        LoopExpr *wave = part == 0 ? pairs->f : sine_of(lower, spectrum, pairs->f);
        value[part] = loop_local(lower, &loop->body, part == 0 ? "cosine" : "sine",
                                 loop_load(lower->program, spectrum->sums, 3, (LoopExpr *[]){b, wave, unit}));
    }
    value[2] = op2(lower, inputs ? OP_SUB : OP_ADD, value[0], value[1]);
    for (int part = 0; part < PRODUCTS; part++)
        loop_store(lower->program, &loop->body, to, 3, (LoopExpr *[]){num(lower, part), at, j}, value[part],
                   false);
    if (count->kind == LOOP_NUMBER)
        return;
    LoopStmt *zeros = taps_some(lower, &samples->body, count, num(lower, room));
    for (int part = 0; part < PRODUCTS; part++)
        loop_store(lower->program, &zeros->body, to, 3,
                   (LoopExpr *[]){num(lower, part), at, loop_variable(lower, zeros)},
                   loop_float(lower->arena, 0), false);
}

/* Those of inputs i .. i + count - 1 by outputs j0 .. j0 + STEPS_WIDTH - 1 become greater by what the samples contribute. */
static void emit_block(Lower *lower, const Pairs *pairs, LoopBlock *into, BufferId sums, LoopExpr *part,
                       LoopExpr *i, int count, LoopExpr *j0, LoopExpr *samples)
{
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *place[3] = {part, op2(lower, OP_ADD, i, num(lower, r)), op2(lower, OP_ADD, j0, j)};
        store2(lower, &loop->body, sums, num(lower, r), j,
               loop_load(lower->program, pairs->products, 3, place), false);
    }
    LoopStmt *rows = for_bounds(lower, into, "s", num(lower, 0), samples);
    LoopExpr *s = loop_variable(lower, rows);
    for (int r = 0; r < count; r++) {
        LoopExpr *x = loop_local(lower, &rows->body, arena_printf(lower->arena, "x%d", r),
                                 loop_load(lower->program, pairs->read, 3,
                                           (LoopExpr *[]){part, s, op2(lower, OP_ADD, i, num(lower, r))}));
        LoopStmt *loop = for_units(lower, &rows->body, "j", STEPS_WIDTH);
        LoopExpr *j = loop_variable(lower, loop), *place[3] = {part, s, op2(lower, OP_ADD, j0, j)};
        store_product(lower, &loop->body, sums, 2, (LoopExpr *[]){num(lower, r), j}, x,
                      loop_load(lower->program, pairs->made, 3, place));
    }
    for (int r = 0; r < count; r++) {
        LoopStmt *end = for_units(lower, into, "j", STEPS_WIDTH);
        LoopExpr *unit = loop_variable(lower, end);
        LoopExpr *place[3] = {part, op2(lower, OP_ADD, i, num(lower, r)), op2(lower, OP_ADD, j0, unit)};
        loop_store(lower->program, &end->body, pairs->products, 3, place,
                   load2(lower, sums, num(lower, r), unit), false);
    }
}

/* All of them, in blocks of at most so many inputs by STEPS_WIDTH outputs. */
static void emit_blocks(Lower *lower, const Pairs *pairs, LoopBlock *into, int most, LoopExpr *samples)
{
    Parts parts = even_parts(pairs->ins, most);
    LoopStmt *loop_part = for_range(lower, into, "part", PRODUCTS);
    LoopStmt *tiles = for_range(lower, &loop_part->body, "tile", pairs->outs / STEPS_WIDTH);
    LoopExpr *j0 = loop_local(lower, &tiles->body, "first",
                              op2(lower, OP_MUL, loop_variable(lower, tiles), num(lower, STEPS_WIDTH)));
    for (int small = 0; small < 2; small++) {
        int count = parts.size - small, blocks = small ? parts.small : parts.large;
        if (blocks == 0)
            continue;
        BufferId sums = sums_buffer(lower, weight_name(lower->net, pairs->taps->node), count, STEPS_WIDTH);
        LoopStmt *loop = for_range(lower, &tiles->body, "block", blocks);
        LoopExpr *i = scaled_plus(lower, loop_variable(lower, loop), count,
                                  num(lower, small ? parts.large * parts.size : 0));
        emit_block(lower, pairs, &loop->body, sums, loop_variable(lower, loop_part),
                   loop_local(lower, &loop->body, "i", i), count, j0, samples);
    }
}

static void emit_samples(Lower *lower, const Pairs *pairs, LoopBlock *into)
{
    LoopExpr *first, *end;
    LoopStmt *chunks = for_chunks(lower, into, "chunk", num(lower, 0), loop_scalar(lower->arena, SCALAR_ROWS),
                                  FREQUENCY_BATCH, &first, &end);
    LoopBlock *body = &chunks->body;
    emit_gather(lower, pairs, body, pairs->in, pairs->read, first, end);
    emit_gather(lower, pairs, body, pairs->out, pairs->made, first, end);
    LoopExpr *samples = loop_local(lower, body, "samples", op2(lower, OP_SUB, end, first));
    emit_blocks(lower, pairs, if_wide(lower, body, true), FREQUENCY_INPUTS, samples);
    emit_blocks(lower, pairs, if_wide(lower, body, false), FREQUENCY_NARROW_INPUTS, samples);
}

/* ---- all frequencies ---- */

static void zero_products(Lower *lower, const Pairs *pairs, LoopBlock *into)
{
    LoopStmt *parts = for_range(lower, into, "part", PRODUCTS);
    LoopStmt *inputs = for_range(lower, &parts->body, "i", pairs->ins);
    LoopStmt *loop = for_units(lower, &inputs->body, "j", pairs->outs);
    LoopExpr *place[3] = {loop_variable(lower, parts), loop_variable(lower, inputs),
                          loop_variable(lower, loop)};
    loop_store(lower->program, &loop->body, pairs->products, 3, place, loop_float(lower->arena, 0), false);
}

/* re and - im of p, q, r, times the frequency's share. */
static void emit_shares(Lower *lower, const Pairs *pairs, LoopBlock *into)
{
    LoopExpr *share = loop_local(lower, into, "share", frequency_share(lower, pairs->in, pairs->f));
    LoopStmt *inputs = for_range(lower, into, "i", pairs->ins);
    LoopStmt *tiles = for_range(lower, &inputs->body, "tile", pairs->outs / STEPS_WIDTH);
    LoopStmt *loop = for_units(lower, &tiles->body, "j", STEPS_WIDTH);
    LoopExpr *i = loop_variable(lower, inputs), *tile = loop_variable(lower, tiles),
             *j = loop_variable(lower, loop), *x[PRODUCTS];
    for (int part = 0; part < PRODUCTS; part++)
        x[part] = loop_local(
            lower, &loop->body, (const char *[]){"p", "q", "r"}[part],
            loop_load(lower->program, pairs->products, 3,
                      (LoopExpr *[]){num(lower, part), i, scaled_plus(lower, tile, STEPS_WIDTH, j)}));
    LoopExpr *value[2] = {op2(lower, OP_ADD, x[0], x[1]),
                          op2(lower, OP_ADD, op2(lower, OP_SUB, x[1], x[0]), x[2])};
    for (int part = 0; part < 2; part++) {
        LoopExpr *f = part == 0 ? pairs->f : sine_of(lower, pairs->in, pairs->f);
        loop_store(lower->program, &loop->body, pairs->spectra, 4, (LoopExpr *[]){i, tile, f, j},
                   op2(lower, OP_MUL, share, value[part]), false);
    }
}

/* ---- back to taps ---- */

/* How much later inputs are heard are the steps that are made of their spectra. */
typedef struct Later {
    Waved waved;
    const Pairs *pairs;
    LoopExpr *i;
} Later;

static void store_later(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *unit,
                        LoopExpr *value)
{
    const Later *later = (const Later *)waved;
    const Pairs *pairs = later->pairs;
    LoopExpr *place[2], *i = op2(lower, OP_ADD, pairs->i0, later->i);
    int n = weight_place(lower, pairs->taps->node, taps_row(lower, pairs->taps, made, i), unit, place);
    loop_store(lower->program, into, weight_gradient(lower, pairs->taps->node), n, place, value, true);
}

static void emit_taps(Lower *lower, const Pairs *pairs, LoopBlock *into)
{
    LoopStmt *inputs = for_bounds(lower, into, "i", num(lower, 0), pairs->in_count);
    LoopStmt *tiles = for_range(lower, &inputs->body, "tile", pairs->outs / STEPS_WIDTH);
    LoopBlock *body = &tiles->body;
    Later later = {{.spectrum = pairs->in, .steps = pairs->taps->taps, .back = true, .store = store_later},
                   pairs,
                   loop_variable(lower, inputs)};
    Waved *waved = &later.waved;
    LoopExpr *tile = loop_variable(lower, tiles);
    LoopExpr *j0 = scaled_plus(lower, tile, STEPS_WIDTH, pairs->j0);
    waved->j0 = loop_local(lower, body, "first", j0);
    waved->width = num(lower, STEPS_WIDTH);
    if (pairs->taps->outs % STEPS_WIDTH != 0)
        waved->width = loop_local(
            lower, body, "width",
            least(lower, op2(lower, OP_SUB, num(lower, pairs->taps->outs), waved->j0), waved->width));
    waved_buffers(lower, waved, weight_name(lower->net, pairs->taps->node));
    LoopStmt *loop_f = for_range(lower, body, "f", 2 * pairs->in->count);
    LoopStmt *loop = for_units(lower, &loop_f->body, "j", STEPS_WIDTH);
    LoopExpr *f = loop_variable(lower, loop_f), *j = loop_variable(lower, loop);
    store2(lower, &loop->body, waved->rows, f, j,
           loop_load(lower->program, pairs->spectra, 4, (LoopExpr *[]){later.i, tile, f, j}), false);
    emit_waved(lower, waved, body);
}

static void add_buffers(Lower *lower, Pairs *pairs)
{
    const char *name = weight_name(lower->net, pairs->taps->node);
    pairs->read = named_buffer(lower, "read_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                               (int[]){PRODUCTS, FREQUENCY_BATCH, pairs->ins});
    pairs->made = named_buffer(lower, "made_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                               (int[]){PRODUCTS, FREQUENCY_BATCH, pairs->outs});
    pairs->products = named_buffer(lower, "products_of", name, TYPE_F32, BUFFER_LOCAL, false, 3,
                                   (int[]){PRODUCTS, pairs->ins, pairs->outs});
    pairs->spectra =
        named_buffer(lower, "spectra_of", name, TYPE_F32, BUFFER_LOCAL, false, 4,
                     (int[]){pairs->ins, pairs->outs / STEPS_WIDTH, 2 * pairs->in->count, STEPS_WIDTH});
}

static void emit_part(Lower *lower, Pairs pairs, LoopBlock *into)
{
    add_buffers(lower, &pairs);
    LoopStmt *loop = for_range(lower, into, "f", pairs.in->count);
    pairs.f = loop_variable(lower, loop);
    zero_products(lower, &pairs, &loop->body);
    emit_samples(lower, &pairs, &loop->body);
    emit_shares(lower, &pairs, &loop->body);
    emit_taps(lower, &pairs, into);
}

void frequency_gradient(Lower *lower, const Node *node)
{
    Taps taps = taps_of(node);
    const char *name = weight_name(lower->net, node);
    if (plan_of(lower, node)->choice)
        choice_prepare(lower, node->in, RIVAL_FREQUENCIES);
    Spectrum in = spectrum_of(lower, &taps, node->in), out = spectrum_of(lower, &taps, node->aux);
    Pairs pairs = pairs_of(&taps, &in, &out);
    int in_parts = (taps.ins + pairs.ins - 1) / pairs.ins,
        out_parts = (taps.outs + pairs.outs - 1) / pairs.outs;
    kernel_begin(lower, "gradient", name, arena_printf(lower->arena, "gradient of %s, by frequencies", name),
                 node->span, in_parts * out_parts);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, node, &items->body, false);
    into = if_chosen(lower, node, (Site){.into = into}, true);
    LoopExpr *item = loop_variable(lower, items);
    LoopExpr *number = loop_local(lower, into, "part", op2(lower, OP_DIV, item, num(lower, out_parts)));
    pairs.i0 = loop_local(lower, into, "i0", op2(lower, OP_MUL, number, num(lower, pairs.ins)));
    number = op2(lower, OP_SUB, item, op2(lower, OP_MUL, number, num(lower, out_parts)));
    pairs.j0 = taps_first(lower, into, number, pairs.outs);
    pairs.in_count = taps_count(lower, into, pairs.i0, taps.ins, pairs.ins);
    pairs.out_count = taps_count(lower, into, pairs.j0, taps.outs, pairs.outs);
    emit_part(lower, pairs, into);
    if (plan_of(lower, node)->choice)
        taps_gradient(lower, node);
}
