/* Where a gradient of weights meets spikes: at the positions of which a window reads one at any step, or at all positions
 * where kernels that look at no spikes were chosen for this batch. What leads back from there is met where it leads to such
 * positions.
 *
 *   met[b][p] is 1 if position p of the gradient is met in sample b, else 0 */
#include "lower/maps/blanks.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/base/walk.h"
#include "lower/maps/view.h"
#include "lower/spikes/choice.h"

/* ---- positions ---- */

/* Of the outputs of a map whose last axis is that of channels, or of its inputs. */
static int positions_of(const AxisMap *map, bool out)
{
    int count = 1;
    for (int a = 0; a < map->count - 1; a++)
        count *= out ? map->space[a].out : map->space[a].in;
    return count;
}

static int channels_of(const AxisMap *map, bool out)
{
    const MapAxis *last = &map->space[map->count - 1];
    return out ? last->out : last->in;
}

int met_channels(const Lower *lower, StreamId gradient)
{
    const Node *reader = lower->plan->streams[gradient].met;
    return reader->kind == NODE_SCAN ? met_channels(lower, reader->outs.at[0].stream)
                                     : channels_of(reader->map, true);
}

static LoopExpr *is_not_0(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return as_bit(lower, op2(lower, OP_NE, op2(lower, OP_ADD, a, b), num(lower, 0)));
}

/* Outputs of the map that read an input from[.] that is 1, by any tap. */
typedef struct Spread {
    const AxisMap *map;
    BufferId from, to; /* by position: [.], or [b][.] */
    LoopExpr *b, *in, *out;
    LoopBlock *into;
} Spread;

static LoopExpr *load_flag(Lower *lower, BufferId buffer, LoopExpr *b, LoopExpr *position)
{
    bool local = lower->program->buffers.at[buffer].role == BUFFER_LOCAL;
    return local ? load1(lower, buffer, position) : load2(lower, buffer, b, position);
}

/* The loops over taps stand outside those over positions, which become vectors. */
static void for_tap(Lower *lower, Spread *spread, const MapAxis *axis, LoopExpr **tap, LoopExpr **from,
                    LoopExpr **to)
{
    *tap = *from = num(lower, 0);
    *to = num(lower, axis->out);
    if (axis->reach != REACH_WINDOW)
        return;
    LoopStmt *loop = for_range(lower, spread->into, "tap", axis->taps);
    *tap = loop_variable(lower, loop);
    spread->into = &loop->body;
    tap_outputs(lower, spread->into, axis, *tap, from, to);
}

static void emit_spread(Lower *lower, Spread spread)
{
    LoopExpr *tap[MAX_DIMS], *from[MAX_DIMS], *to[MAX_DIMS];
    for (int a = 0; a < spread.map->count - 1; a++)
        for_tap(lower, &spread, &spread.map->space[a], &tap[a], &from[a], &to[a]);
    spread.in = spread.out = num(lower, 0);
    for (int a = 0; a < spread.map->count - 1; a++) {
        const MapAxis *axis = &spread.map->space[a];
        bool window = axis->reach == REACH_WINDOW;
        LoopStmt *loop = for_bounds(lower, spread.into, axis->name, from[a], to[a]);
        loop->independent = a == spread.map->count - 2;
        LoopExpr *o = loop_variable(lower, loop), *at = o;
        if (window)
            at = op2(lower, OP_ADD, op2(lower, OP_MUL, o, num(lower, axis->stride)),
                     scaled_plus(lower, tap[a], axis->dilation, num(lower, -axis->before)));
        spread.in = scaled_plus(lower, spread.in, axis->in, at);
        spread.out = scaled_plus(lower, spread.out, axis->out, o);
        spread.into = &loop->body;
    }
    LoopExpr *value = is_not_0(lower, load_flag(lower, spread.to, spread.b, spread.out),
                               load_flag(lower, spread.from, spread.b, spread.in));
    store2(lower, spread.into, spread.to, spread.b, spread.out, value, false);
}

/* ---- where spikes are ---- */

/* seen[p] = 1 where a channel of position p spikes at any step. */
static BufferId emit_seen(Lower *lower, const Node *gradient, Site site)
{
    int positions = positions_of(gradient->map, false), channels = channels_of(gradient->map, false);
    BufferId seen = named_buffer(lower, "seen", stream_of(lower, gradient->in)->name, TYPE_U8, BUFFER_LOCAL,
                                 false, 1, &positions);
    LoopStmt *zeros = for_units(lower, site.into, "n", positions);
    store1(lower, &zeros->body, seen, loop_variable(lower, zeros), num(lower, 0), false);
    site = walk_steps(lower, (Walk){NULL, NULL, steps_of(lower, gradient->in)}, site);
    LoopStmt *loop = for_units(lower, site.into, "n", positions);
    LoopExpr *n = loop_variable(lower, loop), *unit = n;
    site.into = &loop->body;
    if (channels > 1) {
        LoopStmt *loop_c = for_range(lower, site.into, "c", channels);
        unit = scaled_plus(lower, n, channels, loop_variable(lower, loop_c));
        site.into = &loop_c->body;
    }
    LoopExpr *spike = load_stream(lower, gradient->in, site, unit);
    store1(lower, site.into, seen, n, is_not_0(lower, load1(lower, seen, n), spike), false);
    return seen;
}

/* ---- kernels ---- */

static void emit_all(Lower *lower, BufferId met, Site site, int positions, int value)
{
    LoopStmt *loop = for_units(lower, site.into, "n", positions);
    store2(lower, &loop->body, met, site.b, loop_variable(lower, loop), num(lower, value), false);
}

static BufferId begin(Lower *lower, StreamId gradient, const Node *reader, Site *site)
{
    const char *name = stream_of(lower, gradient)->name;
    int positions = positions_of(reader->map, true);
    BufferId met = named_buffer(lower, "met", name, TYPE_U8, BUFFER_SCRATCH, true, 1, &positions);
    buffer_about(lower, met, "the positions that are met by a spike at any step");
    *site = kernel_samples(lower, "meet", name,
                           arena_printf(lower->arena, "%s: the positions where spikes are met", name),
                           reader->span);
    return met;
}

/* Of a gradient that is multiplied by spikes. */
static BufferId meet_spikes(Lower *lower, StreamId gradient, const Node *reader)
{
    const NodePlan *plan = plan_of(lower, reader);
    Site site;
    if (plan->choice)
        choice_prepare(lower, reader->in, RIVAL_WINDOWS);
    BufferId met = begin(lower, gradient, reader, &site);
    int positions = positions_of(reader->map, true);
    if (plan->choice) {
        Site all = site;
        all.into = if_chosen(lower, reader, site, true);
        emit_all(lower, met, all, positions, 1);
    }
    site.into = if_chosen(lower, reader, site, false);
    emit_all(lower, met, site, positions, 0);
    BufferId seen = emit_seen(lower, reader, site);
    emit_spread(lower, (Spread){.map = reader->map, .from = seen, .to = met, .b = site.b, .into = site.into});
    return met;
}

/* Of one that goes to a unit of each window. */
static BufferId meet_windows(Lower *lower, StreamId gradient, const Node *pool)
{
    Site site;
    blanks_prepare(lower, pool->out);
    BufferId from = lower->streams[pool->out].met, met = begin(lower, gradient, pool, &site);
    emit_all(lower, met, site, positions_of(pool->map, true), 0);
    emit_spread(lower, (Spread){.map = pool->map, .from = from, .to = met, .b = site.b, .into = site.into});
    return met;
}

void blanks_prepare(Lower *lower, StreamId gradient)
{
    const Node *reader = lower->plan->streams[gradient].met;
    StreamBuffers *buffers = &lower->streams[gradient];
    if (!reader || buffers->met >= 0)
        return;
    if (reader->kind == NODE_SCAN) {
        blanks_prepare(lower, reader->outs.at[0].stream);
        buffers->met = lower->streams[reader->outs.at[0].stream].met;
    } else if (reader->kind == NODE_POOL_GRAD) {
        buffers->met = meet_windows(lower, gradient, reader);
    } else {
        buffers->met = meet_spikes(lower, gradient, reader);
    }
}

LoopBlock *if_met(Lower *lower, StreamId gradient, LoopExpr *b, LoopBlock *into, LoopExpr *position)
{
    if (!lower->plan->streams[gradient].met)
        return into;
    LoopExpr *flag = load2(lower, lower->streams[gradient].met, b, position);
    return &loop_if(lower->arena, into, op2(lower, OP_NE, flag, num(lower, 0)))->body;
}
