/* Fourier transforms along time. With an odd n >= steps + taps - 1, so that no sum over taps goes round, there are frequencies
 * f = 0 .. (n - 1) / 2; the waves are cosines and sines of 2 pi f t / n, and the transform of a stream its sums by them. */
#include "lower/maps/spectrum.h"

#include "lower/base/code.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"
#include "lower/tuned.h"

#define TWO_PI 6.283185307179586

LoopExpr *sine_of(Lower *lower, const Spectrum *spectrum, LoopExpr *f)
{
    return op2(lower, OP_ADD, f, num(lower, spectrum->count));
}

LoopExpr *frequency_share(Lower *lower, const Spectrum *spectrum, LoopExpr *f)
{
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_EQ, f, num(lower, 0)),
                   loop_float(lower->arena, 1.0 / spectrum->period),
                   loop_float(lower->arena, 2.0 / spectrum->period));
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
    int steps = spectrum->taps->steps, period = spectrum->period;
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

static LoopExpr *wave_of(Lower *lower, const Waved *waved, LoopExpr *made, LoopExpr *read)
{
    return waved->back ? load2(lower, waved->spectrum->waves, made, read)
                       : load2(lower, waved->spectrum->waves, read, made);
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
        waved->store(lower, waved, &units->body, op2(lower, OP_ADD, first, num(lower, r)),
                     op2(lower, OP_ADD, waved->j0, unit), load2(lower, sums, num(lower, r), unit));
    }
}

/* So many blocks of `count`, from `from` on. */
static void emit_blocks_waved(Lower *lower, const Waved *waved, LoopBlock *into, int from, int blocks,
                              int count)
{
    if (blocks == 0)
        return;
    BufferId sums = sums_buffer(lower, stream_of(lower, waved->spectrum->stream)->name, count, STEPS_WIDTH);
    LoopStmt *loop = for_range(lower, into, "block", blocks);
    LoopExpr *first = loop_local(lower, &loop->body, "first",
                                 scaled_plus(lower, loop_variable(lower, loop), count, num(lower, from)));
    emit_some_waved(lower, waved, &loop->body, sums, first, count);
}

void emit_waved(Lower *lower, const Waved *waved, LoopBlock *into)
{
    Parts parts = even_parts(waved->made, STEPS_TOGETHER);
    emit_blocks_waved(lower, waved, into, 0, parts.large, parts.size);
    emit_blocks_waved(lower, waved, into, parts.large * parts.size, parts.small, parts.size - 1);
}

BufferId waved_rows(Lower *lower, const char *name, int read)
{
    return named_buffer(lower, "rows_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, (int[]){read, STEPS_WIDTH});
}

void pad_rows(Lower *lower, LoopBlock *into, const Waved *waved)
{
    if (waved->width->kind == LOOP_NUMBER)
        return;
    LoopStmt *loop = for_range(lower, into, "row", waved->read);
    LoopStmt *units = taps_some(lower, &loop->body, waved->width, num(lower, STEPS_WIDTH));
    store2(lower, &units->body, waved->rows, loop_variable(lower, loop), loop_variable(lower, units),
           loop_float(lower->arena, 0), false);
}

/* ---- transforms ---- */

static void store_sum(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *unit,
                      LoopExpr *value)
{
    loop_store(lower->program, into, waved->spectrum->sums, 3, (LoopExpr *[]){waved->site.b, made, unit},
               value, false);
}

/* Whether no other map, nor its gradient, reads the transforms of the stream. */
static bool is_alone(const Lower *lower, StreamId stream, const Node *node)
{
    bool alone = true;
    for (int n = 0; n < lower->net->updates; n++) {
        const Node *other = &lower->net->nodes.at[n];
        bool reads = other->in == stream || (other->kind == NODE_MAP_GRAD && other->aux == stream);
        if (reads && plan_of(lower, other)->frequencies)
            alone = alone && map_of(lower->net, other) == map_of(lower->net, node);
    }
    return alone;
}

/* Where they are read: the activity of a stream decides for all that read it. */
static LoopBlock *if_read(Lower *lower, StreamId stream, const Node *node, LoopBlock *into)
{
    bool alone = is_alone(lower, stream, node);
    if (alone)
        into = if_narrow(lower, node, into, false);
    return alone || node->in == stream ? if_chosen(lower, node, (Site){.into = into}, true) : into;
}

static void emit_sums(Lower *lower, Spectrum *spectrum, const char *name)
{
    const Taps *taps = spectrum->taps;
    int dims[2] = {2 * spectrum->count, spectrum->room};
    spectrum->sums = named_buffer(lower, "spectrum_of", name, TYPE_F32, BUFFER_SCRATCH, true, 2, dims);
    Site site = kernel_samples(lower, "transform", name,
                               arena_printf(lower->arena, "%s: Fourier transforms along time", name),
                               taps->node->span);
    site.into = if_read(lower, spectrum->stream, taps->node, site.into);
    LoopStmt *tiles = for_range(lower, site.into, "tile", spectrum->room / STEPS_WIDTH);
    Waved waved = {
        .spectrum = spectrum, .read = taps->steps, .made = dims[0], .site = site, .store = store_sum};
    site.into = &tiles->body;
    waved.rows = waved_rows(lower, name, taps->steps);
    waved.j0 = taps_first(lower, site.into, loop_variable(lower, tiles), STEPS_WIDTH);
    waved.width = taps_count(lower, site.into, waved.j0, spectrum->units, STEPS_WIDTH);
    taps_copy(lower, taps, site, spectrum->stream, waved.rows, waved.j0, waved.width);
    pad_rows(lower, site.into, &waved);
    emit_waved(lower, &waved, site.into);
}

Spectrum spectrum_of(Lower *lower, const Taps *taps, StreamId stream)
{
    StreamBuffers *made = &lower->streams[stream];
    const char *name = stream_of(lower, stream)->name;
    Spectrum spectrum = {.taps = taps, .stream = stream, .units = stream_size(lower, stream)};
    spectrum.period = (taps->steps + taps->taps - 1) | 1;
    spectrum.count = (spectrum.period + 1) / 2;
    spectrum.room = (spectrum.units + STEPS_WIDTH - 1) / STEPS_WIDTH * STEPS_WIDTH;
    spectrum.waves = made->waves;
    spectrum.sums = made->spectrum;
    if (made->waves >= 0 && lower->program->buffers.at[made->waves].dims[1] == 2 * spectrum.count)
        return spectrum;
    emit_waves(lower, &spectrum, name, taps->node->span);
    emit_sums(lower, &spectrum, name);
    made->waves = spectrum.waves;
    made->spectrum = spectrum.sums;
    return spectrum;
}
