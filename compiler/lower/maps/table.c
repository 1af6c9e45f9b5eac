/* Subset-sum tables: the way to follow a busy spike stream.
 *
 * Five binary inputs have 32 subsets. The sum of the weight rows of every subset is made once, and then each
 * row of the stream adds one entry where events would add up to five rows of weights. The same works for the
 * weight gradient, over five time steps of one input. (The "method of four Russians"; M. Arlazarov et al. 1970.)
 *
 *   forward:  out[b][t] += table[g][index[b][t][g]]
 *   gradient: grad[i]   += table[s][when[b][s][i]]
 *
 * The tables of a few groups are made at a time, so that they stay in the first cache. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/spikes/choice.h"
#include "lower/spikes/pack.h"
#include "lower/tuned.h"

enum { ENTRIES = 1 << GROUP /* of a table */ };

/* Outputs that the tables of a tile serve at a time: the tile's, or half of them. */
static int table_width(int width)
{
    return width % 2 == 0 && width > TABLE_WIDTH ? width / 2 : width;
}

static bool serves(const Linear *linear)
{
    return linear->plan->tables;
}

static void prepare(Lower *lower, Linear *linear)
{
    pack_prepare(lower, linear->node);
}

static LoopBlock *branch(Lower *lower, const Linear *linear, Site site, bool chosen)
{
    bool always = !linear->plan->listed || linear->plan->joined; /* or a group does what is left */
    return !chosen && always ? NULL : if_chosen(lower, linear->node, site, chosen);
}

BufferId table_buffer(Lower *lower, const char *name, int width)
{
    int dims[3] = {UNIT_TABLES > STEP_TABLES ? UNIT_TABLES : STEP_TABLES, ENTRIES, table_width(width)};
    return named_buffer(lower, "table", name, TYPE_F32, BUFFER_LOCAL, false, 3, dims);
}

/* Of the slots that a sample needs: `what` for each. */
static BufferId lookup_buffer(Lower *lower, const char *what, const Node *map)
{
    int slots = UNIT_TABLES;
    return named_buffer(lower, what, stream_of(lower, map->out)->name, TYPE_I32, BUFFER_LOCAL, false, 1,
                        &slots);
}

typedef struct Sums Sums;

/* What a kernel makes tables of: `rows` inputs' weights, or steps' gradients. */
struct Sums {
    const Node *node;
    Matrix matrix;
    BufferId table;
    BufferId slots,
        subsets; /* forward, [UNIT_TABLES]: the slots that a sample needs, and of each the entry */
    Site site;
    int tables; /* at a time */
    int rows, width;
    LoopExpr *(*element)(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j);
    void (*use)(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block);
    Walk walk;
};

static LoopExpr *entry(Lower *lower, const Sums *sums, LoopExpr *slot, LoopExpr *subset, LoopExpr *j)
{
    return loop_load(lower->program, sums->table, 3, (LoopExpr *[]){slot, subset, j});
}

static void store_entry(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, LoopExpr *subset,
                        LoopExpr *j, LoopExpr *value)
{
    loop_store(lower->program, into, sums->table, 3, (LoopExpr *[]){slot, subset, j}, value, false);
}

/* A loop over 0 .. count-1 that is written out. */
static LoopStmt *for_few(Lower *lower, LoopBlock *into, const char *name, LoopExpr *count)
{
    LoopStmt *loop = for_bounds(lower, into, name, num(lower, 0), count);
    loop->few = true;
    return loop;
}

/* Entries made .. 2 * made - 1 are entries 0 .. made - 1 plus the row. */
static void emit_double(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, LoopExpr *made,
                        LoopExpr *row)
{
    LoopStmt *loop_u = for_bounds(lower, into, "u", num(lower, 0), made);
    LoopExpr *u = loop_variable(lower, loop_u);
    LoopStmt *loop_j = for_units(lower, &loop_u->body, "j", sums->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *sum = op2(lower, OP_ADD, entry(lower, sums, slot, u, j), sums->element(lower, sums, row, j));
    store_entry(lower, sums, &loop_j->body, slot, op2(lower, OP_ADD, u, made), j, sum);
}

/* Rows that are not there leave entries as they were: nobody looks them up. */
static void emit_table(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, LoopExpr *group)
{
    LoopStmt *loop_j = for_units(lower, into, "j", sums->width);
    store_entry(lower, sums, &loop_j->body, slot, num(lower, 0), loop_variable(lower, loop_j),
                loop_float(lower->arena, 0));
    LoopExpr *first = op2(lower, OP_MUL, group, num(lower, GROUP));
    LoopExpr *made = declare_local(lower, into, "made", num(lower, 1));
    LoopStmt *loop_k = for_few(lower, into, "k", num(lower, GROUP));
    LoopBlock *each = &loop_k->body;
    LoopExpr *row = loop_local(lower, each, "row", op2(lower, OP_ADD, first, loop_variable(lower, loop_k)));
    if (sums->rows % (GROUP * sums->tables) > 0)
        each = &loop_if(lower->arena, each, op2(lower, OP_LT, row, num(lower, sums->rows)))->body;
    emit_double(lower, sums, each, slot, made, row);
    loop_set(lower->arena, &loop_k->body, made->var, op2(lower, OP_ADD, made, made));
}

static void emit_tables(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block)
{
    LoopExpr *first = loop_local(lower, into, "g0", op2(lower, OP_MUL, block, num(lower, sums->tables)));
    LoopStmt *slots = for_range(lower, into, "slot", sums->tables);
    LoopExpr *slot = loop_variable(lower, slots);
    emit_table(lower, sums, &slots->body, slot, op2(lower, OP_ADD, first, slot));
    sums->use(lower, sums, into, block);
}

static void emit_blocks(Lower *lower, Sums *sums, LoopBlock *into)
{
    int width = sums->width;
    sums->width = table_width(width);
    if (sums->width < width) {
        LoopStmt *halves = for_range(lower, into, "half", width / sums->width);
        sums->site.first = op2(lower, OP_MUL, loop_variable(lower, halves), num(lower, sums->width));
        sums->matrix.column = sums->site.first;
        into = &halves->body;
    }
    LoopStmt *blocks = for_range(lower, into, "block", block_count(sums->rows, sums->tables));
    emit_tables(lower, sums, &blocks->body, loop_variable(lower, blocks));
}

/* ---- forward ---- */

static LoopExpr *weight_element(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j)
{
    return matrix_load(lower, &sums->matrix, row, j);
}

/* slots[s] = the s-th slot that the sample needs. */
static void emit_slots(Lower *lower, const Sums *sums, Site site, LoopExpr *block, LoopExpr *count)
{
    LoopStmt *loop = for_few(lower, site.into, "s", count);
    LoopExpr *s = loop_variable(lower, loop), *place[3] = {site.b, block, s};
    BufferId slots = lower->streams[sums->node->in].spikes.slot;
    store1(lower, &loop->body, sums->slots, s, loop_load(lower->program, slots, 3, place), false);
}

/* subsets[s] = which of its entries this step needs. */
static void emit_subsets(Lower *lower, const Sums *sums, Site site, LoopExpr *block, LoopExpr *count)
{
    LoopStmt *loop = for_few(lower, site.into, "s", count);
    LoopExpr *s = loop_variable(lower, loop);
    LoopExpr *group =
        op2(lower, OP_ADD, op2(lower, OP_MUL, block, num(lower, UNIT_TABLES)), load1(lower, sums->slots, s));
    LoopExpr *place[3] = {site.b, site.t, group};
    BufferId index = lower->streams[sums->node->in].spikes.index;
    store1(lower, &loop->body, sums->subsets, s, loop_load(lower->program, index, 3, place), false);
}

/* out += the entries of `count` slots, one after the other, in a register. */
static void emit_lookups(Lower *lower, const Sums *sums, Site site, LoopExpr *block, LoopExpr *count)
{
    StreamId out = sums->node->out;
    emit_slots(lower, sums, site, block, count);
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, out));
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    emit_subsets(lower, sums, site, block, count);
    LoopStmt *loop_j = for_units(lower, site.into, "j", sums->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    site.into = &loop_j->body;
    LoopExpr *sum = declare_local(lower, site.into, "sum", load_stream(lower, out, site, j));
    LoopStmt *loop_s = for_few(lower, site.into, "s", count);
    LoopExpr *s = loop_variable(lower, loop_s);
    LoopExpr *term = entry(lower, sums, load1(lower, sums->slots, s), load1(lower, sums->subsets, s), j);
    loop_set(lower->arena, &loop_s->body, sum->var, op2(lower, OP_ADD, sum, term));
    store_stream(lower, out, site, j, sum, false);
}

/* Each number of slots for itself: sums of an unknown number of entries would not stay in registers. */
static void add_to_outputs(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block)
{
    Site site = sums->site;
    site.into = into;
    site = walk_samples(lower, sums->walk, site);
    LoopExpr *needed = loop_local(lower, site.into, "needed",
                                  load2(lower, lower->streams[sums->node->in].spikes.slots, site.b, block));
    LoopStmt *counts = for_bounds(lower, site.into, "count", num(lower, 1), num(lower, UNIT_TABLES + 1));
    counts->few = true;
    LoopExpr *count = loop_variable(lower, counts);
    site.into = &loop_if(lower->arena, &counts->body, op2(lower, OP_EQ, needed, count))->body;
    emit_lookups(lower, sums, site, block, count);
}

static void emit_bias(Lower *lower, const Linear *map, Site site, Walk walk)
{
    site = walk_rows(lower, walk, site);
    LoopStmt *loop_j = for_units(lower, site.into, "j", site_width(lower, site, map->node->out));
    LoopExpr *j = loop_variable(lower, loop_j);
    site.into = &loop_j->body;
    store_stream(lower, map->node->out, site, j, map_start(lower, map->node, site, j), false);
}

static void forward(Lower *lower, const Linear *map, Site site, Walk walk)
{
    Sums sums = {.node = map->node,
                 .matrix = map->matrix,
                 .table = map->table,
                 .slots = lookup_buffer(lower, "slots", map->node),
                 .subsets = lookup_buffer(lower, "subsets", map->node),
                 .tables = UNIT_TABLES,
                 .site = site,
                 .rows = stream_size(lower, map->node->in),
                 .width = site_width(lower, site, map->node->out),
                 .element = weight_element,
                 .use = add_to_outputs,
                 .walk = walk};
    note_map(lower, map, site.into, ", by tables over five inputs");
    emit_bias(lower, map, site, walk);
    emit_blocks(lower, &sums, site.into);
}

/* ---- weight gradient ---- */

static LoopExpr *gradient_element(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j)
{
    Site site = sums->site;
    site.t = row;
    return load_stream(lower, sums->node->aux, site, j);
}

/* The units that spike within the block: their five entries, from left to right, in one go. */
static void add_to_gradient(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block)
{
    const SpikeBuffers *packs = &lower->streams[sums->node->in].spikes;
    LoopExpr *b = sums->site.b, *first = op2(lower, OP_MUL, block, num(lower, STEP_TABLES)),
             *subset[STEP_TABLES];
    LoopStmt *loop_e = for_bounds(lower, into, "e", num(lower, 0), load2(lower, packs->alives, b, block));
    LoopExpr *i = loop_local(
        lower, &loop_e->body, "i",
        loop_load(lower->program, packs->alive, 3, (LoopExpr *[]){b, block, loop_variable(lower, loop_e)}));
    for (int s = 0; s < STEP_TABLES; s++) {
        LoopExpr *place[3] = {b, op2(lower, OP_ADD, first, num(lower, s)), i};
        subset[s] = loop_local(lower, &loop_e->body, arena_printf(lower->arena, "s%d", s),
                               loop_load(lower->program, packs->when, 3, place));
    }
    LoopStmt *loop_j = for_units(lower, &loop_e->body, "j", sums->width);
    LoopExpr *j = loop_variable(lower, loop_j), *total = j;
    LoopExpr *sum = matrix_load(lower, &sums->matrix, i, total);
    for (int s = 0; s < STEP_TABLES; s++)
        sum = op2(lower, OP_ADD, sum, entry(lower, sums, num(lower, s), subset[s], j));
    matrix_store(lower, &loop_j->body, &sums->matrix, i, total, sum, false);
}

static void gradient(Lower *lower, const Linear *gradient, Site site, Walk walk)
{
    Sums sums = {.node = gradient->node,
                 .matrix = gradient->matrix,
                 .table = gradient->table,
                 .tables = STEP_TABLES,
                 .site = site,
                 .rows = walk.steps,
                 .width = site_width(lower, site, gradient->node->aux),
                 .element = gradient_element,
                 .use = add_to_gradient};
    note_gradient(lower, gradient, site.into, ", by tables over five steps");
    emit_blocks(lower, &sums, site.into);
}

const MapKernel by_tables = {.serves = serves,
                             .prepare = prepare,
                             .branch = branch,
                             .forward = forward,
                             .gradient = gradient,
                             .rows = 1};
