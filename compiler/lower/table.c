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

static void emit_pack_steps(Lower *lower, StreamId stream, BufferId packed, Site site)
{
    int units = stream_size(lower, stream), steps = lower->net->steps;
    for (int s = 0; s < padded_groups(steps); s++)
        for (int k = 0; k < GROUP && (k == 0 || s * GROUP + k < steps); k++) {
            if (s * GROUP + k < steps) {
                site.t = num(lower, s * GROUP + k);
                emit_pack_bit(lower, stream, packed, site, num(lower, s), k, 0, units);
                continue;
            }
            LoopStmt *rest = for_units(lower, site.into, "g", units);
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

/* A row of what is summed: weights of an input, or the gradient at a step. */
typedef LoopExpr *RowElement(Lower *lower, const void *source, LoopExpr *row, LoopExpr *j);

/* Entries 2^k .. 2^(k+1)-1 are entries 0 .. 2^k-1 plus row k. */
static void emit_double(Lower *lower, const Tile *tile, LoopBlock *into, LoopExpr *slot, int k, LoopExpr *row,
                        RowElement *element, const void *source)
{
    LoopStmt *loop_u = for_range(lower, into, "u", 1 << k);
    LoopExpr *u = loop_variable(lower, loop_u);
    LoopStmt *loop_j = for_units(lower, &loop_u->body, "j", tile->width);
    LoopExpr *j = loop_variable(lower, loop_j);
    LoopExpr *sum = op2(lower, OP_ADD, entry(lower, tile, slot, u, j),
                        element(lower, source, row, op2(lower, OP_ADD, tile->from, j)));
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

static LoopExpr *weight_element(Lower *lower, const void *source, LoopExpr *row, LoopExpr *j)
{
    const Node *dense = source;
    return load2(lower, lower->values[dense->weight], row, j);
}

/* The table of one group: `members` of its five inputs exist. */
static void emit_weight_table(Lower *lower, const Node *dense, const Tile *tile, LoopBlock *into,
                              LoopExpr *slot, LoopExpr *group, int members)
{
    int groups = group_count(stream_size(lower, dense->in));
    emit_empty(lower, tile, into, slot);
    for (int k = 0; k < members; k++) {
        LoopExpr *input = loop_local(lower, into, "i", op2(lower, OP_ADD, group, num(lower, k * groups)));
        emit_double(lower, tile, into, slot, k, input, weight_element, dense);
    }
}

static int members_of(int inputs, int group)
{
    int groups = group_count(inputs), members = 0;
    while (group < groups && members < GROUP && group + members * groups < inputs)
        members++;
    return members;
}

/* Blocks of LOOKUPS groups that are all complete, from the first group on. */
static int complete_blocks(int inputs)
{
    int group = 0;
    while (members_of(inputs, group) == GROUP)
        group++;
    return group / LOOKUPS;
}

/* Loops over the samples first .. last-1 of a chunk and their steps. */
static Site emit_rows(Lower *lower, LoopBlock *into, LoopExpr *from, LoopExpr *to)
{
    LoopStmt *loop_b =
        loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, "b", TYPE_I32), from, to);
    LoopStmt *loop_t = for_range(lower, &loop_b->body, "t", lower->net->steps);
    return (Site){&loop_t->body, loop_variable(lower, loop_b), loop_variable(lower, loop_t)};
}

static void emit_start(Lower *lower, const Node *dense, const Tile *tile, Site site)
{
    LoopStmt *loop_j = for_units(lower, site.into, "j", tile->width);
    LoopExpr *j = op2(lower, OP_ADD, tile->from, loop_variable(lower, loop_j));
    LoopExpr *start =
        dense->bias != NONE ? load1(lower, lower->values[dense->bias], j) : loop_float(lower->arena, 0);
    site.into = &loop_j->body;
    store_stream(lower, dense->out, site, j, start, false);
}

/* Adds the sums of one block of groups, the tables being made, to rows from .. to-1. */
static void emit_block_rows(Lower *lower, const Node *dense, const Tile *tile, LoopBlock *into,
                            LoopExpr *from, LoopExpr *to, LoopExpr *group)
{
    Site site = emit_rows(lower, into, from, to);
    LoopExpr *index[LOOKUPS], *place[3] = {site.b, site.t, NULL};
    for (int s = 0; s < LOOKUPS; s++)
        index[s] = loop_load(lower->program, lower->tables[dense->in].units, 3,
                             (LoopExpr *[]){site.b, site.t, op2(lower, OP_ADD, group, num(lower, s))});
    emit_lookups(lower, tile, site.into, index, lower->streams[dense->out], 3, place);
}

static void emit_chunk(Lower *lower, const Node *dense, const Tile *tile, LoopBlock *into, LoopExpr *from,
                       LoopExpr *to)
{
    int inputs = stream_size(lower, dense->in), complete = complete_blocks(inputs);
    emit_start(lower, dense, tile, emit_rows(lower, into, from, to));
    LoopStmt *blocks = for_range(lower, into, "block", complete);
    LoopExpr *group = loop_local(lower, &blocks->body, "g0",
                                 op2(lower, OP_MUL, loop_variable(lower, blocks), num(lower, LOOKUPS)));
    LoopStmt *slots = for_range(lower, &blocks->body, "slot", LOOKUPS);
    LoopExpr *slot = loop_variable(lower, slots);
    emit_weight_table(lower, dense, tile, &slots->body, slot, op2(lower, OP_ADD, group, slot), GROUP);
    emit_block_rows(lower, dense, tile, &blocks->body, from, to, group);
    for (int g = complete * LOOKUPS; g < padded_groups(inputs); g += LOOKUPS) {
        for (int s = 0; s < LOOKUPS; s++)
            emit_weight_table(lower, dense, tile, into, num(lower, s), num(lower, g + s),
                              members_of(inputs, g + s));
        emit_block_rows(lower, dense, tile, into, from, to, num(lower, g));
    }
}

void lower_dense_table(Lower *lower, const Node *dense)
{
    const Stream *out = stream_of(lower, dense->out);
    int chunk = CHUNK_ROWS / lower->net->steps > 0 ? CHUNK_ROWS / lower->net->steps : 1;
    Tile tile;
    LoopStmt *tiles =
        begin_tiles(lower, out->name,
                    arena_printf(lower->arena, "%s: the same, by subset sums of five inputs", out->name),
                    dense->span, shape_size(out->shape), &tile);
    LoopBlock *into = if_chosen(lower, dense->in, &tiles->body, true);
    tile_start(lower, &tile, tiles, into);
    LoopExpr *rows = loop_scalar(lower->arena, SCALAR_ROWS);
    LoopExpr *count = op2(lower, OP_DIV, op2(lower, OP_ADD, rows, num(lower, chunk - 1)), num(lower, chunk));
    LoopStmt *chunks = loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, "chunk", TYPE_I32),
                                num(lower, 0), count);
    LoopExpr *from = op2(lower, OP_MUL, loop_variable(lower, chunks), num(lower, chunk));
    from = loop_local(lower, &chunks->body, "b0", from);
    LoopExpr *end = op2(lower, OP_ADD, from, num(lower, chunk));
    end = loop_local(lower, &chunks->body, "b1",
                     loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, end, rows), end, rows));
    emit_chunk(lower, dense, &tile, &chunks->body, from, end);
}

/* ---- weight gradient ---- */

typedef struct GradientRows {
    StreamId gradient;
    LoopExpr *b;
} GradientRows;

static LoopExpr *gradient_element(Lower *lower, const void *source, LoopExpr *row, LoopExpr *j)
{
    const GradientRows *rows = source;
    return load_stream(lower, rows->gradient, (Site){NULL, rows->b, row}, j);
}

/* Tables of the gradient's steps from 5 first .. on; steps behind the end have no entries, as no bits. */
static void emit_step_tables(Lower *lower, const GradientRows *rows, const Tile *tile, LoopBlock *into,
                             int first)
{
    for (int s = 0; s < LOOKUPS; s++) {
        LoopExpr *slot = num(lower, s);
        emit_empty(lower, tile, into, slot);
        for (int k = 0; k < GROUP && (first + s) * GROUP + k < lower->net->steps; k++)
            emit_double(lower, tile, into, slot, k, num(lower, (first + s) * GROUP + k), gradient_element,
                        rows);
    }
}

static void emit_gradient_block(Lower *lower, const Node *node, const Tile *tile, LoopBlock *into,
                                LoopExpr *b, int first)
{
    GradientRows rows = {node->aux, b};
    emit_step_tables(lower, &rows, tile, into, first);
    LoopStmt *loop_i = for_range(lower, into, "i", stream_size(lower, node->in));
    LoopExpr *i = loop_variable(lower, loop_i), *index[LOOKUPS], *place[2] = {i, NULL};
    for (int s = 0; s < LOOKUPS; s++)
        index[s] = loop_load(lower->program, lower->tables[node->in].steps, 3,
                             (LoopExpr *[]){b, num(lower, first + s), i});
    emit_lookups(lower, tile, &loop_i->body, index, lower->gradients[node->weight], 2, place);
}

void lower_weight_grad_table(Lower *lower, const Node *node)
{
    const Param *param = &lower->net->params.at[node->weight];
    Tile tile;
    LoopStmt *tiles = begin_tiles(
        lower, arena_printf(lower->arena, "grad_%s", param->name),
        arena_printf(lower->arena, "gradient of %s: the same, by subset sums of five steps", param->name),
        node->span, param->shape.dims[1], &tile);
    LoopBlock *into = if_chosen(lower, node->in, &tiles->body, true);
    tile_start(lower, &tile, tiles, into);
    LoopStmt *loop_b = loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, "b", TYPE_I32),
                                num(lower, 0), loop_scalar(lower->arena, SCALAR_ROWS));
    LoopExpr *b = loop_variable(lower, loop_b);
    int groups = padded_groups(lower->net->steps);
    for (int first = 0; first < groups; first += LOOKUPS)
        emit_gradient_block(lower, node, &tile, &loop_b->body, b, first);
}
