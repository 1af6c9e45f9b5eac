#include "lower/base/streams.h"

#include "lower/base/code.h"

void count_units(Lower *lower, Tile *tile, LoopBlock *into, int units)
{
    if (units % tile->width == 0)
        return;
    LoopExpr *left = op2(lower, OP_SUB, num(lower, units), tile->from);
    tile->units = loop_local(lower, into, "units", least(lower, left, num(lower, tile->width)));
}

int site_width(const Lower *lower, Site site, StreamId stream)
{
    return site.tile ? site.tile->width : stream_size(lower, stream);
}

/* Unit n of the site, in its tile. */
static LoopExpr *within(Lower *lower, Site site, LoopExpr *n)
{
    return site.first ? op2(lower, OP_ADD, site.first, n) : n;
}

LoopExpr *unit_of(Lower *lower, Site site, LoopExpr *n)
{
    n = within(lower, site, n);
    return site.tile ? op2(lower, OP_ADD, site.tile->from, n) : n;
}

/* Where step t is, of a stream that keeps only so many steps. */
static LoopExpr *slot_of(Lower *lower, LoopExpr *t, int slots)
{
    if (slots == 1)
        return num(lower, 0);
    if (t->kind == LOOP_NUMBER)
        return num(lower, (int)t->number % slots);
    LoopExpr *rounds = op2(lower, OP_DIV, t, num(lower, slots));
    return op2(lower, OP_SUB, t, op2(lower, OP_MUL, rounds, num(lower, slots)));
}

int shared_element(Lower *lower, StreamId stream, BufferId buffer, LoopExpr *row, LoopExpr *column,
                   LoopExpr **index)
{
    const Stream *of = stream_of(lower, stream);
    int columns = of->steps ? stream_size(lower, stream)
                            : (of->shape.ndim > 0 ? of->shape.dims[of->shape.ndim - 1] : 1);
    bool flat = lower->program->buffers.at[buffer].ndim < 2;
    index[0] = flat ? op2(lower, OP_ADD, op2(lower, OP_MUL, row, num(lower, columns)), column) : row;
    index[1] = column;
    return flat ? 1 : 2;
}

/* The indices of unit n of a stream that is the same for all samples. */
static int shared_place(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *index[4])
{
    const Stream *of = stream_of(lower, stream);
    BufferId buffer = lower->streams[stream].values;
    n = unit_of(lower, site, n);
    if (of->steps)
        return shared_element(lower, stream, buffer, site.t, n, index);
    if (lower->program->buffers.at[buffer].ndim < 2) {
        index[0] = n;
        return 1;
    }
    LoopExpr *columns = num(lower, of->shape.dims[of->shape.ndim - 1]), *row = op2(lower, OP_DIV, n, columns);
    LoopExpr *column = op2(lower, OP_SUB, n, op2(lower, OP_MUL, row, columns));
    return shared_element(lower, stream, buffer, row, column, index);
}

/* The buffer of a stream and its indices for unit n at the site. */
static BufferId stream_place(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *index[4],
                             int *count)
{
    const StreamPlan *plan = &lower->plan->streams[stream];
    bool whole = site.tile && site.tile->whole == stream;
    *count = 0;
    if (!stream_of(lower, stream)->batched) {
        *count = shared_place(lower, stream, site, n, index);
        return lower->streams[stream].values;
    }
    if (plan->tiled) {
        index[(*count)++] = site.b;
        index[(*count)++] = site.tile->item;
        index[(*count)++] = site.t;
        index[(*count)++] = within(lower, site, n);
        return lower->streams[stream].values;
    }
    if (plan->local)
        index[(*count)++] = site.tile->item;
    LoopExpr *row = plan->local && site.tile->b0 ? op2(lower, OP_SUB, site.b, site.tile->b0) : num(lower, 0);
    index[(*count)++] = plan->local ? row : site.b;
    if (stream_of(lower, stream)->steps)
        index[(*count)++] = plan->slots && !whole ? slot_of(lower, site.t, plan->slots) : site.t;
    index[(*count)++] = plan->local ? within(lower, site, n) : unit_of(lower, site, n);
    return whole ? lower->streams[stream].whole : lower->streams[stream].values;
}

LoopExpr *samples_of(Lower *lower, const NodePlan *node)
{
    return node->shared ? num(lower, 1) : loop_scalar(lower->arena, SCALAR_ROWS);
}

int delay_edge(const Lower *lower, const Node *node)
{
    int steps = steps_of(lower, node->out), edge = node->steps > 0 ? node->steps : steps + node->steps;
    return edge < 0 ? 0 : edge > steps ? steps : edge;
}

/* What the delay gives at the site. */
static LoopExpr *load_delayed(Lower *lower, const Node *node, Site site, LoopExpr *n)
{
    bool exists = (site.segment >= delay_edge(lower, node)) == (node->steps > 0);
    if (!exists)
        return stream_of(lower, node->out)->kind == STREAM_SPIKES ? num(lower, 0)
                                                                  : loop_float(lower->arena, 0);
    site.t = node->steps < 0 ? op2(lower, OP_ADD, site.t, num(lower, -node->steps))
                             : op2(lower, OP_SUB, site.t, num(lower, node->steps));
    return load_stream(lower, node->in, site, n);
}

/* A number from 0 to 2^31 - 1 that is likely no other name's. (FNV-1a) */
static int name_number(const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return (int)(hash >> 1);
}

/* By the stream's name, sample, step and unit, so the same wherever it is read, and whatever else is drawn. */
static LoopExpr *draw(Lower *lower, StreamId stream, Site site, LoopExpr *n)
{
    LoopExpr *sample = load1(lower, lower->program->sample, site.b);
    LoopExpr *key = loop_key(lower->arena, sample, num(lower, name_number(stream_of(lower, stream)->name)));
    if (stream_of(lower, stream)->steps)
        key = loop_random(lower->arena, key, step_at(lower, &site));
    return random_fraction(lower, loop_local(lower, site.into, "key", key), unit_of(lower, site, n));
}

/* Channel n of the position that the tile is: what its window has, if that goes to the position. */
static LoopExpr *load_routed(Lower *lower, StreamId stream, Site site, LoopExpr *n)
{
    const Node *pool = &lower->net->nodes.at[stream_of(lower, stream)->node];
    const Routed *routed = site.tile->routed;
    LoopExpr *channels = num(lower, site.tile->width), *channel = within(lower, site, n);
    n = op2(lower, OP_ADD, op2(lower, OP_MUL, routed->place, channels), channel);
    LoopExpr *best = load2(lower, lower->streams[stream].best, site.t, n);
    n = op2(lower, OP_ADD, op2(lower, OP_MUL, routed->window, channels), channel);
    site.tile = NULL;
    site.first = NULL;
    /* Where only some lanes load it, compilers gather. */
    LoopExpr *g = loop_local(lower, site.into, "g", load_stream(lower, pool->in, site, n));
    LoopExpr *zero = loop_float(lower->arena, 0);
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_EQ, best, routed->tap), g, zero);
}

/* The indices of channel n of the tile, in the table of part p: that of the pattern of the position's window. */
static void lookup_place(Lower *lower, Site site, int p, LoopExpr *n, LoopExpr *at[3])
{
    const Lookup *lookup = site.tile->lookup;
    LoopExpr *pattern[3] = {num(lower, p), site.t, lookup->position};
    at[0] = lookup->tile;
    at[1] = op2(lower, OP_ADD, loop_load(lower->program, lookup->patterns, 3, pattern),
                num(lower, lookup->starts[p]));
    at[2] = within(lower, site, n);
}

static LoopExpr *look_up(Lower *lower, Site site, LoopExpr *n)
{
    LoopExpr *sum = NULL, *at[3];
    for (int p = 0; p < site.tile->lookup->parts; p++) {
        lookup_place(lower, site, p, n, at);
        LoopExpr *part = loop_load(lower->program, site.tile->lookup->sums, 3, at);
        sum = sum ? op2(lower, OP_ADD, sum, part) : part;
    }
    return sum;
}

static void tally(Lower *lower, Site site, LoopExpr *n, LoopExpr *value)
{
    LoopExpr *at[3];
    if (value->kind != LOOP_VAR)
        value = loop_local(lower, site.into, "g", value);
    for (int p = 0; p < site.tile->lookup->parts; p++) {
        lookup_place(lower, site, p, n, at);
        loop_store(lower->program, site.into, site.tile->lookup->sums, 3, at, value, true);
    }
}

LoopExpr *load_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n)
{
    if (lower->plan->streams[stream].looked)
        return look_up(lower, site, n);
    if (lower->plan->streams[stream].routed)
        return load_routed(lower, stream, site, n);
    if (lower->plan->streams[stream].drawn)
        return draw(lower, stream, site, n);
    if (lower->plan->streams[stream].shifted)
        return load_delayed(lower, &lower->net->nodes.at[stream_of(lower, stream)->node], site, n);
    LoopExpr *index[4];
    int count;
    BufferId buffer = stream_place(lower, stream, site, n, index, &count);
    return loop_load(lower->program, buffer, count, index);
}

LoopExpr *load_number(Lower *lower, StreamId stream, Site site, LoopExpr *n)
{
    return loop_cast(lower->arena, TYPE_F32, load_stream(lower, stream, site, n));
}

void store_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *value, bool add)
{
    LoopExpr *index[4];
    int count;
    if (lower->plan->streams[stream].tallied) {
        tally(lower, site, n, value);
        return;
    }
    BufferId buffer = stream_place(lower, stream, site, n, index, &count);
    loop_store(lower->program, site.into, buffer, count, index, value, add);
}

void store_stream_product(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *a, LoopExpr *b)
{
    LoopExpr *index[4];
    int count;
    BufferId buffer = stream_place(lower, stream, site, n, index, &count);
    store_product(lower, site.into, buffer, count, index, a, b);
}

static void emit_shift(Lower *lower, const Node *node, Site site)
{
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop), *value = load_delayed(lower, node, site, n);
    site.into = &loop->body;
    store_stream(lower, node->out, site, n, value, false);
}

/* Where the steps are not divided, asked at each: on this side of the edge. */
static void emit_side(Lower *lower, const Node *node, Site site, bool before)
{
    int edge = delay_edge(lower, node);
    LoopExpr *there = op2(lower, before ? OP_LT : OP_GE, site.t, num(lower, edge));
    site.into = &loop_if(lower->arena, site.into, there)->body;
    site.segment = before ? edge - 1 : edge;
    emit_shift(lower, node, site);
}

void emit_delay(Lower *lower, const Node *node, Site site)
{
    bool asked = plan_of(lower, node)->asked;
    if (!asked)
        emit_shift(lower, node, site);
    for (int side = 0; side < 2 && asked; side++)
        emit_side(lower, node, site, side == 0);
}

/* Of so many places of a stream along a copy's axis, or steps, those from `from` on; of no stream: zeros. */
typedef struct Origin {
    StreamId stream;
    int places, from;
} Origin;

/* Places first .. end-1 of the axis. */
static void emit_places(Lower *lower, const Node *node, Site site, LoopExpr *o, int first, int end,
                        Origin origin)
{
    const Extract *piece = &node->piece;
    if (end <= first)
        return;
    LoopStmt *loop = for_units(lower, site.into, "n", (end - first) * piece->inner);
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *to = op2(lower, OP_ADD, n, num(lower, first * piece->inner));
    LoopExpr *at = op2(lower, OP_ADD, n, num(lower, origin.from * piece->inner));
    to = op2(lower, OP_ADD, op2(lower, OP_MUL, o, num(lower, piece->out * piece->inner)), to);
    at = op2(lower, OP_ADD, op2(lower, OP_MUL, o, num(lower, origin.places * piece->inner)), at);
    bool there = origin.stream != NONE;
    LoopExpr *value = there ? load_stream(lower, origin.stream, site, at) : num(lower, 0);
    if (stream_of(lower, node->out)->kind == STREAM_REALS)
        value = there ? loop_cast(lower->arena, TYPE_F32, value) : loop_float(lower->arena, 0);
    site.into = &loop->body;
    store_stream(lower, node->out, site, to, value, false);
}

/* Unit n of so many at step t, of a stream that has these steps, or, without any, one behind the other. */
static LoopExpr *unit_at(Lower *lower, StreamId stream, Site *site, LoopExpr *t, int units, LoopExpr *n)
{
    if (!stream_of(lower, stream)->steps)
        return op2(lower, OP_ADD, op2(lower, OP_MUL, t, num(lower, units)), n);
    site->t = t;
    return n;
}

/* Steps first .. end-1 of a copy along time. */
static void emit_span(Lower *lower, const Node *node, Site site, int first, int end, Origin origin)
{
    int units = node->piece.inner;
    if (end <= first)
        return;
    LoopStmt *time = for_bounds(lower, site.into, "t", num(lower, first), num(lower, end));
    LoopStmt *loop = for_units(lower, &time->body, "n", units);
    LoopExpr *t = loop_variable(lower, time), *n = loop_variable(lower, loop);
    bool there = origin.stream != NONE;
    Site from = site;
    site.into = &loop->body;
    LoopExpr *to = unit_at(lower, node->out, &site, t, units, n), *value = num(lower, 0);
    if (there) {
        LoopExpr *at = op2(lower, OP_ADD, t, num(lower, origin.from - first));
        at = unit_at(lower, origin.stream, &from, at, units, n);
        value = load_stream(lower, origin.stream, from, at);
    }
    if (stream_of(lower, node->out)->kind == STREAM_REALS)
        value = there ? loop_cast(lower->arena, TYPE_F32, value) : loop_float(lower->arena, 0);
    store_stream(lower, node->out, site, to, value, false);
}

void emit_copy(Lower *lower, const Node *node, Site site)
{
    const Extract *piece = &node->piece;
    int first = piece->from < 0 ? -piece->from : 0, last = piece->in - piece->from;
    last = last < piece->out ? last : piece->out;
    Origin none = {NONE, 0, 0}, in = {node->in, piece->in, first + piece->from},
           behind = {node->aux, piece->out - piece->in, 0};
    if (copy_in_time(lower->net, node)) {
        emit_span(lower, node, site, 0, first, none);
        emit_span(lower, node, site, first, last, in);
        emit_span(lower, node, site, last, piece->out, behind);
        return;
    }
    LoopStmt *outer = for_range(lower, site.into, "o", piece->outer);
    LoopExpr *o = loop_variable(lower, outer);
    site.into = &outer->body;
    emit_places(lower, node, site, o, 0, first, none);
    emit_places(lower, node, site, o, first, last, in);
    emit_places(lower, node, site, o, last, piece->out, behind);
}
