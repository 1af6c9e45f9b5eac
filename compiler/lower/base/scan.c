/* Scans: neurons, their adjoints, pointwise maps.
 *
 * Alone, a scan runs unit by unit over contiguous units (the loop that vectorises), each with all its
 * steps, or a chunk of them, unrolled and its states in local variables. Between chunks, and between
 * the steps of a recurrent group, the states rest in buffers.
 *
 * What lacks an axis that others have is read at the same place all along it. A result that lacks one is a sum: over
 * steps in a local variable, over units where it is stored, in the order of the loops: some units at a time, where there is
 * more to do. Of a sum over the batch, each sample has a part of its own, and a kernel behind adds these up, from the first
 * sample to the last. */
#include "lower/base/scan.h"

#include "lower/base/code.h"
#include "lower/base/rounds.h"
#include "lower/base/streams.h"
#include "lower/base/sums.h"
#include "lower/base/walk.h"
#include "lower/base/watch.h"
#include "lower/tuned.h"

static int units_at(const Lower *lower, const Node *node, Site site)
{
    return site.tile ? site.tile->width : tiling_room(plan_of(lower, node)->tiles);
}

/* Whether it runs at a step of the sample that is not all there is. */
static bool goes_on(const Lower *lower, const Node *node)
{
    return lower->net->stepwise && plan_of(lower, node)->in_time;
}

static bool sums_rounds(const Lower *lower, const Node *node, int s)
{
    return goes_on(lower, node) && sums_steps(lower, node, s) && plan_of(lower, node)->run > 1;
}

static BufferId round_buffer(Lower *lower, const Node *node, const char *prefix, int s, int units)
{
    return scan_buffer(lower, node, prefix, result_name(lower, node, s), 0, units, 0);
}

/* Of sums over steps that are made in rounds; those over units, too, have a part for each unit. */
static void add_rounds(Lower *lower, const Node *node, ScanState *state, int s)
{
    state->rounds[s] = state->round[s] = -1;
    if (!sums_rounds(lower, node, s))
        return;
    int units =
        sums_units(lower, node, s) ? plan_of(lower, node)->units : shape_size(part_shape(lower, node, s));
    state->round[s] = round_buffer(lower, node, "round_of", s, units);
    if (!sums_units(lower, node, s))
        state->rounds[s] = round_buffer(lower, node, "rounds_of", s, units);
}

ScanState scan_buffers(Lower *lower, const Node *node, bool states_in_buffers)
{
    ScanState state = {NEW_ARRAY(lower->arena, BufferId, node->states.count + 1),
                       NEW_ARRAY(lower->arena, BufferId, result_count(node) + 1),
                       NEW_ARRAY(lower->arena, BufferId, result_count(node) + 1),
                       NEW_ARRAY(lower->arena, BufferId, result_count(node) + 1)};
    for (int s = 0; s < node->states.count; s++)
        state.states[s] = states_in_buffers || lower->phase != PHASE_BACKWARD
                              ? per_unit_buffer(lower, node, "state", node->states.at[s].name, 0)
                              : -1;
    for (int s = 0; s < result_count(node); s++)
        state.partials[s] = find_partials(lower, node, s);
    for (int s = 0; s < result_count(node); s++)
        add_rounds(lower, node, &state, s);
    watch_scan_states(lower, node, &state);
    return state;
}

/* Zero for each unit of result s. */
static void emit_zero(Lower *lower, const Node *node, const ScanState *state, int s, Site site)
{
    LoopStmt *loop = for_units(lower, site.into, "n", shape_size(part_shape(lower, node, s)));
    site.into = &loop->body;
    store_result(lower, node, state, s, site, loop_variable(lower, loop), loop_float(lower->arena, 0), false);
}

/* What sums over units at each of these steps. */
static void emit_step_zeros(Lower *lower, const Node *node, const ScanState *state, Site site, LoopExpr *from,
                            int count)
{
    for (int s = 0; s < node->outs.count; s++) {
        if (!sums_units(lower, node, s) || sums_steps(lower, node, s))
            continue;
        LoopStmt *time = for_bounds(lower, site.into, "t", from, op2(lower, OP_ADD, from, num(lower, count)));
        Site inner = site;
        inner.into = &time->body;
        inner.t = loop_variable(lower, time);
        emit_zero(lower, node, state, s, inner);
    }
}

/* What sums over units and steps. */
static void emit_zeros(Lower *lower, const Node *node, const ScanState *state, Site site)
{
    for (int s = 0; s < result_count(node); s++)
        if (sums_units(lower, node, s) && sums_steps(lower, node, s))
            emit_zero(lower, node, state, s, site);
}

static bool needs_start(const Lower *lower, const Node *node)
{
    bool needs = node->states.count > 0;
    for (int s = 0; s < result_count(node); s++)
        needs = needs || (sums_steps(lower, node, s) && !sums_units(lower, node, s));
    return needs;
}

void emit_scan_start(Lower *lower, const Node *node, const ScanState *state, Site site)
{
    emit_zeros(lower, node, state, site);
    if (!needs_start(lower, node))
        return;
    LoopStmt *loop = for_units(lower, site.into, "n", units_at(lower, node, site));
    LoopExpr *n = loop_variable(lower, loop);
    site.into = &loop->body;
    for (int s = 0; s < node->states.count; s++)
        store2(lower, site.into, state->states[s], site.b, unit_of(lower, site, n),
               loop_float(lower->arena, node->states.at[s].initial), false);
    for (int s = 0; s < result_count(node); s++)
        if (sums_steps(lower, node, s) && !sums_units(lower, node, s)) {
            if (state->rounds[s] < 0) {
                store_result(lower, node, state, s, site, n, loop_float(lower->arena, 0), false);
                continue;
            }
            store2(lower, site.into, state->rounds[s], site.b, n, loop_float(lower->arena, 0), false);
            store2(lower, site.into, state->round[s], site.b, n, loop_float(lower->arena, 0), false);
        }
}

/* ---- one unit ---- */

typedef struct Unit {
    const Node *node;
    const ScanState *state;
    Nest nest;
    LoopExpr *n;       /* of all units */
    LoopExpr **states; /* local variables */
    LoopExpr **sums;   /* by result: local variables, NULL where it is no sum over steps */
    LoopStmt *blocks;  /* of units; NULL: there are none */
    BufferId *parts;   /* by result: [steps][units of a block] of a sum over these; -1: it is none */
} Unit;

static LoopExpr *result_unit(Lower *lower, const Unit *unit, int s)
{
    return nest_unit(lower, &unit->nest, part_shape(lower, unit->node, s));
}

/* The unit that the round's sum is of. */
static LoopExpr *round_unit(Lower *lower, const Unit *unit, int s)
{
    return sums_units(lower, unit->node, s) ? unit->n : result_unit(lower, unit, s);
}

/* Of result s, in the run of steps that is made. */
static LoopExpr *sum_so_far(Lower *lower, const Unit *unit, int s, Site site)
{
    LoopExpr *zero = loop_float(lower->arena, 0);
    if (unit->state->round[s] < 0)
        return zero;
    LoopExpr *sum = load2(lower, unit->state->round[s], site.b, round_unit(lower, unit, s));
    if (unit->state->rounds[s] >= 0) /* it is 0 where a round begins: see keep_rounds() */
        return sum;
    return loop_op(lower->arena, OP_SELECT, round_begins(lower, unit->node, site), zero, sum);
}

static void declare_locals(Lower *lower, Unit *unit, Site site, bool states_in_buffers)
{
    const Node *node = unit->node;
    int sum_count = result_count(node);
    unit->states = NEW_ARRAY(lower->arena, LoopExpr *, node->states.count + 1);
    unit->sums = NEW_ARRAY(lower->arena, LoopExpr *, sum_count + 1);
    for (int s = 0; s < node->states.count; s++) {
        LoopExpr *start = states_in_buffers
                              ? load2(lower, unit->state->states[s], site.b, unit_of(lower, site, unit->n))
                              : loop_float(lower->arena, node->states.at[s].initial);
        VarId var = loop_var(lower->arena, lower->kernel, node->states.at[s].name, TYPE_F32);
        lower->kernel->vars.at[var].of_model = true;
        loop_declare(lower->arena, site.into, var, start);
        unit->states[s] = loop_ref(lower->arena, lower->kernel, var);
    }
    for (int s = 0; s < sum_count; s++) {
        if (!sums_steps(lower, node, s))
            continue;
        VarId var = loop_var(lower->arena, lower->kernel, "sum", TYPE_F32);
        loop_declare(lower->arena, site.into, var, sum_so_far(lower, unit, s, site));
        unit->sums[s] = loop_ref(lower->arena, lower->kernel, var);
    }
}

/* ---- blocks of units ---- */

/* Whether all units of the innermost loop add to one number, at each step if there is one for each. */
static bool sums_next(const Lower *lower, const Node *node, int s)
{
    Shape units = scan_units(lower->net, node);
    return sums_units(lower, node, s)
           && shape_find(part_shape(lower, node, s), shape_axis(units, units.ndim - 1)) < 0;
}

/* A sum goes from unit to unit, and so do compilers where there is one. Of a few units at a time, what each adds is made by vectors,
 * as all else, and then added, in the same order. Pays where there is more to do than to add. */
static bool has_blocks(const Lower *lower, const Node *node, const Nest *nest)
{
    bool sums = false, makes = false;
    if (lower->plan->options.infer || nest->units.ndim == 0 || nest_extent(nest, nest->count - 1) < SUM_BLOCK)
        return false;
    for (int s = 0; s < node->outs.count; s++) {
        sums = sums || sums_next(lower, node, s);
        makes = makes || !sums_units(lower, node, s);
    }
    return sums && makes;
}

static void begin_blocks(Lower *lower, Unit *unit)
{
    const Node *node = unit->node;
    unit->parts = NEW_ARRAY(lower->arena, BufferId, result_count(node) + 1);
    bool blocks = has_blocks(lower, node, &unit->nest);
    for (int s = 0; s < result_count(node); s++) {
        int dims[2] = {sums_steps(lower, node, s) ? 1 : plan_of(lower, node)->steps, SUM_BLOCK};
        unit->parts[s] = blocks && sums_next(lower, node, s)
                             ? named_buffer(lower, "parts_of", result_name(lower, node, s), TYPE_F32,
                                            BUFFER_LOCAL, false, 2, dims)
                             : -1;
    }
    unit->blocks = blocks ? nest_blocks(lower, &unit->nest, SUM_BLOCK) : NULL;
}

/* The row of its parts: the step, or 0. */
static LoopExpr *part_row(Lower *lower, const Unit *unit, int s, Site site)
{
    return sums_steps(lower, unit->node, s) ? num(lower, 0) : site.t;
}

/* Unit by unit of the block. */
static void add_parts(Lower *lower, const Unit *unit, int s, Site site)
{
    LoopStmt *loop = for_bounds(lower, site.into, "part", num(lower, 0), unit->nest.inner->to);
    LoopExpr *part = load2(lower, unit->parts[s], part_row(lower, unit, s, site), loop_variable(lower, loop));
    site.into = &loop->body;
    store_result(lower, unit->node, unit->state, s, site, result_unit(lower, unit, s), part, true);
}

static void end_block(Lower *lower, const Unit *unit, Site site, LoopExpr *from, int count)
{
    site.into = &unit->blocks->body;
    for (int s = 0; s < result_count(unit->node); s++) {
        Site step = site;
        if (unit->parts[s] < 0)
            continue;
        if (!sums_steps(lower, unit->node, s)) {
            LoopStmt *time =
                for_bounds(lower, site.into, "t", from, op2(lower, OP_ADD, from, num(lower, count)));
            step.into = &time->body;
            step.t = loop_variable(lower, time);
        }
        add_parts(lower, unit, s, step);
    }
}

/* ---- what a unit makes ---- */

static void store_unit(Lower *lower, const Unit *unit, int s, Site site, LoopExpr *value, bool add)
{
    if (unit->parts[s] >= 0) {
        LoopExpr *n = loop_variable(lower, unit->nest.inner);
        store2(lower, site.into, unit->parts[s], part_row(lower, unit, s, site), n, value, false);
        return;
    }
    LoopExpr *n = result_unit(lower, unit, s);
    store_result(lower, unit->node, unit->state, s, site, n, value, add || sums_units(lower, unit->node, s));
}

/* Rounds are added where they end, as all steps of one are that are made in one go. */
static void store_rounds(Lower *lower, const Unit *unit, int s, Site site)
{
    const ScanState *state = unit->state;
    LoopExpr *sum = unit->sums[s];
    store2(lower, site.into, state->round[s], site.b, round_unit(lower, unit, s), sum, false);
    if (state->rounds[s] >= 0) /* see keep_rounds() */
        return;
    site.into = &loop_if(lower->arena, site.into, round_ends(lower, unit->node, site))->body;
    store_unit(lower, unit, s, site, sum, true);
}

/* The rounds that are over, and the one that is not. */
static LoopExpr *all_rounds(Lower *lower, const ScanState *state, int s, Site site, LoopExpr *n)
{
    return op2(lower, OP_ADD, load2(lower, state->rounds[s], site.b, n),
               load2(lower, state->round[s], site.b, n));
}

/* Where a round ends, its sums are added, and the next one begins with 0. Behind the loop over units: in it,
 * compilers store by masks at every step, which takes x86 as long as all else. */
static void keep_rounds(Lower *lower, const Node *node, const ScanState *state, Site site)
{
    for (int s = 0; s < node->outs.count; s++) {
        if (state->rounds[s] < 0)
            continue;
        Site inner = site;
        inner.into = &loop_if(lower->arena, site.into, round_ends(lower, node, site))->body;
        LoopStmt *loop = for_units(lower, inner.into, "n", shape_size(part_shape(lower, node, s)));
        LoopExpr *n = loop_variable(lower, loop);
        inner.into = &loop->body;
        store2(lower, inner.into, state->rounds[s], site.b, n, all_rounds(lower, state, s, inner, n), false);
        store2(lower, inner.into, state->round[s], site.b, n, loop_float(lower->arena, 0), false);
    }
}

/* What is made of all steps is asked for behind a step, and not at each: then rounds are added, in a kernel of its own. */
static void lower_rounds(Lower *lower, const Node *node, const ScanState *state)
{
    for (int s = 0; s < node->outs.count; s++) {
        if (state->rounds[s] < 0)
            continue;
        const char *name = stream_of(lower, node->outs.at[s].stream)->name;
        Site site =
            kernel_samples_in(lower, PHASE_RESULT, "total", name,
                              arena_printf(lower->arena, "%s: of all rounds of steps", name), node->span);
        LoopStmt *loop = for_units(lower, site.into, "n", shape_size(part_shape(lower, node, s)));
        LoopExpr *n = loop_variable(lower, loop);
        site.into = &loop->body;
        store_result(lower, node, state, s, site, n, all_rounds(lower, state, s, site, n), false);
    }
}

static void store_locals(Lower *lower, const Unit *unit, Site site, bool states_in_buffers)
{
    for (int s = 0; s < unit->node->states.count; s++)
        if (unit->state->states[s] >= 0)
            store2(lower, site.into, unit->state->states[s], site.b, unit_of(lower, site, unit->n),
                   unit->states[s], false);
    for (int s = 0; s < result_count(unit->node); s++) {
        if (unit->sums[s] && unit->state->round[s] >= 0)
            store_rounds(lower, unit, s, site);
        else if (unit->sums[s])
            store_unit(lower, unit, s, site, unit->sums[s], states_in_buffers);
    }
}

void scan_leaves(Lower *lower, const Node *node, Equations *equations, Site site, const Nest *nest)
{
    equations->inputs = NEW_ARRAY(lower->arena, LoopExpr *, node->ins.count + 1);
    equations->params = NEW_ARRAY(lower->arena, LoopExpr *, node->params.count + 1);
    for (int i = 0; i < node->ins.count; i++)
        if (equation_reads(equations, i))
            equations->inputs[i] =
                load_stream(lower, node->ins.at[i], site,
                            nest_unit(lower, nest, stream_of(lower, node->ins.at[i])->shape));
    for (int p = 0; p < node->params.count; p++) {
        LoopExpr *n = nest_unit(lower, nest, lower->net->params.at[node->params.at[p]].shape);
        equations->params[p] = load1(lower, lower->params[node->params.at[p]].values,
                                     equations->shared_params[p] ? num(lower, 0) : unit_of(lower, site, n));
    }
}

static Equations unit_equations(Lower *lower, const Unit *unit, Site site, LoopBlock *before)
{
    Equations equations = equations_start(lower, unit->node);
    equations.into = site.into;
    equations.before = before;
    equations.states = unit->states;
    scan_leaves(lower, unit->node, &equations, site, &unit->nest);
    return equations;
}

/* Whether the value would change when the states are set: it is one of their variables. */
static bool is_state(const Unit *unit, const LoopExpr *value)
{
    for (int s = 0; s < unit->node->states.count; s++)
        if (value->kind == LOOP_VAR && value->var == unit->states[s]->var)
            return true;
    return false;
}

/* The next values of all states are known before the first of them is overwritten. */
static void advance_states(Lower *lower, const Unit *unit, Equations *equations)
{
    const Node *node = unit->node;
    LoopExpr **next = NEW_ARRAY(lower->arena, LoopExpr *, node->states.count + 1);
    for (int s = 0; s < node->states.count; s++) {
        next[s] = equation_number(equations, node->states.at[s].next);
        bool fixed = next[s]->kind == LOOP_NUMBER || (next[s]->kind == LOOP_VAR && !is_state(unit, next[s]));
        if (node->states.count > 1 && !fixed)
            next[s] = model_local(lower, equations->into,
                                  arena_printf(lower->arena, "next_%s", node->states.at[s].name), next[s]);
    }
    for (int s = 0; s < node->states.count; s++)
        loop_set(lower->arena, equations->into, unit->states[s]->var, next[s]);
}

/* What an output takes the place of is read before it is stored. */
static void read_places(const Lower *lower, const Node *node, Equations *equations)
{
    for (int k = 0; k < node->outs.count; k++)
        for (int i = 0; i < node->ins.count; i++)
            if (lower->plan->streams[node->outs.at[k].stream].place == node->ins.at[i])
                equation_read(equations, i);
}

static void emit_step(Lower *lower, const Unit *unit, Site site, LoopBlock *before)
{
    const Node *node = unit->node;
    Equations equations = unit_equations(lower, unit, site, before);
    read_places(lower, node, &equations);
    for (int k = 0; k < node->outs.count; k++) {
        StreamId stream = node->outs.at[k].stream;
        if (unit->sums[k])
            continue;
        LoopExpr *value = stream_of(lower, stream)->kind == STREAM_SPIKES
                              ? equation_truth(&equations, node->outs.at[k].value)
                              : equation_number(&equations, node->outs.at[k].value);
        store_unit(lower, unit, k, site, value, false);
    }
    for (int s = 0; s < result_count(node); s++)
        if (unit->sums[s])
            loop_set(lower->arena, site.into, unit->sums[s]->var,
                     loop_op(lower->arena, OP_ADD, unit->sums[s],
                             equation_number(&equations, result_value(node, s)), NULL));
    advance_states(lower, unit, &equations);
}

void emit_scan_steps(Lower *lower, const Node *node, const ScanState *state, Site site, LoopExpr *from,
                     int count, bool keep_states)
{
    Arena *arena = lower->arena;
    LoopBlock constants = {0}, loop = {0};
    Unit unit = {.node = node, .state = state};
    unit.nest = nest_of(lower, &loop, node, units_at(lower, node, site));
    begin_blocks(lower, &unit);
    unit.n = nest_unit(lower, &unit.nest, scan_units(lower->net, node));
    emit_step_zeros(lower, node, state, site, from, count);
    Site inner = site;
    inner.into = &unit.nest.inner->body;
    declare_locals(lower, &unit, inner, keep_states);
    if (plan_of(lower, node)->in_time && count > 1) {
        LoopExpr *to = loop_op(arena, OP_ADD, from, loop_int(arena, count), NULL);
        LoopStmt *time = loop_for(arena, inner.into, loop_var(arena, lower->kernel, "t", TYPE_I32), from, to);
        time->down = node->reverse;
        time->unroll = UNROLL_FULL;
        inner.into = &time->body;
        inner.t = loop_variable(lower, time);
        emit_step(lower, &unit, inner, &constants);
    } else {
        inner.t = from;
        emit_step(lower, &unit, inner, &constants);
    }
    inner.into = &unit.nest.inner->body;
    store_locals(lower, &unit, inner, keep_states);
    if (unit.blocks)
        end_block(lower, &unit, site, from, count);
    /* What never changes stands before the loop over the units. */
    for (int i = 0; i < constants.count; i++)
        vec_push(arena, site.into, constants.at[i]);
    vec_push(arena, site.into, unit.nest.outer);
    inner.into = site.into;
    keep_rounds(lower, node, state, inner);
}

/* ---- whole scans ---- */

static void emit_rest(Lower *lower, const Node *node, const ScanState *state, Site site, int chunk)
{
    int steps = plan_of(lower, node)->steps, rest = steps % chunk;
    if (rest)
        emit_scan_steps(lower, node, state, site, num(lower, steps - rest), rest, true);
}

static void emit_chunks(Lower *lower, const Node *node, const ScanState *state, Site site, int chunk)
{
    Arena *arena = lower->arena;
    emit_scan_start(lower, node, state, site);
    if (node->reverse)
        emit_rest(lower, node, state, site, chunk);
    LoopStmt *chunks = for_range(lower, site.into, "chunk", plan_of(lower, node)->steps / chunk);
    chunks->down = node->reverse;
    Site inner = site;
    inner.into = &chunks->body;
    LoopExpr *from = loop_op(arena, OP_MUL, loop_variable(lower, chunks), loop_int(arena, chunk), NULL);
    emit_scan_steps(lower, node, state, inner, from, chunk, true);
    if (!node->reverse)
        emit_rest(lower, node, state, site, chunk);
}

/* Whether all steps are written out in one go. */
static bool in_one_run(const Lower *lower, const Node *node)
{
    return plan_of(lower, node)->run >= plan_of(lower, node)->steps;
}

/* Before the sample's first step, in a kernel of its own. */
static void lower_start(Lower *lower, const Node *node, const ScanState *state)
{
    Phase phase = lower->phase;
    const char *name = plan_of(lower, node)->name;
    lower->phase = PHASE_RESET;
    Site site = kernel_samples(lower, "start", name,
                               arena_printf(lower->arena, "%s: before the first step", name), node->span);
    emit_scan_start(lower, node, state, site);
    lower->phase = phase;
}

ScanState scan_prepare(Lower *lower, const Node *node)
{
    bool goes = goes_on(lower, node);
    ScanState state = scan_buffers(lower, node, goes || !in_one_run(lower, node));
    if (goes) {
        lower_start(lower, node, &state);
        lower_rounds(lower, node, &state);
    }
    return state;
}

void emit_scan(Lower *lower, const Node *node, const ScanState *state, Site site)
{
    int run = plan_of(lower, node)->run;
    if (goes_on(lower, node)) {
        emit_scan_steps(lower, node, state, site, num(lower, 0), 1, true);
        return;
    }
    if (!in_one_run(lower, node)) {
        emit_chunks(lower, node, state, site, run);
        return;
    }
    emit_zeros(lower, node, state, site);
    emit_scan_steps(lower, node, state, site, num(lower, 0), run, false);
}
