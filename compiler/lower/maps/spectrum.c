/* Fourier transforms along time. With a period n = 4 m >= steps + taps - 1, so that no sum over taps goes round, there are
 * frequencies f = 0 .. 2 m; the waves are cosines and sines of 2 pi f t / n, and the transform of a stream its sums by them.
 * Steps t and n - t have the same cosine and opposite sines, so their sum and their difference go by one wave; and frequency
 * 2 m - q has the waves of q, with other signs at every second step:
 *
 *   c, d = sums over even t, and over odd t, by cosines of q: at q it is c + d, at 2 m - q c - d
 *   e, f = the same by sines:                                 at q it is e + f, at 2 m - q f - e
 *
 * so that a quarter of the products is left. The way back has the same waves: frequencies are even or odd, and what is made of
 * q is for the steps q, 2 m - q, 2 m + q and 4 m - q. */
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

LoopExpr *mirrored(Lower *lower, const Spectrum *spectrum, LoopExpr *f)
{
    return op2(lower, OP_SUB, num(lower, 2 * spectrum->quarter), f);
}

LoopExpr *frequency_share(Lower *lower, const Spectrum *spectrum, LoopExpr *f)
{
    int period = 4 * spectrum->quarter;
    LoopExpr *ends = op2(lower, OP_OR, op2(lower, OP_EQ, f, num(lower, 0)),
                         op2(lower, OP_EQ, f, num(lower, 2 * spectrum->quarter)));
    return loop_op(lower->arena, OP_SELECT, ends, loop_float(lower->arena, 1.0 / period),
                   loop_float(lower->arena, 2.0 / period));
}

/* ---- waves ---- */

static LoopExpr *wave_at(Lower *lower, const Spectrum *spectrum, LoopExpr *a, LoopExpr *q, bool sine)
{
    LoopExpr *row = sine ? op2(lower, OP_ADD, a, num(lower, spectrum->places)) : a;
    return load2(lower, spectrum->waves, row, q);
}

void waves_at(Lower *lower, const Spectrum *spectrum, LoopExpr *a, LoopExpr *q, LoopExpr *wave[2])
{
    wave[0] = wave_at(lower, spectrum, a, q, false);
    wave[1] = wave_at(lower, spectrum, a, q, true);
}

/* The turn is made whole numbers first, and half of it at most, so that angles are exact to the last bit. */
static void emit_waves(Lower *lower, Spectrum *spectrum, const char *name, Span span)
{
    int places = spectrum->places, period = 4 * spectrum->quarter;
    int dims[2] = {2 * places, spectrum->quarter + 1};
    spectrum->waves = named_buffer(lower, "waves_of", name, TYPE_F32, BUFFER_SCRATCH, false, 2, dims);
    kernel_begin(lower, "waves", name,
                 arena_printf(lower->arena, "%s: cosines and sines of a quarter of %d steps", name, period),
                 span, places);
    LoopStmt *items = kernel_items(lower, "a");
    LoopExpr *a = loop_variable(lower, items);
    LoopStmt *loop = for_range(lower, &items->body, "q", dims[1]);
    LoopExpr *q = loop_variable(lower, loop), *n = num(lower, period);
    LoopExpr *turns = loop_local(lower, &loop->body, "turns", op2(lower, OP_MUL, q, a));
    LoopExpr *rest = op2(lower, OP_SUB, turns, op2(lower, OP_MUL, op2(lower, OP_DIV, turns, n), n));
    rest = loop_local(lower, &loop->body, "rest", rest);
    LoopExpr *part = loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, rest, num(lower, period / 2)),
                             op2(lower, OP_SUB, rest, n), rest);
    LoopExpr *angle = op2(lower, OP_MUL, loop_cast(lower->arena, TYPE_F32, part),
                          loop_float(lower->arena, TWO_PI / period));
    angle = loop_local(lower, &loop->body, "angle", angle);
    store2(lower, &loop->body, spectrum->waves, a, q, loop_op(lower->arena, OP_COS, angle, NULL, NULL),
           false);
    store2(lower, &loop->body, spectrum->waves, op2(lower, OP_ADD, a, num(lower, places)), q,
           loop_op(lower->arena, OP_SIN, angle, NULL, NULL), false);
}

/* ---- sums by waves ---- */

enum { WAVE_SUMS = 4 }; /* even and odd by cosines, even and odd by sines */

/* Some q, from `first` on. */
typedef struct Some {
    const Waved *waved;
    BufferId sums[WAVE_SUMS]; /* [count][STEPS_WIDTH] */
    LoopExpr *first;
    int count;
} Some;

/* Every second place of from .. to - 1, whose rows are sign * place + base. */
static void add_places(Lower *lower, const Some *some, LoopBlock *into, int sum, int from, int to, int sign,
                       int base)
{
    const Waved *waved = some->waved;
    from += (from & 1) ^ (sum & 1);
    if (from >= to)
        return;
    LoopStmt *places = for_range(lower, into, "place", (to - from + 1) / 2);
    LoopExpr *a = loop_local(lower, &places->body, "a",
                             scaled_plus(lower, loop_variable(lower, places), 2, num(lower, from)));
    LoopExpr *row = scaled_plus(lower, a, sign, num(lower, base));
    for (int r = 0; r < some->count; r++) {
        LoopExpr *wave = wave_at(lower, waved->spectrum, a, op2(lower, OP_ADD, some->first, num(lower, r)),
                                 sum >= WAVE_SUMS / 2);
        wave = loop_local(lower, &places->body, arena_printf(lower->arena, "wave%d", r), wave);
        LoopStmt *loop = for_units(lower, &places->body, "j", STEPS_WIDTH);
        LoopExpr *j = loop_variable(lower, loop);
        store_product(lower, &loop->body, some->sums[sum], 2, (LoopExpr *[]){num(lower, r), j}, wave,
                      load2(lower, waved->rows, row, j));
    }
}

/* The first step that has a partner: n - t is a step, too, and another one. */
static int first_pair(const Waved *waved)
{
    int period = 4 * waved->spectrum->quarter, first = period - waved->steps + 1;
    return first < period / 2 ? first : period / 2;
}

static void add_all(Lower *lower, const Some *some, LoopBlock *into)
{
    const Waved *waved = some->waved;
    int half = 2 * waved->spectrum->quarter, pairs = first_pair(waved);
    int steps = waved->steps < half + 1 ? waved->steps : half + 1, alone = steps < pairs ? steps : pairs;
    for (int sum = 0; sum < WAVE_SUMS; sum++) {
        bool sine = sum >= WAVE_SUMS / 2;
        zero_sums(lower, into, some->sums[sum], some->count, STEPS_WIDTH);
        if (waved->back && sine)
            add_places(lower, some, into, sum, 1, half, 1, waved->spectrum->count);
        else if (waved->back)
            add_places(lower, some, into, sum, 0, half + 1, 1, 0);
        else if (!sine)
            add_places(lower, some, into, sum, 0, steps, 1, 0);
        else {
            add_places(lower, some, into, sum, 1, alone, 1, 0);
            add_places(lower, some, into, sum, pairs, half, -1, 2 * half);
        }
    }
}

static LoopExpr *sum_at(Lower *lower, const Some *some, int sum, int r, LoopExpr *j)
{
    return load2(lower, some->sums[sum], num(lower, r), j);
}

/* Frequencies q and 2 m - q, of whole tiles: there is room for them. */
static void store_frequencies(Lower *lower, const Some *some, LoopBlock *into, int r, LoopExpr *q)
{
    const Waved *waved = some->waved;
    LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop), *unit = op2(lower, OP_ADD, waved->j0, j), *x[WAVE_SUMS];
    for (int sum = 0; sum < WAVE_SUMS; sum++)
        x[sum] = sum_at(lower, some, sum, r, j);
    LoopExpr *other = mirrored(lower, waved->spectrum, q);
    waved->store(lower, waved, &loop->body, q, unit, op2(lower, OP_ADD, x[0], x[1]));
    waved->store(lower, waved, &loop->body, sine_of(lower, waved->spectrum, q), unit,
                 op2(lower, OP_ADD, x[2], x[3]));
    waved->store(lower, waved, &loop->body, other, unit, op2(lower, OP_SUB, x[0], x[1]));
    waved->store(lower, waved, &loop->body, sine_of(lower, waved->spectrum, other), unit,
                 op2(lower, OP_SUB, x[3], x[2]));
}

/* Steps q, 2 m - q, 2 m + q and 4 m - q, of which those that are not asked for are left out, or not read. */
static void store_steps(Lower *lower, const Some *some, LoopBlock *into, int r, LoopExpr *q)
{
    const Waved *waved = some->waved;
    int quarter = waved->spectrum->quarter;
    LoopStmt *loop = for_units(lower, into, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop), *x[WAVE_SUMS];
    for (int sum = 0; sum < WAVE_SUMS; sum++)
        x[sum] = sum_at(lower, some, sum, r, j);
    LoopExpr *sum[2], *difference[2];
    for (int part = 0; part < 2; part++) {
        sum[part] = op2(lower, OP_ADD, x[2 * part], x[2 * part + 1]);
        difference[part] = part == 0 ? op2(lower, OP_SUB, x[0], x[1]) : op2(lower, OP_SUB, x[3], x[2]);
    }
    store2(lower, &loop->body, waved->made, q, j, op2(lower, OP_ADD, sum[0], sum[1]), false);
    if (waved->steps > quarter + 1)
        store2(lower, &loop->body, waved->made, mirrored(lower, waved->spectrum, q), j,
               op2(lower, OP_ADD, difference[0], difference[1]), false);
    if (waved->steps > 2 * quarter + 1)
        store2(lower, &loop->body, waved->made, op2(lower, OP_ADD, q, num(lower, 2 * quarter)), j,
               op2(lower, OP_SUB, difference[0], difference[1]), false);
    if (waved->steps > 3 * quarter)
        store2(lower, &loop->body, waved->made, op2(lower, OP_SUB, num(lower, 4 * quarter), q), j,
               op2(lower, OP_SUB, sum[0], sum[1]), false);
}

/* So many blocks of `count`, from `from` on. */
static void emit_blocks_waved(Lower *lower, const Waved *waved, LoopBlock *into, int from, int blocks,
                              int count)
{
    if (blocks == 0)
        return;
    Some some = {.waved = waved, .count = count};
    for (int sum = 0; sum < WAVE_SUMS; sum++)
        some.sums[sum] =
            sums_buffer(lower, stream_of(lower, waved->spectrum->stream)->name, count, STEPS_WIDTH);
    LoopStmt *loop = for_range(lower, into, "block", blocks);
    some.first = loop_local(lower, &loop->body, "q",
                            scaled_plus(lower, loop_variable(lower, loop), count, num(lower, from)));
    add_all(lower, &some, &loop->body);
    for (int r = 0; r < count; r++)
        (waved->back ? store_steps : store_frequencies)(lower, &some, &loop->body, r,
                                                        op2(lower, OP_ADD, some.first, num(lower, r)));
}

/* Instead of steps t and n - t, what both have by cosines, and by sines. */
static void emit_pairs(Lower *lower, const Waved *waved, LoopBlock *into)
{
    int half = 2 * waved->spectrum->quarter, from = first_pair(waved);
    if (from >= half)
        return;
    LoopStmt *pairs = for_range(lower, into, "pair", half - from);
    LoopExpr *t = loop_local(lower, &pairs->body, "t",
                             op2(lower, OP_ADD, loop_variable(lower, pairs), num(lower, from)));
    LoopExpr *other = op2(lower, OP_SUB, num(lower, 2 * half), t);
    LoopStmt *loop = for_units(lower, &pairs->body, "j", STEPS_WIDTH);
    LoopExpr *j = loop_variable(lower, loop);
    LoopExpr *x = loop_local(lower, &loop->body, "x", load2(lower, waved->rows, t, j));
    LoopExpr *y = loop_local(lower, &loop->body, "y", load2(lower, waved->rows, other, j));
    store2(lower, &loop->body, waved->rows, t, j, op2(lower, OP_ADD, x, y), false);
    store2(lower, &loop->body, waved->rows, other, j, op2(lower, OP_SUB, x, y), false);
}

static void store_made(Lower *lower, const Waved *waved, LoopBlock *into)
{
    LoopStmt *steps = for_range(lower, into, "t", waved->steps);
    LoopStmt *units = taps_some(lower, &steps->body, num(lower, 0), waved->width);
    LoopExpr *t = loop_variable(lower, steps), *j = loop_variable(lower, units);
    waved->store(lower, waved, &units->body, t, op2(lower, OP_ADD, waved->j0, j),
                 load2(lower, waved->made, t, j));
}

void emit_waved(Lower *lower, const Waved *waved, LoopBlock *into)
{
    int made = waved->spectrum->quarter + 1;
    if (waved->back && waved->steps < made)
        made = waved->steps;
    Parts parts = even_parts(made, WAVES_TOGETHER);
    if (!waved->back)
        emit_pairs(lower, waved, into);
    emit_blocks_waved(lower, waved, into, 0, parts.large, parts.size);
    emit_blocks_waved(lower, waved, into, parts.large * parts.size, parts.small, parts.size - 1);
    if (waved->back)
        store_made(lower, waved, into);
}

void waved_buffers(Lower *lower, Waved *waved, const char *name)
{
    int read = waved->back ? 2 * waved->spectrum->count : waved->steps;
    waved->rows =
        named_buffer(lower, "rows_of", name, TYPE_F32, BUFFER_LOCAL, false, 2, (int[]){read, STEPS_WIDTH});
    if (waved->back)
        waved->made = named_buffer(lower, "steps_of", name, TYPE_F32, BUFFER_LOCAL, false, 2,
                                   (int[]){4 * waved->spectrum->quarter + 1, STEPS_WIDTH});
}

void pad_rows(Lower *lower, LoopBlock *into, const Waved *waved)
{
    if (waved->width->kind == LOOP_NUMBER)
        return;
    LoopStmt *loop = for_range(lower, into, "row", lower->program->buffers.at[waved->rows].dims[0]);
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
    last_launch(lower)->quick =
        stream_of(lower, spectrum->stream)->node != NONE
        && lower->net->nodes.at[stream_of(lower, spectrum->stream)->node].kind == NODE_DATA;
    site.into = if_read(lower, spectrum->stream, taps->node, site.into);
    LoopStmt *tiles = for_range(lower, site.into, "tile", spectrum->room / STEPS_WIDTH);
    Waved waved = {.spectrum = spectrum, .steps = taps->steps, .site = site, .store = store_sum};
    site.into = &tiles->body;
    waved_buffers(lower, &waved, name);
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
    spectrum.quarter = (taps->steps + taps->taps + 2) / 4;
    spectrum.count = 2 * spectrum.quarter + 1;
    spectrum.places = spectrum.count > taps->taps ? spectrum.count : taps->taps;
    spectrum.room = (spectrum.units + STEPS_WIDTH - 1) / STEPS_WIDTH * STEPS_WIDTH;
    spectrum.waves = made->waves;
    spectrum.sums = made->spectrum;
    const int *dims = made->waves >= 0 ? lower->program->buffers.at[made->waves].dims : NULL;
    if (dims && dims[0] == 2 * spectrum.places && dims[1] == spectrum.quarter + 1)
        return spectrum;
    emit_waves(lower, &spectrum, name, taps->node->span);
    emit_sums(lower, &spectrum, name);
    made->waves = spectrum.waves;
    made->spectrum = spectrum.sums;
    return spectrum;
}
