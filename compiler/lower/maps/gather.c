#include "lower/maps/gather.h"

#include "lower/base/code.h"
#include "lower/tuned.h"

static int channels(const Node *node, bool made)
{
    const MapAxis *mixed = map_mixed(node->map);
    return made != node->transposed ? mixed->out : mixed->in;
}

Gather gather_of(const Node *node)
{
    int ins = channels(node, false), outs = channels(node, true), groups = node->map->groups;
    bool spread = groups > 1 && outs / groups < WINDOW_GROUP_LEAST;
    return (Gather){.node = node,
                    .steps = 1,
                    .axes = node->map->count - 1,
                    .ins = ins,
                    .outs = outs,
                    .groups = spread ? 1 : groups,
                    .made = spread ? outs : outs / groups,
                    .depth = ins / groups,
                    .spread = spread};
}

int box_channels(const Gather *gather)
{
    return gather->spread ? gather->depth * gather->outs : gather->ins;
}

LoopExpr *spread_channel(Lower *lower, const Gather *gather, LoopExpr *i, LoopExpr *j)
{
    int width = gather->outs / gather->node->map->groups;
    LoopExpr *group = width == 1 ? j : op2(lower, OP_DIV, j, num(lower, width));
    return scaled_plus(lower, group, gather->depth, i);
}

const View *last_view(const Gather *gather)
{
    return &gather->view[gather->axes - 1];
}

/* ---- rows ---- */

LoopExpr *settled(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    return value->kind == LOOP_NUMBER ? value : loop_local(lower, into, name, value);
}

static void settle_view(Lower *lower, LoopBlock *into, View *view)
{
    view->count = settled(lower, into, "count", view->count);
    view->tap = settled(lower, into, "tap", view->tap);
    view->taps = settled(lower, into, "taps", view->taps);
    view->base = settled(lower, into, "base", view->base);
}

/* Enters the loops over the positions of axis `a`, one remainder after the other. */
static void for_phases(Lower *lower, Gather *gather, int a)
{
    const MapAxis *axis = &gather->node->map->space[a];
    int phases = view_phases(axis, gather->node->transposed);
    LoopExpr *phase = num(lower, 0);
    if (phases > 1) {
        LoopStmt *loop = for_range(lower, gather->site.into, "phase", phases);
        phase = loop_variable(lower, loop);
        gather->site.into = &loop->body;
    }
    gather->view[a] = view_of(lower, axis, gather->node->transposed, phase);
    settle_view(lower, gather->site.into, &gather->view[a]);
}

void for_rows(Lower *lower, Gather *gather)
{
    gather->row = num(lower, 0);
    for (int a = 0; a < gather->axes - 1; a++) {
        for_phases(lower, gather, a);
        const View *view = &gather->view[a];
        LoopStmt *loop = for_bounds(lower, gather->site.into, gather->node->map->space[a].name, num(lower, 0),
                                    view->count);
        gather->site.into = &loop->body;
        gather->q[a] = loop_variable(lower, loop);
        view_taps(lower, gather->site.into, view, gather->q[a], &gather->from[a], &gather->to[a]);
        gather->row = scaled_plus(lower, gather->row, view->out,
                                  scaled_plus(lower, gather->q[a], view->step, view->first));
    }
    for_phases(lower, gather, gather->axes - 1);
}

LoopExpr *row_position(Lower *lower, const Gather *gather, LoopExpr *q)
{
    const View *view = last_view(gather);
    return scaled_plus(lower, gather->row, view->out, scaled_plus(lower, q, view->step, view->first));
}

LoopExpr *row_unit(Lower *lower, const Gather *gather, LoopExpr *q, LoopExpr *j0)
{
    return scaled_plus(lower, row_position(lower, gather, q), gather->outs, j0);
}

/* ---- what a row reads ---- */

int most_reads(Lower *lower, const Gather *gather)
{
    int most = 1;
    for (int a = 0; a < gather->axes - 1; a++)
        most *=
            view_of(lower, &gather->node->map->space[a], gather->node->transposed, num(lower, 0)).most_taps;
    return most;
}

Read for_reads(Lower *lower, const Gather *gather, LoopBlock *into)
{
    Read read = {num(lower, 0), num(lower, 0), num(lower, 0), NULL, into};
    for (int a = 0; a < gather->axes - 1; a++) {
        const View *view = &gather->view[a];
        LoopStmt *loop = for_bounds(lower, read.into, "m", gather->from[a], gather->to[a]);
        LoopExpr *m = loop_variable(lower, loop);
        LoopExpr *first = op2(lower, OP_EQ, m, gather->from[a]);
        read.first = read.first ? op2(lower, OP_AND, read.first, first) : first;
        read.into = &loop->body;
        read.slot = scaled_plus(lower, read.slot, view->most_taps, m);
        read.row = scaled_plus(lower, read.row, view->in, view_read(lower, view, gather->q[a], m));
        read.tap = scaled_plus(lower, read.tap, gather->node->map->space[a].taps, view_tap(lower, view, m));
    }
    return read;
}

Section section_of(Lower *lower, const Gather *gather, LoopBlock *into, LoopExpr *q)
{
    const View *view = last_view(gather);
    LoopExpr *zero = num(lower, 0), *in = num(lower, view->in);
    LoopExpr *lowest = loop_local(
        lower, into, "at",
        op2(lower, OP_ADD, op2(lower, OP_MUL, q, num(lower, view->stride)), view_lowest(lower, view)));
    LoopExpr *end = op2(lower, OP_ADD, lowest, num(lower, view->most_taps));
    LoopExpr *from = loop_local(lower, into, "from", clamped(lower, lowest, zero, in));
    return (Section){lowest, from, loop_local(lower, into, "to", clamped(lower, end, zero, in))};
}

LoopExpr *section_shift(Lower *lower, const Gather *gather, const Section *section, const Read *read)
{
    int taps = gather->node->map->space[gather->axes - 1].taps;
    LoopExpr *shift = op2(lower, OP_SUB, section->lowest, op2(lower, OP_MUL, read->tap, num(lower, taps)));
    return loop_local(lower, read->into, "shift", op2(lower, OP_MUL, shift, num(lower, gather->ins)));
}
