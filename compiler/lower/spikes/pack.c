/* A spike stream packed for tables (see maps/table.c). Five spikes make one index, and with the indices
 * comes what need not be looked up at all: of every block of five tables, those in whose units the sample never
 * spikes; of every block of 25 steps, the units that are silent.
 *
 *   index[b][t][g] = sum of x[b][t][5 g + k] 2^k        k = 0..4
 *   slot[b][block][0 .. slots[b][block] - 1]            the groups of a block that the sample needs
 *   when[b][s][i]  = sum of x[b][5 s + k][i] 2^k
 *   alive[b][block][0 .. alives[b][block] - 1]          the units that spike within the block's steps */
#include "lower/spikes/pack.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/lists.h"
#include "lower/tuned.h"

static int group_count(int units)
{
    return (units + GROUP - 1) / GROUP;
}

int block_count(int units, int tables)
{
    return (group_count(units) + tables - 1) / tables;
}

/* ---- five units in one index ---- */

static LoopExpr *packed(Lower *lower, LoopExpr **x, int members)
{
    LoopExpr *sum = x[0];
    for (int k = 1; k < members; k++)
        sum = op2(lower, OP_ADD, sum, op2(lower, OP_MUL, x[k], num(lower, 1 << k)));
    return sum;
}

static void emit_index(Lower *lower, StreamId stream, Site site, LoopExpr *g, int members)
{
    LoopExpr *x[GROUP], *place[3] = {site.b, site.t, g};
    LoopExpr *first = op2(lower, OP_MUL, g, num(lower, GROUP));
    for (int k = 0; k < members; k++)
        x[k] = load_stream(lower, stream, site, op2(lower, OP_ADD, first, num(lower, k)));
    loop_store(lower->program, site.into, lower->streams[stream].spikes.index, 3, place,
               packed(lower, x, members), false);
}

/* All groups of one step; any[g] grows where there is a spike. */
static void emit_indices(Lower *lower, StreamId stream, Site site, BufferId any)
{
    int units = stream_size(lower, stream), complete = units / GROUP, rest = units % GROUP;
    Site inner = site;
    if (complete > 0) {
        LoopStmt *loop_g = for_units(lower, site.into, "g", complete);
        inner.into = &loop_g->body;
        emit_index(lower, stream, inner, loop_variable(lower, loop_g), GROUP);
    }
    if (rest > 0)
        emit_index(lower, stream, site, num(lower, complete), rest);
    LoopStmt *loop_g = for_units(lower, site.into, "g", group_count(units));
    LoopExpr *g = loop_variable(lower, loop_g);
    store1(
        lower, &loop_g->body, any, g,
        loop_load(lower->program, lower->streams[stream].spikes.index, 3, (LoopExpr *[]){site.b, site.t, g}),
        true);
}

/* 1 where there is a spike, else 0. */
static LoopExpr *has_spike(Lower *lower, LoopExpr *sum)
{
    LoopExpr *one = num(lower, 1), *zero = num(lower, 0);
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_NE, sum, zero), one, zero);
}

/* The groups of a block that the sample needs. */
static void emit_slots(Lower *lower, StreamId stream, Site site, LoopExpr *block, BufferId any)
{
    const SpikeBuffers *packs = &lower->streams[stream].spikes;
    LoopExpr *needed = declare_local(lower, site.into, "needed", num(lower, 0));
    LoopStmt *loop_s = for_range(lower, site.into, "s", UNIT_TABLES);
    LoopExpr *s = loop_variable(lower, loop_s);
    LoopExpr *g = op2(lower, OP_ADD, op2(lower, OP_MUL, block, num(lower, UNIT_TABLES)), s);
    loop_store(lower->program, &loop_s->body, packs->slot, 3, (LoopExpr *[]){site.b, block, needed}, s,
               false);
    loop_set(lower->arena, &loop_s->body, needed->var,
             op2(lower, OP_ADD, needed, has_spike(lower, load1(lower, any, g))));
    store2(lower, site.into, packs->slots, site.b, block, needed, false);
}

/* any[g] = value for the first groups. */
static void emit_any(Lower *lower, LoopBlock *into, BufferId any, int count, int value)
{
    LoopStmt *loop_g = for_units(lower, into, "g", count);
    store1(lower, &loop_g->body, any, loop_variable(lower, loop_g), num(lower, value), false);
}

static void emit_pack_units(Lower *lower, StreamId stream, Site site)
{
    int units = stream_size(lower, stream), blocks = block_count(units, UNIT_TABLES);
    int slots = blocks * UNIT_TABLES; /* some of the last block belong to no group: nothing is in them */
    BufferId any = named_buffer(lower, "any_of", stream_of(lower, stream)->name, TYPE_I32, BUFFER_LOCAL,
                                false, 1, &slots);
    emit_any(lower, site.into, any, slots, 0);
    if (leaves_out(lower, OPTIMISATION_SILENCE))
        emit_any(lower, site.into, any, group_count(units), 1);
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, stream));
    Site inner = site;
    inner.t = loop_variable(lower, loop_t);
    inner.into = &loop_t->body;
    emit_indices(lower, stream, inner, any);
    LoopStmt *loop = for_range(lower, site.into, "block", blocks);
    inner.into = &loop->body;
    emit_slots(lower, stream, inner, loop_variable(lower, loop), any);
}

/* ---- five steps of a unit in one index ---- */

static void emit_when(Lower *lower, StreamId stream, Site site, LoopExpr *s, int members)
{
    LoopStmt *loop_i = for_units(lower, site.into, "i", stream_size(lower, stream));
    LoopExpr *i = loop_variable(lower, loop_i), *x[GROUP], *place[3] = {site.b, s, i};
    LoopExpr *first = op2(lower, OP_MUL, s, num(lower, GROUP));
    for (int k = 0; k < members; k++) {
        site.t = op2(lower, OP_ADD, first, num(lower, k));
        x[k] = load_stream(lower, stream, site, i);
    }
    LoopExpr *value = members ? packed(lower, x, members) : num(lower, 0);
    loop_store(lower->program, &loop_i->body, lower->streams[stream].spikes.when, 3, place, value, false);
}

/* spiked[i] = whether unit i spikes within the block's steps, or 1 where silence is not looked for. */
static void emit_spiked(Lower *lower, StreamId stream, Site site, LoopExpr *block, BufferId spiked)
{
    LoopExpr *first = op2(lower, OP_MUL, block, num(lower, STEP_TABLES)), *sum = NULL;
    LoopStmt *loop_i = for_units(lower, site.into, "i", stream_size(lower, stream));
    LoopExpr *i = loop_variable(lower, loop_i);
    for (int s = 0; s < STEP_TABLES; s++) {
        LoopExpr *place[3] = {site.b, op2(lower, OP_ADD, first, num(lower, s)), i};
        LoopExpr *when = loop_load(lower->program, lower->streams[stream].spikes.when, 3, place);
        sum = sum ? op2(lower, OP_ADD, sum, when) : when;
    }
    LoopExpr *used = leaves_out(lower, OPTIMISATION_SILENCE) ? num(lower, 1) : has_spike(lower, sum);
    store1(lower, &loop_i->body, spiked, i, used, false);
}

static void emit_alive(Lower *lower, StreamId stream, Site site, LoopExpr *block, BufferId spiked)
{
    const SpikeBuffers *packs = &lower->streams[stream].spikes;
    emit_spiked(lower, stream, site, block, spiked);
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    loop_list(lower->program, site.into, count->var, packs->alive, 3,
              (LoopExpr *[]){site.b, block, num(lower, 0)}, load1(lower, spiked, num(lower, 0)),
              stream_size(lower, stream));
    store2(lower, site.into, packs->alives, site.b, block, count, false);
}

static void emit_pack_steps(Lower *lower, StreamId stream, Site site)
{
    int steps = steps_of(lower, stream), complete = steps / GROUP, blocks = block_count(steps, STEP_TABLES);
    if (complete > 0) {
        LoopStmt *loop_s = for_range(lower, site.into, "s", complete);
        Site inner = site;
        inner.into = &loop_s->body;
        emit_when(lower, stream, inner, loop_variable(lower, loop_s), GROUP);
    }
    for (int s = complete; s < blocks * STEP_TABLES; s++)
        emit_when(lower, stream, site, num(lower, s), s == complete ? steps % GROUP : 0);
    int units = stream_size(lower, stream);
    BufferId spiked = named_buffer(lower, "spiked_of", stream_of(lower, stream)->name, TYPE_U8, BUFFER_LOCAL,
                                   false, 1, &units);
    LoopStmt *loop = for_range(lower, site.into, "block", blocks);
    site.into = &loop->body;
    emit_alive(lower, stream, site, loop_variable(lower, loop), spiked);
}

/* ---- buffers and kernels ---- */

static void add_unit_buffers(Lower *lower, StreamId stream)
{
    SpikeBuffers *packs = &lower->streams[stream].spikes;
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), blocks = block_count(units, UNIT_TABLES);
    int index[2] = {steps_of(lower, stream), blocks * UNIT_TABLES}, slot[2] = {blocks, UNIT_TABLES};
    packs->index = named_buffer(lower, "index_of", name, TYPE_U8, BUFFER_SCRATCH, true, 2, index);
    packs->slot = named_buffer(lower, "slot_of", name, TYPE_U8, BUFFER_SCRATCH, true, 2, slot);
    packs->slots = named_buffer(lower, "slots_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &blocks);
    buffer_about(lower, packs->index, "five units of a step, as an index of a table");
    buffer_about(lower, packs->slot, "of each five tables: those that the sample needs,");
    buffer_about(lower, packs->slots, "and how many these are");
}

static void add_step_buffers(Lower *lower, StreamId stream)
{
    SpikeBuffers *packs = &lower->streams[stream].spikes;
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), blocks = block_count(steps_of(lower, stream), STEP_TABLES);
    int when[2] = {blocks * STEP_TABLES, units}, alive[2] = {blocks, list_room(units)};
    packs->when = named_buffer(lower, "when_of", name, TYPE_U8, BUFFER_SCRATCH, true, 2, when);
    packs->alive = named_buffer(lower, "alive_of", name, index_type(units), BUFFER_SCRATCH, true, 2, alive);
    packs->alives = named_buffer(lower, "alives_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &blocks);
    buffer_about(lower, packs->when, "five steps of a unit, as an index of a table");
    buffer_about(lower, packs->alive, "of each five such: the units that spike,");
    buffer_about(lower, packs->alives, "and how many these are");
}

void pack_prepare(Lower *lower, const Node *node)
{
    StreamId stream = node->in;
    bool over_steps = plan_of(lower, node)->role == ROLE_MAP_GRAD, choice = plan_of(lower, node)->choice;
    SpikeBuffers *packs = &lower->streams[stream].spikes;
    if (choice)
        choice_prepare(lower, stream, RIVAL_TABLES);
    if ((over_steps ? packs->when : packs->index) >= 0)
        return;
    (over_steps ? add_step_buffers : add_unit_buffers)(lower, stream);
    const char *name = stream_of(lower, stream)->name;
    const char *about = arena_printf(lower->arena, "%s: five %s in one byte, an index of a table", name,
                                     over_steps ? "steps of one unit" : "units of one step");
    Site site = kernel_samples(lower, over_steps ? "pack_steps_of" : "pack", name, about, (Span){0, 0});
    if (choice)
        site.into = if_busy(lower, stream, over_steps, site.into, true);
    (over_steps ? emit_pack_steps : emit_pack_units)(lower, stream, site);
}
