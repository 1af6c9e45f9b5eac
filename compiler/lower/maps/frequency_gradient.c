/* Gradients of the weights of maps along time that mix all units, by frequencies. By how much later an input x is heard, it is the
 * sum over samples and t of g(t + k) x(t): of transforms a, b of the outputs' gradients and c, d of the inputs, for each frequency
 *
 *   re, im = a c + b d, a d - b c, summed over samples
 *
 * of which every tap takes its part, by waves. */
#include "lower/base/code.h"
#include "lower/maps/frequencies.h"
#include "lower/maps/spectrum.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

/* Some inputs, from i0 on, by the outputs of a tile, at one frequency. */
typedef struct Pairs {
    const Taps *taps;
    const Spectrum *in, *out;
    LoopExpr *i0, *j0, *width, *f;
} Pairs;

enum { REAL, SINE_BY_COSINE, COSINE_BY_SINE, SUMS }; /* a c + b d, b c, a d */

static LoopExpr *transform_at(Lower *lower, const Spectrum *spectrum, LoopExpr *b, LoopExpr *f,
                              LoopExpr *unit)
{
    return loop_load(lower->program, spectrum->sums, 3, (LoopExpr *[]){b, f, unit});
}

/* sums[input][unit], of what a sample contributes. */
static void emit_sample(Lower *lower, const Pairs *pairs, LoopBlock *into, const BufferId sums[SUMS],
                        LoopExpr *b, int count)
{
    LoopExpr *c[FREQUENCY_INPUTS], *d[FREQUENCY_INPUTS], *f = pairs->f, *sine = sine_of(lower, pairs->in, f);
    for (int r = 0; r < count; r++) {
        LoopExpr *i = op2(lower, OP_ADD, pairs->i0, num(lower, r));
        c[r] = loop_local(lower, into, arena_printf(lower->arena, "c%d", r),
                          transform_at(lower, pairs->in, b, f, i));
        d[r] = loop_local(lower, into, arena_printf(lower->arena, "d%d", r),
                          transform_at(lower, pairs->in, b, sine, i));
    }
    LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, pairs->j0, j);
    LoopExpr *g[2] = {
        loop_local(lower, &loop->body, "a", transform_at(lower, pairs->out, b, f, unit)),
        loop_local(lower, &loop->body, "b", transform_at(lower, pairs->out, b, sine, unit)),
    };
    for (int r = 0; r < count; r++) {
        LoopExpr *place[2] = {num(lower, r), j};
        store_product(lower, &loop->body, sums[REAL], 2, place, c[r], g[0]);
        store_product(lower, &loop->body, sums[SINE_BY_COSINE], 2, place, c[r], g[1]);
        store_product(lower, &loop->body, sums[COSINE_BY_SINE], 2, place, d[r], g[0]);
        store_product(lower, &loop->body, sums[REAL], 2, place, d[r], g[1]);
    }
}

/* What every tap takes of the sums: re by a cosine - im by a sine. */
static void emit_taps(Lower *lower, const Pairs *pairs, LoopBlock *into, const BufferId sums[SUMS], int count)
{
    const Node *node = pairs->taps->node;
    LoopExpr *f = pairs->f, *place[2];
    LoopExpr *share = loop_local(lower, into, "share", frequency_share(lower, pairs->in, f));
    LoopStmt *later = for_range(lower, into, "later", pairs->taps->taps);
    LoopExpr *k = loop_variable(lower, later),
             *sine = load2(lower, pairs->in->waves, k, sine_of(lower, pairs->in, f));
    LoopExpr *wave[2] = {
        loop_local(lower, &later->body, "cosine",
                   op2(lower, OP_MUL, share, load2(lower, pairs->in->waves, k, f))),
        loop_local(lower, &later->body, "sine", op2(lower, OP_MUL, share, sine)),
    };
    for (int r = 0; r < count; r++) {
        LoopStmt *loop = taps_some(lower, &later->body, num(lower, 0), pairs->width);
        LoopExpr *j = loop_variable(lower, loop), *x[SUMS];
        for (int part = 0; part < SUMS; part++)
            x[part] = load2(lower, sums[part], num(lower, r), j);
        LoopExpr *minus_im = op2(lower, OP_SUB, x[SINE_BY_COSINE], x[COSINE_BY_SINE]);
        LoopExpr *i = op2(lower, OP_ADD, pairs->i0, num(lower, r));
        int n = weight_place(lower, node, taps_row(lower, pairs->taps, k, i),
                             op2(lower, OP_ADD, pairs->j0, j), place);
        LoopExpr *part = op2(lower, OP_MUL, wave[0], x[REAL]);
        loop_store(lower->program, &loop->body, weight_gradient(lower, node), n, place,
                   multiply_add(lower, part, wave[1], minus_im), true);
    }
}

static void emit_some_inputs(Lower *lower, const Pairs *pairs, LoopBlock *into, int count)
{
    BufferId sums[SUMS];
    for (int part = 0; part < SUMS; part++) {
        sums[part] = sums_buffer(lower, weight_name(lower->net, pairs->taps->node), count, STEPS_WIDTH);
        zero_sums(lower, into, sums[part], count, STEPS_WIDTH);
    }
    LoopStmt *samples = for_bounds(lower, into, "b", num(lower, 0), loop_scalar(lower->arena, SCALAR_ROWS));
    emit_sample(lower, pairs, &samples->body, sums, loop_variable(lower, samples), count);
    emit_taps(lower, pairs, into, sums, count);
}

/* Inputs i0 .. end - 1: some together as long as there are so many, then one by one. */
static void emit_inputs(Lower *lower, Pairs pairs, LoopBlock *into, LoopExpr *i0, LoopExpr *end)
{
    for (int count = FREQUENCY_INPUTS; count > 0; count = count > 1 ? 1 : 0) {
        LoopExpr *blocks = op2(lower, OP_DIV, op2(lower, OP_SUB, end, i0), num(lower, count));
        blocks = loop_local(lower, into, "blocks", blocks);
        LoopStmt *loop = for_bounds(lower, into, "block", num(lower, 0), blocks);
        pairs.i0 =
            loop_local(lower, &loop->body, "i", scaled_plus(lower, loop_variable(lower, loop), count, i0));
        emit_some_inputs(lower, &pairs, &loop->body, count);
        if (count > 1)
            i0 = loop_local(lower, into, "left", scaled_plus(lower, blocks, count, i0));
    }
}

void frequency_gradient(Lower *lower, const Node *node)
{
    Taps taps = taps_of(node);
    const char *name = weight_name(lower->net, node);
    if (plan_of(lower, node)->choice)
        choice_prepare(lower, node->in, RIVAL_FREQUENCIES);
    Spectrum in = spectrum_of(lower, &taps, node->in), out = spectrum_of(lower, &taps, node->aux);
    int tiles = out.room / STEPS_WIDTH, tile_parts = (tiles + FREQUENCY_TILES - 1) / FREQUENCY_TILES;
    int input_parts = (taps.ins + FREQUENCY_PART_INPUTS - 1) / FREQUENCY_PART_INPUTS;
    kernel_begin(lower, "gradient", name, arena_printf(lower->arena, "gradient of %s, by frequencies", name),
                 node->span, input_parts * tile_parts);
    LoopStmt *items = kernel_items(lower, "item");
    LoopBlock *into = if_narrow(lower, node, &items->body, false);
    into = if_chosen(lower, node, (Site){.into = into}, true);
    LoopExpr *item = loop_variable(lower, items), *i0, *i1, *tile0, *tile1;
    LoopExpr *number = loop_local(lower, into, "part", op2(lower, OP_DIV, item, num(lower, tile_parts)));
    range_part(lower, into, number, FREQUENCY_PART_INPUTS, (Range){0, taps.ins}, &i0, &i1);
    number = op2(lower, OP_SUB, item, op2(lower, OP_MUL, number, num(lower, tile_parts)));
    range_part(lower, into, number, FREQUENCY_TILES, (Range){0, tiles}, &tile0, &tile1);
    LoopStmt *loop_f = for_range(lower, into, "f", in.count);
    LoopStmt *loop = for_bounds(lower, &loop_f->body, "tile", tile0, tile1);
    Pairs pairs = {.taps = &taps, .in = &in, .out = &out, .f = loop_variable(lower, loop_f)};
    pairs.j0 = taps_first(lower, &loop->body, loop_variable(lower, loop), STEPS_WIDTH);
    pairs.width = taps_count(lower, &loop->body, pairs.j0, taps.outs, STEPS_WIDTH);
    emit_inputs(lower, pairs, &loop->body, i0, i1);
    if (plan_of(lower, node)->choice)
        taps_gradient(lower, node);
}
