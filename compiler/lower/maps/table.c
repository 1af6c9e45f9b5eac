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

static LoopBlock *branch(Lower *lower, const Linear *linear, LoopBlock *into, bool chosen)
{
    bool always = !linear->plan->listed || linear->plan->joined; /* or a group does what is left */
    return !chosen && always ? NULL : if_chosen(lower, linear->node, into, chosen);
}

BufferId table_buffer(Lower *lower, const char *name, int width)
{
    int dims[3] = {UNIT_TABLES > STEP_TABLES ? UNIT_TABLES : STEP_TABLES, ENTRIES, table_width(width)};
    return named_buffer(lower, "table", name, TYPE_F32, BUFFER_LOCAL, false, 3, dims);
}

typedef struct Sums Sums;

/* What a kernel makes tables of: `rows` inputs' weights, or steps' gradients. */
struct Sums {
    const Node *node;
    Matrix matrix;
    BufferId table;
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
    loop_set(lower->arena, into, made->var, op2(lower, OP_ADD, made, made));
}

static void emit_table(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, LoopExpr *group,
                       int members)
{
    LoopStmt *loop_j = for_units(lower, into, "j", sums->width);
    store_entry(lower, sums, &loop_j->body, slot, num(lower, 0), loop_variable(lower, loop_j),
                loop_float(lower->arena, 0));
    if (members == 0)
        return;
    LoopExpr *first = op2(lower, OP_MUL, group, num(lower, GROUP));
    LoopExpr *made = declare_local(lower, into, "made", num(lower, 1));
    LoopStmt *loop_k = for_range(lower, into, "k", members);
    loop_k->few = true;
    LoopExpr *row =
        loop_local(lower, &loop_k->body, "row", op2(lower, OP_ADD, first, loop_variable(lower, loop_k)));
    emit_double(lower, sums, &loop_k->body, slot, made, row);
}

/* The tables of a block, of which `groups` are complete and the next may have a few members. */
static void emit_tables(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block, int groups,
                        int members)
{
    LoopExpr *first = loop_local(lower, into, "g0", op2(lower, OP_MUL, block, num(lower, sums->tables)));
    if (groups > 0) {
        LoopStmt *slots = for_range(lower, into, "slot", groups);
        LoopExpr *slot = loop_variable(lower, slots);
        emit_table(lower, sums, &slots->body, slot, op2(lower, OP_ADD, first, slot), GROUP);
    }
    for (int slot = groups; slot < sums->tables; slot++)
        emit_table(lower, sums, into, num(lower, slot), op2(lower, OP_ADD, first, num(lower, slot)),
                   slot == groups ? members : 0);
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
    int complete = sums->rows / GROUP / sums->tables;
    int rest = sums->rows - complete * GROUP * sums->tables;
    if (complete > 0) {
        LoopStmt *blocks = for_range(lower, into, "block", complete);
        emit_tables(lower, sums, &blocks->body, loop_variable(lower, blocks), sums->tables, 0);
    }
    if (rest > 0)
        emit_tables(lower, sums, into, num(lower, complete), rest / GROUP, rest % GROUP);
}

/* ---- forward ---- */

static LoopExpr *weight_element(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j)
{
    return matrix_load(lower, &sums->matrix, row, j);
}

/* out += the entries of `count` slots, one after the other: written out, since sums of an unknown number of
 * entries would not stay in registers. */
static void emit_lookups(Lower *lower, const Sums *sums, Site site, LoopExpr *block, int count)
{
    const SpikeBuffers *packs = &lower->streams[sums->node->in].spikes;
    LoopExpr *slot[UNIT_TABLES], *subset[UNIT_TABLES];
    for (int s = 0; s < count; s++)
        slot[s] = loop_local(
            lower, site.into, arena_printf(lower->arena, "slot%d", s),
            loop_load(lower->program, packs->slot, 3, (LoopExpr *[]){site.b, block, num(lower, s)}));
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, sums->node->out));
    site.t = loop_variable(lower, loop_t);
    for (int s = 0; s < count; s++) {
        LoopExpr *g = op2(lower, OP_ADD, op2(lower, OP_MUL, block, num(lower, UNIT_TABLES)), slot[s]);
        subset[s] = loop_local(lower, &loop_t->body, arena_printf(lower->arena, "s%d", s),
                               loop_load(lower->program, packs->index, 3, (LoopExpr *[]){site.b, site.t, g}));
    }
    LoopStmt *loop_j = for_units(lower, &loop_t->body, "j", sums->width);
    LoopExpr *j = loop_variable(lower, loop_j), *sum = load_stream(lower, sums->node->out, site, j);
    for (int s = 0; s < count; s++)
        sum = op2(lower, OP_ADD, sum, entry(lower, sums, slot[s], subset[s], j));
    site.into = &loop_j->body;
    store_stream(lower, sums->node->out, site, j, sum, false);
}

static void add_to_outputs(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *block)
{
    Site site = sums->site;
    site.into = into;
    site = walk_samples(lower, sums->walk, site);
    LoopBlock *each = site.into;
    LoopExpr *needed = loop_local(lower, each, "needed",
                                  load2(lower, lower->streams[sums->node->in].spikes.slots, site.b, block));
    for (int count = 1; count <= UNIT_TABLES; count++) {
        LoopStmt *this = loop_if(lower->arena, each, op2(lower, OP_EQ, needed, num(lower, count)));
        site.into = &this->body;
        emit_lookups(lower, sums, site, block, count);
    }
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

const MapKernel by_tables = {serves, prepare, branch, forward, gradient, 1};
