/* Maps and gradients that follow spikes: rows of weights are added, one for each event of a list. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/heard.h"
#include "lower/maps/rows.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->listed;
}

static void prepare(Lower *lower, Linear *linear)
{
    lists_prepare(lower, linear->node->in);
}

/* Rows of `count` units are added, one behind the other: each sum is loaded and stored once for all of them. */
static void emit_rows(Lower *lower, const Rows *rows, const Matrix *matrix, Site site, int count,
                      LoopExpr *const *units, LoopBlock *into)
{
    LoopStmt *loop_j = for_units(lower, into, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    site.into = &loop_j->body;
    for (int k = 0; k < count; k++)
        emit_sum(lower, rows, site, 0, j, matrix_load(lower, matrix, units[k], j));
}

void emit_events(Lower *lower, const Linear *map, Site site)
{
    LoopExpr *units[EVENTS_TOGETHER];
    int width = site_width(lower, site, map->node->out);
    bool in_place = width < LEAST_SUMS || lower->program->predicts; /* there, sums never stay in registers */
    Rows rows = {map, NULL, 1, width, in_place, false};
    emit_sums_start(lower, &rows, site);
    Heard heard = for_heard(lower, map, site);
    LoopExpr *first = NULL;
    if (lower->program->predicts) { /* each sum is loaded and stored once for some rows */
        LoopStmt *some =
            loop_events_together(lower, map->node->in, heard.site, EVENTS_TOGETHER, units, &first);
        emit_rows(lower, &rows, &heard.map.matrix, site, EVENTS_TOGETHER, units, &some->body);
    }
    LoopStmt *events = loop_events(lower, map->node->in, heard.site, units);
    if (first)
        events->from = first;
    emit_rows(lower, &rows, &heard.map.matrix, site, 1, units, &events->body);
    emit_sums_end(lower, &rows, site);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site = walk_samples(lower, walk, site);
    note_map(lower, map, site.into, ", event by event");
    emit_events(lower, map, walk_steps(lower, walk, site));
}

/* The row of gradients of one step waits in registers for the units that spike. */
static void gradient(Lower *lower, const Linear *gradient, Site site, Walk walk)
{
    const Node *node = gradient->node;
    LoopExpr *i, *zero = num(lower, 0);
    int width = site_width(lower, site, node->aux);
    note_gradient(lower, gradient, site.into, ", event by event");
    site = walk_rows(lower, walk, site);
    LoopStmt *row = for_units(lower, site.into, "j", width);
    LoopExpr *j = loop_variable(lower, row);
    store2(lower, &row->body, gradient->sums, zero, j, load_stream(lower, node->aux, site, j), false);
    LoopStmt *events = loop_events(lower, node->in, site, &i);
    LoopStmt *loop_j = for_units(lower, &events->body, "j", width);
    j = loop_variable(lower, loop_j);
    matrix_store(lower, &loop_j->body, &gradient->matrix, i, j, load2(lower, gradient->sums, zero, j), true);
}

const MapKernel by_events = {
    .serves = serves, .prepare = prepare, .forward = forward, .gradient = gradient, .rows = 1};
