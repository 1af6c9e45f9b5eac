/* Subset-sum tables: the dense kernels for busy spike streams.
 *
 * Five binary inputs have 32 subsets. The sum of the weight rows of every subset is made once for a block
 * of rows, and each row of the stream then adds one table entry where an event-driven kernel adds up to
 * five weight rows. The same works for the weight gradient, over five time steps of one input.
 *
 *   pack:     index[b][t][g] = sum of x[b][t][g + k G] 2^k,  k = 0..4     group g: inputs g, g + G, ...
 *             when[b][s][i]  = sum of x[b][5 s + k][i] 2^k               five steps of one input
 *   forward:  out[b][t] += table[g][index[b][t][g]]
 *   gradient: grad[i]   += table[s][when[b][s][i]]
 *
 * Groups are strided so that packing runs over contiguous inputs. Work is divided into tiles of outputs:
 * every sum is made by one thread, in one order. */
#include "table.h"

enum {
    GROUP = 5,            /* inputs, or steps, per table */
    ENTRIES = 1 << GROUP, /* of a table */
    LOOKUPS = 5,          /* tables that are in use at a time: their entries are added in one go */
    TILE_LEAST = 16,
    TILE_MOST = 96,
    LEAST_WEIGHTS = 4096, /* of a layer for which there is a choice: small ones are quick either way */
    CHUNK_ROWS = 800      /* rows that share one making of the tables */
};

static LoopExpr *num(Lower *lower, int number)
{
    return loop_int(lower->arena, number);
}

static LoopExpr *op2(Lower *lower, Op op, LoopExpr *a, LoopExpr *b)
{
    return loop_op(lower->arena, op, a, b, NULL);
}

static int group_count(int units)
{
    return (units + GROUP - 1) / GROUP;
}

/* So many that they come in LOOKUPS at a time; the last ones may be empty. */
static int padded_groups(int units)
{
    return (group_count(units) + LOOKUPS - 1) / LOOKUPS * LOOKUPS;
}

/* All outputs, or the widest tile of a good size that divides them; 0 if there is none. */
static int tile_width(int outputs)
{
    if (outputs <= TILE_MOST)
        return outputs;
    for (int width = TILE_MOST; width >= TILE_LEAST; width -= 8)
        if (outputs % width == 0)
            return width;
    return 0;
}

/* Whether tables can serve a map of `in` by `weight`, and are worth having. */
static bool fits(const Lower *lower, StreamId in, ParamId weight)
{
    Shape shape = lower->net->params.at[weight].shape;
    const Stream *stream = stream_of(lower, in);
    bool possible = stream->kind == STREAM_SPIKES && stream->temporal && tile_width(shape.dims[1]) > 0;
    bool worth = lower->kernels == KERNELS_TABLE
                 || (lower->kernels == KERNELS_AUTO && shape_size(shape) >= LEAST_WEIGHTS);
    return possible && worth;
}

bool table_use(const Lower *lower, const Node *node)
{
    bool map = (node->kind == NODE_DENSE && !node->transposed) || node->kind == NODE_WEIGHT_GRAD;
    return map && fits(lower, node->in, node->weight);
}

static BufferId add_buffer(Lower *lower, const char *prefix, const char *name, Type type, bool per_sample,
                           int ndim, const int *dims)
{
    Buffer buffer = {.name = arena_printf(lower->arena, "%s_%s", prefix, name),
                     .type = type,
                     .role = BUFFER_SCRATCH,
                     .per_sample = per_sample,
                     .ndim = ndim,
                     .param = -1};
    for (int n = 2; loop_find(lower->program, buffer.name) >= 0; n++)
        buffer.name = arena_printf(lower->arena, "%s_%s_%d", prefix, name, n);
    for (int d = 0; d < ndim; d++)
        buffer.dims[d] = dims[d];
    return loop_buffer(lower->program, buffer);
}

/* ---- which kernel runs: a function of the batch's activity ---- */

/* Tables win where more than about a tenth of the inputs spike (tests/bench). */
#define TABLE_ACTIVITY 0.1

static LoopExpr *as_f32(Lower *lower, LoopExpr *x)
{
    return loop_cast(lower->arena, TYPE_F32, x);
}

static void emit_count(Lower *lower, StreamId stream, BufferId counts)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, arena_printf(lower->arena, "measure_%s", name),
                 arena_printf(lower->arena, "number of spikes of %s in each sample", name), (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    Site site = {&loop_b->body, loop_variable(lower, loop_b), NULL};
    VarId sum = loop_var(lower->arena, lower->kernel, "spikes", TYPE_I32);
    loop_declare(lower->arena, site.into, sum, num(lower, 0));
    LoopExpr *spikes = loop_ref(lower->arena, lower->kernel, sum);
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    site.t = loop_variable(lower, loop_t);
    LoopStmt *loop_n = for_range(lower, &loop_t->body, "n", stream_size(lower, stream));
    loop_set(lower->arena, &loop_n->body, sum,
             op2(lower, OP_ADD, spikes, load_stream(lower, stream, site, loop_variable(lower, loop_n))));
    store1(lower, site.into, counts, site.b, spikes, false);
}

static void emit_choice(Lower *lower, StreamId stream, BufferId counts, BufferId busy)
{
    const char *name = stream_of(lower, stream)->name;
    double units = (double)lower->net->steps * stream_size(lower, stream);
    kernel_begin(lower, arena_printf(lower->arena, "choose_%s", name),
                 arena_printf(lower->arena, "is %s busy enough for tables? By this batch alone", name),
                 (Span){0, 0}, 1);
    LoopStmt *loop_k = kernel_items(lower, "k");
    VarId sum = loop_var(lower->arena, lower->kernel, "spikes", TYPE_F32);
    loop_declare(lower->arena, &loop_k->body, sum, loop_float(lower->arena, 0));
    LoopExpr *spikes = loop_ref(lower->arena, lower->kernel, sum);
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    LoopStmt *loop_b = loop_for(lower->arena, &loop_k->body,
                                loop_var(lower->arena, lower->kernel, "b", TYPE_I32), num(lower, 0), rows);
    LoopExpr *count = as_f32(lower, load1(lower, counts, loop_variable(lower, loop_b)));
    loop_set(lower->arena, &loop_b->body, sum, op2(lower, OP_ADD, spikes, count));
    LoopExpr *limit =
        op2(lower, OP_MUL, loop_float(lower->arena, TABLE_ACTIVITY * units), as_f32(lower, rows));
    LoopExpr *choice =
        loop_op(lower->arena, OP_SELECT, op2(lower, OP_GT, spikes, limit), num(lower, 1), num(lower, 0));
    store1(lower, &loop_k->body, busy, loop_variable(lower, loop_k), choice, false);
}

/* The block that runs if tables were (or were not) chosen for the stream; `into` if there is no choice. */
static LoopBlock *if_chosen(Lower *lower, StreamId stream, LoopBlock *into, bool tables)
{
    BufferId busy = lower->tables[stream].busy;
    if (busy < 0)
        return into;
    LoopExpr *flag = load1(lower, busy, num(lower, 0));
    LoopStmt *branch = loop_if(lower->arena, into, op2(lower, tables ? OP_NE : OP_EQ, flag, num(lower, 0)));
    return &branch->body;
}

LoopBlock *unless_tables(Lower *lower, const Node *node, LoopBlock *into)
{
    return table_use(lower, node) ? if_chosen(lower, node->in, into, false) : into;
}

/* ---- packing ---- */

/* index = (k > 0 ? index : 0) + x 2^k, over units from .. from + count - 1 of x */
static void emit_pack_bit(Lower *lower, StreamId stream, BufferId packed, Site site, LoopExpr *row, int k,
                          int from, int count)
{
    LoopStmt *loop = for_units(lower, site.into, "g", count);
    LoopExpr *g = loop_variable(lower, loop);
    LoopExpr *place[3] = {site.b, row, g};
    LoopExpr *x = load_stream(lower, stream, site, op2(lower, OP_ADD, g, num(lower, from)));
    LoopExpr *bit = op2(lower, OP_MUL, x, num(lower, 1 << k));
    LoopExpr *value = k ? op2(lower, OP_ADD, loop_load(lower->program, packed, 3, place), bit) : bit;
    loop_store(lower->program, &loop->body, packed, 3, place, value, false);
}

static void emit_pack_units(Lower *lower, StreamId stream, BufferId packed, Site site)
{
    int units = stream_size(lower, stream), groups = group_count(units), padded = padded_groups(units);
    LoopStmt *loop_t = for_range(lower, site.into, "t", lower->net->steps);
    site.t = loop_variable(lower, loop_t);
    site.into = &loop_t->body;
    for (int k = 0; k < GROUP && k * groups < units; k++) {
        int count = units - k * groups < groups ? units - k * groups : groups;
        emit_pack_bit(lower, stream, packed, site, site.t, k, k * groups, count);
    }
    if (padded > groups) {
        LoopStmt *rest = for_units(lower, site.into, "g", padded - groups);
        LoopExpr *place[3] = {site.b, site.t,
                              op2(lower, OP_ADD, loop_variable(lower, rest), num(lower, groups))};
        loop_store(lower->program, &rest->body, packed, 3, place, num(lower, 0), false);
    }
}

/* The bits of `members` steps of group s, from step 5 s on. */
static void emit_pack_group(Lower *lower, StreamId stream, BufferId packed, Site site, LoopExpr *s,
                            int members)
{
    LoopExpr *first = op2(lower, OP_MUL, s, num(lower, GROUP));
    for (int k = 0; k < members; k++) {
        site.t = op2(lower, OP_ADD, first, num(lower, k));
        emit_pack_bit(lower, stream, packed, site, s, k, 0, stream_size(lower, stream));
    }
}

static void emit_pack_steps(Lower *lower, StreamId stream, BufferId packed, Site site)
{
    int steps = lower->net->steps, complete = steps / GROUP, groups = group_count(steps);
    if (complete > 0) {
        LoopStmt *loop_s = for_range(lower, site.into, "s", complete);
        Site inner = site;
        inner.into = &loop_s->body;
        emit_pack_group(lower, stream, packed, inner, loop_variable(lower, loop_s), GROUP);
    }
    if (groups > complete)
        emit_pack_group(lower, stream, packed, site, num(lower, complete), steps % GROUP);
    for (int s = groups; s < padded_groups(steps); s++) {
        LoopStmt *rest = for_units(lower, site.into, "g", stream_size(lower, stream));
        LoopExpr *place[3] = {site.b, num(lower, s), loop_variable(lower, rest)};
        loop_store(lower->program, &rest->body, packed, 3, place, num(lower, 0), false);
    }
}

static void emit_pack(Lower *lower, StreamId stream, BufferId packed, bool steps)
{
    const char *name = stream_of(lower, stream)->name;
    kernel_begin(lower, arena_printf(lower->arena, "pack_%s%s", steps ? "steps_of_" : "", name),
                 arena_printf(lower->arena, "%s: five %s in one byte, an index of a table", name,
                              steps ? "steps of one unit" : "units of one step"),
                 (Span){0, 0}, 0);
    LoopStmt *loop_b = kernel_items(lower, "b");
    Site site = {if_chosen(lower, stream, &loop_b->body, true), loop_variable(lower, loop_b), NULL};
    (steps ? emit_pack_steps : emit_pack_units)(lower, stream, packed, site);
}

static void make_choice(Lower *lower, StreamId stream)
{
    const char *name = stream_of(lower, stream)->name;
    int one = 1;
    BufferId counts = add_buffer(lower, "spikes_of", name, TYPE_I32, true, 0, NULL);
    emit_count(lower, stream, counts);
    BufferId busy = add_buffer(lower, "busy", name, TYPE_I32, false, 1, &one);
    emit_choice(lower, stream, counts, busy);
    lower->tables[stream].busy = busy;
}

void table_prepare(Lower *lower, StreamId stream, bool over_steps)
{
    TableStream *tables = &lower->tables[stream];
    BufferId *packed = over_steps ? &tables->steps : &tables->units;
    if (lower->kernels == KERNELS_AUTO && tables->busy < 0)
        make_choice(lower, stream);
    if (*packed >= 0)
        return;
    const char *name = stream_of(lower, stream)->name;
    int units = stream_size(lower, stream), steps = lower->net->steps;
    int by_units[2] = {steps, padded_groups(units)}, by_steps[2] = {padded_groups(steps), units};
    *packed = add_buffer(lower, over_steps ? "when_of" : "index_of", name, TYPE_U8, true, 2,
                         over_steps ? by_steps : by_units);
    emit_pack(lower, stream, *packed, over_steps);
}

/* ---- tables ---- */

typedef struct Tile {
    int width;
    LoopExpr *from; /* first output */
    BufferId table; /* local: [LOOKUPS][ENTRIES][width] */
} Tile;

static LoopExpr *entry(Lower *lower, const Tile *tile, LoopExpr *slot, LoopExpr *subset, LoopExpr *j)
{
    return loop_load(lower->program, tile->table, 3, (LoopExpr *[]){slot, subset, j});
}

static void store_entry(Lower *lower, const Tile *tile, LoopBlock *into, LoopExpr *slot, LoopExpr *subset,
                        LoopExpr *j, LoopExpr *value)
{
    loop_store(lower->program, into, tile->table, 3, (LoopExpr *[]){slot, subset, j}, value, false);
}

typedef struct Sums Sums;

/* What a table kernel sums, and where to. Member k of group g is row g * group_stride + k * member_stride:
 * of the weights, an input's; of the gradient, a step's. */
struct Sums {
    const Node *node;
    Tile tile;
    int rows; /* inputs, or steps */
    int group_stride, member_stride;
    LoopExpr *(*element)(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j);
    /* Adds the entries of one block of groups, from `group` on, its tables being made. */
    void (*add)(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *group);
    LoopExpr *from, *to; /* the samples of a chunk */
    LoopExpr *b;         /* the sample */
};

/* Entries 2^k .. 2^(k+1)-1 are entries 0 .. 2^k-1 plus row k. */
static void emit_double(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, int k, LoopExpr *row)
{
    const Tile *tile = &sums->tile;
    LoopStmt *loop_u = for_range(lower, into, "u", 1 << k);
    LoopExpr *u = loop_variable(lower, loop_u);
    LoopStmt *loop_j = for_units(lower, &loop_u->body, "j", tile->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *sum = op2(lower, OP_ADD, entry(lower, tile, slot, u, j),
                        sums->element(lower, sums, row, op2(lower, OP_ADD, tile->from, j)));
    store_entry(lower, tile, &loop_j->body, slot, op2(lower, OP_ADD, u, num(lower, 1 << k)), j, sum);
}

static void emit_empty(Lower *lower, const Tile *tile, LoopBlock *into, LoopExpr *slot)
{
    LoopStmt *loop_j = for_units(lower, into, "j", tile->width);
    store_entry(lower, tile, &loop_j->body, slot, num(lower, 0), loop_variable(lower, loop_j),
                loop_float(lower->arena, 0));
}

/* place += table[0][index 0] + ... one after the other, from left to right */
static void emit_lookups(Lower *lower, const Tile *tile, LoopBlock *into, LoopExpr **index, BufferId target,
                         int dims, LoopExpr **place)
{
    for (int s = 0; s < LOOKUPS; s++)
        index[s] = loop_local(lower, into, arena_printf(lower->arena, "s%d", s), index[s]);
    LoopStmt *loop_j = for_units(lower, into, "j", tile->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    place[dims - 1] = op2(lower, OP_ADD, tile->from, j);
    LoopExpr *sum = loop_load(lower->program, target, dims, place);
    for (int s = 0; s < LOOKUPS; s++)
        sum = op2(lower, OP_ADD, sum, entry(lower, tile, num(lower, s), index[s], j));
    loop_store(lower->program, &loop_j->body, target, dims, place, sum, false);
}

/* How many of a group's rows exist: five but at the end, none in a group that only pads. */
static int members_of(const Sums *sums, int group)
{
    int members = 0;
    while (group < group_count(sums->rows) && members < GROUP
           && group * sums->group_stride + members * sums->member_stride < sums->rows)
        members++;
    return members;
}

static void emit_table(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *slot, LoopExpr *group,
                       int members)
{
    emit_empty(lower, &sums->tile, into, slot);
    LoopExpr *first = op2(lower, OP_MUL, group, num(lower, sums->group_stride));
    for (int k = 0; k < members; k++) {
        LoopExpr *row = op2(lower, OP_ADD, first, num(lower, k * sums->member_stride));
        emit_double(lower, sums, into, slot, k, loop_local(lower, into, "row", row));
    }
}

/* The tables of LOOKUPS groups from `group` on; slots with equally many members are one loop. */
static void emit_tables(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *group, const int *members)
{
    for (int from = 0, to; from < LOOKUPS; from = to) {
        for (to = from + 1; to < LOOKUPS && members[to] == members[from]; to++)
            continue;
        LoopStmt *slots = for_range(lower, into, "slot", to);
        slots->from = num(lower, from);
        LoopExpr *slot = loop_variable(lower, slots);
        emit_table(lower, sums, &slots->body, slot, op2(lower, OP_ADD, group, slot), members[from]);
    }
    sums->add(lower, sums, into, group);
}

/* All groups, LOOKUPS at a time: one loop over the complete ones, then the rest. */
static void emit_blocks(Lower *lower, const Sums *sums, LoopBlock *into)
{
    int members[LOOKUPS] = {GROUP, GROUP, GROUP, GROUP, GROUP}, complete = 0;
    while (members_of(sums, complete) == GROUP)
        complete++;
    complete /= LOOKUPS;
    if (complete > 0) {
        LoopStmt *blocks = for_range(lower, into, "block", complete);
        LoopExpr *group = op2(lower, OP_MUL, loop_variable(lower, blocks), num(lower, LOOKUPS));
        emit_tables(lower, sums, &blocks->body, loop_local(lower, &blocks->body, "g0", group), members);
    }
    for (int g = complete * LOOKUPS; g < padded_groups(sums->rows); g += LOOKUPS) {
        for (int s = 0; s < LOOKUPS; s++)
            members[s] = members_of(sums, g + s);
        emit_tables(lower, sums, into, num(lower, g), members);
    }
}

static LoopStmt *begin_tiles(Lower *lower, const char *name, const char *about, Span span, int outputs,
                             Tile *tile)
{
    tile->width = tile_width(outputs);
    int dims[3] = {LOOKUPS, ENTRIES, tile->width};
    tile->table = add_buffer(lower, "sums_of", name, TYPE_F32, false, 3, dims);
    lower->program->buffers.at[tile->table].role = BUFFER_LOCAL;
    kernel_begin(lower, arena_printf(lower->arena, "tables_%s", name), about, span, outputs / tile->width);
    LoopStmt *tiles = kernel_items(lower, "tile");
    return tiles;
}

static void tile_start(Lower *lower, Tile *tile, const LoopStmt *tiles, LoopBlock *into)
{
    LoopExpr *from = op2(lower, OP_MUL, loop_variable(lower, tiles), num(lower, tile->width));
    tile->from = loop_local(lower, into, "j0", from);
}

/* ---- forward ---- */

static LoopExpr *weight_element(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j)
{
    return load2(lower, lower->values[sums->node->weight], row, j);
}

/* Loops over the samples of a chunk and their steps. */
static Site emit_rows(Lower *lower, const Sums *sums, LoopBlock *into)
{
    VarId b = loop_var(lower->arena, lower->kernel, "b", TYPE_I32);
    LoopStmt *loop_b = loop_for(lower->arena, into, b, sums->from, sums->to);
    LoopStmt *loop_t = for_range(lower, &loop_b->body, "t", lower->net->steps);
    return (Site){&loop_t->body, loop_variable(lower, loop_b), loop_variable(lower, loop_t)};
}

static void emit_start(Lower *lower, const Sums *sums, LoopBlock *into)
{
    const Node *dense = sums->node;
    Site site = emit_rows(lower, sums, into);
    LoopStmt *loop_j = for_units(lower, site.into, "j", sums->tile.width);
    LoopExpr *j = op2(lower, OP_ADD, sums->tile.from, loop_variable(lower, loop_j));
    LoopExpr *start =
        dense->bias != NONE ? load1(lower, lower->values[dense->bias], j) : loop_float(lower->arena, 0);
    site.into = &loop_j->body;
    store_stream(lower, dense->out, site, j, start, false);
}

static void add_to_outputs(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *group)
{
    const Node *dense = sums->node;
    Site site = emit_rows(lower, sums, into);
    LoopExpr *index[LOOKUPS], *place[3] = {site.b, site.t, NULL};
    for (int s = 0; s < LOOKUPS; s++)
        index[s] = loop_load(lower->program, lower->tables[dense->in].units, 3,
                             (LoopExpr *[]){site.b, site.t, op2(lower, OP_ADD, group, num(lower, s))});
    emit_lookups(lower, &sums->tile, site.into, index, lower->streams[dense->out], 3, place);
}

/* Samples chunk * size .. of the batch. */
static void bound_chunk(Lower *lower, Sums *sums, LoopStmt *chunks, int size)
{
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    LoopExpr *from = op2(lower, OP_MUL, loop_variable(lower, chunks), num(lower, size));
    sums->from = loop_local(lower, &chunks->body, "b0", from);
    LoopExpr *end = loop_local(lower, &chunks->body, "end", op2(lower, OP_ADD, sums->from, num(lower, size)));
    LoopExpr *to = loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, end, rows), end, rows);
    sums->to = loop_local(lower, &chunks->body, "b1", to);
}

void lower_dense_table(Lower *lower, const Node *dense)
{
    const Stream *out = stream_of(lower, dense->out);
    int inputs = stream_size(lower, dense->in);
    int chunk = CHUNK_ROWS / lower->net->steps > 0 ? CHUNK_ROWS / lower->net->steps : 1;
    Sums sums = {.node = dense,
                 .rows = inputs,
                 .group_stride = 1,
                 .member_stride = group_count(inputs),
                 .element = weight_element,
                 .add = add_to_outputs};
    const char *about = arena_printf(lower->arena, "%s: the same, by subset sums of five inputs", out->name);
    LoopStmt *tiles = begin_tiles(lower, out->name, about, dense->span, shape_size(out->shape), &sums.tile);
    LoopBlock *into = if_chosen(lower, dense->in, &tiles->body, true);
    tile_start(lower, &sums.tile, tiles, into);
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    LoopExpr *count = op2(lower, OP_DIV, op2(lower, OP_ADD, rows, num(lower, chunk - 1)), num(lower, chunk));
    LoopStmt *chunks = for_range(lower, into, "chunk", 0);
    chunks->to = count;
    bound_chunk(lower, &sums, chunks, chunk);
    emit_start(lower, &sums, &chunks->body);
    emit_blocks(lower, &sums, &chunks->body);
}

/* ---- weight gradient ---- */

static LoopExpr *gradient_element(Lower *lower, const Sums *sums, LoopExpr *row, LoopExpr *j)
{
    return load_stream(lower, sums->node->aux, (Site){NULL, sums->b, row}, j);
}

static void add_to_gradient(Lower *lower, const Sums *sums, LoopBlock *into, LoopExpr *group)
{
    const Node *node = sums->node;
    LoopStmt *loop_i = for_range(lower, into, "i", stream_size(lower, node->in));
    LoopExpr *i = loop_variable(lower, loop_i), *index[LOOKUPS], *place[2] = {i, NULL};
    for (int s = 0; s < LOOKUPS; s++)
        index[s] = loop_load(lower->program, lower->tables[node->in].steps, 3,
                             (LoopExpr *[]){sums->b, op2(lower, OP_ADD, group, num(lower, s)), i});
    emit_lookups(lower, &sums->tile, &loop_i->body, index, lower->gradients[node->weight], 2, place);
}

void lower_weight_grad_table(Lower *lower, const Node *node)
{
    const Param *param = &lower->net->params.at[node->weight];
    Sums sums = {.node = node,
                 .rows = lower->net->steps,
                 .group_stride = GROUP,
                 .member_stride = 1,
                 .element = gradient_element,
                 .add = add_to_gradient};
    LoopStmt *tiles = begin_tiles(
        lower, arena_printf(lower->arena, "grad_%s", param->name),
        arena_printf(lower->arena, "gradient of %s: the same, by subset sums of five steps", param->name),
        node->span, param->shape.dims[1], &sums.tile);
    LoopBlock *into = if_chosen(lower, node->in, &tiles->body, true);
    tile_start(lower, &sums.tile, tiles, into);
    LoopStmt *loop_b = for_range(lower, into, "b", 0);
    loop_b->to = loop_scalar(lower->arena, SCALAR_ROWS);
    sums.b = loop_variable(lower, loop_b);
    emit_blocks(lower, &sums, &loop_b->body);
}
