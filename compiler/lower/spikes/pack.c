/* Which kernels follow a spike stream, and the stream packed for tables (see table.c). Five spikes make one
 * index, and with the indices comes what need not be looked up at all: of every block of five tables, those
 * in whose units the sample never spikes; of every block of 25 steps, the units that are silent.
 *
 *   index[b][t][g] = sum of x[b][t][5 g + k] 2^k        k = 0..4
 *   slot[b][block][0 .. slots[b][block] - 1]            the groups of a block that the sample needs
 *   when[b][s][i]  = sum of x[b][5 s + k][i] 2^k
 *   alive[b][block][0 .. alives[b][block] - 1]          the units that spike within the block's steps */
#include "lower/spikes/pack.h"
#include "lower/spikes/measure.h"

enum { LEAST_WEIGHTS = 4096 /* of a layer for which there is a choice: small ones are quick either way */ };

/* Tables win where more than about this part of the inputs spike (tests/bench): later in maps, whose events only
 * add to registers, than in gradients, whose events add to memory. */
static const double table_activity[2] = {0.16, 0.08};

int group_count(int units)
{
    return (units + GROUP - 1) / GROUP;
}

int block_count(int units, int tables)
{
    return (group_count(units) + tables - 1) / tables;
}

/* Small layers have no choice. */
static bool has_choice(const Lower *lower, const Node *node)
{
    return lower->kernels == KERNELS_AUTO
           && shape_size(lower->net->params.at[node->weight].shape) >= LEAST_WEIGHTS;
}

bool table_use(const Lower *lower, const Node *node)
{
    bool possible = (node->kind == NODE_WEIGHT_GRAD || !node->transposed) && follows_events(lower, node->in);
    return possible && (lower->kernels == KERNELS_TABLE || has_choice(lower, node));
}

bool event_use(const Lower *lower, const Node *node)
{
    return follows_events(lower, node->in) && !(table_use(lower, node) && lower->kernels == KERNELS_TABLE);
}

/* ---- which kernel runs: a function of the batch's activity ---- */

static void emit_count(Lower *lower, StreamId stream, BufferId counts)
{
    const char *name = stream_of(lower, stream)->name;
    Site site = {0};
    LoopExpr *spikes = measure_kernel(lower, name, "spikes of", counts, &site);
    LoopStmt *loop_n = for_range(lower, site.into, "n", stream_size(lower, stream));
    loop_set(lower->arena, &loop_n->body, spikes->var,
             op2(lower, OP_ADD, spikes, load_stream(lower, stream, site, loop_variable(lower, loop_n))));
}

static void emit_choice(Lower *lower, StreamId stream, BufferId counts, BufferId busy)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, "choose", name,
                 arena_printf(lower->arena,
                              "is %s busy enough for tables, forward and backward? By this batch alone",
                              name),
                 (Span){0, 0}, 1);
    LoopStmt *loop_k = kernel_items(lower, "k");
    LoopExpr *all, *spikes = measured_total(lower, &loop_k->body, counts, stream_size(lower, stream), &all);
    for (int use = 0; use < 2; use++) {
        LoopExpr *limit = op2(lower, OP_MUL, loop_float(lower->arena, table_activity[use]), all);
        loop_comment(lower->arena, &loop_k->body,
                     arena_printf(lower->arena,
                                  "%s: tables are faster where more than %g %% of the units spike",
                                  use ? "backward" : "forward", 100 * table_activity[use]));
        LoopExpr *choice =
            loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, spikes, limit), num(lower, 1), num(lower, 0));
        store1(lower, &loop_k->body, busy, num(lower, use), choice, false);
    }
}

static LoopBlock *if_busy(Lower *lower, StreamId stream, bool over_steps, LoopBlock *into, bool tables)
{
    LoopExpr *flag = load1(lower, lower->spikes[stream].busy, num(lower, over_steps));
    LoopStmt *branch = loop_if(lower->arena, into, op2(lower, tables ? OP_NE : OP_EQ, flag, num(lower, 0)));
    return &branch->body;
}

LoopBlock *if_chosen(Lower *lower, const Node *node, LoopBlock *into, bool tables)
{
    if (!table_use(lower, node) || !has_choice(lower, node))
        return into;
    return if_busy(lower, node->in, node->kind == NODE_WEIGHT_GRAD, into, tables);
}

LoopBlock *if_listed(Lower *lower, StreamId stream, LoopBlock *into)
{
    const Net *net = lower->net;
    for (int n = 0; n < net->updates; n++) {
        const Node *node = &net->nodes.at[n];
        bool reads = (node->kind == NODE_DENSE || node->kind == NODE_WEIGHT_GRAD) && node->in == stream;
        if (reads && !has_choice(lower, node))
            return into;
    }
    /* Where maps use tables, so do gradients. */
    return if_busy(lower, stream, false, into, false);
}

static void make_choice(Lower *lower, StreamId stream)
{
    const char *name = stream_of(lower, stream)->name;
    int uses = 2;
    BufferId counts = named_buffer(lower, "spikes_of", name, TYPE_I32, BUFFER_SCRATCH, true, 0, NULL);
    emit_count(lower, stream, counts);
    BufferId busy = named_buffer(lower, "busy", name, TYPE_I32, BUFFER_SCRATCH, false, 1, &uses);
    emit_choice(lower, stream, counts, busy);
    buffer_about(lower, counts, "in every fourth sample, at every fourth step");
    buffer_about(lower, busy, "forward and backward: tables are faster for this batch");
    lower->spikes[stream].busy = busy;
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
    loop_store(lower->program, site.into, lower->spikes[stream].index, 3, place, packed(lower, x, members),
               false);
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
    store1(lower, &loop_g->body, any, g,
           loop_load(lower->program, lower->spikes[stream].index, 3, (LoopExpr *[]){site.b, site.t, g}),
           true);
}

/* 1 where there is a spike, or where silence is not looked for; else 0. */
static LoopExpr *is_used(Lower *lower, LoopExpr *sum)
{
    LoopExpr *one = num(lower, 1), *zero = num(lower, 0);
    if (is_without(lower->without, OPTIMISATION_SILENCE))
        return one;
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_NE, sum, zero), one, zero);
}

/* The groups first .. first + count - 1 that the sample needs. */
static void emit_slots(Lower *lower, StreamId stream, Site site, LoopExpr *block, int count, BufferId any)
{
    const SpikeStream *packs = &lower->spikes[stream];
    LoopExpr *needed = declare_local(lower, site.into, "needed", num(lower, 0));
    LoopStmt *loop_s = for_range(lower, site.into, "s", count);
    LoopExpr *s = loop_variable(lower, loop_s);
    LoopExpr *g = op2(lower, OP_ADD, op2(lower, OP_MUL, block, num(lower, UNIT_TABLES)), s);
    loop_store(lower->program, &loop_s->body, packs->slot, 3, (LoopExpr *[]){site.b, block, needed}, s,
               false);
    loop_set(lower->arena, &loop_s->body, needed->var,
             op2(lower, OP_ADD, needed, is_used(lower, load1(lower, any, g))));
    store2(lower, site.into, packs->slots, site.b, block, needed, false);
}

static void emit_pack_units(Lower *lower, StreamId stream, Site site)
{
    int groups = group_count(stream_size(lower, stream)), complete = groups / UNIT_TABLES;
    BufferId any = named_buffer(lower, "any_of", stream_of(lower, stream)->name, TYPE_I32, BUFFER_LOCAL,
                                false, 1, &groups);
    LoopStmt *loop_g = for_units(lower, site.into, "g", groups);
    store1(lower, &loop_g->body, any, loop_variable(lower, loop_g), num(lower, 0), false);
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    Site inner = site;
    inner.t = loop_variable(lower, loop_t);
    inner.into = &loop_t->body;
    emit_indices(lower, stream, inner, any);
    if (complete > 0) {
        LoopStmt *blocks = for_range(lower, site.into, "block", complete);
        inner.into = &blocks->body;
        emit_slots(lower, stream, inner, loop_variable(lower, blocks), UNIT_TABLES, any);
    }
    if (groups > complete * UNIT_TABLES)
        emit_slots(lower, stream, site, num(lower, complete), groups - complete * UNIT_TABLES, any);
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
    loop_store(lower->program, &loop_i->body, lower->spikes[stream].when, 3, place, value, false);
}

/* spiked[i] = whether unit i spikes within the block's steps, or 1 where silence is not looked for. */
static void emit_spiked(Lower *lower, StreamId stream, Site site, LoopExpr *block, BufferId spiked)
{
    LoopExpr *first = op2(lower, OP_MUL, block, num(lower, STEP_TABLES)), *sum = NULL;
    LoopStmt *loop_i = for_units(lower, site.into, "i", stream_size(lower, stream));
    LoopExpr *i = loop_variable(lower, loop_i);
    for (int s = 0; s < STEP_TABLES; s++) {
        LoopExpr *place[3] = {site.b, op2(lower, OP_ADD, first, num(lower, s)), i};
        LoopExpr *when = loop_load(lower->program, lower->spikes[stream].when, 3, place);
        sum = sum ? op2(lower, OP_ADD, sum, when) : when;
    }
    store1(lower, &loop_i->body, spiked, i, is_used(lower, sum), false);
}

static void emit_alive(Lower *lower, StreamId stream, Site site, LoopExpr *block, BufferId spiked)
{
    const SpikeStream *packs = &lower->spikes[stream];
    emit_spiked(lower, stream, site, block, spiked);
    LoopExpr *count = declare_local(lower, site.into, "count", num(lower, 0));
    loop_list(lower->program, site.into, count->var, packs->alive, 3,
              (LoopExpr *[]){site.b, block, num(lower, 0)}, load1(lower, spiked, num(lower, 0)),
              stream_size(lower, stream));
    store2(lower, site.into, packs->alives, site.b, block, count, false);
}

static void emit_pack_steps(Lower *lower, StreamId stream, Site site)
{
    int steps = lower->net->steps, complete = steps / GROUP, blocks = block_count(steps, STEP_TABLES);
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
    SpikeStream *packs = &lower->spikes[stream];
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), blocks = block_count(units, UNIT_TABLES);
    int index[2] = {lower->net->steps, blocks * UNIT_TABLES}, slot[2] = {blocks, UNIT_TABLES};
    packs->index = named_buffer(lower, "index_of", name, TYPE_U8, BUFFER_SCRATCH, true, 2, index);
    packs->slot = named_buffer(lower, "slot_of", name, TYPE_U8, BUFFER_SCRATCH, true, 2, slot);
    packs->slots = named_buffer(lower, "slots_of", name, TYPE_I32, BUFFER_SCRATCH, true, 1, &blocks);
    buffer_about(lower, packs->index, "five units of a step, as an index of a table");
    buffer_about(lower, packs->slot, "of each five tables: those that the sample needs,");
    buffer_about(lower, packs->slots, "and how many these are");
}

static void add_step_buffers(Lower *lower, StreamId stream)
{
    SpikeStream *packs = &lower->spikes[stream];
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), blocks = block_count(lower->net->steps, STEP_TABLES);
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
    bool over_steps = node->kind == NODE_WEIGHT_GRAD, choice = has_choice(lower, node);
    SpikeStream *packs = &lower->spikes[stream];
    if (choice && packs->busy < 0)
        make_choice(lower, stream);
    if ((over_steps ? packs->when : packs->index) >= 0)
        return;
    (over_steps ? add_step_buffers : add_unit_buffers)(lower, stream);
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, over_steps ? "pack_steps_of" : "pack", name,
                 arena_printf(lower->arena, "%s: five %s in one byte, an index of a table", name,
                              over_steps ? "steps of one unit" : "units of one step"),
                 (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    LoopBlock *into = choice ? if_busy(lower, stream, over_steps, &loop_b->body, true) : &loop_b->body;
    Site site = {into, loop_variable(lower, loop_b), NULL, NULL};
    (over_steps ? emit_pack_steps : emit_pack_units)(lower, stream, site);
}
