/* Maps along time that mix all units, as delays do, of a network that goes step by step. What its inputs were at the last steps
 * is kept. Of the weights, those that are not 0 are listed, by input and by how many steps later it is heard:
 *
 *   target[e], heard[e], e = ends[i * slots + later] .. ends[i * slots + later + 1] - 1
 *
 * There are no more slots than the longest delay needs that is really there. Sums are made input by input, and of each from
 * its first step to its last, as in taps.c; of a map that is part of a loop step by step, and of each input by input, as
 * heard.c lets the loops of trainers do. They are the same to the bit. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/spikes/lists.h"

enum { BYTE = 256, LITERALS = 128 /* that a function has at most, if each weight has one delay */ };

/* The first three are constants of one number: slots of an input, places in `ends`, synapses. */
struct Synapses {
    const Node *node;
    int taps, ins, outs;
    BufferId slots, places, count;
    BufferId ends, target, heard;
    BufferId recent; /* [inputs][slots]: that of step t is at t mod slots */
    BufferId sums;   /* that kernels of literals make; else -1 */
};

static bool serves(const Linear *linear)
{
    return linear->plan->recent;
}

/* ---- the lists ---- */

static BufferId constant_buffer(Lower *lower, const char *prefix, const char *name)
{
    return named_buffer(lower, prefix, name, TYPE_I32, BUFFER_SCRATCH, false, 0, NULL);
}

/* Of so many elements at most, and as many as the constant says. */
static BufferId list_buffer(Lower *lower, const char *prefix, const char *name, Type type, int most,
                            BufferId length)
{
    BufferId list = named_buffer(lower, prefix, name, type, BUFFER_SCRATCH, false, 1, &most);
    lower->program->buffers.at[list].length = length;
    return list;
}

static void add_lists(Lower *lower, struct Synapses *synapses)
{
    const char *name = weight_name(lower->net, synapses->node);
    int most = synapses->taps * synapses->ins * synapses->outs;
    Type target = synapses->outs <= BYTE ? TYPE_U8 : index_type(synapses->outs);
    synapses->slots = constant_buffer(lower, "slots_of", name);
    synapses->places = constant_buffer(lower, "places_of", name);
    synapses->count = constant_buffer(lower, "synapses_of", name);
    synapses->ends =
        list_buffer(lower, "ends_of", name, TYPE_I32, synapses->ins * synapses->taps + 1, synapses->places);
    synapses->target = list_buffer(lower, "targets_of", name, target, most, synapses->count);
    synapses->heard = list_buffer(lower, "heard_of", name, TYPE_F32, most, synapses->count);
    buffer_about(lower, synapses->ends,
                 "of each input, for each step that it may be heard later: where its synapses begin");
    buffer_about(lower, synapses->target, "the unit that hears each synapse");
    buffer_about(lower, synapses->heard, "its weight");
}

static LoopExpr *load0(Lower *lower, BufferId buffer)
{
    return loop_load(lower->program, buffer, 0, NULL);
}

static void store0(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *value)
{
    loop_store(lower->program, into, buffer, 0, NULL, value, false);
}

static void set(Lower *lower, LoopBlock *into, LoopExpr *variable, LoopExpr *value)
{
    loop_set(lower->arena, into, variable->var, value);
}

static LoopExpr *weight_at(Lower *lower, const struct Synapses *synapses, LoopExpr *later, LoopExpr *i,
                           LoopExpr *j)
{
    LoopExpr *place[2], *tap = op2(lower, OP_SUB, num(lower, synapses->taps - 1), later);
    int count = weight_place(lower, synapses->node, scaled_plus(lower, tap, synapses->ins, i), j, place);
    return loop_load(lower->program, weight_values(lower, synapses->node), count, place);
}

/* The block that runs for each unit that hears input i so many steps later. */
static LoopBlock *for_heard(Lower *lower, const struct Synapses *synapses, LoopBlock *into, LoopExpr *later,
                            LoopExpr *i, LoopExpr **j)
{
    LoopStmt *loop = for_range(lower, into, "j", synapses->outs);
    *j = loop_variable(lower, loop);
    LoopExpr *w = weight_at(lower, synapses, later, i, *j);
    return &loop_if(lower->arena, &loop->body, op2(lower, OP_NE, w, loop_float(lower->arena, 0)))->body;
}

static LoopExpr *emit_slots(Lower *lower, const struct Synapses *synapses, LoopBlock *into)
{
    LoopExpr *slots = declare_local(lower, into, "slots", num(lower, 1)), *j;
    LoopStmt *steps = for_range(lower, into, "later", synapses->taps);
    LoopStmt *inputs = for_range(lower, &steps->body, "i", synapses->ins);
    LoopExpr *later = loop_variable(lower, steps);
    LoopBlock *heard = for_heard(lower, synapses, &inputs->body, later, loop_variable(lower, inputs), &j);
    set(lower, heard, slots, op2(lower, OP_ADD, later, num(lower, 1)));
    store0(lower, into, synapses->slots, slots);
    return slots;
}

static void emit_lists(Lower *lower, const struct Synapses *synapses, LoopBlock *into)
{
    LoopExpr *slots = emit_slots(lower, synapses, into), *j;
    LoopExpr *count = declare_local(lower, into, "count", num(lower, 0));
    LoopStmt *inputs = for_range(lower, into, "i", synapses->ins);
    LoopExpr *i = loop_variable(lower, inputs);
    LoopStmt *steps = for_bounds(lower, &inputs->body, "later", num(lower, 0), slots);
    LoopExpr *later = loop_variable(lower, steps);
    LoopExpr *place = op2(lower, OP_ADD, op2(lower, OP_MUL, i, slots), later);
    store1(lower, &steps->body, synapses->ends, place, count, false);
    LoopBlock *heard = for_heard(lower, synapses, &steps->body, later, i, &j);
    store1(lower, heard, synapses->target, count, j, false);
    store1(lower, heard, synapses->heard, count, weight_at(lower, synapses, later, i, j), false);
    set(lower, heard, count, op2(lower, OP_ADD, count, num(lower, 1)));
    LoopExpr *last = op2(lower, OP_MUL, num(lower, synapses->ins), slots);
    store1(lower, into, synapses->ends, last, count, false);
    store0(lower, into, synapses->places, op2(lower, OP_ADD, last, num(lower, 1)));
    store0(lower, into, synapses->count, count);
}

/* ---- what is kept ---- */

static void add_recent(Lower *lower, struct Synapses *synapses)
{
    StreamId in = synapses->node->in;
    const char *name = stream_of(lower, in)->name;
    bool spikes = stream_of(lower, in)->kind == STREAM_SPIKES;
    int dims[2] = {synapses->ins, synapses->taps};
    synapses->recent =
        named_buffer(lower, "recent", name, spikes ? TYPE_U8 : TYPE_F32, BUFFER_SCRATCH, false, 2, dims);
    lower->program->buffers.at[synapses->recent].length = synapses->slots;
    buffer_about(lower, synapses->recent, "a ring of each unit's last steps");
    LoopExpr *nothing = spikes ? num(lower, 0) : loop_float(lower->arena, 0);
    Site site =
        kernel_samples_in(lower, PHASE_RESET, "forget_recent", name,
                          arena_printf(lower->arena, "%s: no past", name), stream_of(lower, in)->span);
    LoopStmt *units = for_range(lower, site.into, "i", synapses->ins);
    LoopStmt *steps = for_bounds(lower, &units->body, "slot", num(lower, 0), load0(lower, synapses->slots));
    store2(lower, &steps->body, synapses->recent, loop_variable(lower, units), loop_variable(lower, steps),
           nothing, false);
}

/* ---- a step ---- */

static bool hears_spikes(const Lower *lower, const struct Synapses *synapses)
{
    return lower->program->buffers.at[synapses->recent].type == TYPE_U8;
}

typedef struct Hearing {
    const struct Synapses *synapses;
    BufferId sums;
    LoopExpr *i, *now; /* the slot of this step */
    BufferId before;   /* of literals: the slots of the steps before */
} Hearing;

/* Synapse e, by which x is heard. */
static void emit_synapse(Lower *lower, const Hearing *hearing, LoopBlock *into, LoopExpr *e, LoopExpr *x)
{
    LoopExpr *w = load1(lower, hearing->synapses->heard, e);
    LoopExpr *j = load1(lower, hearing->synapses->target, e);
    if (hears_spikes(lower, hearing->synapses))
        store1(lower, into, hearing->sums, j, w, true);
    else
        store_product(lower, into, hearing->sums, 1, &j, x, w);
}

/* The synapses by which x, what input i was in this slot, is heard now. */
static void emit_synapses(Lower *lower, const Hearing *hearing, LoopBlock *into, LoopExpr *slot, LoopExpr *x,
                          LoopExpr *more)
{
    const struct Synapses *synapses = hearing->synapses;
    LoopExpr *later = op2(lower, OP_SUB, op2(lower, OP_ADD, hearing->now, more), slot);
    LoopExpr *place =
        loop_local(lower, into, "place",
                   op2(lower, OP_ADD, op2(lower, OP_MUL, hearing->i, load0(lower, synapses->slots)), later));
    LoopStmt *events = for_bounds(lower, into, "e", load1(lower, synapses->ends, place),
                                  load1(lower, synapses->ends, op2(lower, OP_ADD, place, num(lower, 1))));
    emit_synapse(lower, hearing, &events->body, loop_variable(lower, events), x);
}

static LoopBlock *if_heard(Lower *lower, const struct Synapses *synapses, LoopBlock *into, LoopExpr *x)
{
    LoopExpr *nothing = hears_spikes(lower, synapses) ? num(lower, 0) : loop_float(lower->arena, 0);
    return &loop_if(lower->arena, into, op2(lower, OP_NE, x, nothing))->body;
}

/* What input i was at slots from .. to - 1, which are that of now and so many more. */
static void emit_heard(Lower *lower, const Hearing *hearing, LoopBlock *into, LoopExpr *from, LoopExpr *to,
                       LoopExpr *more)
{
    const struct Synapses *synapses = hearing->synapses;
    LoopStmt *slots = for_bounds(lower, into, "slot", from, to);
    LoopExpr *slot = loop_variable(lower, slots), *x = load2(lower, synapses->recent, hearing->i, slot);
    into = &slots->body;
    if (hears_spikes(lower, synapses))
        slots->value = x;
    else
        into = if_heard(lower, synapses, into, x);
    emit_synapses(lower, hearing, into, slot, x, more);
}

static void keep_input(Lower *lower, const Hearing *hearing, Site site)
{
    store2(lower, site.into, hearing->synapses->recent, hearing->i, hearing->now,
           load_stream(lower, hearing->synapses->node->in, site, hearing->i), false);
}

static LoopExpr *for_inputs(Lower *lower, Hearing *hearing, LoopBlock **into)
{
    LoopStmt *inputs = for_range(lower, *into, "i", hearing->synapses->ins);
    *into = &inputs->body;
    return hearing->i = loop_variable(lower, inputs);
}

/* Input by input, each from its first step to its last. */
static void emit_by_inputs(Lower *lower, Hearing *hearing, Site site)
{
    LoopExpr *zero = num(lower, 0), *slots = load0(lower, hearing->synapses->slots);
    LoopExpr *next = op2(lower, OP_ADD, hearing->now, num(lower, 1));
    for_inputs(lower, hearing, &site.into);
    keep_input(lower, hearing, site);
    emit_heard(lower, hearing, site.into, next, slots, slots);
    emit_heard(lower, hearing, site.into, zero, next, zero);
}

/* Slots from .. to - 1, of all inputs one by one. */
static void emit_slots_heard(Lower *lower, Hearing *hearing, LoopBlock *into, LoopExpr *from, LoopExpr *to,
                             LoopExpr *more)
{
    LoopStmt *slots = for_bounds(lower, into, "slot", from, to);
    LoopExpr *slot = loop_variable(lower, slots);
    into = &slots->body;
    LoopExpr *x = load2(lower, hearing->synapses->recent, for_inputs(lower, hearing, &into), slot);
    into = if_heard(lower, hearing->synapses, into, x);
    emit_synapses(lower, hearing, into, slot, x, more);
}

/* Step by step, from the first to the last. */
static void emit_by_steps(Lower *lower, Hearing *hearing, Site site)
{
    LoopExpr *zero = num(lower, 0), *slots = load0(lower, hearing->synapses->slots);
    LoopExpr *next = op2(lower, OP_ADD, hearing->now, num(lower, 1));
    Site input = site;
    for_inputs(lower, hearing, &input.into);
    keep_input(lower, hearing, input);
    emit_slots_heard(lower, hearing, site.into, next, slots, slots);
    emit_slots_heard(lower, hearing, site.into, zero, next, zero);
}

/* Of a loop, sums start from the biases, else from 0. */
static void start_sums(Lower *lower, const Linear *map, Site site, BufferId sums)
{
    LoopStmt *units = for_units(lower, site.into, "j", stream_size(lower, map->node->out));
    LoopExpr *j = loop_variable(lower, units);
    store1(lower, &units->body, sums, j,
           map->plan->cyclic ? map_start(lower, map->node, (Site){0}, j) : loop_float(lower->arena, 0),
           false);
}

static LoopExpr *emit_now(Lower *lower, const struct Synapses *synapses, LoopBlock *into)
{
    LoopExpr *slots = load0(lower, synapses->slots), *rounds = op2(lower, OP_DIV, step_now(lower), slots);
    return loop_local(lower, into, "now",
                      op2(lower, OP_SUB, step_now(lower), op2(lower, OP_MUL, rounds, slots)));
}

/* ---- a step, of literals ---- */

static LoopStmt *for_literal(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to)
{
    LoopStmt *loop = for_bounds(lower, into, name, from, to);
    loop->literal = true;
    return loop;
}

static BufferId lasting_buffer(Lower *lower, const struct Synapses *synapses, const char *prefix, Type type,
                               int count)
{
    const char *name = stream_of(lower, synapses->node->out)->name;
    return named_buffer(lower, prefix, name, type, BUFFER_SCRATCH, false, 1, &count);
}

/* before[later]: the slot of so many steps ago. */
static void emit_before(Lower *lower, Hearing *hearing, LoopBlock *into)
{
    hearing->before =
        lasting_buffer(lower, hearing->synapses, "slots_before", TYPE_I32, hearing->synapses->taps);
    lower->program->buffers.at[hearing->before].length = hearing->synapses->slots;
    LoopExpr *slots = load0(lower, hearing->synapses->slots);
    LoopStmt *steps = for_bounds(lower, into, "later", num(lower, 0), slots);
    LoopExpr *later = loop_variable(lower, steps), *slot = op2(lower, OP_SUB, hearing->now, later);
    LoopExpr *begun = op2(lower, OP_GE, slot, num(lower, 0));
    slot = loop_op(lower->arena, OP_SELECT, begun, slot, op2(lower, OP_ADD, slot, slots));
    store1(lower, &steps->body, hearing->before, later, slot, false);
}

/* The synapses by which hearing->i is heard after so many steps as there are slots behind k. */
static void emit_literals(Lower *lower, const Hearing *hearing, LoopBlock *into, LoopExpr *k)
{
    const struct Synapses *synapses = hearing->synapses;
    LoopExpr *slots = load0(lower, synapses->slots);
    LoopExpr *later = op2(lower, OP_SUB, op2(lower, OP_SUB, slots, num(lower, 1)), k);
    LoopExpr *x = load2(lower, synapses->recent, hearing->i, load1(lower, hearing->before, later));
    LoopExpr *place = op2(lower, OP_ADD, op2(lower, OP_MUL, hearing->i, slots), later);
    LoopExpr *end = load1(lower, synapses->ends, op2(lower, OP_ADD, place, num(lower, 1)));
    into = if_heard(lower, synapses, into, x);
    if (!hears_spikes(lower, synapses))
        x = loop_local(lower, into, "x", x);
    LoopStmt *events = for_literal(lower, into, "e", load1(lower, synapses->ends, place), end);
    emit_synapse(lower, hearing, &events->body, loop_variable(lower, events), x);
}

/* Step by step as the tables, of a loop: it has one kernel. */
static void emit_steps_as_code(Lower *lower, Hearing *hearing, Site site)
{
    LoopExpr *zero = num(lower, 0), *ins = num(lower, hearing->synapses->ins);
    Site input = site;
    for_inputs(lower, hearing, &input.into);
    keep_input(lower, hearing, input);
    emit_before(lower, hearing, site.into);
    LoopStmt *slots = for_literal(lower, site.into, "k", zero, load0(lower, hearing->synapses->slots));
    LoopStmt *inputs = for_literal(lower, &slots->body, "i", zero, ins);
    hearing->i = loop_variable(lower, inputs);
    emit_literals(lower, hearing, &inputs->body, loop_variable(lower, slots));
}

static Site begin_hearing(Lower *lower, const struct Synapses *synapses, const char *what)
{
    const Stream *out = stream_of(lower, synapses->node->out);
    Site site = kernel_samples(lower, "hear", out->name,
                               arena_printf(lower->arena, "%s: %s", out->name, what), synapses->node->span);
    site.t = num(lower, 0);
    return site;
}

/* Input by input as the tables, by kernels of some inputs each: compilers take too long for large functions. */
static void hear_as_code(Lower *lower, const Linear *map, struct Synapses *synapses)
{
    Hearing hearing = {.synapses = synapses};
    int ins = synapses->ins, size = LITERALS / synapses->outs + 1;
    hearing.sums = synapses->sums = lasting_buffer(lower, synapses, "sums_of", TYPE_F32, synapses->outs);
    Site site = begin_hearing(lower, synapses, "inputs are kept, and nothing is heard yet");
    start_sums(lower, map, site, hearing.sums);
    hearing.now = emit_now(lower, synapses, site.into);
    emit_before(lower, &hearing, site.into);
    for_inputs(lower, &hearing, &site.into);
    keep_input(lower, &hearing, site);
    for (int i = 0; i < ins; i += size) {
        int end = i + size < ins ? i + size : ins;
        site = begin_hearing(lower, synapses, arena_printf(lower->arena, "inputs %d .. %d", i, end - 1));
        LoopStmt *inputs = for_literal(lower, site.into, "i", num(lower, i), num(lower, end));
        LoopStmt *slots =
            for_literal(lower, &inputs->body, "k", num(lower, 0), load0(lower, synapses->slots));
        hearing.i = loop_variable(lower, inputs);
        emit_literals(lower, &hearing, &slots->body, loop_variable(lower, slots));
    }
}

static void store_sums(Lower *lower, const Linear *map, Site site, BufferId sums)
{
    const Node *node = map->node;
    LoopStmt *units = for_units(lower, site.into, "j", stream_size(lower, node->out));
    LoopExpr *j = loop_variable(lower, units), *value = load1(lower, sums, j);
    if (node->bias != NONE && !map->plan->cyclic)
        value = op2(lower, OP_ADD, value, load1(lower, lower->params[node->bias].values, j));
    site.into = &units->body;
    store_stream(lower, node->out, site, j, value, false);
}

/* ---- all of it ---- */

static void prepare(Lower *lower, Linear *linear)
{
    struct Synapses *synapses = NEW(lower->arena, struct Synapses);
    const AxisMap *map = linear->node->map;
    const char *name = weight_name(lower->net, linear->node);
    *synapses = (struct Synapses){.node = linear->node,
                                  .taps = map->time.taps,
                                  .ins = map->space[0].in,
                                  .outs = map->space[0].out,
                                  .sums = -1};
    add_lists(lower, synapses);
    kernel_begin(lower, "list_synapses_of", name,
                 arena_printf(lower->arena, "%s: the weights that are not 0, by input and delay", name),
                 linear->node->span, 1);
    emit_lists(lower, synapses, &lower->kernel->body);
    add_recent(lower, synapses);
    layer_drive(lower, linear->node)->counted = synapses->count;
    linear->synapses = synapses;
    if (lower->plan->options.delays_as_code && !linear->plan->cyclic)
        hear_as_code(lower, linear, synapses);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    const struct Synapses *synapses = map->synapses;
    bool code = lower->plan->options.delays_as_code;
    site.tile = NULL;
    site = walk_samples(lower, walk, site);
    site.t = num(lower, 0);
    if (synapses->sums >= 0) {
        store_sums(lower, map, site, synapses->sums);
        return;
    }
    note_map(lower, map, site.into, ", as inputs of the last steps are heard now");
    const char *name = stream_of(lower, map->node->out)->name;
    Hearing hearing = {.synapses = synapses};
    hearing.sums = named_buffer(lower, "sums_of", name, TYPE_F32, BUFFER_LOCAL, false, 1, &synapses->outs);
    start_sums(lower, map, site, hearing.sums);
    hearing.now = emit_now(lower, synapses, site.into);
    (code ? emit_steps_as_code : map->plan->cyclic ? emit_by_steps : emit_by_inputs)(lower, &hearing, site);
    store_sums(lower, map, site, hearing.sums);
}

const MapKernel by_recent = {.serves = serves, .prepare = prepare, .forward = forward};
